"""What an entry was: its text and place before and after a change, and after any position of the journal.

The journal says that something changed, a revision holds the bytes from before. A move changes no bytes: it is two
rows, gone there and added here, and one step.
"""

from dataclasses import dataclass

from storage.db import Connection
from storage.errors import BeyondHistory, NotFound
from storage.model import Action, Change, Collection
from storage.tables import collection_revisions, collections, entries, journal, meta, revisions


@dataclass(frozen=True, slots=True)
class Version:
    """An entry as it stood at some time: where, under which name and UID, and its text."""

    collection_n: int
    href: str
    uid: str
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an entry, from one version to the next; None where it did not exist.

    `change` is the row of the journal, of a move the second one; `first` the number of the first row.
    """

    change: Change
    first: int
    before: Version | None
    after: Version | None

    @property
    def action(self) -> str:
        """`add`, `update`, `delete` or `move`."""
        return "move" if self.first != self.change.seq else self.change.action.value


def reach(conn: Connection) -> tuple[int, str]:
    """The newest change that the history has dropped, and when that was made: 0 and "" where it is whole."""
    through = meta.number(conn, "compacted_through")
    at = meta.get(conn, "compacted_at") or journal.moment(conn, through + 1)
    return through, at if through else ""


def position(conn: Connection, at: str) -> int:
    """The number of the last change made up to a moment (ISO text). Raises `BeyondHistory`."""
    through, oldest = reach(conn)
    if at < oldest:
        raise BeyondHistory(f"the history reaches back to {oldest}, not to {at}", hint="name a later time")
    return max(journal.through(conn, at), through)


def at(conn: Connection, entry_id: str, seq: int) -> Version | None:
    """An entry as it stood after the change `seq` of the journal; None where it did not exist."""
    following = journal.next_of_entry(conn, entry_id, seq)
    return _now(conn, entry_id) if following is None else before(conn, following)


def steps(conn: Connection, entry_id: str) -> list[Step]:
    """Every change of an entry that is still known, oldest first. Raises `NotFound` where nothing is known of it."""
    rows = journal.of_entry(conn, entry_id)
    if not rows and entries.by_id(conn, entry_id) is None:
        raise NotFound(f"there is and was no entry {entry_id}", hint="`calharbor changes` names entries")
    found: list[Step] = []
    after = _now(conn, entry_id)
    for row in reversed(rows):
        if found and _is_move(conn, row, found[-1].change):
            later = found.pop()
            found.append(Step(later.change, row.seq, before(conn, row), later.after))
        else:
            found.append(Step(row, row.seq, before(conn, row), after))
        after = found[-1].before
    return found[::-1]


def step(conn: Connection, change: Change) -> Step:
    """What one change did to its entry; of a move whichever row."""
    other = journal.one(conn, change.seq + 1 if change.action is Action.DELETE else change.seq - 1)
    first, last = (change, other) if change.action is Action.DELETE else (other, change)
    if first is not None and last is not None and _is_move(conn, first, last):
        return Step(last, first.seq, before(conn, first), at(conn, change.entry, last.seq))
    return Step(change, change.seq, before(conn, change), at(conn, change.entry, change.seq))


def place_at(conn: Connection, collection_n: int, seq: int) -> Collection | None:
    """A collection as it stood after the change `seq`, its number of the newest change being of then."""
    following = collection_revisions.next_after(conn, collection_n, seq)
    return collections.by_n(conn, collection_n) if following is None else following[1]


def _is_move(conn: Connection, first: Change, last: Change) -> bool:
    """Whether these two rows are one move: a deletion that kept no bytes, and the addition of the same ones."""
    return (
        (first.action, last.action) == (Action.DELETE, Action.ADD)
        and (first.seq + 1, first.entry, first.before) == (last.seq, last.entry, last.after)
        and not revisions.exists(conn, first.seq)
    )


def before(conn: Connection, change: Change) -> Version | None:
    """The entry of a change as it stood until then; None where it did not exist."""
    if change.action is Action.ADD:
        return None
    kept = revisions.next_of_entry(conn, change.entry, change.seq - 1)
    entry = entries.by_id(conn, change.entry) if kept is None else None
    text = kept.text if kept else entry.text if entry else ""
    return Version(change.collection_n, change.href, kept.uid if kept else change.uid, change.before, text)


def _now(conn: Connection, entry_id: str) -> Version | None:
    entry = entries.by_id(conn, entry_id)
    return Version(entry.collection_n, entry.href, entry.uid, entry.hash, entry.text) if entry else None
