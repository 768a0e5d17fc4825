"""The table `journal`: one row for each visible change, numbered without gaps; every cursor is a position in it.

An update of an entry that ends with the hash with which it began changed the reminders of somebody with whom the entry
is shared: nobody else sees anything of it, so it is given to nobody but those who see the entry as it is shared.
"""

from sqlite3 import Connection
from typing import Any

from storage.model import Action, Change, Collection, Origin

_SELECT = """SELECT seq, at, account_id, collection_id, entry_id, uid, href, action, origin, actor, before_hash, after_hash
             FROM journal"""  # noqa: E501


def _row(row: tuple[Any, ...]) -> Change:
    fields = list(row)
    fields[7:9] = Action(row[7]), Origin(row[8])
    return Change(*fields)


def append(
    conn: Connection,
    collection: Collection,
    action: Action,
    *,
    origin: Origin,
    actor: str,
    at: str,
    entry: tuple[str, str, str] = ("", "", ""),
    before: str = "",
    after: str = "",
) -> int:
    """Write a change; its number. `entry`: id, UID and href of the entry, all empty for the collection itself."""
    cursor = conn.execute(
        """INSERT INTO journal (at, account_id, collection_n, collection_id, entry_id, uid, href, action, origin, actor,
               before_hash, after_hash)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (at, collection.account_id, collection.n, collection.id, *entry, action, origin, actor, before, after),
    )
    return int(cursor.lastrowid or 0)


def head(conn: Connection) -> int:
    """The number of the newest change, even if compaction has dropped it; 0 before the first."""
    row = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
    return int(row[0]) if row else 0


def since(conn: Connection, seq: int, *, account_id: int | None = None, limit: int | None = None) -> list[Change]:
    """The changes after `seq`, oldest first; those of mailboxes and reminders are for their owner's clients alone."""
    rows = conn.execute(
        f"""{_SELECT} WHERE seq > ? AND (? IS NULL OR account_id = ?)
            AND collection_n NOT IN (SELECT n FROM collections WHERE kind IN ('inbox', 'outbox'))
            AND (before_hash <> after_hash OR entry_id = '')
            ORDER BY seq LIMIT ?""",
        (seq, account_id, account_id, -1 if limit is None else limit),
    )
    return [_row(row) for row in rows.fetchall()]


def touched(conn: Connection, collection_n: int, seq: int, limit: int | None, *, own: bool) -> list[tuple[str, int]]:
    """The hrefs of a collection that changed after `seq`, each with its newest change, oldest of these first.

    `own`: as the owner of the collection sees it.
    """
    rows = conn.execute(
        """SELECT href, max(seq) AS newest FROM journal WHERE collection_n = ? AND seq > ? AND href <> ''
               AND NOT (? AND before_hash = after_hash)
           GROUP BY href ORDER BY newest LIMIT ?""",
        (collection_n, seq, own, -1 if limit is None else limit),
    )
    return rows.fetchall()


def moment(conn: Connection, seq: int) -> str:
    """When a change was made; "" for one that is not in the journal any more."""
    row = conn.execute("SELECT at FROM journal WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else ""


def last_before(conn: Connection, at: str) -> int:
    """The number of the last change such that it and all before it were made before `at`."""
    row = conn.execute("SELECT min(seq) - 1 FROM journal WHERE at >= ?", (at,)).fetchone()
    return head(conn) if row[0] is None else int(row[0])


def drop_through(conn: Connection, seq: int) -> int:
    """Forget the changes up to this one; how many there were."""
    return conn.execute("DELETE FROM journal WHERE seq <= ?", (seq,)).rowcount
