"""The wall-clock times that one recurrence rule yields inside a span, found without walking there from DTSTART.

Times are wall-clock seconds since 1970 as if the clock showed UTC; the zone is attached by the caller. Plain arithmetic
instead of dateutil: a rule is bounded in what it may cost even where it never matches (`BYMONTH=2;BYMONTHDAY=30`, which
dateutil searches up to the year 9999), and a span far from DTSTART costs no more than one close to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from storage.recurrence.days import (
    EPOCH_DAY,
    allows,
    completed,
    days_of_month,
    days_of_year,
    first_of_year,
    names_days,
    week_days,
    weekday,
    year_days,
    year_of,
)
from storage.recurrence.rules import Freq, Rule

DAY = 86400
LAST_YEAR = 9998
BUDGET = 200_000
_COST = {Freq.YEARLY: 64, Freq.MONTHLY: 16, Freq.WEEKLY: 16}
_COST_OF_DAY = 8
_UNIT = {Freq.HOURLY: 3600, Freq.MINUTELY: 60, Freq.SECONDLY: 1}
END_OF_TIME = first_of_year(LAST_YEAR + 1) * DAY - 1
_Period = tuple[int, Sequence[int], int]  # first second, its candidates in order, cost


@dataclass(frozen=True, slots=True)
class Yield:
    """What a rule yields in a span: `walls` in order; `reached` is where the search gave up, None if it went through.

    `ended` means that nothing follows after the span either.
    """

    walls: list[int]
    reached: int | None
    ended: bool


def within(
    rule: Rule, start: int, first: int, last: int | None, *, until: int | None, most: int, with_start: bool = False
) -> Yield:
    """What `rule` yields after DTSTART `start`, within [first, last], at most `most` times.

    DTSTART itself is not among them, but counts as the first of COUNT whether the rule matches it or not (RFC 5545
    §3.3.10: "always counts as the first occurrence"). `with_start` treats it as any other time instead, as an EXRULE
    does. `until` is the last second that UNTIL allows.
    """
    floor = start - 1 if with_start else start
    left = None if rule.count is None else rule.count - (0 if with_start else 1)
    upper = END_OF_TIME if until is None else min(until, END_OF_TIME)
    ends = last is None or upper <= last
    upper = upper if ends or last is None else last
    if max(first, floor + 1) > upper:
        return Yield([], None, ends)
    rule = completed(rule, start // DAY)
    offsets = _offsets_of_lattice(rule, start)
    if offsets is not None:
        lattice = (*_origin(rule, start), offsets)
        return _from_lattice(lattice, floor, max(first, floor + 1), upper, most, left, ends=ends)
    found = _from_periods(rule, start, floor, max(first, floor + 1), upper, most, left)
    return Yield(found.walls, found.reached, True) if ends and found.reached is None else found


def _offsets_of_lattice(rule: Rule, start: int) -> list[int] | None:
    """The pattern of a rule that repeats evenly, as seconds from `_origin`; None for any other rule."""
    if rule.by_month or rule.by_month_day or rule.by_year_day or rule.by_week:
        return None
    if rule.freq in {Freq.WEEKLY, Freq.DAILY}:
        if rule.by_day and rule.freq == Freq.DAILY and (rule.interval > 1 or rule.by_position):
            return None
        days = sorted({(day - rule.week_start) % 7 for _, day in rule.by_day}) if rule.by_day else [0]
        cells = [day * DAY + second for day in days for second in _times(rule, start)]
        return _picked(cells, rule.by_position)
    unit = _UNIT.get(rule.freq)
    finer_only = unit and not rule.by_day and not rule.by_hour
    if not unit or not finer_only or (unit < 3600 and rule.by_minute) or (unit == 1 and rule.by_second):
        return None
    return _picked(_within_unit(rule, start), rule.by_position)


def _origin(rule: Rule, start: int) -> tuple[int, int]:
    """The first second and the length of the period in which the pattern of a lattice repeats."""
    if rule.freq in _UNIT:
        unit = _UNIT[rule.freq]
        return start - start % unit, unit * rule.interval
    day = start // DAY
    if rule.by_day:
        return (day - (weekday(day) - rule.week_start) % 7) * DAY, 7 * DAY * rule.interval
    return day * DAY, DAY * rule.interval


def _from_lattice(
    lattice: tuple[int, int, list[int]], floor: int, first: int, upper: int, most: int, left: int | None, *, ends: bool
) -> Yield:
    """The cells of an even pattern in [first, upper], found by counting: cell i lies in turn i // size."""
    origin, period, offsets = lattice
    size = len(offsets)
    if not size:
        return Yield([], None, True)

    def before(wall: int) -> int:
        """How many cells lie before a time that is not before the origin."""
        turn = max(0, (wall - origin) // period)
        return turn * size + bisect_left(offsets, wall - origin - turn * period)

    begin, end = before(first), before(upper + 1)
    if left is not None:
        last = before(floor + 1) + left
        ends = ends or last <= end
        end = min(end, last)
    end = max(begin, min(end, begin + most + 1))
    turns = range(begin // size, -(-end // size))
    walls = [origin + turn * period + offset for turn in turns for offset in offsets]
    return _cut(walls[begin % size : begin % size + end - begin], most, ended=ends)


def _from_periods(rule: Rule, start: int, floor: int, first: int, upper: int, most: int, left: int | None) -> Yield:
    """The times in [first, upper], period by period; where there is a COUNT, from DTSTART on."""
    found: list[int] = []
    spent = 0
    for begin, cells, cost in _periods(rule, start, first if left is None else start):
        if begin > upper:
            return Yield(found, None, False)
        spent += cost
        if spent > BUDGET:
            return Yield(found, begin, False)
        cells = cells[bisect_right(cells, floor) : bisect_right(cells, upper)]
        if left is not None:
            cells = cells[:left]
            left -= len(cells)
        found.extend(cells[bisect_left(cells, first) :])
        if len(found) > most:
            return _cut(found, most, ended=False)
        if left == 0:
            return Yield(found, None, True)
    return Yield(found, None, True)


def _cut(walls: list[int], most: int, *, ended: bool) -> Yield:
    if len(walls) > most:
        return Yield(walls[:most], walls[most], False)
    return Yield(walls, None, ended)


def _periods(rule: Rule, start: int, first: int) -> Iterator[_Period]:
    """The periods of a rule from the one that holds `first` on, up to the year 9998."""
    if rule.freq in _UNIT:
        yield from _days_of_units(rule, start, first // DAY)
        return
    times = _times(rule, start)
    cost = _COST.get(rule.freq, _COST_OF_DAY)
    for begin, days in _day_sets(rule, start // DAY, first // DAY):
        cells = [day * DAY + second for day in days for second in times]
        yield begin * DAY, _picked(cells, rule.by_position), cost + len(cells)


def _day_sets(rule: Rule, start: int, first: int) -> Iterator[tuple[int, Sequence[int]]]:
    """The first day of each period with the days that the rule picks from it."""
    if rule.freq == Freq.YEARLY:
        for year in range(_ahead(year_of(start), year_of(first), rule.interval), LAST_YEAR + 1, rule.interval):
            yield first_of_year(year), days_of_year(year, rule)
    elif rule.freq == Freq.MONTHLY:
        for month in range(_ahead(_month(start), _month(first), rule.interval), (LAST_YEAR + 1) * 12, rule.interval):
            yield _first_of_month(month), _days_of_monthly(rule, month // 12, month % 12 + 1)
    elif rule.freq == Freq.WEEKLY:
        week = start - (weekday(start) - rule.week_start) % 7
        for day in range(_ahead(week, first, 7 * rule.interval), END_OF_TIME // DAY - 7, 7 * rule.interval):
            yield day, [each for each in range(day, day + 7) if allows(each, rule)]
    else:
        for day in range(_ahead(start, first, rule.interval), END_OF_TIME // DAY, rule.interval):
            yield day, [day] if allows(day, rule) else []


def _ahead(start: int, wanted: int, step: int) -> int:
    """The last of start, start + step, … that is not after `wanted` (or start itself)."""
    return start + max(0, (wanted - start) // step) * step


def _month(day: int) -> int:
    at = date.fromordinal(day + EPOCH_DAY)
    return at.year * 12 + at.month - 1


def _first_of_month(month: int) -> int:
    return date(month // 12, month % 12 + 1, 1).toordinal() - EPOCH_DAY


def _days_of_monthly(rule: Rule, year: int, month: int) -> Sequence[int]:
    if rule.by_month and month not in rule.by_month:
        return ()
    days: Sequence[int] = days_of_month(year, month, rule.by_month_day, rule.by_day)
    if rule.by_year_day:
        days = [day for day in days if day in year_days(year, rule.by_year_day)]
    if rule.by_week:
        days = [day for day in days if day in week_days(year, rule.by_week, rule.week_start)]
    return days


def _days_of_units(rule: Rule, start: int, first: int) -> Iterator[_Period]:
    """The days of an HOURLY, MINUTELY or SECONDLY rule; days that the rule rules out cost next to nothing."""
    limited = names_days(rule)
    unit = _UNIT[rule.freq]
    begin = start - start % unit
    step = unit * rule.interval
    within = _picked(_within_unit(rule, start), rule.by_position)
    wanted = _wanted_units(rule)
    allowed = frozenset(wanted or ())
    for day in range(max(start // DAY, first), END_OF_TIME // DAY):
        if limited and not allows(day, rule):
            yield day * DAY, (), _COST_OF_DAY
            continue
        aligned = (begin - day * DAY) % step
        if wanted is not None and len(wanted) * step < DAY:
            units: Sequence[int] = [second for second in wanted if (second - aligned) % step == 0]
            tried = len(wanted)
        else:
            units = range(aligned, DAY, step)
            tried = len(units)
            if wanted is not None:
                units = [second for second in units if second in allowed]
        cells = [day * DAY + second + offset for second in units for offset in within]
        yield day * DAY, cells, _COST_OF_DAY + tried + len(cells)


def _wanted_units(rule: Rule) -> list[int] | None:
    """The seconds of a day at which a unit may begin, by BYHOUR, BYMINUTE, BYSECOND; None if all may."""
    minutes = rule.by_minute if rule.freq >= Freq.MINUTELY else ()
    seconds = rule.by_second if rule.freq >= Freq.SECONDLY else ()
    if not (rule.by_hour or minutes or seconds):
        return None
    hours = rule.by_hour or range(24)
    in_hour = minutes or (range(60) if rule.freq >= Freq.MINUTELY else (0,))
    in_minute = seconds or (range(60) if rule.freq >= Freq.SECONDLY else (0,))
    return [hour * 3600 + minute * 60 + second for hour, minute, second in product(hours, in_hour, in_minute)]


def _times(rule: Rule, start: int) -> list[int]:
    """The seconds of a day at which a rule of whole days yields."""
    clock = start % DAY
    hours, minutes = rule.by_hour or (clock // 3600,), rule.by_minute or (clock // 60 % 60,)
    seconds = rule.by_second or (clock % 60,)
    return [hour * 3600 + minute * 60 + second for hour, minute, second in product(hours, minutes, seconds)]


def _within_unit(rule: Rule, start: int) -> list[int]:
    """The offsets inside one hour, minute or second at which a rule of that unit yields."""
    if rule.freq == Freq.SECONDLY:
        return [0]
    seconds = rule.by_second or (start % 60,)
    if rule.freq == Freq.MINUTELY:
        return list(seconds)
    minutes = rule.by_minute or (start // 60 % 60,)
    return [minute * 60 + second for minute, second in product(minutes, seconds)]


def _picked(cells: list[int], positions: tuple[int, ...]) -> list[int]:
    """The cells of one period that BYSETPOS picks; all without it."""
    if not positions:
        return cells
    size = len(cells)
    wanted = {position - 1 if position > 0 else size + position for position in positions}
    return [cells[index] for index in sorted(wanted) if 0 <= index < size]
