"""The table `collections`: calendars, task lists and address books. Its columns for the upstream: `remotes.py`."""

from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.model import Collection, CollectionKind, State

SCHEDULES = """
ALTER TABLE collections ADD COLUMN schedules INTEGER NOT NULL DEFAULT 0; -- 1: the upstream delivers invitations
"""

VIA = """
ALTER TABLE collections ADD COLUMN via TEXT NOT NULL DEFAULT ''; -- ids of the mirrors that it comes through
"""

API = """
ALTER TABLE collections ADD COLUMN location TEXT NOT NULL DEFAULT ''; -- of the calendar itself: Google has such a thing
ALTER TABLE collections ADD COLUMN email TEXT NOT NULL DEFAULT '';    -- its own address; empty: its account's
ALTER TABLE collections ADD COLUMN key TEXT NOT NULL DEFAULT '';      -- what the configuration calls it in its account
ALTER TABLE collections ADD COLUMN raw TEXT NOT NULL DEFAULT '{}';    -- JSON: attributes that only API clients know
CREATE UNIQUE INDEX collections_key ON collections (account_id, key) WHERE key <> '';
"""

_SELECT = """SELECT n, id, account_id, user, slug, kind, components, name, description, color, timezone, sort_order,
                 read_only, seq, created_seq, remote_href, remote_cursor, state, reason, as_of, dead,
                 schedules, via, location, email, key, raw
             FROM collections"""


def _row(row: tuple[Any, ...]) -> Collection:
    n, public_id, account_id, user, slug, kind, components, name, description, color, timezone, order = row[:12]
    read_only, seq, created_seq, remote_href, remote_cursor, state, reason, as_of, dead, schedules, via = row[12:23]
    return Collection(
        n=n,
        id=public_id,
        account_id=account_id,
        user=user,
        slug=slug,
        kind=CollectionKind(kind),
        components=tuple(components.split(",")),
        name=name,
        description=description,
        color=color,
        timezone=timezone,
        order=order,
        read_only=bool(read_only),
        seq=seq,
        created_seq=created_seq,
        remote_href=remote_href,
        remote_cursor=remote_cursor,
        state=State(state),
        reason=reason,
        as_of=as_of,
        dead=loads(dead) if dead != "{}" else {},
        schedules=bool(schedules),
        via=tuple(via.split()),
        location=row[23],
        email=row[24],
        key=row[25],
        raw=loads(row[26]) if row[26] != "{}" else {},
    )


def insert(conn: Connection, collection: Collection) -> int:
    """Write a new one, without its upstream's side; its number, which is a new one where it has none yet."""
    cursor = conn.execute(
        """INSERT INTO collections (n, id, account_id, user, slug, kind, components, name, description, color, timezone,
               sort_order, read_only, state, reason, dead, location, email, key, raw)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            collection.n or None,
            collection.id,
            collection.account_id,
            collection.user,
            collection.slug,
            collection.kind,
            ",".join(collection.components),
            collection.name,
            collection.description,
            collection.color,
            collection.timezone,
            collection.order,
            collection.read_only,
            collection.state,
            collection.reason,
            dumps(dict(collection.dead)),
            collection.location,
            collection.email,
            collection.key,
            dumps(dict(collection.raw)),
        ),
    )
    return int(cursor.lastrowid or 0)


def update(conn: Connection, collection: Collection) -> None:
    """Write what its owner and their clients decide, path segment and components too."""
    conn.execute(
        """UPDATE collections SET name = ?, description = ?, color = ?, timezone = ?, sort_order = ?, components = ?,
               dead = ?, slug = ?, location = ?, email = ?, key = ?, raw = ? WHERE n = ?""",
        (
            collection.name,
            collection.description,
            collection.color,
            collection.timezone,
            collection.order,
            ",".join(collection.components),
            dumps(dict(collection.dead)),
            collection.slug,
            collection.location,
            collection.email,
            collection.key,
            dumps(dict(collection.raw)),
            collection.n,
        ),
    )


def set_seq(conn: Connection, collection_n: int, seq: int, *, created: bool = False) -> None:
    """Its newest change; `created`: the one that made it."""
    conn.execute(
        "UPDATE collections SET seq = ?, created_seq = CASE WHEN ? THEN ? ELSE created_seq END WHERE n = ?",
        (seq, created, seq, collection_n),
    )


def by_n(conn: Connection, collection_n: int) -> Collection | None:
    """The collection with this number."""
    row = conn.execute(f"{_SELECT} WHERE n = ?", (collection_n,)).fetchone()
    return _row(row) if row else None


def by_id(conn: Connection, public_id: str) -> Collection | None:
    """The collection with this public id."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (public_id,)).fetchone()
    return _row(row) if row else None


def by_slug(conn: Connection, user: str, slug: str) -> Collection | None:
    """The user's collection under this path segment."""
    row = conn.execute(f"{_SELECT} WHERE user = ? AND slug = ?", (user, slug)).fetchone()
    return _row(row) if row else None


def by_key(conn: Connection, account_id: int, key: str) -> Collection | None:
    """The account's collection that the configuration calls so."""
    row = conn.execute(f"{_SELECT} WHERE account_id = ? AND key = ? AND key <> ''", (account_id, key)).fetchone()
    return _row(row) if row else None


def by_remote_href(conn: Connection, account_id: int, href: str) -> Collection | None:
    """The account's collection that the upstream knows under this href."""
    row = conn.execute(f"{_SELECT} WHERE account_id = ? AND remote_href = ?", (account_id, href)).fetchone()
    return _row(row) if row else None


def every(conn: Connection, *, user: str | None = None, account_id: int | None = None) -> list[Collection]:
    """All of them, or a user's, or an account's, in the order they were made; no mailboxes."""
    rows = conn.execute(
        f"""{_SELECT} WHERE (? IS NULL OR user = ?) AND (? IS NULL OR account_id = ?)
            AND kind NOT IN ('inbox', 'outbox') ORDER BY n""",
        (user, user, account_id, account_id),
    )
    return [_row(row) for row in rows]


def addressed(conn: Connection) -> list[Collection]:
    """All collections that have an address of their own."""
    return [_row(row) for row in conn.execute(f"{_SELECT} WHERE email <> '' ORDER BY n")]


def mailbox(conn: Connection, user: str, kind: CollectionKind) -> Collection | None:
    """The user's scheduling inbox or outbox."""
    row = conn.execute(f"{_SELECT} WHERE user = ? AND kind = ?", (user, kind)).fetchone()
    return _row(row) if row else None


def users_without_mailboxes(conn: Connection) -> list[str]:
    """The users who have an account, but no mailboxes yet."""
    rows = conn.execute(
        """SELECT DISTINCT user FROM accounts
           WHERE user NOT IN (SELECT user FROM collections WHERE kind = 'outbox') ORDER BY user"""
    )
    return [user for (user,) in rows]


def set_account(conn: Connection, collection_n: int, account_id: int) -> None:
    """Let it belong to another account of the same user."""
    conn.execute("UPDATE collections SET account_id = ? WHERE n = ?", (account_id, collection_n))


def delete(conn: Connection, collection_n: int) -> None:
    """Remove the row with its links and what was held or quarantined in it; its entries must be gone already."""
    for table in ("links", "held", "quarantine"):
        conn.execute(f"DELETE FROM {table} WHERE collection_n = ?", (collection_n,))
    conn.execute("DELETE FROM collections WHERE n = ?", (collection_n,))
