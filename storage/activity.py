"""What became of an account's calendars and the events in them, in order and exactly once, told from the journal.

There is no other log: a position is one in the journal, and what an event was after an older change is what the next
change of it replaced, as it was rendered then. So nothing here reads iCalendar.
"""

import re
from collections.abc import Collection as Group
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from storage import cursor, versions
from storage.browsing import expanded
from storage.db import Connection
from storage.effects import Effect, effects
from storage.errors import InvalidData
from storage.ids import occurrence_id
from storage.model import Action, Change, Collection, CollectionKind, Entry, Kind
from storage.records import ComponentRecord, EventRow, Occurrence
from storage.tables import collection_revisions, collections, components, entries, journal, revisions
from storage.tables.revisions import Rendered

COUNTED = 10_000
"""Of so many changes before or after a page the number is told; counting more would take longer than the page."""

_TOKEN = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,8})-([0-9a-f]{6})")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two activities: right after the change `seq`, or (`part` > 0) after its first `part` activities.

    Right after the last activity of a change, `part` is 0.
    """

    seq: int
    part: int = 0

    @property
    def token(self) -> str:
        """The position as clients are given it: `[a-z0-9-]+`, opaque to them."""
        place = f"{self.seq:x}-{self.part:x}"
        return f"{place}-{sha256(place.encode()).hexdigest()[:6]}"


def position(token: str) -> Position:
    """The position of a token; raises `InvalidData` for what is none."""
    found = _TOKEN.fullmatch(token)
    place = Position(int(found[1], 16), int(found[2], 16)) if found else None
    if place is None or place.token != token:
        raise InvalidData("the cursor is none that was given out", hint="use the `cursor` of an answer as it is")
    return place


@dataclass(frozen=True, slots=True)
class EventState:
    """An entry, without its text, as it was after a change or before the one that deleted it: records in file order.

    Of what was changed before the mirror kept such things, there are no records, and no moments ("").
    """

    entry: Entry
    records: tuple[ComponentRecord, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """What became of one thing: a calendar (`entry` is ""), an event or a series (`key` is ""), or an instance of one.

    `position` is right after it, and no two activities have the same. `state` or `calendar` show it as it was after the
    change, or, deleted, before it; `calendar` is None only where nothing is known of it any more. `collection` is the
    id of its calendar.
    """

    position: Position
    at: str
    action: Action
    collection: str
    entry: str = ""
    key: str = ""
    state: EventState | None = None
    calendar: Collection | None = None

    @property
    def event_id(self) -> str:
        """The public id of the event, series or instance."""
        return occurrence_id(self.entry, self.key)

    @property
    def event(self) -> EventRow | None:
        """The event, series or instance, without its text; None for a calendar, and where nothing is known of it."""
        records = self.state.records if self.state else ()
        master = next((each for each in records if not each.recurrence_id), None)
        if self.state is None or (not self.key and master is None):
            return None
        entry = self.state.entry
        if not self.key and master is not None:
            return EventRow(entry, master, None, master if master.recurring else None)
        occurrence = _instance(records, self.key)
        if occurrence is None:
            return None
        return EventRow(entry, records[occurrence.position], occurrence, master)


def _instance(records: Sequence[ComponentRecord], key: str) -> Occurrence | None:
    """When an instance is: as its own component says, else as the series does."""
    for position, each in enumerate(records):
        if each.recurrence_id == key and each.start is not None:
            end = each.start if each.end is None else each.end
            return Occurrence(each.start, end, key, position, each.all_day, each.floating)
    return expanded(records, key)


@dataclass(frozen=True, slots=True)
class Page:
    """Some activities, and where to go on.

    `total` counts all that are stored since the place where `page` was to begin to count; of what comes before these
    and after them each change counts as one, up to `COUNTED` in a calendar. `calendars` by id: those that were looked
    at, as they are now or were last.
    """

    calendars: Mapping[str, Collection]
    activities: list[Activity]
    position: Position
    more: bool
    total: int


def check(conn: Connection, place: Position) -> None:
    """Raises `CursorExpired` for a position after which changes were forgotten, `InvalidData` for one to come."""
    if place.seq > journal.head(conn):
        raise InvalidData("the cursor is from the future of this mirror", hint="begin anew without a cursor")
    cursor.check(conn, place.seq - 1 if place.part else place.seq)


def oldest(conn: Connection) -> Position:
    """The first position that there is: everything that is still known follows it."""
    return Position(cursor.oldest(conn))


def newest(conn: Connection) -> Position:
    """The position that nothing follows yet."""
    return Position(journal.head(conn))


def follows(kind: CollectionKind) -> bool:
    """Whether the changes of such a collection are told."""
    return kind is CollectionKind.CALENDAR


def page(
    conn: Connection,
    account_id: int,
    monitored: Group[str],
    place: Position,
    limit: int,
    *,
    since: Position | None = None,
) -> Page:
    """The first activities after a position, of the calendars with these ids (none: all that the account has or had).

    `since`: from where their `total` counts, unless the position itself comes before that. Raises as `check` does.
    To be called inside a snapshot.
    """
    check(conn, place)
    first = place.seq if place.part else place.seq + 1
    asked = first - 1
    begin = asked if since is None else min(asked, since.seq)
    calendars = _calendars(conn, account_id, monitored, begin)
    numbers = sorted(each.n for each in calendars.values())
    found: list[Activity] = []
    whole = False
    while not whole and len(found) <= limit:
        rows = _changes(conn, account_id, numbers, first, limit + 1)
        found += [each for each in _told(conn, rows) if each.position.seq > place.seq or _beyond(each, place)]
        whole = len(rows) <= limit
        first = rows[-1][0].seq + 1 if rows else first
    told = place.part + sum(journal.within(conn, n, begin, asked, COUNTED) for n in numbers)
    if len(found) <= limit:
        return Page(calendars, found, found[-1].position if found else newest(conn), False, told + len(found))
    head, shown = journal.head(conn), found[:limit]
    waiting = sum(journal.within(conn, n, first - 1, head, COUNTED) for n in numbers)
    return Page(calendars, shown, shown[-1].position, True, told + len(found) + waiting)


def _beyond(activity: Activity, place: Position) -> bool:
    """Whether an activity of the very change in which a position lies comes after it."""
    return activity.position.part == 0 or activity.position.part > place.part


def _calendars(conn: Connection, account_id: int, monitored: Group[str], seq: int) -> dict[str, Collection]:
    """The calendars to look at, by id: those that there are, and those that went since."""
    places = [*collection_revisions.gone_since(conn, account_id, seq), *collections.every(conn, account_id=account_id)]
    return {each.id: each for each in places if follows(each.kind) and (not monitored or each.id in monitored)}


_Row = tuple[Change, int | None, int | None]
"""A change of the journal, the number of its entry, and the next change of the entry's text: `journal.of_events`."""


def _changes(conn: Connection, account_id: int, numbers: Sequence[int], first: int, limit: int) -> list[_Row]:
    """The oldest changes of these calendars from `first` on."""
    rows = [row for n in numbers for row in journal.of_events(conn, account_id, n, first, limit)]
    return sorted(rows, key=lambda row: row[0].seq)[:limit]


def _told(conn: Connection, rows: Sequence[_Row]) -> Iterator[Activity]:
    """The activities of these changes, oldest first."""
    states = _States(conn, rows)
    for row in rows:
        change = row[0]
        if not change.entry:
            calendar = versions.place_at(conn, change.collection_n, change.seq - (change.action is Action.DELETE))
            place = Position(change.seq)
            yield Activity(place, change.at, change.action, change.collection, calendar=calendar)
            continue
        after = states.after(row)
        before = after if change.action is Action.UPDATE and _alone(after.records) else states.before(row, after)
        told = _effects(change.action, before, after)
        for part, effect in enumerate(told, 1):
            place = Position(change.seq, part if part < len(told) else 0)
            state = before if effect.action is Action.DELETE else after
            yield Activity(place, change.at, effect.action, change.collection, change.entry, effect.key, state)


def _effects(action: Action, before: EventState, after: EventState) -> list[Effect]:
    """What the change was to each thing in its entry; nothing where that is no event."""
    if any(each.name != "VEVENT" for each in (before.records or after.records)[:1]):
        return []
    if action is Action.UPDATE and _alone(after.records):
        return [Effect(action, "")]
    known = (action is Action.ADD or before.records) and (action is Action.DELETE or after.records)
    if not known:
        return [Effect(action, "")]
    return effects(
        () if action is Action.ADD else before.records,
        () if action is Action.DELETE else after.records,
    )


def _alone(records: Sequence[ComponentRecord]) -> bool:
    """Whether an entry is one event and no series: then that is what changed, whatever there was before."""
    return len(records) == 1 and not records[0].recurring and not records[0].recurrence_id


class _States:
    """What entries were before and after some changes of them, all read together."""

    def __init__(self, conn: Connection, rows: Sequence[_Row]) -> None:
        replaced = {change.seq for change, _n, _following in rows if change.entry and change.action is not Action.ADD}
        replaced |= {following for _change, _n, following in rows if following is not None}
        numbers = {n for _change, n, following in rows if n is not None and following is None}
        self._replaced = revisions.rendered(conn, sorted(replaced))
        self._entries = {entry.n: entry for entry in entries.numbered(conn, sorted(numbers), text=False)}
        self._components = components.of_entries(conn, sorted(numbers))

    def after(self, row: _Row) -> EventState:
        """What its next change replaced, or what it is now; of what moved also before."""
        change, n, following = row
        return self._kept(change, following) or self._current(change, n) or EventState(_entry(change, None), ())

    def before(self, row: _Row, after: EventState) -> EventState:
        """What the change replaced. Of what moved the same as after: neither of its two changes kept it."""
        return self._kept(row[0], row[0].seq) or after

    def _kept(self, change: Change, seq: int | None) -> EventState | None:
        kept = self._replaced.get(seq) if seq is not None else None
        if kept is None:
            return None
        return EventState(_entry(change, kept), tuple(components.unpacked(kept.packed)))

    def _current(self, change: Change, n: int | None) -> EventState | None:
        entry = self._entries.get(n) if n is not None else None
        if entry is None:
            return None
        return EventState(entry._replace(uid=change.uid), tuple(self._components[entry.n]))


def _entry(change: Change, kept: Rendered | None) -> Entry:
    """The entry of a change as it was, which belongs to no row (`n` is 0)."""
    digest, created, modified, _packed = kept or Rendered("", "", "", None)
    n, seq = change.collection_n, change.seq
    return Entry(0, change.entry, n, change.href, change.uid, Kind.EVENT, "", digest, 0, seq, created, modified)
