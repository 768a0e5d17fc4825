"""Meetings whose people do what they should not, or much of it, and what becomes of whole calendars (RFC 6638 §3)."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from gateway.http.access import device_hash
from storage import clock
from storage.model import Account, CollectionKind, Origin
from storage.scheduling.delivery import MOST_PARTS
from storage.tables import remotes
from tests.gateway.dav.door import CALDAV, PASSWORD, Door, Got, event
from tests.gateway.dav.test_delivery import (
    ALICE,
    BOB,
    CAROL,
    HERE,
    answer,
    attendee,
    clear,
    copy_of,
    inbox,
    meeting,
    members,
    methods,
    organizers,
    put,
)

MINE, GUESTS = "/dav/alice/work/", "/dav/bob/work/"


@pytest.fixture(autouse=True)
def _march(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the first of March 2026."""
    monkeypatch.setattr(clock, "timestamp", lambda: datetime(2026, 3, 1, tzinfo=UTC).timestamp())


@pytest.fixture
def carol(door: Door) -> Door:
    """There is carol, too."""
    door.store.save_user("carol", None)
    door.store.save_account(Account(0, "home-carol", "carol", "local", email="carol@example.org", mirrored=False))
    door.add_calendar("work", user="carol")
    door.store.add_device("carol", "laptop", device_hash(f"{PASSWORD}-carol"))
    return door


def texts(door: Door, user: str, slug: str = "work") -> list[str]:
    found = door.store.iter_entries(door.store.collection_at(user, slug).id)
    return [each.text.replace("\r\n ", "") for each in found]


def task(*guests: str, more: str = "") -> str:
    return meeting(*guests, more=more).replace("VEVENT", "VTODO")


def override(text: str, day: str, word: str) -> str:
    """The text with a component of its own for the instance on a day of March, as bob answers it."""
    start, end = text.index("BEGIN:VEVENT"), text.rindex("END:VCALENDAR")
    one = re.sub(r"RRULE:[^\r]*\r\n", "", text[start:end]).replace("20260310T", f"202603{day}T")
    one = one.replace("SUMMARY", f"RECURRENCE-ID:202603{day}T100000Z\r\nSUMMARY", 1)
    return text[:end] + one.replace(attendee(one, BOB), f"ATTENDEE;PARTSTAT={word}:{BOB}") + text[end:]


def refused(got: Got, condition: str) -> bool:
    return got.status == 403 and got.conditions == {f"{CALDAV}{condition}"}


# -- tasks ------------------------------------------------------------------------------------------------------------


def test_a_task_is_delivered_and_answered_as_an_event_is(door: Door) -> None:
    assert put(door, task(BOB)).status == 201
    assert "BEGIN:VTODO" in copy_of(door)[1]
    assert methods(door, "bob") == ["REQUEST"]
    assert "SCHEDULE-STATUS=1.2" in attendee(organizers(door), BOB)
    assert answer(door, "COMPLETED").status == 204
    assert "PARTSTAT=COMPLETED" in attendee(organizers(door), BOB)
    assert methods(door, "alice") == ["REPLY"]


def test_how_far_a_guest_has_come_with_a_task_is_theirs(door: Door) -> None:
    put(door, task(BOB))
    path, text = copy_of(door)
    own = "STATUS:IN-PROCESS\r\nPERCENT-COMPLETE:40\r\n"
    assert door.request("PUT", path, text.replace("END:VTODO", own + "END:VTODO"), user="bob").status == 204
    put(door, task(BOB, more="LOCATION:Desk"))
    assert "LOCATION:Desk" in copy_of(door)[1]
    assert own in copy_of(door)[1]
    assert door.request("DELETE", HERE).status == 204
    assert "STATUS:CANCELLED" in copy_of(door)[1]


def test_a_task_goes_where_tasks_are_kept(door: Door) -> None:
    door.request("DELETE", GUESTS, user="bob")
    door.add_calendar("events", user="bob", components=("VEVENT",))
    put(door, task(BOB))
    assert "SCHEDULE-STATUS=5.1" in attendee(organizers(door), BOB)
    door.add_calendar("tasks", user="bob", components=("VTODO",))
    put(door, task(BOB, more="LOCATION:x"))
    assert len(texts(door, "bob", "tasks")) == 1
    assert texts(door, "bob", "events") == []


# -- whole calendars --------------------------------------------------------------------------------------------------


def test_a_deleted_calendar_calls_off_what_is_still_to_come(door: Door) -> None:
    put(door, meeting(BOB))
    door.request("PUT", f"{MINE}old.ics", meeting(BOB, start="20250310T100000Z").replace("UID:m", "UID:old"))
    series = meeting(BOB, start="20250310T100000Z", more="RRULE:FREQ=WEEKLY").replace("UID:m", "UID:series")
    door.request("PUT", f"{MINE}series.ics", series)
    clear(door, "bob")
    assert door.request("DELETE", MINE).status == 204
    off = {"UID:m\r\n": True, "UID:old\r\n": False, "UID:series\r\n": True}
    found = texts(door, "bob")
    assert {uid: "STATUS:CANCELLED" in text for uid in off for text in found if uid in text} == off
    assert methods(door, "bob") == ["CANCEL", "CANCEL"]


@pytest.mark.parametrize(("headers", "told"), [({}, ["REPLY"]), ({"Schedule-Reply": "F"}, [])])
def test_a_guests_deleted_calendar_declines(door: Door, headers: dict[str, str], told: list[str]) -> None:
    put(door, meeting(BOB))
    assert door.request("DELETE", GUESTS, headers=headers, user="bob").status == 204
    assert methods(door, "alice") == told
    assert ("PARTSTAT=DECLINED" in attendee(organizers(door), BOB)) is bool(told)


def test_a_meeting_that_another_takes_the_place_of_is_called_off(door: Door) -> None:
    put(door, meeting(BOB))
    door.put("other.ics", event("other"))
    assert door.request("MOVE", f"{MINE}other.ics", headers={"Destination": HERE}).status == 204
    assert "STATUS:CANCELLED" in copy_of(door)[1]


# -- a meeting stands once --------------------------------------------------------------------------------------------


def test_nobody_has_a_meeting_twice(door: Door) -> None:
    put(door, meeting(BOB))
    path, text = copy_of(door)
    door.add_calendar("second", user="bob")
    door.add_calendar("second")
    unique = "unique-scheduling-object-resource"
    assert refused(door.request("PUT", "/dav/bob/second/m.ics", text, user="bob"), unique)
    target = {"Destination": "/dav/bob/second/m.ics"}
    assert refused(door.request("COPY", path, headers=target, user="bob"), unique)
    assert refused(door.request("COPY", HERE, headers={"Destination": "/dav/alice/second/m.ics"}), unique)
    assert refused(door.request("COPY", MINE, headers={"Destination": "/dav/alice/third/"}), unique)
    assert texts(door, "bob", "second") == texts(door, "alice", "second") == []
    assert door.request("MOVE", path, headers=target, user="bob").status == 201
    assert methods(door, "alice") == []
    put(door, meeting(BOB, more="LOCATION:x"))
    assert "LOCATION:x" in texts(door, "bob", "second")[0]


# -- who tells whom ---------------------------------------------------------------------------------------------------


def test_whoever_becomes_ours_to_tell_is_invited_and_whoever_no_longer_is_called_off(door: Door) -> None:
    """RFC 6638 §7.1: SCHEDULE-AGENT from CLIENT to SERVER is an invitation, the other way a cancellation."""
    put(door, meeting(BOB, agent=";SCHEDULE-AGENT=CLIENT"))
    assert texts(door, "bob") == []
    put(door, meeting(BOB))
    assert len(texts(door, "bob")) == 1
    assert methods(door, "bob") == ["REQUEST"]
    assert put(door, meeting(BOB, agent=";SCHEDULE-AGENT=NONE")).status == 204
    assert "STATUS:CANCELLED" in copy_of(door)[1]
    assert methods(door, "bob") == ["CANCEL", "REQUEST"]
    assert "SCHEDULE-STATUS" not in organizers(door)


def test_an_event_that_becomes_a_task_becomes_one_for_its_guests(door: Door) -> None:
    put(door, meeting(BOB))
    assert put(door, task(BOB)).status == 204
    text = copy_of(door)[1]
    assert (text.count("BEGIN:VTODO"), text.count("BEGIN:VEVENT")) == (1, 0)
    assert attendee(text, BOB)


# -- people who pretend -----------------------------------------------------------------------------------------------


def test_nobody_invites_in_the_name_of_another(carol: Door) -> None:
    """bob writes down a meeting that alice is said to have called together."""
    got = carol.request("PUT", f"{GUESTS}m.ics", meeting(BOB, CAROL), user="bob")
    assert got.status == 201
    assert texts(carol, "alice") == texts(carol, "carol") == []
    assert inbox(carol, "alice") == inbox(carol, "carol") == []


def test_who_is_not_invited_changes_nothing_by_accepting(carol: Door) -> None:
    put(carol, meeting(CAROL))
    before = organizers(carol)
    crashing = meeting(BOB, CAROL).replace(
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:{BOB}", f"ATTENDEE;PARTSTAT=ACCEPTED:{BOB}"
    )
    assert carol.request("PUT", f"{GUESTS}m.ics", crashing, user="bob").status == 201
    assert organizers(carol) == before
    assert methods(carol, "alice") == []
    assert "SCHEDULE-STATUS=5.1" in carol.request("GET", f"{GUESTS}m.ics", user="bob").text.replace("\r\n ", "")


@pytest.mark.parametrize(("address", "code"), [("/dav/bob/", "1.2"), ("https://elsewhere.example/dav/bob/", "5.2")])
def test_a_principal_of_another_server_is_nobody_of_ours(door: Door, address: str, code: str) -> None:
    put(door, meeting(address))
    assert f"SCHEDULE-STATUS={code}" in attendee(organizers(door), address)
    assert len(texts(door, "bob")) == (code == "1.2")


def test_an_invitation_replaces_nothing_of_the_same_uid(door: Door) -> None:
    private = event("m", "SUMMARY:Mine alone")
    door.request("PUT", f"{GUESTS}private.ics", private, user="bob")
    put(door, meeting(BOB))
    assert texts(door, "bob") == [private]
    assert "SCHEDULE-STATUS=5.1" in attendee(organizers(door), BOB)
    assert door.request("DELETE", HERE).status == 204
    assert texts(door, "bob") == [private]
    assert "REQUEST" not in methods(door, "bob")


def test_two_organizers_of_one_uid_leave_each_other_alone(door: Door) -> None:
    put(door, meeting(BOB))
    theirs = meeting(ALICE).replace(f"ORGANIZER:{ALICE}", f"ORGANIZER:{BOB}")
    assert door.request("PUT", f"{GUESTS}x.ics", theirs, user="bob").conditions == {f"{CALDAV}no-uid-conflict"}
    door.add_calendar("second", user="bob")
    twice = door.request("PUT", "/dav/bob/second/x.ics", theirs, user="bob")
    assert refused(twice, "unique-scheduling-object-resource")
    path, text = copy_of(door)
    taken = door.request("PUT", path, text.replace(f"ORGANIZER:{ALICE}", f"ORGANIZER:{BOB}"), user="bob")
    assert refused(taken, "allowed-attendee-scheduling-object-change")
    assert methods(door, "alice") == []


def test_what_an_upstream_calls_us_does_not_make_us_somebody_else(door: Door) -> None:
    """bob's upstream says that he is alice; what he writes in her name is still not hers."""
    wanted = Account(0, "far", "bob", "caldav", settings={"url": "https://x.example/"})
    far = door.store.save_account(wanted)
    with door.store.db.atomic() as conn:
        remotes.set_addresses(conn, far.id, ["mailto:alice@example.org", "mailto:robert@x.example"])
    assert door.store.addresses("bob") == ["mailto:bob@example.org", "mailto:robert@x.example", "/dav/bob/"]
    put(door, meeting(BOB))
    assert door.request("PUT", f"{GUESTS}n.ics", meeting(BOB).replace("UID:m", "UID:n"), user="bob").status == 201
    assert len(texts(door, "alice")) == 1


def test_answers_reach_who_calls_together_under_a_mirrored_accounts_address(door: Door) -> None:
    wanted = Account(0, "far", "alice", "caldav", email="alice@far.example", settings={"url": "https://x.example/"})
    door.store.save_account(wanted)
    text = meeting(BOB).replace(ALICE, "mailto:alice@far.example")
    assert put(door, text).status == 201
    assert answer(door, "ACCEPTED").status == 204
    assert "PARTSTAT=ACCEPTED" in attendee(organizers(door), BOB)


def test_a_guest_who_strikes_out_the_organizer_has_left(door: Door) -> None:
    put(door, meeting(BOB))
    path, text = copy_of(door)
    alone = "\r\n".join(each for each in text.split("\r\n") if not each.startswith(("ORGANIZER", "ATTENDEE")))
    assert door.request("PUT", path, alone, user="bob").status == 204
    assert "PARTSTAT=DECLINED" in attendee(organizers(door), BOB)
    assert methods(door, "alice") == ["REPLY"]
    put(door, meeting(BOB, more="LOCATION:x"))
    assert texts(door, "bob") == [alone], "it is an event of his own now"


# -- single instances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "there"), [("12", True), ("20", False)])
def test_a_guest_adds_no_instance_to_a_series(door: Door, day: str, there: bool) -> None:
    put(door, meeting(BOB, more="RRULE:FREQ=DAILY;COUNT=5"))
    path, text = copy_of(door)
    assert door.request("PUT", path, override(text, day, "ACCEPTED"), user="bob").status == 204
    assert organizers(door).count("BEGIN:VEVENT") == (2 if there else 1)
    assert methods(door, "alice") == (["REPLY"] if there else [])
    status = next(line for line in texts(door, "bob")[0].split("\r\n") if line.startswith("ORGANIZER"))
    assert f"SCHEDULE-STATUS={'1.2' if there else '5.1'}" in status


def test_an_instance_that_the_organizer_took_out_stays_out(door: Door) -> None:
    put(door, meeting(BOB, more="RRULE:FREQ=DAILY;COUNT=5\nEXDATE:20260312T100000Z"))
    path, text = copy_of(door)
    door.request("PUT", path, override(text, "12", "ACCEPTED"), user="bob")
    assert organizers(door).count("BEGIN:VEVENT") == 1


def test_struck_out_instances_are_declined_one_by_one(door: Door) -> None:
    put(door, meeting(BOB, more="RRULE:FREQ=DAILY;COUNT=5"))
    path, text = copy_of(door)
    struck = text.replace("SUMMARY", "EXDATE:20260311T100000Z,20260312T100000Z,20270101T100000Z\r\nSUMMARY")
    assert door.request("PUT", path, struck, user="bob").status == 204
    after = organizers(door)
    assert after.count("BEGIN:VEVENT") == 3
    assert after.count("PARTSTAT=DECLINED") == 2


def test_a_guest_does_not_flood_the_organizer(door: Door) -> None:
    put(door, meeting(BOB, more="RRULE:FREQ=HOURLY"))
    path, text = copy_of(door)
    first = datetime(2026, 3, 11, tzinfo=UTC)
    days = ",".join(f"{first + timedelta(hours=n):%Y%m%dT%H%M%SZ}" for n in range(MOST_PARTS + 1))
    before = organizers(door)
    got = door.request("PUT", path, text.replace("SUMMARY", f"EXDATE:{days}\r\nSUMMARY"), user="bob")
    assert refused(got, "allowed-attendee-scheduling-object-change")
    assert organizers(door) == before


def test_a_meeting_of_any_number_of_parts_is_not_delivered(door: Door) -> None:
    text = meeting(BOB, more="RRULE:FREQ=HOURLY")
    end = text.index("END:VCALENDAR")
    first = datetime(2026, 3, 11, tzinfo=UTC)
    parts = "".join(
        f"BEGIN:VEVENT\r\nUID:m\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:{at:%Y%m%dT%H%M%SZ}\r\n"
        f"DTSTART:{at:%Y%m%dT%H%M%SZ}\r\nORGANIZER:{ALICE}\r\nATTENDEE:{BOB}\r\nEND:VEVENT\r\n"
        for at in (first + timedelta(hours=n) for n in range(MOST_PARTS))
    )
    assert refused(put(door, text[:end] + parts + text[end:]), "max-instances")
    assert texts(door, "bob") == []


def test_many_guests_most_of_whom_only_mail_would_reach(door: Door) -> None:
    strangers = [f"mailto:s{number}@example.net" for number in range(2_000)]
    assert put(door, meeting(*strangers, BOB)).status == 201
    text = organizers(door)
    assert text.count("SCHEDULE-STATUS=5.2") == len(strangers)
    assert "SCHEDULE-STATUS=1.2" in attendee(text, BOB)
    assert answer(door, "ACCEPTED").status == 204
    assert "PARTSTAT=ACCEPTED" in attendee(organizers(door), BOB)


def test_an_answer_of_one_guest_reaches_the_others_and_comes_to_rest(carol: Door) -> None:
    put(carol, meeting(BOB, CAROL))
    for user in ("alice", "bob", "carol"):
        clear(carol, user)
    assert answer(carol, "ACCEPTED").status == 204
    seq = carol.store.collection_at("carol", "work").seq
    assert "PARTSTAT=ACCEPTED" in attendee(texts(carol, "carol")[0], BOB)
    assert (methods(carol, "alice"), methods(carol, "bob"), methods(carol, "carol")) == (["REPLY"], [], [])
    assert carol.request("PUT", HERE, organizers(carol)).status == 204
    assert answer(carol, "ACCEPTED").status == 204
    assert carol.store.collection_at("carol", "work").seq == seq, "the same again is news to nobody"
    assert (methods(carol, "alice"), methods(carol, "bob"), members(carol, "carol", "inbox")) == (["REPLY"], [], [])


def test_nothing_is_put_into_books_or_mailboxes(door: Door) -> None:
    door.request("DELETE", GUESTS, user="bob")
    door.add_book("people", user="bob")
    put(door, meeting(BOB))
    assert "SCHEDULE-STATUS=5.1" in attendee(organizers(door), BOB)
    kinds = {each.kind for each in door.store.collections(user="bob")}
    assert kinds == {CollectionKind.CONTACTS}
    box = door.store.mailbox("bob", CollectionKind.OUTBOX)
    assert box is not None
    assert list(door.store.iter_entries(box.id)) == []
    assert Origin.SCHEDULING not in {each.origin for each in door.store.changes(0, limit=1000)}
