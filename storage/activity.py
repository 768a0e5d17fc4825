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
from storage.model import Action, Collection, CollectionKind
from storage.records import ComponentRecord, EventRow, Occurrence
from storage.states import EventState, Pasts, States, is_alone
from storage.stretches import Stretch, stretches
from storage.tables import collection_revisions, collections, journal

COUNTED = 10_000
"""Of so many changes before or after a page the number is told; counting more would take longer than the page."""

_TOKEN = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,8})(?:-([0-9a-f]{1,15})-([0-9a-f]{1,15}))?-([0-9a-f]{6})")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two activities: right after the change `seq`, or (`part` > 0) after its first `part` activities.

    Right after the last activity of a change, `part` is 0. Where a change before it is told with one after it (see
    `storage/stretches.py`), the place belongs to one view of the journal, from the change after `begun` to `until`:
    whoever goes on from it is told of these as they were seen then, and of the next changes by themselves. Else both
    are 0.
    """

    seq: int
    part: int = 0
    begun: int = 0
    until: int = 0

    @property
    def token(self) -> str:
        """The position as clients are given it: `[a-z0-9-]+`, opaque to them."""
        place = f"{self.seq:x}-{self.part:x}"
        if self.until:
            place += f"-{self.begun:x}-{self.until:x}"
        return f"{place}-{sha256(place.encode()).hexdigest()[:6]}"

    @property
    def name(self) -> str:
        """The same for every view: what an activity that ends here is called."""
        return Position(self.seq, self.part).token


def position(token: str) -> Position:
    """The position of a token; raises `InvalidData` for what is none."""
    found = _TOKEN.fullmatch(token)
    place = Position(*(int(number or "0", 16) for number in found.groups()[:4])) if found else None
    if place is None or place.token != token or (place.until and not place.begun <= place.seq <= place.until):
        raise InvalidData("the cursor is none that was given out", hint="use the `cursor` of an answer as it is")
    return place


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
    if max(place.seq, place.until) > journal.head(conn):
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
    known: Pasts,
    since: Position | None = None,
) -> Page:
    """The first activities after a position, of the calendars with these ids (none: all that the account has or had).

    `known`: what is remembered of states. `since`: from where their `total` counts, unless the position itself comes
    before that. Raises as `check` does. To be called inside a snapshot.
    """
    check(conn, place)
    asked = place.seq - 1 if place.part else place.seq
    begin = asked if since is None else min(asked, since.seq)
    calendars = _calendars(conn, account_id, monitored, begin)
    numbers = sorted(each.n for each in calendars.values())
    head = journal.head(conn)
    view = _View(place.begun, place.until, open=True) if place.until else _View(asked, head)
    first, whole = asked + 1, False
    found: list[Activity] = []
    while not whole and len(found) <= limit:
        rows = _changes(conn, account_id, numbers, first, view.until, limit + 1)
        told = _told(conn, rows, view, known)
        found += [each for each in told if each.position.seq > place.seq or _beyond(each, place)]
        if len(rows) > limit:
            first = rows[-1][0].seq + 1
        else:
            whole, first, view = view.until == head, view.until + 1, _View(view.until, head)
    before = place.part + sum(journal.within(conn, n, begin, asked, COUNTED) for n in numbers)
    if len(found) <= limit:
        last = Position(found[-1].position.seq) if found else newest(conn)
        return Page(calendars, found, last, False, before + len(found))
    shown = found[:limit]
    waiting = sum(journal.within(conn, n, first - 1, head, COUNTED) for n in numbers)
    return Page(calendars, shown, shown[-1].position, True, before + len(found) + waiting)


@dataclass(slots=True)
class _View:
    """The journal as seen by one who knew all changes until `begun`, and sees those until `until`.

    `open`: whether a change was met that is told with a later one, so that positions belong to this view.
    """

    begun: int
    until: int
    open: bool = False

    def meet(self, seq: int) -> None:
        """Come by a change that is told with a later one."""
        if not self.open:
            self.begun, self.open = seq - 1, True

    def place(self, seq: int, part: int) -> Position:
        """A place in it."""
        return Position(seq, part, self.begun, self.until) if self.open else Position(seq, part)


def _beyond(activity: Activity, place: Position) -> bool:
    """Whether an activity of the very change in which a position lies comes after it."""
    return activity.position.part == 0 or activity.position.part > place.part


def _calendars(conn: Connection, account_id: int, monitored: Group[str], seq: int) -> dict[str, Collection]:
    """The calendars to look at, by id: those that there are, and those that went since."""
    places = [*collection_revisions.gone_since(conn, account_id, seq), *collections.every(conn, account_id=account_id)]
    return {each.id: each for each in places if follows(each.kind) and (not monitored or each.id in monitored)}


def _changes(
    conn: Connection, account_id: int, numbers: Sequence[int], first: int, until: int, limit: int
) -> list[journal.Told]:
    """The oldest changes of these calendars from `first` on to `until`."""
    rows = [row for n in numbers for row in journal.of_events(conn, account_id, n, first, until, limit)]
    return sorted(rows, key=lambda row: row[0].seq)[:limit]


def _told(conn: Connection, rows: Sequence[journal.Told], view: _View, known: Pasts) -> Iterator[Activity]:
    """The activities of these changes, oldest first."""
    found = list(stretches(conn, rows, view.begun, view.until))
    shown = [each for each in found if isinstance(each, Stretch) and each.action is not None]
    states = States(conn, [each for each in shown if each.last.entry], known)
    for row, each in zip(rows, found, strict=True):
        if not isinstance(each, Stretch):
            view.meet(row[0].seq)
        elif each.action is not None:
            yield from _activities(conn, each, each.action, states, view)


def _activities(conn: Connection, told: Stretch, action: Action, states: States, view: _View) -> Iterator[Activity]:
    """What became of a calendar, or of each thing in an entry."""
    change = told.last
    if not change.entry:
        calendar = versions.place_at(conn, change.collection_n, change.seq - (action is Action.DELETE))
        yield Activity(view.place(change.seq, 0), change.at, action, change.collection, calendar=calendar)
        return
    after = states.after(told)
    before = after if action is Action.UPDATE and is_alone(after.records) else states.before(told, after)
    found = _effects(action, before, after)
    for part, effect in enumerate(found, 1):
        place = view.place(change.seq, part if part < len(found) else 0)
        state = before if effect.action is Action.DELETE else after
        yield Activity(place, change.at, effect.action, change.collection, change.entry, effect.key, state)


def _effects(action: Action, before: EventState, after: EventState) -> list[Effect]:
    """What the change was to each thing in its entry; nothing where that is no event."""
    if any(each.name != "VEVENT" for each in (before.records or after.records)[:1]):
        return []
    if action is Action.UPDATE and is_alone(after.records):
        return [Effect(action, "")]
    known = (action is Action.ADD or before.records) and (action is Action.DELETE or after.records)
    if not known:
        return [Effect(action, "")]
    return effects(
        () if action is Action.ADD else before.records,
        () if action is Action.DELETE else after.records,
    )
