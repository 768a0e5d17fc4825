"""The table `subscriptions`: who follows the changes of an account's calendars, and since when."""

from collections.abc import Sequence
from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.model import Subscription

DDL = """
CREATE TABLE subscriptions (            -- who follows the changes of an account's calendars
    n INTEGER PRIMARY KEY AUTOINCREMENT,-- its public number, never given again
    account_id INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    automatic INTEGER NOT NULL,         -- 1: made together with the account
    active INTEGER NOT NULL DEFAULT 1,
    monitored TEXT NOT NULL,            -- JSON: the ids of the calendars that it follows; empty: all of them
    since INTEGER NOT NULL,             -- the newest change when it was made
    created TEXT NOT NULL, modified TEXT NOT NULL,
    last_cursor TEXT, last_read TEXT    -- what the last reading was given to go on with, and when
);
CREATE INDEX subscriptions_account ON subscriptions (account_id, n);
"""

_SELECT = """SELECT n, account_id, automatic, active, monitored, since, created, modified, last_cursor, last_read
             FROM subscriptions"""


def _row(row: tuple[Any, ...]) -> Subscription:
    n, account_id, automatic, active, monitored, *rest = row
    return Subscription(n, account_id, bool(automatic), bool(active), tuple(loads(monitored)), *rest)


def add(
    conn: Connection, account_id: int, *, automatic: bool, active: bool, monitored: Sequence[str], since: int, at: str
) -> int:
    """Write a new one; its number."""
    cursor = conn.execute(
        """INSERT INTO subscriptions (account_id, automatic, active, monitored, since, created, modified)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (account_id, automatic, active, dumps(list(monitored)), since, at, at),
    )
    return int(cursor.lastrowid or 0)


def get(conn: Connection, account_id: int, n: int) -> Subscription | None:
    """The account's subscription with this number."""
    row = conn.execute(f"{_SELECT} WHERE account_id = ? AND n = ?", (account_id, n)).fetchone()
    return _row(row) if row else None


def of_account(conn: Connection, account_id: int) -> list[Subscription]:
    """An account's subscriptions, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE account_id = ? ORDER BY n", (account_id,))
    return [_row(row) for row in rows.fetchall()]


def active(conn: Connection) -> list[Subscription]:
    """Those of all accounts that are active."""
    return [_row(row) for row in conn.execute(f"{_SELECT} WHERE active ORDER BY n").fetchall()]


def update(conn: Connection, n: int, *, active: bool, monitored: Sequence[str], at: str) -> None:
    """Write what its owner decides."""
    conn.execute(
        "UPDATE subscriptions SET active = ?, monitored = ?, modified = ? WHERE n = ?",
        (active, dumps(list(monitored)), at, n),
    )


def set_read(conn: Connection, n: int, cursor: str, at: str) -> None:
    """Somebody read its activity, and goes on from this cursor."""
    conn.execute("UPDATE subscriptions SET last_cursor = ?, last_read = ? WHERE n = ?", (cursor, at, n))


def delete(conn: Connection, n: int) -> None:
    """Remove one."""
    conn.execute("DELETE FROM subscriptions WHERE n = ?", (n,))
