"""The table `grants`: collections shared with other users, each with what its user has set for it."""

from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.model import Grant, Level

TABLES = """
CREATE TABLE grants (
    n INTEGER PRIMARY KEY AUTOINCREMENT,-- never given again: -n is the number of the collection that the user sees
    id TEXT NOT NULL UNIQUE,            -- a new one with every change of level: what was synchronised before is void
    collection_n INTEGER NOT NULL REFERENCES collections(n) ON DELETE CASCADE,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    level TEXT NOT NULL,                -- read write busy
    slug TEXT NOT NULL,                 -- in the user's own home
    created TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '', color TEXT NOT NULL DEFAULT '',
    timezone TEXT NOT NULL DEFAULT '', sort_order TEXT NOT NULL DEFAULT '', dead TEXT NOT NULL DEFAULT '{}',
    UNIQUE (collection_n, user), UNIQUE (user, slug)
);
CREATE INDEX components_classified ON components (collection_n, entry_n)
    WHERE classification NOT IN ('', 'PUBLIC');
"""

_SELECT = """SELECT n, id, collection_n, user, level, slug, created, name, description, color, timezone, sort_order,
                 dead
             FROM grants"""


def _row(row: tuple[Any, ...]) -> Grant:
    fields = list(row)
    fields[4], fields[-1] = Level(row[4]), loads(row[-1])
    return Grant(*fields)


def put(conn: Connection, grant: Grant) -> int:
    """Write one in the place of what its user has of the collection so far; its number (the record's is ignored)."""
    conn.execute("DELETE FROM grants WHERE collection_n = ? AND user = ?", (grant.collection_n, grant.user))
    cursor = conn.execute(
        """INSERT INTO grants (id, collection_n, user, level, slug, created, name, description, color, timezone,
               sort_order, dead)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (grant.id, grant.collection_n, grant.user, grant.level, grant.slug, grant.created, *_shown(grant)),
    )
    return int(cursor.lastrowid or 0)


def set_shown(conn: Connection, grant: Grant) -> None:
    """Write what its user has set for it."""
    conn.execute(
        """UPDATE grants SET name = ?, description = ?, color = ?, timezone = ?, sort_order = ?, dead = ?
           WHERE n = ?""",
        (*_shown(grant), grant.n),
    )


def _shown(grant: Grant) -> tuple[str, ...]:
    return grant.name, grant.description, grant.color, grant.timezone, grant.order, dumps(dict(grant.dead))


def every(conn: Connection, *, user: str | None = None, collection_n: int | None = None) -> list[Grant]:
    """All of them, or a user's, or a collection's, in the order they were made."""
    rows = conn.execute(
        f"{_SELECT} WHERE (? IS NULL OR user = ?) AND (? IS NULL OR collection_n = ?) ORDER BY n",
        (user, user, collection_n, collection_n),
    )
    return [_row(row) for row in rows.fetchall()]


def exist(conn: Connection, collection_n: int) -> bool:
    """Whether there are any for a collection."""
    return conn.execute("SELECT 1 FROM grants WHERE collection_n = ? LIMIT 1", (collection_n,)).fetchone() is not None


def of(conn: Connection, collection_n: int, user: str) -> Grant | None:
    """How far a user sees a collection."""
    return _one(conn, "collection_n = ? AND user = ?", collection_n, user)


def by_id(conn: Connection, public_id: str) -> Grant | None:
    """The grant of this public id."""
    return _one(conn, "id = ?", public_id)


def by_n(conn: Connection, n: int) -> Grant | None:
    """The grant with this number."""
    return _one(conn, "n = ?", n)


def by_slug(conn: Connection, user: str, slug: str) -> Grant | None:
    """The grant that a user sees under this path segment."""
    return _one(conn, "user = ? AND slug = ?", user, slug)


def _one(conn: Connection, where: str, *values: object) -> Grant | None:
    row = conn.execute(f"{_SELECT} WHERE {where}", values).fetchone()
    return _row(row) if row else None


def delete(conn: Connection, n: int) -> None:
    """Remove one."""
    conn.execute("DELETE FROM grants WHERE n = ?", (n,))
