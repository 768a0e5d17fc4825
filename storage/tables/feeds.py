"""The table `feeds`: secret links under which anybody reads a calendar; only the SHA-256 of the secret is kept."""

from sqlite3 import Connection
from typing import Any

from storage.model import Feed

TABLES = """
CREATE TABLE feeds (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    collection_n INTEGER REFERENCES collections(n) ON DELETE CASCADE, -- NULL: all calendars of the user
    busy INTEGER NOT NULL,              -- 1: only when the user is busy
    label TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    last_used TEXT,
    revoked TEXT
);
CREATE INDEX feeds_collection ON feeds (collection_n);
"""

_SELECT = """SELECT f.id, f.user, c.id, f.busy, f.label, f.created, f.last_used, f.revoked
             FROM feeds f LEFT JOIN collections c ON c.n = f.collection_n"""


def _row(row: tuple[Any, ...]) -> Feed:
    public_id, user, collection, busy, label, created, last_used, revoked = row
    return Feed(public_id, user, collection, bool(busy), label, created, last_used, revoked)


def add(conn: Connection, feed: Feed, collection_n: int | None, secret_hash: str) -> None:
    """Write a new one."""
    conn.execute(
        """INSERT INTO feeds (id, user, collection_n, busy, label, secret_hash, created)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (feed.id, feed.user, collection_n, feed.busy, feed.label, secret_hash, feed.created),
    )


def every(conn: Connection, user: str | None = None) -> list[Feed]:
    """All of them, or a user's, revoked ones too, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE ? IS NULL OR f.user = ? ORDER BY f.created, f.id", (user, user))
    return [_row(row) for row in rows.fetchall()]


def get(conn: Connection, feed_id: str) -> Feed | None:
    """One of them."""
    row = conn.execute(f"{_SELECT} WHERE f.id = ?", (feed_id,)).fetchone()
    return _row(row) if row else None


def by_hash(conn: Connection, secret_hash: str) -> Feed | None:
    """The one whose secret this is, revoked or not."""
    row = conn.execute(f"{_SELECT} WHERE f.secret_hash = ?", (secret_hash,)).fetchone()
    return _row(row) if row else None


def set_used(conn: Connection, feed_id: str, at: str) -> None:
    """Somebody has just read it."""
    conn.execute("UPDATE feeds SET last_used = ? WHERE id = ?", (at, feed_id))


def set_revoked(conn: Connection, feed_id: str, at: str) -> None:
    """From now on the secret leads nowhere; the first revocation's moment stays."""
    conn.execute("UPDATE feeds SET revoked = coalesce(revoked, ?) WHERE id = ?", (at, feed_id))
