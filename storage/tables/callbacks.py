"""The table `callbacks`: where an application wants to hear that something changed, and up to which change it did."""

from dataclasses import dataclass
from sqlite3 import Connection

DDL = """
CREATE TABLE callbacks (                -- where an application wants to hear that something changed
    n INTEGER PRIMARY KEY AUTOINCREMENT,-- in the order in which they were made
    id TEXT NOT NULL UNIQUE,            -- the public id
    account_id INTEGER NOT NULL,
    collection_id TEXT NOT NULL,        -- the calendar whose events it is about; empty: the account's list of calendars
    url TEXT NOT NULL,
    rate INTEGER NOT NULL,              -- messages in a second at most; 0: any number
    created TEXT NOT NULL,
    told INTEGER NOT NULL,              -- the newest change that it was told of, or need not be
    sent REAL NOT NULL DEFAULT 0,       -- when it was last told, in seconds since 1970
    failures INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
"""


@dataclass(frozen=True, slots=True)
class Callback:
    """A row; see the table. `sent` and `next_try` are seconds since 1970."""

    id: str
    account: int
    collection: str
    url: str
    rate: int
    created: str
    told: int
    sent: float = 0
    failures: int = 0
    next_try: float = 0
    error: str = ""
    n: int = 0


_SELECT = """SELECT id, account_id, collection_id, url, rate, created, told, sent, failures, next_try, error, n
    FROM callbacks"""


def put(conn: Connection, callback: Callback) -> None:
    """Write a new one."""
    conn.execute(
        """INSERT INTO callbacks (id, account_id, collection_id, url, rate, created, told)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            callback.id,
            callback.account,
            callback.collection,
            callback.url,
            callback.rate,
            callback.created,
            callback.told,
        ),
    )


def every(conn: Connection, account_id: int | None = None) -> list[Callback]:
    """All of them, or those about an account, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE ? IS NULL OR account_id = ? ORDER BY n", (account_id, account_id))
    return [Callback(*row) for row in rows.fetchall()]


def any_at_all(conn: Connection) -> bool:
    """Whether anybody wants to hear anything."""
    return conn.execute("SELECT 1 FROM callbacks LIMIT 1").fetchone() is not None


def delete(conn: Connection, callback_id: str) -> None:
    """Remove one."""
    conn.execute("DELETE FROM callbacks WHERE id = ?", (callback_id,))


def set_turn(conn: Connection, callback: Callback) -> None:
    """Write how far one is, if it is there still."""
    conn.execute(
        "UPDATE callbacks SET told = ?, sent = ?, failures = ?, next_try = ?, error = ? WHERE id = ?",
        (callback.told, callback.sent, callback.failures, callback.next_try, callback.error, callback.id),
    )
