"""Times as agents write and read them: RFC 3339 in, with offsets and dates out. Seconds since 1970 inside."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.mcp.faults import Fault
from storage.editing.times import Stamp, read_stamp
from storage.errors import InvalidData

Period = tuple[int, int]

LONGEST = 366 * 86_400
"""Seconds that one question reaches at most."""


def zone_named(name: str) -> tzinfo:
    """An IANA time zone; raises `Fault`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault(f"time_zone: {name[:64]!r} is no IANA time zone, such as Europe/Berlin") from None


def read_time(name: str, text: str) -> Stamp:
    """The time that the argument `name` says; raises `Fault`."""
    try:
        return read_stamp(text)
    except InvalidData:
        raise Fault(f"{name}: write it like 2026-03-02T09:00:00+01:00, or 2026-03-02") from None


def read_moment(name: str, text: str, zone: tzinfo) -> int:
    """The moment that the argument `name` says; without an offset it is read in this zone. Raises `Fault`."""
    return read_time(name, text).epoch(zone)


def read_span(start: str, end: str, zone: tzinfo) -> Period:
    """The span between the arguments `start` and `end`, of a year at most; raises `Fault`."""
    first, last = read_moment("start", start, zone), read_moment("end", end, zone)
    if not first < last:
        raise Fault("end: must be after start")
    if last - first > LONGEST:
        raise Fault("end: must be within a year after start; ask in pieces")
    return first, last


def written(epoch: int, zone: tzinfo) -> str:
    """A moment in a zone: `2026-03-02T09:00:00+01:00`."""
    return datetime.fromtimestamp(epoch, UTC).astimezone(zone).isoformat(timespec="seconds")


def written_day(epoch: int) -> str:
    """The day of a midnight in UTC: `2026-03-02`."""
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()


def hours(span: Period, zone: tzinfo, earliest: str, latest: str, *, weekends: bool) -> Iterator[Period]:
    """Of each day in a span the time between two times of the clock in a zone; a day without such a time has none."""
    day = datetime.fromtimestamp(span[0], zone).date()
    while (begin := _at(day, earliest, zone)) < span[1]:
        first, last = max(begin, span[0]), min(_at(day, latest, zone), span[1])
        if first < last and (weekends or day.weekday() < 5):
            yield first, last
        day += timedelta(days=1)


def _at(day: date, clock: str, zone: tzinfo) -> int:
    hour, minute = map(int, clock.split(":"))
    begun = datetime.combine(day, time(hour % 24, minute), zone) + timedelta(days=hour // 24)
    return int(begun.timestamp())
