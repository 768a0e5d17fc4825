"""The table `journal`: one row for each visible change, numbered without gaps; every cursor is a position in it.

An update of an entry that ends with the hash with which it began changed the reminders of somebody with whom the entry
is shared: nobody else sees anything of it, so it is given to nobody but those who see the entry as it is shared.
"""

from collections.abc import Iterable
from json import dumps
from sqlite3 import Connection
from typing import Any

from storage.model import Action, Change, Collection, Origin

GROWN = """
ALTER TABLE journal ADD COLUMN run INTEGER; -- the first change of the act it belongs to; NULL: it stands alone
CREATE INDEX journal_entry ON journal (entry_id, seq);
"""

RUNS = "CREATE INDEX journal_run ON journal (run) WHERE run IS NOT NULL"

_COLUMNS = """seq, at, account_id, collection_id, entry_id, uid, href, action, origin, actor, before_hash, after_hash,
    collection_n, run"""

_SELECT = f"SELECT {_COLUMNS} FROM journal"

_SHOWN = "collection_n NOT IN (SELECT n FROM collections WHERE kind IN ('inbox', 'outbox'))"
"""Those of mailboxes are for their owner's clients alone."""

SEEN = "(before_hash <> after_hash OR entry_id = '')"
"""Those that changed more than somebody's reminders."""


_ACTIONS = {each.value: each for each in Action}
_ORIGINS = {each.value: each for each in Origin}


def _row(row: tuple[Any, ...]) -> Change:
    fields = list(row)
    fields[7:9] = _ACTIONS[row[7]], _ORIGINS[row[8]]
    return Change(*fields)


def append(
    conn: Connection,
    collection: Collection,
    action: Action,
    *,
    origin: Origin,
    actor: str,
    at: str,
    entry: tuple[str, str, str] = ("", "", ""),
    before: str = "",
    after: str = "",
) -> int:
    """Write a change; its number. `entry`: id, UID and href of the entry, all empty for the collection itself."""
    cursor = conn.execute(
        """INSERT INTO journal (at, account_id, collection_n, collection_id, entry_id, uid, href, action, origin, actor,
               before_hash, after_hash)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (at, collection.account_id, collection.n, collection.id, *entry, action, origin, actor, before, after),
    )
    return int(cursor.lastrowid or 0)


def mark(conn: Connection, after: int, run: int | None = None) -> int | None:
    """Let the changes after `after` be part of one act, `run` or a new one; its number, None without any change."""
    if after == head(conn):
        return None
    run = after + 1 if run is None else run
    conn.execute("UPDATE journal SET run = ? WHERE seq > ?", (run, after))
    return run


def head(conn: Connection) -> int:
    """The number of the newest change, even if compaction has dropped it; 0 before the first."""
    row = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
    return int(row[0]) if row else 0


def set_head(conn: Connection, seq: int) -> None:
    """Let the next change have the number after this one."""
    if conn.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'journal'", (seq,)).rowcount == 0:
        conn.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('journal', ?)", (seq,))


def one(conn: Connection, seq: int) -> Change | None:
    """The change of this number."""
    row = conn.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
    return _row(row) if row else None


def since(conn: Connection, seq: int, *, account_id: int | None = None, limit: int | None = None) -> list[Change]:
    """The changes after `seq`, oldest first; those of mailboxes and reminders are for their owner's clients alone."""
    rows = conn.execute(
        f"{_SELECT} WHERE seq > ? AND (? IS NULL OR account_id = ?) AND {_SHOWN} AND {SEEN} ORDER BY seq LIMIT ?",
        (seq, account_id, account_id, -1 if limit is None else limit),
    )
    return [_row(row) for row in rows.fetchall()]


def of_run(conn: Connection, run: int) -> list[Change]:
    """The changes that belong to one act, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE run = ? AND {_SHOWN} AND {SEEN} ORDER BY seq", (run,))
    return [_row(row) for row in rows.fetchall()]


def last_run(conn: Connection, account_id: int) -> int | None:
    """The newest act by which an account's upstream changed the mirror."""
    row = conn.execute(
        """SELECT run FROM journal WHERE account_id = ? AND run IS NOT NULL AND origin = 'upstream'
           ORDER BY seq DESC LIMIT 1""",
        (account_id,),
    ).fetchone()
    return int(row[0]) if row else None


def of_entry(conn: Connection, entry_id: str) -> list[Change]:
    """Every change of one entry that is still known, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE entry_id = ? AND {SEEN} ORDER BY seq", (entry_id,))
    return [_row(row) for row in rows.fetchall()]


def next_of_entry(conn: Connection, entry_id: str, seq: int) -> Change | None:
    """The first change of an entry after `seq`."""
    row = conn.execute(
        f"{_SELECT} WHERE entry_id = ? AND seq > ? AND {SEEN} ORDER BY seq LIMIT 1", (entry_id, seq)
    ).fetchone()
    return _row(row) if row else None


def last_of_entry(conn: Connection, entry_id: str, seq: int) -> Change | None:
    """The last change of an entry up to and including `seq`."""
    row = conn.execute(
        f"{_SELECT} WHERE entry_id = ? AND seq <= ? AND {SEEN} ORDER BY seq DESC LIMIT 1", (entry_id, seq)
    ).fetchone()
    return _row(row) if row else None


def first_after(conn: Connection, collection_n: int, seq: int) -> list[tuple[str, int]]:
    """The entries of a collection that changed after `seq`, each with the first of these changes."""
    rows = conn.execute(
        f"""SELECT entry_id, min(seq) FROM journal WHERE collection_n = ? AND seq > ? AND entry_id <> '' AND {SEEN}
            GROUP BY entry_id""",
        (collection_n, seq),
    )
    return rows.fetchall()


def first_at(conn: Connection, collection_n: int, href: str, seq: int) -> Change | None:
    """The first change after `seq` of what stands under a name in a collection."""
    row = conn.execute(
        f"{_SELECT} WHERE collection_n = ? AND seq > ? AND href = ? AND {SEEN} ORDER BY seq LIMIT 1",
        (collection_n, seq, href),
    ).fetchone()
    return _row(row) if row else None


def newest_in(conn: Connection, collection_n: int, seq: int) -> int:
    """The newest change of a collection up to and including `seq`; 0 where the journal knows of none."""
    row = conn.execute(
        "SELECT max(seq) FROM journal WHERE collection_n = ? AND seq <= ?", (collection_n, seq)
    ).fetchone()
    return int(row[0] or 0)


def touched(conn: Connection, collection_n: int, seq: int, limit: int | None, *, own: bool) -> list[tuple[str, int]]:
    """The hrefs of a collection that changed after `seq`, each with its newest change, oldest of these first.

    `own`: as the owner of the collection sees it.
    """
    rows = conn.execute(
        """SELECT href, max(seq) AS newest FROM journal WHERE collection_n = ? AND seq > ? AND href <> ''
               AND NOT (? AND before_hash = after_hash)
           GROUP BY href ORDER BY newest LIMIT ?""",
        (collection_n, seq, own, -1 if limit is None else limit),
    )
    return rows.fetchall()


def moment(conn: Connection, seq: int) -> str:
    """When a change was made; "" for one that is not in the journal any more."""
    row = conn.execute("SELECT at FROM journal WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else ""


def through(conn: Connection, at: str) -> int:
    """The number of the last change made up to this moment; that of the last one dropped where all are younger.

    Found by halving, since numbers and moments grow together. Where the clock was set back, a moment that it showed
    twice means one of the two.
    """
    row = conn.execute("SELECT min(seq) FROM journal").fetchone()
    known, later = (head(conn) if row[0] is None else int(row[0]) - 1), head(conn) + 1
    while later - known > 1:
        middle = (known + later) // 2
        # A number may have been left out: see `set_head`.
        row = conn.execute(
            "SELECT seq, at FROM journal WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT 1", (middle, later)
        ).fetchone()
        if row is not None and row[1] <= at:
            known = int(row[0])
        else:
            later = middle
    return known


Told = tuple[Change, int | None, int | None]
"""A change, the number that its entry has now, and that of the next change of the entry's text; None: there is none."""


def of_events(conn: Connection, account_id: int, collection_n: int, seq: int, until: int, limit: int) -> list[Told]:
    """The changes of a collection itself and of events in it from `seq` on to `until`, oldest first."""
    columns = ", ".join(f"j.{name.strip()}" for name in _COLUMNS.split(","))
    rows = conn.execute(
        f"""SELECT {columns}, e.n,
                (SELECT min(r.seq) FROM revisions r WHERE r.entry_id = j.entry_id AND r.seq > j.seq)
            FROM journal j LEFT JOIN entries e ON e.id = j.entry_id
            WHERE j.collection_n = ? AND j.seq >= ? AND j.seq <= ? AND j.account_id = ? AND {SEEN}
                AND coalesce(e.kind, 'event') = 'event'
            ORDER BY j.seq LIMIT ?""",
        (collection_n, seq, until, account_id, limit),
    )
    return [(_row(row[:-2]), row[-2], row[-1]) for row in rows.fetchall()]


def repeated(conn: Connection, entry_ids: Iterable[str], seq: int, until: int) -> list[Change]:
    """All changes from `seq` on to `until`, oldest first, of those of these entries that one act changed repeatedly.

    "" as an id means the collections themselves.
    """
    names = dumps(list(entry_ids))
    rows = conn.execute(
        f"""{_SELECT} WHERE seq >= :seq AND seq <= :until AND {SEEN} AND entry_id IN (
                SELECT k.entry_id FROM json_each(:names) w
                CROSS JOIN journal k ON k.entry_id = w.value AND k.seq >= :seq AND k.seq <= :until
                WHERE k.run IS NOT NULL GROUP BY k.entry_id, k.collection_n, k.run HAVING count(*) > 1)
            ORDER BY seq""",
        {"seq": seq, "until": until, "names": names},
    )
    return [_row(row) for row in rows.fetchall()]


def within(conn: Connection, collection_n: int, after: int, through: int, most: int) -> int:
    """How many changes of a collection and of what is in it come after `after`, until `through`; at most `most`."""
    row = conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM journal WHERE collection_n = ? AND seq > ? AND seq <= ? LIMIT ?)",
        (collection_n, after, through, most),
    )
    return int(row.fetchone()[0])


def accounts_since(conn: Connection, seq: int) -> set[int]:
    """The accounts in which something changed after `seq`."""
    return {account for (account,) in conn.execute("SELECT DISTINCT account_id FROM journal WHERE seq > ?", (seq,))}


def touched_collections(conn: Connection, account_id: int, after: int) -> list[tuple[int, str]]:
    """Number and id of the account's collections that were made, changed or deleted themselves after a change."""
    rows = conn.execute(
        """SELECT DISTINCT collection_n, collection_id FROM journal
           WHERE entry_id = '' AND seq > ? AND account_id = ? ORDER BY collection_n""",
        (after, account_id),
    )
    return [(n, collection_id) for n, collection_id in rows.fetchall()]


def first(conn: Connection) -> int:
    """The number of the oldest change that is kept; 0 where there is none."""
    return int(conn.execute("SELECT coalesce(min(seq), 0) FROM journal").fetchone()[0])


def count(conn: Connection, after: int) -> int:
    """How many changes there are after `after`."""
    return int(conn.execute("SELECT count(*) FROM journal WHERE seq > ?", (after,)).fetchone()[0])


def last_before(conn: Connection, at: str, most: int) -> int:
    """The number of the last of the oldest `most` changes such that it and all before it were made before `at`; 0 for
    none.
    """
    found = 0
    for seq, made in conn.execute("SELECT seq, at FROM journal ORDER BY seq LIMIT ?", (most,)).fetchall():
        if made >= at:
            break
        found = int(seq)
    return found


def drop_through(conn: Connection, seq: int) -> int:
    """Forget the changes up to this one; how many there were."""
    return conn.execute("DELETE FROM journal WHERE seq <= ?", (seq,)).rowcount
