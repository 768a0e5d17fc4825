"""What differs between versions of an entry, as people are shown it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ical.differences import Difference, differences
from storage.ical.read import decode
from tests.storage.vcard.cards import card

ICS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))


def text(*lines: str, override: tuple[str, ...] = ()) -> str:
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:x", *lines, "END:VEVENT"]
    if override:
        parts += ["BEGIN:VEVENT", "UID:x", *override, "END:VEVENT"]
    return "\r\n".join([*parts, "END:VCALENDAR", ""])


def test_one_property_edited_on_both_sides() -> None:
    found = differences(
        text("SUMMARY:a", "LOCATION:l"), text("SUMMARY:b", "LOCATION:l"), text("SUMMARY:c", "LOCATION:l")
    )
    assert found == [Difference("master", "SUMMARY", "a", "b", "c")]


def test_a_property_that_one_side_lacks_is_none() -> None:
    assert differences(None, text("SUMMARY:a"), text()) == [Difference("master", "SUMMARY", None, "a", None)]


def test_parameters_and_several_lines_belong_to_the_property() -> None:
    ours = text("DTSTART;TZID=Europe/Berlin:20260101T100000", "EXDATE:2", "EXDATE:1")
    theirs = text("DTSTART:20260101T090000Z", "EXDATE:1")
    assert differences(theirs, ours, theirs) == [
        Difference(
            "master",
            "DTSTART",
            "20260101T090000Z",
            "TZID=Europe/Berlin:20260101T100000",
            "20260101T090000Z",
        ),
        Difference("master", "EXDATE", "1", "1\n2", "1"),
    ]


def test_overrides_stand_after_the_master_under_their_recurrence_id() -> None:
    override = ("RECURRENCE-ID:20260101T100000Z", "SUMMARY:moved")
    ours = text("SUMMARY:b", override=override)
    theirs = text("SUMMARY:a", override=(override[0], "SUMMARY:other"))
    assert [(one.component, one.name) for one in differences(None, ours, theirs)] == [
        ("master", "SUMMARY"),
        ("20260101T100000Z", "SUMMARY"),
    ]


def test_order_folding_and_stamps_are_no_difference() -> None:
    ours = text("DTSTAMP:20260101T000000Z", "SUMMARY:one", "X-LONG:1234567890")
    theirs = text("X-LONG:12345\r\n 67890", "SUMMARY:one", "LAST-MODIFIED:20260102T000000Z")
    assert differences(None, ours, theirs) == []


def test_alarms_are_compared_as_a_whole() -> None:
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "END:VALARM")
    assert [one.name for one in differences(None, text(*alarm), text())] == ["VALARM"]
    assert differences(None, text(*alarm), text(alarm[0], alarm[2], alarm[1], alarm[3])) == []


def test_a_deleted_side_differs_in_everything() -> None:
    found = differences(text("SUMMARY:a"), None, text("SUMMARY:a"))
    assert [(one.name, one.ours, one.theirs) for one in found] == [("SUMMARY", None, "a"), ("UID", None, "x")]


def test_contacts_are_compared_line_by_line() -> None:
    ours = card("TITLE:ours", "TEL;TYPE=home:1", "REV:1")
    theirs = card("TEL;TYPE=home:1", "TITLE:theirs", "REV:2")
    (found,) = differences(card(), ours, theirs)
    assert (found.component, found.name, found.base, found.ours, found.theirs) == (
        "master",
        "TITLE",
        None,
        "ours",
        "theirs",
    )


@pytest.mark.parametrize("file", ICS, ids=lambda file: file.stem)
def test_no_text_differs_from_itself(file: Path) -> None:
    found = decode(file.read_bytes())
    assert differences(None, found, found) == []


@given(st.text(), st.text(), st.text())
def test_any_text_is_compared(base: str, ours: str, theirs: str) -> None:
    assert all(one.ours != one.theirs for one in differences(base, ours, theirs))
