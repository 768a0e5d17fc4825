"""The table `revisions`: the bytes before each change, compressed, under the number of the change."""

import zlib
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from storage.model import Entry

_SELECT = "SELECT seq, entry_id, collection_n, href, uid, hash, body FROM revisions"


@dataclass(frozen=True, slots=True)
class Revision:
    """What an entry was until the change `seq` replaced or deleted it."""

    seq: int
    entry_id: str
    collection_n: int
    href: str
    uid: str
    hash: str
    text: str


def _row(row: tuple[Any, ...]) -> Revision:
    fields = list(row)
    fields[-1] = zlib.decompress(row[-1]).decode()
    return Revision(*fields)


def add(conn: Connection, seq: int, entry: Entry) -> None:
    """Keep the entry as it was before the change `seq`."""
    conn.execute(
        "INSERT INTO revisions (seq, entry_id, collection_n, href, uid, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, entry.id, entry.collection_n, entry.href, entry.uid, entry.hash, zlib.compress(entry.text.encode(), 1)),
    )


def get(conn: Connection, seq: int) -> Revision | None:
    """What the change `seq` replaced or deleted."""
    row = conn.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
    return _row(row) if row else None


def exists(conn: Connection, seq: int) -> bool:
    """Whether the change `seq` replaced or deleted any bytes."""
    return conn.execute("SELECT 1 FROM revisions WHERE seq = ?", (seq,)).fetchone() is not None


def of_entry(conn: Connection, entry_id: str) -> list[Revision]:
    """Everything that an entry has been, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE entry_id = ? ORDER BY seq", (entry_id,))
    return [_row(row) for row in rows.fetchall()]


def next_of_entry(conn: Connection, entry_id: str, seq: int) -> Revision | None:
    """The bytes that the next change of an entry's text after `seq` replaced: those that it had then."""
    row = conn.execute(f"{_SELECT} WHERE entry_id = ? AND seq > ? ORDER BY seq LIMIT 1", (entry_id, seq)).fetchone()
    return _row(row) if row else None


def octets(conn: Connection, after: int, through: int) -> int:
    """How much room those of the changes after one and up to another take."""
    row = conn.execute(
        "SELECT coalesce(sum(length(body)), 0) FROM revisions WHERE seq > ? AND seq <= ?", (after, through)
    ).fetchone()
    return int(row[0])


def drop_through(conn: Connection, seq: int) -> int:
    """Forget those up to this change; how many there were."""
    return conn.execute("DELETE FROM revisions WHERE seq <= ?", (seq,)).rowcount
