"""Plans and files: what people did to files is in the plan, no file is touched by that, and then just that is done."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from shutil import rmtree

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage import clock
from storage.model import Account
from storage.provider import Provider
from storage.sync import inbox
from storage.sync.forecast import forecast
from storage.sync.once import sync_once
from storage.sync.report import Outcome
from storage.tables import held, vdir_files
from storage.vdir import stopped
from storage.vdir.compare import differences, problems
from storage.vdir.two_way import TwoWay
from storage.verify import verify
from tests.simulation.texts import Texts, event
from tests.storage.sync.scene import Scene
from tests.storage.sync.test_forecast import Plan, bytes_of, foretold, here, there
from tests.storage.vdir.desk import finish

COUNT = 12


class Files:
    """A mirror with its folder, long after whoever worked there last."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.root = scene.store.folder / "vdir"

    @property
    def folder(self) -> Path:
        return self.root / str(self.scene.account.id) / self.scene.collection.id

    def of(self, uid: str) -> Path:
        """The file of an entry."""
        entry = self.scene.store.entry_by_uid(self.scene.collection.id, uid)
        rows = vdir_files.of_entries(self.scene.store.db.reader(), self.scene.collection.id, [entry.id])
        return self.folder / rows[entry.id].name

    def edit(self, uid: str, old: str, new: str) -> None:
        """As vim does: another file in its place."""
        path = self.of(uid)
        swap = path.with_name(f".{path.name}.swp")
        swap.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
        swap.replace(path)

    def plan(self) -> Plan:
        accounts = lambda copy: ([copy.account("up")], self.scene.make)  # noqa: E731
        with clock.use(lambda: time.time() + 100), forecast(self.scene.store.folder, accounts, vdir=self.root) as found:
            return Plan(found)

    def apply(self, plan: str) -> Outcome:
        with clock.use(lambda: time.time() + 100):
            return sync_once(self.scene.store, self.scene.make, [self.scene.account], plan=plan, vdir=self.root)

    def sync(self) -> None:
        """A run without a plan, files before and after."""
        finish(TwoWay(self.scene.store, self.root))
        self.scene.sync()
        finish(TwoWay(self.scene.store, self.root))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    scene = Scene(tmp_path / "mirror", MemoryUpstream())
    for number in range(COUNT):
        scene.theirs(f"e{number}", event(f"e{number}", number, "base"))
    found = Files(scene)
    found.sync()
    assert len(list(found.folder.glob("*.ics"))) == COUNT
    yield found
    assert verify(scene.store, None).problems == []
    scene.store.close()


def test_what_was_done_to_files_is_foretold_and_done(files: Files) -> None:
    scene = files.scene
    files.edit("e1", "base", "vim")
    (files.folder / "new.ics").write_bytes(event("new", 3, "a new file").encode())
    files.of("e2").unlink()
    files.of("e3").rename(files.folder / "renamed.ics")
    scene.theirs("e4", event("e4", 4, "theirs"))
    writes, before, ours, theirs = scene.upstream.writes, bytes_of(scene.store.folder), here(scene), there(scene)
    plan = files.plan()
    assert (scene.upstream.writes, bytes_of(scene.store.folder)) == (writes, before)
    assert sorted(plan.said()) == [
        ("mirror", "create", "new"),
        ("mirror", "delete", "e2"),
        ("mirror", "update", "e1"),
        ("mirror", "update", "e4"),
        ("upstream", "create", "new"),
        ("upstream", "delete", "e2"),
        ("upstream", "update", "e1"),
    ]
    notes = {one.uid: one.note for one in plan.actions if one.side == "mirror"}
    assert {uid for uid, note in notes.items() if "file" in note} == {"new", "e1", "e2"}
    (edit,) = [one for one in plan.actions if (one.side, one.uid) == ("mirror", "e1")]
    assert [(each.name, each.before, each.after) for each in edit.fields] == [("SUMMARY", "base 1", "vim 1")]
    assert files.plan().hash == plan.hash
    assert files.apply(plan.hash).converged
    assert here(scene) == foretold(plan.actions, "mirror", ours)
    assert there(scene) == foretold(plan.actions, "upstream", theirs)
    assert here(scene) == there(scene)
    assert differences(scene.store, files.root)[1] == []
    assert files.plan().actions == []


def test_an_emptied_folder_is_foretold_to_be_held(files: Files) -> None:
    rmtree(files.folder)
    plan = files.plan()
    assert [(one.side, one.action) for one in plan.actions] == [("mirror", "hold")] * COUNT
    assert "folder" in plan.actions[0].note
    assert files.apply(plan.hash).waiting
    assert len(files.scene.here()) == COUNT == len(files.scene.there())
    (waiting,) = held.every(files.scene.store.db.reader())
    assert stopped.reject(files.scene.store, waiting) == COUNT
    files.sync()
    assert len(list(files.folder.glob("*.ics"))) == COUNT


def test_a_whole_folder_that_is_away_deletes_nothing(files: Files) -> None:
    away = files.root.rename(files.root.with_name("away"))
    assert {one.action for one in files.plan().actions} == {"hold"}
    away.rename(files.root)
    assert files.plan().actions == []


def test_a_folder_of_another_mirror_is_named(files: Files) -> None:
    (files.root / ".calharbor").write_text("somebody else\n")
    files.edit("e1", "base", "vim")
    plan = files.plan()
    assert plan.actions == []
    assert "not the folder" in plan.problems[0]


def test_files_that_cannot_be_entries_are_named(files: Files) -> None:
    (files.folder / "broken.ics").write_text("BEGIN:VCALENDAR\nno end")
    plan = files.plan()
    assert plan.actions == []
    assert len(plan.problems) == 1
    assert "broken.ics" in plan.problems[0]
    files.sync()
    assert len(problems(files.scene.store, files.root)) == 1
    assert files.plan().problems == []  # `status` says it from now on


def test_somebody_who_goes_on_writing_is_named(files: Files) -> None:
    path = files.folder / "growing.ics"
    path.write_text("")
    ahead = [0.0]

    def now() -> float:
        ahead.append(0.2)
        path.write_text("x" * len(ahead))
        return time.time() + sum(ahead)

    accounts = lambda copy: ([copy.account("up")], files.scene.make)  # noqa: E731
    with clock.use(now), forecast(files.scene.store.folder, accounts, vdir=files.root) as found:
        assert list(found.actions()) == []
        assert "writing there" in found.problems[0]


def test_both_edits_of_one_thing_are_foretold_as_a_conflict(files: Files) -> None:
    scene = files.scene
    files.edit("e1", "base", "vim")
    scene.theirs("e1", event("e1", 1, "theirs"))
    files.edit("e2", "BEGIN:VEVENT", "BEGIN:VEVENT\r\nLOCATION:Hall")
    scene.theirs("e2", event("e2", 2, "theirs"))
    plan = files.plan()
    said = {(one.uid, one.side, one.action): one.note for one in plan.actions}
    assert set(said) == {("e2", "mirror", "merge"), ("e2", "upstream", "update"), ("e1", "mirror", "update")}
    assert "upstream" in said["e1", "mirror", "update"]
    assert files.apply(plan.hash).waiting
    assert len(scene.inbox()) == 1
    assert here(scene) == there(scene)


@pytest.mark.parametrize("again", [True, False])
def test_a_plan_under_which_a_file_changed_is_refused(files: Files, again: bool) -> None:
    scene = files.scene
    files.edit("e1", "base", "vim")
    plan = files.plan()
    files.edit("e1" if again else "e2", "vim" if again else "base", "vim again")
    before, writes = bytes_of(scene.store.folder / "vdir"), scene.upstream.writes
    head = scene.store.head()
    outcome = files.apply(plan.hash)
    assert "nothing was done" in outcome.errors[0]
    assert (bytes_of(scene.store.folder / "vdir"), scene.upstream.writes, scene.store.head()) == (before, writes, head)
    assert files.apply(files.plan().hash).converged
    assert "vim again" in scene.here()["e1" if again else "e2"]


def test_a_file_that_changes_while_a_plan_is_carried_out_is_left_alone(files: Files) -> None:
    scene = files.scene
    files.edit("e1", "base", "vim")
    plan = files.plan()
    asked = 0

    def make(_account: Account) -> Provider:
        """The first one is for the plan: after it has looked at the files, somebody edits."""
        nonlocal asked
        asked += 1
        if asked == 1:
            files.edit("e5", "base", "meanwhile")
        return MemoryProvider(scene.upstream)

    scene.make = make
    outcome = files.apply(plan.hash)
    assert "e5" in outcome.errors[0]
    assert "meanwhile" not in scene.here()["e5"]
    assert "meanwhile" in files.of("e5").read_text()
    files.sync()
    assert "meanwhile" in scene.here()["e5"]
    assert here(scene) == there(scene)


def test_a_calendar_renamed_in_the_folder_is_foretold(files: Files) -> None:
    (files.folder / "displayname").write_text("Team")
    plan = files.plan()
    assert plan.said() == [("mirror", "update", ""), ("upstream", "update", "")]
    assert files.apply(plan.hash).converged
    assert files.scene.collection.name == "Team"


@pytest.mark.parametrize("seed", range(12))
def test_random_work_on_files_comes_out_as_foretold(files: Files, seed: int) -> None:
    random, scene = Random(seed), files.scene
    texts = Texts(random)
    for _ in range(3):
        for _ in range(random.randrange(7)):
            work(files, random, texts)
        ours, theirs, before = here(scene), there(scene), bytes_of(scene.store.folder)
        plan = files.plan()
        assert (here(scene), there(scene), bytes_of(scene.store.folder)) == (ours, theirs, before)
        assert files.apply(plan.hash).errors == [], plan.said()
        assert here(scene) == foretold(plan.actions, "mirror", ours)
        assert there(scene) == foretold(plan.actions, "upstream", theirs)
        for each in held.every(scene.store.db.reader()):
            if each.origin == "vdir":
                random.choice([stopped.approve, stopped.reject])(scene.store, each)
            else:
                random.choice([inbox.approve, inbox.reject])(scene.store, each.n)


def work(files: Files, random: Random, texts: Texts) -> None:
    """Somebody edits, in the folder or at the upstream."""
    there_now = sorted(files.folder.glob("*.ics"))
    uid = f"e{random.randrange(COUNT + 4)}"
    match random.randrange(6):
        case 0:
            (files.folder / f"{texts.stamp()}.ics").write_bytes(texts.new(f"file-{texts.stamp()}").encode())
        case 1 | 2 if there_now:
            path = random.choice(there_now)
            path.write_bytes(path.read_bytes().replace(b"SUMMARY:", f"SUMMARY:{random.random()} ".encode()))
        case 3 if there_now:
            random.choice(there_now).unlink()
        case 4 if there_now:
            path = random.choice(there_now)
            path.rename(path.with_name(f"moved-{random.random()}.ics"))
        case _:
            files.scene.theirs(uid, texts.new(uid))
