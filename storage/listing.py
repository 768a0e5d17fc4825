"""Pages of events in order of start and id: found by position, so that no edit shifts what has not been shown yet.

An instance is in a window if it ends after the window's start and starts before its end, both strictly; whole days last
from midnight to midnight in the calendar's zone. Nothing here reads a text: what lies beyond the horizon is expanded
from the rows of its series.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from heapq import merge
from itertools import islice
from typing import NamedTuple

from storage.db import Connection
from storage.ids import occurrence_id
from storage.model import Collection, Kind
from storage.records import ComponentRecord, Occurrence, PlainSeries
from storage.recurrence import stored
from storage.recurrence.counting import ends, starts
from storage.recurrence.expand import expand
from storage.recurrence.instances import DAY
from storage.tables import event_rows
from storage.tables.event_rows import Found
from storage.tables.occurrences import Window
from storage.window import ENOUGH, FIRST, instant, window

_TOGETHER = 256
"""So many rows are put in order at a time."""

MOST = 20_000
"""At most so many instances of one series are expanded for one count."""


class Key(NamedTuple):
    """Where an instance stands in a list: when it starts (seconds since 1970), and its public id."""

    at: int
    id: str


class Listed(NamedTuple):
    """An instance in its place. `place` counts the calendars of the question."""

    key: Key
    place: int
    found: Found


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of some calendars.

    `start`, `end`: seconds since 1970, None for no bound. `endless_until`: where series without an end stop, if `end`
    is None. `only`: of each calendar the numbers of the entries that count, with the positions of their components that
    do (None: all); without it, every event counts.
    """

    places: tuple[Collection, ...]
    zones: tuple[tzinfo, ...]
    start: int | None
    end: int | None
    endless_until: int
    only: Mapping[int, frozenset[int] | None] | None = None

    def window(self, place: int) -> Window:
        """The span in which a calendar is searched."""
        return window(self.start, self.end, self.zones[place])

    def counts(self, found: Found) -> bool:
        """Whether an instance is one of those that are asked for."""
        return _is_asked(self.only, found.entry_n, found.occurrence.position)


def in_window(occurrence: Occurrence, span: Window) -> bool:
    """Whether an instance lies in a window: the same test as in `event_rows`."""
    wall = occurrence.floating or occurrence.all_day
    start, end = (span.wall_start, span.wall_end) if wall else (span.start, span.end)
    return occurrence.start < end and occurrence.end > start


def page(conn: Connection, asked: Question, after: Key | None, size: int) -> list[Listed]:
    """The first `size` instances behind `after`, and one more where there are more."""
    streams = [_stored(conn, asked, place, after) for place in range(len(asked.places))]
    keys = list(islice(merge(*streams, key=_key), size + 1))
    reach = keys[-1].key.at if len(keys) > size else None
    missing = [_incomplete(conn, asked, place, after, reach) for place in range(len(asked.places))]
    if not any(missing):
        return keys
    partial = {n for each in missing for n in each}
    keys = [each for each in keys if each.found.entry_n not in partial]
    for place, numbers in enumerate(missing):
        keys += _expanded(conn, asked, place, numbers, after, reach, size + 1)
    return sorted(keys, key=_key)[: size + 1]


def total(conn: Connection, asked: Question) -> int:
    """How many instances there are on all pages."""
    return sum(_total(conn, asked, place) for place in range(len(asked.places)))


def _key(each: Listed) -> Key:
    return each.key


def listed(found: Found, place: int, zone: tzinfo) -> Listed:
    """An instance with its place in a list."""
    at = instant(found.occurrence, zone)
    return Listed(Key(at, occurrence_id(found.entry, found.occurrence.recurrence_id)), place, found)


def _stored(conn: Connection, asked: Question, place: int, after: Key | None) -> Iterator[Listed]:
    """The materialised instances of a calendar behind `after`, in order."""
    since = None if after is None else after.at - DAY
    only = None if asked.only is None else list(asked.only)
    rows = event_rows.in_order(conn, asked.places[place].source, asked.window(place), since, only)
    everything = asked.only is None
    for each in _ordered(rows, place, asked.zones[place]):
        if (after is None or each.key > after) and (everything or asked.counts(each.found)):
            yield each


def _ordered(rows: Iterator[Found], place: int, zone: tzinfo) -> Iterator[Listed]:
    """Rows by their `start` in the order of a list.

    For floating time `start` is not yet the instant, but less than a day from it: whatever is a day behind the row that
    was read last has its place.
    """
    waiting = list[Listed]()
    while some := list(islice(rows, _TOGETHER)):
        waiting += [listed(found, place, zone) for found in some]
        waiting.sort(key=_key)
        placed = bisect_left(waiting, Key(some[-1].occurrence.start - DAY, ""), key=_key)
        yield from waiting[:placed]
        del waiting[:placed]
    yield from waiting


def _incomplete(conn: Connection, asked: Question, place: int, after: Key | None, reach: int | None) -> list[int]:
    """The numbers of the series of which instances between `after` and `reach` may not be materialised."""
    span = asked.window(place)
    first = min(span.start, span.wall_start) if after is None else after.at - DAY
    last = max(span.end, span.wall_end) if reach is None else reach + DAY
    found = event_rows.incomplete(conn, asked.places[place].source, first, last, asked.only)
    return [n for n, _, _ in found]


def _expanded(
    conn: Connection,
    asked: Question,
    place: int,
    numbers: Sequence[int],
    after: Key | None,
    reach: int | None,
    size: int,
) -> Iterator[Listed]:
    """At least the first `size` instances of each of these series behind `after`, up to `reach`."""
    span = asked.window(place)
    first = min(span.start, span.wall_start) - DAY if after is None else after.at - DAY
    for n, entry, records in _series(conn, numbers):
        last = _last(asked, span, records, reach)
        content, limit = stored.content(Kind.EVENT, "", records), size + 64
        while True:
            expansion = expand(content, None if first <= FIRST else first, last, limit=limit)
            found = [
                listed(Found(each, n, entry), place, asked.zones[place])
                for each in expansion.occurrences
                if in_window(each, span)
            ]
            found = [each for each in found if (after is None or each.key > after) and asked.counts(each.found)]
            limited = len(expansion.occurrences) >= limit
            if len(found) >= size or not limited or limit > MOST:
                break
            limit *= 4
        yield from found


def _last(asked: Question, span: Window, records: Sequence[ComponentRecord], reach: int | None) -> int | None:
    """Up to when a series is expanded; None: as far as it goes."""
    bounds = [] if reach is None else [reach + DAY]
    if asked.end is not None:
        bounds.append(max(span.end, span.wall_end) + DAY)
    elif _is_endless(records):
        bounds.append(asked.endless_until)
    return min(bounds, default=None)


def _is_endless(records: Sequence[ComponentRecord]) -> bool:
    """Whether a series has a rule that says no end."""
    rules = [line for each in records for line in each.recurrence if line.startswith("RRULE:")]
    return any("COUNT=" not in line and "UNTIL=" not in line for line in rules)


def _series(conn: Connection, numbers: Sequence[int]) -> Iterator[tuple[int, str, list[ComponentRecord]]]:
    """The events of these numbers with their ids and components."""
    entries = event_rows.entries_of(conn, numbers, text=False)
    described = event_rows.records(conn, list(entries))
    for n, entry in entries.items():
        yield n, entry.id, described.get(n, [])


def _total(conn: Connection, asked: Question, place: int) -> int:
    span, source = asked.window(place), asked.places[place].source
    if asked.only is None:
        number = event_rows.count(conn, source, span)
    else:
        rows = event_rows.count_of(conn, source, span, list(asked.only))
        number = sum(many for n, position, many in rows if _is_asked(asked.only, n, position))
    first, last = min(span.start, span.wall_start), max(span.end, span.wall_end)
    covered = {n: (since, until) for n, since, until in event_rows.incomplete(conn, source, first, last, asked.only)}
    wanted = [n for n in covered if _is_asked(asked.only, n, 0)]
    plain = event_rows.plain(conn, wanted)
    counted = {
        n: many for n in wanted if n in plain and (many := _counted(asked, span, covered[n], plain[n])) is not None
    }
    number += sum(counted.values())
    for n, _, records in _series(conn, [n for n in covered if n not in counted]):
        found = _beyond(records, covered[n], None if first <= FIRST else first - DAY, _last(asked, span, records, None))
        number += sum(in_window(each, span) and _is_asked(asked.only, n, each.position) for each in found)
    return number


def _counted(asked: Question, span: Window, covered: tuple[int | None, int | None], series: PlainSeries) -> int | None:
    """How many instances a series without exceptions has outside the span in which they are materialised.

    None where only expansion tells.
    """
    since, until = covered
    first, last = (span.wall_start, span.wall_end) if series.wall else (span.start, span.end)
    if asked.end is None:
        last = asked.endless_until
    before = behind = None if since is None and until is None else 0
    if since is not None and first < since:
        before = ends(series, first, since) if since < last else None
    if until is not None and until < last:
        behind = starts(series, until, last) if first < until else None
    return None if before is None or behind is None else before + behind


def _is_asked(only: Mapping[int, frozenset[int] | None] | None, entry_n: int, position: int) -> bool:
    if only is None:
        return True
    positions = only.get(entry_n, frozenset())
    return positions is None or position in positions


def _beyond(
    records: Sequence[ComponentRecord], covered: tuple[int | None, int | None], first: int | None, last: int | None
) -> Iterator[Occurrence]:
    """The instances of a series outside the span in which they are materialised."""
    since, until = covered
    content = stored.content(Kind.EVENT, "", records)
    if since is not None and (first is None or first < since):
        before = expand(content, first, since, limit=MOST).occurrences
        yield from (each for each in before if each.end <= since and each.start < since)
    if until is not None and (last is None or until < last):
        behind = expand(content, until, last, limit=MOST).occurrences
        yield from (each for each in behind if each.start >= until)


def masters(
    conn: Connection, asked: Question, after: Key | None, size: int, *, exceptions: bool
) -> tuple[list[Listed], int]:
    """The same of masters and solo events, and how many there are: a master is in a window if an instance of it is.

    With `exceptions` also the overrides that are in it. An override without a master stands for itself in any case.
    """
    streams, total = list[Iterator[Listed]](), 0
    for place, zone in enumerate(asked.zones):
        span, source, numbers = asked.window(place), asked.places[place].source, None
        if asked.only is None and event_rows.wide(span):
            numbers = event_rows.several(conn, source)
            stream, many = _heads(conn, asked, place, after, numbers)
            streams.append(stream)
            total += many
        found = [listed(each, place, zone) for each in _masters(conn, asked, place, numbers, exceptions=exceptions)]
        streams.append(iter(sorted((each for each in found if after is None or each.key > after), key=_key)))
        total += len(found)
    return list(islice(merge(*streams, key=_key), size + 1)), total


def _heads(
    conn: Connection, asked: Question, place: int, after: Key | None, without: Sequence[int]
) -> tuple[Iterator[Listed], int]:
    """The masters and solo events of a wide window behind `after`, in order, and how many there are in all.

    They are read as they are asked for. `without`: the entries of several components, which are looked at one by one.
    """
    span, source, zone = asked.window(place), asked.places[place].source, asked.zones[place]
    inside, others = event_rows.series_in(conn, source, span)
    first, last = min(span.start, span.wall_start), max(span.end, span.wall_end)
    partial = {n for n, _, _ in event_rows.incomplete(conn, source, first, last)}
    for n, _, records in _series(conn, [n for n in others if n in partial]):
        if any(in_window(each, span) for each in _some(asked, span, records, first, ENOUGH)):
            inside.append(n)
    series = [n for n in inside if n not in set(without)]
    since = FIRST if after is None else after.at - DAY
    rows = event_rows.heads_in_order(conn, source, span, since, series, without)
    behind = _ordered(rows, place, zone)
    many = len(series) + event_rows.solos(conn, source, span, without)
    return (each for each in behind if after is None or each.key > after), many


def _masters(
    conn: Connection, asked: Question, place: int, only: Sequence[int] | None, *, exceptions: bool
) -> Iterator[Found]:
    """The masters and overrides in a window, in no order; `only`: of these entries."""
    span, source = asked.window(place), asked.places[place].source
    if only is not None and not only:
        return
    numbers = event_rows.entries_in(conn, source, span, only)
    first, last = min(span.start, span.wall_start), max(span.end, span.wall_end)
    partial = [n for n, _, _ in event_rows.incomplete(conn, source, first, last, only)]
    overrides = list[Found]()
    for n, entry, records in _series(conn, partial):
        moved = any(each.recurrence_id for each in records)
        found = _some(asked, span, records, first, MOST if moved else ENOUGH)
        inside = [Found(each, n, entry) for each in found if in_window(each, span)]
        if inside:
            numbers.add(n)
        overrides += [each for each in inside if _is_exception(records[each.occurrence.position], each.occurrence)]
    heads = event_rows.masters(conn, sorted(numbers))
    whole = {each.entry_n for each in heads}
    rest = sorted(numbers if exceptions else numbers - whole)
    overrides += event_rows.exceptions(conn, sorted(set(rest) - set(partial)), span)
    yield from (each for each in heads if asked.counts(each))
    yield from (each for each in overrides if (exceptions or each.entry_n not in whole) and asked.counts(each))


def _some(
    asked: Question, span: Window, records: Sequence[ComponentRecord], first: int, limit: int
) -> Sequence[Occurrence]:
    """The first instances of a series around a window."""
    begin, end = None if first <= FIRST else first - DAY, _last(asked, span, records, None)
    return expand(stored.content(Kind.EVENT, "", records), begin, end, limit=limit).occurrences


def _is_exception(record: ComponentRecord, occurrence: Occurrence) -> bool:
    """Whether a component describes this one instance, and not those behind it alone."""
    key = record.recurrence_id
    return bool(key) and (not record.this_and_future or key == occurrence.recurrence_id)
