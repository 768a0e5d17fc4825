"""The one organizer that all components of a meeting have (RFC 6638 §3.2.4.2), when a series becomes one."""

from storage.editing.change import Change, Guest
from storage.editing.entry import edited, edited_instance
from storage.ical.lines import parse
from storage.ical.write import calendar_of
from storage.scheduling import itip
from tests.storage.editing.test_edited import SERIES
from tests.storage.editing.texts import ALICE, said

INVITING = Change(attendees=(Guest("q@example.com"),))
ORGANIZER = ["ORGANIZER:mailto:alice@example.com"]


def test_people_of_a_series_with_exceptions() -> None:
    after = edited(SERIES, INVITING, ALICE)
    assert [said(after, "ORGANIZER", number) for number in (0, 1)] == [ORGANIZER] * 2
    assert (len(said(after, "ATTENDEE")), said(after, "ATTENDEE", 1)) == (1, [])
    assert edited(after, INVITING, ALICE) is after


def test_people_of_one_instance() -> None:
    after = edited_instance(SERIES, "20260126T090000Z", INVITING, ALICE)
    assert [said(after, "ORGANIZER", number) for number in (0, 1, 2)] == [ORGANIZER] * 3
    assert [len(said(after, "ATTENDEE", number)) for number in (0, 1, 2)] == [0, 0, 1]
    assert itip.organizer(calendar_of(parse(after))) == "mailto:alice@example.com"


def test_an_exception_without_people_leaves_the_series() -> None:
    after = edited_instance(SERIES, "20260126T090000Z", Change(name="New"), ALICE)
    assert after.startswith(SERIES.partition("BEGIN:VEVENT\r\nUID:s@example.org\r\nDTSTAMP:20260101T000000Z\r\nREC")[0])
    assert "ORGANIZER" not in after
