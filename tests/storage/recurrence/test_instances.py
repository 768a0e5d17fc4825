"""The arithmetic of recurrence rules against dateutil, an independent implementation of RFC 5545 §3.3.10."""

from datetime import datetime, timedelta
from itertools import takewhile

from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from storage.ical.values import wall_seconds
from storage.recurrence.instances import Yield, within
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
        parts.append(f"BYWEEKNO={_numbers(draw, 1, 53, negative=True)}")
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


@settings(max_examples=1500, deadline=None)
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
