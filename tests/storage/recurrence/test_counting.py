"""Counting instances by arithmetic: as many as expansion finds, or no answer."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given
from hypothesis import strategies as st

from storage.ical.read import read
from storage.records import ComponentRecord, PlainSeries
from storage.recurrence.counting import ends, starts
from storage.recurrence.expand import expand
from storage.tables import components
from tests.storage.texts import event

PLAIN = ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY={day}", "FREQ=WEEKLY;BYDAY={day},SU"]
PLAIN += ["FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=5", "FREQ=YEARLY"]
OTHERS = ["FREQ=MONTHLY;BYDAY=1MO", "FREQ=DAILY;COUNT=9", "FREQ=WEEKLY;UNTIL=20250101", "FREQ=DAILY;BYHOUR=1,2"]
OTHERS += [
    "FREQ=WEEKLY;INTERVAL=2;BYDAY={day},SU",
    "FREQ=HOURLY",
    "FREQ=YEARLY;BYMONTH=2,3",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
]
FIRSTS = st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 31)).map(lambda at: at.replace(microsecond=0))
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "UTC", "", "DATE"])
LENGTHS = st.sampled_from(["PT0S", "PT1H", "PT25H", "P1D", "P3D"])
MOMENTS = st.integers(1_700_000_000, 1_900_000_000)


def _columns(record: ComponentRecord) -> PlainSeries:
    r = record
    assert r.start is not None
    assert r.end is not None
    wall, more = r.floating or r.all_day, components.values(r)[-1]
    return PlainSeries(r.start_local, r.start, r.end, r.start_zone, wall, r.rrule, more)


def _series(first: datetime, zone: str, length: str, rule: str, more: str = "") -> str:
    if zone == "DATE":
        at, length = f";VALUE=DATE:{first:%Y%m%d}", "P1D"
    elif zone == "UTC":
        at = f":{first:%Y%m%dT%H%M%S}Z"
    else:
        at = f"{f';TZID={zone}' * bool(zone)}:{first:%Y%m%dT%H%M%S}"
    day = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[first.weekday()]
    return event(start=at, end="", more=f"DURATION:{length}\r\nRRULE:{rule.format(day=day)}\r\n{more}")


@given(FIRSTS, ZONES, LENGTHS, st.sampled_from([*PLAIN, *OTHERS]), MOMENTS, MOMENTS)
@example(datetime(2024, 3, 31, 2, 30), "Europe/Berlin", "PT1H", "FREQ=DAILY", 1_711_846_800, 1_743_296_400)
@example(datetime(2024, 10, 27, 2, 30), "Europe/Berlin", "PT1H", "FREQ=DAILY", 1_729_989_000, 1_761_442_200)
def test_what_is_counted_is_what_expansion_finds(
    first: datetime, zone: str, length: str, rule: str, one: int, other: int
) -> None:
    begin, end = min(one, other), max(one, other)
    content = read(_series(first, zone, length, rule))
    found = expand(content, None, end + 10 * 86_400).occurrences
    columns = _columns(content.components[0])
    if (number := starts(columns, begin, end)) is not None:
        assert number == sum(begin <= each.start < end for each in found)
    if (number := ends(columns, begin, end)) is not None:
        assert number == sum(begin < each.end <= end for each in found)


@given(FIRSTS, st.sampled_from(PLAIN))
def test_plain_rules_are_counted(first: datetime, rule: str) -> None:
    assume(first.day < 29)
    columns = _columns(read(_series(first, "Europe/Berlin", "PT1H", rule)).components[0])
    last = int(datetime(2031, 6, 15, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    assert starts(columns, 0, last) is not None


def test_exceptions_and_what_is_beyond_all_calendars_are_left_to_expansion() -> None:
    first = datetime(2024, 1, 1, 12)
    for more in ("EXDATE:20240102T120000Z\r\n", "RDATE:20240102T130000Z\r\n", "RRULE:FREQ=WEEKLY\r\n"):
        assert (
            starts(_columns(read(_series(first, "UTC", "PT1H", "FREQ=DAILY", more)).components[0]), 0, 1 << 31) is None
        )
    columns = _columns(read(_series(first, "UTC", "PT1H", "FREQ=DAILY")).components[0])
    assert starts(columns, 0, 1 << 60) is None
    assert starts(columns, 5, 5) == 0
