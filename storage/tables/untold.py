"""The table `untold`: meetings that we wrote upstream in silence, and who would have been told of an owner's write."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps, loads
from sqlite3 import Connection

DDL = """
CREATE TABLE untold (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    collection_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    uid TEXT NOT NULL,
    action TEXT NOT NULL,          -- create, update, delete
    addresses TEXT NOT NULL        -- JSON: calendar user addresses
);
"""

MOST = 1000
"""So many are remembered; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Untold:
    """A row. `action`: what was done upstream (`create`, `update`, `delete`)."""

    n: int
    at: str
    account_id: int
    collection_id: str
    entry_id: str
    uid: str
    action: str
    addresses: tuple[str, ...]


def add(
    conn: Connection,
    *,
    at: str,
    account_id: int,
    collection_id: str,
    entry_id: str,
    uid: str,
    action: str,
    addresses: Sequence[str],
) -> None:
    """Note one write."""
    cursor = conn.execute(
        """INSERT INTO untold (at, account_id, collection_id, entry_id, uid, action, addresses)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (at, account_id, collection_id, entry_id, uid, action, dumps(list(addresses))),
    )
    conn.execute("DELETE FROM untold WHERE n <= ?", (int(cursor.lastrowid or 0) - MOST,))


def every(conn: Connection, account_id: int | None = None) -> list[Untold]:
    """Those of an account, or all, oldest first."""
    rows = conn.execute(
        """SELECT n, at, account_id, collection_id, entry_id, uid, action, addresses FROM untold
           WHERE ? IS NULL OR account_id = ? ORDER BY n""",
        (account_id, account_id),
    )
    return [
        Untold(n, at, account, place, entry, uid, action, tuple(loads(addresses)))
        for n, at, account, place, entry, uid, action, addresses in rows.fetchall()
    ]
