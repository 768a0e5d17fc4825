"""When an event is, as clients send it: `start`, `end` and `isAllDay` (contract C.2, D03, D39, D71–D73)."""

from datetime import timedelta
from typing import NamedTuple

from gateway.api.body import Body
from storage.editing.change import KEEP, Given, Set, Times
from storage.editing.editor import Editor
from storage.editing.times import Stamp, local_in, read_stamp, read_zone
from storage.errors import InvalidData
from storage.ical import zones
from storage.records import ComponentRecord

_HOUR = 3_600
_UTC = "UTC"


class _End(NamedTuple):
    """One end of an event: a time and the zone beside it; `day`: it was given as a `date`."""

    stamp: Set[Stamp]
    zone: Given[str]
    day: bool = False


def times(body: Body, editor: Editor, before: ComponentRecord | None) -> Times:
    """The times that a body gives; a new event without an end lasts an hour, or a day (D71). Raises `OneCalError`."""
    start, end = _end(body, "start"), _end(body, "end")
    all_day = body.flag("isAllDay")
    days = [name for name, each in (("start", start), ("end", end)) if each.day]
    hours = [name for name, each in (("start", start), ("end", end)) if each.stamp is not KEEP and not each.day]
    if days and all_day is False:
        raise body.wrong(days[0], "is a date, but isAllDay is false")
    if days and hours and all_day is None:
        raise body.wrong(hours[0], f"is a time, but {days[0]} is a date")
    lasting: Set[bool] = KEEP if all_day is None and not days else bool(all_day or days)
    if before is None and end.stamp is KEEP and isinstance(start.stamp, Stamp):
        try:
            end = _default_end(start, start.stamp, editor, all_day=lasting is True)
        except InvalidData as error:
            raise body.wrong("start", error.message) from error
    return Times(start.stamp, end.stamp, start.zone, end.zone, lasting)


def _end(body: Body, name: str) -> _End:
    given = body.child(name)
    if given is None:
        return _End(KEEP, KEEP)
    date, moment = given.text("date"), given.text("dateTime")
    member = "dateTime" if date is None else "date"
    if (date is None) is (moment is None):
        raise given.wrong(member, "is required" if date is None else "cannot be combined with dateTime")
    zone: Given[str] = KEEP
    try:
        stamp = read_stamp(date if date is not None else moment or "")
        if date is not None and not stamp.day:
            raise given.wrong("date", "must be a date such as 2025-08-13")
        member = "timeZone"
        named = given.text("timeZone")
        zone = KEEP if named is None else _zone(named)
    except InvalidData as error:
        raise given.wrong(member, f"{error.message}; {error.hint}" if error.hint else error.message) from error
    return _End(stamp, zone, date is not None)


def _zone(name: str) -> str:
    """The zone of a name; the one that has no clock of its own is UTC, in which times are written without a zone."""
    known = read_zone(name)
    return _UTC if known.lower() in ("etc/utc", "utc") else known


def _default_end(start: _End, stamp: Stamp, editor: Editor, *, all_day: bool) -> _End:
    """An hour later, by the instant; on the same day where it lasts all day, which means until the next one."""
    if all_day:
        return _End(Stamp(stamp.local, stamp.offset), start.zone)
    zone = start.zone if isinstance(start.zone, str) else editor.zone
    later = stamp.epoch(zones.resolve(zone or _UTC, None)) + _HOUR
    return _End(Stamp(local_in(later, None), timedelta(0)), start.zone)
