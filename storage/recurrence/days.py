"""Which days of a year, month or week a recurrence rule picks: the BY… parts that speak of days (RFC 5545 §3.3.10).

A day is a number: days since 1970-01-01. Every function is pure; those that many series share are cached.
"""

from calendar import isleap, monthrange
from dataclasses import replace
from datetime import date
from functools import lru_cache

from storage.recurrence.rules import Freq, Rule

EPOCH_DAY = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # 1970-01-01
_WEEK = 7
_LONG_FIRST_WEEK = 4  # week 1 is the first with at least four days in the year
_Weekdays = tuple[tuple[int, int], ...]


def weekday(day: int) -> int:
    """Monday = 0 … Sunday = 6."""
    return (day + _THURSDAY) % _WEEK


def first_of_year(year: int) -> int:
    """The day number of 1 January."""
    return date(year, 1, 1).toordinal() - EPOCH_DAY


def year_of(day: int) -> int:
    """The year that a day lies in."""
    return date.fromordinal(day + EPOCH_DAY).year


@lru_cache(maxsize=8192)
def days_of_month(year: int, month: int, month_days: tuple[int, ...], weekdays: _Weekdays) -> tuple[int, ...]:
    """The days of one month, in order, that BYMONTHDAY and BYDAY allow; an empty part allows every day."""
    length = monthrange(year, month)[1]
    first = date(year, month, 1).toordinal() - EPOCH_DAY
    if month_days:
        numbers = {number if number > 0 else length + 1 + number for number in month_days}
        days = {first + number - 1 for number in numbers if 1 <= number <= length}
        if weekdays:
            days &= nth_weekdays(first, length, weekdays)
    else:
        days = nth_weekdays(first, length, weekdays) if weekdays else set(range(first, first + length))
    return tuple(sorted(days))


def nth_weekdays(first: int, length: int, weekdays: _Weekdays) -> set[int]:
    """The days of a span that BYDAY allows, its ordinals counted in that span."""
    days: set[int] = set()
    for nth, day_of_week in weekdays:
        start = first + (day_of_week - weekday(first)) % _WEEK
        matching = range(start, first + length, _WEEK)
        if not nth:
            days.update(matching)
        elif abs(nth) <= len(matching):
            days.add(matching[nth - 1 if nth > 0 else nth])
    return days


def days_of_year(year: int, rule: Rule) -> tuple[int, ...]:
    """The days of one calendar year that a YEARLY rule picks; the rule must name days (see `completed`)."""
    months = rule.by_month or tuple(range(1, 13))
    ordinal_in_year = not rule.by_month and any(nth for nth, _ in rule.by_day)
    in_month = () if ordinal_in_year else rule.by_day
    days = [day for month in months for day in days_of_month(year, month, rule.by_month_day, in_month)]
    if ordinal_in_year:
        first = first_of_year(year)
        allowed = nth_weekdays(first, 365 + isleap(year), rule.by_day)
        days = [day for day in days if day in allowed]
    if rule.by_year_day:
        numbered = year_days(year, rule.by_year_day)
        days = [day for day in days if day in numbered]
    if rule.by_week:
        in_weeks = week_days(year, rule.by_week, rule.week_start)
        days = [day for day in days if day in in_weeks]
    return tuple(days)


@lru_cache(maxsize=4096)
def year_days(year: int, numbers: tuple[int, ...]) -> frozenset[int]:
    """The days that BYYEARDAY names; negative numbers count from the end of the year."""
    first, length = first_of_year(year), 365 + isleap(year)
    positive = {number if number > 0 else length + 1 + number for number in numbers}
    return frozenset(first + number - 1 for number in positive if 1 <= number <= length)


@lru_cache(maxsize=4096)
def week_days(year: int, numbers: tuple[int, ...], week_start: int) -> frozenset[int]:
    """The days of a calendar year whose week has one of the numbers of BYWEEKNO in the year that the week belongs to.

    Week 1 is the first with at least four days in its year (RFC 5545 §3.3.10, ISO 8601 with another first day).
    """
    first = first_of_year(year)
    days: set[int] = set()
    for owner in (year - 1, year, year + 1):
        start = first_week(owner, week_start)
        weeks = (first_week(owner + 1, week_start) - start) // _WEEK
        for number in {number if number > 0 else weeks + 1 + number for number in numbers}:
            if 1 <= number <= weeks:
                days.update(range(start + (number - 1) * _WEEK, start + number * _WEEK))
    return frozenset(day for day in days if first <= day < first + 365 + isleap(year))


def first_week(year: int, week_start: int) -> int:
    """The first day of week 1 of a year."""
    first = first_of_year(year)
    into_week = (weekday(first) - week_start) % _WEEK
    return first - into_week + (_WEEK if _WEEK - into_week < _LONG_FIRST_WEEK else 0)


def allows(day: int, rule: Rule) -> bool:
    """Whether the BY… parts of a WEEKLY or shorter rule allow a day; BYDAY counts without its ordinals there."""
    at = date.fromordinal(day + EPOCH_DAY)
    if rule.by_month and at.month not in rule.by_month:
        return False
    if rule.by_day and not any(day_of_week == at.weekday() for _, day_of_week in rule.by_day):
        return False
    if rule.by_month_day and day not in days_of_month(at.year, at.month, rule.by_month_day, ()):
        return False
    if rule.by_year_day and day not in year_days(at.year, rule.by_year_day):
        return False
    return not rule.by_week or day in week_days(at.year, rule.by_week, rule.week_start)


def names_days(rule: Rule) -> bool:
    """Whether the rule limits days beyond its own period."""
    return bool(rule.by_month or rule.by_day or rule.by_month_day or rule.by_year_day or rule.by_week)


def completed(rule: Rule, start: int) -> Rule:
    """The rule with what it leaves open about days taken from DTSTART's day `start` (RFC 5545 §3.3.10, last note).

    BYWEEKNO alone means the weekday of DTSTART in those weeks.
    """
    at = date.fromordinal(start + EPOCH_DAY)
    if rule.by_day or rule.by_month_day or rule.by_year_day:
        return rule
    if rule.freq == Freq.WEEKLY or (rule.by_week and rule.freq <= Freq.WEEKLY):
        return replace(rule, by_day=((0, at.weekday()),))
    if rule.freq == Freq.MONTHLY:
        return replace(rule, by_month_day=(at.day,))
    if rule.freq == Freq.YEARLY:
        return replace(rule, by_month=rule.by_month or (at.month,), by_month_day=(at.day,))
    return rule
