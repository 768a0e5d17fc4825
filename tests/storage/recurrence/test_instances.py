"""The arithmetic of recurrence rules against dateutil, an independent implementation of RFC 5545 §3.3.10."""

from datetime import datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from storage.errors import InvalidData
from storage.ical.values import wall_seconds
from storage.recurrence.instances import BUDGET, Yield, within
from storage.recurrence.rules import Freq, Rule, parse_rule

EPOCH = datetime(1970, 1, 1)
STEP = {
    Freq.HOURLY: timedelta(hours=1),
    Freq.MINUTELY: timedelta(minutes=1),
    Freq.SECONDLY: timedelta(seconds=1),
}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def expand(text: str, start: str, first: str = "", last: str = "", most: int = 100_000) -> list[str]:
    """Every time of a rule with DTSTART in front, as text."""
    begin = wall_seconds(datetime.fromisoformat(start))
    low = wall_seconds(datetime.fromisoformat(first)) if first else begin
    high = wall_seconds(datetime.fromisoformat(last)) if last else None
    rule = parse_rule(text)
    found = within(rule, begin, low, high, until=rule.last(None, all_day=False), most=most)
    walls = [*([begin] if low <= begin else []), *found.walls]
    return [(EPOCH + timedelta(seconds=wall)).isoformat(timespec="minutes") for wall in walls]


def _numbers(draw: st.DrawFn, low: int, high: int, *, negative: bool = False, most: int = 3) -> str:
    values = st.integers(low, high)
    if negative:
        values = values | st.integers(-high, -low)
    return ",".join(map(str, draw(st.lists(values, min_size=1, max_size=most, unique=True))))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """A rule of any frequency with BY… parts where the RFC allows them; no BYSETPOS with WEEKLY (see below)."""
    freq = draw(st.sampled_from(list(Freq)))
    parts = [f"FREQ={freq.name}"]

    def maybe(chance: float) -> bool:
        return draw(st.floats(0, 1, allow_nan=False)) < chance

    if maybe(0.5):
        parts.append(f"INTERVAL={draw(st.integers(1, 7))}")
    if maybe(0.3):
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    if maybe(0.25):
        parts.append(f"BYMONTH={_numbers(draw, 1, 12)}")
    if maybe(0.25) and freq != Freq.WEEKLY:
        parts.append(f"BYMONTHDAY={_numbers(draw, 1, 31, negative=True)}")
    by_week = maybe(0.15) and freq == Freq.YEARLY
    if by_week:
        backwards = draw(st.booleans())  # not beyond -50: dateutil forgets days of week 1 before New Year named as -53
        parts.append(f"BYWEEKNO={_numbers(draw, -50, -1) if backwards else _numbers(draw, 1, 53)}")
    if maybe(0.1) and freq in {Freq.YEARLY, Freq.HOURLY, Freq.MINUTELY, Freq.SECONDLY}:
        parts.append(f"BYYEARDAY={_numbers(draw, 1, 366, negative=True)}")
    if by_week or maybe(0.4):
        ordinal = freq <= Freq.MONTHLY and not by_week
        nth = st.sampled_from(["1", "2", "-1", "5", "-2"]) if ordinal and maybe(0.5) else st.just("")
        chosen = draw(st.lists(st.tuples(nth, st.sampled_from(DAYS)), min_size=1, max_size=4, unique=True))
        parts.append("BYDAY=" + ",".join(n + day for n, day in chosen))
    if maybe(0.2):
        parts.append(f"BYHOUR={_numbers(draw, 0, 23)}")
    if maybe(0.15):
        parts.append(f"BYMINUTE={_numbers(draw, 0, 59)}")
    if maybe(0.1):
        parts.append(f"BYSECOND={_numbers(draw, 0, 59)}")
    if maybe(0.15) and freq != Freq.WEEKLY and len(parts) > 1:
        parts.append(f"BYSETPOS={_numbers(draw, 1, 4, negative=True)}")
    return ";".join(parts)


def _yield(rule: Rule, start: datetime, low: datetime, high: datetime, most: int) -> Yield:
    bounds = (wall_seconds(start), wall_seconds(low), wall_seconds(high))
    return within(rule, *bounds, until=None, most=most)


@settings(max_examples=1500)
@given(
    rules(),
    st.datetimes(datetime(1999, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(microsecond=0)),
    st.integers(0, 900),
    st.integers(1, 500),
)
def test_any_rule_yields_what_dateutil_yields(text: str, start: datetime, skip: int, days: int) -> None:
    rule = parse_rule(text)
    step = STEP.get(rule.freq, timedelta(days=1))
    low, high = start + skip * step, start + (skip + days) * step
    found = _yield(rule, start, low, high, most=200)
    if found.reached is not None:
        high = EPOCH + timedelta(seconds=found.reached - 1)
    following = _yield(rule, start, high + timedelta(seconds=1), high + 1500 * step, most=1)
    assume(following.walls)
    after = EPOCH + timedelta(seconds=following.walls[0])  # without one, dateutil would search up to the year 9999
    reference = rrulestr(text, dtstart=start).xafter(start)
    expected = [wall_seconds(each) for each in takewhile(lambda each: each < after, reference) if each >= low]
    assert found.walls == expected


def test_ordinal_and_plain_weekdays_give_their_union() -> None:
    """RFC 5545 §3.3.10 makes BYDAY one list; dateutil takes the days that are in both kinds, here only one."""
    found = expand("FREQ=MONTHLY;BYDAY=MO,1TU", "2026-06-01T10:00", last="2026-06-30")
    assert [each[5:10] for each in found] == ["06-01", "06-02", "06-08", "06-15", "06-22", "06-29"]


def test_week_numbers_alone_mean_the_weekday_of_dtstart() -> None:
    """RFC 5545 §3.3.10: what the rule leaves open comes from DTSTART; dateutil takes all seven days."""
    found = expand("FREQ=YEARLY;BYWEEKNO=20", "2025-05-14T10:00", last="2027-12-31")
    assert [each[:10] for each in found] == ["2025-05-14", "2026-05-13", "2027-05-19"]


def test_weekly_positions_count_in_whole_weeks() -> None:
    """dateutil counts the first week only from DTSTART on, so that the first set is a torn one."""
    found = expand("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2026-06-03T10:00", last="2026-06-20")
    assert [each[5:10] for each in found] == ["06-03", "06-10", "06-17"]


def test_the_day_on_which_the_week_starts_matters_for_every_second_week() -> None:
    """The example of RFC 5545 §3.8.5.3."""
    rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST="
    assert [each[5:10] for each in expand(rule + "MO", "1997-08-05T09:00")] == ["08-05", "08-10", "08-19", "08-24"]
    assert [each[5:10] for each in expand(rule + "SU", "1997-08-05T09:00")] == ["08-05", "08-17", "08-19", "08-31"]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=YEARLY;COUNT=3", "2024-02-29T10:00", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;COUNT=3", "2026-01-31T10:00", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2026-01-31T10:00", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "2026-02-13T10:00", ["2026-02-13", "2026-03-13", "2026-11-13"]),
        ("FREQ=MONTHLY;BYDAY=-2FR;COUNT=2", "2026-01-23T10:00", ["2026-01-23", "2026-02-20"]),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=2", "2026-05-18T10:00", ["2026-05-18", "2027-05-17"]),
        ("FREQ=YEARLY;BYYEARDAY=-1;COUNT=2", "2026-12-31T10:00", ["2026-12-31", "2027-12-31"]),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
            "1996-11-05T09:00",
            ["1996-11-05", "2000-11-07", "2004-11-02"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            "2026-01-30T10:00",
            ["2026-01-30", "2026-02-27", "2026-03-31"],
        ),
    ],
)
def test_leap_days_month_ends_and_positions(rule: str, start: str, expected: list[str]) -> None:
    assert [each[:10] for each in expand(rule, start)] == expected


def test_a_rule_that_never_matches_is_given_up_at_a_bounded_cost() -> None:
    found = within(parse_rule("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), 0, 0, None, until=None, most=10)
    assert (found.walls, found.ended) == ([], False)
    assert found.reached is not None
    assert 0 < found.reached <= BUDGET * 86400


def test_counting_does_not_walk_where_the_pattern_is_even() -> None:
    far = wall_seconds(datetime(2026, 1, 1))
    found = within(parse_rule("FREQ=SECONDLY;COUNT=2000000000"), 0, far, far + 2, until=None, most=10)
    assert found == Yield([far, far + 1, far + 2], None, False)
    ended = within(parse_rule("FREQ=SECONDLY;COUNT=100"), 0, far, far + 2, until=None, most=10)
    assert ended == Yield([], None, True)


@pytest.mark.parametrize(
    "text",
    ["", "FREQ=", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=x", "FREQ=YEARLY;BYMONTH=13", "FREQ=MONTHLY;BYMONTHDAY=0",
     "FREQ=DAILY;BYHOUR=24", "FREQ=MONTHLY;BYDAY=54MO", "FREQ=WEEKLY;WKST=XY", "FREQ=DAILY;BYSETPOS=0",
     "FREQ=DAILY;UNTIL=2026", "FREQ=YEARLY;BYYEARDAY=367", f"FREQ=DAILY;COUNT={'9' * 5000}"],
)  # fmt: skip
def test_what_rfc_5545_does_not_allow_is_no_rule(text: str) -> None:
    with pytest.raises(InvalidData):
        parse_rule(text)


def test_a_rule_is_read_whatever_its_case_order_and_empty_parts() -> None:
    assert parse_rule("byday=mo,;INTERVAL=2; freq=weekly;;X-FOO=1;") == parse_rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")


@given(st.text(alphabet="FREQ=DAILYWKTHSONUB;,-0123456789", max_size=60))
def test_any_text_is_a_rule_or_invalid(text: str) -> None:
    try:
        rule = parse_rule("FREQ=DAILY;" + text)
    except InvalidData:
        return
    assert within(rule, 0, 0, 86400 * 3, until=None, most=5).walls is not None
