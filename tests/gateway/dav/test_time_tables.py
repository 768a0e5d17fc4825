"""The tables of RFC 4791 §9.9, written down as the RFC prints them, against calendar-query for any dates at all.

Each filter is asked twice: alone, as the store's index answers it, and beside another test, for which the entry's text
is read.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.dav.door import Door, component

START = datetime(2026, 3, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOMENTS = st.integers(0, 8).map(lambda hours: START + hours * HOUR)
MAYBE = st.none() | MOMENTS
LENGTHS = st.none() | st.sampled_from([timedelta(), HOUR, 3 * HOUR])


def text(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def lines(**values: datetime | timedelta | None) -> str:
    named = ((name.upper(), value) for name, value in values.items() if value is not None)
    return "\n".join(
        f"{name}:PT{int(value.total_seconds())}S" if isinstance(value, timedelta) else f"{name}:{text(value)}"
        for name, value in named
    )


def event_overlaps(
    start: datetime, end: datetime, first: datetime, last: datetime | None, length: timedelta | None
) -> bool:
    if last is not None:
        return start < last and end > first
    if length:
        return start < first + length and end > first
    return start <= first and end > first


def task_overlaps(
    start: datetime,
    end: datetime,
    first: datetime | None,
    length: timedelta | None,
    due: datetime | None,
    completed: datetime | None,
    created: datetime | None,
) -> bool:
    if first is not None and length is not None:
        return start <= first + length and (end > first or end >= first + length)
    if first is not None and due is not None:
        return (start < due or start <= first) and (end > first or end >= due)
    if first is not None:
        return start <= first and end > first
    if due is not None:
        return start < due and end >= due
    if completed is not None and created is not None:
        return (start <= created or start <= completed) and (end >= created or end >= completed)
    if completed is not None:
        return start <= completed and end >= completed
    if created is not None:
        return end > created
    return True


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("tables"))
    yield door
    door.store.close()


def found(door: Door, name: str, body: str, start: datetime, end: datetime) -> set[bool]:
    """Whether the one entry of the calendar is found, each way."""
    assert door.put("a.ics", component(name, "a", body)).status in (201, 204)
    window = f'<C:time-range start="{text(start)}" end="{text(end)}"/>'
    other = '<C:prop-filter name="UID"/>'
    return {
        bool(door.query(f'<C:comp-filter name="{name}">{inner}</C:comp-filter>').replies)
        for inner in (window, window + other)
    }


SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(first=MOMENTS, last=st.integers(1, 5) | st.none(), length=LENGTHS, start=MOMENTS, span=st.integers(1, 6))
def test_events(
    calendar: Door, first: datetime, last: int | None, length: timedelta | None, start: datetime, span: int
) -> None:
    end = start + span * HOUR
    finish = None if last is None else first + last * HOUR
    length = None if finish is not None else length
    body = lines(dtstart=first, dtend=finish, duration=length)
    assert found(calendar, "VEVENT", body, start, end) == {event_overlaps(start, end, first, finish, length)}


@SETTINGS
@given(first=MAYBE, length=LENGTHS, due=MAYBE, completed=MAYBE, created=MAYBE, start=MOMENTS, span=st.integers(1, 6))
def test_tasks(
    calendar: Door,
    first: datetime | None,
    length: timedelta | None,
    due: datetime | None,
    completed: datetime | None,
    created: datetime | None,
    start: datetime,
    span: int,
) -> None:
    length = length if first is not None and due is None else None
    if first is not None and due is not None and due < first:
        due = first
    end = start + span * HOUR
    body = lines(dtstart=first, duration=length, due=due, completed=completed, created=created)
    expected = task_overlaps(start, end, first, length, due, completed, created)
    assert found(calendar, "VTODO", body, start, end) == {expected}, body


@SETTINGS
@given(first=MAYBE, whole=st.booleans(), start=MOMENTS, span=st.integers(1, 30))
def test_journals(calendar: Door, first: datetime | None, whole: bool, start: datetime, span: int) -> None:
    end = start + span * HOUR
    if whole and first is not None:
        body = f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
        expected = start < START + DAY and end > START
    else:
        body = lines(dtstart=first)
        expected = first is not None and start <= first < end
    assert found(calendar, "VJOURNAL", body, start, end) == {expected}
