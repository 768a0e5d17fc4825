"""The table `consumers`: how far each named reader of the journal (vdir, webhook, push) has come."""

from sqlite3 import Connection


def position(conn: Connection, name: str) -> int:
    """The newest change that the reader has dealt with; 0 for one that has never been seen."""
    row = conn.execute("SELECT position FROM consumers WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def advance(conn: Connection, name: str, position: int, at: str) -> None:
    """The reader has dealt with everything up to and including `position`."""
    conn.execute(
        """INSERT INTO consumers (name, position, updated) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated = excluded.updated""",
        (name, position, at),
    )


def drop(conn: Connection, name: str) -> None:
    """The reader begins anew."""
    conn.execute("DELETE FROM consumers WHERE name = ?", (name,))
