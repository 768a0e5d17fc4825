"""The table `accounts`: one login at one upstream each. How it is doing is written by `remotes.py`."""

from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.model import Account, State

ADDRESSES = """
ALTER TABLE accounts ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]'; -- JSON: what the upstream says that we are called
"""

_SELECT = """SELECT id, name, user, provider, email, service, settings, mirrored, paused, state, reason, as_of,
                 addresses, created FROM accounts"""


def _row(row: tuple[Any, ...]) -> Account:
    fields = list(row)
    fields[6:10] = loads(row[6]), bool(row[7]), bool(row[8]), State(row[9])
    fields[12] = tuple(loads(row[12]))
    return Account(*fields)


def insert(conn: Connection, account: Account, *, declared: bool, at: str) -> int:
    """Write a new one; its id (the next free one from 101 up if the record says 0)."""
    cursor = conn.execute(
        """INSERT INTO accounts
               (id, name, user, provider, email, service, settings, mirrored, declared, paused, state, created)
           VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            account.id,
            account.name,
            account.user,
            account.provider,
            account.email,
            account.service,
            dumps(dict(account.settings)),
            account.mirrored,
            declared,
            account.paused,
            account.state,
            at,
        ),
    )
    return int(cursor.lastrowid or 0)


def update(conn: Connection, account: Account, *, declared: bool) -> None:
    """Change what the owner decides; the state, whether it is paused, and what its upstream reports stay."""
    conn.execute(
        """UPDATE accounts SET name = ?, user = ?, provider = ?, email = ?, service = ?, settings = ?, mirrored = ?,
               declared = ? WHERE id = ?""",
        (
            account.name,
            account.user,
            account.provider,
            account.email,
            account.service,
            dumps(dict(account.settings)),
            account.mirrored,
            declared,
            account.id,
        ),
    )
    conn.execute(
        "UPDATE collections SET user = ? WHERE account_id = ? AND kind NOT IN ('inbox', 'outbox')",
        (account.user, account.id),
    )


def by_id(conn: Connection, account_id: int) -> Account | None:
    """The account with this number."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (account_id,)).fetchone()
    return _row(row) if row else None


def by_name(conn: Connection, name: str) -> Account | None:
    """The account with this name."""
    row = conn.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
    return _row(row) if row else None


def every(conn: Connection, user: str | None = None) -> list[Account]:
    """All of them, or a user's, by number."""
    return [_row(row) for row in conn.execute(f"{_SELECT} WHERE ? IS NULL OR user = ? ORDER BY id", (user, user))]


def set_paused(conn: Connection, account_id: int, paused: bool) -> None:
    """Stop or resume its synchronisation; resumed, it is due at once."""
    state = State.PAUSED if paused else State.WAITING
    conn.execute(
        "UPDATE accounts SET paused = ?, state = ?, reason = '', next_due = 0, failures = 0 WHERE id = ?",
        (paused, state, account_id),
    )


def delete(conn: Connection, account_id: int) -> None:
    """Remove it with everything that waits for its upstream or for a person; its collections must be gone already."""
    for table in ("outbox", "conflicts", "held", "quarantine"):
        conn.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))
    conn.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
