"""Google's event resources → the iCalendar text of one entry: a series with its exceptions, or one event.

Pure; raises nothing but InvalidData, whatever JSON it is given, so that one bad event ends nothing. The text is the
projection that a link keeps as its base: the same resources in any order give the same text, to the byte.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plugins.google import attributes, conferences, description, people, recurrence, reminders, times
from plugins.google.members import Resource, child, number, text
from storage.errors import InvalidData
from storage.ical import conference, custom
from storage.ical.lines import Component, Line, dump, escape, line
from storage.ical.read import refuse_unwritable
from storage.ical.write import component
from storage.ical.zones import iana_name, vtimezone

PRODUCT: Final = "-//CalHarbor//EN"
CANCELLED: Final = "cancelled"

VISIBILITY: Final[Mapping[str, str]] = {"public": "PUBLIC", "private": "PRIVATE", "confidential": "CONFIDENTIAL"}
STATUS: Final[Mapping[str, str]] = {"confirmed": "CONFIRMED", "tentative": "TENTATIVE"}
TRANSPARENCY: Final[Mapping[str, str]] = {"transparent": "TRANSPARENT", "opaque": "OPAQUE"}

_NEVER = "19700101T000000Z"
_MOST_SEQUENCE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a calendar says for its events: `zone` is an IANA name, `address` its own e-mail address.

    `reminders`: its `defaultReminders`, those of every event that says so.
    """

    zone: str = ""
    address: str = ""
    reminders: Sequence[Resource] = ()


def entry_id(resource: Resource) -> str:
    """The event to whose entry a resource belongs: its series', or its own id. Raises InvalidData."""
    found = text(resource, "recurringEventId") or text(resource, "id")
    if not found:
        raise InvalidData("a Google event has no id")
    return found


def entry(resources: Iterable[Resource], calendar: Calendar) -> str | None:
    """The text of one entry; None where nothing of it takes place any more.

    A series without its master, of which one was invited to single instances, has exceptions alone. Of a resource that
    is there twice the last counts. Raises InvalidData, also for resources of several entries.
    """
    latest = {_id(each): each for each in resources}
    if len({entry_id(each) for each in latest.values()}) > 1:
        raise InvalidData("these Google events are not of one series")
    instances = [latest[each] for each in sorted(latest) if text(latest[each], "recurringEventId")]
    master = next((each for each in latest.values() if not text(each, "recurringEventId")), None)
    live = [each for each in instances if text(each, "status") != CANCELLED]
    if text(master, "status") == CANCELLED if master is not None else not live:
        return None
    first = master if master is not None else live[0]
    uid = text(first, "iCalUID") or f"{entry_id(first)}@google.com"
    events = [_event(each, uid, calendar, child(first, "start")) for each in live]
    if master is not None:
        gone = [each for each in instances if text(each, "status") == CANCELLED]
        events.insert(0, _event(master, uid, calendar, {}, [*recurrence.cancelled(gone, master, calendar.zone)]))
    made = _calendar(events)
    refuse_unwritable(made)
    return made


def _id(resource: Resource) -> str:
    found = text(resource, "id")
    if not found:
        raise InvalidData("a Google event has no id")
    return found


def _calendar(events: Sequence[Component]) -> str:
    names = {tzid for event in events for each in event.children if isinstance(each, Line) for tzid in _zones(each)}
    known = sorted({found for each in names if (found := iana_name(each))})
    head = [line("VERSION", "2.0").raw, line("PRODID", PRODUCT).raw]
    inner = [*head, *(vtimezone(each) for each in known), *(dump(each) for each in events)]
    return f"BEGIN:VCALENDAR\r\n{''.join(inner)}END:VCALENDAR\r\n"


def _zones(source: Line) -> Sequence[str]:
    return source.params.get("TZID", ()) if "TZID" in source.raw else ()


def _event(event: Resource, uid: str, calendar: Calendar, start: Resource, excluded: Sequence[Line] = ()) -> Component:
    """The VEVENT of one resource. `start`: that of the series, for an instance."""
    lines = [line("UID", escape(uid)), *_stamps(event), *_when(event, calendar, start), *excluded, *_said(event)]
    lines += people.lines(event)
    lines += attributes.files(event)
    lines += reminders.said(reminders.default(event))
    lines += attributes.raw(event)
    made = component("VEVENT", [*lines, *reminders.alarms(event, calendar.reminders, calendar.address)])
    if properties := attributes.properties(event):
        made = custom.with_custom_properties(made, properties)
    if (meeting := conferences.meeting(event)) is not None:
        made = conference.with_meeting(made, meeting)
    return made


def _stamps(event: Resource) -> Iterator[Line]:
    created, updated = text(event, "created"), text(event, "updated")
    yield times.stamped("DTSTAMP", updated or created) or line("DTSTAMP", _NEVER)
    for name, stamp in (("CREATED", created), ("LAST-MODIFIED", updated)):
        if (made := times.stamped(name, stamp)) is not None:
            yield made


def _when(event: Resource, calendar: Calendar, series: Resource) -> Iterator[Line]:
    rules = recurrence.lines(event)
    is_instance = bool(text(event, "recurringEventId"))
    if is_instance:
        named = times.instance(child(event, "originalStartTime"), series, calendar.zone)
        if named is None:
            raise InvalidData(f"the instance {text(event, 'id')[:80]!r} does not say which one it is")
        yield named
    for name, member in (("DTSTART", "start"), ("DTEND", "end")):
        made = times.written(name, child(event, member), calendar.zone, alone=not (rules or is_instance))
        if made is None and member == "start":
            raise InvalidData(f"the event {text(event, 'id')[:80]!r} has no start")
        if made is not None:
            yield made
    if not is_instance:
        yield from rules


def _said(event: Resource) -> Iterator[Line]:
    for name, member in (("SUMMARY", "summary"), ("LOCATION", "location")):
        if said := text(event, member):
            yield line(name, escape(said))
    yield from description.lines(text(event, "description"))
    words = (
        ("STATUS", STATUS.get(text(event, "status"), "")),
        ("CLASS", VISIBILITY.get(text(event, "visibility"), "")),
        ("TRANSP", TRANSPARENCY.get(text(event, "transparency"), "")),
        ("SEQUENCE", str(min(max(number(event, "sequence") or 0, 0), _MOST_SEQUENCE) or "")),
    )
    for name, word in words:
        if word:
            yield line(name, word)
