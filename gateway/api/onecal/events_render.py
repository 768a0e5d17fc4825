"""Events as the OneCal dialect shows them: rows of the store in, plain values out (contract C.2, E.1).

Pure, and never raises: whatever a client or an upstream wrote into a calendar has a form here. No text is read. What an
event does not have is left out, but for `recurrence`, which is null then.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.api.calendars import owned, zone_name_of
from gateway.api.reminders import METHODS, minutes_before
from gateway.api.service import Service
from gateway.api.times import DAY_LENGTH, key_epoch, time_text, zone_of
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

_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


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
    all_day, floating, key = when.all_day, when.floating, row.instance
    start, end = when.start, when.end if when.end is not None else when.start
    shown: dict[str, Any] = {
        "id": row.id,
        "title": record.summary,
        "etag": entry.etag,
        "createdAt": _stamp(record.created) or ("" if place.account.mirrored else entry.created),
        "updatedAt": updated_at(row),
        "start": _when(start, record.start_zone, place, all_day=all_day, floating=floating),
        "end": _when(end, record.end_zone or record.start_zone, place, all_day=all_day, floating=floating),
        "isAllDay": all_day,
        "isRecurring": record.recurring and at is None,
        "isException": bool(key) and row.master is not None,
        "isCancelled": record.status == "CANCELLED",
        "recurringEventId": entry.id if key and row.master is not None else "",
        "originalStart": _original(row, place) if key else None,
        **_described(record, place),
        "webLink": record.url,
        "iCalUid": entry.uid,
        "eventType": event_type(record),
        "reminders": _reminders(record, place.service),
    }
    kept = {name: value for name, value in shown.items() if value not in (None, "", [], {}) or name in _ALWAYS}
    kept["recurrence"] = (list(record.recurrence) or None) if record.recurring and at is None else None
    return kept


_ALWAYS = frozenset({"title", "webLink"})


def updated_at(row: EventRow) -> str:
    """When an event was changed last, as UTC with milliseconds: what it says itself, else when the mirror heard."""
    record = row.component
    return _stamp(record.last_modified) or _stamp(record.stamped) or row.entry.modified


def event_type(record: ComponentRecord) -> str:
    """What kind of event it is."""
    if record.busy_status == "OOF":
        return OUT_OF_OFFICE
    said = (record.raw or {}).get(EVENT_TYPE)
    return said if said in EVENT_TYPES else EVENT_TYPES[0]


def _described(record: ComponentRecord, place: Place) -> dict[str, Any]:
    """What an event says of itself."""
    raw = record.raw or {}
    mine = next((each for each in record.attendees if each["email"].lower() in place.own), None)
    custom = raw.get(CUSTOM_COLOR)
    organizer = _organizer(record, place)
    return {
        "description": record.description or (text_of(record.html) if record.html else ""),
        "location": record.location,
        "publicExtendedProperties": {each["key"]: each["value"] for each in record.custom if not each["private"]},
        "privateExtendedProperties": {each["key"]: each["value"] for each in record.custom if each["private"]},
        "colorId": str(raw.get(COLOR_ID) or ""),
        "customColor": custom.lower() if isinstance(custom, str) and _HEX.fullmatch(custom) else "",
        "myResponseStatus": _response(mine) if mine else "",
        "attendees": [_attendee(each) for each in record.attendees],
        "visibility": VISIBILITIES.get(record.classification, "private"),
        "conferenceData": conference(record),
        "transparency": record.transparency.lower() if record.transparency in ("OPAQUE", "TRANSPARENT") else "",
        "organizer": organizer,
        "creator": _creator(record, place, organizer),
    }


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
    email = person.get("email") or ""
    return {**_named(person), "isSelf": email.lower() in place.own}


def _named(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: person[name] for name in ("name", "email") if person.get(name)}


def _attendee(person: Mapping[str, Any]) -> dict[str, Any]:
    return {**_named(person), "responseStatus": _response(person)}


def _response(person: Mapping[str, Any]) -> str:
    return RESPONSES.get(person["partstat"], "needsAction")


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
    details = own if isinstance(own, dict) else {"entryPoints": points}
    if provider and not isinstance(own, dict):
        details["conferenceSolution"] = {"key": {"type": provider}, "name": name}
    found = {
        "conferenceId": meeting["conference_id"],
        "conferenceType": name,
        "joinUrl": next((each["uri"] for each in points if each["entryPointType"] == "video"), ""),
    }
    return {**{key: value for key, value in found.items() if value}, "conferenceDetails": details}


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
