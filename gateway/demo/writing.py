"""How the sample calendars are written down: iCalendar text from Python values (RFC 5545)."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.demo.zones import vtimezone
from storage.ical.lines import escape, line

PRODID = "-//CalHarbor//Sample calendars//EN"
_TZID = re.compile(r"TZID=([^:;\r\n]+)[:;]")


def raw(name: str, value: str, **params: str | Sequence[str]) -> str:
    """A content line whose value is written as it stands; `_` in a parameter name stands for `-`."""
    listed = {
        key.replace("_", "-"): (given,) if isinstance(given, str) else tuple(given) for key, given in params.items()
    }
    return line(name, value, listed).raw


def text(name: str, value: str, **params: str | Sequence[str]) -> str:
    """A content line with a TEXT value."""
    return raw(name, escape(value), **params)


def listing(name: str, *values: str) -> str:
    """A content line with several TEXT values (CATEGORIES, RESOURCES)."""
    return raw(name, ",".join(escape(value) for value in values))


def when(name: str, *moments: date | datetime) -> str:
    """A property of dates or date-times, all of one form: a date, UTC, a zone's local time, or floating."""
    first = moments[0]
    values = ",".join(_moment(moment) for moment in moments)
    if not isinstance(first, datetime):
        return raw(name, values, VALUE="DATE")
    zone = first.tzinfo
    return raw(name, values, TZID=zone.key) if isinstance(zone, ZoneInfo) else raw(name, values)


def span(start: date | datetime, length: timedelta, end_zone: str = "") -> str:
    """DTSTART and DTEND; the end in `end_zone` where it is given."""
    if not isinstance(start, datetime) or start.tzinfo is None or not end_zone:
        return when("DTSTART", start) + when("DTEND", start + length)
    end = (start.astimezone(UTC) + length).astimezone(ZoneInfo(end_zone))
    return when("DTSTART", start) + when("DTEND", end)


def alarm(trigger: str, note: str = "Reminder", *, related: str = "START") -> str:
    """A display alarm (RFC 5545 §3.6.6), `trigger` a duration relative to the start or the end."""
    relation = {} if related == "START" else {"RELATED": related}
    return component("VALARM", raw("ACTION", "DISPLAY"), raw("TRIGGER", trigger, **relation), text("DESCRIPTION", note))


def person(name: str, role: str, address: str, **params: str) -> str:
    """An ORGANIZER or ATTENDEE line: `role` is the property's name, `name` the common name."""
    return raw(role, f"mailto:{address}", CN=name, **params)


def component(name: str, *lines: str) -> str:
    """The lines between their BEGIN and END."""
    return "".join((f"BEGIN:{name}\r\n", *lines, f"END:{name}\r\n"))


def calendar(*components: str) -> str:
    """A calendar object with the time zones that its components name."""
    body = "".join(components)
    zones = "".join(vtimezone(name) for name in dict.fromkeys(_TZID.findall(body)))
    head = (raw("VERSION", "2.0"), raw("PRODID", PRODID), raw("CALSCALE", "GREGORIAN"))
    return component("VCALENDAR", *head, zones, body)


def _moment(moment: date | datetime) -> str:
    if not isinstance(moment, datetime):
        return f"{moment:%Y%m%d}"
    return f"{moment:%Y%m%dT%H%M%S}" + ("Z" if moment.tzinfo is UTC else "")
