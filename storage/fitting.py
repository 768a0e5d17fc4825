"""Which items of an entry fit what an application asks for: pure, and of any version of the entry.

Unexpanded, the items of an entry are its master (or the event that does not recur) and each instance that differs from
it: an override, or one that was taken out of the series, which is shown as cancelled. Expanded, they are its instances,
without what is cancelled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from storage.errors import InvalidData
from storage.ical.values import key_of, parse_datetime, wall_seconds
from storage.model import Entry, Kind
from storage.records import ComponentRecord, EventRow, Occurrence
from storage.recurrence import stored
from storage.recurrence.expand import expand
from storage.recurrence.instances import DAY
from storage.window import FIRST, LAST, shown_at

MARGIN = 27 * 3600
"""Seconds by which a span is searched more widely than it is: no two clocks on Earth differ by more."""

CANCELLED = "CANCELLED"

_MOST = 20_000
_TO_KNOW = 1_000
"""At most so many instances are looked at to list a series, and to know whether one of them is inside a span."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. An item is inside the span if it starts at its start or later and ends at its end or before.

    `start`, `end`: seconds since 1970 (`FIRST`, `LAST`: no bound); `wall_start`, `wall_end`: the same as the client
    wrote it, read as if it were UTC, for whole days. `expanded`: the instances of series. `series`: the instances of
    this entry alone. `title` is part of the name, whatever its case; `properties` are custom ones, of any scope.
    `updated_after`: milliseconds since 1970.
    """

    start: int = FIRST
    end: int = LAST
    wall_start: int = FIRST
    wall_end: int = LAST
    expanded: bool = False
    series: str = ""
    title: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    all_day: bool | None = None
    cancelled: bool | None = None
    updated_after: int | None = None

    @property
    def spans(self) -> bool:
        """Whether there is any bound."""
        return self.start > FIRST or self.end < LAST

    def holds(self, at: Occurrence, zone: tzinfo) -> bool:
        """Whether an instance is inside the span; `zone` is the calendar's, for floating times."""
        if at.all_day:
            return self.wall_start <= at.start and at.end <= self.wall_end
        if at.floating:
            return self.start <= shown_at(at.start, zone) and shown_at(at.end, zone) <= self.end
        return self.start <= at.start and at.end <= self.end

    def suits(self, row: EventRow) -> bool:
        """Whether an item fits besides its time."""
        record = row.component
        all_day = row.occurrence.all_day if row.occurrence else record.all_day
        cancelled = record.status == CANCELLED
        return (
            not (self.expanded and cancelled)
            and (not self.series or bool(row.instance))
            and self.all_day in (None, all_day)
            and self.cancelled in (None, cancelled)
            and (not self.title or self.title.casefold() in record.summary.casefold())
            and (not self.properties or self._has(record))
            and (self.updated_after is None or updated(row) > self.updated_after)
        )

    def _has(self, record: ComponentRecord) -> bool:
        own = {(each["key"], each["value"]) for each in record.custom}
        return own.issuperset(self.properties)


def updated(row: EventRow) -> int:
    """When an item was changed last, in milliseconds since 1970: what it says itself, else when the mirror heard."""
    record = row.component
    said = record.last_modified if record.last_modified is not None else record.stamped
    if said is not None:
        return said * 1000
    try:
        return int(datetime.fromisoformat(row.entry.modified).astimezone(UTC).timestamp() * 1000)
    except ValueError:
        return 0


def items(entry: Entry, records: Sequence[ComponentRecord], wish: Wish, zone: tzinfo) -> Iterator[EventRow]:
    """The items of an entry that are inside the span; whether they suit is for the caller to ask."""
    if wish.series not in ("", entry.id) or any(each.name != "VEVENT" for each in records[:1]):
        return
    if wish.expanded:
        yield from _instances(entry, records, wish, zone)
        return
    master = next((each for each in records if not each.recurrence_id), None)
    if master is not None and master.start is not None and _is_inside(master, records, wish, zone):
        yield EventRow(entry, master, None, master if master.recurring else None)
    if master is None or master.recurring or len(records) > 1:
        for position, at in _differing(records, master):
            record = records[position]
            if at.recurrence_id in (master.excluded if master else ()):
                record = record._replace(status=CANCELLED)
            if wish.holds(at, zone):
                yield EventRow(entry, record, at, master)


def _instances(entry: Entry, records: Sequence[ComponentRecord], wish: Wish, zone: tzinfo) -> Iterator[EventRow]:
    master = next((each for each in records if not each.recurrence_id), None)
    for at in _expanded(records, wish, _MOST):
        if wish.holds(at, zone):
            yield EventRow(entry, records[at.position], at, master if at.recurrence_id else None)


def _is_inside(master: ComponentRecord, records: Sequence[ComponentRecord], wish: Wish, zone: tzinfo) -> bool:
    """Whether an event, or some instance of a series, is inside the span."""
    if not wish.spans:
        return True
    if master.recurring:
        return any(wish.holds(each, zone) for each in _expanded(records, wish, _TO_KNOW))
    return wish.holds(_occurrence(master, 0, "", 0), zone)


def _expanded(records: Sequence[ComponentRecord], wish: Wish, most: int) -> Sequence[Occurrence]:
    first = None if wish.start <= FIRST else wish.start - MARGIN
    last = None if wish.end >= LAST else wish.end + MARGIN
    return expand(stored.content(Kind.EVENT, "", records), first, last, limit=most).occurrences


def _differing(records: Sequence[ComponentRecord], master: ComponentRecord | None) -> Iterator[tuple[int, Occurrence]]:
    """The instances that differ from their series, each with the component that describes it, as `expand` has them."""
    ruled = master if master is not None and master.recurring else None
    length = DAY * (ruled.all_day if ruled else 0)
    if ruled is not None and ruled.start is not None and ruled.end is not None:
        length = ruled.end - ruled.start
    excluded = frozenset(ruled.excluded if ruled else ())
    overrides: dict[int, int] = {}
    for position, record in enumerate(records):
        at = _moment(record.recurrence_id)
        if at is not None and (at not in overrides or record.sequence >= records[overrides[at]].sequence):
            overrides[at] = position
    for at, position in overrides.items():
        key = records[position].recurrence_id
        if ruled is not None:
            key = key_of(at, all_day=ruled.all_day, floating=ruled.floating)
        if key not in excluded:
            yield position, _occurrence(records[position], position, key, length)
    for key in sorted(excluded):
        at = _moment(key)
        if ruled is not None and at is not None:
            position = records.index(ruled)
            yield position, Occurrence(at, at + length, key, position, ruled.all_day, ruled.floating)


def _occurrence(record: ComponentRecord, position: int, key: str, length: int) -> Occurrence:
    """When a component says that it is; without times of its own, when its key says."""
    if record.start is None:
        at = _moment(key) or 0
        return Occurrence(at, at + length, key, position, len(key) == len("YYYYMMDD"), not key.endswith("Z"))
    end = record.start if record.end is None else max(record.start, record.end)
    return Occurrence(record.start, end, key, position, record.all_day, record.floating)


def _moment(key: str) -> int | None:
    try:
        return wall_seconds(parse_datetime(key)) if key else None
    except InvalidData:
        return None
