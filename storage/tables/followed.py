"""What an application is read that follows a calendar: its events in a fixed order, and those that changed.

The order is that of the names of entries, which stay as long as the entries do; that of changes is by the first one of
each entry after a position, which later changes do not move.
"""

from collections.abc import Sequence
from json import dumps
from sqlite3 import Connection
from typing import NamedTuple

from storage.model import Entry
from storage.tables import entries
from storage.tables.journal import SEEN
from storage.tables.revisions import Rendered


class Left(NamedTuple):
    """What a change replaced, deleted or moved away: `rendered` as the entry was until then."""

    entry: str
    seq: int
    uid: str
    rendered: Rendered


def events(conn: Connection, collection_n: int, since: str, limit: int) -> list[tuple[str, int]]:
    """The next events of a calendar from a name on: their names and numbers; read from an index alone."""
    return conn.execute(
        """SELECT href, n FROM entries INDEXED BY entries_listing
           WHERE collection_n = ? AND href >= ? AND kind = 'event' ORDER BY href LIMIT ?""",
        (collection_n, since, limit),
    ).fetchall()


def some_events(
    conn: Connection, collection_n: int, numbers: Sequence[int], since: str, limit: int
) -> list[tuple[str, int]]:
    """The same of the events with these numbers."""
    return conn.execute(
        """SELECT e.href, e.n FROM json_each(?) j CROSS JOIN entries e ON e.n = j.value
           WHERE e.collection_n = ? AND e.href >= ? AND e.kind = 'event' ORDER BY e.href LIMIT ?""",
        (dumps(list(numbers)), collection_n, since, limit),
    ).fetchall()


def likely(
    conn: Connection, collection_n: int, words: Sequence[str], *, all_day: bool | None, cancelled: bool | None
) -> list[int]:
    """The numbers of the entries of a calendar that may have an item of this kind; those that have are among them.

    `words`: what custom properties hold, keys and values.
    """
    rows = conn.execute(
        """SELECT DISTINCT entry_n FROM components WHERE collection_n = :collection AND name = 'VEVENT'
               AND (:all_day IS NULL OR all_day = :all_day)
               AND (:cancelled IS NOT 1 OR status = 'CANCELLED' OR instr(more, 'EXDATE'))
               AND NOT EXISTS (SELECT 1 FROM json_each(:words) j WHERE NOT instr(more, j.value))""",
        {
            "collection": collection_n,
            "all_day": all_day,
            "cancelled": cancelled,
            "words": dumps([dumps(word, ensure_ascii=False) for word in words]),
        },
    )
    return [n for (n,) in rows.fetchall()]


def touched(
    conn: Connection, collection_n: int, since: int, after: int, through: int, limit: int
) -> list[tuple[str, int]]:
    """The entries of a calendar that changed after `since`, each with the first of these changes, in order of those.

    Only those of which that is after `after`, and not after `through`.
    """
    return conn.execute(
        f"""SELECT entry_id, seq FROM journal AS j INDEXED BY journal_collection
            WHERE collection_n = :collection AND seq > :after AND seq <= :through AND entry_id <> '' AND {SEEN}
                AND NOT EXISTS (SELECT 1 FROM journal AS earlier
                    WHERE earlier.entry_id = j.entry_id AND earlier.seq > :since AND earlier.seq < j.seq
                        AND earlier.collection_n = j.collection_n AND earlier.before_hash <> earlier.after_hash)
            ORDER BY seq LIMIT :limit""",
        {"collection": collection_n, "since": since, "after": after, "through": through, "limit": limit},
    ).fetchall()


def named(conn: Connection, ids: Sequence[str]) -> dict[str, Entry]:
    """Those of these entries that there are, wherever, without their texts."""
    rows = conn.execute(
        """SELECT e.n, e.id, e.collection_n, e.href, e.uid, e.kind, '', e.hash, e.size, e.seq, e.created, e.modified
           FROM json_each(?) j CROSS JOIN entries e ON e.id = j.value""",
        (dumps(list(ids)),),
    )
    return {each.id: each for each in map(entries.row, rows.fetchall())}


def left(conn: Connection, collection_n: int, ids: Sequence[str], since: int) -> list[tuple[str, int]]:
    """The changes after `since` before which these entries stood in a calendar, each with its entry."""
    return conn.execute(
        f"""SELECT j.entry_id, j.seq FROM json_each(?) i CROSS JOIN journal j ON j.entry_id = i.value
            WHERE j.seq > ? AND j.collection_n = ? AND j.action <> 'add' AND {SEEN}""",
        (dumps(list(ids)), since, collection_n),
    ).fetchall()


def replaced(conn: Connection, ids: Sequence[str], since: int) -> list[Left]:
    """What the changes of these entries after `since` replaced, in order; of a move there is nothing."""
    rows = conn.execute(
        """SELECT r.entry_id, r.seq, r.uid, r.hash, r.created, r.modified, r.rendered
           FROM json_each(?) i CROSS JOIN revisions r ON r.entry_id = i.value
           WHERE r.seq > ? ORDER BY r.seq""",
        (dumps(list(ids)), since),
    )
    return [Left(entry, seq, uid, Rendered(*rest)) for entry, seq, uid, *rest in rows.fetchall()]
