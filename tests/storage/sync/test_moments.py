"""Things that happen at the worst moment of a round: moves, deletions and decisions while something is in flight."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.errors import Rejected, Unreachable
from storage.model import Collection, Origin, State
from storage.provider import Push, PushAction, Receipt, RemoteCollection, RemoteEntry
from storage.sync import inbox
from storage.tables import held, quarantine
from storage.verify import verify
from tests.simulation.texts import event
from tests.storage.sync.scene import Scene


class Two(Scene):
    """A scene with a second calendar, `other`, to and fro which entries move."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, MemoryUpstream())
        self.second = self.upstream.add("other")
        for uid in ("a", "b", "c"):
            self.theirs(uid, event(uid, 1, "base"))
        assert self.sync().converged

    @property
    def collection(self) -> Collection:
        return next(c for c in self.store.collections() if c.remote_href == self.remote.href)

    @property
    def other(self) -> Collection:
        return next(c for c in self.store.collections() if c.remote_href == self.second.href)

    def move(self, name: str, *, back: bool = False) -> None:
        source, target = (self.other, self.collection) if back else (self.collection, self.other)
        self.store.move_entry(source.id, name, target.id, name, origin=Origin.DAV)

    def everything(self) -> tuple[dict[str, str], dict[str, str]]:
        """What the mirror holds in the two, and what the upstream holds, by UID."""
        here = {
            f"{c.remote_href}{e.uid}": e.text for c in self.store.collections() for e in self.store.iter_entries(c.id)
        }
        there = {
            f"{href}{str(e.data).split('UID:')[1].split(chr(13))[0]}": str(e.data)
            for href, folder in self.upstream.folders.items()
            for e in folder.entries.values()
        }
        return here, there


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Two]:
    found = Two(tmp_path / "mirror")
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


def quiet(scene: Two, *, inbox: int = 0) -> None:
    """Both sides agree after some rounds, nothing waits, and nothing but `inbox` conflicts was made of it."""
    scene.make = lambda _account: MemoryProvider(scene.upstream)
    for _ in range(3):
        scene.sync()
    here, there = scene.everything()
    assert here == there
    assert scene.waiting() == 0
    assert len(scene.inbox()) == inbox


def test_an_entry_moves_while_its_update_is_in_flight(scene: Two) -> None:
    text = event("a", 2, "edited")
    scene.ours("a.ics", text)
    scene.interrupt(sent=lambda: scene.move("a.ics"))
    scene.sync()
    quiet(scene)
    assert scene.everything()[1][f"{scene.second.href}a"] == text
    assert f"{scene.remote.href}a" not in scene.everything()[1]


def test_an_entry_moves_while_its_creation_is_in_flight(scene: Two) -> None:
    text = event("new", 2, "made")
    scene.ours("new.ics", text)
    scene.interrupt(sent=lambda: scene.move("new.ics"))
    scene.sync()
    quiet(scene)
    assert scene.everything()[1][f"{scene.second.href}new"] == text
    assert f"{scene.remote.href}new" not in scene.everything()[1]


class Silent(MemoryProvider):
    """Takes one write and loses the answer."""

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        super().push(collection, push)
        raise Unreachable("no answer")


@pytest.mark.parametrize("again", [False, True], ids=["gone", "copied back"])
@pytest.mark.parametrize("uid", ["a", "new"])
def test_an_entry_moves_after_a_write_whose_answer_was_lost(scene: Two, uid: str, *, again: bool) -> None:
    text, copy = event(uid, 2, "sent"), event(uid, 3, "copy")
    scene.ours(f"{uid}.ics", text)
    scene.make = lambda _account: Silent(scene.upstream)
    scene.sync()
    scene.move(f"{uid}.ics")
    if again:
        scene.ours(f"{uid}.ics", copy)
    quiet(scene)
    there = scene.everything()[1]
    assert there[f"{scene.second.href}{uid}"] == text
    assert there.get(f"{scene.remote.href}{uid}") == (copy if again else None)


def test_an_entry_that_moves_there_and_back_stays_the_same_upstream(scene: Two) -> None:
    scene.move("a.ics")
    scene.move("a.ics", back=True)
    scene.theirs("a", event("a", 2, "edited upstream meanwhile"))
    quiet(scene)
    assert scene.here()["a"] == event("a", 2, "edited upstream meanwhile")


def test_a_deleted_entry_whose_uid_is_upstream_again_under_another_name_is_edited_there(scene: Two) -> None:
    href = f"{scene.remote.href}a.ics"
    scene.delete("a.ics")
    scene.interrupt(pulling=lambda: scene.theirs("a", event("a", 3, "edited")))
    scene.theirs("a", event("a", 2, "twin"), f"{scene.remote.href}twin.ics")
    scene.sync()
    scene.sync()
    assert href in scene.there()
    assert scene.waiting() == 0
    assert scene.here()["a"] in (event("a", 2, "twin"), event("a", 3, "edited"))
    assert len(quarantine.every(scene.store.db.reader())) == 1


class OneHome(MemoryProvider):
    """An upstream that allows a UID once in all of the account (Cyrus with scheduling)."""

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        others = (f for href, f in self.upstream.folders.items() if href != collection.href)
        if push.action is PushAction.CREATE and any(
            f"UID:{push.uid}\r\n" in str(e.data) for f in others for e in f.entries.values()
        ):
            raise Rejected("another collection holds this UID", status=403)
        return super().push(collection, push)


def test_entries_change_places_where_a_uid_may_stand_only_once(scene: Two) -> None:
    scene.theirs("z", event("z", 1, "base"))
    scene.upstream.put(scene.second.href, f"{scene.second.href}y.ics", event("y", 1, "base"))
    scene.sync()
    scene.move("a.ics")
    scene.move("y.ics", back=True)
    scene.make = lambda _account: OneHome(scene.upstream)
    scene.sync()
    inbox.wake(scene.store, scene.account.id)
    scene.sync()
    quiet(scene)
    assert {f"{scene.second.href}a", f"{scene.remote.href}y"} <= set(scene.everything()[1])


def test_a_rename_upstream_whose_check_got_no_answer_is_seen_again(scene: Two) -> None:
    entry_id = scene.store.entry_at(scene.collection.id, "a.ics").id

    class Deaf(MemoryProvider):
        """Gives changes one by one and does not answer questions by name."""

        def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
            raise Unreachable("no answer")

    scene.theirs("a", event("a", 1, "base"), f"{scene.remote.href}renamed.ics")
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    scene.make = lambda _account: Deaf(scene.upstream, page_size=1)
    assert scene.sync().errors
    quiet(scene)
    assert scene.store.entry_by_uid(scene.collection.id, "a").id == entry_id


def test_a_name_that_is_taken_upstream_does_not_stop_a_creation(scene: Two) -> None:
    scene.theirs("junk", "this is no calendar")
    scene.sync()
    scene.ours("junk.ics", event("mine", 1, "made here"))
    scene.sync()
    inbox.wake(scene.store, scene.account.id)
    assert scene.sync().converged
    assert event("mine", 1, "made here") in scene.there().values()
    assert scene.there()[f"{scene.remote.href}junk.ics"] == "this is no calendar"
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}junk.ics")
    quiet(scene)


def test_another_uid_under_our_href_upstream_leaves_room_for_our_edit(scene: Two) -> None:
    scene.ours("a.ics", event("a", 2, "edited"))
    scene.theirs("a", event("stranger", 1, "other"))
    scene.sync()
    inbox.wake(scene.store, scene.account.id)
    quiet(scene, inbox=1)
    assert {event("a", 2, "edited"), event("stranger", 1, "other")} <= set(scene.here().values())


def test_another_uid_under_the_href_of_what_we_deleted_is_another_entry(scene: Two) -> None:
    old = scene.store.entry_at(scene.collection.id, "a.ics").id
    scene.delete("a.ics")
    scene.theirs("a", event("stranger", 1, "other"))
    quiet(scene)
    assert scene.store.entry_by_uid(scene.collection.id, "stranger").id != old


def test_what_only_a_twin_kept_out_comes_in_when_the_twin_goes(scene: Two) -> None:
    scene.theirs("a", event("a", 9, "twin"), f"{scene.remote.href}twin.ics")
    scene.sync()
    assert len(quarantine.every(scene.store.db.reader())) == 1
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    quiet(scene)
    assert scene.here()["a"] == event("a", 9, "twin")
    assert quarantine.every(scene.store.db.reader()) == []


def test_a_twin_comes_in_as_soon_as_our_deletion_has_gone_upstream(scene: Two) -> None:
    scene.theirs("a", event("a", 9, "twin"), f"{scene.remote.href}twin.ics")
    scene.sync()
    scene.delete("a.ics")
    scene.sync()
    assert scene.here()["a"] == event("a", 9, "twin")
    quiet(scene)


def test_a_name_that_the_upstream_has_left_is_given_to_our_creation(scene: Two) -> None:
    scene.store.move_entry(scene.collection.id, "a.ics", scene.collection.id, "here.ics", origin=Origin.DAV)
    scene.ours("a.ics", event("mine", 1, "made here"))

    def rename() -> None:
        scene.theirs("a", event("a", 1, "base"), f"{scene.remote.href}renamed.ics")
        scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")

    scene.interrupt(pulling=rename)
    scene.sync()
    quiet(scene)
    assert scene.there()[f"{scene.remote.href}a.ics"] == event("mine", 1, "made here")


def test_an_entry_edited_here_and_renamed_there_is_edited_under_its_new_name(scene: Two) -> None:
    scene.ours("a.ics", event("a", 2, "edited"))
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    scene.interrupt(pulling=lambda: scene.theirs("a", event("a", 1, "base"), f"{scene.remote.href}renamed.ics"))
    scene.sync()
    (lost,) = scene.inbox()
    assert (lost.cause, lost.ours) == ("delete", event("a", 2, "edited"))
    quiet(scene, inbox=1)
    assert scene.there()[f"{scene.remote.href}renamed.ics"] == event("a", 2, "edited")


def test_two_uids_that_change_places_upstream_are_both_here(scene: Two) -> None:
    scene.theirs("a", event("b", 2, "was a"))
    scene.theirs("b", event("a", 2, "was b"))
    quiet(scene)
    assert set(scene.here()) == {"a", "b", "c"}


def test_an_unreadable_entry_that_a_listing_leaves_out_is_held_once(scene: Two) -> None:
    href = scene.theirs("a", "no calendar any more")
    scene.sync()

    class Half(MemoryProvider):
        """Leaves one entry out of its listing."""

        def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
            return {h: v for h, v in super().listing(collection).items() if h != href}

    scene.make = lambda _account: Half(scene.upstream)
    scene.store.db.reader().execute("UPDATE collections SET verified = 0")
    scene.sync()
    (stopped,) = held.every(scene.store.db.reader())
    assert [e.href for e in stopped.entries] == [href]
    scene.upstream.remove(scene.remote.href, href)
    inbox.approve(scene.store, stopped.n)


def test_tombstones_of_what_is_held_already_are_not_judged_again(scene: Two) -> None:
    for uid in ("a", "b", "c"):
        scene.upstream.remove(scene.remote.href, f"{scene.remote.href}{uid}.ics")
    scene.store.db.reader().execute("UPDATE collections SET verified = 0")
    scene.sync()
    scene.sync()
    (stopped,) = held.every(scene.store.db.reader())
    assert len(stopped.entries) == 3
    assert len(scene.here()) == 3
    inbox.approve(scene.store, stopped.n)
    quiet(scene)


@pytest.mark.parametrize("leave", [lambda s: s.delete("a.ics"), lambda s: s.move("a.ics")], ids=["delete", "move"])
def test_what_leaves_by_itself_is_held_no_longer(scene: Two, leave: Callable[[Two], None]) -> None:
    for uid in ("a", "b", "c"):
        scene.upstream.remove(scene.remote.href, f"{scene.remote.href}{uid}.ics")
    scene.sync()
    leave(scene)
    scene.sync()
    (stopped,) = held.every(scene.store.db.reader())
    assert sorted(e.uid for e in stopped.entries) == ["b", "c"]
    inbox.approve(scene.store, stopped.n)
    quiet(scene)


def test_what_was_kept_and_then_deleted_does_not_come_back_though_the_upstream_had_it_all_the_time(scene: Two) -> None:
    class Half(MemoryProvider):
        """Leaves everything out of its listing."""

        def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
            return {}

    scene.make = lambda _account: Half(scene.upstream)
    scene.store.db.reader().execute("UPDATE collections SET verified = 0")
    scene.sync()
    stopped = held.every(scene.store.db.reader())[0]
    inbox.reject(scene.store, stopped.n)
    scene.delete("a.ics")
    scene.ours("b.ics", event("b", 2, "edited"))
    quiet(scene)
    assert "a" not in scene.here()
    assert scene.here()["b"] == event("b", 2, "edited")


class Refusing(MemoryProvider):
    """Refuses every write, and something happens upstream right before."""

    def __init__(self, upstream: MemoryUpstream, before: Callable[[], object]) -> None:
        super().__init__(upstream)
        self.before = before

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        self.before()
        raise Rejected("not here", status=403)


def test_a_deletion_refused_for_what_is_gone_meanwhile_is_done(scene: Two) -> None:
    scene.delete("a.ics")
    scene.make = lambda _account: Refusing(
        scene.upstream, lambda: scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    )
    scene.sync()
    quiet(scene)


def test_an_edit_refused_for_what_is_unreadable_meanwhile_is_kept_and_said(scene: Two) -> None:
    scene.ours("a.ics", event("a", 2, "edited"))
    scene.make = lambda _account: Refusing(scene.upstream, lambda: scene.theirs("a", "no calendar any more"))
    scene.sync()
    assert [c.ours for c in scene.inbox()] == [event("a", 2, "edited")]
    assert scene.here()["a"] == event("a", 1, "base")
    assert len(quarantine.every(scene.store.db.reader())) == 1


def test_the_calendar_is_deleted_while_its_round_runs(scene: Two) -> None:
    scene.theirs("new", event("new", 1, "arrives"))
    scene.upstream.put(scene.second.href, f"{scene.second.href}y.ics", event("y", 1, "arrives"))
    gone = scene.collection
    scene.interrupt(pulling=lambda: scene.store.delete_collection(gone.id, origin=Origin.DAV))
    scene.sync()
    assert scene.other.state is State.FRESH
    quiet(scene)
    assert list(scene.upstream.folders) == [scene.second.href]


def test_the_account_is_removed_while_its_round_runs(scene: Two) -> None:
    scene.theirs("new", event("new", 1, "arrives"))
    account = scene.account
    scene.interrupt(pulling=lambda: scene.store.remove_account(account.id))
    scene.sync()
    assert scene.store.accounts() == []


def test_an_entry_whose_deletion_is_refused_while_a_twin_is_live_comes_back_after_the_twin(scene: Two) -> None:
    twin = f"{scene.remote.href}twin.ics"
    scene.delete("a.ics")
    scene.theirs("a", event("a", 2, "twin"), twin)
    scene.make = lambda _account: Refusing(scene.upstream, lambda: None)
    scene.sync()
    assert scene.here()["a"] == event("a", 2, "twin")
    assert [item.href for item in quarantine.every(scene.store.db.reader())] == [f"{scene.remote.href}a.ics"]
    scene.upstream.remove(scene.remote.href, twin)
    scene.sync()
    assert scene.here()["a"] == str(scene.there()[f"{scene.remote.href}a.ics"])
    assert quarantine.every(scene.store.db.reader()) == []
