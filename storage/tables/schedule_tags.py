"""The table `schedule_tags`: the Schedule-Tag (RFC 6638 §3.2.10) of the few entries for which it is not their hash."""

from sqlite3 import Connection

DDL = """
CREATE TABLE schedule_tags (            -- entries that scheduling changed in a way that does not count
    entry_n INTEGER PRIMARY KEY REFERENCES entries(n) ON DELETE CASCADE,
    tag TEXT NOT NULL
);
"""


def of_entry(conn: Connection, entry_id: str) -> str | None:
    """The tag of an entry that has an organizer; None for any other entry."""
    row = conn.execute(
        """SELECT coalesce(t.tag, e.hash) FROM entries e LEFT JOIN schedule_tags t ON t.entry_n = e.n
           WHERE e.id = ? AND EXISTS (SELECT 1 FROM components p WHERE p.entry_n = e.n AND p.organizer IS NOT NULL)""",
        (entry_id,),
    ).fetchone()
    return str(row[0]) if row else None


def put(conn: Connection, entry_n: int, tag: str | None) -> None:
    """Let an entry have this tag until its next change; None: its hash again."""
    conn.execute("DELETE FROM schedule_tags WHERE entry_n = ?", (entry_n,))
    if tag is not None:
        conn.execute("INSERT INTO schedule_tags (entry_n, tag) VALUES (?, ?)", (entry_n, tag))
