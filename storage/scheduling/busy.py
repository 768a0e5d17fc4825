"""When somebody is busy (RFC 4791 §7.10, RFC 6638 §5): periods worked out from computed instances."""

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

from storage.ical.zones import resolve
from storage.model import Collection, Kind
from storage.records import ComponentRecord, OccurrenceRow
from storage.scheduling.people import normal
from storage.window import instant

Period = tuple[int, int]
Busy = Mapping[str, list[Period]]
"""By FBTYPE (RFC 5545 §3.2.9), merged and in order: seconds since 1970, the end exclusive."""

TRANSPARENCY = "{urn:ietf:params:xml:ns:caldav}schedule-calendar-transp"
"""Kept among a collection's dead properties where a client set it; before that a calendar is opaque."""

TYPES = ("BUSY", "BUSY-TENTATIVE")


def counts(collection: Collection) -> bool:
    """Whether what stands in this collection makes its owner busy: events, unless the owner says otherwise."""
    return "VEVENT" in collection.components and "transparent" not in collection.dead.get(TRANSPARENCY, "")


def zone_of(collection: Collection) -> tzinfo:
    """The zone in which a calendar's floating times are read: its own, else UTC."""
    return (resolve(collection.timezone, None) if collection.timezone else None) or UTC


def busy(rows: Iterable[OccurrenceRow], start: int, end: int, zone: tzinfo, me: Group[str] = ()) -> Busy:
    """The busy periods inside [start, end); free, cancelled and transparent events are left out.

    `me`: addresses in normal form. What they have declined is left out too, and what they have not accepted yet is
    tentative.
    """
    found: dict[str, list[Period]] = {word: [] for word in TYPES}
    for row in rows:
        word = _word(row, me)
        first = instant(row.occurrence, zone)
        last = first + row.occurrence.end - row.occurrence.start
        if word and last > first:
            found[word].append((max(first, start), min(last, end)))
    return {word: merged(periods) for word, periods in found.items()}


def together(parts: Iterable[Busy]) -> Busy:
    """Several calendars' periods as one."""
    found: dict[str, list[Period]] = {word: [] for word in TYPES}
    for part in parts:
        for word, periods in part.items():
            found.setdefault(word, []).extend(periods)
    return {word: merged(periods) for word, periods in found.items()}


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same time in as few periods as possible, in order."""
    found: list[Period] = []
    for first, last in sorted(periods):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _word(row: OccurrenceRow, me: Group[str]) -> str:
    component = row.component
    if row.kind is not Kind.EVENT or component.transparency == "TRANSPARENT" or component.status == "CANCELLED":
        return ""
    answer = _answer(component, me) if me else ""
    if answer == "DECLINED":
        return ""
    return "BUSY-TENTATIVE" if component.status == "TENTATIVE" or answer in _OPEN else "BUSY"


def _answer(component: ComponentRecord, me: Group[str]) -> str:
    for attendee in component.attendees:
        if normal(str(attendee["uri"])) in me:
            return str(attendee["partstat"]) or "NEEDS-ACTION"
    return ""


_OPEN = ("NEEDS-ACTION", "TENTATIVE")
