"""The table `quarantine`: what an upstream sent and nobody could understand, with its bytes and the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from sqlite3 import Connection

from storage.model import Collection


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row: `body` is what was sent, byte for byte. `uid` only where it is readable, but the UID is taken."""

    n: int
    at: str
    account_id: int
    collection_n: int
    href: str
    version: str
    uid: str
    reason: str
    body: bytes


def put(
    conn: Connection, collection: Collection, href: str, version: str, body: bytes, *, at: str, uid: str, reason: str
) -> None:
    """Keep one item; a newer version of the same href replaces the older."""
    conn.execute(
        """INSERT INTO quarantine (at, account_id, collection_n, href, version, uid, reason, body)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (collection_n, href) DO UPDATE SET at = excluded.at, version = excluded.version,
               uid = excluded.uid, reason = excluded.reason, body = excluded.body""",
        (at, collection.account_id, collection.n, href, version, uid, reason, body),
    )


def drop(conn: Connection, collection_n: int, hrefs: Sequence[str]) -> int:
    """Let go of items that were repaired or removed upstream; how many there were."""
    return conn.execute(
        "DELETE FROM quarantine WHERE collection_n = ? AND href IN (SELECT value FROM json_each(?))",
        (collection_n, dumps(list(hrefs))),
    ).rowcount


def drop_collection(conn: Connection, collection_n: int) -> None:
    """Let go of everything that a collection showed: the upstream no longer has it."""
    conn.execute("DELETE FROM quarantine WHERE collection_n = ?", (collection_n,))


def versions(conn: Connection, collection_n: int, hrefs: Sequence[str] | None = None) -> dict[str, str]:
    """The versions under which items are in quarantine, by href; all of them for None."""
    if hrefs is None:
        rows = conn.execute("SELECT href, version FROM quarantine WHERE collection_n = ?", (collection_n,))
    else:
        rows = conn.execute(
            "SELECT href, version FROM quarantine WHERE collection_n = ? AND href IN (SELECT value FROM json_each(?))",
            (collection_n, dumps(list(hrefs))),
        )
    return dict(rows.fetchall())


def of_uid(conn: Connection, collection_n: int, uid: str) -> list[Quarantined]:
    """The items of a collection that only another entry of this UID keeps out."""
    rows = conn.execute(
        """SELECT n, at, account_id, collection_n, href, version, uid, reason, body FROM quarantine
           WHERE collection_n = ? AND uid = ? ORDER BY n""",
        (collection_n, uid),
    )
    return [Quarantined(*row) for row in rows]


def every(conn: Connection, account_id: int | None = None) -> list[Quarantined]:
    """All items, oldest first."""
    rows = conn.execute(
        """SELECT n, at, account_id, collection_n, href, version, uid, reason, body FROM quarantine
           WHERE ? IS NULL OR account_id = ? ORDER BY n""",
        (account_id, account_id),
    )
    return [Quarantined(*row) for row in rows]
