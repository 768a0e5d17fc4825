"""Reminders are taken out of a text and put into it; everything else keeps its bytes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.content import same
from storage.errors import InvalidData
from storage.ical.read import decode, read
from storage.ical.reminders import reminders, with_reminders
from tests.storage.texts import event

ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
LATE = ALARM.replace("-PT10M", "-PT1M")
NOTED = "X-MOZ-LASTACK:20261121T090000Z\r\n"
MOVED = "20261122T090000Z"
ICS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))


def series(master: str = "", override: str = "", *, moved: bool = True) -> str:
    """A daily series and its second day, which stands alone, each with further lines at its end."""
    text = event(more=f"RRULE:FREQ=DAILY;COUNT=5\r\n{master}")
    one = event(more=f"RECURRENCE-ID:{MOVED}\r\n{override}").partition("BEGIN:VEVENT")
    return text.replace("END:VCALENDAR\r\n", f"{one[1]}{one[2]}") if moved else text


def test_what_has_none_is_not_touched() -> None:
    text = event(more="DESCRIPTION:my valarm\r\n")
    assert with_reminders(text, {}) == text
    assert with_reminders(text, {"": ""}) == text
    assert reminders(text) == {"": ""}


def test_each_instance_has_its_own() -> None:
    text = series(NOTED + ALARM, LATE)
    assert reminders(text) == {"": NOTED + ALARM, MOVED: LATE}
    assert with_reminders(text, {}) == series()
    assert with_reminders(series(), reminders(text)) == text


def test_an_instance_that_somebody_else_added_has_those_of_the_series() -> None:
    mine = reminders(series(ALARM, moved=False))
    assert with_reminders(series(), mine) == series(ALARM, ALARM)
    assert with_reminders(series(), {"": ALARM, MOVED: ""}) == series(ALARM), "one that is known to have none has none"
    assert with_reminders(event(), {"": ALARM, MOVED: LATE}) == event(more=ALARM), "nor does one that is gone come back"


def test_line_ends_are_those_of_the_text() -> None:
    unix = event().replace("\r\n", "\n")
    assert with_reminders(unix, {"": ALARM}) == event(more=ALARM).replace("\r\n", "\n")


def test_a_text_that_cannot_be_read_stays() -> None:
    text = "BEGIN:VCALENDAR\r\nBEGIN:VALARM\r\n"
    assert (reminders(text), with_reminders(text, {})) == ({}, text)


@pytest.mark.parametrize("file", ICS, ids=lambda file: file.stem)
def test_out_and_in_again_is_the_same_calendar(file: Path) -> None:
    text = decode(file.read_bytes())
    try:
        said = read(text)
    except InvalidData:
        pytest.skip("no calendar at all")
    bare = with_reminders(text, {})
    assert not any(reminders(bare).values())
    if any(each.alarms for each in said.components):
        assert len(bare) < len(text)
    if len(reminders(text)) == len(said.components):
        assert same(with_reminders(bare, reminders(text)), text)


_SOME = st.lists(st.sampled_from([ALARM, LATE]), max_size=2).map("".join)


@given(_SOME, _SOME, _SOME, _SOME)
def test_whose_they_are_is_all_that_changes(one: str, two: str, other: str, another: str) -> None:
    mine, theirs = series(one, two), series(other, another)
    assert with_reminders(mine, reminders(theirs)) == theirs
