"""One VEVENT of the mirror → what Google is to be told of it, and the difference of two of them as a PATCH body.

Every member is there, with its default where the event says nothing, so that two events can be compared by members: a
property that Google cannot hold makes no difference.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from plugins.google import attributes, conferences, description, people, reminders, times
from plugins.google.mapping import STATUS, TRANSPARENCY, VISIBILITY
from plugins.google.members import plain
from storage import ids
from storage.errors import InvalidData, Rejected
from storage.ical.lines import Component
from storage.ical.render import render
from storage.ical.span import span
from storage.records import ComponentRecord

_PLAIN: Final = {"summary": "SUMMARY", "location": "LOCATION"}
_CONFIRMED: Final = "confirmed"
_MAIN: Final = frozenset({"summary", "description", "location", "start", "end", "recurrence"})
_OF_GMAIL: Final = frozenset(
    {"attendees", "colorId", "extendedProperties", "reminders", "status", "transparency", "visibility"}
)
_CREATABLE: Final = frozenset({"birthday", "default", "focusTime", "outOfOffice", "workingLocation"})
_VERSIONS: Final[Mapping[str, tuple[str, Any]]] = {
    conferences.DATA: ("conferenceDataVersion", 1),
    "attachments": ("supportsAttachments", True),
    attributes.LABEL: ("eventLabelVersion", 1),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """In which calendar an event stands: its zone, the owner's own addresses in lower case, and the key of the push."""

    zone: str
    mine: Collection[str]
    key: str


@dataclass(frozen=True, slots=True)
class Event:
    """A component with its record; zones come from the VTIMEZONEs of `zones`."""

    component: Component
    record: ComponentRecord
    zones: Component

    @classmethod
    def of(cls, component: Component, zones: Component) -> "Event":
        """An event that no text has a record of yet."""
        return cls(component, render(component, zones, None), zones)

    @property
    def own(self) -> dict[str, Any]:
        """Google's own members."""
        return attributes.own_members(self.component)

    @property
    def rules(self) -> list[str]:
        """What makes a series of it, but for the dates that are excluded."""
        return [each for each in self.record.recurrence if not each.startswith("EXDATE")]

    def said(self, setting: Setting) -> dict[str, Any]:
        """What Google is to be told, but for `recurrence` and `reminders`, which depend on what there was before."""
        event, record = self.component, self.record
        own = self.own
        request = ids.content_hash(f"{setting.key} {record.recurrence_id}")
        said: dict[str, Any] = {member: _text(event, name) for member, name in _PLAIN.items()}
        said["description"] = description.told(event) or None
        said |= self._when(setting.zone)
        if record.status != "CANCELLED":
            said["status"] = _word(STATUS, record.status, _CONFIRMED)
        said["visibility"] = _word(VISIBILITY, record.classification, "private") if record.classification else "default"
        said["transparency"] = _word(TRANSPARENCY, record.transparency, "opaque")
        said["attendees"] = people.attendees(event)
        said["attachments"] = attributes.attachments(event)
        said["extendedProperties"] = attributes.extended(event)
        said[conferences.DATA] = conferences.told(event, own.get(conferences.DATA), request)
        said |= {name: own.get(name, attributes.default_of(name)) for name in sorted(attributes.WRITABLE)}
        return said

    def _when(self, zone: str) -> dict[str, Any]:
        start, end = span(self.component, self.zones)
        if start is None or end is None:
            raise InvalidData("an event without a start")
        return {"start": times.told(start, zone), "end": times.told(end, zone)}


def inserted(event: Event, uid: str, setting: Setting) -> tuple[dict[str, Any], bool]:
    """The body that makes an event, and whether it is to be imported: what somebody else organizes is.

    An event that we organize is inserted with its iCalUID, by which other programs and guests know it.
    """
    said = {name: value for name, value in event.said(setting).items() if value not in (None, [])}
    said["extendedProperties"] = {scope: found for scope, found in said["extendedProperties"].items() if found}
    usual = {"visibility": "default", "transparency": "opaque", "status": _CONFIRMED, "extendedProperties": {}}
    for name, value in usual.items():
        if said.get(name) == value:
            del said[name]
    own = event.own
    organizer = people.organizer(event.component)
    foreign = bool(organizer) and organizer["email"].lower() not in setting.mine
    kind = own.get(attributes.EVENT_TYPE, attributes.DEFAULT_TYPE)
    if foreign or kind not in _CREATABLE:
        kind = attributes.DEFAULT_TYPE
    typed = f"{kind}Properties"
    said = {
        name: value for name, value in said.items() if not name.endswith("Properties") or name == "extendedProperties"
    }
    said = {name: value for name, value in said.items() if value != attributes.default_of(name)}
    if kind != attributes.DEFAULT_TYPE:
        said[attributes.EVENT_TYPE] = kind
        said |= {typed: own[typed]} if typed in own else {}
    if event.record.recurrence:
        said["recurrence"] = list(event.record.recurrence)
    if event.record.sequence:
        said["sequence"] = event.record.sequence
    said["reminders"] = reminders.told(event.record)
    if foreign:
        said["organizer"] = organizer
    return {"iCalUID": uid, **said}, foreign


def patch(before: Event, after: Event, setting: Setting) -> dict[str, Any]:
    """The body of the PATCH that makes `after` of `before`: the members that differ, arrays whole; {} if none does.

    null clears a member. The owner's answer alone is written in the form that leaves the other guests as they are.
    Raises Rejected for what Google lets nobody write, with the reason.
    """
    was, now = before.said(setting), after.said(setting)
    body = {
        name: _cleared(was.get(name), value)
        for name, value in now.items()
        if name not in ("attendees", "extendedProperties") and value != was.get(name)
    }
    if conferences.DATA in body and _same_meeting(before, after):
        del body[conferences.DATA]
    if guests := _guests(was["attendees"], now["attendees"], before, setting):
        body |= guests
    if properties := _properties(was["extendedProperties"], now["extendedProperties"]):
        body["extendedProperties"] = properties
    if (wanted := reminders.change(before.record, after.record)) is not None:
        body["reminders"] = wanted
    return body


def closed(own: Mapping[str, Any], members: Collection[str]) -> str:
    """Why some of these members cannot be written on an event with these own members; "" where they can.

    The main members of a locked copy (discovery document: `locked`), and all but the private ones of an event that
    Google made of a mail (guide "Event types"). What else Google refuses it says itself.
    """
    if own.get(attributes.LOCKED) is True and (named := sorted(_MAIN & set(members))):
        return f"Google has locked this copy of the event: {', '.join(named)} cannot be changed"
    if own.get(attributes.EVENT_TYPE) == "fromGmail" and (named := sorted(set(members) - _OF_GMAIL)):
        return f"Google made this event of a mail: {', '.join(named)} cannot be changed"
    return ""


def parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """The query parameters without which Google would pass over members of this body."""
    return dict(_VERSIONS[name] for name in body if name in _VERSIONS)


def _text(event: Component, name: str) -> str | None:
    found = event.first(name)
    return (plain(found) or None) if found is not None else None


def _word(words: Mapping[str, str], said: str, other: str) -> str:
    return next((word for word, meant in words.items() if meant == said), other)


def _cleared(before: Any, after: Any) -> Any:
    """An object with null for what it no longer has, since a PATCH keeps what it does not name."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {**dict.fromkeys(sorted(before.keys() - after.keys())), **after}
    return after


def _same_meeting(before: Event, after: Event) -> bool:
    """Whether what differs is only what Google has said of a meeting meanwhile, and our text does not."""
    known = after.own.get(conferences.DATA)
    told = known is None or known == before.own.get(conferences.DATA)
    return told and conferences.of(before.component) == conferences.of(after.component)


def _guests(was: list[dict[str, Any]], now: list[dict[str, Any]], before: Event, setting: Setting) -> dict[str, Any]:
    old, new = (sorted(each, key=_name) for each in (was, now))
    if old == new:
        return {}
    mine = people.answer_alone(old, new)
    if mine is not None and str(mine.get("email", "")).lower() in setting.mine:
        known = next(each for each in old if _name(each) == _name(mine))
        answer = {name: mine[name] for name in ("email", *people.ANSWER) if name in mine}
        gone = {name: empty for name, empty in people.ANSWER.items() if name in known and name not in mine}
        return {"attendees": [{**answer, **gone}], attributes.OMITTED: True}
    if before.own.get(attributes.OMITTED) is True:
        raise Rejected("Google has told of some of the guests only: they cannot be changed from here")
    return {"attendees": now}


def _name(person: Mapping[str, Any]) -> tuple[str, str]:
    return str(person.get("email", "")).lower(), str(person.get("id", ""))


def _properties(was: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for scope, given in now.items():
        before = was[scope]
        changed: dict[str, str | None] = {key: value for key, value in given.items() if before.get(key) != value}
        changed |= dict.fromkeys(sorted(before.keys() - given.keys()))
        if changed:
            found[scope] = changed
    return found
