"""The table `vdir_files`: what each file of the vdir was when mirror and folder last agreed about it."""

from collections.abc import Iterable, Sequence
from json import dumps
from sqlite3 import Connection
from typing import Any, NamedTuple

DDL = """
CREATE TABLE vdir_files (
    collection_id TEXT NOT NULL,
    name TEXT NOT NULL,                 -- of the file, in the directory of its collection
    account_id INTEGER NOT NULL,
    entry_id TEXT NOT NULL DEFAULT '',  -- '': displayname, color, and what was never taken in
    hash TEXT NOT NULL DEFAULT '',      -- of the bytes that both sides had last; '': never
    size INTEGER NOT NULL DEFAULT -1, mtime INTEGER NOT NULL DEFAULT 0, inode INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT '',     -- write held refused
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (collection_id, name)
) WITHOUT ROWID;
-- Found by SQLite only where the question says entry_id <> '' as well.
CREATE UNIQUE INDEX vdir_files_entry ON vdir_files (collection_id, entry_id) WHERE entry_id <> '';
CREATE INDEX vdir_files_state ON vdir_files (state) WHERE state <> '';
ALTER TABLE held ADD COLUMN origin TEXT NOT NULL DEFAULT 'upstream';
"""
"""`origin` of what is held: who is said to have deleted it, the `upstream`, or somebody in the `vdir`."""

WRITE, HELD, REFUSED = "write", "held", "refused"
"""States: to be written by us whatever it is now; gone, which waits for a person; not to be had as an entry."""


class Stat(NamedTuple):
    """By what a file is known to be untouched: octets, nanoseconds since 1970, number on its disk."""

    size: int
    mtime: int
    inode: int


Look = tuple[str, int, int, int]
"""A file's name, and its `Stat`."""


class VdirFile(NamedTuple):
    """A row. `stat` is how the file looked when it was last looked at; None where it was not there."""

    collection_id: str
    name: str
    account_id: int
    entry_id: str
    hash: str
    stat: Stat | None
    state: str = ""
    reason: str = ""


_SELECT = (
    """SELECT collection_id, name, account_id, entry_id, hash, size, mtime, inode, state, reason FROM vdir_files"""
)


def _row(row: tuple[Any, ...]) -> VdirFile:
    collection_id, name, account_id, entry_id, digest, size, mtime, inode, state, reason = row
    stat = Stat(size, mtime, inode) if size >= 0 else None
    return VdirFile(collection_id, name, account_id, entry_id, digest, stat, state, reason)


def put(conn: Connection, files: Iterable[VdirFile]) -> None:
    """Write rows, new or changed."""
    conn.executemany(
        """INSERT OR REPLACE INTO vdir_files
               (collection_id, name, account_id, entry_id, hash, size, mtime, inode, state, reason)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (f.collection_id, f.name, f.account_id, f.entry_id, f.hash, *(f.stat or (-1, 0, 0)), f.state, f.reason)
            for f in files
        ],
    )


def drop(conn: Connection, files: Iterable[VdirFile]) -> None:
    """Nothing is known of these any more; a row of the same name that belongs to another entry by now stays."""
    conn.executemany(
        "DELETE FROM vdir_files WHERE collection_id = ? AND name = ? AND entry_id = ?",
        [(f.collection_id, f.name, f.entry_id) for f in files],
    )


def drop_all(conn: Connection) -> None:
    """Nothing is known of any file: they are written anew."""
    conn.execute("DELETE FROM vdir_files")


def named(conn: Connection, collection_id: str, names: Sequence[str]) -> dict[str, VdirFile]:
    """Those of these files that are known, by name."""
    rows = conn.execute(
        f"{_SELECT} WHERE collection_id = ? AND name IN (SELECT value FROM json_each(?))",
        (collection_id, dumps(list(names))),
    )
    return {row[1]: _row(row) for row in rows.fetchall()}


def of_collection(conn: Connection, collection_id: str) -> dict[str, VdirFile]:
    """The files of a collection, by name."""
    rows = conn.execute(f"{_SELECT} WHERE collection_id = ?", (collection_id,))
    return {row[1]: _row(row) for row in rows.fetchall()}


def looks(conn: Connection, collection_id: str) -> set[Look]:
    """How the files of a collection looked; what has to be looked at anyhow, like nothing that can be there."""
    rows = conn.execute(
        """SELECT name, CASE WHEN state IN ('write', 'held') THEN -1 ELSE size END, mtime, inode FROM vdir_files
           WHERE collection_id = ?""",
        (collection_id,),
    )
    return set(rows.fetchall())


def of_entries(conn: Connection, collection_id: str, entry_ids: Sequence[str]) -> dict[str, VdirFile]:
    """The files in which these entries of a collection stand, by entry."""
    rows = conn.execute(
        f"""{_SELECT} INDEXED BY vdir_files_entry WHERE collection_id = ? AND entry_id <> ''
            AND entry_id IN (SELECT value FROM json_each(?))""",
        (collection_id, dumps(list(entry_ids))),
    )
    return {row[3]: _row(row) for row in rows.fetchall()}


def collections(conn: Connection) -> list[tuple[int, str]]:
    """The collections (account, id) of which any file is known, existing ones or not."""
    return conn.execute("SELECT DISTINCT account_id, collection_id FROM vdir_files ORDER BY 1, 2").fetchall()


def in_state(conn: Connection, state: str) -> list[VdirFile]:
    """The files in a state (not ''), by collection and name."""
    rows = conn.execute(f"{_SELECT} WHERE state = ? ORDER BY account_id, collection_id, name", (state,))
    return [_row(row) for row in rows.fetchall()]


def set_state(conn: Connection, collection_id: str, entry_ids: Iterable[str], state: str) -> None:
    """Let the files of these entries be in a state."""
    conn.executemany(
        "UPDATE vdir_files SET state = ?, reason = '' WHERE collection_id = ? AND entry_id = ? AND entry_id <> ''",
        [(state, collection_id, entry_id) for entry_id in entry_ids],
    )


def retry(conn: Connection, collection_id: str) -> list[str]:
    """Let what was refused be looked at again, as if it were new; the names."""
    rows = conn.execute(
        "UPDATE vdir_files SET size = -1 WHERE collection_id = ? AND state = 'refused' RETURNING name", (collection_id,)
    )
    return [name for (name,) in rows.fetchall()]


def without_file(conn: Connection) -> list[tuple[str, str]]:
    """The entries (collection's id, entry's id) of which no file is known; mailboxes have no directory."""
    return conn.execute(
        """SELECT c.id, e.id FROM entries e JOIN collections c ON c.n = e.collection_n
           WHERE c.kind NOT IN ('inbox', 'outbox') AND NOT EXISTS (
               SELECT 1 FROM vdir_files f WHERE f.collection_id = c.id AND f.entry_id = e.id AND f.entry_id <> '')"""
    ).fetchall()


def standing(conn: Connection, collection_id: str) -> int:
    """In how many files of a collection an entry stands, or stood when somebody last looked."""
    row = conn.execute(
        "SELECT count(*) FROM vdir_files WHERE collection_id = ? AND entry_id <> ''", (collection_id,)
    ).fetchone()
    return int(row[0])


def decided(conn: Connection) -> bool:
    """Whether nothing is known of the folder but what is to be written anyhow."""
    return conn.execute("SELECT 1 FROM vdir_files WHERE entry_id <> '' AND state <> 'write'").fetchone() is None
