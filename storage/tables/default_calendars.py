"""The table `default_calendars`: into which calendar a user's invitations go, where the user has chosen one."""

from sqlite3 import Connection

DDL = """
CREATE TABLE default_calendars (
    user TEXT PRIMARY KEY REFERENCES users(name) ON DELETE CASCADE,
    collection_id TEXT NOT NULL         -- public id; what no longer exists counts as not chosen
) WITHOUT ROWID;
"""


def get(conn: Connection, user: str) -> str | None:
    """The public id of the collection chosen."""
    row = conn.execute("SELECT collection_id FROM default_calendars WHERE user = ?", (user,)).fetchone()
    return str(row[0]) if row else None


def put(conn: Connection, user: str, collection_id: str | None) -> None:
    """Keep the choice; None: there is none any more."""
    conn.execute("DELETE FROM default_calendars WHERE user = ?", (user,))
    if collection_id is not None:
        conn.execute("INSERT INTO default_calendars (user, collection_id) VALUES (?, ?)", (user, collection_id))
