"""What one Google account holds: calendars as its user sees them, their events, the mails that writes have caused."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.upstreams.google.refusal import changed, not_allowed, not_found
from tests.upstreams.google.times import rfc3339

Json = dict[str, Any]

ROLES = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")
BASE32HEX = "0123456789abcdefghijklmnopqrstuv"


@dataclass
class Stored:
    """An event as kept, and the number of its last change; `hidden` for so many more listings (delayed visibility)."""

    body: Json
    change: int
    hidden: int = 0


@dataclass
class Calendar:
    """A calendar: `shared` is the Calendar resource, `mine` the user's own entry in the calendar list.

    `listed`, `made` are the numbers of the entry's last change, of the calendar's; `access` counts changes of rights.
    """

    id: str
    shared: Json
    mine: Json
    role: str = "owner"
    primary: bool = False
    listed: int = 0
    made: int = 0
    access: int = 0
    deleted: bool = False
    events: dict[str, Stored] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The IANA name of its zone."""
        return str(self.shared["timeZone"])

    def need(self, role: str) -> None:
        """Refuses who has less than `role`."""
        if ROLES.index(self.role) < ROLES.index(role):
            raise not_allowed(role)

    def exceptions(self, master: str) -> list[Stored]:
        """The changed and cancelled instances of a series."""
        return [each for each in self.events.values() if each.body.get("recurringEventId") == master]


@dataclass(frozen=True)
class Mail:
    """A message that a write has caused: `what` of invitation, update, cancellation, reply."""

    what: str
    to: str
    event: str


@dataclass
class Account:
    """Everything of one user; `now` is Google's clock, in seconds since 1970.

    `google_users`: guests who have a Google calendar, for whom `sendUpdates=externalOnly` sends nothing.
    `hold_conferences`: conferences asked for stay pending. `delay`: for so many listings a write is not seen in them.
    """

    email: str = "ada@example.com"
    now: Callable[[], float] = time.time
    google_users: set[str] = field(default_factory=set)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: {"timezone": "Europe/Zurich", "locale": "en"})
    mails: list[Mail] = field(default_factory=list)
    hold_conferences: bool = False
    delay: int = 0
    change: int = 0
    generation: int = 0
    pending: list[tuple[Calendar, str]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self._first_version = 1_700_000_000_000_000
        self.add_calendar(self.email, primary=True)

    def tick(self) -> int:
        """The number of a new change."""
        self.change += 1
        return self.change

    def etag(self, change: int) -> str:
        """A version as Google writes it: digits in quotation marks."""
        return f'"{self._first_version + change * 1_000}"'

    def moment(self) -> str:
        """Now, as `created` and `updated` show it."""
        return rfc3339(self.now())

    def new_id(self, length: int = 26) -> str:
        """An id as Google makes them up."""
        return "".join(self.dice.choices(BASE32HEX, k=length))

    def add_calendar(self, id: str = "", summary: str = "", *, role: str = "owner", primary: bool = False) -> Calendar:  # noqa: A002
        """Another calendar in the user's list; `role` is what the user may do there."""
        id = id or f"c_{self.new_id()}@group.calendar.google.com"  # noqa: A001
        change = self.tick()
        shared: Json = {"summary": summary or id, "timeZone": self.settings["timezone"]}
        shared["conferenceProperties"] = {"allowedConferenceSolutionTypes": ["hangoutsMeet"]}
        if not primary:
            shared["dataOwner"] = self.email if role == "owner" else f"owner-of-{self.new_id(5)}@example.com"
        mine: Json = {"colorId": "1" if primary else "14", "selected": True, "defaultReminders": []}
        if primary:
            mine["defaultReminders"] = [{"method": "popup", "minutes": 10}]
        self.calendars[id] = Calendar(id, shared, mine, role, primary, change, change)
        return self.calendars[id]

    def calendar(self, id: str, role: str = "reader") -> Calendar:  # noqa: A002
        """The calendar of that id or `primary`; refuses if there is none, or the user may not do what `role` may."""
        found = self.calendars.get(self.email if id == "primary" else id)
        if found is None or found.deleted or found.role == "none":
            raise not_found()
        found.need(role)
        return found

    def grant(self, calendar: Calendar, role: str) -> None:
        """Another role for the user, by whoever owns the calendar: sync tokens of it die."""
        calendar.role = role
        calendar.access += 1
        calendar.made = self.tick()
        if role == "none":
            calendar.listed = calendar.made

    def store(self, calendar: Calendar, body: Json, *, quietly: bool = False) -> Stored:
        """Keep an event; `quietly` leaves `updated` as it was, as a change of reminders does."""
        change = self.tick()
        body["etag"] = self.etag(change)
        if not quietly:
            body["updated"] = self.moment()
        calendar.events[body["id"]] = stored = Stored(body, change, self.delay)
        if _pending(body):
            self.pending.append((calendar, body["id"]))
        return stored

    def notify(self, what: str, event: Json, query: Mapping[str, Any], also: set[str] | None = None) -> None:
        """Count the mails to guests that a write with these parameters causes; to the organizer if that is another."""
        send = query.get("sendUpdates", "all" if query.get("sendNotifications") else "none")
        if send == "none":
            return
        guests = {each["email"] for each in event.get("attendees", ()) if "self" not in each and "resource" not in each}
        if "self" not in event["organizer"]:
            what, guests = "reply", {event["organizer"]["email"]}
        for guest in sorted(guests | (also or set())):
            if send == "all" or guest not in self.google_users:
                self.mails.append(Mail(what, guest, event["id"]))

    def settle_conferences(self) -> None:
        """Make the conferences that were asked for before this request: their events change by that."""
        while self.pending and not self.hold_conferences:
            calendar, id_ = self.pending.pop()
            body = calendar.events[id_].body
            if _pending(body):
                asked = body["conferenceData"]["createRequest"]
                self.store(calendar, body | meeting(asked, self.new_id(10)))


def _pending(body: Json) -> bool:
    """Whether a conference was asked for that there is not yet."""
    asked = body.get("conferenceData", {}).get("createRequest", {})
    return bool(asked.get("status", {}).get("statusCode") == "pending")


def meeting(asked: Json, code: str) -> Json:
    """The members of an event whose conference has been made."""
    letters = "".join(chr(ord("a") + BASE32HEX.index(each) % 26) for each in code)
    id_ = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
    uri = f"https://meet.google.com/{id_}"
    solution = {"key": {"type": "hangoutsMeet"}, "name": "Google Meet", "iconUri": "https://fonts.gstatic.com/meet.png"}
    entry = {"entryPointType": "video", "uri": uri, "label": uri.removeprefix("https://")}
    data: Json = {"createRequest": asked | {"status": {"statusCode": "success"}}, "conferenceSolution": solution}
    data |= {"entryPoints": [entry], "conferenceId": id_, "signature": f"AL9{code}"}
    return {"conferenceData": data, "hangoutLink": uri}


def precondition(if_match: str, etag: str) -> None:
    """Refuses a write whose If-Match names another version than the present one."""
    if if_match not in {"", "*", etag}:
        raise changed()
