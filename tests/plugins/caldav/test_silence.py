"""Servers that schedule by themselves and know no header against it: marked guests, or no write at all."""

import pytest

from plugins.caldav.greeting import Greeting
from plugins.caldav.silence import marked, obeys
from storage.errors import Rejected
from storage.provider import Push, PushAction

ME, BOSS, GUEST = "mailto:up@example.org", "mailto:boss@example.org", "mailto:guest@example.org"
MINE = frozenset({ME})


def meeting(*lines: str, summary: str = "Meeting") -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:u", "DTSTART:20260301T100000Z", f"SUMMARY:{summary}",
         *lines, "END:VEVENT", "END:VCALENDAR", ""]
    )  # fmt: skip


HOSTED = meeting(f"ORGANIZER:{ME}", f"ATTENDEE;PARTSTAT=ACCEPTED:{ME}", f"ATTENDEE:{GUEST}")
MARKED = HOSTED.replace(f"ATTENDEE:{GUEST}", f"ATTENDEE;SCHEDULE-AGENT=CLIENT:{GUEST}")
INVITED = meeting(f"ORGANIZER:{BOSS}", f"ATTENDEE;PARTSTAT=NEEDS-ACTION:{ME}")


def create(text: str) -> Push:
    return Push(PushAction.CREATE, "u", text)


def update(base: str, text: str) -> Push:
    return Push(PushAction.UPDATE, "u", text, base=base, href="/u.ics", version="1")


def test_a_new_meeting_goes_up_with_its_guests_marked_as_ours_to_tell() -> None:
    assert marked(create(HOSTED), MINE).text == MARKED
    assert marked(create(MARKED), MINE).text == MARKED


def test_a_guest_who_was_marked_stays_marked() -> None:
    later = HOSTED.replace("Meeting", "Later")
    assert marked(update(MARKED, later), MINE).text == MARKED.replace("Meeting", "Later")


def test_what_the_server_told_others_of_is_not_touched() -> None:
    with pytest.raises(Rejected, match="guest@example"):
        marked(update(HOSTED, HOSTED.replace("Meeting", "Later")), MINE)
    with pytest.raises(Rejected, match="guest@example"):
        marked(Push(PushAction.DELETE, "u", base=HOSTED, href="/u.ics", version="1"), MINE)
    assert marked(Push(PushAction.DELETE, "u", base=MARKED, href="/u.ics", version="1"), MINE).text == ""


def test_a_guest_answers_nothing_in_silence() -> None:
    with pytest.raises(Rejected, match="boss@example"):
        marked(update(INVITED, INVITED.replace("NEEDS-ACTION", "ACCEPTED")), MINE)
    noted = INVITED.replace("SUMMARY", "X-NOTE:mine\r\nSUMMARY")
    assert marked(update(INVITED, noted), MINE).text == noted
    alone = marked(create(INVITED), MINE).text
    assert f"ORGANIZER;SCHEDULE-AGENT=CLIENT:{BOSS}" in alone
    answered = INVITED.replace("NEEDS-ACTION", "ACCEPTED")
    assert f"ORGANIZER;SCHEDULE-AGENT=CLIENT:{BOSS}" in marked(update(alone, answered), MINE).text
    leaving = Push(PushAction.DELETE, "u", base=INVITED, href="/u.ics", version="1")
    assert marked(leaving, MINE) == leaving


def test_what_is_no_meeting_stays_as_it_is() -> None:
    plain = create(meeting())
    assert marked(plain, MINE) is plain
    broken = create("ORGANIZER without a calendar")
    assert marked(broken, MINE) is broken


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({"server": "Cyrus-HTTP/3.6.1", "dav": "1, calendar-auto-schedule"}, True),
        ({"x-sabre-version": "4.6.0", "dav": "1, calendar-auto-schedule"}, True),
        ({"server": "Apache", "dav": "1, calendar-auto-schedule, nc-calendar-search"}, True),
        ({"server": "AppleHttpServer", "dav": "1, calendar-auto-schedule"}, False),
        ({}, False),
    ],
)
def test_servers_that_are_known_to_obey(headers: dict[str, str], known: bool) -> None:
    assert obeys(Greeting.of(headers)) is known
