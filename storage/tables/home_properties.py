"""The table `home_properties`: what clients keep with a user's home (dead properties, RFC 4918 §4.1)."""

from collections.abc import Mapping
from json import dumps, loads
from sqlite3 import Connection

DDL = """
CREATE TABLE home_properties (
    user TEXT PRIMARY KEY REFERENCES users(name) ON DELETE CASCADE,
    dead TEXT NOT NULL                  -- a JSON object: Clark name to the whole element
) WITHOUT ROWID;
"""


def get(conn: Connection, user: str) -> Mapping[str, str]:
    """All of them, by Clark name."""
    row = conn.execute("SELECT dead FROM home_properties WHERE user = ?", (user,)).fetchone()
    found: dict[str, str] = loads(row[0]) if row else {}
    return found


def put(conn: Connection, user: str, dead: Mapping[str, str]) -> None:
    """Write all of them."""
    conn.execute("INSERT OR REPLACE INTO home_properties (user, dead) VALUES (?, ?)", (user, dumps(dict(dead))))
