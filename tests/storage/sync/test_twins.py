"""A UID that stands twice upstream: the second is kept in quarantine, and comes in as soon as the UID is free."""

from pathlib import Path

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.errors import Unreachable
from storage.provider import Push, Receipt, RemoteCollection
from storage.sync import inbox
from storage.tables import quarantine
from tests.simulation.texts import event
from tests.storage.sync.scene import Scene


class Deaf(MemoryProvider):
    """Every push gets lost on its way."""

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        raise Unreachable("the line is down")


def test_it_comes_in_when_what_had_its_uid_is_deleted_before_it_was_sent(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "mirror", MemoryUpstream())
    first = scene.theirs("first", event("u", 1, "first"))
    scene.theirs("twin", event("u", 2, "twin"))
    scene.sync()
    assert scene.here()["u"] == event("u", 1, "first")
    scene.ours("first.ics", event("u", 3, "edited"))
    scene.theirs("v", event("v", 4, "another"), first)
    scene.make = lambda _account: Deaf(scene.upstream)
    scene.sync()
    assert scene.here()["u"] == event("u", 3, "edited")
    scene.delete("first.ics")
    scene.make = lambda _account: MemoryProvider(scene.upstream)
    scene.sync()
    assert scene.here()["u"] == event("u", 2, "twin")
    assert quarantine.every(scene.store.db.reader()) == []
    scene.store.close()


def test_a_creation_finds_a_free_name_where_others_have_taken_the_one_it_falls_back_to(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "mirror", MemoryUpstream())
    scene.sync()
    scene.ours("u.ics", event("u", 1, "ours"))
    [entry] = scene.store.iter_entries(scene.collection.id)
    folder = scene.collection.remote_href or ""
    for number, name in enumerate(("u.ics", f"{entry.id}.ics"), 2):
        scene.theirs(f"v{number}", event(f"v{number}", number, "theirs"), f"{folder}{name}")
    for _ in range(4):
        scene.sync()
        inbox.wake(scene.store, scene.account.id)
    assert len(scene.there()) == 3
    assert event("u", 1, "ours") in scene.there().values()
    assert scene.waiting() == 0
    scene.store.close()
