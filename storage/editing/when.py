"""The times that a change gives an event: settled in zones, and written as DTSTART and DTEND."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from storage.editing.change import KEEP, Given, Set, Times
from storage.editing.times import Stamp, local_in
from storage.errors import InvalidChange, InvalidData
from storage.ical import zones
from storage.ical.lines import Component, Line, line
from storage.ical.span import span, value_of
from storage.ical.timetext import format_date, format_datetime
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT, Moment, to_epoch, wall_seconds
from storage.ical.write import eol_of, remove, set_lines

UTC_NAME = "UTC"


@dataclass(frozen=True, slots=True)
class Bound:
    """A start or an end with the TZID under which it is written: `UTC`, or "" for a floating or all-day one."""

    moment: Moment
    tzid: str = ""

    def moved(self, local: datetime) -> "Bound":
        """The same at another wall-clock time."""
        return Bound(replace(self.moment, local=local, epoch=to_epoch(local, self.moment.zone)), self.tzid)

    def line(self, name: str, eol: str) -> Line:
        """The property that says so."""
        if self.moment.all_day:
            return line(name, format_date(self.moment.local), {"VALUE": ["DATE"]}, eol=eol)
        if self.tzid == UTC_NAME:
            return line(name, f"{format_datetime(self.moment.local)}Z", eol=eol)
        params = {"TZID": [self.tzid]} if self.tzid else {}
        return line(name, format_datetime(self.moment.local), params, eol=eol)


@dataclass(frozen=True, slots=True)
class Span:
    """When an event is; `end` is exclusive. `told`: a DTEND says so, not a DURATION, or a default in its place."""

    start: Bound
    end: Bound
    told: bool = True


def span_of(event: Component, root: Component) -> Span | None:
    """When an event is now; None for one without a date to start from."""
    start, end = span(event, root)
    if start is None or end is None:
        return None
    first, ending = _as_written(start, event.first("DTSTART")), event.first("DTEND")
    if value_of(ending, root) != end:  # there is none, or none that counts
        return Span(first, replace(first, moment=end), told=False)
    return Span(first, _as_written(end, ending))


def settled(times: Times, before: Span | None, root: Component, calendar_zone: str) -> Span:
    """The span that a change of times gives; `before` is None for a new event, which must have both.

    Raises InvalidChange for an end before the start, an all-day event without a day, and times beyond the years 1 to
    9999.
    """
    all_day = times.all_day if times.all_day is not KEEP else before is not None and before.start.moment.all_day
    reader = _Reader(root, calendar_zone, bool(all_day))
    start = reader.read("start", times.start, times.start_zone, before.start if before else None)
    end = reader.read("end", times.end, times.end_zone, before.end if before else None)
    backwards = InvalidChange("end", "the end is before the start", hint="Give a start and an end in order.")
    if not all_day:
        if end.moment.epoch < start.moment.epoch:
            raise backwards
        return Span(start, end)
    if end.moment.local < start.moment.local or _backwards(times):
        raise backwards
    if end.moment.local == start.moment.local:
        if _is_day(times.start, before) and _is_day(times.end, before):
            raise InvalidChange("end", "an all-day event ends on a later day", hint="Its end is the first day after.")
        end = _day_after(end)
    return Span(start, end)


def with_span(event: Component, before: Span | None, after: Span, calendar_zone: str) -> Component:
    """The event at this time. Lines that mean it already keep their bytes."""
    same = [before is not None and _same(*pair, calendar_zone) for pair in _pairs(before, after)]
    if all(same):
        return event
    eol = eol_of(event)
    both = before is None or before.start.moment.floating != after.start.moment.floating
    if both or not same[0]:
        event = set_lines(event, "DTSTART", [after.start.line("DTSTART", eol)])
    if before is None or not before.told or both or not same[1]:
        event = set_lines(remove(event, "DURATION"), "DTEND", [after.end.line("DTEND", eol)])
    return event


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the two ends of one event."""

    root: Component
    calendar_zone: str
    all_day: bool

    def read(self, name: str, given: Set[Stamp], zone: Given[str], before: Bound | None) -> Bound:
        if given is KEEP and before is None:
            raise InvalidChange(name, f"{name} is missing", hint="An event has a start and an end.")
        named = zone if isinstance(zone, str) else ""
        stands = before is not None and _stands(zone, before)
        tzid = named or (before.tzid if before and stands else self.calendar_zone or UTC_NAME)
        stamp = self._stamp(before) if given is KEEP and before else given
        assert isinstance(stamp, Stamp)
        try:
            return self._day(stamp, named) if self.all_day else self._time(name, stamp, tzid)
        except InvalidData as error:
            raise InvalidChange(name, error.message, hint=error.hint) from error

    def _stamp(self, before: Bound) -> Stamp:
        """What an event says already, as if it were given: of what floats the calendar's zone decides the instant."""
        at = before.moment
        if at.all_day:
            return Stamp(at.local, day=True)
        epoch = to_epoch(at.local, zones.resolve(self.calendar_zone, None)) if at.floating else at.epoch
        return Stamp(at.local, timedelta(seconds=wall_seconds(at.local) - epoch))

    def _day(self, stamp: Stamp, named: str) -> Bound:
        local = stamp.local
        if named and stamp.offset is not None:
            local = local_in(stamp.epoch(None), zones.resolve(named, self.root))
        local = local.replace(hour=0, minute=0, second=0)
        return Bound(Moment(local, None, "", True, True, wall_seconds(local)))

    def _time(self, name: str, stamp: Stamp, tzid: str) -> Bound:
        zone = zones.resolve(tzid, self.root)
        epoch, local = stamp.epoch(zone), stamp.local
        if stamp.offset is not None:
            local = local_in(epoch, zone)
            if to_epoch(local, zone) != epoch:  # the second of two hours that the clocks show twice: no TZID can say it
                return self._time(name, stamp, UTC_NAME)
        if not FIRST_MOMENT <= epoch <= LAST_MOMENT:
            raise InvalidData(f"{name} is no time of the years 1 to 9999")
        return Bound(Moment(local, zone, tzid, False, False, epoch), tzid)


def _as_written(at: Moment, source: Line | None) -> Bound:
    if at.all_day or source is None:
        return Bound(at)
    utc = source.value.strip().upper().endswith("Z")
    return Bound(at, UTC_NAME if utc else source.param("TZID"))


def _stands(given: Given[str], before: Bound) -> bool:
    """Whether the zone stays that a time has; one that only its text explains cannot be told, and so not be cleared."""
    if before.moment.floating or not before.tzid:
        return False
    return given is KEEP or (given is None and not zones.iana_name(before.tzid))


def _pairs(before: Span | None, after: Span) -> list[tuple[Bound, Bound]]:
    known = before or after
    return [(known.start, after.start), (known.end, after.end)]


def _same(before: Bound, after: Bound, calendar_zone: str) -> bool:
    """Whether nothing changes; what floats is in the calendar's zone."""
    if before.moment.all_day or after.moment.all_day:
        return before.moment.all_day == after.moment.all_day and before.moment.local == after.moment.local
    if before.moment.local != after.moment.local:
        return False
    if before.moment.floating:
        return after.tzid == (calendar_zone or UTC_NAME)
    return before.tzid == after.tzid or zones.zone_name(before.tzid, None) == zones.zone_name(after.tzid, None)


def _backwards(times: Times) -> bool:
    """Whether two times that were given for an all-day event are in the wrong order, though on one day."""
    start, end = times.start, times.end
    if not isinstance(start, Stamp) or not isinstance(end, Stamp) or start.day or end.day:
        return False
    return (start.offset is None) == (end.offset is None) and end.epoch(None) < start.epoch(None)


def _is_day(given: Set[Stamp], before: Span | None) -> bool:
    if isinstance(given, Stamp):
        return given.day
    return before is not None and before.start.moment.all_day


def _day_after(bound: Bound) -> Bound:
    try:
        local: datetime = bound.moment.local + timedelta(days=1)
    except OverflowError as error:
        raise InvalidChange("end", "there is no day after the year 9999") from error
    return Bound(replace(bound.moment, local=local, epoch=wall_seconds(local)))
