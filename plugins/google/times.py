"""Google's EventDateTime ⇄ DTSTART, DTEND and RECURRENCE-ID.

Of `dateTime` the offset tells which instant is meant; it is that of the calendar. `timeZone` tells by which clock the
event is planned, and the mirror writes it by that clock (providers.md §1.8).
"""

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from plugins.google.members import Resource, text
from storage.errors import InvalidData
from storage.ical import zones
from storage.ical.lines import Line, line
from storage.ical.timetext import format_date, format_datetime
from storage.ical.values import Moment

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_UTC = "UTC"


def written(name: str, at: Resource, zone: str, *, alone: bool = False) -> Line | None:
    """The property `name` that says this time; None where it says none. `zone`: the calendar's, where `at` has none.

    `alone`: neither series nor instance. Then an hour that the clocks show twice is told in UTC the second time, since
    a local time means the first (RFC 5545 §3.3.5). Raises InvalidData.
    """
    day, clock = text(at, "date"), text(at, "dateTime")
    if day:
        return line(name, format_date(_day(day)), {"VALUE": ["DATE"]})
    if not clock:
        return None
    named = zones.iana_name(text(at, "timeZone")) or zones.iana_name(zone) or _UTC
    return _in_zone(name, clock, named, alone=alone)


def instance(at: Resource, master: Resource, zone: str) -> Line | None:
    """The RECURRENCE-ID of an `originalStartTime`, by the clock of its series' `start`, {} where that is not known."""
    known = text(master, "timeZone")
    return written("RECURRENCE-ID", {**at, "timeZone": known} if known else at, zone)


def stamped(name: str, stamp: str) -> Line | None:
    """A timestamp (`created`, `updated`) as a DATE-TIME in UTC; None for "". Raises InvalidData."""
    return _in_zone(name, stamp, _UTC, alone=False) if stamp else None


def told(at: Moment, zone: str) -> dict[str, Any]:
    """A time as an EventDateTime. `zone`: the calendar's, by which a floating time is read.

    A zone without a name known to everybody gives way to the calendar's; the instant stays.
    """
    if at.all_day:
        return {"date": at.local.date().isoformat()}
    named = zones.iana_name(at.zone_name) or zones.iana_name(zone) or _UTC
    clock = _zone(named)
    return {"dateTime": _rfc3339(at.local.replace(tzinfo=at.zone or clock), clock), "timeZone": named}


def _in_zone(name: str, clock: str, named: str, *, alone: bool) -> Line:
    found = _DATETIME.fullmatch(clock)
    if found is None:
        raise InvalidData(f"{clock[:40]!r} is no time of a Google event", hint="RFC 3339 has the form.")
    offset = (found[3] or "").upper()
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2]}{offset}")
        if offset:
            at = at.astimezone(_zone(named))
        if named == _UTC or (alone and at.fold):
            return line(name, format_datetime(at.replace(tzinfo=at.tzinfo or UTC)))
    except (ValueError, OverflowError) as error:
        raise InvalidData(f"{clock[:40]!r} is no time of the years 1 to 9999") from error
    return line(name, format_datetime(at.replace(tzinfo=None)), {"TZID": [named]})


def _day(value: str) -> date:
    if _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidData(f"{value[:40]!r} is no date of a Google event", hint="yyyy-mm-dd is the form.")


def _zone(name: str) -> tzinfo:
    return zones.resolve(name, None) or UTC


def _rfc3339(at: datetime, clock: tzinfo) -> str:
    """By this clock with its offset; in UTC where that is none, or has seconds, which RFC 3339 cannot say.

    Raises InvalidData.
    """
    try:
        at = at.astimezone(clock)
        offset = at.utcoffset()
        seconds = offset.total_seconds() if offset is not None else 0
        if seconds and seconds % 60 == 0:
            return at.isoformat(timespec="seconds")
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    except OverflowError as error:
        raise InvalidData(f"{at} is no time of the years 1 to 9999") from error
