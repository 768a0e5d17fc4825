"""Spans of time in reports: read from attributes, compared with computed instances as RFC 4791 §9.9 says."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from xml.etree.ElementTree import Element

from gateway.dav.errors import Refusal
from gateway.dav.limits import MAX_INSTANCES
from gateway.dav.names import caldav
from storage import record, window
from storage.errors import InvalidData
from storage.ical.lines import parse
from storage.ical.read import Content
from storage.ical.values import parse_datetime, to_epoch
from storage.ical.zones import resolve
from storage.model import Collection
from storage.records import ComponentRecord, Occurrence
from storage.recurrence.expand import expand

_INVALID = "<C:valid-filter/>"


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in seconds since 1970; None is unbounded, on one side at most where it filters."""

    start: int | None
    end: int | None


def read_span(element: Element, *, both: bool = False) -> Span:
    """The `start` and `end` of a time-range, expand or limit element (RFC 4791 §9.9: UTC date-times).

    `both`: neither may be missing. Raises `Refusal` (403 valid-filter).
    """
    start, end = _moment(element.get("start")), _moment(element.get("end"))
    if (start is None and end is None) or (both and (start is None or end is None)):
        raise Refusal(403, "a time range needs a start or an end, and here both", precondition=_INVALID)
    if start is not None and end is not None and end <= start:
        raise Refusal(403, "a time range ends after it starts", precondition=_INVALID)
    return Span(start, end)


def instances(content: Content, span: Span, zone: tzinfo, *, limit: int = MAX_INSTANCES) -> list[Occurrence]:
    """The entry's instances inside the span; floating and all-day ones are compared as `zone` reads the clock."""
    frame = window.window(span.start, span.end, zone)
    # One second more on both sides, for tasks: §9.9 counts a DUE at the window's end.
    first = None if span.start is None else min(frame.start, frame.wall_start) - 1
    last = None if span.end is None else max(frame.end, frame.wall_end) + 1
    found = expand(content, first, last, limit=limit).occurrences
    return [each for each in found if frame.holds(each, record.rule(content.components[each.position]))]


def undated_in(task: ComponentRecord, span: Span) -> bool:
    """Whether a task without DTSTART and DUE counts into the span (the last four rows of the VTODO table of §9.9)."""
    start = window.FIRST if span.start is None else span.start
    end = window.LAST if span.end is None else span.end
    if task.completed is not None:
        created = task.completed if task.created is None else task.created
        return start <= max(created, task.completed) and end >= min(created, task.completed)
    return task.created is None or end > task.created


def zone_of(root: Element, collection: Collection) -> tzinfo:
    """The zone in which a report reads floating time: its own, else the calendar's, else UTC (RFC 4791 §7.3).

    Raises `Refusal` (403) for a `timezone` that holds none or a `timezone-id` that nobody knows.
    """
    text, name = root.findtext(caldav("timezone")), root.findtext(caldav("timezone-id"))
    if name is not None:
        zone = resolve(name.strip(), None)
        if zone is None:
            raise Refusal(403, f"{name[:60]!r} is no time zone", precondition="<C:valid-timezone/>")
        return zone
    if text is not None:
        return _zone_in(text)
    return (resolve(collection.timezone, None) if collection.timezone else None) or UTC


def _zone_in(text: str) -> tzinfo:
    wrong = Refusal(403, "the timezone holds no VTIMEZONE that is one", precondition="<C:valid-calendar-data/>")
    try:
        tree = parse(text.strip() + "\r\n")
    except InvalidData as error:
        raise wrong from error
    for calendar in tree.components("VCALENDAR"):
        for block in calendar.components("VTIMEZONE"):
            tzid = block.first("TZID")
            zone = resolve(tzid.value, tree) if tzid else None
            if zone is not None:
                return zone
    raise wrong


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = parse_datetime(text)
    except InvalidData as error:
        raise Refusal(403, error.message, precondition=_INVALID, hint="send a UTC date-time") from error
    if moment.tzinfo is None:
        raise Refusal(403, f"{text[:40]!r} is no time in UTC", precondition=_INVALID, hint="end it with a Z")
    return to_epoch(moment.replace(tzinfo=None), UTC)
