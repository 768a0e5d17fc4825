"""The table `meta`: what describes the store itself, as texts under names.

`store_id`; `horizon_from` and `horizon_until` (seconds since 1970, the span for which occurrences are materialised);
`compacted_through` (the newest change that the journal has dropped) and `compacted_at` (when that was made);
`sought_until`, `sought_held`, `sought_most` (how far the index `sought` has come);
`history_octets` (what the revisions take up to the change `history_counted`);
`vdir_mark` (what the mark of the vdir says); `lost` (JSON: pairs of numbers between which the journal has no changes);
`declared ACCOUNT/KEY` (JSON: what the configuration last said of that collection).
"""

from sqlite3 import Connection


def declared(account_id: int, key: str) -> str:
    """The name under which it stands what the configuration said of a collection."""
    return f"declared {account_id}/{key}"


def get(conn: Connection, key: str) -> str | None:
    """The value under this name."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def number(conn: Connection, key: str) -> int:
    """The value under this name as a whole number, 0 without one."""
    return int(get(conn, key) or 0)


def put(conn: Connection, key: str, value: str | int) -> None:
    """Set the value under this name."""
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, str(value)),
    )
