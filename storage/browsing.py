"""What applications ask of calendars: pages of events, one event, what holds some words; for every dialect the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from storage import listing, shared
from storage.db import Connection
from storage.errors import InvalidData, NotFound
from storage.ical.privacy import hides
from storage.ical.values import parse_datetime, wall_seconds
from storage.ical.zones import iana_name
from storage.listing import Key, Listed, Question
from storage.model import Collection, Kind, Level
from storage.reading import Described, Reader
from storage.records import ComponentRecord, EventRow, Occurrence
from storage.recurrence import stored
from storage.recurrence.expand import expand
from storage.tables import collections, components, entries, event_rows, sought
from storage.window import LAST

_AROUND = 3 * 3600
"""Seconds around the moment that names an instance, in which it is looked for beyond the horizon."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events of a window are asked for; times as in `listing.Question`.

    `words`: only what holds this text, whatever its case, in its name, or (`everywhere`) also in description, location,
    and the names and addresses of organizer and attendees. `series`: the instances of this entry alone. `text`: rows
    come with the texts of their entries.
    """

    start: int | None = None
    end: int | None = None
    endless_until: int = LAST
    words: str = ""
    everywhere: bool = True
    series: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ends: behind `key`. `total` was counted when the calendars were at their change `seq`."""

    key: Key
    seq: int
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in order of start and id, how many there are on all pages, and where the next one begins, if any."""

    rows: list[EventRow]
    total: int
    after: Position | None


def zone_of(place: Collection) -> tzinfo:
    """The zone in which floating times and whole days of a calendar are read; UTC where it names none."""
    name = iana_name(place.timezone) if place.timezone else ""
    return ZoneInfo(name) if name and name != "UTC" else UTC


class Browser(Reader):
    """The questions of applications; each sees one state of the mirror. Shares show what their level allows."""

    def event(self, collection_id: str, event_id: str, *, text: bool = False) -> EventRow:
        """A solo event, a master, or one instance or exception of a series, by public id. Raises `NotFound`."""
        entry_id, of_instance, key = event_id.partition("_")
        with self.db.snapshot() as conn:
            place = self.collection(collection_id)
            entry = entries.by_id(conn, entry_id)
            if (
                bool(of_instance) is not bool(key)
                or entry is None
                or entry.collection_n != place.source
                or entry.kind is not Kind.EVENT
            ):
                raise _no_event(event_id)
            records = event_rows.records(conn, [entry.n]).get(entry.n, [])
            master = next((each for each in records if not each.recurrence_id), None)
            if not key:
                if master is None:
                    raise _no_event(event_id)
                row = _as_whole(EventRow(entry, master))
            else:
                found = event_rows.instance(conn, entry.n, key) or expanded(records, key)
                if found is None:
                    raise _no_event(event_id)
                row = EventRow(entry, records[found.position], found, master)
            return shared.events(conn, place, [row], text=text)[0]

    def events(
        self, places: Sequence[Collection], wanted: Wanted, *, after: Position | None = None, size: int = 100
    ) -> Page:
        """A page of the instances of series and the solo events of a window.

        Raises `NotFound` where `wanted.series` is no entry of these calendars, `InvalidData` where it is no series.
        """
        with self.db.snapshot() as conn:
            asked = _question(conn, places, wanted)
            seq = max((each.seq for each in _fresh(conn, places)), default=0)
            total = after.total if after is not None and after.seq == seq else listing.total(conn, asked)
            found = listing.page(conn, asked, after.key if after else None, size)
            rows = rows_of(conn, self.described, asked.places, found[:size], text=wanted.text)
            return Page(rows, total, Position(found[size - 1].key, seq, total) if len(found) > size else None)

    def masters(
        self,
        places: Sequence[Collection],
        wanted: Wanted,
        *,
        exceptions: bool,
        after: Position | None = None,
        size: int = 100,
    ) -> Page:
        """The same of masters and solo events, with `exceptions` also of those of series."""
        with self.db.snapshot() as conn:
            asked = _question(conn, places, wanted)
            found, total = listing.masters(conn, asked, after.key if after else None, size, exceptions=exceptions)
            rows = [
                _as_whole(row) for row in rows_of(conn, self.described, asked.places, found[:size], text=wanted.text)
            ]
            return Page(rows, total, Position(found[size - 1].key, 0, total) if len(found) > size else None)


def _as_whole(row: EventRow) -> EventRow:
    """A master or solo event for itself, not for its first instance; an exception stays one."""
    if row.instance:
        return row
    return replace(row, occurrence=None, master=row.component if row.component.recurring else None)


def _no_event(event_id: str) -> NotFound:
    return NotFound(f"there is no event {event_id[:80]!r} in this calendar", hint="list the calendar's events")


def _fresh(conn: Connection, places: Sequence[Collection]) -> list[Collection]:
    return [found for each in places if (found := collections.by_n(conn, each.source)) is not None]


def _question(conn: Connection, places: Sequence[Collection], wanted: Wanted) -> Question:
    only: dict[int, frozenset[int] | None] | None = None
    if wanted.series:
        entry = entries.by_id(conn, wanted.series)
        if entry is None or entry.kind is not Kind.EVENT or entry.collection_n not in {each.source for each in places}:
            raise _no_event(wanted.series)
        if not any(each.recurring for each in event_rows.records(conn, [entry.n]).get(entry.n, [])):
            raise InvalidData(f"the event {wanted.series} does not recur", hint="name the master of a series")
        only = {entry.n: None}
    if wanted.words:
        held = holding(conn, places, wanted)
        only = held if only is None else {n: held[n] for n in only if n in held}
    zones = tuple(map(zone_of, places))
    return Question(tuple(places), zones, wanted.start, wanted.end, wanted.endless_until, only)


def holding(conn: Connection, places: Sequence[Collection], wanted: Wanted) -> dict[int, frozenset[int] | None]:
    """The components that hold the words, by entry; nothing that is hidden is searched."""
    find = sought.holding if wanted.everywhere else sought.named
    found: dict[int, frozenset[int] | None] = {}
    for place in places:
        if place.share is not None and place.share.level is Level.BUSY:
            continue
        private = components.private_series(conn, place.source) if place.share else set()
        positions: dict[int, set[int]] = {}
        for each in find(conn, place.source, wanted.words):
            own = each.classification or ("PRIVATE" if each.entry_n in private else "")
            if place.share is None or not hides(own):
                positions.setdefault(each.entry_n, set()).add(each.position)
        found |= {n: frozenset(some) for n, some in positions.items()}
    return found


def _records(
    conn: Connection, described: Described, keys: Iterable[tuple[int, str, int]]
) -> dict[tuple[int, str, int], ComponentRecord]:
    """The components with these positions in entries of these hashes; only those that are not remembered are read."""
    records = described.of(keys)
    lacking = {(n, position): digest for n, digest, position in keys if (n, digest, position) not in records}
    read = event_rows.describing(conn, list(lacking))
    fresh = {(n, lacking[n, position], position): record for (n, position), record in read.items()}
    described.put({key: each for key, each in fresh.items() if _is_small(each)})
    return records | fresh


def _is_small(record: ComponentRecord) -> bool:
    """Whether a component takes some kilobytes at most."""
    few = len(record.attendees) + len(record.alarms) <= 8 and len(record.excluded) + len(record.series) <= 16
    plain = not (record.html or record.raw or record.custom or record.attachments or record.zones)
    return plain and few and len(record.description) + len(record.location) + len(record.summary) <= 1000


def rows_of(
    conn: Connection, described: Described, places: Sequence[Collection], found: Sequence[Listed], *, text: bool
) -> list[EventRow]:
    """The rows of a page, in its order: components are read once, however many instances they describe."""
    apart = {each.found.entry_n for each in found if text or each.found.whole is None}
    read = event_rows.entries_of(conn, list(apart), text=text)
    entries = [each.found.whole or read[each.found.entry_n] for each in found]
    keys = [(entry.n, entry.hash, each.found.occurrence.position) for entry, each in zip(entries, found, strict=True)]
    records = _records(conn, described, dict.fromkeys(keys))
    masters = {n: record for (n, _, _), record in records.items() if not record.recurrence_id}
    lacking = {n for (n, _, _), record in records.items() if record.recurrence_id and n not in masters}
    masters |= event_rows.series_of(conn, list(lacking))
    rows = []
    for key, entry, each in zip(keys, entries, found, strict=True):
        occurrence = each.found.occurrence
        master = masters.get(entry.n) if occurrence.recurrence_id else None
        rows.append(EventRow(read.get(entry.n, entry), records[key], occurrence, master))
    for number, place in enumerate(places):
        if place.share is not None:
            theirs = [at for at, each in enumerate(found) if each.place == number]
            seen = shared.events(conn, place, [rows[at] for at in theirs], text=text)
            for at, row in zip(theirs, seen, strict=True):
                rows[at] = row
    return rows


def expanded(records: Sequence[ComponentRecord], key: str) -> Occurrence | None:
    """The instance that a canonical RECURRENCE-ID names, where it is not materialised.

    It is looked for where it is without any override, where one of its own put it, and where one of those before
    (THISANDFUTURE) moved it.
    """
    try:
        at = wall_seconds(parse_datetime(key))
    except InvalidData:
        return None
    moments = {at}
    for each in records:
        if each.recurrence_id == key and each.start is not None:
            moments.add(each.start)
        elif each.this_and_future and each.start is not None:
            moments.add(at + each.start - wall_seconds(parse_datetime(each.recurrence_id)))
    content = stored.content(Kind.EVENT, "", records)
    for moment in sorted(moments):
        for found in expand(content, moment - _AROUND, moment + _AROUND).occurrences:
            if found.recurrence_id == key:
                return found
    return None
