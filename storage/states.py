"""What events were before and after changes of them, as they were rendered then: nothing here reads iCalendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from storage.db import Connection
from storage.memo import Recent
from storage.model import Action, Change, Entry, Kind
from storage.records import ComponentRecord
from storage.stretches import Stretch
from storage.tables import components, entries, revisions

LARGEST = 8192
"""Octets of what was rendered of an entry, compressed, up to which it is remembered."""


class Past(NamedTuple):
    """What was rendered of an entry that was replaced, the hash of its text, and its moments."""

    hash: str
    created: str
    modified: str
    records: tuple[ComponentRecord, ...]


Pasts = Recent[tuple[int, str], Past]
"""What entries (ids) were before changes of them (numbers), which stays what it was.

Whoever follows changes asks for the same newest ones as others, and again where the connection broke."""


@dataclass(frozen=True, slots=True)
class EventState:
    """An entry, without its text, as it was after a change or before the one that deleted it: records in file order.

    Of what was changed before the mirror kept such things, there are no records, and no moments ("").
    """

    entry: Entry
    records: tuple[ComponentRecord, ...]


def is_alone(records: Sequence[ComponentRecord]) -> bool:
    """Whether an entry is one event and no series: then that is what changed, whatever there was before."""
    return len(records) == 1 and not records[0].recurring and not records[0].recurrence_id


class States:
    """What entries were before and after some stretches of changes, all read together."""

    def __init__(self, conn: Connection, told: Sequence[Stretch], known: Pasts) -> None:
        """`known` is asked first, and remembers what is read."""
        self._conn = conn
        self._known = known
        self._replaced: dict[tuple[int, str], Past] = {}
        self._read([(each.following, each.last.entry) for each in told if each.following is not None])
        numbers = sorted({each.entry_n for each in told if each.entry_n is not None and each.following is None})
        self._entries = {entry.n: entry for entry in entries.numbered(conn, numbers, text=False)}
        self._components = components.of_entries(conn, numbers)
        self._read([key for each in told if (key := self._replaced_by(each, self.after(each))) is not None])

    def after(self, told: Stretch) -> EventState:
        """What its next change replaced, or what it is now; of what moved also before."""
        return self._kept(told.last, told.following) or self._current(told) or EventState(_entry(told.last, None), ())

    def before(self, told: Stretch, after: EventState) -> EventState:
        """What the stretch replaced. Of what only moved the same as after: neither of the two changes kept it."""
        return self._kept(told.first, self._first_replaced(told)) or after

    def _replaced_by(self, told: Stretch, after: EventState) -> tuple[int, str] | None:
        """What has to be read to know how it was before; nothing where that does not matter."""
        if told.action is None or told.action is Action.ADD:
            return None
        if told.action is Action.UPDATE and is_alone(after.records):
            return None
        seq = self._first_replaced(told)
        return None if seq is None else (seq, told.last.entry)

    def _first_replaced(self, told: Stretch) -> int | None:
        """The change that replaced what the entry was before the stretch."""
        first = told.first.seq
        return revisions.first_from(self._conn, told.last.entry, first) if told.several else first

    def _read(self, keys: Sequence[tuple[int, str]]) -> None:
        """Have what these changes replaced at hand."""
        self._replaced |= self._known.of(key for key in keys if key not in self._replaced)
        lacking = {seq: entry for seq, entry in keys if (seq, entry) not in self._replaced}
        if not lacking:
            return
        small = {}
        for seq, each in revisions.rendered(self._conn, sorted(lacking)).items():
            past = Past(each.hash, each.created, each.modified, tuple(components.unpacked(each.packed)))
            self._replaced[seq, lacking[seq]] = past
            if len(each.compressed or b"") <= LARGEST:
                small[seq, lacking[seq]] = past
        self._known.put(small)

    def _kept(self, change: Change, seq: int | None) -> EventState | None:
        past = self._replaced.get((seq, change.entry)) if seq is not None else None
        return EventState(_entry(change, past), past.records) if past is not None else None

    def _current(self, told: Stretch) -> EventState | None:
        entry = self._entries.get(told.entry_n) if told.entry_n is not None else None
        if entry is None:
            return None
        return EventState(entry._replace(uid=told.last.uid), tuple(self._components[entry.n]))


def _entry(change: Change, past: Past | None) -> Entry:
    """The entry of a change as it was, which belongs to no row (`n` is 0)."""
    digest, created, modified, _records = past or Past("", "", "", ())
    n, seq = change.collection_n, change.seq
    return Entry(0, change.entry, n, change.href, change.uid, Kind.EVENT, "", digest, 0, seq, created, modified)
