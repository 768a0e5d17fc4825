"""`freebusy.query`: when calendars are busy, without what for."""

from typing import Any

from tests.upstreams.google.asked import Call
from tests.upstreams.google.discovery import without_nulls
from tests.upstreams.google.listing import Lists, Window
from tests.upstreams.google.refusal import invalid, required
from tests.upstreams.google.state import Account, Calendar
from tests.upstreams.google.times import instant

Json = dict[str, Any]

MOST_CALENDARS = 50


def query(account: Account, lists: Lists, call: Call) -> Json:
    """Busy periods of each calendar asked for; one that is not known says so and spoils no other."""
    asked = without_nulls(call.body)
    for name in ("timeMin", "timeMax"):
        if name not in asked:
            raise required(f"Missing {name}.", name)
    window = Window(asked)
    if asked.get("calendarExpansionMax", 1) > MOST_CALENDARS:
        raise invalid("calendarExpansionMax is at most 50.", "calendarExpansionMax")
    found: dict[str, Json] = {}
    items = asked.get("items", [])
    for each in items:
        id_ = each["id"]
        calendar = account.calendars.get(account.email if id_ == "primary" else id_)
        if len(items) > asked.get("calendarExpansionMax", MOST_CALENDARS):
            found[id_] = {"errors": [{"domain": "global", "reason": "tooManyCalendarsRequested"}], "busy": []}
        elif calendar is None or calendar.deleted or calendar.role == "none":
            found[id_] = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        else:
            found[id_] = {"busy": _busy(lists, calendar, window)}
    bounds = {name: asked[name] for name in ("timeMin", "timeMax")}
    return {"kind": "calendar#freeBusy", "calendars": found} | bounds


def _busy(lists: Lists, calendar: Calendar, window: Window) -> list[Json]:
    """The spans of what takes time and was not declined, joined where they touch, cut at the window."""
    spans = []
    for event in lists.expanded(calendar, window):
        declined = any(each.get("self") and each["responseStatus"] == "declined" for each in event.get("attendees", ()))
        if event["status"] != "cancelled" and event.get("transparency") != "transparent" and not declined:
            spans.append((instant(event["start"], calendar.zone), instant(event["end"], calendar.zone)))
    joined: list[list[Any]] = []
    for start, end in sorted(spans):
        start, end = max(start, window.start or start), min(end, window.end or end)
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return [{"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"} for start, end in joined]
