"""What an upstream makes of a text by its table of capabilities, and what it is said to lose."""

import pytest

from storage.projection import lost, project
from storage.provider import EVERYTHING, Holds
from tests.storage.merge.texts import MEETING


def test_what_holds_everything_changes_nothing() -> None:
    assert project(MEETING, EVERYTHING) is MEETING
    assert lost(MEETING, EVERYTHING) == []
    assert project("no calendar: END:VEVENT\r\nEND:X", Holds(alarms=0)) == "no calendar: END:VEVENT\r\nEND:X"


@pytest.mark.parametrize(
    ("holds", "gone", "names"),
    [
        (Holds(drops=frozenset({"X-*"})), ["X-MINE", "X-TWO"], ["X-MINE", "X-TWO"]),
        (Holds(drops=frozenset({"RDATE"})), ["RDATE"], ["RDATE"]),
        (Holds(alarms=1), ["ACTION:AUDIO"], ["VALARM"]),
        (Holds(alarms=0), ["VALARM"], ["VALARM"]),
        (Holds(parameters=frozenset({"RSVP"})), ["RSVP"], [";RSVP"]),
        (Holds(rewords=frozenset({"DESCRIPTION"})), [], ["DESCRIPTION"]),
    ],
)
def test_what_is_lost_is_gone_and_said(holds: Holds, gone: list[str], names: list[str]) -> None:
    shown = project(MEETING, holds)
    assert not any(each in shown for each in gone)
    assert lost(MEETING, holds) == names
    assert project(shown, holds) == shown
    kept = [line for line in MEETING.split("\r\n") if not any(each in line for each in [*gone, "RSVP"])]
    if "VALARM" not in names:
        assert [line for line in shown.split("\r\n") if "RSVP" not in line and line in kept] == kept
