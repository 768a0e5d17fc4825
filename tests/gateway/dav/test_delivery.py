"""Invitations and answers between the users of one mirror, over HTTP (RFC 6638 §3)."""

import pytest

from storage.model import CollectionKind, Origin
from tests.gateway.dav.door import CALDAV, DAV, Door, Got, event

ALICE, BOB, CAROL = (f"mailto:{name}@example.org" for name in ("alice", "bob", "carol"))
HERE = "/dav/alice/work/m.ics"


def meeting(*guests: str, more: str = "", start: str = "20260310T100000Z", agent: str = "") -> str:
    lines = [f"ORGANIZER:{ALICE}", f"ATTENDEE;PARTSTAT=ACCEPTED:{ALICE}", "SUMMARY:Plan"]
    lines += [f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE{agent}:{guest}" for guest in guests]
    return event("m", "\n".join([*lines, *filter(None, [more])]), f"DTSTART:{start}", "DURATION:PT1H")


def put(door: Door, text: str, headers: dict[str, str] | None = None) -> Got:
    return door.request("PUT", HERE, text, headers)


def members(door: Door, user: str, slug: str) -> list[str]:
    home = f"/dav/{user}/{slug}/"
    got = door.request("PROPFIND", home, "", {"Depth": "1"}, user=user)
    return sorted(set(got.replies) - {home})


def copy_of(door: Door, user: str = "bob") -> tuple[str, str]:
    """The only entry of the user's calendar: its path and its text, unfolded."""
    [path] = members(door, user, "work")
    return path, door.request("GET", path, user=user).text.replace("\r\n ", "")


def inbox(door: Door, user: str) -> list[str]:
    return [door.request("GET", path, user=user).text.replace("\r\n ", "") for path in members(door, user, "inbox")]


def methods(door: Door, user: str) -> list[str]:
    return sorted(text.partition("METHOD:")[2].split("\r\n")[0] for text in inbox(door, user))


def clear(door: Door, user: str) -> None:
    for path in members(door, user, "inbox"):
        assert door.request("DELETE", path, user=user).status == 204


def answer(door: Door, word: str, user: str = "bob", headers: dict[str, str] | None = None) -> Got:
    path, text = copy_of(door, user)
    lines = text.split("\r\n")
    lines = [
        f"ATTENDEE;PARTSTAT={word}:mailto:{user}@example.org" if each.endswith(f":mailto:{user}@example.org") else each
        for each in lines
    ]
    return door.request("PUT", path, "\r\n".join(lines), headers, user=user)


def organizers(door: Door) -> str:
    return door.request("GET", HERE).text.replace("\r\n ", "")


def attendee(text: str, who: str) -> str:
    return next(line for line in text.split("\r\n") if line.startswith("ATTENDEE") and line.endswith(f":{who}"))


def test_an_invitation_arrives_in_calendar_and_inbox(door: Door) -> None:
    got = put(door, meeting(BOB, more="BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:x\nTRIGGER:-PT5M\nEND:VALARM"))
    assert got.status == 201
    assert "etag" not in got.headers, "the text was changed"
    _path, text = copy_of(door)
    assert "SUMMARY:Plan" in text
    assert "VALARM" not in text
    assert "SCHEDULE-STATUS" not in text
    assert methods(door, "bob") == ["REQUEST"]
    assert "SCHEDULE-STATUS=1.2" in attendee(organizers(door), BOB)
    assert methods(door, "alice") == []


def test_the_same_bytes_again_tell_nobody(door: Door) -> None:
    put(door, meeting(BOB))
    clear(door, "bob")
    head = door.store.head()
    assert put(door, meeting(BOB)).status == 204
    assert methods(door, "bob") == []
    assert door.store.head() == head


def test_an_answer_arrives_at_the_organizer_and_at_the_other_guests(door: Door) -> None:
    door.store.save_user("carol", None)
    account = door.store.accounts("bob")[0]
    carol = door.store.save_account(
        type(account)(0, "home-carol", "carol", "local", email="carol@example.org", mirrored=False)
    )
    assert carol.user == "carol"
    put(door, meeting(BOB))
    clear(door, "bob")
    tag = door.request("GET", HERE).headers["schedule-tag"]
    assert answer(door, "ACCEPTED").status == 204
    mine = attendee(organizers(door), BOB)
    assert "PARTSTAT=ACCEPTED" in mine
    assert "SCHEDULE-STATUS=2.0" in mine
    assert methods(door, "alice") == ["REPLY"]
    assert "SCHEDULE-STATUS=1.2" in next(x for x in copy_of(door)[1].split("\r\n") if x.startswith("ORGANIZER"))
    assert methods(door, "bob") == []
    assert door.request("GET", HERE).headers["schedule-tag"] == tag, "an answer does not change the tag"


def test_a_change_keeps_what_is_the_guests_own_and_asks_again_when_the_time_moves(door: Door) -> None:
    put(door, meeting(BOB))
    answer(door, "ACCEPTED")
    path, text = copy_of(door)
    own = "TRANSP:TRANSPARENT\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:y\r\nTRIGGER:-PT9M\r\nEND:VALARM\r\n"
    assert door.request("PUT", path, text.replace("END:VEVENT", own + "END:VEVENT"), user="bob").status == 204
    clear(door, "bob")
    put(door, meeting(BOB, more="LOCATION:Room 1"))
    text = copy_of(door)[1]
    assert "LOCATION:Room 1" in text
    assert "TRIGGER:-PT9M" in text
    assert "TRANSP:TRANSPARENT" in text
    assert "PARTSTAT=ACCEPTED" in attendee(text, BOB)
    assert "PARTSTAT=ACCEPTED" in attendee(organizers(door), BOB), "nobody else answers for a guest"
    put(door, meeting(BOB, more="LOCATION:Room 1", start="20260310T150000Z"))
    assert "PARTSTAT=NEEDS-ACTION" in attendee(copy_of(door)[1], BOB)
    assert "PARTSTAT=NEEDS-ACTION" in attendee(organizers(door), BOB)
    assert methods(door, "bob") == ["REQUEST", "REQUEST"]


def test_who_is_no_longer_invited_hears_of_it(door: Door) -> None:
    put(door, meeting(BOB))
    clear(door, "bob")
    put(door, meeting())
    assert "STATUS:CANCELLED" in copy_of(door)[1]
    assert methods(door, "bob") == ["CANCEL"]


def test_a_deleted_meeting_is_called_off(door: Door) -> None:
    put(door, meeting(BOB))
    clear(door, "bob")
    assert door.request("DELETE", HERE).status == 204
    assert "STATUS:CANCELLED" in copy_of(door)[1]
    assert methods(door, "bob") == ["CANCEL"]
    assert door.request("DELETE", copy_of(door)[0], user="bob").status == 204
    assert methods(door, "alice") == []


@pytest.mark.parametrize(("headers", "told"), [({}, ["REPLY"]), ({"Schedule-Reply": "F"}, [])])
def test_who_deletes_an_invitation_declines_it(door: Door, headers: dict[str, str], told: list[str]) -> None:
    put(door, meeting(BOB))
    assert door.request("DELETE", copy_of(door)[0], headers=headers, user="bob").status == 204
    assert methods(door, "alice") == told
    assert ("PARTSTAT=DECLINED" in attendee(organizers(door), BOB)) is bool(told)


@pytest.mark.parametrize("agent", ["CLIENT", "NONE", "X-MINE"])
def test_whoever_is_somebody_elses_to_tell_hears_nothing(door: Door, agent: str) -> None:
    text = meeting(BOB, agent=f";SCHEDULE-AGENT={agent}")
    got = put(door, text)
    assert got.status == 201
    assert "etag" in got.headers
    assert organizers(door) == text.replace("\r\n ", "")
    assert members(door, "bob", "work") == []
    assert methods(door, "bob") == []


def test_an_address_that_only_mail_would_reach(door: Door) -> None:
    put(door, meeting("mailto:far@example.net"))
    assert "SCHEDULE-STATUS=5.2" in attendee(organizers(door), "mailto:far@example.net")


def test_one_instance_is_answered_alone(door: Door) -> None:
    put(door, meeting(BOB, more="RRULE:FREQ=DAILY;COUNT=5"))
    path, text = copy_of(door)
    start, end = text.index("BEGIN:VEVENT"), text.index("END:VCALENDAR")
    one = text[start:end].replace("RRULE:FREQ=DAILY;COUNT=5\r\n", "").replace("20260310T100000Z", "20260312T100000Z")
    one = one.replace("SUMMARY", "RECURRENCE-ID:20260312T100000Z\r\nSUMMARY")
    one = one.replace(attendee(one, BOB), f"ATTENDEE;PARTSTAT=DECLINED:{BOB}")
    assert door.request("PUT", path, text[:end] + one + text[end:], user="bob").status == 204
    after = organizers(door)
    assert after.count("BEGIN:VEVENT") == 2
    instance = after[after.rindex("BEGIN:VEVENT") :]
    assert "RECURRENCE-ID:20260312T100000Z" in instance
    assert "DTSTART:20260312T100000Z" in instance
    assert "RRULE" not in instance
    assert "PARTSTAT=DECLINED" in attendee(instance, BOB)
    assert "PARTSTAT=NEEDS-ACTION" in attendee(after, BOB)


def test_a_guest_of_one_instance_gets_that_one_alone(door: Door) -> None:
    series = meeting(more="RRULE:FREQ=DAILY;COUNT=5")
    end = series.index("END:VCALENDAR")
    one = meeting(BOB, more="RECURRENCE-ID:20260312T100000Z", start="20260312T100000Z")
    one = one[one.index("BEGIN:VEVENT") : one.index("END:VCALENDAR")]
    put(door, series[:end] + one + series[end:])
    text = copy_of(door)[1]
    assert text.count("BEGIN:VEVENT") == 1
    assert "RECURRENCE-ID:20260312T100000Z" in text


def test_what_a_guest_must_not_change(door: Door) -> None:
    put(door, meeting(BOB))
    path, text = copy_of(door)
    for old, new in (
        ("SUMMARY:Plan", "SUMMARY:Mine"),
        ("20260310T100000Z", "20260310T110000Z"),
        (f":{ALICE}\r\nS", ":x\r\nS"),
    ):
        got = door.request("PUT", path, text.replace(old, new), user="bob")
        assert (got.status, got.conditions) == (403, {f"{CALDAV}allowed-attendee-scheduling-object-change"}), old
    assert copy_of(door)[1] == text


def test_what_no_meeting_can_be(door: Door) -> None:
    put(door, meeting(BOB))
    other = door.request("PUT", HERE, meeting(BOB).replace(f"ORGANIZER:{ALICE}", f"ORGANIZER:{BOB}"))
    assert other.conditions == {f"{CALDAV}allowed-organizer-scheduling-object-change"}
    door.add_calendar("second")
    twice = door.request("PUT", "/dav/alice/second/m.ics", meeting(BOB))
    assert twice.conditions == {f"{CALDAV}unique-scheduling-object-resource"}
    two = meeting(BOB, more="RRULE:FREQ=DAILY;COUNT=5")
    part = two[two.index("BEGIN:VEVENT") : two.index("END:VCALENDAR")].replace("RRULE:FREQ=DAILY;COUNT=5\r\n", "")
    part = part.replace("SUMMARY", "RECURRENCE-ID:20260311T100000Z\r\nSUMMARY").replace("ORGANIZER:", "ORGANIZER:x")
    both = two.replace("END:VCALENDAR", part + "END:VCALENDAR")
    assert put(door, both).conditions == {f"{CALDAV}same-organizer-in-all-components"}


def test_the_schedule_tag_as_header_property_and_condition(door: Door) -> None:
    assert "schedule-tag" not in put(door, event("m")).headers
    assert put(door, meeting(BOB), {"If-Schedule-Tag-Match": '"None"'}).status == 412
    tag = put(door, meeting(BOB)).headers["schedule-tag"]
    found = door.propfind(HERE, "<C:schedule-tag/><getetag/>").replies[HERE]
    assert found.text(f"{CALDAV}schedule-tag") == tag
    answer(door, "ACCEPTED")
    assert door.propfind(HERE, "<getetag/>").replies[HERE].text(f"{DAV}getetag") != found.text(f"{DAV}getetag")
    done = put(door, meeting(BOB, more="LOCATION:x"), {"If-Schedule-Tag-Match": tag})
    assert done.status == 204
    assert done.headers["schedule-tag"] != tag
    assert put(door, meeting(BOB), {"If-Schedule-Tag-Match": tag}).status == 412
    assert door.request("DELETE", HERE, headers={"If-Schedule-Tag-Match": tag}).status == 412


def test_an_answer_that_counts_up_keeps_the_tag(door: Door) -> None:
    """As python-caldav writes an answer: with the next SEQUENCE."""
    put(door, meeting(BOB))
    path, text = copy_of(door)
    tag = door.request("GET", path, user="bob").headers["schedule-tag"]
    text = text.replace("SUMMARY", "SEQUENCE:1\r\nSUMMARY").replace(
        attendee(text, BOB), f"ATTENDEE;PARTSTAT=ACCEPTED:{BOB}"
    )
    assert door.request("PUT", path, text, user="bob").headers["schedule-tag"] == tag


def test_where_scheduling_is_offered(door: Door) -> None:
    account = type(door.store.accounts("alice")[0])(0, "far", "alice", "caldav", settings={"url": "https://x.example/"})
    far = door.store.save_account(account)
    door.store.create_collection(
        far.id, "far", name="Far", kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.CLI
    )
    for path, offered in (("", True), ("work/", True), ("work/m.ics", True), ("far/", False), ("nothing/", False)):
        header = door.request("OPTIONS", f"/dav/alice/{path}").headers["dav"]
        assert ("calendar-auto-schedule" in header) is offered, path


def test_a_message_can_be_asked_for_again(door: Door) -> None:
    put(door, meeting(BOB))
    clear(door, "bob")
    put(door, meeting(BOB, agent=";SCHEDULE-FORCE-SEND=REQUEST"))
    assert methods(door, "bob") == ["REQUEST"]
    assert "FORCE-SEND" not in organizers(door)
