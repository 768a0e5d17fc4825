"""When somebody is busy (RFC 4791 §7.10, RFC 6638 §5): periods worked out from computed instances.

Every door asks here: reports of calendar clients, questions of other people's servers, and all that JSON calls
availability or free-busy.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Collection as Group
from contextlib import suppress
from datetime import UTC, tzinfo
from json import dumps, loads

from storage import shared, window
from storage.db import Connection
from storage.errors import InvalidData
from storage.ical import freebusy
from storage.ical.lines import Component, parse
from storage.ical.quirks import calendar_address
from storage.ical.zones import resolve
from storage.model import Collection
from storage.records import TakenRow
from storage.scheduling.people import PRINCIPALS, normal
from storage.tables import entries

Period = tuple[int, int]
Busy = Mapping[str, list[Period]]
"""By FBTYPE (RFC 5545 §3.2.9), merged and in order: seconds since 1970, the end exclusive."""

TRANSPARENCY = "{urn:ietf:params:xml:ns:caldav}schedule-calendar-transp"
"""Kept among a collection's dead properties where a client set it; before that a calendar is opaque."""

TYPES = ("BUSY", "BUSY-TENTATIVE")

_OPEN = ("NEEDS-ACTION", "TENTATIVE")


def counts(collection: Collection) -> bool:
    """Whether what stands in this collection makes its owner busy: events, unless the owner says otherwise."""
    return "VEVENT" in collection.components and "transparent" not in collection.dead.get(TRANSPARENCY, "")


def zone_of(collection: Collection) -> tzinfo:
    """The zone in which a calendar's floating times are read: its own, else UTC."""
    return (resolve(collection.timezone, None) if collection.timezone else None) or UTC


def of_calendar(
    conn: Connection,
    place: Collection,
    span: Period,
    zone: tzinfo,
    me: Group[str],
    limit: int,
    choose: Callable[[list[TakenRow]], list[TakenRow]] | None = None,
) -> Busy:
    """When a calendar is busy inside a span: from its events, and from the VFREEBUSY entries that it holds.

    `limit`: at most so many instances of one event are looked at, see `storage.window.taken`. `zone`, `me`: see `busy`.
    `choose`: only what it keeps counts; of a VFREEBUSY it gets who is in it, and no times. Somebody else's calendar is
    as busy as it is for its owner. Raises `TooManyMatches`.
    """
    rows = window.taken(conn, place.source, window.window(*span, zone), limit)
    if choose is not None:
        rows = choose(rows)
    told: dict[str, list[Period]] = {}
    for word, period in _told(conn, place, choose):
        if period[0] < span[1] and period[1] > span[0]:
            told.setdefault(word, []).append(_clipped(period, span))
    return together([busy(rows, span, zone, me), told])


def busy(rows: Iterable[TakenRow], span: Period, zone: tzinfo, me: Group[str] = ()) -> Busy:
    """The busy periods inside a span; free, cancelled and transparent events are left out.

    Floating times are read in `zone`, and a whole day lasts from midnight to midnight there. `me`: addresses in normal
    form. What they have declined is left out too, and what they have not accepted yet is tentative.
    """
    found: dict[str, list[Period]] = {word: [] for word in TYPES}
    signs = _signs(me)
    for row in rows:
        word = _word(row, me, signs)
        if word:
            period = row.start, row.end
            if row.floating:
                period = window.shown_at(row.start, zone), window.shown_at(row.end, zone)
            first, last = _clipped(period, span)
            if first < last:
                found[word].append((first, last))
    return {word: merged(periods) for word, periods in found.items()}


def takes_time(row: TakenRow, me: Group[str]) -> bool:
    """Whether an instance makes its calendar's owner busy; `me` as in `busy`."""
    return bool(_word(row, me, _signs(me)))


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


def _clipped(period: Period, span: Period) -> Period:
    return max(period[0], span[0]), min(period[1], span[1])


def _told(
    conn: Connection, place: Collection, choose: Callable[[list[TakenRow]], list[TakenRow]] | None
) -> Iterator[tuple[str, Period]]:
    """What the VFREEBUSY entries of the calendar say, each period with its FBTYPE."""
    for entry in shared.each(conn, place, entries.free_busy(conn, place.source)):
        with suppress(InvalidData):
            [calendar] = parse(entry.text).components("VCALENDAR")
            for component in calendar.components("VFREEBUSY"):
                if choose is not None and not choose([_of_people(component)]):
                    continue
                yield from freebusy.busy(component, calendar)


def _of_people(component: Component) -> TakenRow:
    """What stands for a component of which only the people matter."""
    found = [
        {"email": calendar_address(each.value, each.param("EMAIL")), "uri": each.value.strip()}
        for name in ("ORGANIZER", "ATTENDEE")
        for each in component.lines(name)
    ]
    return TakenRow(0, 0, False, "", "", dumps(found).encode())


def _signs(me: Iterable[str]) -> set[bytes]:
    """Octets of which some stand in the attendees' JSON, in lower case, wherever one of these addresses does."""
    found = set()
    for each in me:
        # Octets have lower case for ASCII alone; whatever else an address has may stand there in another case.
        plain = each.removeprefix("mailto:") if each.isascii() else ""
        found.add((PRINCIPALS if plain.startswith(PRINCIPALS) else dumps(plain)[1:-1]).encode())
    return found


def _word(row: TakenRow, me: Group[str], signs: Group[bytes]) -> str:
    """The FBTYPE of an instance; "" for one that takes no time. `signs`: where none stands, none of `me` does."""
    if row.transparency == "TRANSPARENT" or row.status == "CANCELLED":
        return ""
    answer = ""
    if signs and row.attendees != b"[]":
        text = row.attendees.lower()
        if any(sign in text for sign in signs):
            answer = _answer(row.attendees, me)
    if answer == "DECLINED":
        return ""
    return "BUSY-TENTATIVE" if row.status == "TENTATIVE" or answer in _OPEN else "BUSY"


def _answer(attendees: bytes, me: Group[str]) -> str:
    for attendee in loads(attendees):
        if normal(str(attendee["uri"])) in me or normal(str(attendee["email"])) in me:
            return str(attendee["partstat"]) or "NEEDS-ACTION"
    return ""
