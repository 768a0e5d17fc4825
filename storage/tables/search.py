"""The full-text index `search` over summary, description and location; it follows `components` by trigger."""

from collections.abc import Sequence
from json import dumps
from sqlite3 import Connection


def find(conn: Connection, words: str, collection_ns: Sequence[int] | None, limit: int) -> list[int]:
    """The numbers of the entries that hold all these words (or beginnings of words), best match first.

    `words` is what a person typed: nothing in it is read as query syntax.
    """
    query = " ".join('"' + word.replace('"', '""') + '"*' for word in words.replace("\x00", " ").split())
    if not query:
        return []
    rows = conn.execute(
        """SELECT c.entry_n FROM search JOIN components c ON c.n = search.rowid
           WHERE search MATCH ? AND (? IS NULL OR c.collection_n IN (SELECT value FROM json_each(?)))
           ORDER BY rank LIMIT ?""",
        (query, None if collection_ns is None else 1, dumps(list(collection_ns or ())), limit),
    )
    return list(dict.fromkeys(entry_n for (entry_n,) in rows.fetchall()))
