"""The typed values of properties: dates, durations, and moments, which are dates or date-times with their zone.

Dates and times are read by `storage.ical.timetext` and offered here too. A local time that the clocks skip, or show
twice, means what RFC 5545 §3.3.5 says: the UTC offset from before the gap, and the first of the two.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from storage.errors import InvalidData
from storage.ical import zones
from storage.ical.lines import Component, Line
from storage.ical.timetext import (
    format_date,
    format_datetime,
    format_duration,
    format_period,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_nominal,
    parse_period,
)

__all__ = [
    "FIRST_MOMENT",
    "LAST_MOMENT",
    "Moment",
    "format_date",
    "format_datetime",
    "format_duration",
    "format_period",
    "instance_key",
    "key_of",
    "moment",
    "moments",
    "parse_date",
    "parse_datetime",
    "parse_duration",
    "parse_nominal",
    "parse_period",
    "period_of",
    "periods",
    "recurrence_key",
    "to_epoch",
    "wall_seconds",
]

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal()
_DAY = 86400
_DATE_LENGTH = len("YYYYMMDD")

FIRST_MOMENT, LAST_MOMENT = -62_135_596_800, 253_402_300_799
"""The first and the last second of the years 1 to 9999 in UTC; zones reach half a day beyond them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One DATE or DATE-TIME value with what it means.

    `local` is the wall-clock time as written, naive (midnight for a date; UTC for a value with `Z`). `zone` is None for
    a floating or all-day value and where the TZID is unknown, which is read as floating. `zone_name` is the IANA name,
    `UTC`, the TZID as given when it has none, or "". `epoch` counts seconds since 1970 in UTC; where `floating` or
    `all_day` is true it is the wall-clock time read as if it were UTC.
    """

    local: datetime
    zone: tzinfo | None
    zone_name: str
    all_day: bool
    floating: bool
    epoch: int


def moment(line: Line, root: Component | None) -> Moment:
    """The value of a property such as DTSTART, with zones from the VTIMEZONEs of `root`. Raises InvalidData."""
    return _moment(line.value, line, root)


def moments(line: Line, root: Component | None) -> list[Moment]:
    """The values of a list property (EXDATE, RDATE); a PERIOD counts with its start. Raises InvalidData."""
    return [start for start, _ in periods(line, root)]


def periods(line: Line, root: Component | None) -> list[tuple[Moment, int | None]]:
    """The values of RDATE or FREEBUSY: each start with the exact length of its PERIOD in seconds, None without one.

    Raises InvalidData, also for a period that ends before it starts.
    """
    return [period_of(value, line, root) for value in line.value.split(",") if value.strip()]


def period_of(value: str, line: Line, root: Component | None) -> tuple[Moment, int | None]:
    """As `periods`, of one value out of the list in `line`."""
    first, slash, second = value.partition("/")
    start = _moment(first, line, root)
    return start, _length(start, second, line, root) if slash else None


def recurrence_key(of: Moment) -> str:
    """The canonical RECURRENCE-ID: `YYYYMMDD` (all-day), `YYYYMMDDTHHMMSSZ` (UTC), `YYYYMMDDTHHMMSS` (floating)."""
    return key_of(of.epoch, all_day=of.all_day, floating=of.floating)


def instance_key(component: Component, root: Component | None) -> str:
    """Which instance a component of a series is about: "" for the master, else its canonical RECURRENCE-ID.

    Of one that cannot be read the text as it stands.
    """
    found = component.first("RECURRENCE-ID")
    if found is None:
        return ""
    try:
        return recurrence_key(moment(found, root))
    except (InvalidData, ValueError, OverflowError):
        return found.value


def key_of(epoch: int, *, all_day: bool = False, floating: bool = False) -> str:
    """The canonical RECURRENCE-ID of an instance from its `Moment.epoch` and type."""
    day, second = divmod(epoch, _DAY)
    if all_day:
        return _day_text(day)
    return f"{_day_text(day)}T{_clock_text(second)}" if floating else f"{_day_text(day)}T{_clock_text(second)}Z"


def wall_seconds(local: datetime) -> int:
    """Seconds since 1970 of a wall-clock time, read as if it were UTC."""
    days = local.toordinal() - _EPOCH_DAY
    return days * _DAY + local.hour * 3600 + local.minute * 60 + local.second


def to_epoch(local: datetime, zone: tzinfo | None) -> int:
    """Seconds since 1970 in UTC of a naive local time in `zone`; without a zone those of the wall clock."""
    if zone is None or zone is UTC:
        return wall_seconds(local)
    offset = local.replace(tzinfo=zone).utcoffset() or timedelta()
    return wall_seconds(local) - offset.days * _DAY - offset.seconds


def _moment(value: str, line: Line, root: Component | None) -> Moment:
    if len(value) == _DATE_LENGTH or _is_date(value, line):
        day = parse_date(value)
        local = datetime(day.year, day.month, day.day)  # noqa: DTZ001 — an all-day value has no zone
        return Moment(local, None, "", True, True, wall_seconds(local))
    local = parse_datetime(value)
    if local.tzinfo is not None:
        local = local.replace(tzinfo=None)
        return Moment(local, UTC, "UTC", False, False, wall_seconds(local))
    tzid = line.param("TZID")
    if not tzid:
        return Moment(local, None, "", False, True, wall_seconds(local))
    zone = zones.resolve(tzid, root)
    return Moment(local, zone, zones.zone_name(tzid, root), False, zone is None, to_epoch(local, zone))


def _is_date(value: str, line: Line) -> bool:
    """What is declared a date, and what has no time even though it is declared a date-time by default."""
    params = line.params
    return ("T" not in value and "t" not in value) or (bool(params) and line.param("VALUE").upper() == "DATE")


def _length(start: Moment, end: str, line: Line, root: Component | None) -> int:
    if "P" in end.upper():
        days, seconds = parse_nominal(end)
        length = to_epoch(start.local + timedelta(days=days), start.zone) + seconds - start.epoch
    else:
        length = _moment(end, line, root).epoch - start.epoch
    if length < 0:
        raise InvalidData(f"the period {line.value[:60]!r} of {line.name} ends before it starts")
    return length


@lru_cache(maxsize=16384)
def _day_text(day: int) -> str:
    # What a zone shows before FIRST_MOMENT or after LAST_MOMENT is named after the nearest day that has a name.
    return format_date(date.fromordinal(min(max(day + _EPOCH_DAY, 1), _LAST_DAY)))


@lru_cache(maxsize=8192)
def _clock_text(second: int) -> str:
    return f"{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
