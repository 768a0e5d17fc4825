"""What an upstream makes of a text by its table of capabilities, and what it is said to lose."""

import pytest

from storage.ical.canonical import canonical
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
        (Holds(drops=frozenset({"X-*"}), keeps=frozenset({"X-T*"})), ["X-MINE"], ["X-MINE"]),
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


def test_components_and_further_values_are_lost_and_said() -> None:
    text = MEETING.replace("END:VEVENT", "BEGIN:VLOCATION\r\nUID:l\r\nEND:VLOCATION\r\nEND:VEVENT", 1)
    assert project(text, Holds(drops=frozenset({"VLOCATION"}))) == MEETING
    assert lost(text, Holds(drops=frozenset({"VLOCATION"}))) == ["VLOCATION"]
    one = text.replace("RSVP", 'MEMBER="mailto:a@x.org";RSVP', 1)
    two = text.replace("RSVP", 'MEMBER="mailto:a@x.org","mailto:b@x.org";RSVP', 1)
    holds = Holds(single=frozenset({"MEMBER"}))
    assert canonical(project(two, holds)) == canonical(one)
    assert (lost(one, holds), lost(two, holds)) == ([], [";MEMBER"])


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("geo:1,2", "geo:1"),
        ("a;b", r"a\;b"),
        ("a;b,c;d", r"a\;b"),
        (r"a\\,b", r"a\\"),
        (r"a\, b\; c", r"a\, b\; c"),
        (",", ""),
        ("plain", "plain"),
    ],
)
def test_what_is_split_ends_at_its_first_bare_comma(value: str, kept: str) -> None:
    holds = Holds(splits=frozenset({"X-*"}))
    text = MEETING.replace("END:VEVENT", f"X-PLACE;X-A=1:{value}\r\nEND:VEVENT", 1)
    assert project(text, holds) == text.replace(f"X-A=1:{value}", f"X-A=1:{kept}")
    assert ("X-PLACE" in lost(text, holds)) is (value != kept)
    assert project(project(text, holds), holds) == project(text, holds)
