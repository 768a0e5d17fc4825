"""An IANA zone written as a VTIMEZONE (RFC 5545 §3.6.5): compact yearly rules, exact from 1970 on.

The `icalendar` library builds one too, but lists every onset up to 2038, after which its zones stop.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from storage.ical.lines import Component, Line, dump, line
from storage.ical.timetext import format_datetime

_FIRST_YEAR, _LAST_YEAR = 1970, 2037
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK = 7
_WORTH_A_RULE = 3


@dataclass(frozen=True, slots=True)
class _Onset:
    """A change of offset: `local` is its wall-clock time by the offset before it."""

    utc: datetime
    local: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool

    @property
    def pattern(self) -> tuple[int, int, object]:
        """What the onsets of one yearly rule share."""
        return self.local.month, self.local.weekday(), self.local.time()


def write_zone(name: str) -> str:
    """The VTIMEZONE of a zone that `zoneinfo` knows. Onsets after 2037 follow the rules in force then."""
    zone = ZoneInfo(name)
    block = _block("VTIMEZONE", [line("TZID", name), *([] if name == "UTC" else [line("X-LIC-LOCATION", name)])])
    begin = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    block.children.append(_observance([_onset_at(begin, zone, begin.astimezone(zone).utcoffset() or timedelta())]))
    onsets = sorted(_onsets(zone), key=lambda each: (each.before, each.after, each.name, each.daylight))
    for _, alike in groupby(onsets, key=lambda each: (each.before, each.after, each.name, each.daylight)):
        block.children.extend(_observances(list(alike)))
    return dump(block)


def _onsets(zone: ZoneInfo) -> Iterator[_Onset]:
    day = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    state = _state(day, zone)
    while day < end:
        following = day + timedelta(days=1)
        while state != _state(following, zone):
            moment = _change(day, following, zone)
            yield _onset_at(moment, zone, state[0])
            day, state = moment, _state(moment, zone)
        day = following


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first second in (low, high] that is not like `low`."""
    state = _state(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _state(middle, zone) == state else (low, middle)
    return high


def _state(moment: datetime, zone: ZoneInfo) -> tuple[timedelta, str]:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(), local.tzname() or ""


def _onset_at(moment: datetime, zone: ZoneInfo, before: timedelta) -> _Onset:
    after, name = _state(moment, zone)
    return _Onset(moment, (moment + before).replace(tzinfo=None), before, after, name, bool(_dst(moment, zone)))


def _dst(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).dst()


def _observances(alike: list[_Onset]) -> Iterator[Component]:
    """Rules for what happens every year in the same way, and one list of dates for the rest."""
    rest: list[_Onset] = []
    for run in _runs(alike):
        if len(run) < _WORTH_A_RULE:
            rest.extend(run)
        else:
            yield _observance(run, _rule(run))
    if rest:
        yield _observance(rest)


def _runs(alike: list[_Onset]) -> Iterator[list[_Onset]]:
    """The onsets, which come in order, cut where the year, the month, the weekday or the time breaks the pattern."""
    run: list[_Onset] = []
    for onset in alike:
        follows = run and onset.local.year == run[-1].local.year + 1 and onset.pattern == run[0].pattern
        if run and not (follows and _days([*run, onset])):
            yield run
            run = []
        run.append(onset)
    if run:
        yield run


def _days(run: list[_Onset]) -> str:
    """BYDAY, perhaps with BYMONTHDAY, that picks exactly these onsets; "" if nothing does."""
    weekday = _WEEKDAYS[run[0].local.weekday()]
    if all(each.local.day + _WEEK > monthrange(each.local.year, each.local.month)[1] for each in run):
        return f"BYDAY=-1{weekday}"
    low = max(1, max(each.local.day for each in run) - _WEEK + 1)
    high = min(each.local.day for each in run)
    if low > high:
        return ""
    nth = next((day for day in range(low, high + 1) if day % _WEEK == 1), 0)
    if nth:
        return f"BYDAY={nth // _WEEK + 1}{weekday}"
    length = min(monthrange(each.local.year, each.local.month)[1] for each in run)
    numbers = ",".join(str(day) for day in range(low, min(low + _WEEK, length + 1)))
    return f"BYMONTHDAY={numbers};BYDAY={weekday}" if low + _WEEK - 1 <= length else ""


def _rule(run: list[_Onset]) -> str:
    until = "" if run[-1].local.year == _LAST_YEAR else f";UNTIL={format_datetime(run[-1].utc)}"
    return f"FREQ=YEARLY;BYMONTH={run[0].local.month};{_days(run)}{until}"


def _observance(onsets: list[_Onset], rule: str = "") -> Component:
    first = onsets[0]
    lines = [line("DTSTART", format_datetime(first.local))]
    if rule:
        lines.append(line("RRULE", rule))
    elif onsets[1:]:
        lines.append(line("RDATE", ",".join(format_datetime(each.local) for each in onsets[1:])))
    offsets = (("TZOFFSETFROM", first.before), ("TZOFFSETTO", first.after))
    lines += [line("TZNAME", first.name), *(line(name, _offset(value)) for name, value in offsets)]
    return _block("DAYLIGHT" if first.daylight else "STANDARD", lines)


def _block(name: str, lines: list[Line]) -> Component:
    return Component(name, [*lines], f"BEGIN:{name}\r\n", f"END:{name}\r\n")


def _offset(value: timedelta) -> str:
    total = value.days * 86400 + value.seconds
    hours, rest = divmod(abs(total), 3600)
    seconds = f"{rest % 60:02}" if rest % 60 else ""
    return f"{'-' if total < 0 else '+'}{hours:02}{rest // 60:02}{seconds}"
