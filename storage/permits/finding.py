"""Which events of some calendars a permit shows, and when they are: judged before anything is counted or sorted.

An instance is judged by the component that describes it. Whole days are compared as `SeenEvent` shows them, between
midnights in UTC; floating times by the clock of their calendar.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
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
from storage.tables.event_people import Judged
from storage.tables.event_rows import Found
from storage.window import FIRST, LAST, shown_at, window

MOST = 20_000
"""At most so many instances of one series are expanded for one question."""


class Hit(NamedTuple):
    """An instance that is shown: its place in the order, and how much of it is."""

    start: int
    id: str
    end: int
    place: int
    found: Found
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
    words: bool = False


def hits(conn: Connection, search: Search, judge: Callable[[Judged], Sight]) -> Iterator[Hit]:
    """The instances that `judge` shows, in no order. It is asked once for all instances that a component describes."""
    verdicts: dict[tuple[int, int], Sight] = {}
    start, end, zone, place = search.start, search.end, search.zone, search.place
    for each in instances(conn, search):
        found = each.found
        at = found.occurrence
        key = found.entry_n, at.position
        how = verdicts.get(key)
        if how is None:
            how = verdicts[key] = judge(each)
        if how is Sight.HIDDEN:
            continue
        first, last = at.start, at.end
        if at.floating and not at.all_day:
            first, last = shown_at(first, zone), shown_at(last, zone)
        if overlaps(first, last, start, end):
            yield Hit(first, occurrence_id(found.entry, at.recurrence_id), last, place, found, how)


def instances(conn: Connection, search: Search) -> Iterator[Judged]:
    """All instances around a span, a day more on both sides: those that are materialised, and those beyond."""
    first = FIRST if search.start is None else search.start - DAY
    last = LAST if search.end is None else search.end + DAY
    source = search.collection.source
    partial = [n for n, _, _ in event_rows.incomplete(conn, source, first, last, search.only)]
    span = window(first, last, search.zone)
    rows = event_people.in_window(conn, source, span, search.only, words=search.words)
    if not partial:
        yield from rows
        return
    apart = set(partial)
    yield from (each for each in rows if each.found.entry_n not in apart)
    entries = event_rows.entries_of(conn, partial, text=False)
    described = event_rows.records(conn, list(entries))
    for n, entry in entries.items():
        records = described.get(n, [])
        for at in _expanded(records, search):
            yield event_people.described(Found(at, n, entry.id), records[at.position])


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
