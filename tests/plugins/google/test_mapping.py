"""Google's events become iCalendar text, and whatever else comes is InvalidData."""

from collections.abc import Mapping
from importlib.resources import files
from itertools import permutations
from json import loads
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.google import attributes
from plugins.google.mapping import Calendar, entry, entry_id
from storage.errors import InvalidData
from storage.ical.canonical import canonical
from storage.ical.lines import unfold
from storage.ical.read import read
from storage.records import ComponentRecord
from tests.plugins.google.resources import CALENDAR, CANCELLED, FULL, MOVED, SHAPE, anything, events

START = {"start": {"dateTime": "2025-03-03T10:00:00+01:00", "timeZone": "Europe/Berlin"}}
EVENT = {"id": "abcde", "iCalUID": "u@example.com", **START, "end": START["start"]}


def text(*resources: Mapping[str, Any], calendar: Calendar = CALENDAR) -> str:
    """The text of what takes place."""
    found = entry(resources, calendar)
    assert found is not None
    return found


def record(event: Mapping[str, Any], calendar: Calendar = CALENDAR) -> ComponentRecord:
    """What the mirror knows of one event."""
    return read(text({**EVENT, **event}, calendar=calendar)).components[0]


def lines(event: Mapping[str, Any]) -> list[str]:
    """The lines of one event, unfolded."""
    return unfold(text({**EVENT, **event}).replace("\r\n ", "")).split("\r\n")


def test_the_shape_that_is_tested_is_that_of_the_discovery_document() -> None:
    document = loads((files("googleapiclient") / "discovery_cache/documents/calendar.v3.json").read_bytes())
    schemas = document["schemas"]
    assert SHAPE.keys() == schemas["Event"]["properties"].keys()
    assert SHAPE["attendees"][0].keys() == schemas["EventAttendee"]["properties"].keys()
    assert SHAPE["conferenceData"].keys() == schemas["ConferenceData"]["properties"].keys()
    assert SHAPE["conferenceData"]["entryPoints"][0].keys() == schemas["EntryPoint"]["properties"].keys()
    assert SHAPE.keys() > attributes.WRITABLE


def test_everything_that_an_event_says_is_in_its_record() -> None:
    master = read(text(FULL)).components[0]
    assert (master.summary, master.location) == ("Planning, weekly", "Room 1; ground floor")
    assert (master.description, master.html) == ("Bring\nnumbers", "Bring<br><b>numbers</b>")
    assert (master.start_local, master.start_zone) == ("2025-03-03T10:00:00", "Europe/Berlin")
    assert (master.end_local, master.end_zone) == ("2025-03-03T05:00:00", "America/New_York")
    assert (master.status, master.classification, master.sequence) == ("CONFIRMED", "", 2)
    assert master.creator == {"email": "ben@example.com", "name": "Ben"}
    assert master.organizer is not None
    assert master.organizer["email"] == "anna@example.com"
    assert [(each["email"], each["partstat"], each["role"], each["cutype"]) for each in master.attendees] == [
        ("anna@example.com", "ACCEPTED", "REQ-PARTICIPANT", ""),
        ("ben@example.com", "TENTATIVE", "OPT-PARTICIPANT", ""),
        ("room@resource.calendar.google.com", "NEEDS-ACTION", "REQ-PARTICIPANT", "RESOURCE"),
        ("", "DECLINED", "REQ-PARTICIPANT", ""),
    ]
    assert [(each["key"], each["value"], each["private"]) for each in master.custom] == [
        ("color", "green", True),
        ("color", "blue", False),
    ]
    assert [(each["name"], each["mime"], each["uri"]) for each in master.attachments] == [
        ("Plan", "text/plain", "https://drive.example.com/f")
    ]
    assert master.default_reminders is False
    assert [(each["action"], each["offset"], each["to"]) for each in master.alarms] == [
        ("EMAIL", -3600, ["anna@example.com"])
    ]
    assert master.meeting is not None
    assert [each["type"] for each in master.meeting["entry_points"]] == ["video", "phone"]
    assert master.meeting["provider"] == "hangoutsMeet"
    assert master.raw is not None
    kept = {"id", "htmlLink", "hangoutLink", "conferenceData", "colorId", "source", "guestsCanModify", "recurrence"}
    assert {name: master.raw[name] for name in master.raw} == {name: FULL[name] for name in kept}


def test_a_series_has_its_exceptions_and_no_cancelled_instance_whatever_came_first() -> None:
    found = {text(*order) for order in permutations((FULL, MOVED, CANCELLED))}
    assert len(found) == 1
    content = read(found.pop())
    master, moved = content.components
    assert master.recurrence[0] == "RRULE:FREQ=WEEKLY;COUNT=8"
    assert master.excluded == ("20250310T090000Z", "20250324T090000Z")
    assert (moved.recurrence_id, moved.start_local) == ("20250317T090000Z", "2025-03-17T14:00:00")


def test_an_exception_stands_without_its_master_and_takes_its_place_when_that_comes() -> None:
    alone = read(text(MOVED, CANCELLED)).components
    assert [each.recurrence_id for each in alone] == ["20250317T090000Z"]
    assert entry([CANCELLED], CALENDAR) is None


def test_what_is_cancelled_is_no_entry() -> None:
    assert entry([{"id": "abcde", "status": "cancelled"}], CALENDAR) is None
    assert entry([{**FULL, "status": "cancelled"}, MOVED], CALENDAR) is None


def test_of_what_comes_twice_the_last_counts() -> None:
    assert read(text(FULL, {**FULL, "summary": "New"})).components[0].summary == "New"


def test_resources_of_two_entries_are_no_entry() -> None:
    with pytest.raises(InvalidData):
        entry([FULL, {**FULL, "id": "other"}], CALENDAR)
    assert (entry_id(FULL), entry_id(MOVED)) == ("abcde12345", "abcde12345")


@pytest.mark.parametrize(
    ("start", "line"),
    [
        ({"date": "2025-03-03"}, "DTSTART;VALUE=DATE:20250303"),
        ({"dateTime": "2025-03-03T10:00:00Z", "timeZone": "Asia/Kolkata"}, "DTSTART;TZID=Asia/Kolkata:20250303T153000"),
        ({"dateTime": "2025-03-03T10:00:00Z"}, "DTSTART;TZID=Europe/Berlin:20250303T110000"),
        ({"dateTime": "2025-03-03T10:00:00"}, "DTSTART;TZID=Europe/Berlin:20250303T100000"),
        ({"dateTime": "2025-03-03T10:00:00.5+01:00", "timeZone": "UTC"}, "DTSTART:20250303T090000Z"),
        (
            {"dateTime": "2025-03-03T10:00:00+01:00", "timeZone": "Moon/Sea"},
            "DTSTART;TZID=Europe/Berlin:20250303T100000",
        ),
        ({"dateTime": "2025-10-26T02:30:00+01:00", "timeZone": "Europe/Berlin"}, "DTSTART:20251026T013000Z"),
        (
            {"dateTime": "2025-10-26T02:30:00+02:00", "timeZone": "Europe/Berlin"},
            "DTSTART;TZID=Europe/Berlin:20251026T023000",
        ),
    ],
)
def test_times_are_told_by_the_clock_of_the_event(start: dict[str, str], line: str) -> None:
    assert line in lines({"start": start})


def test_an_event_of_a_calendar_without_zone_is_told_in_utc() -> None:
    start = {"dateTime": "2025-03-03T10:00:00+01:00"}
    assert record({"start": start}, Calendar()).start_zone == "UTC"


def test_one_who_plans_for_himself_organizes_nothing() -> None:
    own = {"email": "anna@example.com", "self": True}
    assert record({"organizer": own}).organizer is None
    assert record({"organizer": own, "attendees": [{"email": "b@example.com"}]}).organizer is not None
    other = record({"organizer": {"email": "b@example.com"}}).organizer
    assert other is not None
    assert other["email"] == "b@example.com"


def test_the_calendars_reminders_stand_among_the_alarms() -> None:
    found = record({"reminders": {"useDefault": True}})
    assert (found.default_reminders, [each["offset"] for each in found.alarms]) == (True, [-600])
    none = record({"reminders": {"useDefault": False}})
    assert (none.default_reminders, none.alarms) == (False, ())
    assert record({}).default_reminders is None


@pytest.mark.parametrize(
    ("description", "shown", "html"),
    [
        ("plain\ntext", "plain\ntext", ""),
        ("a < b & c > d", "a < b & c > d", ""),
        ("a<br>b &amp; c", "a\nb & c", "a<br>b &amp; c"),
        ("<ul><li>a</li></ul>", "a", "<ul><li>a</li></ul>"),
        ("<img src='x'>", "", "<img src='x'>"),
    ],
)
def test_a_description_is_html_where_it_has_tags(description: str, shown: str, html: str) -> None:
    found = record({"description": description})
    assert (found.description, found.html) == (shown, html)


def test_a_meeting_that_is_being_made_is_wanted_yet() -> None:
    asked = {"requestId": "1", "conferenceSolutionKey": {"type": "hangoutsMeet"}, "status": {"statusCode": "pending"}}
    found = record({"conferenceData": {"createRequest": asked}}).meeting
    assert found is not None
    assert (found["provider"], found["entry_points"]) == ("hangoutsMeet", ())


def test_an_old_hangout_is_a_meeting() -> None:
    found = record({"hangoutLink": "https://meet.google.com/x"}).meeting
    assert found is not None
    assert found["entry_points"][0]["uri"] == "https://meet.google.com/x"


@pytest.mark.parametrize(
    "broken",
    [
        {"id": ""},
        {"start": None},
        {"start": {"dateTime": "soon"}},
        {"start": {"date": "2025-02-30"}},
        {"start": {"dateTime": "9999-12-31T23:00:00-05:00"}},
        {"recurrence": ["DTSTART:20250101"]},
        {"recurrence": ["RRULE:FREQ=DAILY\r\nATTENDEE:x"]},
        {"recurringEventId": "series"},
        {"attendees": ["b@example.com"]},
        {"attendees": [{"email": "a\r\nB:c"}]},
        {"reminders": {"overrides": [{"method": "popup"}]}},
        {"summary": 7},
        {"summary": "\x00"},
        {"summary": "\udc80"},
    ],
)
def test_what_google_never_sends_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        entry([{**EVENT, **broken}], CALENDAR)


@settings(max_examples=150)
@given(st.lists(anything(), min_size=1, max_size=3))
def test_any_json_is_a_readable_text_or_invalid_data(resources: list[dict[str, Any]]) -> None:
    try:
        found = entry(resources, CALENDAR)
    except InvalidData:
        return
    if found is not None:
        read(found)


@settings(max_examples=30)
@given(events())
def test_what_google_sends_is_read(event: dict[str, Any]) -> None:
    found = text(event)
    read(found)
    assert canonical(found) == canonical(text({**event, "etag": '"2"', "updated": "2025-03-03T10:00:00.000Z"}))
