"""Calendars, events and times as the Access dialect shows them (contract D.1, D.2): plain values out, never raises.

What a key does not see, and what there is not, is left out of an event.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.api.service import Service, service_of
from gateway.api.times import time_text
from storage.ical.zones import iana_name
from storage.permits.asked import Period, Restrictions, SeenBusy, SeenCalendar, SeenPage
from storage.permits.seen import SeenEvent, SeenPerson

READ_ONLY = "Read-only access, cannot create or modify events."
RULES = "Some contacts or domains are blocked from results."

_PROVIDERS = {
    Service.GOOGLE: "GOOGLE",
    Service.OUTLOOK: "M365",
    Service.CALDAV: "CALDAV",
    Service.EXCHANGE: "EXCHANGE",
    Service.ICLOUD: "ICLOUD",
}
_MINUTE = 60


def access_info(restricted: Restrictions) -> str | None:
    """What restricts a key, in words for whoever holds it (D88); None where nothing does."""
    said = [
        _window(restricted.past_days, restricted.future_days),
        READ_ONLY if restricted.read_only else "",
        RULES if restricted.rules else "",
    ]
    return " ".join(filter(None, said)) or None


def _window(past: int | None, future: int | None) -> str:
    if past is None and future is None:
        return ""
    if future is None:
        words = f"Last {past} days onward"
    elif past is None:
        words = f"Up to next {future} days"
    else:
        words = f"Last {past} days to next {future} days"
    return f"Results limited to time window: {words}."


def with_info(answer: dict[str, Any], restricted: Restrictions, email: str | None = None) -> dict[str, Any]:
    """An answer to a GET, with what restricts the key, and on events (`email` given) who is looking."""
    info = access_info(restricted)
    if info is not None:
        answer["accessInfo"] = info
    if email:
        answer["currentUserCalendarEmail"] = email
    return answer


def calendar(seen: SeenCalendar, operator: str) -> dict[str, Any]:
    """A calendar; `operator`: the user whose key it is."""
    place, account = seen.place, seen.account
    service = service_of(account)
    local = not account.mirrored
    address = seen.email if service is Service.GOOGLE else ""
    return {
        "id": seen.number,
        "externalId": place.remote_href or address or place.id,
        "name": place.name,
        "provider": "LOCAL" if local and not account.service else _PROVIDERS[service],
        "timezone": zone_of(seen) or None,
        "isPrimary": seen.primary,
        "isOperatorOwner": place.owner == operator,
        "ownerEmail": seen.email or None,
        "lastSyncedAt": None if local else place.as_of,
    }


def zone_of(seen: SeenCalendar) -> str:
    """The IANA name of a calendar's time zone, "" where it has none."""
    return iana_name(seen.place.timezone) if seen.place.timezone else ""


def event(seen: SeenEvent, zone: str) -> dict[str, Any]:
    """An event as far as it is seen; `zone`: its calendar's (`zone_of`)."""
    shown = {
        "id": seen.id,
        "calendarId": seen.calendar,
        "title": seen.title,
        "description": seen.description,
        "location": seen.location,
        **_times(seen, zone),
        "allDay": seen.all_day,
        "isRecurringEvent": seen.recurring,
        "status": seen.status,
        "organizer": (seen.organizer.email or None) if seen.organizer else None,
        "attendees": None if seen.attendees is None else [_person(each) for each in seen.attendees],
        "joinUrl": seen.joins,
        "labels": None if seen.labels is None else list(seen.labels),
    }
    return {name: value for name, value in shown.items() if value is not None}


def page(seen: SeenPage, zones: Mapping[int, str], now: int) -> dict[str, Any]:
    """A list of events with its `meta`; `zones`: of the calendars, by number."""
    bounds = {"from": seen.start, "to": seen.end}
    return {
        "events": [event(each, zones[each.calendar]) for each in seen.events],
        "meta": {
            "count": len(seen.events),
            "offset": seen.offset,
            "hasMore": seen.more,
            "totalCount": seen.total,
            **{name: utc(at) for name, at in bounds.items() if at is not None},
            "timestamp": utc(now),
        },
    }


def busy(seen: SeenBusy) -> dict[str, Any]:
    """When a calendar is busy and free."""
    return {
        "calendarId": seen.calendar.number,
        "calendarName": seen.calendar.place.name,
        "busy": _periods(seen.busy),
        "free": _periods(seen.free),
    }


def utc(at: int) -> str:
    """A moment as `YYYY-MM-DDTHH:MM:SSZ`."""
    return time_text(at, "UTC", all_day=False, floating=False)


def _times(seen: SeenEvent, zone: str) -> dict[str, Any]:
    """When an event is, in UTC and by the clock of its calendar; a whole day begins at the midnights of both."""
    if seen.start is None or seen.end is None:
        return {}
    floating = bool(seen.all_day)
    return {
        "startUtc": utc(seen.start),
        "endUtc": utc(seen.end),
        "startLocal": time_text(seen.start, zone, all_day=False, floating=floating),
        "endLocal": time_text(seen.end, zone, all_day=False, floating=floating),
        "durationMinutes": (seen.end - seen.start) // _MINUTE,
    }


def _person(seen: SeenPerson) -> dict[str, str]:
    return {"email": seen.email, **({"name": seen.name} if seen.name else {}), "response": seen.response}


def _periods(periods: Sequence[Period]) -> list[dict[str, Any]]:
    return [
        {"startUtc": utc(start), "endUtc": utc(end), "durationMinutes": (end - start) // _MINUTE}
        for start, end in periods
    ]
