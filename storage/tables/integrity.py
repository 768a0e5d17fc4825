"""What must hold between the tables, each as a sentence and the query that finds the rows against it. Reads only.

A query yields the values that complete its sentence. `:compacted` is the newest change that the journal has dropped and
`:head` the newest that ever was; of what lies before the first, nothing can be said any more.
"""

from collections.abc import Iterator
from sqlite3 import SQLITE_READONLY, Connection, DatabaseError

from storage.records import Occurrence
from storage.tables import journal, meta

SHOWN = 20
"""So many rows against one rule are named, the others only counted."""

_RENDERED = (
    (
        "entry {} has no component",
        """SELECT id FROM entries WHERE kind <> 'contact' AND n NOT IN (SELECT entry_n FROM components)
               AND collection_n NOT IN (SELECT n FROM collections WHERE kind = 'inbox')""",
    ),
    (
        "entry {} is a contact of which nothing is rendered",
        "SELECT id FROM entries WHERE kind = 'contact' AND n NOT IN (SELECT entry_n FROM contacts_data)",
    ),
    (
        "the contact of entry {} stands in another collection than the entry",
        "SELECT e.id FROM contacts_data v JOIN entries e ON e.n = v.entry_n WHERE v.collection_n <> e.collection_n",
    ),
    (
        "a component of entry {} stands in another collection than the entry",
        """SELECT DISTINCT e.id FROM components p JOIN entries e ON e.n = p.entry_n
           WHERE p.collection_n <> e.collection_n""",
    ),
    (
        "an occurrence of entry {} stands in another collection than the entry",
        """SELECT DISTINCT e.id FROM occurrences o JOIN entries e ON e.n = o.entry_n
           WHERE o.collection_n <> e.collection_n""",
    ),
    (
        "entry {} has an occurrence that no component describes",
        """SELECT DISTINCT e.id FROM occurrences o JOIN entries e ON e.n = o.entry_n
           LEFT JOIN components p ON p.entry_n = o.entry_n AND p.position = o.position WHERE p.n IS NULL""",
    ),
)

_LAST = """SELECT j.* FROM journal j JOIN (
    SELECT max(seq) AS seq FROM journal WHERE entry_id <> '' GROUP BY entry_id) USING (seq)"""

_JOURNAL = (
    (
        "the journal lacks the changes {} to {}",
        """SELECT before + 1, seq - 1 FROM (
               SELECT seq, lag(seq, 1, :compacted) OVER (ORDER BY seq) AS before
               FROM (SELECT seq FROM journal UNION ALL SELECT :head + 1)) WHERE seq <> before + 1
               AND NOT EXISTS (SELECT 1 FROM json_each(:lost) AS l
                   WHERE l.value ->> 0 <= before AND l.value ->> 1 >= seq - 1)""",
    ),
    (
        "entry {1} exists, though change {0} deleted it",
        f"SELECT j.seq, e.id FROM ({_LAST}) j JOIN entries e ON e.id = j.entry_id WHERE j.action = 'delete'",
    ),
    (
        "entry {1} is missing, though its last change, {0}, did not delete it",
        f"""SELECT j.seq, j.entry_id FROM ({_LAST}) j LEFT JOIN entries e ON e.id = j.entry_id
            WHERE j.action <> 'delete' AND e.n IS NULL""",
    ),
    (
        "entry {1} is not as its last change, {0}, left it",
        f"""SELECT j.seq, e.id FROM ({_LAST}) j JOIN entries e ON e.id = j.entry_id
            WHERE j.action <> 'delete' AND (e.hash <> j.after_hash OR e.seq <> j.seq OR e.uid <> j.uid
                OR e.href <> j.href OR e.collection_n <> j.collection_n)""",
    ),
    (
        "entry {} exists without a change that made it",
        """SELECT id FROM entries WHERE (seq > :compacted OR seq < 1) AND id NOT IN (SELECT entry_id FROM journal)""",
    ),
    (
        "change {} of entry {} does not begin where the one before ended",
        """SELECT seq, entry_id FROM (
               SELECT seq, entry_id, before_hash,
                   lag(after_hash) OVER (PARTITION BY entry_id ORDER BY seq) AS left_as
               FROM journal WHERE entry_id <> '') WHERE left_as <> before_hash""",
    ),
    (
        "collection {} says that its newest change is {}, the journal says {}",
        """SELECT c.id, c.seq, coalesce(j.seq, 'at most ' || :compacted) FROM collections c
           LEFT JOIN (SELECT collection_n, max(seq) AS seq FROM journal GROUP BY collection_n) j
               ON j.collection_n = c.n
           WHERE CASE WHEN j.seq IS NULL THEN c.seq > :compacted ELSE c.seq <> j.seq END""",
    ),
    (
        "collection {1} and change {0}, the last of itself, do not agree whether it exists",
        """SELECT j.seq, j.collection_id FROM journal j LEFT JOIN collections c ON c.n = j.collection_n
           WHERE j.seq IN (SELECT max(seq) FROM journal WHERE entry_id = '' GROUP BY collection_n)
               AND (j.action = 'delete') <> (c.n IS NULL)""",
    ),
    (
        "the reader {} says that it has read change {}, which has not happened",
        "SELECT name, position FROM consumers WHERE position > :head",
    ),
    (
        "the revision of change {} does not belong to that change",
        """SELECT r.seq FROM revisions r LEFT JOIN journal j USING (seq)
           WHERE j.seq IS NULL OR j.before_hash <> r.hash OR j.entry_id <> r.entry_id""",
    ),
    (
        "what collection {1} was before change {0} is kept under the wrong change",
        """SELECT r.seq, r.collection_n FROM collection_revisions r LEFT JOIN journal j USING (seq)
           WHERE j.seq IS NULL OR j.entry_id <> '' OR j.collection_n <> r.collection_n
               OR (j.action = 'add') <> (r.body IS NULL)""",
    ),
    (
        # A move is the only deletion that keeps the bytes: they go on living under the next change.
        "the bytes before change {} of entry {} are missing",
        """SELECT seq, entry_id FROM journal j WHERE entry_id <> '' AND action <> 'add'
               AND before_hash <> after_hash
               AND seq NOT IN (SELECT seq FROM revisions) AND NOT (action = 'delete' AND EXISTS (
                   SELECT 1 FROM journal n WHERE n.seq = j.seq + 1 AND n.entry_id = j.entry_id AND n.action = 'add'
                       AND n.after_hash = j.before_hash))""",
    ),
)

_UPSTREAM = (
    (
        "the link of entry {} leads to nothing: there is neither the entry nor a deletion that waits",
        """SELECT entry_id FROM links l
           WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = l.entry_id AND e.collection_n = l.collection_n)
               AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.entry_id = l.entry_id
                   AND o.collection_n = l.collection_n AND o.action = 'delete')""",
    ),
    (
        "the {} of entry {} waits for the upstream, but there is no such entry",
        """SELECT o.action, o.entry_id FROM outbox o
           LEFT JOIN entries e ON e.id = o.entry_id AND e.collection_n = o.collection_n
           WHERE o.entry_id IS NOT NULL AND o.action <> 'delete' AND e.n IS NULL""",
    ),
    (
        "the deletion of entry {} waits for the upstream, but the entry exists",
        """SELECT o.entry_id FROM outbox o JOIN entries e ON e.id = o.entry_id AND e.collection_n = o.collection_n
           WHERE o.action = 'delete'""",
    ),
    (
        "the {} of the collection numbered {} waits for the upstream, but whether it exists says otherwise",
        """SELECT o.action, o.collection_n FROM outbox o LEFT JOIN collections c ON c.n = o.collection_n
           WHERE o.entry_id IS NULL AND (o.action = 'delete') <> (c.n IS NULL)""",
    ),
    (
        "something of the collection numbered {} waits for the upstream of account {}, which has none",
        """SELECT o.collection_n, o.account_id FROM outbox o LEFT JOIN accounts a ON a.id = o.account_id
           WHERE coalesce(a.mirrored, 0) = 0""",
    ),
    (
        "entry {} is neither upstream nor on its way there",
        """SELECT e.id FROM entries e JOIN collections c ON c.n = e.collection_n JOIN accounts a ON a.id = c.account_id
           WHERE a.mirrored AND c.kind <> 'inbox' AND e.id NOT IN (SELECT entry_id FROM links)
               AND e.id NOT IN (SELECT entry_id FROM outbox WHERE entry_id IS NOT NULL)""",
    ),
)


def problems(conn: Connection) -> Iterator[str]:
    """A sentence for each row against a rule, one more where there are too many; physical damage first."""
    for (said,) in conn.execute(f"PRAGMA integrity_check({SHOWN})").fetchall():
        if said != "ok":
            yield f"the database file is damaged: {said}"
    for table, rowid, parent, _ in conn.execute("PRAGMA foreign_key_check").fetchall()[:SHOWN]:
        yield f"row {rowid} of {table} belongs to a row of {parent} that does not exist"
    parameters: dict[str, int | str] = {
        "lost": meta.get(conn, "lost") or "[]",
        "compacted": meta.number(conn, "compacted_through"),
        "head": journal.head(conn),
    }

    for sentence, query in (*_RENDERED, *_JOURNAL, *_UPSTREAM):
        rows = conn.execute(query, parameters).fetchall()
        yield from (sentence.format(*row) for row in rows[:SHOWN])
        if len(rows) > SHOWN:
            yield f"… and {len(rows) - SHOWN} more of this kind"


def misrendered(conn: Connection) -> set[str]:
    """The entries of which what is rendered is missing, or stands in the wrong place."""
    return {row[0] for _sentence, query in _RENDERED for row in conn.execute(query).fetchall()}


def search_problem(conn: Connection) -> str:
    """What is wrong with the full-text indexes; "" if nothing. FTS5 wants a write transaction for the question."""
    for index, described in (("search", "components"), ("search_contacts", "contacts")):
        try:
            conn.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
        except DatabaseError as error:
            if (error.sqlite_errorcode & 0xFF) == SQLITE_READONLY:
                return ""  # a copy that cannot be written cannot be asked, which says nothing about it
            return f"the search index and the {described} do not agree: {error}"
    return ""


def instances(conn: Connection, entry_n: int) -> list[tuple[Occurrence, int]]:
    """An entry's occurrences as they are stored, each with its rule, in the order of time."""
    rows = conn.execute(
        """SELECT start, "end", recurrence_id, position, all_day, floating, rule FROM occurrences WHERE entry_n = ?
           ORDER BY start, position, recurrence_id""",
        (entry_n,),
    )
    return [
        (Occurrence(start, end, recurrence_id, position, bool(all_day), bool(floating)), rule)
        for start, end, recurrence_id, position, all_day, floating, rule in rows.fetchall()
    ]


def expanded(conn: Connection, entry_n: int) -> tuple[int | None, int | None, int | None]:
    """From when and until when an entry's occurrences are said to be complete, and for which horizon."""
    row = conn.execute("SELECT expanded_from, expanded_until, horizon FROM entries WHERE n = ?", (entry_n,)).fetchone()
    return row[0], row[1], row[2]


def counts(conn: Connection) -> dict[str, int]:
    """How many rows each table has that a check looks at."""
    return {
        name: int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for name, table in (("entries", "entries"), ("changes", "journal"), ("revisions", "revisions"))
    }


def revision_numbers(conn: Connection) -> list[int]:
    """The changes that have a revision."""
    return [seq for (seq,) in conn.execute("SELECT seq FROM revisions ORDER BY seq").fetchall()]
