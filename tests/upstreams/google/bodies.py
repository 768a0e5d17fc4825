"""What Google takes of a written event, property by property: limits, what is dropped in silence, what is refused."""

import re
from collections.abc import Mapping
from typing import Any

from tests.upstreams.google.refusal import empty_range, invalid, not_organizer, required
from tests.upstreams.google.series import checked_recurrence
from tests.upstreams.google.state import Account, Calendar
from tests.upstreams.google.times import checked, instant

Json = dict[str, Any]

TYPES = ("default", "birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation")
TYPED = {name: f"{name}Properties" for name in ("birthday", "focusTime", "outOfOffice", "workingLocation")}
SHARED = ("guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests", "anyoneCanAddSelf")
TRUE_BY_DEFAULT = ("guestsCanInviteOthers", "guestsCanSeeOtherGuests")
MAIN = ("summary", "description", "location", "start", "end", "recurrence")
PLAIN = ("summary", "description", "location", "transparency", "visibility", "status", "source", "gadget")
"""What is kept just as it was written."""
READ_ONLY = (
    *("id", "etag", "kind", "htmlLink", "created", "updated", "creator", "organizer", "iCalUID", "recurringEventId"),
    *("originalStartTime", "hangoutLink", "locked", "privateCopy", "eventType", "birthdayProperties"),
)
ENUMS = {
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
    "status": ("confirmed", "tentative", "cancelled"),
}
RESPONSES = ("needsAction", "declined", "tentative", "accepted")
STRICTNESS = ("public", "default", "confidential", "private")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class Body:
    """Brings a body as written into the state of an event: `Body(…).event` is what is kept.

    `old` is the event as it was (empty for a new one, whose organizer `wanted` names), `wanted` the body with what a
    PATCH left out filled in from it.
    """

    def __init__(self, account: Account, calendar: Calendar, old: Json, wanted: Json, query: Mapping[str, Any]) -> None:
        self.account, self.calendar = account, calendar
        self.old, self.wanted, self.query = old, wanted, query
        self.event: Json = {name: old[name] for name in READ_ONLY if name in old}
        if not old:
            self.event["organizer"] = wanted["organizer"]
        self.guest = "self" not in old.get("organizer", {"self": True})
        for name in (name for name in (*PLAIN, *SHARED) if name in wanted):
            self.event[name] = wanted[name]
        self._type()
        self._plain()
        self._times()
        self._sequence()
        self._guests()
        self._reminders()
        self._extended()
        self._attachments()
        self._colour()
        self._conference()

    def _type(self) -> None:
        kind = self.wanted.get("eventType", self.old.get("eventType", "default"))
        if kind not in TYPES or kind != self.old.get("eventType", kind):
            raise invalid("Event type cannot be changed.", "eventType")
        if kind == "fromGmail" and not self.old:
            raise invalid("Events of this type cannot be created.", "eventType")
        self.event["eventType"] = kind
        for each, member in TYPED.items():
            if member in self.wanted and kind != each:
                raise invalid(f"{member} are not valid for events of the type {kind}.", member)
            if member in self.wanted and member not in self.event:
                self.event[member] = self.wanted[member]
        if kind == "birthday":
            born = self.event.setdefault("birthdayProperties", {"type": "birthday"})
            if born.setdefault("type", "birthday") != "birthday" and not self.old:
                raise invalid("Only birthdays can be created.", "birthdayProperties")
            if "date" not in self.wanted.get("start", {}):
                raise invalid("A birthday is an all-day event.", "start")

    def _plain(self) -> None:
        for name, values in ENUMS.items():
            if self.event.get(name, values[0]) not in values:
                raise invalid(f"Invalid value for: {name}", name)
        for name, value in (("transparency", "opaque"), ("visibility", "default")):
            if self.event.get(name) == value:
                del self.event[name]
        self.event.setdefault("status", "confirmed")
        if self.guest and not self.old.get("guestsCanModify"):
            if any(self.event.get(name) != self.old.get(name) for name in SHARED):
                raise not_organizer()
            if self.old.get("locked") and any(self.wanted.get(name) != self.old.get(name) for name in MAIN):
                raise not_organizer()
        for name in SHARED:
            if self.event.get(name) is (name in TRUE_BY_DEFAULT):
                del self.event[name]

    def _times(self) -> None:
        lines = self.wanted.get("recurrence", [])
        if lines and "recurringEventId" in self.old:
            raise invalid("An instance of a recurring event has no recurrence of its own.", "recurrence")
        for which in ("start", "end"):
            if which not in self.wanted:
                raise required(f"Missing {which} time.", which)
            self.event[which] = checked(self.wanted[which], which, self.calendar.zone, recurring=bool(lines))
        start, end = self.event["start"], self.event["end"]
        if ("date" in start) != ("date" in end):
            raise invalid("Start and end must both be dates or both be times.", "end")
        if (first := instant(start, "UTC")) > (last := instant(end, "UTC")) or ("date" in start and first == last):
            raise empty_range()
        if lines:
            self.event["recurrence"] = lines
            checked_recurrence(self.event | {"id": "x"})

    def _sequence(self) -> None:
        before, wanted = self.old.get("sequence", 0), self.wanted.get("sequence", 0)
        if wanted < before:
            raise invalid("Invalid sequence value.", "sequence")
        times = ("start", "end", "recurrence")
        moved = bool(self.old) and any(self.event.get(name) != self.old.get(name) for name in times)
        self.event["sequence"] = max(wanted, before + 1) if moved else wanted

    def _guests(self) -> None:
        guests = [dict(each) for each in self.wanted.get("attendees", ())]
        known = {each["email"]: each for each in self.old.get("attendees", ())}
        if self.guest:
            guests = self._as_guest(guests, known, invites=bool(self.old.get("guestsCanInviteOthers", True)))
        for each in guests:
            if not ADDRESS.fullmatch(each.get("email", "")):
                raise invalid("Invalid attendee email.", "attendees")
            if each.setdefault("responseStatus", "needsAction") not in RESPONSES:
                raise invalid("Invalid value for: responseStatus", "attendees")
            for name in ("self", "organizer"):
                each.pop(name, None)
            if each["email"] in known:  # only when somebody is added
                each.pop("resource", None)
                each |= {"resource": True} if known[each["email"]].get("resource") else {}
            for name in [name for name in ("optional", "resource") if each.get(name) is False]:
                del each[name]
            if each["email"] in self._own():
                each["self"] = True
            if each["email"] == self.event["organizer"]["email"]:
                each["organizer"] = True
        if len({each["email"] for each in guests}) < len(guests):
            raise invalid("Duplicate attendee.", "attendees")
        if guests:
            self.event["attendees"] = guests

    def _own(self) -> set[str]:
        return {self.account.email} if self.calendar.primary else {self.calendar.id}

    def _as_guest(self, guests: list[Json], known: Mapping[str, Json], *, invites: bool) -> list[Json]:
        """A guest answers for themselves and may invite others; the rest stays as it was («unverified»: in silence)."""
        mine = next((each for each in guests if each.get("email") in self._own()), {})
        found = []
        for each in known.values():
            answer = {name: mine[name] for name in ("responseStatus", "comment", "additionalGuests") if name in mine}
            found.append(each | answer if each["email"] in self._own() else dict(each))
        return found + [each for each in guests if each.get("email") not in known and (invites or not known)]

    def _reminders(self) -> None:
        reminders = dict(self.wanted.get("reminders", {"useDefault": True}))
        overrides = reminders.get("overrides", [])
        if reminders.setdefault("useDefault", False) and overrides:
            raise invalid("Cannot specify both default reminders and overrides at the same time.", "reminders")
        if len(overrides) > 5:
            raise invalid("Too many overrides.", "reminders")
        for each in overrides:
            if each.get("method") not in {"email", "popup"} or not 0 <= each.get("minutes", -1) <= 40320:
                raise invalid("Invalid reminder.", "reminders")
        if not overrides:
            reminders.pop("overrides", None)
        self.event["reminders"] = reminders

    def _extended(self) -> None:
        found: Json = {}
        for side, values in self.wanted.get("extendedProperties", {}).items():
            if kept := {name: text[:1024] for name, text in values.items() if len(name) <= 44}:
                found[side] = kept
        pairs = [pair for values in found.values() for pair in values.items()]
        if len(pairs) > 300 or sum(len(name) + len(text) for name, text in pairs) > 32 * 1024:
            raise invalid("Too many extended properties.", "extendedProperties")
        before = self.old.get("extendedProperties", {}).get("shared", {})
        if self.guest and found.get("shared", {}) != before:
            raise not_organizer()
        if found:
            self.event["extendedProperties"] = found

    def _attachments(self) -> None:
        source = self.wanted if self.query.get("supportsAttachments") else self.old
        attachments = source.get("attachments", [])
        if len(attachments) > 25:
            raise invalid("Too many attachments.", "attachments")
        if any("fileUrl" not in each for each in attachments):
            raise required("Missing file URL.", "attachments")
        if attachments:
            self.event["attachments"] = attachments

    def _colour(self) -> None:
        """The label with `eventLabelVersion=1`, else the colour; what is not meant stays."""
        labelled = self.query.get("eventLabelVersion", 0) == 1
        colour = (self.old if labelled else self.wanted).get("colorId")
        label = (self.wanted if labelled else self.old).get("eventLabelId")
        if colour and colour not in map(str, range(1, 12)):
            raise invalid("Invalid color id.", "colorId")
        labels = self.calendar.shared.get("labelProperties", {}).get("eventLabels", ())
        if label and label not in {each["id"] for each in labels}:
            raise invalid("Invalid event label id.", "eventLabelId")
        self.event |= {"colorId": colour} if colour else {}
        self.event |= {"eventLabelId": label} if label else {}

    def _conference(self) -> None:
        before = self.old.get("conferenceData")
        data = self.wanted.get("conferenceData") if self.query.get("conferenceDataVersion") == 1 else before
        if data is None:
            self.event.pop("hangoutLink", None)
            return
        asked = data.get("createRequest")
        if asked and "entryPoints" not in data:
            if "requestId" not in asked:
                raise required("Missing conference request id.", "conferenceData")
            if before and before.get("createRequest", {}).get("requestId") == asked["requestId"]:
                data = before
            else:
                kind = asked.get("conferenceSolutionKey", {}).get("type", "hangoutsMeet")
                if kind not in self.calendar.shared["conferenceProperties"]["allowedConferenceSolutionTypes"]:
                    raise invalid("Invalid conference type value.", "conferenceData")
                key = {"conferenceSolutionKey": {"type": kind}, "status": {"statusCode": "pending"}}
                data = {"createRequest": {"requestId": asked["requestId"]} | key}
                self.event.pop("hangoutLink", None)
        elif not (data.get("conferenceSolution") and data.get("entryPoints")):
            raise required("Either a solution with an entry point or a request is needed.", "conferenceData")
        self.event["conferenceData"] = data
