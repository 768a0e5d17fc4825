"""The table `revisions`: the bytes before each change, compressed, under the number of the change."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from sqlite3 import Connection
from typing import Any, NamedTuple

from storage.model import Entry

RENDERED = """
ALTER TABLE revisions ADD COLUMN created TEXT NOT NULL DEFAULT '';  -- when the entry was made; '': not known any more
ALTER TABLE revisions ADD COLUMN modified TEXT NOT NULL DEFAULT ''; -- and last changed until then
ALTER TABLE revisions ADD COLUMN rendered BLOB; -- what was rendered of it (zlib); NULL: a contact, or not known
"""

SHOWN = """
ALTER TABLE revisions ADD COLUMN shown BLOB; -- (zlib) what the upstream showed of what it deleted, if that was less
CREATE INDEX revisions_shown ON revisions (uid) WHERE shown IS NOT NULL;
"""

_SELECT = "SELECT seq, entry_id, collection_n, href, uid, hash, body FROM revisions"


@dataclass(frozen=True, slots=True)
class Revision:
    """What an entry was until the change `seq` replaced or deleted it."""

    seq: int
    entry_id: str
    collection_n: int
    href: str
    uid: str
    hash: str
    text: str


class Rendered(NamedTuple):
    """What was rendered of an entry (zlib; None: not known any more), and its moments."""

    hash: str
    created: str
    modified: str
    compressed: bytes | None

    @property
    def packed(self) -> bytes:
        """Its components as `components.packed` has them."""
        return zlib.decompress(self.compressed) if self.compressed else b"[]"


def _row(row: tuple[Any, ...]) -> Revision:
    fields = list(row)
    fields[-1] = zlib.decompress(row[-1]).decode()
    return Revision(*fields)


def add(conn: Connection, seq: int, entry: Entry, rendered: bytes | None) -> None:
    """Keep the entry as it was before the change `seq`; `rendered`: its components as `components.packed` has them."""
    conn.execute(
        """INSERT INTO revisions (seq, entry_id, collection_n, href, uid, hash, created, modified, body, rendered)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(seq, entry.id, entry.collection_n, entry.href, entry.uid, entry.hash, entry.created, entry.modified),
            zlib.compress(entry.text.encode(), 1),
            zlib.compress(rendered, 1) if rendered else None,
        ),
    )


def keep_shown(conn: Connection, seq: int, text: str) -> None:
    """Keep what the upstream showed of an entry that it deleted by the change `seq`."""
    conn.execute("UPDATE revisions SET shown = ? WHERE seq = ?", (zlib.compress(text.encode(), 1), seq))


def shown(conn: Connection, account_id: int, uids: Sequence[str], since: str) -> dict[str, tuple[str, str]]:
    """By UID what the upstream showed, and what was ours, of the account's entries that it deleted since a moment."""
    rows = conn.execute(
        """SELECT r.uid, r.shown, r.body FROM revisions r INDEXED BY revisions_shown JOIN journal j ON j.seq = r.seq
           WHERE r.shown IS NOT NULL AND r.uid IN (SELECT value FROM json_each(?)) AND j.account_id = ? AND j.at >= ?
           ORDER BY r.seq""",
        (dumps(list(uids)), account_id, since),
    )
    return {uid: (zlib.decompress(less).decode(), zlib.decompress(body).decode()) for uid, less, body in rows}


def get(conn: Connection, seq: int) -> Revision | None:
    """What the change `seq` replaced or deleted."""
    row = conn.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
    return _row(row) if row else None


def exists(conn: Connection, seq: int) -> bool:
    """Whether the change `seq` replaced or deleted any bytes."""
    return conn.execute("SELECT 1 FROM revisions WHERE seq = ?", (seq,)).fetchone() is not None


def of_entry(conn: Connection, entry_id: str) -> list[Revision]:
    """Everything that an entry has been, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE entry_id = ? ORDER BY seq", (entry_id,))
    return [_row(row) for row in rows.fetchall()]


def next_of_entry(conn: Connection, entry_id: str, seq: int) -> Revision | None:
    """The bytes that the next change of an entry's text after `seq` replaced: those that it had then."""
    row = conn.execute(f"{_SELECT} WHERE entry_id = ? AND seq > ? ORDER BY seq LIMIT 1", (entry_id, seq)).fetchone()
    return _row(row) if row else None


def first_from(conn: Connection, entry_id: str, seq: int) -> int | None:
    """The first change of an entry's text from `seq` on."""
    row = conn.execute("SELECT min(seq) FROM revisions WHERE entry_id = ? AND seq >= ?", (entry_id, seq)).fetchone()
    return None if row[0] is None else int(row[0])


def rendered(conn: Connection, seqs: Sequence[int]) -> dict[int, Rendered]:
    """What the changes with these numbers replaced, without the bytes."""
    rows = conn.execute(
        """SELECT seq, hash, created, modified, rendered FROM revisions
           WHERE seq IN (SELECT value FROM json_each(?))""",
        (dumps(list(seqs)),),
    )
    return {seq: Rendered(*rest) for seq, *rest in rows.fetchall()}


def octets(conn: Connection, after: int, through: int) -> int:
    """How much room those of the changes after one and up to another take."""
    row = conn.execute(
        """SELECT coalesce(sum(length(body) + coalesce(length(rendered), 0)), 0) FROM revisions
           WHERE seq > ? AND seq <= ?""",
        (after, through),
    ).fetchone()
    return int(row[0])


def drop_through(conn: Connection, seq: int) -> int:
    """Forget those up to this change; how many there were."""
    return conn.execute("DELETE FROM revisions WHERE seq <= ?", (seq,)).rowcount
