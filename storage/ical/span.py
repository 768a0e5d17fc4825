"""When a component starts and ends: DTSTART with DTEND, DUE or DURATION, and the defaults of RFC 5545 §3.6.1."""

from dataclasses import replace
from datetime import datetime, timedelta

from storage.errors import InvalidData, TooLarge
from storage.ical import quirks
from storage.ical.lines import Component, Line
from storage.ical.values import Moment, moment, to_epoch, wall_seconds

MAX_ZONES = 1000
_DAY_SECONDS = 86400


def span(component: Component, root: Component | None) -> tuple[Moment | None, Moment | None]:
    """The start and the exclusive end of a VEVENT or VTODO, the start of a VJOURNAL; None for what it does not have.

    An event that starts always ends: without a usable DTEND or DURATION after one day (a date) or at once (a time).
    The end is in the kind of time of the start (`quirks.end_in_the_manner_of`); a task's DUE may be before its start.
    """
    start = value_of(component.first("DTSTART"), root)
    if component.name == "VTODO":
        due = value_of(component.first("DUE"), root)
        if start is None:
            return None, due
        return start, quirks.end_in_the_manner_of(start, due) if due else _after_duration(component, start)
    if start is None or component.name == "VJOURNAL":
        return start, None
    end = value_of(component.first("DTEND"), root)
    if end is not None:
        end = quirks.end_in_the_manner_of(start, end)
        if quirks.end_counts(start, end):
            return start, end
    end = _after_duration(component, start)
    if end is not None and quirks.end_counts(start, end):
        return start, end
    return start, later(start, days=1) if start.all_day else start


def zones_only(calendar: Component) -> Component:
    """A stand-in for a VCALENDAR that holds its VTIMEZONEs alone, to be the `root` of many zone look-ups.

    A look-up searches its root from the top, which must not mean 800 overrides. Raises TooLarge beyond MAX_ZONES.
    """
    zones = calendar.components("VTIMEZONE")
    if len(zones) > MAX_ZONES:
        raise TooLarge(f"{len(zones)} VTIMEZONEs in one calendar", hint=f"More than {MAX_ZONES} are not accepted.")
    return Component(calendar.name, list(zones))


def value_of(line: Line | None, root: Component | None) -> Moment | None:
    """The moment of an optional property; None where it is missing, empty or nonsense."""
    if line is None:
        return None
    try:
        return moment(line, root)
    except InvalidData:
        return None


def later(start: Moment, *, days: int = 0, seconds: int = 0) -> Moment:
    """The moment after nominal days and then exact seconds (RFC 5545 §3.3.6); a day begun counts on an all-day value.

    Raises InvalidData beyond the year 9999.
    """
    try:
        if start.all_day:
            days += -(-seconds // _DAY_SECONDS)
            seconds = 0
        local = start.local + timedelta(days=days)
        epoch = to_epoch(local, start.zone) + seconds
        if seconds and start.zone is not None:
            local = datetime.fromtimestamp(epoch, start.zone).replace(tzinfo=None)
        else:
            local += timedelta(seconds=seconds)
        return replace(start, local=local, epoch=epoch if start.zone is not None else wall_seconds(local))
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidData(f"a duration of {days} days after {start.local} is no date") from error


def _after_duration(component: Component, start: Moment) -> Moment | None:
    line = component.first("DURATION")
    if line is None:
        return None
    try:
        days, seconds = quirks.nominal(line.value)
        return later(start, days=days, seconds=seconds)
    except InvalidData:
        return None
