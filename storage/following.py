"""What an application is told that keeps a copy of a calendar: all items that fit its question, then what became of
them, from any position of the journal on. No text is read: what an entry was is kept as it was rendered.

A copy is exact if it takes each page as it comes, and asks again with the position at which its first page was read.
An item that was read on a later page, and is gone again, existed after that position; so whatever an entry had in any
of its versions since then, and has not now, is told as gone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import NamedTuple

from storage import cursor, listing, shared
from storage.browsing import Wanted, holding, rows_of, zone_of
from storage.db import Connection
from storage.errors import InvalidData, TooManyMatches
from storage.fitting import MARGIN, Wish, items, updated
from storage.history import History
from storage.listing import Key, Question
from storage.model import Collection, Entry, Kind
from storage.records import ComponentRecord, EventRow
from storage.tables import components, entries, event_rows, followed
from storage.tables.followed import Left
from storage.window import FIRST, LAST, MOST_TOGETHER, window

CHUNK = 500
"""At most so many entries are looked at together for items that fit."""

NEXT = "\1"
"""Behind the name of an entry it comes before all names that do."""

Version = tuple[Entry, Sequence[ComponentRecord]]
"""An entry, without its text, and its components, as it is or was; without components: what is not known any more."""


class Place(NamedTuple):
    """Where a page ends: behind the item `id` of what stands at `at`."""

    at: str | int
    id: str


@dataclass(frozen=True, slots=True)
class Items:
    """A page of items: `rows`, and the ids of those that are `gone`; where the next page begins, if there is one.

    `seq` is the position of the calendar when this page was read.
    """

    rows: list[EventRow]
    after: Place | None
    seq: int
    gone: tuple[str, ...] = ()


class Following(History):
    """The questions of applications that keep copies."""

    def fitting(self, place: Collection, wish: Wish, *, after: Place | None, size: int) -> Items:
        """A page of the items that fit, in an order that stays: of entries' names, or expanded in order of start."""
        with self.db.snapshot() as conn:
            place = self.collection(place.id)
            if wish.expanded:
                found = self._instances(conn, place, wish, after, size + 64)  # some at the edges are not inside
            else:
                found = _unexpanded(conn, place, wish, after, min(size + 1, CHUNK))
            page = list(islice(found, size + 1))
            rows = [row for _, row in page[:size]]
            return Items(rows, page[size - 1][0] if len(page) > size else None, place.seq)

    def fitting_by_update(self, place: Collection, wish: Wish, *, after: Place | None, size: int) -> Items:
        """The same, expanded and in order of the last change of each; all are read. Raises `TooManyMatches`."""
        with self.db.snapshot() as conn:
            place = self.collection(place.id)
            found = list(islice(self._instances(conn, place, wish, None, 2 * CHUNK), MOST_TOGETHER + 1))
            if len(found) > MOST_TOGETHER:
                raise TooManyMatches("there are too many events in this time", hint="ask about a shorter one")
            every = sorted((Place(updated(row), row.id), row) for _, row in found)
            rest = [(key, row) for key, row in every if after is None or key > after]
            last = rest[size - 1][0] if len(rest) > size else None
            return Items([row for _, row in rest[:size]], last, place.seq)

    def changed(
        self, place: Collection, wish: Wish, since: int, *, through: int | None, after: Place | None, size: int
    ) -> Items:
        """A page of what became of the items that fit since a position, in the order in which their entries changed.

        `through`: the position of the first page, on all pages behind it. Raises `CursorExpired`.
        """
        with self.db.snapshot() as conn:
            place = self.collection(place.id)
            cursor.check_in(conn, place, since)
            until = place.seq if through is None else through
            found = list(islice(_told(conn, place, wish, since, until, after, min(size + 1, CHUNK)), size + 1))
            last = found[size - 1][0] if len(found) > size else None
            told = found[:size]
            rows = [row for _, row in told if row is not None]
            return Items(rows, last, until, tuple(key.id for key, row in told if row is None))

    def recurs(self, place: Collection, event_id: str) -> None:
        """Raises `NotFound` where there is no such event, `InvalidData` where it is not the master of a series."""
        if not self.event(place.id, event_id).component.recurring or "_" in event_id:
            raise InvalidData(f"the event {event_id[:80]} does not recur", hint="name the master of a series")

    def _instances(
        self, conn: Connection, place: Collection, wish: Wish, after: Place | None, chunk: int
    ) -> Iterator[tuple[Place, EventRow]]:
        """The instances that fit behind `after`, in order of start and id."""
        only = _only(conn, place, wish)
        zone = zone_of(place)
        asked = Question((place,), (zone,), wish.start - MARGIN, wish.end + MARGIN, LAST, only)
        behind = Key(int(after.at), after.id) if after is not None else None
        while True:
            found = listing.page(conn, asked, behind, chunk)
            inside = [each for each in found[:chunk] if wish.holds(each.found.occurrence, zone)]
            rows = rows_of(conn, self.described, (place,), inside, text=False)
            yield from ((Place(*each.key), row) for each, row in zip(inside, rows, strict=True) if wish.suits(row))
            if len(found) <= chunk:
                return
            behind = found[chunk - 1].key


def _only(conn: Connection, place: Collection, wish: Wish) -> dict[int, frozenset[int] | None] | None:
    """The entries that may fit, by number; None: all may."""
    only: dict[int, frozenset[int] | None] | None = None
    if wish.series:
        entry = entries.by_id(conn, wish.series)
        only = {} if entry is None or entry.collection_n != place.source else {entry.n: None}
    if wish.title and place.share is None:
        held = holding(conn, [place], Wanted(words=wish.title, everywhere=False))
        only = {n: None for n in held if only is None or n in only}
    return only


def _unexpanded(
    conn: Connection, place: Collection, wish: Wish, after: Place | None, chunk: int
) -> Iterator[tuple[Place, EventRow]]:
    """The masters, single events and exceptions that fit behind `after`, in order of the names of their entries."""
    zone, numbers = zone_of(place), _candidates(conn, place, wish)
    # The entry in which the page before ended may have more items.
    since = str(after.at) if after is not None else ""
    while True:
        if numbers is None:
            found = followed.events(conn, place.source, since, chunk)
        else:
            found = followed.some_events(conn, place.source, numbers, since, chunk)
        read = event_rows.entries_of(conn, [n for _, n in found], text=False)
        records = event_rows.records(conn, [n for _, n in found])
        for href, n in found:
            for row in _fitting(conn, place, wish, zone, (read[n], records[n])):
                key = Place(href, row.id)
                if after is None or key > after:
                    yield key, row
        if len(found) < chunk:
            return
        since = found[-1][0] + NEXT


def _candidates(conn: Connection, place: Collection, wish: Wish) -> Sequence[int] | None:
    """The numbers of the entries that may have items inside the span; None: all may."""
    only = _only(conn, place, wish)
    if not wish.spans:
        if only is None and place.share is None and (wish.properties or wish.all_day or wish.cancelled):
            words = [word for pair in wish.properties for word in pair]
            return followed.likely(conn, place.source, words, all_day=wish.all_day, cancelled=wish.cancelled)
        return None if only is None else list(only)
    start = None if wish.start <= FIRST else wish.start - MARGIN
    end = None if wish.end >= LAST else wish.end + MARGIN
    span = window(start, end, zone_of(place))
    found = event_rows.entries_in(conn, place.source, span, None if only is None else list(only))
    found.update(n for n, _, _ in event_rows.incomplete(conn, place.source, span.start, span.end, only))
    found.update(n for n in event_rows.excluding(conn, place.source) if only is None or n in only)
    return list(found)


def _fitting(conn: Connection, place: Collection, wish: Wish, zone: tzinfo, version: Version) -> list[EventRow]:
    """The items of one version of an entry that fit, as they are seen in the calendar, in order of their ids."""
    shown = shared.events(conn, place, list(items(*version, wish, zone)), text=False)
    return sorted((row for row in shown if wish.suits(row)), key=lambda row: row.id)


def _told(
    conn: Connection, place: Collection, wish: Wish, since: int, until: int, after: Place | None, chunk: int
) -> Iterator[tuple[Place, EventRow | None]]:
    """What became of the items that fit, behind `after`; None for what is gone."""
    zone = zone_of(place)
    # The entry in which the page before ended may have more items.
    at = since if after is None else int(after.at) - 1
    while True:
        touched = followed.touched(conn, place.source, since, at, until, chunk)
        wanted = [each for each in touched if wish.series in ("", each[0])]
        for (entry, seq), now, then in _versions(conn, place, since, wanted):
            rows = {row.id: row for version in now for row in _fitting(conn, place, wish, zone, version)}
            gone = set[str]()
            for version in then:
                # Of what nobody knows any more, at least the entry itself is told.
                had = _fitting(conn, place, wish, zone, version)
                gone.update([row.id for row in had] if version[1] else [entry])
            for key in sorted(rows.keys() | gone):
                if after is None or Place(seq, key) > after:
                    yield Place(seq, key), rows.get(key)
        if len(touched) < chunk:
            return
        at = touched[-1][1]


def _versions(
    conn: Connection, place: Collection, since: int, touched: Sequence[tuple[str, int]]
) -> Iterator[tuple[tuple[str, int], list[Version], list[Version]]]:
    """What each of these entries is in the calendar, nothing where it is not there, and all that it was since."""
    ids = [entry for entry, _ in touched]
    read = followed.named(conn, ids)
    records = components.of_entries(conn, [each.n for each in read.values()])
    kept: dict[str, list[Left]] = {}
    for each in followed.replaced(conn, ids, since):
        kept.setdefault(each.entry, []).append(each)
    left: dict[str, list[int]] = {}
    for entry, seq in followed.left(conn, place.source, ids, since):
        left.setdefault(entry, []).append(seq)
    for of in touched:
        current = read.get(of[0])
        now = [(current, records[current.n])] if current is not None else []
        then: list[Version] = []
        for seq in left.get(of[0], ()):
            # A move keeps nothing: what it took away is what the next change replaced, or what there is still.
            was = next((each for each in kept.get(of[0], ()) if each.seq >= seq), None)
            then += [_version(was)] if was is not None else now
        yield of, [each for each in now if _is_event_of(place, each[0])], then


def _version(was: Left) -> Version:
    digest, created, modified, _ = was.rendered
    entry = Entry(0, was.entry, 0, "", was.uid, Kind.EVENT, "", digest, 0, was.seq, created, modified)
    return entry, components.unpacked(was.rendered.packed)


def _is_event_of(place: Collection, entry: Entry) -> bool:
    return entry.collection_n == place.source and entry.kind is Kind.EVENT
