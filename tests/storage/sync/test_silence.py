"""Who hears of what: an owner's write once, the engine's own never; and who did not hear of those is written down."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.memory.messages import Message
from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.errors import Unreachable
from storage.model import Origin
from storage.provider import Push, Receipt, RemoteCollection
from storage.sync import inbox
from storage.tables import collections, held, outbox, untold
from storage.verify import verify
from tests.storage.sync.scene import Scene
from tests.storage.sync.test_forecast import plan_of

ME, BOSS, GUEST = "mailto:up@example.org", "mailto:boss@example.org", "mailto:guest@example.org"


def meeting(uid: str, summary: str = "Meeting", *, host: str = ME, **said: str) -> str:
    """A meeting; `said`: the answers of `me` and the `guest`."""
    people = {"me": ME, "guest": GUEST}
    lines = [f"ATTENDEE;PARTSTAT={word}:{people[who]}" for who, word in (said or {"guest": "NEEDS-ACTION"}).items()]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}",
         "DTSTAMP:20260101T000000Z", "DTSTART:20260301T100000Z", f"SUMMARY:{summary}", f"ORGANIZER:{host}", *lines,
         "END:VEVENT", "END:VCALENDAR", ""]
    )  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path / "mirror", MemoryUpstream(addresses=[ME], schedules=True))
    for number in range(10):
        found.theirs(f"e{number}", meeting(f"e{number}", "theirs"))
    found.theirs("invited", meeting("invited", host=BOSS, me="NEEDS-ACTION"))
    assert found.sync().converged
    assert found.collection.schedules
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


def write(scene: Scene, uid: str, text: str, *, notify: bool, origin: Origin = Origin.DAV) -> None:
    scene.store.put_entry(scene.collection.id, f"{uid}.ics", text, origin=origin, notify=notify)


def silenced(scene: Scene) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.uid, each.action, each.addresses) for each in untold.every(scene.store.db.reader())]


class Deaf(MemoryProvider):
    """Does what it is asked the first time, and loses its answer; from the second time on, it is heard."""

    lost = 0

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        receipt = super().push(collection, push)
        receipt = super().push(collection, push) if self.lost == 1 else receipt
        Deaf.lost += 1
        if Deaf.lost == 1:
            raise Unreachable("no answer")
        return receipt


def test_an_owners_write_is_told_once(scene: Scene) -> None:
    write(scene, "new", meeting("new"), notify=True)
    assert scene.sync().converged
    assert scene.upstream.told == [Message("new", "REQUEST", GUEST)]
    write(scene, "new", meeting("new", "moved"), notify=True)
    scene.store.delete_entry(scene.collection.id, "e1.ics", origin=Origin.DAV, notify=True)
    for _ in range(3):
        assert scene.sync().converged
    assert sorted(each.method for each in scene.upstream.told) == ["CANCEL", "REQUEST", "REQUEST"]
    assert silenced(scene) == []


@pytest.mark.parametrize("origin", [Origin.UNDO, Origin.VDIR, Origin.CLI])
def test_a_silent_write_is_told_to_nobody_and_noted(scene: Scene, origin: Origin) -> None:
    write(scene, "e2", meeting("e2", "changed"), notify=False, origin=origin)
    write(scene, "quiet", meeting("quiet"), notify=False, origin=origin)
    scene.store.delete_entry(scene.collection.id, "e3.ics", origin=origin)
    write(scene, "invited", meeting("invited", host=BOSS, me="ACCEPTED"), notify=False, origin=origin)
    plan = {one.uid: one for one in plan_of(scene).actions}
    assert {uid: (one.mails, one.untold) for uid, one in plan.items()} == {
        "e2": ((), (GUEST,)),
        "e3": ((), (GUEST,)),
        "quiet": ((), (GUEST,)),
        "invited": ((), (BOSS,)),
    }
    assert scene.sync().converged
    assert scene.upstream.told == []
    assert sorted(silenced(scene)) == [
        ("e2", "update", (GUEST,)),
        ("e3", "delete", (GUEST,)),
        ("invited", "update", (BOSS,)),
        ("quiet", "create", (GUEST,)),
    ]


@pytest.mark.parametrize("host", ["mailto:team@example.org", "/dav/user/"])
def test_who_invites_under_another_address_of_theirs_tells_as_much(scene: Scene, host: str) -> None:
    user = scene.store.accounts()[0].user
    with scene.store.db.atomic() as conn:
        collections.update(conn, replace(scene.collection, email="team@example.org"))
    write(scene, "quiet", meeting("quiet", host=host.replace("user", user)), notify=False)
    assert {one.uid: one.untold for one in plan_of(scene).actions} == {"quiet": (GUEST,)}
    assert scene.sync().converged
    assert silenced(scene) == [("quiet", "create", (GUEST,))]


def test_what_concerns_nobody_is_not_noted(scene: Scene) -> None:
    write(scene, "alone", meeting("alone", host=ME, me="ACCEPTED"), notify=False)
    write(scene, "invited", meeting("invited", "my words", host=BOSS, me="NEEDS-ACTION"), notify=False)
    assert scene.sync().converged
    assert (scene.upstream.told, silenced(scene)) == ([], [])


def test_one_reply_for_one_answer_whatever_the_line_does(scene: Scene) -> None:
    Deaf.lost = 0
    scene.make = lambda _account: Deaf(scene.upstream)
    write(scene, "invited", meeting("invited", host=BOSS, me="ACCEPTED"), notify=True)
    (planned,) = plan_of(scene).actions
    assert planned.mails == (BOSS,)
    scene.sync()
    with scene.store.db.atomic() as conn:
        for waiting in outbox.entries(conn, scene.collection.n, float("inf")):
            outbox.failed(conn, waiting.n, error="", next_try=0)
    for _ in range(3):
        scene.sync()
    assert scene.waiting() == 0
    assert scene.upstream.told == [Message("invited", "REPLY", BOSS, "ACCEPTED")]
    write(scene, "invited", meeting("invited", host=BOSS, me="DECLINED"), notify=True)
    write(scene, "invited", meeting("invited", host=BOSS, me="TENTATIVE"), notify=True)
    scene.sync()
    assert [each.said for each in scene.upstream.told] == ["ACCEPTED", "TENTATIVE"]


def test_an_owners_edit_that_waits_is_told_with_a_silent_one_after_it(scene: Scene) -> None:
    write(scene, "e4", meeting("e4", "the owner's"), notify=True)
    write(scene, "e4", meeting("e4", "the owner's, tidied"), notify=False)
    assert scene.sync().converged
    assert scene.upstream.told == [Message("e4", "REQUEST", GUEST)]


def test_a_deletion_taken_back_before_anybody_heard_is_silent(scene: Scene) -> None:
    text = scene.here()["e5"]
    scene.store.delete_entry(scene.collection.id, "e5.ics", origin=Origin.DAV, notify=True)
    write(scene, "e5", text, notify=False, origin=Origin.UNDO)
    assert scene.sync().converged
    assert scene.upstream.told == []


def test_what_vanished_upstream_is_made_anew_in_silence(scene: Scene) -> None:
    write(scene, "e6", meeting("e6", "the owner's"), notify=True)
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}e6.ics")
    scene.sync()
    assert "e6" in {each.uid for each in scene.inbox()}
    assert "the owner's" in str(scene.there()[f"{scene.remote.href}e6.ics"])
    assert (scene.upstream.told, silenced(scene)) == ([], [("e6", "create", (GUEST,))])


@pytest.mark.parametrize(("mine", "heard"), [("ACCEPTED", ["ACCEPTED"]), ("NEEDS-ACTION", [])])
def test_an_answer_is_told_also_where_the_upstream_has_lost_the_invitation(
    scene: Scene, mine: str, heard: list[str]
) -> None:
    """Their owner answered, and the organizer waits for that; what of it is no answer is made anew in silence."""
    write(scene, "invited", meeting("invited", "my words", host=BOSS, me=mine), notify=True)
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}invited.ics")
    for _ in range(3):
        scene.sync()
    assert "my words" in str(scene.there()[f"{scene.remote.href}invited.ics"])
    assert scene.upstream.told == [Message("invited", "REPLY", BOSS, each) for each in heard]
    assert silenced(scene) == []


def test_who_was_invited_by_a_creation_whose_answer_was_lost_hears_of_its_deletion(scene: Scene) -> None:
    Deaf.lost = 0
    scene.make = lambda _account: Deaf(scene.upstream)
    write(scene, "new", meeting("new"), notify=True)
    scene.sync()
    scene.store.delete_entry(scene.collection.id, "new.ics", origin=Origin.DAV, notify=True)
    for _ in range(3):
        scene.sync()
    assert f"{scene.remote.href}new.ics" not in scene.there()
    assert [each.method for each in scene.upstream.told] == ["REQUEST", "CANCEL"]


@pytest.mark.parametrize(
    ("uid", "text", "heard"),
    [
        ("invited", meeting("invited", host=BOSS, me="ACCEPTED"), [Message("invited", "REPLY", BOSS, "ACCEPTED")]),
        ("invited", meeting("invited", "my words", host=BOSS, me="NEEDS-ACTION"), []),
        ("e9", meeting("e9", "at another time"), [Message("e9", "REQUEST", GUEST)]),
        ("new", meeting("new"), [Message("new", "REQUEST", GUEST)]),
    ],
)
def test_what_waits_to_be_told_goes_with_an_entry_that_moves(
    scene: Scene, uid: str, text: str, heard: list[Message]
) -> None:
    scene.upstream.add("other")
    scene.sync()
    here, there = scene.store.collections(account=scene.account.id)
    scene.store.put_entry(here.id, f"{uid}.ics", text, origin=Origin.DAV, notify=True)
    scene.store.move_entry(here.id, f"{uid}.ics", there.id, f"{uid}.ics", origin=Origin.DAV)
    for _ in range(3):
        scene.sync()
    assert [*scene.upstream.folders["/memory/other/"].entries] == [f"/memory/other/{uid}.ics"]
    assert scene.upstream.told == heard


def test_nobody_hears_twice_of_what_was_sent_unanswered_and_then_moved(scene: Scene) -> None:
    scene.upstream.add("other")
    scene.sync()
    here, there = scene.store.collections(account=scene.account.id)
    Deaf.lost = 0
    scene.make = lambda _account: Deaf(scene.upstream)
    scene.store.put_entry(here.id, "new.ics", meeting("new"), origin=Origin.DAV, notify=True)
    scene.sync()
    scene.store.move_entry(here.id, "new.ics", there.id, "new.ics", origin=Origin.DAV)
    for _ in range(3):
        scene.sync()
    assert [*scene.upstream.folders["/memory/other/"].entries] == ["/memory/other/new.ics"]
    assert scene.upstream.told == [Message("new", "REQUEST", GUEST)]


def test_rejected_deletions_come_back_in_silence(scene: Scene) -> None:
    for number in range(8):
        scene.upstream.remove(scene.remote.href, f"{scene.remote.href}e{number}.ics")
    assert scene.sync().waiting
    (stopped,) = held.every(scene.store.db.reader())
    assert inbox.reject(scene.store, stopped.n) == 8
    assert scene.sync().converged
    assert len(scene.there()) == 11
    assert scene.upstream.told == []
    assert len(silenced(scene)) == 8


@pytest.mark.parametrize(("later", "heard"), [(False, 1), (True, 2)])
def test_an_edit_made_while_the_one_before_is_sent_is_told_as_its_own_author_said(
    scene: Scene, later: bool, heard: int
) -> None:
    write(scene, "e7", meeting("e7", "first"), notify=True)
    scene.interrupt(sent=lambda: write(scene, "e7", meeting("e7", "second"), notify=later))
    assert scene.sync().converged
    assert "second" in str(scene.there()[f"{scene.remote.href}e7.ics"])
    assert len(scene.upstream.told) == heard


def test_an_edit_after_one_whose_answer_was_lost_is_told_as_its_own_author_said(scene: Scene) -> None:
    Deaf.lost = 0
    scene.make = lambda _account: Deaf(scene.upstream)
    write(scene, "e8", meeting("e8", "first"), notify=True)
    scene.sync()
    write(scene, "e8", meeting("e8", "second"), notify=False)
    for _ in range(3):
        scene.sync()
    assert "second" in str(scene.there()[f"{scene.remote.href}e8.ics"])
    assert scene.upstream.told == [Message("e8", "REQUEST", GUEST)]
