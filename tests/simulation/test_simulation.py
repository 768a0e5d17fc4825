"""The engine in a simulated world: random edits on both sides, lost and doubled answers, a crash between any two steps.

`CALHARBOR_SEEDS=0:5000` runs other seeds than the default ones; one seed is `CALHARBOR_SEEDS=17:18`.
"""

import os
from pathlib import Path
from unittest.mock import patch

import pytest

from storage import clock, ids
from storage.model import State
from storage.sync import policy
from storage.tables import journal
from storage.verify import verify
from tests.simulation.mirror import make_template
from tests.simulation.world import World

FIRST, LAST = (int(part) for part in os.environ.get("CALHARBOR_SEEDS", "0:400").split(":"))
BLOCK = 25
MOST = 80


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template") / "mirror")


@pytest.mark.parametrize("first", range(FIRST, LAST, BLOCK))
def test_both_sides_agree_and_nothing_accepted_is_lost(first: int, template: Path, tmp_path: Path) -> None:
    for seed in range(first, min(first + BLOCK, LAST)):
        try:
            check(World(tmp_path / str(seed), template, seed))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {shortest(seed, template, tmp_path)}") from error


@pytest.fixture(autouse=True)
def no_verification(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every second block the periodic full listing, which heals what cursors miss, never comes."""
    if request.node.callspec.params["first"] // BLOCK % 2:
        monkeypatch.setattr(policy, "VERIFY_EVERY", float("inf"))


def check(world: World, most: int = MOST) -> None:
    """Let the world run, at most so many steps, and see whether everything holds."""
    with clock.use(world.tick), patch.object(ids, "randbits", world.ids.getrandbits):
        world.run(min(world.random.choice([10, 40, MOST]), most))
        world.settle()
        assert world.mirror_state() == world.upstream_state()
        assert world.waiting() == 0
        assert world.books.lost() == []
        assert world.person.disobeyed == []
        rows = world.store.changes()
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), "the journal has a gap"
        writes, head = world.writes, journal.head(world.store.db.reader())
        world.sync()
        assert (world.writes, world.store.head()) == (writes, head), "an idle round wrote something"
        assert world.books.unsolicited() == []
        assert world.answers.wrong() == []
        assert world.books.false_conflicts() == []
        assert verify(world.store, world.desk.root if world.desk else None).problems == []
        assert all(c.remote_cursor and c.state is State.FRESH for c in world.collections)
        for account in world.mirror.accounts:
            there = set(world.others[account.name].upstream.folders)
            assert {c.remote_href for c in world.store.collections(account=account.id)} == there
        world.store.close()


def shortest(seed: int, template: Path, folder: Path) -> str:
    """What happened in the shortest run of a seed that fails."""
    for steps in range(1, MOST + 1):
        world = World(folder / f"{seed}-{steps}", template, seed)
        try:
            check(world, steps)
        except Exception as error:  # noqa: BLE001 — whatever it is, this is what is looked for
            return f"after {steps} steps: {error!r}\n" + "\n".join(world.trace)
    return "it does not fail again"
