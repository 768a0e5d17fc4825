"""Typed values: forms of RFC 5545 §3.3, what real calendars write instead, and moments in their zones."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidData
from storage.ical import values
from storage.ical.lines import Line, parse

WHOLE = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda each: each.replace(microsecond=0))


def line(text: str) -> Line:
    [found] = parse(text + "\r\n").children
    assert isinstance(found, Line)
    return found


def moment(text: str) -> values.Moment:
    return values.moment(line(text), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260305T100000", datetime(2026, 3, 5, 10)),
        ("20260305T100000Z", datetime(2026, 3, 5, 10, tzinfo=UTC)),
        ("20260305t100000z", datetime(2026, 3, 5, 10, tzinfo=UTC)),
        ("20260305T1000", datetime(2026, 3, 5, 10)),
        ("2026-03-05T10:00:00", datetime(2026, 3, 5, 10)),
        ("2026-03-05T10:00:00.123Z", datetime(2026, 3, 5, 10, tzinfo=UTC)),
        ("20260305T100000+0100", datetime(2026, 3, 5, 9, tzinfo=UTC)),
        ("20260305T100000-05:30", datetime(2026, 3, 5, 15, 30, tzinfo=UTC)),
        ("20260305T240000", datetime(2026, 3, 6)),
        ("20261231T240000Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("20260305T235960", datetime(2026, 3, 5, 23, 59, 59)),
        (" 20260305T100000 ", datetime(2026, 3, 5, 10)),
        ("20260305", datetime(2026, 3, 5)),
    ],
)
def test_date_times_are_read_as_written_by_many_hands(text: str, expected: datetime) -> None:
    found = values.parse_datetime(text)
    assert (found, found.tzinfo) == (expected, expected.tzinfo)


@pytest.mark.parametrize(
    "text", ["", "now", "20261305T100000", "20260305T250000", "20260305T240001", "2026W101T10000", "20260305T1000001",
             "99991231T240000", "٢٠٢٦0305T100000", "20260230", "20260305T100000+9999"],
)  # fmt: skip
def test_what_is_no_date_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidData, match="date"):
        values.parse_datetime(text)


@pytest.mark.parametrize("text", ["", "2026", "20260230", "00000101", "20260305garbage"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidData):
        values.parse_date(text)


@pytest.mark.parametrize(
    ("text", "days", "seconds"),
    [
        ("P1D", 1, 0),
        ("PT24H", 0, 86400),
        ("P2W", 14, 0),
        ("-PT15M", 0, -900),
        ("+P1DT2H3M4S", 1, 7384),
        ("P0D", 0, 0),
        ("pt1h", 0, 3600),
        ("-P1D", -1, 0),
        ("P15M", 0, 900),
    ],
)
def test_durations_keep_nominal_days_apart_from_exact_time(text: str, days: int, seconds: int) -> None:
    assert values.parse_nominal(text) == (days, seconds)
    assert values.parse_duration(text) == timedelta(days=days, seconds=seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "1D", "P1Y", "P-1D", "PT1.5H", f"P{'9' * 30}D", "P999999999999D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidData):
        values.parse_duration(text)


def test_periods_end_at_a_time_or_after_a_duration() -> None:
    start = datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert values.parse_period("20260305T100000Z/PT1H") == (start, timedelta(hours=1))
    assert values.parse_period("20260305T100000Z/20260305T110000Z") == (start, start + timedelta(hours=1))
    with pytest.raises(InvalidData):
        values.parse_period("20260305T100000Z")


@given(WHOLE, st.booleans())
def test_date_times_are_read_back(moment: datetime, utc: bool) -> None:
    moment = moment.replace(tzinfo=UTC) if utc else moment
    assert values.parse_datetime(values.format_datetime(moment)) == moment
    assert values.parse_date(values.format_date(moment.date())) == moment.date()


@given(st.integers(-(10**9), 10**9), WHOLE)
def test_durations_and_periods_are_read_back(seconds: int, start: datetime) -> None:
    length = timedelta(seconds=seconds)
    assert values.parse_duration(values.format_duration(length)) == length
    assert values.parse_period(values.format_period(start, length)) == (start, length)
    assert values.parse_period(values.format_period(start, start)) == (start, start)


def test_durations_are_written_short() -> None:
    written = [values.format_duration(timedelta(minutes=each)) for each in (0, 90, 1440, -15, 2885)]
    assert written == ["PT0S", "PT1H30M", "P1D", "-PT15M", "P2DT5M"]


@pytest.mark.parametrize(
    ("text", "zone", "key", "all_day", "floating"),
    [
        ("DTSTART:20260305T100000Z", "UTC", "20260305T100000Z", False, False),
        ("DTSTART:20260305T100000", "", "20260305T100000", False, True),
        ("DTSTART;VALUE=DATE:20260305", "", "20260305", True, True),
        ("DTSTART;value=date:20260305T000000", "", "20260305", True, True),
        ("DTSTART:20260305", "", "20260305", True, True),
        ("DTSTART;TZID=Europe/Berlin:20260305", "", "20260305", True, True),
        ("DTSTART;TZID=Europe/Berlin:20260305T100000", "Europe/Berlin", "20260305T090000Z", False, False),
        ("DTSTART;TZID=W. Europe Standard Time:20260305T100000", "Europe/Berlin", "20260305T090000Z", False, False),
        ("DTSTART;TZID=Europe/Berlin:20260305T100000Z", "UTC", "20260305T100000Z", False, False),
        ("DTSTART;TZID=Middle Earth/Shire:20260305T100000", "Middle Earth/Shire", "20260305T100000", False, True),
    ],
)
def test_a_moment_knows_its_zone_and_kind(text: str, zone: str, key: str, all_day: bool, floating: bool) -> None:
    found = moment(text)
    assert (found.zone_name, found.all_day, found.floating) == (zone, all_day, floating)
    assert values.recurrence_key(found) == key
    assert (found.zone is None) == floating


@pytest.mark.parametrize(
    ("local", "utc"),
    [("20260329T023000", "20260329T013000Z"), ("20261025T023000", "20261025T003000Z")],
)
def test_skipped_and_repeated_times_mean_what_rfc_5545_3_3_5_says(local: str, utc: str) -> None:
    assert values.recurrence_key(moment(f"DTSTART;TZID=Europe/Berlin:{local}")) == utc


def test_lists_hold_dates_times_and_periods() -> None:
    found = values.periods(
        line("RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20260328T100000/P1D,20260305T100000/20260305T120000,"), None
    )
    assert [(values.recurrence_key(start), length) for start, length in found] == [
        ("20260328T090000Z", 23 * 3600),  # one nominal day over the change of the clocks
        ("20260305T090000Z", 2 * 3600),
    ]
    days = values.moments(line("EXDATE;VALUE=DATE:20260305,20260306"), None)
    assert [each.local.date() for each in days] == [date(2026, 3, 5), date(2026, 3, 6)]


@pytest.mark.parametrize("text", ["RDATE:20260305T100000Z/20260305T090000Z", "RDATE:20260305T100000Z/x", "RDATE:x"])
def test_bad_list_values_are_refused(text: str) -> None:
    with pytest.raises(InvalidData):
        values.periods(line(text), None)


@given(WHOLE)
def test_wall_seconds_count_from_1970(moment: datetime) -> None:
    assert values.wall_seconds(moment) == (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)
    key = values.key_of(values.wall_seconds(moment), floating=True)
    assert values.parse_datetime(key) == moment
