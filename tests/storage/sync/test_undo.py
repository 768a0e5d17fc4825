"""Undo: whoever changed what, the earlier state comes back, on both sides, and nothing that came later is lost."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryUpstream
from storage import clock
from storage.content import canonical
from storage.errors import NotFound, Unreachable
from storage.model import Collection, CollectionKind, Origin
from storage.sync import inbox, restore, undo
from storage.sync.restore import Done
from storage.sync.undo import Choice
from storage.tables import links
from storage.verify import verify
from tests.storage.sync.scene import Scene
from tests.storage.texts import event


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path, MemoryUpstream())
    made.sync()
    yield made
    assert verify(made.store, None).problems == []
    assert made.upstream.told == []
    made.store.close()


def take_back(scene: Scene, choice: Choice, *, force: bool = False) -> Done:
    """Plan and carry out; nothing that was planned is skipped."""
    done = restore.carry_out(scene.store, undo.plan(scene.store, choice, force=force))
    assert done.skipped == []
    return done


def problems(scene: Scene, choice: Choice) -> list[str]:
    return [item.problem for item in undo.plan(scene.store, choice).items if item.problem]


def settled(scene: Scene) -> None:
    """Both sides hold the same, and there is nothing left to do."""
    assert scene.sync().converged
    writes = scene.upstream.writes
    assert scene.sync().converged
    assert scene.upstream.writes == writes
    assert {canonical(str(text)) for text in scene.there().values()} == {canonical(t) for t in scene.here().values()}


def last(scene: Scene) -> int:
    return scene.store.head()


def ids(scene: Scene) -> dict[str, str]:
    return {entry.uid: entry.id for entry in scene.store.iter_entries(scene.collection.id)}


def test_a_mass_deletion_upstream_is_undone_by_one_command(scene: Scene) -> None:
    hrefs = [scene.theirs(f"u{n}", event(f"u{n}", summary=f"number {n}")) for n in range(150)]
    scene.sync()
    before, known = scene.here(), ids(scene)
    for href in hrefs:
        scene.upstream.remove(scene.remote.href, href)
    scene.sync()
    for held in scene.store.held():
        inbox.approve(scene.store, held.n)
    assert scene.here() == {}
    done = take_back(scene, Choice(account=scene.account.id))
    assert done.count == 150
    assert (scene.here(), ids(scene)) == (before, known)
    settled(scene)
    assert len(scene.there()) == 150
    link = links.of_entry(scene.store.db.reader(), known["u7"])
    assert link is not None
    assert link.href in scene.there()


@pytest.mark.parametrize("theirs", [True, False])
def test_an_edit_is_undone_on_both_sides_and_the_undo_again(scene: Scene, theirs: bool) -> None:
    scene.ours("u.ics", event("u", summary="one"))
    scene.sync()
    (href,) = scene.there()
    if theirs:
        scene.theirs("u", event("u", summary="two"), href)
    else:
        scene.ours("u.ics", event("u", summary="two"))
    scene.sync()
    number = last(scene)
    done = take_back(scene, Choice(change=number))
    assert "one" in scene.here()["u"]
    settled(scene)
    assert done.run
    take_back(scene, Choice(run=done.run))
    assert "two" in scene.here()["u"]
    settled(scene)
    origins = [step.change.origin for step in scene.store.steps(ids(scene)["u"])]
    assert origins == [Origin.DAV, Origin.UPSTREAM if theirs else Origin.DAV, Origin.UNDO, Origin.UNDO]


def test_the_undo_of_a_creation_deletes(scene: Scene) -> None:
    scene.theirs("u", event("u"))
    scene.sync()
    take_back(scene, Choice(change=last(scene)))
    assert scene.here() == {}
    settled(scene)
    assert scene.there() == {}


def test_what_was_deleted_comes_back_under_its_id_whether_or_not_the_upstream_has_heard(scene: Scene) -> None:
    for name in ("heard", "unheard", "never"):
        if name != "never":
            scene.ours(f"{name}.ics", event(name))
    scene.sync()
    scene.ours("never.ics", event("never"))
    known, before = ids(scene), scene.here()
    scene.delete("heard.ics")
    scene.sync()
    scene.delete("unheard.ics")
    scene.delete("never.ics")
    take_back(scene, Choice(since=last(scene) - 3))
    assert (ids(scene), scene.here()) == (known, before)
    settled(scene)
    assert len(scene.there()) == 3


def test_what_the_upstream_never_heard_of_is_taken_back_without_a_word(scene: Scene) -> None:
    meeting = "ORGANIZER:mailto:alice@example.org\r\nATTENDEE:mailto:bob@example.org\r\n"
    scene.ours("u.ics", event("u", summary="one", more=meeting))
    scene.ours("v.ics", event("v", summary="one", more=meeting))
    scene.sync()
    writes, told = scene.upstream.writes, list(scene.upstream.told)
    edited = event("u", summary="two", more=meeting)
    scene.store.put_entry(scene.collection.id, "u.ics", edited, origin=Origin.DAV, notify=True)
    scene.store.delete_entry(scene.collection.id, "v.ics", origin=Origin.DAV, notify=True)
    take_back(scene, Choice(since=last(scene) - 2))
    assert scene.waiting() == 0
    settled(scene)
    assert (scene.upstream.writes, scene.upstream.told) == (writes, told)


def test_what_somebody_changed_since_is_not_overwritten(scene: Scene) -> None:
    scene.ours("u.ics", event("u", summary="one"))
    scene.ours("u.ics", event("u", summary="two"))
    number = last(scene)
    scene.ours("u.ics", event("u", summary="three"))
    assert problems(scene, Choice(change=number)) == [f"SUMMARY was edited again after change {number}"]
    assert take_back(scene, Choice(change=number)).count == 0
    assert "three" in scene.here()["u"]
    take_back(scene, Choice(change=number), force=True)
    assert "one" in scene.here()["u"]
    scene.delete("u.ics")
    (problem,) = problems(scene, Choice(change=number))
    assert "deleted" in problem
    settled(scene)


def test_later_edits_of_other_properties_stay(scene: Scene) -> None:
    scene.ours("u.ics", event("u", summary="one", more="LOCATION:Here\r\n"))
    scene.sync()
    scene.ours("u.ics", event("u", summary="two", more="LOCATION:There\r\n"))
    number = last(scene)
    scene.sync()
    (href,) = scene.there()
    later = event("u", summary="two", more="LOCATION:Elsewhere\r\nPRIORITY:1\r\n")
    scene.theirs("u", later, href)
    scene.sync()
    assert problems(scene, Choice(change=number)) == [f"LOCATION was edited again after change {number}"]
    take_back(scene, Choice(change=number), force=True)
    assert "LOCATION:Here" in scene.here()["u"]
    assert "PRIORITY:1" in scene.here()["u"]
    scene.ours("u.ics", later.replace("Elsewhere", "There"))
    take_back(scene, Choice(change=number))
    assert [word in scene.here()["u"] for word in ("SUMMARY:one", "LOCATION:Here", "PRIORITY:1")] == [True] * 3
    settled(scene)


def test_two_changes_in_a_row_are_undone_together_and_each_alone_only_in_order(scene: Scene) -> None:
    for summary in ("one", "two", "three"):
        scene.ours("u.ics", event("u", summary=summary))
    take_back(scene, Choice(since=last(scene) - 2))
    assert "one" in scene.here()["u"]
    assert undo.plan(scene.store, Choice(since=last(scene) - 3)).items == []


def test_another_entry_that_has_the_uid_by_now_stays(scene: Scene) -> None:
    scene.ours("u.ics", event("u", summary="old"))
    scene.sync()
    scene.delete("u.ics")
    scene.sync()
    gone = last(scene)
    scene.ours("u.ics", event("u", summary="new"))
    (problem,) = problems(scene, Choice(change=gone))
    assert "UID" in problem
    assert "new" in scene.here()["u"]
    settled(scene)


def test_of_two_deletions_of_one_uid_that_wait_each_is_taken_back_for_itself(scene: Scene) -> None:
    """The upstream may hold a UID twice; whoever deletes both here still has two entries to get back."""
    scene.ours("u.ics", event("u", summary="first"))
    scene.sync()
    scene.delete("u.ics")
    scene.theirs("twin", event("u", summary="second"))

    def lost() -> None:
        raise Unreachable("no answer")

    scene.interrupt(sent=lost)
    scene.sync()
    (twin,) = scene.store.iter_entries(scene.collection.id)
    scene.delete(twin.href)
    take_back(scene, Choice(change=last(scene)))
    assert ids(scene) == {"u": twin.id}
    settled(scene)
    assert "second" in scene.here()["u"]


def test_a_name_that_is_taken_by_now_is_not_fought_over(scene: Scene) -> None:
    scene.ours("u.ics", event("u"))
    scene.delete("u.ics")
    gone = last(scene)
    scene.ours("u.ics", event("other"))
    take_back(scene, Choice(change=gone))
    assert set(scene.here()) == {"u", "other"}
    settled(scene)


def test_what_changes_between_plan_and_deed_is_left_alone_and_said(scene: Scene) -> None:
    scene.ours("u.ics", event("u", summary="one"))
    scene.ours("u.ics", event("u", summary="two"))
    plan = undo.plan(scene.store, Choice(change=last(scene)))
    scene.ours("u.ics", event("u", summary="three"))
    done = restore.carry_out(scene.store, plan)
    assert (done.count, [reason for _item, reason in done.skipped]) == (0, ["it was changed meanwhile"])
    assert "three" in scene.here()["u"]


def made(scene: Scene, slug: str) -> Collection:
    return scene.store.create_collection(
        scene.account.id, slug, name=slug, kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.DAV
    )


@pytest.mark.parametrize("row", [0, 1])
def test_a_move_is_one_step(scene: Scene, row: int) -> None:
    home = scene.collection
    scene.ours("u.ics", event("u"))
    entry, other = ids(scene)["u"], made(scene, "other")
    scene.sync()
    scene.store.move_entry(home.id, "u.ics", other.id, "v.ics", origin=Origin.DAV)
    moved = last(scene)
    scene.sync()
    take_back(scene, Choice(change=moved - row))
    assert scene.store.entry_at(home.id, "u.ics").id == entry
    assert list(scene.store.iter_entries(other.id)) == []
    scene.sync()
    folders = [len(folder.entries) for folder in scene.upstream.folders.values()]
    assert folders == [1, 0]


@pytest.mark.parametrize("heard", [True, False])
def test_a_removed_collection_comes_back_with_its_entries(scene: Scene, heard: bool) -> None:
    home = scene.collection
    for n in range(5):
        scene.ours(f"{n}.ics", event(f"u{n}"))
    scene.store.update_collection(home.id, name="Named", color="#ff0000", origin=Origin.DAV)
    scene.sync()
    before, known, writes = scene.here(), ids(scene), scene.upstream.writes
    token = scene.store.delta(home.id, None).seq
    scene.store.delete_collection(home.id, origin=Origin.DAV)
    number = last(scene)
    if heard:
        scene.sync()
        assert scene.upstream.folders == {}
    done = take_back(scene, Choice(change=number))
    assert done.count == 6
    back = scene.store.collection(home.id)
    assert (back.n, back.slug, back.name, back.color) == (home.n, home.slug, "Named", "#ff0000")
    assert (scene.here(), ids(scene)) == (before, known)
    assert len(scene.store.delta(home.id, token).changed) == 5
    assert scene.sync().converged
    (folder,) = scene.upstream.folders.values()
    assert len(folder.entries) == 5
    assert folder.remote.name == "Named"
    assert heard or scene.upstream.writes == writes
    assert scene.inbox() == []


def test_a_collection_that_vanished_upstream_comes_back(scene: Scene) -> None:
    for n in range(3):
        scene.theirs(f"u{n}", event(f"u{n}"))
    scene.sync()
    before = scene.here()
    scene.upstream.folders.clear()
    scene.sync()
    (held,) = scene.store.held()
    inbox.approve(scene.store, held.n)
    assert scene.store.collections(account=scene.account.id) == []
    take_back(scene, Choice(account=scene.account.id))
    assert scene.here() == before
    assert scene.sync().converged
    (folder,) = scene.upstream.folders.values()
    assert len(folder.entries) == 3


def test_one_entry_of_a_removed_collection_waits_for_it(scene: Scene) -> None:
    home = scene.collection
    scene.ours("u.ics", event("u"))
    scene.store.delete_collection(home.id, origin=Origin.DAV)
    (problem,) = problems(scene, Choice(change=last(scene) - 1))
    assert "collection" in problem


def test_a_new_collection_goes_only_without_what_came_later(scene: Scene) -> None:
    other = made(scene, "other")
    number = last(scene)
    scene.store.put_entry(other.id, "u.ics", event("u"), origin=Origin.DAV)
    assert problems(scene, Choice(change=number)) == ["1 entries came into it later"]
    forced = undo.plan(scene.store, Choice(change=number), force=True)
    assert [(item.action, item.problem) for item in forced.items] == [("delete", ""), ("delete", "")]
    take_back(scene, Choice(since=number - 1))
    assert [each.id for each in scene.store.collections(account=scene.account.id)] == [scene.collection.id]
    settled(scene)


def test_properties_that_were_set_again_stay(scene: Scene) -> None:
    home = scene.collection
    scene.store.update_collection(home.id, name="two", color="#000000", origin=Origin.DAV)
    number = last(scene)
    scene.store.update_collection(home.id, color="#ffffff", origin=Origin.DAV)
    take_back(scene, Choice(change=number))
    assert (scene.collection.name, scene.collection.color) == (home.name, "#ffffff")
    settled(scene)
    assert scene.upstream.folders[scene.remote.href].remote.name == home.name


def test_a_calendar_that_cannot_be_written_is_left_alone(scene: Scene) -> None:
    scene.theirs("u", event("u"))
    folder = scene.upstream.folders[scene.remote.href]
    folder.remote = replace(folder.remote, read_only=True)
    scene.sync()
    (problem,) = problems(scene, Choice(account=scene.account.id))
    assert "cannot be written" in problem


def test_restoring_one_entry(scene: Scene) -> None:
    with clock.use(partial(float, 4_000_000_000)):
        scene.ours("u.ics", event("u", summary="one"))
        then = clock.iso()
    known = ids(scene)["u"]
    with pytest.raises(NotFound, match="not been deleted"):
        undo.plan_version(scene.store, known, None)
    with clock.use(partial(float, 4_000_000_001)):
        scene.ours("u.ics", event("u", summary="two"))
    scene.sync()
    scene.delete("u.ics")
    scene.sync()
    for moment, summary in ((None, "two"), (then, "one")):
        restore.carry_out(scene.store, undo.plan_version(scene.store, known, moment))
        assert summary in scene.here()["u"]
        assert ids(scene) == {"u": known}
        settled(scene)


def test_nothing_to_undo_is_said(scene: Scene) -> None:
    for choice in (Choice(change=999), Choice(run=998), Choice(since=last(scene)), Choice(account=77)):
        with pytest.raises(NotFound):
            undo.plan(scene.store, choice)


def test_entries_that_changed_places_change_back(scene: Scene) -> None:
    """Two entries of one UID, each in the collection of the other: neither can go first."""
    home = scene.collection
    scene.ours("u.ics", event("u", summary="one"))
    other, third = made(scene, "other"), made(scene, "third")
    scene.store.put_entry(other.id, "u.ics", event("u", summary="two"), origin=Origin.DAV)
    scene.sync()
    since = last(scene)
    for source, target in ((home, third), (other, home), (third, other)):
        scene.store.move_entry(source.id, "u.ics", target.id, "u.ics", origin=Origin.DAV)
    scene.sync()
    done = take_back(scene, Choice(since=since))
    assert done.count == 2
    assert "one" in scene.store.entry_at(home.id, "u.ics").text
    assert "two" in scene.store.entry_at(other.id, "u.ics").text
    assert scene.sync().converged
    folders = [[str(e.data).count("one") for e in f.entries.values()] for f in scene.upstream.folders.values()]
    assert folders == [[1], [0], []]
