"""Times as people and programs write them outside iCalendar, read for every dialect in one way, and settled in zones.

RFC 3339 with `Z` or an offset, fractions of a second (which iCalendar cannot hold: they are dropped), a local time
without an offset, or a date. Contract D03 (naive times), D04 (an offset beats the zone), D05 (a blank for a plus), D39.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from storage.errors import InvalidData
from storage.ical import zones
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT, to_epoch, wall_seconds

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — wall-clock time
_LONGEST = 64
_LONGEST_ZONE = 200
_LEAP_SECOND = 60
_LARGEST_OFFSET = timedelta(hours=24)
_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([Zz]|[+-]\d\d(?::?\d\d)?| \d\d:\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as it was written: the wall clock, its offset from UTC where it names one, `day` where it is a date."""

    local: datetime
    offset: timedelta | None = None
    day: bool = False

    def epoch(self, zone: tzinfo | None) -> int:
        """Seconds since 1970 in UTC; without an offset of its own by the clock of `zone` (None: of UTC)."""
        if self.offset is None:
            return to_epoch(self.local, zone)
        return wall_seconds(self.local) - int(self.offset.total_seconds())


def read_stamp(text: str) -> Stamp:
    """The time that a text says. Raises InvalidData, also beyond the years 1 to 9999 in UTC."""
    found = _STAMP.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        raise _invalid(text)
    year, month, day = (int(part) for part in found.groups()[:3])
    try:
        if found[4] is None:
            return Stamp(datetime.combine(date(year, month, day), datetime.min.time()), day=True)
        second = int(found[6] or 0)
        second = _LEAP_SECOND - 1 if second == _LEAP_SECOND else second
        local = datetime(year, month, day, int(found[4]), int(found[5]), second)  # noqa: DTZ001
    except ValueError as error:
        raise _invalid(text) from error
    stamp = Stamp(local, _offset(found[7], text) if found[7] else None)
    if not FIRST_MOMENT <= stamp.epoch(None) <= LAST_MOMENT:
        raise _invalid(text)
    return stamp


def read_zone(text: str) -> str:
    """The time zone that a name means: IANA names as given, `UTC`, Windows names as IANA ones. Raises InvalidData."""
    plain = text.strip()
    known = zones.iana_name(plain) if len(plain) <= _LONGEST_ZONE else ""
    if not known:
        raise InvalidData(f"{text[:60]!r} names no time zone", hint="Use an IANA name such as Europe/Berlin.")
    return known


def local_in(epoch: int, zone: tzinfo | None) -> datetime:
    """The wall clock of `zone` (None: of UTC) at an instant. Raises InvalidData outside the years 1 to 9999."""
    try:
        at = (_EPOCH + timedelta(seconds=epoch)).replace(tzinfo=UTC)
        return (at.astimezone(zone) if zone is not None else at).replace(tzinfo=None, fold=0)
    except OverflowError as error:
        raise InvalidData("that is no time of the years 1 to 9999") from error


def _offset(text: str, whole: str) -> timedelta:
    if text in {"Z", "z"}:
        return timedelta(0)
    length = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]) if len(text) > len("+00") else 0)
    if length >= _LARGEST_OFFSET or (len(text) > len("+00") and int(text[-2:]) >= 60):
        raise _invalid(whole)
    return -length if text[0] == "-" else length


def _invalid(text: str) -> InvalidData:
    return InvalidData(
        f"{text[:40]!r} is not a time", hint="Write 2025-01-31T09:00:00Z, 2025-01-31T09:00:00+02:00 or 2025-01-31."
    )
