"""How many instances a plain series has in a span, by arithmetic: most rules need no expansion to be counted.

Plain is a rule that repeats its first start every so many days, weeks, months or years, or on some days of every week,
without an end, without exceptions and on a day that every month or year has. Of all others nothing is said here.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from storage.ical.zones import iana_name
from storage.records import PlainSeries
from storage.recurrence.clockwork import earliest_wall, latest_wall

HOUR, DAY, WEEK = 3600, 86_400, 604_800
_FURTHEST = 250_000_000_000
"""Seconds since 1970 up to which time is counted here: most of the year 9892."""

_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_EXCEPTIONS = ("EXDATE", "RDATE", "EXRULE", '"zones"')
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — wall-clock time


class Rule(NamedTuple):
    """A plain rule: days (`step` seconds apart, at each of these offsets from the first) or months."""

    step: int
    offsets: tuple[int, ...]
    months: int


def starts(series: PlainSeries, first: int, last: int) -> int | None:
    """How many instances start at or after `first` and before `last`; None where only expansion tells.

    The bounds are in seconds since 1970, of a floating series by its own clock.
    """
    if last <= first:
        return 0
    begin, end = _before(series, first), _before(series, last)
    return None if begin is None or end is None else end - begin


def ends(series: PlainSeries, first: int, last: int) -> int | None:
    """How many instances end after `first`, and at `last` or before; None where only expansion tells.

    An instance may be an hour shorter or longer than the first one is, where the clocks change while it lasts.
    """
    if last <= first:
        return 0
    length = series.end - series.start
    begin, end = _sure(series, first - length + 1), _sure(series, last - length + 1)
    return None if begin is None or end is None else end - begin


def _sure(series: PlainSeries, moment: int) -> int | None:
    """How many start before a moment, if that is as many as start an hour before or after it."""
    early, late = _before(series, moment - HOUR), _before(series, moment + HOUR)
    return early if early == late else None


def _before(series: PlainSeries, moment: int) -> int | None:
    """How many instances start before a moment."""
    if moment > _FURTHEST or series.end < series.start:
        return None
    rule = _rule(series.rrule, series.start_local[:10]) if _undisturbed(series) else None
    if rule is None:
        return None
    first = datetime.fromisoformat(series.start_local)
    at = (first - _EPOCH) // (timedelta(seconds=1))
    if moment < at - 2 * DAY:
        return 0
    if series.wall:
        return _count(rule, first, at, moment)
    bounds = _walls(moment, series.zone)
    if bounds is None:
        return None
    number = _count(rule, first, at, bounds[0])
    return number if bounds[0] == bounds[1] or number == _count(rule, first, at, bounds[1]) else None


def _undisturbed(series: PlainSeries) -> bool:
    more = series.more
    ruled = more.count("RRULE") == more.count(f'"RRULE:{series.rrule}"') == 2  # as it is shown, and as it was written
    return ruled and not any(word in more for word in _EXCEPTIONS)


@lru_cache(maxsize=1024)
def _walls(moment: int, zone: str) -> tuple[int, int] | None:
    """The wall-clock seconds before which a time is before the moment, and from which on it is not."""
    if zone == "UTC":
        return moment, moment
    if iana_name(zone) != zone:
        return None
    known = ZoneInfo(zone)
    return earliest_wall(moment, known), latest_wall(moment - 1, known) + 1


@lru_cache(maxsize=4096)
def _rule(text: str, day: str) -> Rule | None:
    """A rule as one of a series that starts on this day; None where it is not plain."""
    said = dict(part.partition("=")[::2] for part in text.split(";"))
    if len(said) != text.count(";") + 1 or not said.keys() <= {"FREQ", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY"}:
        return None
    interval, first = said.get("INTERVAL", "1"), datetime.fromisoformat(day)
    if not (interval.isascii() and interval.isdecimal() and 0 < int(interval) < 1000):
        return None
    every, days, of_month = int(interval), said.get("BYDAY"), said.get("BYMONTHDAY")
    if said["FREQ"] == "DAILY" and days is None and of_month is None:
        return Rule(every * DAY, (0,), 0)
    if said["FREQ"] == "WEEKLY" and of_month is None:
        return _weekly(every, days, first)
    months = {"MONTHLY": 1, "YEARLY": 12}.get(said["FREQ"], 0) * every
    yearly = said["FREQ"] == "YEARLY"
    if not months or days is not None or (first.day > 28 and not (yearly and first.month != 2)):
        return None
    if of_month is not None and (yearly or of_month != str(first.day)):
        return None
    return Rule(0, (), months)


def _weekly(every: int, days: str | None, first: datetime) -> Rule | None:
    numbers = {first.weekday()} if days is None else {_WEEKDAYS.get(each, -1) for each in days.split(",")}
    if first.weekday() not in numbers or -1 in numbers or (len(numbers) > 1 and every > 1):
        return None
    return Rule(every * WEEK, tuple(sorted((each - first.weekday()) % 7 * DAY for each in numbers)), 0)


def _count(rule: Rule, first: datetime, at: int, wall: int) -> int:
    """How many starts are before a wall-clock second; `at` is that of the first."""
    if not rule.months:
        return sum(max(0, -((at + offset - wall) // rule.step)) for offset in rule.offsets)
    moment = _EPOCH + timedelta(seconds=wall)
    months = (moment.year - first.year) * 12 + moment.month - first.month
    past = (first.day, first.time()) < (moment.day, moment.time())
    return max(0, (months if past else months - 1) // rule.months + 1)
