"""The table `users`: who owns accounts and signs in."""

from sqlite3 import Connection
from typing import Any

from storage.model import User

_SELECT = "SELECT name, password, declared, created FROM users"


def _row(row: tuple[Any, ...]) -> User:
    return User(row[0], row[1], bool(row[2]), row[3])


def put(conn: Connection, user: User) -> None:
    """Write a user, new or changed; the moment of creation stays the first one."""
    conn.execute(
        """INSERT INTO users (name, password, declared, created) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET password = excluded.password, declared = excluded.declared""",
        (user.name, user.password, user.declared, user.created),
    )


def get(conn: Connection, name: str) -> User | None:
    """One of them."""
    row = conn.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
    return _row(row) if row else None


def every(conn: Connection) -> list[User]:
    """All of them, by name."""
    return [_row(row) for row in conn.execute(f"{_SELECT} ORDER BY name")]


def delete(conn: Connection, name: str) -> None:
    """Remove one; the devices go with it."""
    conn.execute("DELETE FROM users WHERE name = ?", (name,))
