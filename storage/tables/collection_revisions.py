"""The table `collection_revisions`: what a collection itself was before each change, under the number of the change."""

from dataclasses import asdict
from json import dumps, loads
from sqlite3 import Connection

from storage.model import Collection, CollectionKind

DDL = """
CREATE TABLE collection_revisions (     -- what a collection was before each change of itself, beside its entries
    seq INTEGER PRIMARY KEY,            -- the change
    collection_n INTEGER NOT NULL,
    body TEXT                           -- JSON, the fields of SHOWN; NULL: it was not there
);
CREATE INDEX collection_revisions_place ON collection_revisions (collection_n, seq);
INSERT INTO collection_revisions (seq, collection_n)
    SELECT seq, collection_n FROM journal WHERE entry_id = '' AND action = 'add';
"""

SHOWN = ("name", "description", "color", "timezone", "order", "dead", "slug", "components", "location", "email", "raw")
"""The fields of a collection that people and their clients set."""

_FIXED = ("id", "account_id", "user", "kind", "read_only", "key")


def add(conn: Connection, seq: int, collection_n: int, before: Collection | None) -> None:
    """Keep what a collection was before the change `seq`; None: it was not there."""
    body = None
    if before is not None:
        fields = asdict(before)
        body = dumps({name: fields[name] for name in (*_FIXED, *SHOWN)})
    conn.execute(
        "INSERT INTO collection_revisions (seq, collection_n, body) VALUES (?, ?, ?)", (seq, collection_n, body)
    )


def next_after(conn: Connection, collection_n: int, seq: int) -> tuple[int, Collection | None] | None:
    """The first change of a collection itself after `seq`, and what the collection was until then; None: no change."""
    row = conn.execute(
        "SELECT seq, body FROM collection_revisions WHERE collection_n = ? AND seq > ? ORDER BY seq LIMIT 1",
        (collection_n, seq),
    ).fetchone()
    return (row[0], _collection(collection_n, row[1])) if row else None


def left_since(conn: Connection, seq: int) -> list[Collection]:
    """Collections that stood after the change `seq` and exist no more, as they were then."""
    rows = conn.execute(
        """SELECT collection_n, body FROM collection_revisions WHERE seq IN (
               SELECT min(seq) FROM collection_revisions WHERE seq > ? GROUP BY collection_n)
           AND body IS NOT NULL AND collection_n NOT IN (SELECT n FROM collections) ORDER BY collection_n""",
        (seq,),
    )
    found = (_collection(n, body) for n, body in rows.fetchall())
    return [each for each in found if each is not None]


def gone_since(conn: Connection, account_id: int, seq: int) -> list[Collection]:
    """An account's collections that were deleted after the change `seq`, as they were until then."""
    rows = conn.execute(
        """SELECT r.collection_n, r.body FROM journal j JOIN collection_revisions r USING (seq)
           WHERE j.account_id = ? AND j.entry_id = '' AND j.seq > ? AND j.action = 'delete'""",
        (account_id, seq),
    )
    found = (_collection(n, body) for n, body in rows.fetchall())
    return [each for each in found if each is not None]


def drop_through(conn: Connection, seq: int) -> None:
    """Forget those up to this change."""
    conn.execute("DELETE FROM collection_revisions WHERE seq <= ?", (seq,))


def _collection(n: int, body: str | None) -> Collection | None:
    if body is None:
        return None
    fields = loads(body)
    fields.update(kind=CollectionKind(fields["kind"]), components=tuple(fields["components"]))
    return Collection(n=n, **fields)
