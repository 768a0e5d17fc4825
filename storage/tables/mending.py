"""What can be worked out anew from other tables: orphans, search indexes, numbers that are kept twice."""

from sqlite3 import Connection

from storage.tables import journal, meta


def rebuild_indexes(conn: Connection) -> None:
    """Build every index anew from its table."""
    conn.execute("REINDEX")


def damaged(conn: Connection) -> bool:
    """Whether SQLite finds anything wrong with the file."""
    return bool(conn.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok")


def rebuild_search(conn: Connection) -> None:
    """Build the full-text indexes anew from what they index."""
    for index in ("search", "search_contacts"):
        conn.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")


def drop_orphans(conn: Connection) -> int:
    """Remove what was rendered from entries that do not exist; how many rows that were."""
    return sum(
        conn.execute(f"DELETE FROM {table} WHERE entry_n NOT IN (SELECT n FROM entries)").rowcount
        for table in ("components", "occurrences", "contacts_data")
    )


def set_newest(conn: Connection) -> list[tuple[str, int]]:
    """Let collections say what the journal says of their newest change; those (id, change) that did not."""
    rows = conn.execute(
        """SELECT c.n, c.id, coalesce(j.seq, :compacted) FROM collections c
           LEFT JOIN (SELECT collection_n, max(seq) AS seq FROM journal GROUP BY collection_n) j
               ON j.collection_n = c.n
           WHERE CASE WHEN j.seq IS NULL THEN c.seq > :compacted ELSE c.seq <> j.seq END""",
        {"compacted": meta.number(conn, "compacted_through")},
    ).fetchall()
    conn.executemany("UPDATE collections SET seq = ? WHERE n = ?", [(seq, n) for n, _id, seq in rows])
    return [(public_id, seq) for _n, public_id, seq in rows]


def set_back_readers(conn: Connection) -> list[str]:
    """Let readers of the journal be no further than it goes: they begin anew; which they were."""
    head = journal.head(conn)
    rows = conn.execute("UPDATE consumers SET position = 0 WHERE position > ? RETURNING name", (head,))
    return [name for (name,) in rows.fetchall()]


def said_last(conn: Connection, entry_id: str) -> tuple[str, str]:
    """The hash and the UID with which an entry's last change left it; "" where the journal has none any more."""
    row = conn.execute(
        "SELECT after_hash, uid FROM journal WHERE entry_id = ? ORDER BY seq DESC LIMIT 1", (entry_id,)
    ).fetchone()
    return (row[0], row[1]) if row else ("", "")
