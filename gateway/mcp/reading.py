"""The tools that only read: calendars, events, who is busy, and when there is time."""

from collections.abc import Sequence
from datetime import tzinfo

from gateway.mcp.arguments import Arguments, FindTime, FreeBusy, GetEvent, Listing, SearchEvents
from gateway.mcp.call import Call
from gateway.mcp.faults import Fault
from gateway.mcp.moments import Period as Span
from gateway.mcp.moments import hours, read_moment, read_span, written, zone_named
from gateway.mcp.results import (
    Busy,
    BusyCalendar,
    Calendars,
    Events,
    OneEvent,
    Period,
    Slots,
    of_calendar,
    of_event,
    when,
)
from storage import availability
from storage.permits.asked import Question, SeenBusy
from storage.scheduling.busy import merged, zone_of

MOST_PERIODS = 100
"""Busy, and free, periods of one calendar in one answer."""

STEP = 900
"""Seconds between two slots that are offered, counted from the earliest time of a day."""


def list_calendars(call: Call, _arguments: Arguments) -> Calendars:
    """All calendars of the token, and what restricts it."""
    read_only = not call.desk.permit.writes
    calendars = [of_calendar(each, read_only=read_only) for each in call.desk.calendars()]
    return Calendars(calendars=calendars, restrictions=_restrictions(call))


def list_events(call: Call, arguments: Listing) -> Events:
    """A page of events by start; with words or people, of those that match."""
    asked = [arguments.calendar_id] if arguments.calendar_id is not None else []
    zone = call.zone(*asked)
    start, end = (
        None if text is None else read_moment(name, text, zone)
        for name, text in (("start", arguments.start), ("end", arguments.end))
    )
    if start is not None and end is not None and not start < end:
        raise Fault("end: must be after start")
    words, people = (arguments.words, arguments.attendees) if isinstance(arguments, SearchEvents) else ("", [])
    if isinstance(arguments, SearchEvents) and not words.strip() and not people:
        raise Fault("words: give some words, or attendees", hint="list_events lists all events")
    page = call.desk.events(
        Question(
            start=start,
            end=end,
            calendar=arguments.calendar_id,
            words=words,
            attendees=tuple(people),
            cancelled=arguments.include_cancelled,
            offset=arguments.offset,
            limit=arguments.limit,
        )
    )
    return Events(
        events=[of_event(each, call.calendars) for each in page.events],
        total=page.total,
        offset=page.offset,
        next_offset=page.offset + len(page.events) if page.more else None,
        start=when(page.start, zone),
        end=when(page.end, zone),
    )


def get_event(call: Call, arguments: GetEvent) -> OneEvent:
    """One event with its whole description."""
    return OneEvent(event=of_event(call.desk.event(arguments.event_id), call.calendars, whole=True))


def free_busy(call: Call, arguments: FreeBusy) -> Busy:
    """When calendars are busy and free."""
    zone = call.zone(*arguments.calendar_ids)
    span = read_span(arguments.start, arguments.end, zone)
    found = call.desk.busy(*span, arguments.calendar_ids or None)
    return Busy(calendars=[_busy(each) for each in found])


def find_time(call: Call, arguments: FindTime) -> Slots:
    """Times at which all of the calendars are free, each as long as asked for, the first ones first."""
    zone = zone_named(arguments.time_zone)
    span = read_span(arguments.start, arguments.end, zone)
    found = call.desk.busy(*span, arguments.calendar_ids or None)
    free = _all_free(found)
    lasting, slots = arguments.duration_minutes * 60, list[Span]()
    days = hours(span, zone, arguments.earliest, arguments.latest, weekends=arguments.weekends)
    for first, last in days:
        inside = [(max(first, start), min(last, end)) for start, end in free if start < last and end > first]
        slots += availability.slots([each for each in inside if each[0] < each[1]], first, lasting, STEP)
        if len(slots) >= arguments.limit:
            break
    return Slots(slots=_periods(slots[: arguments.limit], zone))


def _all_free(found: Sequence[SeenBusy]) -> list[Span]:
    """When nobody is busy and the token may look: what lies outside of its window is not offered."""
    busy = merged(period for each in found for period in each.busy)
    seen = [period for each in found[:1] for period in merged([*each.busy, *each.free])]
    return [each for window in seen for each in availability.free(busy, window)]


def _busy(each: SeenBusy) -> BusyCalendar:
    zone = zone_of(each.calendar.place)
    left = max(0, len(each.busy) - MOST_PERIODS) + max(0, len(each.free) - MOST_PERIODS)
    return BusyCalendar(
        calendar_id=each.calendar.number,
        busy=_periods(each.busy[:MOST_PERIODS], zone),
        free=_periods(each.free[:MOST_PERIODS], zone),
        left_out=left,
    )


def _periods(found: Sequence[Span], zone: tzinfo) -> list[Period]:
    return [Period(start=written(start, zone), end=written(end, zone)) for start, end in found]


def _restrictions(call: Call) -> list[str]:
    """What restricts the token, in words."""
    known = call.desk.restrictions
    said = []
    if known.past_days is not None:
        said.append(f"Nothing that ended more than {known.past_days} days ago is shown.")
    if known.future_days is not None:
        said.append(f"Nothing that begins more than {known.future_days} days from now is shown.")
    if known.busy_only:
        said.append("Of events only the time is shown.")
    elif known.filtered:
        said.append("Of events some members are never shown.")
    if known.read_only:
        said.append("Nothing can be created or changed.")
    if known.rules:
        said.append("Events with some people are not shown, or not in full.")
    return said
