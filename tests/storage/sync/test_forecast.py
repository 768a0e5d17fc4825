"""Plans: what a run would do is said before it does it, nothing is written meanwhile, and then just that is done."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.errors import Unreachable
from storage.model import Account, CollectionKind, Origin
from storage.provider import Holds, Provider, RemoteCollection
from storage.sync import inbox
from storage.sync.forecast import Forecast, forecast
from storage.sync.once import sync_once
from storage.sync.planned import Planned, changed
from storage.sync.report import Outcome
from storage.tables import held
from storage.verify import verify
from tests.simulation.texts import Texts, event, uid_of
from tests.storage.sync.scene import Act, Scene

Properties = dict[tuple[str, str], str]
State = dict[tuple[str, str], Properties]
"""(collection's name, UID) → (component, property) → what it says."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path / "mirror", MemoryUpstream())
    for number in range(12):
        found.theirs(f"e{number}", event(f"e{number}", number, "base"))
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


class Plan:
    """A forecast that outlives its copy."""

    def __init__(self, found: Forecast) -> None:
        self.hash = found.hash
        self.actions = list(found.actions())
        self.problems = found.problems

    def said(self) -> list[tuple[str, str, str]]:
        return [(one.side, one.action, one.uid) for one in self.actions]


def plan_of(scene: Scene) -> Plan:
    with forecast(scene.store.folder, lambda copy: ([copy.account("up")], scene.make)) as found:
        return Plan(found)


def apply(scene: Scene, plan: str) -> Outcome:
    return sync_once(scene.store, scene.make, [scene.account], plan=plan)


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Everything in a folder but SQLite's shared memory, in which readers put their marks."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def here(scene: Scene) -> State:
    return {
        (place.name, entry.uid): properties(entry.text)
        for place in scene.store.collections(account=scene.account.id)
        for entry in scene.store.iter_entries(place.id)
    }


def there(scene: Scene) -> State:
    return {
        (folder.remote.name, uid_of(entry.data)): properties(str(entry.data))
        for folder in scene.upstream.folders.values()
        for entry in folder.entries.values()
    }


def properties(text: str) -> Properties:
    return {(each.component, each.name): each.after or "" for each in changed(None, text)}


def foretold(actions: list[Planned], side: str, before: Mapping[tuple[str, str], Properties]) -> State:
    """What the actions of one side make of a state, by what they say about themselves alone."""
    state = {key: dict(value) for key, value in before.items()}
    for one in actions:
        if one.side != side or not one.uid or one.action == "hold":
            continue
        key = (one.title, one.uid)
        if one.action == "delete":
            del state[key]
            continue
        entry = state.setdefault(key, {})
        for each in one.fields:
            assert one.action == "create" or entry.get((each.component, each.name)) == each.before
            if each.after is None:
                del entry[each.component, each.name]
            else:
                entry[each.component, each.name] = each.after
    return state


def test_a_first_mirror_is_foretold(scene: Scene) -> None:
    before = bytes_of(scene.store.folder)
    version = scene.store.data_version()
    plan = plan_of(scene)
    assert plan.said()[0] == ("mirror", "create", "")
    assert plan.said()[1:] == [("mirror", "create", f"e{number}") for number in range(12)]
    assert {one.collection for one in plan.actions} == {""}
    assert (bytes_of(scene.store.folder), scene.store.data_version()) == (before, version)
    assert scene.store.collections(account=scene.account.id) == []
    assert apply(scene, plan.hash).converged
    assert here(scene) == there(scene) == foretold(plan.actions, "mirror", {})
    assert plan_of(scene).actions == []


def test_edits_of_both_sides_are_foretold_and_done(scene: Scene) -> None:
    assert scene.sync().converged
    scene.ours("e1.ics", event("e1", 1, "ours"))
    scene.ours("new.ics", event("new", 2, "made here"))
    scene.delete("e2.ics")
    scene.theirs("e3", event("e3", 3, "theirs"))
    scene.theirs("fresh", event("fresh", 3, "made there"))
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}e4.ics")
    writes, before, ours, theirs = scene.upstream.writes, bytes_of(scene.store.folder), here(scene), there(scene)
    plan = plan_of(scene)
    assert (scene.upstream.writes, bytes_of(scene.store.folder)) == (writes, before)
    assert sorted(plan.said()) == [
        ("mirror", "create", "fresh"),
        ("mirror", "delete", "e4"),
        ("mirror", "update", "e3"),
        ("upstream", "create", "new"),
        ("upstream", "delete", "e2"),
        ("upstream", "update", "e1"),
    ]
    (edit,) = [one for one in plan.actions if (one.side, one.action) == ("upstream", "update")]
    assert [(each.name, each.before, each.after) for each in edit.fields] == [("SUMMARY", "base 1", "ours 1")]
    assert edit.collection == scene.collection.id
    assert scene.store.entry_by_uid(scene.collection.id, "e1").id == edit.entry
    assert plan_of(scene).hash == plan.hash
    assert apply(scene, plan.hash).converged
    assert here(scene) == foretold(plan.actions, "mirror", ours)
    assert there(scene) == foretold(plan.actions, "upstream", theirs)
    assert plan_of(scene).actions == []


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_plan_that_something_changed_under_is_refused(scene: Scene, side: str) -> None:
    assert scene.sync().converged
    scene.ours("e1.ics", event("e1", 1, "ours"))
    plan = plan_of(scene)
    if side == "ours":
        scene.ours("e1.ics", event("e1", 1, "ours again"))
    else:
        scene.theirs("e5", event("e5", 5, "meanwhile"))
    writes, head = scene.upstream.writes, scene.store.head()
    outcome = apply(scene, plan.hash)
    assert len(outcome.errors) == 1
    assert "nothing was done" in outcome.errors[0]
    assert "--dry-run" in outcome.errors[0]
    assert (scene.upstream.writes, scene.store.head()) == (writes, head)
    assert apply(scene, plan_of(scene).hash).converged


def before_the_run(scene: Scene, act: Act) -> None:
    """Let this happen when a plan has been made anew, and is about to be carried out."""
    asked = 0

    def make(_account: Account) -> Provider:
        """The second one is for the run in earnest."""
        nonlocal asked
        asked += 1
        if asked == 2:
            act()
        return MemoryProvider(scene.upstream)

    scene.make = make


def test_what_changes_while_a_plan_is_carried_out_is_left_alone(scene: Scene) -> None:
    assert scene.sync().converged
    scene.ours("e1.ics", event("e1", 1, "ours"))
    scene.theirs("e3", event("e3", 3, "theirs"))
    plan = plan_of(scene)
    before_the_run(scene, lambda: scene.theirs("e5", event("e5", 5, "meanwhile")))
    outcome = apply(scene, plan.hash)
    assert "e5" in outcome.errors[0]
    assert "1 of 1 planned writes" in outcome.errors[1]
    assert "meanwhile" not in scene.here()["e5"]
    assert "ours" not in str(scene.there()[f"{scene.remote.href}e1.ics"])
    assert scene.sync().converged
    assert here(scene) == there(scene)


def test_a_client_that_edits_meanwhile_is_not_pushed_without_a_plan(scene: Scene) -> None:
    assert scene.sync().converged
    scene.ours("e1.ics", event("e1", 1, "ours"))
    plan = plan_of(scene)
    before_the_run(scene, lambda: scene.ours("e2.ics", event("e2", 2, "a client's")))
    assert any("e2" in error for error in apply(scene, plan.hash).errors)
    assert "a client's" not in str(scene.there()[f"{scene.remote.href}e2.ics"])
    assert scene.sync().converged


def test_a_brake_is_foretold(scene: Scene) -> None:
    assert scene.sync().converged
    for number in range(8):
        scene.upstream.remove(scene.remote.href, f"{scene.remote.href}e{number}.ics")
    plan = plan_of(scene)
    assert {(one.side, one.action) for one in plan.actions} == {("mirror", "hold")}
    assert len(plan.actions) == 8
    assert "8 of 12" in plan.actions[0].note
    assert apply(scene, plan.hash).waiting
    assert len(scene.here()) == 12


def test_a_conflict_is_foretold(scene: Scene) -> None:
    assert scene.sync().converged
    scene.ours("e1.ics", event("e1", 1, "ours"))
    scene.theirs("e1", event("e1", 1, "theirs"))
    plan = plan_of(scene)
    assert [one.uid for one in plan.actions] == ["e1"]
    assert "upstream" in plan.actions[0].note
    apply(scene, plan.hash)
    assert len(scene.inbox()) == 1
    assert here(scene) == there(scene)


def test_what_the_upstream_cannot_hold_is_foretold(scene: Scene) -> None:
    assert scene.sync().converged
    scene.upstream.holds = Holds(drops=frozenset({"X-*"}), alarms=0)
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT"
    text = event("new", 30, "ours").replace("END:VEVENT", f"X-ROOM:7\r\n{alarm}")
    scene.ours("new.ics", text)
    scene.ours("e1.ics", event("e1", 1, "ours"))
    plan = plan_of(scene)
    assert {one.uid: one.stays for one in plan.actions} == {"new": ("VALARM", "X-ROOM"), "e1": ()}
    assert apply(scene, plan.hash).converged
    assert "X-ROOM" not in str(scene.there()[f"{scene.remote.href}new.ics"])
    assert scene.here()["new"] == text


def test_collections_are_foretold(scene: Scene) -> None:
    assert scene.sync().converged
    made = scene.store.create_collection(
        scene.account.id, "made", name="Made", kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.DAV
    )
    scene.store.put_entry(made.id, "in.ics", event("in", 1, "inside"), origin=Origin.DAV)
    scene.store.update_collection(
        next(c.id for c in scene.store.collections() if c.name == "calendar"), name="Renamed", origin=Origin.DAV
    )
    plan = plan_of(scene)
    assert plan.said() == [("upstream", "create", ""), ("upstream", "update", ""), ("upstream", "create", "in")]
    assert apply(scene, plan.hash).converged
    assert {folder.remote.name for folder in scene.upstream.folders.values()} == {"Made", "Renamed"}
    assert here(scene) == there(scene)


def test_a_paused_account_can_be_planned_and_applied(scene: Scene) -> None:
    scene.store.set_paused(scene.account.id, True)
    plan = plan_of(scene)
    assert apply(scene, plan.hash).converged
    assert here(scene) == there(scene)
    assert scene.account.paused


def test_an_upstream_that_cannot_be_asked_is_named(scene: Scene) -> None:
    scene.upstream.folders.clear()
    assert scene.sync().converged
    scene.make = lambda _account: Dead(scene.upstream)
    plan = plan_of(scene)
    assert (plan.actions, len(plan.problems)) == ([], 1)


class Dead(MemoryProvider):
    def collections(self) -> Sequence[RemoteCollection]:
        raise Unreachable("the line is down")


@pytest.mark.parametrize("seed", range(30))
def test_random_histories_come_out_as_foretold(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    texts = Texts(random)
    scene = Scene(tmp_path / "mirror", MemoryUpstream())
    scene.upstream.add("other")
    for _ in range(4):
        for _ in range(random.randrange(12)):
            happen(scene, random, texts)
        ours, theirs, writes = here(scene), there(scene), scene.upstream.writes
        plan = plan_of(scene)
        assert (here(scene), there(scene), scene.upstream.writes) == (ours, theirs, writes)
        outcome = apply(scene, plan.hash)
        assert outcome.errors == [], plan.said()
        assert here(scene) == foretold(plan.actions, "mirror", ours)
        assert there(scene) == foretold(plan.actions, "upstream", theirs)
        for stopped in held.every(scene.store.db.reader()):
            random.choice([inbox.approve, inbox.reject])(scene.store, stopped.n)
    scene.store.close()


def happen(scene: Scene, random: Random, texts: Texts) -> None:
    """Somebody edits, here or there."""
    folder = random.choice(list(scene.upstream.folders.values()))
    place = random.choice(scene.store.collections(account=scene.account.id) or [None])
    mine = list(scene.store.iter_entries(place.id)) if place else []
    act = random.choice(["they write", "they write", "they delete", "we write", "we edit", "we edit", "we delete"])
    uid = f"u{random.randrange(15)}"
    if act == "they write":
        there_already = {uid_of(entry.data): href for href, entry in folder.entries.items()}
        href = there_already.get(uid, f"{folder.remote.href}{uid}.ics")
        scene.upstream.put(folder.remote.href, href, texts.new(uid))
    elif act == "they delete" and folder.entries:
        scene.upstream.remove(folder.remote.href, random.choice(sorted(folder.entries)))
    elif act == "we write" and place and uid not in {entry.uid for entry in mine}:
        scene.store.put_entry(place.id, f"{uid}-{texts.stamp()}.ics", texts.new(uid), origin=Origin.DAV)
    elif place and mine:
        entry = random.choice(mine)
        if act == "we delete":
            scene.store.delete_entry(place.id, entry.href, origin=Origin.DAV)
        else:
            scene.store.put_entry(place.id, entry.href, texts.new(entry.uid), origin=Origin.DAV)
