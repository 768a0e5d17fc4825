"""Which events of some calendars a permit shows, and when they are: judged before anything is counted or sorted.

An instance is judged by the component that describes it. Whole days are compared as `SeenEvent` shows them, between
midnights in UTC; floating times by the clock of their calendar.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from operator import attrgetter
from typing import NamedTuple

from storage.db import Connection
from storage.ids import occurrence_id
from storage.model import Collection, Kind
from storage.permits.policy import Sight, Span, overlaps
from storage.permits.seen import times
from storage.records import ComponentRecord, Occurrence
from storage.recurrence import stored
from storage.recurrence.expand import expand
from storage.recurrence.instances import DAY
from storage.tables import event_people, event_rows
from storage.tables.event_people import Instance, Key
from storage.tables.event_rows import Found
from storage.window import FIRST, LAST, shown_at, window

MOST = 20_000
"""At most so many instances of one series are expanded for one question."""


class Hit(NamedTuple):
    """An instance that is shown, when it starts, and how much of it is. `place` counts the calendars of a question."""

    start: int
    place: int
    instance: Instance
    sight: Sight


@dataclass(frozen=True, slots=True)
class Search:
    """Where and when is looked. `place` counts the calendars of a question; `only` names entries by their numbers.

    `endless_until`: where series without an end stop if `end` is None.
    """

    place: int
    collection: Collection
    zone: tzinfo
    start: int | None
    end: int | None
    endless_until: int
    only: Sequence[int] | None = None


def hits(conn: Connection, search: Search, choose: Callable[[set[Key]], Mapping[Key, Sight]]) -> Iterator[Hit]:
    """The instances in no order whose components `choose` shows: it is asked once, about all components around."""
    first = FIRST if search.start is None else search.start - DAY
    last = LAST if search.end is None else search.end + DAY
    source = search.collection.source
    partial = [n for n, _, _ in event_rows.incomplete(conn, source, first, last, search.only)]
    instances = event_people.in_window(conn, source, window(first, last, search.zone), search.only)
    instances = _completed(conn, search, instances, partial) if partial else instances
    sights = choose({(each[6], each[3]) for each in instances})
    start, end, zone, place = search.start, search.end, search.zone, search.place
    for each in instances:
        at, until, _, position, all_day, floating, n = each
        how = sights.get((n, position))
        if how is None:
            continue
        if floating and not all_day:
            at, until = shown_at(at, zone), shown_at(until, zone)
        if overlaps(at, until, start, end):
            yield Hit(at, place, each, how)


def part(conn: Connection, found: list[Hit], offset: int, limit: int) -> list[tuple[Hit, Found]]:
    """A part of what was found in order of start and id, with what each is. Only ids that matter are looked up."""
    found.sort(key=_BY_START)
    end = min(offset + limit, len(found))
    if offset >= end:
        return []
    first, last = (
        bisect(found, found[at].start, key=_BY_START) for bisect, at in ((bisect_left, offset), (bisect_right, end - 1))
    )
    ids = event_people.ids(conn, {each.instance[6] for each in found[first:last]})
    named = [(each, _found(each.instance, ids[each.instance[6]])) for each in found[first:last]]
    named.sort(key=_place_in_list)
    return named[offset - first : end - first]


_BY_START = attrgetter("start")


def _place_in_list(each: tuple[Hit, Found]) -> tuple[int, str]:
    hit, found = each
    return hit.start, occurrence_id(found.entry, found.occurrence.recurrence_id)


def _found(instance: Instance, entry: str) -> Found:
    start, end, key, position, all_day, floating, n = instance
    return Found(Occurrence(start, end, key, position, all_day != 0, floating != 0), n, entry)


def _completed(
    conn: Connection, search: Search, instances: Sequence[Instance], partial: Sequence[int]
) -> list[Instance]:
    """The instances with those beyond the horizon; `partial`: the series of which some are."""
    apart = set(partial)
    found = [each for each in instances if each[6] not in apart]
    events = event_rows.entries_of(conn, partial, text=False)
    described = event_rows.records(conn, list(events))
    for n in events:
        for o in _expanded(described.get(n, []), search):
            floating = o.floating or o.all_day
            found.append((o.start, o.end, o.recurrence_id, o.position, o.all_day, floating, n))
    return found


def _expanded(records: Sequence[ComponentRecord], search: Search) -> Iterable[Occurrence]:
    first = None if search.start is None else search.start - 2 * DAY
    last = None if search.end is None else search.end + 2 * DAY
    if last is None and endless(records):
        last = search.endless_until
    return expand(stored.content(Kind.EVENT, "", records), first, last, limit=MOST).occurrences


def endless(records: Sequence[ComponentRecord]) -> bool:
    """Whether a series has a rule that says no end."""
    rules = [line for each in records for line in each.recurrence if line.startswith("RRULE")]
    return any("COUNT=" not in line and "UNTIL=" not in line for line in rules)


def extent(
    record: ComponentRecord,
    at: Occurrence | None,
    records: Sequence[ComponentRecord],
    zone: tzinfo,
    shows: Callable[[ComponentRecord], bool],
) -> Span:
    """From when until when an event is; of a whole series (`at` None) from its first instance to the end of its last.

    `records`: all components of its entry. Only those instances count whose component `shows` says yes to. None for the
    end of a series that has none, or of which nobody counts the instances.
    """
    start, end, _all_day = times(record, at, zone)
    if at is not None or not any(each.recurring for each in records):
        return start, end
    if endless(records):
        return start, None
    expansion = expand(stored.content(Kind.EVENT, "", records), None, None, limit=MOST)
    if expansion.complete_until is not None:
        return start, None
    visible = [shows(each) for each in records]
    instances = [each for each in expansion.occurrences if visible[each.position]]
    spans = [times(records[each.position], each, zone) for each in instances]
    return min([start, *(one for one, _, _ in spans)]), max([end, *(one for _, one, _ in spans)])
