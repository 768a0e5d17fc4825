"""One recurrence rule as typed values (RFC 5545 §3.3.10), read from the value of RRULE or EXRULE."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import IntEnum

from storage.errors import InvalidData
from storage.ical.values import parse_date, parse_datetime, wall_seconds
from storage.memo import remembered

_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_LISTS: dict[str, tuple[int, bool]] = {  # largest value, and whether it counts from 1 and from the end too
    "BYMONTH": (12, False),
    "BYWEEKNO": (53, True),
    "BYYEARDAY": (366, True),
    "BYMONTHDAY": (31, True),
    "BYHOUR": (23, False),
    "BYMINUTE": (59, False),
    "BYSECOND": (60, False),
    "BYSETPOS": (366, True),
}
_DAY = 86400


class Freq(IntEnum):
    """FREQ, from the longest to the shortest period."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5
    SECONDLY = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as written; what it leaves open comes from DTSTART. Weekdays count from Monday = 0.

    `by_day` holds (ordinal, weekday), ordinal 0 for every such day. `until` is as written: aware in UTC, or naive;
    `until_date` says that it was a DATE.
    """

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_date: bool = False
    week_start: int = 0
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()

    def last(self, zone: tzinfo | None, *, all_day: bool) -> int | None:
        """The last wall-clock second UNTIL allows for a series in `zone`, None without UNTIL.

        UNTIL in UTC is compared in the zone of the series; for a floating or all-day series its digits are taken as
        they stand. A DATE includes its whole day, for a timed series too. RFC 5545 §3.3.10 wants the type of DTSTART;
        real calendars hold every mixture.
        """
        if self.until is None:
            return None
        local = self.until
        if local.tzinfo is not None and zone is not None:
            local = local.astimezone(zone)
        seconds = wall_seconds(local)
        if self.until_date or all_day:
            return seconds - seconds % _DAY + _DAY - 1
        return seconds

    def without_times(self) -> "Rule":
        """The rule for an all-day series, where BYHOUR, BYMINUTE and BYSECOND must be ignored (RFC 5545 §3.3.10)."""
        return replace(self, by_hour=(), by_minute=(), by_second=())


@remembered(texts=2048, longest=512)
def parse_rule(text: str) -> Rule:
    """The rule in `text`. Parts it does not know are ignored (RFC 7529 §4.1: SKIP is read as OMIT).

    Raises InvalidData for a rule without a valid FREQ, with a number out of range, or of another calendar scale.
    """
    parts: dict[str, str] = {}
    for part in text.upper().replace(" ", "").split(";"):
        name, _, value = part.partition("=")
        if name and value:
            parts[name] = value
    if parts.get("FREQ") not in Freq.__members__:
        raise _invalid("FREQ", parts.get("FREQ", ""), text)
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise _invalid("RSCALE", parts["RSCALE"], text)
    lists = {name: _numbers(name, parts[name], text) for name in _LISTS if name in parts}
    until = parts.get("UNTIL")
    return Rule(
        freq=Freq[parts["FREQ"]],
        interval=_positive("INTERVAL", parts, text) or 1,
        count=_positive("COUNT", parts, text),
        until=_until(until) if until else None,
        until_date=bool(until) and "T" not in str(until),
        week_start=_weekday(parts.get("WKST", "MO"), text),
        by_month=lists.get("BYMONTH", ()),
        by_week=lists.get("BYWEEKNO", ()),
        by_year_day=lists.get("BYYEARDAY", ()),
        by_month_day=lists.get("BYMONTHDAY", ()),
        by_day=_days(parts["BYDAY"], text) if "BYDAY" in parts else (),
        by_hour=lists.get("BYHOUR", ()),
        by_minute=lists.get("BYMINUTE", ()),
        by_second=tuple(sorted({min(second, 59) for second in lists.get("BYSECOND", ())})),
        by_position=lists.get("BYSETPOS", ()),
    )


def _until(text: str) -> datetime:
    if "T" in text:
        return parse_datetime(text)
    return datetime.combine(parse_date(text), datetime.min.time())


def _positive(name: str, parts: dict[str, str], text: str) -> int | None:
    if name not in parts:
        return None
    if not _NUMBER.fullmatch(parts[name]) or int(parts[name]) < 1:
        raise _invalid(name, parts[name], text)
    return int(parts[name])


def _numbers(name: str, value: str, text: str) -> tuple[int, ...]:
    largest, ordinal = _LISTS[name]
    numbers: set[int] = set()
    for item in filter(None, value.split(",")):
        number = int(item) if _NUMBER.fullmatch(item) else largest + 1
        if abs(number) > largest or (ordinal and number == 0) or (not ordinal and number < (name == "BYMONTH")):
            raise _invalid(name, item, text)
        numbers.add(number)
    return tuple(sorted(numbers))


def _days(value: str, text: str) -> tuple[tuple[int, int], ...]:
    days: set[tuple[int, int]] = set()
    for item in filter(None, value.split(",")):
        found = _BYDAY.fullmatch(item)
        if found is None or (found[1] and not 1 <= abs(int(found[1])) <= _LISTS["BYWEEKNO"][0]):
            raise _invalid("BYDAY", item, text)
        days.add((int(found[1] or 0), _WEEKDAYS[found[2]]))
    return tuple(sorted(days))


def _weekday(value: str, text: str) -> int:
    if value not in _WEEKDAYS:
        raise _invalid("WKST", value, text)
    return _WEEKDAYS[value]


def _invalid(name: str, value: str, text: str) -> InvalidData:
    return InvalidData(f"{name}={value[:20]} in the recurrence rule {text[:80]!r} is not allowed (RFC 5545 §3.3.10)")
