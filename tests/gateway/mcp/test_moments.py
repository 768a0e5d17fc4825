"""Times as agents write and read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mcp.faults import Fault
from gateway.mcp.moments import hours, read_moment, read_span, written, written_day, zone_named

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.integers(0, 4_000_000_000)


@given(MOMENTS, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles"]))
def test_what_was_written_is_read_again(epoch: int, name: str) -> None:
    assert read_moment("start", written(epoch, zone_named(name)), UTC) == epoch


@given(st.integers(0, 40_000))
def test_days_are_read_again(day: int) -> None:
    assert read_moment("start", written_day(day * 86_400), UTC) == day * 86_400


@given(st.text(max_size=40))
def test_anything_else_is_a_fault_that_names_its_argument(text: str) -> None:
    try:
        said: int | str = read_moment("end", text, UTC)
    except Fault as fault:
        said = fault.message
    assert isinstance(said, int) or said.startswith("end: ")


@given(st.text(max_size=30))
def test_a_zone_is_one_or_a_fault(name: str) -> None:
    try:
        said = str(zone_named(name))
    except Fault as fault:
        said = fault.message
    assert said == name or said.startswith("time_zone: ")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/localtime", "", "Mars/Phobos", "a" * 300, "Europe", "\0"])
def test_no_zone(name: str) -> None:
    with pytest.raises(Fault):
        zone_named(name)


@given(MOMENTS, st.integers(1, 366 * 86_400))
def test_a_span_is_in_order_and_not_too_long(start: int, length: int) -> None:
    assert read_span(written(start, BERLIN), written(start + length, UTC), UTC) == (start, start + length)
    for end in (start, start - length, start + 366 * 86_400 + length):
        with pytest.raises(Fault):
            read_span(written(start, UTC), written(end, UTC), UTC)


@given(MOMENTS, st.integers(0, 12 * 86_400), st.booleans())
def test_hours_are_inside_the_span_and_the_day(start: int, length: int, weekends: bool) -> None:
    found = list(hours((start, start + length), BERLIN, "09:00", "17:00", weekends=weekends))
    assert found == sorted(found)
    for first, last in found:
        begun, ended = (datetime.fromtimestamp(each, BERLIN) for each in (first, last))
        assert start <= first < last <= start + length
        assert begun.date() == ended.date()
        assert "09:00" <= begun.strftime("%H:%M") < ended.strftime("%H:%M") <= "17:00"
        assert weekends or begun.weekday() < 5


def test_hours_follow_the_clock_where_it_is_changed() -> None:
    span = read_span("2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00", UTC)
    found = [written(first, BERLIN) for first, _ in hours(span, BERLIN, "08:00", "24:00", weekends=True)]
    assert found == ["2026-03-28T08:00:00+01:00", "2026-03-29T08:00:00+02:00", "2026-03-30T08:00:00+02:00"]
