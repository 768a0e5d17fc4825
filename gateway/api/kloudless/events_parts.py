"""The sub-objects of an event that clients send (contract A.7): people, reminders, properties, meetings, raw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.api.body import Body
from gateway.api.kloudless import raw_object
from gateway.api.kloudless.errors import ApiError
from gateway.api.kloudless.events_render import NO_PROVIDER
from gateway.api.kloudless.support import CALDAV, EXCHANGE, GOOGLE, ICLOUD, OUTLOOK
from gateway.api.reminders import with_default
from gateway.api.service import Service
from storage.editing.change import KEEP, Custom, Given, Guest, RawProperty, Reminder, Set
from storage.editing.editor import Editor
from storage.ical.conference import CODES, EntryPoint, Meeting, scheme_of
from storage.records import ComponentRecord

STATUSES: Mapping[str, str] = {
    "accepted": "ACCEPTED",
    "declined": "DECLINED",
    "tentative": "TENTATIVE",
    "pending": "NEEDS-ACTION",
}
"""The answers of attendees as PARTSTAT (contract E.1a)."""

CLASSES: Mapping[str, str | None] = {
    "default": None,
    "public": "PUBLIC",
    "private": "PRIVATE",
    "confidential": "CONFIDENTIAL",
}

_OF_EVERY = ("id", "start", "end", "attendees", "organizer", "location", "recurrence", "attachments", "iCalUId", "type")
UNIFIED: Mapping[Service, frozenset[str]] = {
    GOOGLE: frozenset(
        {*_OF_EVERY, "iCalUID", "summary", "description", "creator", "created", "updated", "etag", "sequence", "status"}
        | {"reminders", "visibility", "transparency", "extendedProperties", "conferenceData", "hangoutLink", "kind"}
        | {"htmlLink", "recurringEventId", "originalStartTime"}
    ),
    OUTLOOK: frozenset(
        {*_OF_EVERY, "subject", "body", "bodyPreview", "isAllDay", "locations", "showAs", "isReminderOn", "changeKey"}
        | {"reminderMinutesBeforeStart", "onlineMeeting", "isOnlineMeeting", "onlineMeetingProvider", "isCancelled"}
        | {"createdDateTime", "lastModifiedDateTime", "seriesMasterId", "originalStart", "isOrganizer", "webLink"}
        | {"singleValueExtendedProperties", "hasAttachments", "originalStartTimeZone", "originalEndTimeZone"}
    ),
    EXCHANGE: frozenset({*_OF_EVERY, "Subject", "Body", "Start", "End", "Location", "ItemId", "UID", "Recurrence"}),
}
"""Attributes of a service that `raw.object` cannot set, because they have a member of their own (D09)."""

MOST_REMINDERS: Mapping[Service, int] = {GOOGLE: 5, OUTLOOK: 1, EXCHANGE: 1, CALDAV: 1_000, ICLOUD: 1_000}
"""How many reminders an event has; those of CalDAV have no limit that a person would meet."""

PROVIDERS: Mapping[Service, tuple[str, ...]] = {
    GOOGLE: ("hangoutsMeet", "eventHangout", "eventNamedHangout", "addOn"),
    OUTLOOK: ("unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"),
}
"""Whose online meetings a service makes, its default in front; others take any word."""

MOST_ATTENDEES, MOST_PROPERTIES, MOST_POINTS = 1_000, 500, 100
LONGEST_NAME, LONGEST_TEXT, LONGEST_KEY = 1_000, 50_000, 1_000
LONGEST_BEFORE = 100 * 366 * 24 * 60
"""Minutes before an event beyond which nobody wants to be reminded of it."""

_MAIL = "Reminder"


@dataclass(frozen=True, slots=True)
class Parts:
    """Reads the sub-objects of one body by the rules of a service. `before` is the event that it changes."""

    service: Service
    body: Body
    editor: Editor
    before: ComponentRecord | None

    @property
    def _detailed(self) -> bool:
        """Whether reminders carry all that a VALARM needs (D29)."""
        return self.service in (CALDAV, ICLOUD)

    def organizer(self) -> Given[Guest]:
        """Who calls the meeting together."""
        given = self.body.child("organizer")
        if given is None:
            return KEEP
        return Guest(given.address("email"), given.printable("name", most=LONGEST_NAME))

    def attendees(self) -> tuple[Set[tuple[Guest, ...]], Set[str]]:
        """Who shall attend, or, from somebody who does not organize the event, only their own answer (D42)."""
        given = self.body.children("attendees", most=MOST_ATTENDEES) or []
        guests = tuple(self._guest(each) for each in given)
        repeated = {each.email.lower() for each in guests}
        if len(repeated) < len(guests):
            raise self.body.wrong("attendees", "one address is there twice")
        organizer = self.before.organizer if self.before is not None else None
        if organizer is None or self.editor.owns(str(organizer["email"])):
            return guests, KEEP
        mine = next((each for each in guests if self.editor.owns(each.email)), None)
        if mine is None:
            raise self.body.wrong("attendees", "the organizer alone changes the list; give your own entry to answer")
        invited = self.before.attendees if self.before is not None else ()
        if not any(self.editor.owns(str(each["email"])) for each in invited):
            raise ApiError(403, "permission_denied", "attendees: you are not invited to this event")
        return KEEP, mine.status if mine.status is not None else KEEP

    def _guest(self, given: Body) -> Guest:
        if self.before is None and "name" not in given:
            raise given.wrong("name", "is required")
        status = given.choice("status", tuple(STATUSES))
        return Guest(
            given.address("email"),
            given.printable("name", most=LONGEST_NAME),
            STATUSES[status] if status is not None else None,
            given.flag("required"),
        )

    def reminders(self) -> tuple[Set[tuple[Reminder, ...]], Set[bool]]:
        """The reminders, and whether they are the calendar's own (D24, D40)."""
        given = self._reminders()
        if self.service is not GOOGLE:
            return given, KEEP
        asked = "use_default_reminder" in self.body
        default = self.body.flag("use_default_reminder") is not False if asked else None
        return with_default(given, default, self.before)

    def _reminders(self) -> Set[tuple[Reminder, ...]]:
        if "reminders" in self.body:
            items = self.body.children("reminders", most=MOST_REMINDERS[self.service]) or []
            return tuple(self._reminder(each) for each in items)
        if "reminder" not in self.body or self.service not in (OUTLOOK, EXCHANGE):
            return KEEP
        minutes = self.body.number("reminder", 0, LONGEST_BEFORE)
        return () if minutes is None else (Reminder(minutes),)

    def _reminder(self, given: Body) -> Reminder:
        given.need("minutes")
        minutes = given.number("minutes", 0, LONGEST_BEFORE) or 0
        by_mail = self.service not in (OUTLOOK, EXCHANGE)
        method = given.choice("method", ("popup", "email") if by_mail else ("popup",)) or "popup"
        if not self._detailed:
            if method == "popup":
                return Reminder(minutes)
            return Reminder(minutes, _MAIL, self.editor.addresses[:1] or ("",), _MAIL)
        if method == "popup":
            if "popup" not in given or not self._rings:
                given.need("popup")
            return Reminder(minutes, given.printable("popup", most=LONGEST_TEXT))
        given.need("email")
        mail = given.child("email")
        assert mail is not None
        mail.need("summary", "description", "to")
        to = tuple(mail.checked_address("to", each) for each in mail.texts("to", most=MOST_ATTENDEES) or [])
        if not to:
            raise mail.wrong("to", "must not be empty")
        text = mail.printable("description", most=LONGEST_TEXT)
        return Reminder(minutes, text, to, mail.printable("summary", most=LONGEST_NAME) or "")

    @property
    def _rings(self) -> bool:
        """Whether the event has an alarm that sounds, and so has no text to be given back."""
        return self.before is not None and any(each["action"] == "AUDIO" for each in self.before.alarms)

    def visibility(self) -> str | None:
        """Who may see the event, as a CLASS."""
        given = self.body.choice("visibility", tuple(CLASSES))
        return CLASSES[given] if given is not None else None

    def custom(self) -> Given[tuple[Custom, ...]]:
        """The custom properties that change; Graph has one scope (contract E.1)."""
        given = self.body.children("custom_properties", most=MOST_PROPERTIES)
        if given is None:
            return None
        found = tuple(self._custom(each) for each in given)
        if len({(each.key, each.private) for each in found}) < len(found):
            raise self.body.wrong("custom_properties", "one key is there twice")
        return found

    def _custom(self, given: Body) -> Custom:
        given.need("key")
        key = given.printable("key", most=LONGEST_KEY) or ""
        if not key.strip() or "\n" in key or "\r" in key:
            raise given.wrong("key", "must be a word")
        if "value" not in given:
            raise given.wrong("value", "is required; null deletes the property")
        private = given.flag("private")
        value = given.printable("value", most=LONGEST_TEXT)
        return Custom(key, value, True if self.service is OUTLOOK else private)

    def meeting(self) -> Given[Meeting]:
        """The online meeting; one that is there can be removed, but not changed (contract A.10)."""
        given = self.body.child("online_meeting")
        known = self.before.meeting if self.before is not None else None
        if given is None:
            return None if known is not None else KEEP
        wanted = self._meeting(given)
        if known is None:
            bare = self._detailed and not wanted.entry_points
            return KEEP if bare else wanted
        if not self._is(known, wanted, given):
            raise self.body.wrong("online_meeting", "cannot be changed; remove it with null, then add another")
        return KEEP

    def _meeting(self, given: Body) -> Meeting:
        choices = PROVIDERS.get(self.service)
        if self.service is not OUTLOOK:
            given.need("online_meeting_provider")
        provider = given.printable("online_meeting_provider", most=LONGEST_NAME)
        if choices is not None and provider is not None and provider not in choices:
            raise given.wrong("online_meeting_provider", f"must be one of {', '.join(choices)}")
        points = tuple(self._point(each) for each in given.children("entry_points", most=MOST_POINTS) or [])
        notes = given.printable("notes", most=LONGEST_TEXT)
        if self.service is OUTLOOK:
            return Meeting(provider or "unknown")
        return Meeting(provider or "", points, notes=(notes or "") if self.service is GOOGLE else "")

    def _point(self, given: Body) -> EntryPoint:
        given.need("uri")
        uri = (given.text("uri", most=LONGEST_NAME * 2) or "").strip()
        if scheme_of(uri) not in ("http", "https", "tel", "sip") or any(each <= " " for each in uri):
            raise given.wrong("uri", "must begin with http:, https:, tel: or sip:")
        kind = given.choice("entry_point_type", ("video", "phone", "sip", "more")) or "video"
        codes = {name: given.printable(name, most=LONGEST_NAME) for name in CODES}
        said = {name: code for name, code in codes.items() if code and self.service is GOOGLE}
        return EntryPoint(uri, kind, codes=said or None)

    def _is(self, known: Mapping[str, Any], wanted: Meeting, given: Body) -> bool:
        """Whether what is given of a meeting is what it is."""
        if wanted.provider not in (known["provider"], known["provider"] or NO_PROVIDER.get(self.service, "unknown")):
            return False
        if given.value("entry_points") is not None and self.service is not OUTLOOK:
            points = [(each["uri"], each["type"], each["codes"] or None) for each in known["entry_points"]]
            coded = points if self.service is GOOGLE else [(uri, kind, None) for uri, kind, _codes in points]
            if coded != [(each.uri, each.type, each.codes) for each in wanted.entry_points]:
                return False
        return given.value("notes") is None or self.service is not GOOGLE or (known.get("notes") or "") == wanted.notes

    def raw(self) -> dict[str, RawProperty | None]:
        """The properties of the text that `raw.object` sets on caldav and icloud (D09)."""
        return raw_object.properties(self.body) if self._detailed else {}

    def attributes(self) -> dict[str, Any]:
        """The attributes that `raw.object` sets on the other services; unified ones do not count."""
        return raw_object.attributes(self.body, UNIFIED[self.service]) if not self._detailed else {}
