"""Collections themselves: made, renamed, deleted, vanished and back, with entries and answers under way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryProvider
from storage.errors import CollectionGone, Rejected, Unreachable, UpstreamError
from storage.model import Collection, CollectionKind, Origin, State
from storage.provider import CollectionEdit, RemoteCollection
from storage.store import Store
from storage.sync import inbox
from storage.sync.book import Book
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.sync.ties import Ties
from storage.tables import held, quarantine
from tests.simulation.texts import event
from tests.storage.sync.scene import Scene, mirrored


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with mirrored(tmp_path, {uid: event(uid, 1, "base") for uid in ("a", "b", "c")}) as found:
        yield found


def make(scene: Scene, slug: str = "made") -> Collection:
    return scene.store.create_collection(
        scene.account.id, slug, name=slug, kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.DAV
    )


def names(scene: Scene) -> list[str]:
    return [c.name for c in scene.store.collections()]


class Deaf(MemoryProvider):
    """Does what it is asked of collections, and loses the answer."""

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        super().create_collection(name, wanted)
        raise Unreachable("no answer")

    def delete_collection(self, collection: RemoteCollection) -> None:
        raise Unreachable("no answer")


def test_a_calendar_renamed_here_and_deleted_upstream_stops_nobody(scene: Scene) -> None:
    gone = scene.collection
    other = scene.upstream.add("other")

    class Strict(MemoryProvider):
        """Says that a collection is gone."""

        def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
            raise CollectionGone("no such collection", status=404)

    del scene.upstream.folders[scene.remote.href]
    scene.store.update_collection(gone.id, name="renamed", origin=Origin.DAV)
    scene.upstream.put(other.href, f"{other.href}y.ics", event("y", 1, "arrives"))
    scene.make = lambda _account: Strict(scene.upstream)
    scene.sync()
    (stopped,) = held.every(scene.store.db.reader())
    assert stopped.whole
    mirrored = next(c for c in scene.store.collections() if c.remote_href == other.href)
    assert [e.uid for e in scene.store.iter_entries(mirrored.id)] == ["y"]
    scene.store.delete_entry(gone.id, "b.ics", origin=Origin.DAV)
    inbox.approve(scene.store, stopped.n)
    assert names(scene) == ["other"]
    assert scene.waiting() == 0


def test_a_deleted_calendar_does_not_come_back_while_its_deletion_waits(scene: Scene) -> None:
    scene.store.delete_collection(scene.collection.id, origin=Origin.DAV)
    scene.make = lambda _account: Deaf(scene.upstream)
    scene.sync()
    scene.make = lambda _account: MemoryProvider(scene.upstream)
    scene.sync()
    assert names(scene) == []
    inbox.wake(scene.store, scene.account.id)
    scene.sync()
    assert (names(scene), list(scene.upstream.folders)) == ([], [])


def test_a_calendar_deleted_after_the_answer_to_its_making_was_lost_does_not_come_back(scene: Scene) -> None:
    made = make(scene)
    scene.make = lambda _account: Deaf(scene.upstream)
    scene.sync()
    scene.store.delete_collection(made.id, origin=Origin.DAV)
    scene.make = lambda _account: MemoryProvider(scene.upstream)
    scene.sync()
    assert (names(scene), list(scene.upstream.folders)) == (["calendar"], [scene.remote.href])


def test_a_calendar_deleted_while_it_is_being_made_does_not_come_back(scene: Scene) -> None:
    made = make(scene)
    scene.interrupt(made=lambda: scene.store.delete_collection(made.id, origin=Origin.DAV))
    scene.sync()
    scene.sync()
    assert (names(scene), list(scene.upstream.folders)) == (["calendar"], [scene.remote.href])
    assert scene.waiting() == 0


@pytest.mark.parametrize(
    "error", [Rejected("only an administrator makes calendars", status=403), Unreachable("internal error", status=500)]
)
def test_a_calendar_that_cannot_be_made_is_said_and_stops_nobody(scene: Scene, error: UpstreamError) -> None:
    class Broken(MemoryProvider):
        """Makes no collections."""

        def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
            raise error

    make(scene)
    scene.make = lambda _account: Broken(scene.upstream)
    scene.theirs("new", event("new", 1, "arrives"))
    outcome = scene.sync()
    assert outcome.errors == [f"up: {error.message}"]
    found = next(c for c in scene.store.collections() if c.remote_href == scene.remote.href)
    assert scene.store.entry_by_uid(found.id, "new").text == event("new", 1, "arrives")


def test_a_vanished_calendar_makes_no_work_when_the_account_is_woken(scene: Scene) -> None:
    del scene.upstream.folders[scene.remote.href]
    scene.sync()
    scene.ours("a.ics", event("a", 2, "edited meanwhile"))
    inbox.wake(scene.store, scene.account.id)
    scene.sync()
    book = Book(Ledger(scene.store, SyncLease(scene.store.db)), interval=60, chance=lambda: 0.5)
    assert book.due() == []
    assert scene.collection.state is State.HELD


@pytest.mark.parametrize("decide", [inbox.approve, inbox.reject])
def test_what_was_unreadable_in_a_vanished_calendar_is_gone_with_it(
    scene: Scene, decide: Callable[[Store, int], int]
) -> None:
    scene.theirs("a", event("a", 9, "twin"), f"{scene.remote.href}twin.ics")
    scene.theirs("junk", "this is no calendar")
    scene.sync()
    del scene.upstream.folders[scene.remote.href]
    scene.sync()
    scene.ours("new.ics", event("new", 1, "made meanwhile"))
    (stopped,) = held.every(scene.store.db.reader())
    decide(scene.store, stopped.n)
    assert scene.sync().converged
    assert quarantine.every(scene.store.db.reader()) == []
    assert set(scene.here()) == ({"new"} if decide is inbox.approve else {"a", "b", "c", "new"})
    (made,) = scene.upstream.folders.values()
    assert {str(entry.data) for entry in made.entries.values()} == set(scene.here().values())


def test_a_calendar_that_is_back_is_listed_anew_whatever_its_cursor_says(scene: Scene) -> None:
    folder = scene.upstream.folders.pop(scene.remote.href)
    scene.sync()
    scene.upstream.add("calendar")
    for uid in ("a", "b"):
        scene.upstream.folders[scene.remote.href].entries[f"{scene.remote.href}{uid}.ics"] = folder.entries[
            f"{scene.remote.href}{uid}.ics"
        ]
    scene.sync()
    assert set(scene.here()) == {"a", "b"}


def test_a_name_given_here_while_the_upstreams_is_taken_stays(scene: Scene) -> None:
    """Another process writes between two looks of ours at the collection."""
    scene.upstream.folders[scene.remote.href].remote = RemoteCollection(
        scene.remote.href, "calendar", CollectionKind.CALENDAR, scene.collection.components, color="#ff0000"
    )
    lease = SyncLease(scene.store.db)
    assert lease.acquire()
    ties = Ties(Book(Ledger(scene.store, lease), interval=60, chance=lambda: 0.5))
    mine = ties.mine(scene.account)[scene.remote.href]
    scene.store.update_collection(mine.id, name="ours", origin=Origin.DAV)
    ties.seen(mine, scene.upstream.current(scene.remote.href))
    assert (scene.collection.name, scene.collection.color) == ("ours", "#ff0000")
    lease.release()
    scene.sync()
    assert scene.upstream.folders[scene.remote.href].remote.name == "ours"


def test_what_comes_from_ourselves_is_not_mirrored_again(scene: Scene) -> None:
    ours = RemoteCollection(
        "", "ours", CollectionKind.CALENDAR, ("VEVENT",), via=("somebody", scene.store.id, "somebody-else")
    )
    theirs = RemoteCollection("", "theirs", CollectionKind.CALENDAR, ("VEVENT",), via=("somebody",))
    scene.upstream.add("ours", ours)
    scene.upstream.add("theirs", theirs)
    assert scene.sync().converged
    found = {each.name: each.via for each in scene.store.collections()}
    assert found == {"calendar": (), "theirs": ("somebody",)}
