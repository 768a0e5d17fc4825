"""The full-text index `search` over summary, description and location of the components, which write it.

That of the contacts, `search_contacts`, is written by `contacts.py`; a search asks both.

No triggers: a trigger's savepoint makes FTS5 flush its buffer for every row, five times slower.
"""

from collections.abc import Sequence
from json import dumps
from sqlite3 import Connection

from storage.records import ComponentRecord


def add(conn: Connection, n: int, record: ComponentRecord) -> None:
    """Index the component with the number `n`."""
    conn.execute(
        "INSERT INTO search (rowid, summary, description, location) VALUES (?, ?, ?, ?)",
        (n, record.summary, record.description, record.location),
    )


def drop_entry(conn: Connection, entry_n: int) -> None:
    """Take the components of an entry out of the index, while they are still there."""
    rows = conn.execute("SELECT n, summary, description, location FROM components WHERE entry_n = ?", (entry_n,))
    for row in rows.fetchall():
        conn.execute(
            "INSERT INTO search (search, rowid, summary, description, location) VALUES ('delete', ?, ?, ?, ?)", row
        )


def find(conn: Connection, words: str, collection_ns: Sequence[int] | None, limit: int) -> list[int]:
    """The numbers of the entries that hold all these words (or beginnings of words), best match first.

    `words` is what a person typed: nothing in it is read as query syntax.
    """
    query = " ".join('"' + word.replace('"', '""') + '"*' for word in words.replace("\x00", " ").split())
    if not query:
        return []
    rows = conn.execute(
        """SELECT entry_n FROM (
               SELECT c.entry_n, c.collection_n, s.rank FROM search s JOIN components c ON c.n = s.rowid
               WHERE s.search MATCH :words
               UNION ALL
               SELECT v.entry_n, v.collection_n, s.rank
               FROM search_contacts s JOIN contacts_data v ON v.entry_n = s.rowid WHERE s.search_contacts MATCH :words)
           WHERE :everywhere OR collection_n IN (SELECT value FROM json_each(:places))
           ORDER BY rank LIMIT :limit""",
        {
            "words": query,
            "everywhere": collection_ns is None,
            "places": dumps(list(collection_ns or ())),
            "limit": limit,
        },
    )
    return list(dict.fromkeys(entry_n for (entry_n,) in rows.fetchall()))
