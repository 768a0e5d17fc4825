"""Which entries and instances fall into a span of time: the materialised ones, and beyond them by expansion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

from storage import record
from storage.db import Connection
from storage.errors import TooManyMatches
from storage.ical.read import Content, read
from storage.model import Collection, Entry, Kind
from storage.records import Occurrence, OccurrenceRow, TakenRow
from storage.recurrence.expand import Expansion, expand
from storage.tables import components, entries, occurrences
from storage.tables.occurrences import Window

FIRST, LAST = -(1 << 60), 1 << 60
"""Stand for "no start" and "no end"."""

ENOUGH = 64
"""So many instances are looked at to know whether an entry has one in a window; the first few already tell."""

MOST_TOGETHER = 100_000
"""Instances of one collection that one question is answered with."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001

Row = TypeVar("Row")


def window(start: int | None, end: int | None, zone: tzinfo) -> Window:
    """The span [start, end) in seconds since 1970 (None: unbounded), with its wall-clock times in `zone`."""
    first, last = FIRST if start is None else start, LAST if end is None else end
    wall_first, wall_last = _wall(first, zone), _wall(last, zone)
    # Inside the hour that a change from summer time repeats, a short window would end before it starts.
    return Window(first, last, wall_first, wall_last if wall_last > wall_first else wall_first + last - first)


def instant(occurrence: Occurrence, zone: tzinfo) -> int:
    """When an instance starts, in seconds since 1970; floating and all-day ones as `zone` reads the clock."""
    floating = occurrence.floating or occurrence.all_day
    return shown_at(occurrence.start, zone) if floating else occurrence.start


def shown_at(wall: int, zone: tzinfo) -> int:
    """The instant at which a clock in `zone` shows a wall-clock time (read as if UTC), in seconds since 1970."""
    try:
        return int((_EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone).timestamp())
    except (OverflowError, ValueError):
        return wall


def entry_numbers(conn: Connection, collection_n: int, span: Window) -> set[int]:
    """The numbers of the collection's entries that RFC 4791 §9.9 counts into the window."""
    found = set(occurrences.entries_in(conn, collection_n, span))
    found.update(components.undated_tasks(conn, collection_n, span.start, span.end))
    missing = [n for n in entries.incomplete(conn, collection_n, *_widest(span)) if n not in found]
    for entry in entries.numbered(conn, missing):
        if _expanded(read(entry.text), span, ENOUGH).occurrences:
            found.add(entry.n)
    return found


def rows(conn: Connection, collection_n: int, span: Window, limit: int) -> list[OccurrenceRow]:
    """The collection's instances in the window. `limit` bounds those of one entry that have to be expanded for it.

    Raises `TooManyMatches` for more than `MOST_TOGETHER` of them together.
    """
    partial = entries.incomplete(conn, collection_n, *_widest(span))
    found = occurrences.rows_in(conn, collection_n, span, partial, MOST_TOGETHER + 1)
    for entry in entries.numbered(conn, partial):
        if len(found) > MOST_TOGETHER:
            break
        content = read(entry.text)
        found.extend(
            OccurrenceRow(
                entry.n, entry.id, collection_n, entry.uid, entry.href, entry.kind, o, content.components[o.position]
            )
            for o in _expanded(content, span, limit).occurrences
        )
    return _not_too_many(found)


def taken(conn: Connection, collection_n: int, span: Window, limit: int) -> list[TakenRow]:
    """The instances of the collection's events in the window, with what tells whether their time is taken; see `rows`.

    An event with more instances than `limit` takes all the time behind them, of which nobody knows better.
    """
    partial = entries.incomplete(conn, collection_n, *_widest(span))
    found = occurrences.taken_in(conn, collection_n, span, partial, MOST_TOGETHER + 1)
    for entry in entries.numbered(conn, partial, kinds=[Kind.EVENT]):
        if len(found) > MOST_TOGETHER:
            break
        content = read(entry.text)
        expansion = _expanded(content, span, limit)
        instances = list(expansion.occurrences)
        until = expansion.complete_until
        if until is not None and until < _widest(span)[1] and instances and instances[-1].start < instances[-1].end:
            instances.append(instances[-1]._replace(start=until, end=_widest(span)[1]))
        found.extend(_taken(entry.n, content, each) for each in instances)
    return _not_too_many(found)


def _taken(n: int, content: Content, each: Occurrence) -> TakenRow:
    by = content.components[each.position]
    floating = each.floating or each.all_day
    people = components.people(by)
    return TakenRow(each.start, each.end, floating, by.status, by.transparency, *people, n, each.position)


def _not_too_many(found: list[Row]) -> list[Row]:
    if len(found) > MOST_TOGETHER:
        raise TooManyMatches(
            f"there are more than {MOST_TOGETHER:,} instances in this time", hint="ask for a shorter time"
        )
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """The materialised instances inside a window, as a collection stood at the change `seq`."""

    seq: int
    found: Mapping[int, Sequence[Occurrence]]
    partial: frozenset[int]

    def of(self, entry: Entry) -> Sequence[Occurrence] | None:
        """An entry's instances, in order; None where they are not known and the entry has to be expanded."""
        if not entry.n or entry.seq > self.seq or entry.n in self.partial or entry.kind is Kind.FREEBUSY:
            return None
        return self.found.get(entry.n, ())


def known(conn: Connection, collection: Collection, span: Window, limit: int) -> Known | None:
    """The materialised instances in the window; None where there are more than `limit`."""
    partial = entries.incomplete(conn, collection.n, *_widest(span))
    found = occurrences.by_entry(conn, collection.n, span, partial, limit)
    return None if found is None else Known(collection.seq, found, frozenset(partial))


def by_time(found: list[OccurrenceRow], zone: tzinfo) -> list[OccurrenceRow]:
    """The same in the order in which they begin for somebody in `zone`; whole days first."""
    return sorted(found, key=lambda r: (instant(r.occurrence, zone), not r.occurrence.all_day, r.uid))


def _expanded(content: Content, span: Window, limit: int) -> Expansion:
    """The instances in the window. One second more on both sides, for tasks: §9.9 counts a DUE at the window's end."""
    first, last = _widest(span)
    start, end = (None if first <= FIRST else first - 1), (None if last >= LAST else last + 1)
    result = expand(content, start, end, limit=limit)
    held = (o for o in result.occurrences if span.holds(o, record.rule(content.components[o.position])))
    return replace(result, occurrences=tuple(held))


def _widest(span: Window) -> tuple[int, int]:
    return min(span.start, span.wall_start), max(span.end, span.wall_end)


def _wall(seconds: int, zone: tzinfo) -> int:
    """The wall-clock time at an instant, read as if UTC; outside the years 1 to 9999 the instant itself."""
    if zone is UTC:
        return seconds
    try:
        local = datetime.fromtimestamp(seconds, zone)
    except (OverflowError, ValueError, OSError):
        return seconds
    return seconds + int((local.utcoffset() or timedelta()).total_seconds())
