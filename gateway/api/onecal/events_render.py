"""Events as the OneCal dialect shows them: rows of the store in, plain values out (contract C.2, E.1).

Pure, and never raises: whatever a client or an upstream wrote into a calendar has a form here. No text is read. What an
event does not have is left out, but for `recurrence`, which is null then.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.api.calendars import owned, zone_name_of
from gateway.api.onecal import colors
from gateway.api.service import Service
from gateway.api.times import DAY_LENGTH, key_epoch, time_text, zone_of
from storage.ical.alarms import METHODS, minutes_before
from storage.ical.htmltext import text_of
from storage.model import Account, Collection
from storage.records import ComponentRecord, EventRow
from storage.window import shown_at

UTC_NAME = "Etc/UTC"
"""The zone of what has none: whole days, and times that nobody has said the zone of."""

RESPONSES: Mapping[str, str] = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
"""What a PARTSTAT (RFC 5545 §3.2.12) is called; every other one is `needsAction`."""

VISIBILITIES: Mapping[str, str] = {"": "default", "PUBLIC": "public", "CONFIDENTIAL": "confidential"}
"""What a CLASS is called; every other one is `private`."""

TRANSPARENCIES: Mapping[str, str] = {"TRANSPARENT": "transparent", "OPAQUE": "opaque"}
"""What a TRANSP is called, where an event has one."""

OUT_OF_OFFICE, EVENT_TYPES = "outOfOffice", ("default", "outOfOffice", "focusTime")

CONFERENCES: Mapping[str, str] = {
    "hangoutsMeet": "Google Meet",
    "eventHangout": "Google Hangouts",
    "teamsForBusiness": "Microsoft Teams",
    "skypeForBusiness": "Skype for Business",
    "skypeForConsumer": "Skype",
}
"""What people call the services that have meetings, by the word that the mirror keeps."""

COLOR_ID, CUSTOM_COLOR, EVENT_TYPE, CONFERENCE = "colorId", "customColor", "eventType", "conferenceData"
"""Attributes that iCalendar has no property for: the mirror keeps them by these names (`ComponentRecord.raw`)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where events are shown, and how: `own` are the owner's addresses in lower case, `zone` is the calendar's, in
    which floating times are read, `shown` the one that all timed events are shown in; "" for none.
    """

    account: Account
    calendar: Collection
    service: Service
    own: frozenset[str]
    zone: str
    shown: str = ""

    @classmethod
    def of(cls, account: Account, calendar: Collection, service: Service, shown: str = "") -> "Place":
        """What a calendar of an account means for its events."""
        return cls(account, calendar, service, owned(account, calendar), zone_name_of(calendar), shown)

    def shown_in(self, zone: str) -> "Place":
        """The same, with timed events shown in this zone; "": each in its own."""
        return replace(self, shown=zone)


def render(row: EventRow, place: Place) -> dict[str, Any]:
    """An event with every member of C.2 that it has."""
    entry, record, at = row.entry, row.component, row.occurrence
    when = record if at is None else at
    key, master = row.instance, record.recurring and at is None
    end = when.end if when.end is not None else when.start
    start_zone, end_zone = record.start_zone, record.end_zone or record.start_zone
    shown: dict[str, Any] = {
        "id": row.id,
        "title": record.summary,
        "etag": entry.etag,
        "createdAt": _stamp(record.created) or ("" if place.account.mirrored else entry.created),
        "updatedAt": updated_at(row),
        "start": _when(when.start, start_zone, place, all_day=when.all_day, floating=when.floating),
        "end": _when(end, end_zone, place, all_day=when.all_day, floating=when.floating),
        "isAllDay": when.all_day,
        "isRecurring": master,
        "isException": bool(key) and row.master is not None,
        "isCancelled": record.status == "CANCELLED",
        "recurrence": (list(record.recurrence) or None) if master else None,
        "webLink": record.url,
        "iCalUid": entry.uid,
        "eventType": event_type(record),
        "visibility": VISIBILITIES.get(record.classification, "private"),
        "reminders": _reminders(record, place.service),
    }
    if key:
        shown["originalStart"] = _original(row, place)
        if row.master is not None:
            shown["recurringEventId"] = entry.id
    for name in ("createdAt", "start", "end", "originalStart"):
        if not shown.get(name, True):
            del shown[name]
    _say(shown, record, place)
    return shown


def updated_at(row: EventRow) -> str:
    """When an event was changed last, as UTC with milliseconds: what it says itself, else when the mirror heard."""
    record = row.component
    return _stamp(record.last_modified) or _stamp(record.stamped) or row.entry.modified


def event_type(record: ComponentRecord) -> str:
    """What kind of event it is."""
    if record.busy_status == "OOF":
        return OUT_OF_OFFICE
    said = record.raw.get(EVENT_TYPE) if record.raw else None
    return said if said in EVENT_TYPES else EVENT_TYPES[0]


def _say(shown: dict[str, Any], record: ComponentRecord, place: Place) -> None:
    """Add what an event says of itself, and not every event does."""
    if record.description or record.html:
        shown["description"] = record.description or text_of(record.html)
    if record.location:
        shown["location"] = record.location
    if record.transparency in TRANSPARENCIES:
        shown["transparency"] = TRANSPARENCIES[record.transparency]
    if record.attendees:
        shown["attendees"] = [_attendee(each) for each in record.attendees]
        mine = next((each for each in record.attendees if each["email"].lower() in place.own), None)
        if mine is not None:
            shown["myResponseStatus"] = RESPONSES.get(mine["partstat"], "needsAction")
    for each in record.custom:
        name = "privateExtendedProperties" if each["private"] else "publicExtendedProperties"
        shown.setdefault(name, {})[each["key"]] = each["value"]
    raw = record.raw or {}
    if raw.get(COLOR_ID):
        shown[COLOR_ID] = str(raw[COLOR_ID])
    if color := colors.shown(raw.get(CUSTOM_COLOR), record.color):
        shown[CUSTOM_COLOR] = color
    if record.meeting is not None:
        shown[CONFERENCE] = conference(record)
    organizer = _organizer(record, place)
    if organizer is not None:
        shown["organizer"] = organizer
    if (creator := _creator(record, place, organizer)) is not None:
        shown["creator"] = creator


def _organizer(record: ComponentRecord, place: Place) -> dict[str, Any] | None:
    """Who organizes an event: where nobody is said, whose calendar it is."""
    if record.organizer is not None or place.calendar.share is not None:
        return _person(record.organizer, place)
    return _person({"email": place.calendar.email or place.account.email}, place)


def _creator(record: ComponentRecord, place: Place, organizer: dict[str, Any] | None) -> dict[str, Any] | None:
    """Who made an event: where nobody says it, the organizer from elsewhere, or the owner of the account."""
    if record.creator is not None or organizer is None or place.calendar.share is not None:
        return _person(record.creator, place)
    return _person({"email": place.account.email}, place) if organizer["isSelf"] else organizer


def _person(person: Mapping[str, Any] | None, place: Place) -> dict[str, Any] | None:
    if person is None or not (person.get("email") or person.get("name")):
        return None
    shown = {name: person[name] for name in ("name", "email") if person.get(name)}
    return {**shown, "isSelf": shown.get("email", "").lower() in place.own}


def _attendee(person: Mapping[str, Any]) -> dict[str, Any]:
    name, email, status = person["name"], person["email"], RESPONSES.get(person["partstat"], "needsAction")
    if name and email:
        return {"name": name, "email": email, "responseStatus": status}
    return {**({"email": email} if email else {"name": name} if name else {}), "responseStatus": status}


def conference(record: ComponentRecord) -> dict[str, Any] | None:
    """The meeting of an event: what its service says of it, else the same made from its entry points."""
    meeting, own = record.meeting, (record.raw or {}).get(CONFERENCE)
    if meeting is None:
        return None
    points = [
        {"entryPointType": each["type"], "uri": each["uri"], **({"label": each["label"]} if each["label"] else {})}
        for each in meeting["entry_points"]
    ]
    provider, name = meeting["provider"], CONFERENCES.get(meeting["provider"], meeting["provider"])
    if isinstance(own, dict) and _tells_of(own, points):
        details = own
    else:
        details = {"entryPoints": points}
        if provider:
            details["conferenceSolution"] = {"key": {"type": provider}, "name": name}
    found = {
        "conferenceId": meeting["conference_id"],
        "conferenceType": name,
        "joinUrl": next((each["uri"] for each in points if each["entryPointType"] == "video"), ""),
    }
    return {**{key: value for key, value in found.items() if value}, "conferenceDetails": details}


def _tells_of(details: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> bool:
    """Whether details that were kept are still of the meeting with these entry points.

    Another door replaces a meeting without knowing of them: they name addresses then, and none of the meeting's.
    """
    listed = details.get("entryPoints")
    named = [each.get("uri") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return not any(named) or any(each["uri"] in named for each in points)


def _reminders(record: ComponentRecord, service: Service) -> dict[str, Any]:
    """The reminders; those of the calendar (`useDefault`) are Google's alone."""
    said = record.default_reminders
    default = service is Service.GOOGLE and (said if said is not None else not record.alarms)
    overrides = [] if default else list(_overrides(record))
    shown: dict[str, Any] = {"useDefault": default, "isReminderOn": default or bool(overrides)}
    return {**shown, "overrides": overrides} if overrides else shown


def _overrides(record: ComponentRecord) -> Iterator[dict[str, Any]]:
    """The alarms that are so many minutes before the start; others have no form here (E.1c)."""
    for alarm in record.alarms:
        method, minutes = METHODS.get(alarm["action"]), minutes_before(alarm, record)
        if method is not None and minutes is not None:
            yield {"method": method, "minutes": minutes}


def _original(row: EventRow, place: Place) -> dict[str, str] | None:
    """The start that the rule of the master gives: the RECURRENCE-ID, by the clock of the series (D72)."""
    epoch = key_epoch(row.instance)
    if epoch is None:
        return None
    if len(row.instance) == DAY_LENGTH:
        return {"date": time_text(epoch, "", all_day=True, floating=True)}
    said = row.component.instance_zone if row.component.instance_zone != "UTC" else ""
    zone = said or (row.master or row.component).start_zone
    return _when(epoch, zone, place, all_day=False, floating=not row.instance.endswith("Z"))


def _when(epoch: int | None, zone: str, place: Place, *, all_day: bool, floating: bool) -> dict[str, str] | None:
    """A time in its zone with its true offset (D73); a whole day as its midnight."""
    if epoch is None:
        return None
    if all_day:
        day = time_text(epoch, "", all_day=True, floating=True)
        return {"dateTime": f"{day}T00:00:00", "timeZone": UTC_NAME}
    if floating:
        zone = place.zone
        if place.shown and (known := zone_of(zone)) is not None:
            epoch, floating = shown_at(epoch, known), False
    zone = place.shown or zone
    known = zone_of(zone)
    named = UTC_NAME if known is None or zone == "UTC" else zone
    return {"dateTime": time_text(epoch, zone, all_day=False, floating=floating), "timeZone": named}


def _stamp(epoch: int | None) -> str:
    """A moment as UTC with milliseconds, "" for none."""
    return "" if epoch is None else f"{time_text(epoch, 'UTC', all_day=False, floating=False)[:-1]}.000Z"
