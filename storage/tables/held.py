"""The tables `held` and `held_entries`: deletions that the brake stopped and a person must approve or reject."""

from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from storage.model import Collection


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """One entry that would be deleted; `href` and `version` are the upstream's."""

    entry_id: str
    uid: str
    summary: str
    href: str
    version: str


@dataclass(frozen=True, slots=True)
class Held:
    """One stopped set of deletions. `whole`: the collection itself is no longer listed upstream.

    `state`: `open`, `approved`, `rejected`, or `released` (the upstream lists them again). `origin`: who is said to
    have deleted them; with `vdir`, `href` and `version` of an entry are its file's name and the hash of what it held.
    """

    n: int
    at: str
    account_id: int
    collection_n: int
    collection_id: str
    reason: str
    whole: bool
    state: str
    entries: tuple[HeldEntry, ...]
    origin: str = "upstream"


def add(
    conn: Connection,
    collection: Collection,
    reason: str,
    entries: Iterable[HeldEntry],
    *,
    at: str,
    whole: bool = False,
    origin: str = "upstream",
) -> int:
    """Hold these deletions; the number of the row."""
    cursor = conn.execute(
        """INSERT INTO held (at, account_id, collection_n, collection_id, reason, whole, origin)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (at, collection.account_id, collection.n, collection.id, reason, whole, origin),
    )
    n = int(cursor.lastrowid or 0)
    conn.executemany(
        "INSERT INTO held_entries (held_n, entry_id, uid, summary, href, version) VALUES (?, ?, ?, ?, ?, ?)",
        [(n, e.entry_id, e.uid, e.summary, e.href, e.version) for e in entries],
    )
    return n


def every(
    conn: Connection, *, account_id: int | None = None, collection_n: int | None = None, state: str | None = "open"
) -> list[Held]:
    """Those in `state` (None: all), oldest first, with their entries."""
    rows = conn.execute(
        f"""{_SELECT}
           WHERE (? IS NULL OR account_id = ?) AND (? IS NULL OR collection_n = ?) AND (? IS NULL OR state = ?)
           ORDER BY n""",
        (account_id, account_id, collection_n, collection_n, state, state),
    ).fetchall()
    return [_held(conn, row) for row in rows]


def get(conn: Connection, n: int) -> Held | None:
    """One of them, whatever its state."""
    row = conn.execute(f"{_SELECT} WHERE n = ?", (n,)).fetchone()
    return _held(conn, row) if row else None


_SELECT = "SELECT n, at, account_id, collection_n, collection_id, reason, whole, state, origin FROM held"


def _held(conn: Connection, row: tuple[Any, ...]) -> Held:
    n, at, account_id, collection_n, collection_id, reason, whole, state, origin = row
    found = _entries(conn, n)
    return Held(n, at, account_id, collection_n, collection_id, reason, bool(whole), state, found, origin)


def _entries(conn: Connection, n: int) -> tuple[HeldEntry, ...]:
    rows = conn.execute(
        "SELECT entry_id, uid, summary, href, version FROM held_entries WHERE held_n = ? ORDER BY entry_id", (n,)
    )
    return tuple(HeldEntry(*row) for row in rows)


def hrefs(conn: Connection, collection_n: int) -> set[str]:
    """The upstream hrefs of every entry of a collection whose deletion is held now."""
    rows = conn.execute(
        """SELECT e.href FROM held_entries e JOIN held h ON h.n = e.held_n
           WHERE h.collection_n = ? AND h.state = 'open' AND h.origin = 'upstream'""",
        (collection_n,),
    )
    return {href for (href,) in rows}


def settle(conn: Connection, n: int, state: str) -> None:
    """Close a held set as `approved`, `rejected` or `released`."""
    conn.execute("UPDATE held SET state = ? WHERE n = ?", (state, n))


def release(conn: Connection, collection_n: int, hrefs: Iterable[str], *, origin: str = "upstream") -> None:
    """Let go of entries that the upstream (the folder) shows again; a set that is empty then is released."""
    conn.executemany(
        """DELETE FROM held_entries WHERE href = ?
               AND held_n IN (SELECT n FROM held WHERE collection_n = ? AND state = 'open' AND origin = ?)""",
        [(href, collection_n, origin) for href in hrefs],
    )
    conn.execute(
        """UPDATE held SET state = 'released' WHERE collection_n = ? AND state = 'open' AND NOT whole
               AND n NOT IN (SELECT held_n FROM held_entries)""",
        (collection_n,),
    )
