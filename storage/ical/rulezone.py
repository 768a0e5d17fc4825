"""A time zone computed from the STANDARD and DAYLIGHT rules of a VTIMEZONE (RFC 5545 §3.6.5)."""

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo

from storage.errors import InvalidData
from storage.ical.lines import Component, parse
from storage.ical.timetext import parse_datetime

_FIRST_YEAR = 1900
_LAST_YEAR = 2199
_MAX_ONSETS = 4000
_MAX_OFFSET = 24 * 3600
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?::?(\d\d))?", re.ASCII)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_IGNORED = frozenset({"WKST", "BYHOUR", "BYMINUTE", "BYSECOND"})  # BYHOUR and the rest repeat DTSTART
_UNDERSTOOD = _IGNORED | {"FREQ", "INTERVAL", "UNTIL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYDAY"}
_Onset = tuple[int, int, int, str]  # moment in UTC seconds, offset before, offset after, name


class RuleZone(tzinfo):
    """A zone of known onsets; before the first the offset it came from applies, after 2199 the last one stays.

    `fold` works as in the standard library (PEP 495), so that fold=0 means what RFC 5545 §3.3.5 says.
    """

    def __init__(self, name: str, onsets: list[_Onset]) -> None:
        onsets = sorted(onsets)
        self._name = name
        self._utc = [onset for onset, *_ in onsets]
        self._wall = [
            [onset + max(before, after) for onset, before, after, _ in onsets],
            [onset + min(before, after) for onset, before, after, _ in onsets],
        ]
        self._offsets = [
            timedelta(seconds=seconds) for seconds in (onsets[0][1], *(after for _, _, after, _ in onsets))
        ]
        self._names = [onsets[0][3], *(each for *_, each in onsets)]

    def __repr__(self) -> str:
        return f"RuleZone({self._name!r})"

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """The offset from UTC at a wall-clock time."""
        return None if moment is None else self._offsets[self._index(moment)]

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Always None: a VTIMEZONE does not say how much of an offset is daylight saving."""

    def tzname(self, moment: datetime | None) -> str | None:
        """The TZNAME of the rule in force, or the TZID."""
        return self._name if moment is None else self._names[self._index(moment)] or self._name

    def fromutc(self, moment: datetime) -> datetime:
        """The wall-clock time of a moment given in UTC."""
        seconds = _seconds(moment)
        at = bisect_right(self._utc, seconds)
        local = moment + self._offsets[at]
        repeated = at > 0 and seconds < self._utc[at - 1] + _whole(self._offsets[at - 1] - self._offsets[at])
        return local.replace(fold=1 if repeated else 0)

    def _index(self, moment: datetime) -> int:
        return bisect_right(self._wall[moment.fold], _seconds(moment))


def read_zone(text: str) -> RuleZone | None:
    """The zone that the text of one VTIMEZONE defines; None where its rules are broken or beyond this reader.

    Rules are yearly (RFC 5545 §3.6.5 knows no other in practice); RDATEs and single onsets may be any.
    """
    try:
        [block] = parse(text).components("VTIMEZONE")
        tzid = block.first("TZID")
        onsets: list[_Onset] = []
        for rule in block.components():
            if rule.name in {"STANDARD", "DAYLIGHT"}:
                onsets += _onsets(rule)
    except (InvalidData, ValueError, ArithmeticError):
        return None
    if not onsets or len(onsets) > _MAX_ONSETS:
        return None
    return RuleZone(tzid.value if tzid else "", onsets)


def _onsets(rule: Component) -> list[_Onset]:
    """Every onset of one STANDARD or DAYLIGHT block. Raises InvalidData or ValueError if it is broken."""
    before, after = _offset(rule, "TZOFFSETFROM"), _offset(rule, "TZOFFSETTO")
    named, begin = rule.first("TZNAME"), rule.first("DTSTART")
    if begin is None:
        raise InvalidData("a zone rule without DTSTART")
    start = parse_datetime(begin.value).replace(tzinfo=None)
    moments = {start}
    for line in rule.lines("RDATE"):
        moments.update(_wall(value.partition("/")[0], before) for value in line.value.split(","))
    for line in rule.lines("RRULE"):
        moments.update(_yearly(line.value, start, before))
    name = named.value if named else ""
    return [(_seconds(each) - before, before, after, name) for each in moments]


def _offset(rule: Component, name: str) -> int:
    line = rule.first(name)
    found = _OFFSET.fullmatch(line.value.strip()) if line else None
    if found is None:
        raise InvalidData(f"a zone rule without a usable {name}")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
    if seconds >= _MAX_OFFSET:
        raise InvalidData(f"{name} of a day or more")
    return -seconds if found[1] == "-" else seconds


def _wall(text: str, before: int) -> datetime:
    """A moment of the rule as wall-clock time of the offset before; a value in UTC is converted."""
    moment = parse_datetime(text)
    return moment if moment.tzinfo is None else moment.replace(tzinfo=None) + timedelta(seconds=before)


def _yearly(text: str, start: datetime, before: int) -> Iterator[datetime]:
    parts = dict(part.split("=", 1) for part in text.upper().strip().strip(";").split(";"))
    if parts.get("FREQ") != "YEARLY" or not _UNDERSTOOD.issuperset(parts):
        raise InvalidData(f"the zone rule {text[:60]!r} is not one of the yearly rules understood here")
    interval, count = int(parts.get("INTERVAL", "1")), int(parts.get("COUNT", "0"))
    until = _until(parts["UNTIL"], before) if "UNTIL" in parts else None
    first = start.year
    if first < _FIRST_YEAR and not count:
        first += -(-(_FIRST_YEAR - first) // interval) * interval
    given = 0
    for year in range(first, _LAST_YEAR + 1, interval):
        for day in _days(parts, year, start):
            moment = datetime.combine(day, start.time())
            if moment < start:
                continue
            given += 1
            if (until and moment > until) or (count and given > count):
                return
            if year >= _FIRST_YEAR:
                yield moment


def _until(text: str, before: int) -> datetime:
    moment = _wall(text, before)
    return moment if "T" in text else moment + timedelta(days=1, seconds=-1)


def _days(parts: Mapping[str, str], year: int, start: datetime) -> list[date]:
    """The days of a year that a yearly rule picks, in order."""
    months = _numbers(parts["BYMONTH"]) if "BYMONTH" in parts else [start.month]
    days: set[date] = set()
    for month in months:
        length = monthrange(year, month)[1]
        of_month = set(range(1, length + 1))
        if "BYMONTHDAY" in parts:
            of_month &= {day if day > 0 else length + 1 + day for day in _numbers(parts["BYMONTHDAY"])}
        if "BYDAY" in parts:
            of_month &= _by_weekday(parts["BYDAY"], year, month, length)
        elif "BYMONTHDAY" not in parts:
            of_month &= {start.day}
        days.update(date(year, month, day) for day in of_month)
    return sorted(days)


def _by_weekday(text: str, year: int, month: int, length: int) -> set[int]:
    days: set[int] = set()
    for item in text.split(","):
        found = _BYDAY.fullmatch(item.strip())
        if found is None:
            raise InvalidData(f"{item[:20]!r} is not a weekday")
        first = 1 + (_WEEKDAYS.index(found[2]) - date(year, month, 1).weekday()) % 7
        matching = list(range(first, length + 1, 7))
        nth = int(found[1] or 0)
        if not nth:
            days.update(matching)
        elif abs(nth) <= len(matching):
            days.add(matching[nth - 1 if nth > 0 else nth])
    return days


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _seconds(moment: datetime) -> int:
    return _whole(moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC))


def _whole(length: timedelta) -> int:
    return length.days * 86400 + length.seconds
