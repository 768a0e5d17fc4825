"""Events as the Kloudless dialect shows them: rows of the store in, plain values out (contract A.6, A.7, A.11, E.1).

Pure, and never raises: whatever a client or an upstream wrote into a calendar has a form here. No text is read.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orjson import Fragment, dumps

from gateway.api.answers import begun, encoded, ending
from gateway.api.calendars import owned, zone_name_of
from gateway.api.kloudless.support import EVENT, REMINDERS, SPELLED_OUT
from gateway.api.service import PATTERNED, Service
from gateway.api.times import DAY_LENGTH, key_epoch, time_text, zone_of
from storage.ical.alarms import METHODS, minutes_before
from storage.ical.htmltext import text_of
from storage.memo import Recent
from storage.model import Account, Collection
from storage.records import ComponentRecord, EventRow

_STATUS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "NEEDS-ACTION": "pending"} | {
    "": "pending",
    "DELEGATED": "pending",
}
_VISIBILITY = {"": None, "PUBLIC": "public", "CONFIDENTIAL": "confidential"}
_LACKING = {service: [name for name, have in EVENT.items() if service not in have] for service in Service}
NO_PROVIDER = {Service.GOOGLE: "addOn"}
"""Whose a meeting is said to be where nobody says it; `unknown` on the other services."""
_CODES = ("meeting_code", "access_code", "passcode", "password", "pin")
_RESOURCES = ("RESOURCE", "ROOM")
_OPTIONAL = ("OPT-PARTICIPANT", "NON-PARTICIPANT")


LARGEST_FACE = 8192
"""Octets of what is remembered of one component."""

FaceKey = tuple[Hashable, str, str, str, str, int]

Faces = Recent[FaceKey, bytes]
"""What components look like in answers, as JSON: see `as_json`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where events are shown: their calendar, and how the request wants them.

    `html`: descriptions as HTML, where the service has them (D45). `own`: the owner's addresses in lower case. `zone`:
    the calendar's, in which floating times are read, "" where it has none. `events`: what their addresses begin with.
    `face`: all of it that decides how an event looks.
    """

    account: Account
    calendar: Collection
    service: Service
    raw: bool
    html: bool
    own: frozenset[str]
    zone: str
    events: str
    face: Hashable

    @classmethod
    def of(
        cls,
        account: Account,
        calendar: Collection,
        service: Service,
        base: str,
        *,
        raw: bool = False,
        html: bool = False,
    ) -> "Place":
        """What a calendar of an account means for its events; `base`: scheme and host of the request."""
        events = f"{base}/v1/accounts/{account.id}/cal/calendars/{calendar.id}/events/"
        own, zone = owned(account, calendar), zone_name_of(calendar)
        face = (account.id, account.email, account.mirrored, calendar.email, service, html, own, zone, events)
        return cls(account, calendar, service, raw, html, own, zone, events, face)


def render(row: EventRow, place: Place) -> dict[str, Any]:
    """An event with every attribute of A.6, null where the service has it not; `raw` only where it is wanted."""
    shown = _of_instance(row, place) | _of_component(row, place)
    if place.raw:
        shown["raw"] = _raw(row, place, shown)
    return shown


def as_json(rows: Sequence[EventRow], place: Place, faces: Faces) -> list[Fragment]:
    """The same of each row, already JSON. What its component decides is rendered once, and remembered.

    Not so of what others share: who is asking decides how much of it is shown.
    """
    if place.raw or place.calendar.share is not None:
        return [encoded(render(row, place)) for row in rows]
    keys = [_face_key(row, place) for row in rows]
    known = faces.of(keys)
    fresh: dict[FaceKey, bytes] = {}
    for key, row in zip(keys, rows, strict=True):
        if key not in known:
            known[key] = fresh[key] = ending(_of_component(row, place)) if row.instance else dumps(render(row, place))
    faces.put({key: face for key, face in fresh.items() if len(face) <= LARGEST_FACE})
    return [
        begun(_of_instance(row, place), known[key]) if row.instance else Fragment(known[key])
        for key, row in zip(keys, rows, strict=True)
    ]


def _face_key(row: EventRow, place: Place) -> FaceKey:
    """All that decides what is remembered: of an instance what it shares with others, of anything else the whole."""
    entry, at = row.entry, row.occurrence
    position = at.position if at else -1
    return place.face, entry.id, entry.hash, entry.created, entry.modified, position


def _of_component(row: EventRow, place: Place) -> dict[str, Any]:
    """What is the same of all instances that a component describes."""
    entry, record, account, service = row.entry, row.component, place.account, place.service
    organizer = organizer_of(record, place)
    reminders = list(_reminders(record, service))[: REMINDERS[service]] if record.alarms else []
    default = record.default_reminders if record.default_reminders is not None else not record.alarms
    said = record.organizer
    shown = {
        "account_id": str(account.id),
        "calendar_id": place.calendar.id,
        "ical_uid": entry.uid,
        "name": record.summary,
        "description": _description(record, place),
        "created": _stamp(record.created) or (None if account.mirrored else entry.created),
        "modified": _stamp(record.last_modified) or _stamp(record.stamped) or entry.modified,
        "organizer": organizer,
        "on_organizer_calendar": said is None or said["email"].lower() in place.own,
        "creator": _creator(record, place) if service is Service.GOOGLE else None,
        "attendees": [_attendee(each) for each in record.attendees],
        "location": record.location or None,
        "reminder": reminders[0]["minutes"] if reminders else None,
        "use_default_reminder": default,
        "reminders": [] if record.default_reminders and service is Service.GOOGLE else reminders,
        "custom_properties": [dict(each) for each in record.custom],
        "online_meeting": _meeting(record.meeting, service),
        "visibility": _VISIBILITY.get(record.classification, "private"),
        "transparent": record.transparency == "TRANSPARENT",
        "status": "cancelled" if record.status == "CANCELLED" else "confirmed",
        "type": "event",
        "api": "calendar",
    }
    return _without_lacking(shown, service)


def _of_instance(row: EventRow, place: Place) -> dict[str, Any]:
    """What each instance has of its own: what it is called, and when it is."""
    entry, record, at = row.entry, row.component, row.occurrence
    if at is None:
        start, end, all_day, floating, key = record.start, record.end, record.all_day, record.floating, ""
    else:
        start, end, all_day, floating, key = at.start, at.end, at.all_day, at.floating, at.recurrence_id
    event_id = f"{entry.id}_{key}" if key else entry.id
    start_zone, end_zone = (place.zone, place.zone) if floating else (record.start_zone, record.end_zone)
    kind = "recurring" if key else "recurring_master" if record.recurring and at is None else "solo"
    shown = {
        "id": event_id,
        "all_day": all_day,
        "start": _time(start, start_zone, all_day=all_day, floating=floating),
        "end": _time(end if end is not None else start, end_zone, all_day=all_day, floating=floating),
        "start_time_zone": None if all_day else _zone_name(start_zone),
        "end_time_zone": None if all_day else _zone_name(end_zone or start_zone),
        "original_start": None,
        "original_start_time_zone": None,
        "attachments": [_attachment(each, event_id, place) for each in record.attachments],
        "recurrence": recurrence_of(record, place.service) if kind == "recurring_master" else [],
        "recurrence_type": kind,
        "recurring_master_id": entry.id if key and row.master is not None else None,
        "href": place.events + event_id,
    }
    if key:
        shown["original_start"], shown["original_start_time_zone"] = _original(row, place)
    return _without_lacking(shown, place.service)


def _without_lacking(shown: dict[str, Any], service: Service) -> dict[str, Any]:
    """The same, null where the service has no such attribute."""
    for name in _LACKING[service]:
        if name in shown:
            shown[name] = None
    return shown


def recurrence_of(record: ComponentRecord, service: Service) -> list[dict[str, Any]]:
    """The lines of a series; where it is one pattern, its rule, so that what is shown can be sent back."""
    rules = [line for line in record.recurrence if line.startswith("RRULE")] if service in PATTERNED else []
    return [{"rrule": line} for line in rules or record.recurrence]


def _original(row: EventRow, place: Place) -> tuple[str | None, str | None]:
    """The start that the rule of the master gives, and its zone: the RECURRENCE-ID, by the clock of the series."""
    key = row.instance
    epoch = key_epoch(key)
    if epoch is None:
        return None, None
    all_day, floating = len(key) == DAY_LENGTH, not key.endswith("Z")
    said = row.component.instance_zone if row.component.instance_zone != "UTC" else ""
    zone = place.zone if floating else said or (row.master or row.component).start_zone
    shown = _time(epoch, zone, all_day=all_day, floating=floating)
    return shown, None if all_day else _zone_name(zone)


def _description(record: ComponentRecord, place: Place) -> str | None:
    html = record.html
    if html and (place.service is Service.EXCHANGE or (place.html and place.service is Service.OUTLOOK)):
        return html
    return record.description or (text_of(html) if html else "") or None


def _person(person: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if person is None:
        return None
    return {"id": None, "name": person.get("name") or None, "email": person.get("email") or None}


def organizer_of(record: ComponentRecord, place: Place) -> dict[str, Any] | None:
    """Who organizes an event; Google names somebody for every event: where nobody is said, whose calendar it is."""
    if record.organizer is not None or place.service is not Service.GOOGLE or place.calendar.share is not None:
        return _person(record.organizer)
    return _person({"email": place.calendar.email or place.account.email})


def _creator(record: ComponentRecord, place: Place) -> dict[str, Any] | None:
    """Who made an event: where nobody says it, the organizer from elsewhere, or the owner of the account."""
    organizer = organizer_of(record, place)
    if record.creator is not None or organizer is None or place.calendar.share is not None:
        return _person(record.creator)
    ours = (organizer["email"] or "").lower() in place.own
    return _person({"email": place.account.email}) if ours else organizer


def _attendee(person: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": None,
        "name": person["name"] or None,
        "email": person["email"] or None,
        "status": _STATUS.get(person["partstat"]),
        "required": person["role"] not in _OPTIONAL,
        "resource": person["cutype"] in _RESOURCES,
    }


def _attachment(file: Mapping[str, Any], event_id: str, place: Place) -> dict[str, Any]:
    url = file["uri"] or f"{place.events}{event_id}/attachments/{file['id']}"
    return {"id": file["id"], "name": file["name"] or None, "url": url, "mime_type": file["mime"] or None}


def _reminders(record: ComponentRecord, service: Service) -> Iterable[dict[str, Any]]:
    """The alarms that are so many minutes before the start; others have no form here (E.1c)."""
    for alarm in record.alarms:
        method, minutes = METHODS.get(alarm["action"]), minutes_before(alarm, record)
        if method is None or minutes is None or (method == "email" and service in (Service.OUTLOOK, Service.EXCHANGE)):
            continue
        popup = email = None
        if service in SPELLED_OUT and method == "popup":
            popup = alarm["description"] if alarm["action"] == "DISPLAY" else None
        elif service in SPELLED_OUT:
            email = {"summary": alarm["summary"], "description": alarm["description"], "to": list(alarm.get("to", ()))}
        yield {"minutes": minutes, "method": method, "popup": popup, "email": email}


def _meeting(meeting: Mapping[str, Any] | None, service: Service) -> dict[str, Any] | None:
    if meeting is None:
        return None
    return {
        "conference_id": meeting["conference_id"] or None,
        "online_meeting_provider": meeting["provider"] or NO_PROVIDER.get(service, "unknown"),
        "entry_points": [_entry_point(each) for each in meeting["entry_points"]],
        "notes": meeting["notes"] or None,
        "signature": meeting["signature"] or None,
    }


def _entry_point(point: Mapping[str, Any]) -> dict[str, Any]:
    codes = point["codes"] or {}
    return {"uri": point["uri"], "entry_point_type": point["type"], **{name: codes.get(name) for name in _CODES}}


def _raw(row: EventRow, place: Place, shown: Mapping[str, Any]) -> dict[str, Any]:
    """What the service has of an event (D09)."""
    entry = row.entry
    if place.service is Service.EXCHANGE:
        return {"id": row.id}
    if place.service in (Service.CALDAV, Service.ICLOUD):
        href = f"/dav/{place.calendar.user}/{place.calendar.slug}/{entry.href}"
        return {"format": "text/calendar", "data": entry.text, "etag": entry.etag, "href": href}
    google = place.service is Service.GOOGLE
    attributes = {
        "id": row.id,
        "iCalUID" if google else "iCalUId": entry.uid,
        "summary" if google else "subject": shown["name"],
        "start": {"dateTime": shown["start"], "timeZone": shown["start_time_zone"]},
        "end": {"dateTime": shown["end"], "timeZone": shown["end_time_zone"]},
    }
    return {**attributes, **(row.component.raw or {})}


def _time(epoch: int | None, zone: str, *, all_day: bool, floating: bool) -> str | None:
    return None if epoch is None else time_text(epoch, zone, all_day=all_day, floating=floating)


def _stamp(epoch: int | None) -> str | None:
    return _time(epoch, "UTC", all_day=False, floating=False)


def _zone_name(zone: str) -> str | None:
    """The name of a zone that everybody knows."""
    return zone if zone_of(zone) is not None else None
