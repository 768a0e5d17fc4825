"""The table `conflicts`: the inbox, where what lost against the upstream waits whole until a person decides."""

from dataclasses import dataclass
from sqlite3 import Connection

_COLUMNS = "n, at, account_id, collection_n, collection_id, entry_id, uid, cause, reason, base, ours, theirs, state"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row. `cause`: `edit` (both edited), `delete` (one side deleted) or `rejected` (the upstream refused our write).

    `ours` is None where our deletion lost, `theirs` where the upstream's did.
    """

    n: int
    at: str
    account_id: int
    collection_n: int
    collection_id: str
    entry_id: str
    uid: str
    cause: str
    reason: str
    base: str | None
    ours: str | None
    theirs: str | None
    state: str


def add(
    conn: Connection,
    *,
    at: str,
    account_id: int,
    collection_n: int,
    collection_id: str,
    entry_id: str,
    uid: str,
    cause: str,
    reason: str,
    base: str | None,
    ours: str | None,
    theirs: str | None,
) -> int:
    """Put one into the inbox; its number."""
    cursor = conn.execute(
        """INSERT INTO conflicts
               (at, account_id, collection_n, collection_id, entry_id, uid, cause, reason, base, ours, theirs)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (at, account_id, collection_n, collection_id, entry_id, uid, cause, reason, base, ours, theirs),
    )
    return int(cursor.lastrowid or 0)


def every(conn: Connection, *, account_id: int | None = None, state: str | None = "open") -> list[Conflict]:
    """Those in `state` (None: all), oldest first."""
    rows = conn.execute(
        f"""SELECT {_COLUMNS} FROM conflicts
            WHERE (? IS NULL OR account_id = ?) AND (? IS NULL OR state = ?) ORDER BY n""",
        (account_id, account_id, state, state),
    )
    return [Conflict(*row) for row in rows]


def get(conn: Connection, n: int) -> Conflict | None:
    """One of them."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM conflicts WHERE n = ?", (n,)).fetchone()
    return Conflict(*row) if row else None
