"""The `icalendar` library as an independent reader: where it understands a file of the corpus, we read the same."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar, vRecur

from storage.errors import InvalidData
from storage.ical.read import decode, read
from storage.records import ComponentRecord

_KINDS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
_NOT_UNDERSTOOD = {"056-broken-timezone", "076-nonsense-in-optional-properties", "086-blank-lines-and-junk"}
_OTHER_ENDS = {
    "035-todo-due-date-start-time": "it keeps a due date of the other kind",
    "061-thunderbird-faked-master": "it keeps an end before the start",
    "065-mixed-end-kind": "it keeps an end of the other kind",
    "066-all-day-start-timed-end": "it keeps an end of the other kind",
    "067-end-equals-start-all-day": "it keeps a day without length",
    "068-end-before-start": "it keeps an end before the start",
    "070-end-without-zone": "it keeps an end that floats",
}
_OTHER_ATTENDEES = {"092-quotes-in-odd-places": "it drops lines with unbalanced quotes"}


def _epoch(value: date) -> float:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    return value.timestamp() if value.tzinfo else value.replace(tzinfo=UTC).timestamp()


def _first(component: Any, name: str) -> Any:
    value = component.get(name)
    return value[0] if isinstance(value, list) else value


def _text(component: Any, name: str) -> str:
    value = _first(component, name)
    return "" if value is None else str(value)


def _compare(theirs: Any, ours: ComponentRecord, uid: str, stem: str) -> None:
    broken = {name for name, _ in theirs.errors}
    assert _text(theirs, "UID") in (uid, "")
    assert _text(theirs, "SUMMARY").replace('\\"', '"') == ours.summary
    assert _text(theirs, "DESCRIPTION") == ours.description or stem.startswith("036")
    assert _text(theirs, "LOCATION") == ours.location
    assert _text(theirs, "STATUS").strip().upper() == ours.status
    start = _first(theirs, "DTSTART")
    if start is not None and "DTSTART" not in broken:
        assert _epoch(start.dt) == ours.start
    end = _first(theirs, "DUE" if ours.name == "VTODO" else "DTEND")
    if end is not None and not broken & {"DTEND", "DUE"} and stem not in _OTHER_ENDS:
        assert _epoch(end.dt) == ours.end
    rule = _first(theirs, "RRULE")
    assert (dict(rule) if rule and "FREQ" in rule else {}) == (dict(vRecur.from_ical(ours.rrule)) if ours.rrule else {})
    if stem not in _OTHER_ATTENDEES:
        _compare_attendees(theirs, ours)


def _compare_attendees(theirs: Any, ours: ComponentRecord) -> None:
    value = theirs.get("ATTENDEE") or []
    people = value if isinstance(value, list) else [value]
    assert [
        (str(each), str(each.params.get("CN", "")), str(each.params.get("PARTSTAT", "")).upper())
        for each in people
        if str(each)
    ] == [(each["uri"], each["name"], each["partstat"]) for each in ours.attendees]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_icalendar_reads_the_same(corpus_file: Path) -> None:
    text = decode(corpus_file.read_bytes()).removeprefix("\ufeff")
    if corpus_file.stem in _NOT_UNDERSTOOD:
        with pytest.raises(ValueError, match=r"Expected|Content line"):
            Calendar.from_ical(text)
        return
    theirs = [each for each in Calendar.from_ical(text).subcomponents if each.name in _KINDS]
    try:
        content = read(text)
    except InvalidData:
        assert not theirs
        return
    assert [each.name for each in theirs] == [each.name for each in content.components]
    for foreign, record in zip(theirs, content.components, strict=True):
        _compare(foreign, record, content.uid, corpus_file.stem)
