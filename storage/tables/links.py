"""The table `links`: our entry ⇄ the upstream's href, its version, and the projection last agreed (the merge base).

A base of NULL means "the same as the entry's text", so that a mirror at rest keeps each text once; so does an `agreed`
of NULL. A link outlives its entry until the engine has pushed the deletion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from sqlite3 import Connection

AGREED = "ALTER TABLE links ADD COLUMN agreed TEXT;  -- our text of which `base` is what the upstream showed\n"


@dataclass(frozen=True, slots=True)
class Link:
    """A row. `version` is empty where the upstream has not said under which version it keeps the entry.

    `base` is what the upstream last showed, `agreed` the text of ours that it showed so; they differ where it cannot
    hold everything.
    """

    entry_id: str
    collection_n: int
    href: str
    version: str
    base: str | None
    agreed: str | None = None


_SELECT = "SELECT entry_id, collection_n, href, version, base, agreed FROM links"


def of_href(conn: Connection, collection_n: int, href: str) -> Link | None:
    """The link to this remote href."""
    row = conn.execute(f"{_SELECT} WHERE collection_n = ? AND href = ?", (collection_n, href)).fetchone()
    return Link(*row) if row else None


def of_entry(conn: Connection, entry_id: str) -> Link | None:
    """The link of this entry, living or deleted."""
    row = conn.execute(f"{_SELECT} WHERE entry_id = ?", (entry_id,)).fetchone()
    return Link(*row) if row else None


def insert(conn: Connection, link: Link) -> None:
    """Write the link of an entry that has none."""
    conn.execute(
        "INSERT INTO links (collection_n, href, version, base, agreed, entry_id) VALUES (?, ?, ?, ?, ?, ?)",
        (link.collection_n, link.href, link.version, link.base, link.agreed, link.entry_id),
    )


def put(conn: Connection, link: Link) -> None:
    """Write a link, new or changed."""
    conn.execute(
        """INSERT INTO links (collection_n, href, version, base, agreed, entry_id) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (entry_id) DO UPDATE SET collection_n = excluded.collection_n, href = excluded.href,
               version = excluded.version, base = excluded.base, agreed = excluded.agreed""",
        (link.collection_n, link.href, link.version, link.base, link.agreed, link.entry_id),
    )


def set_version(conn: Connection, entry_id: str, version: str) -> None:
    """The upstream keeps the same content under a new version."""
    conn.execute("UPDATE links SET version = ? WHERE entry_id = ?", (version, entry_id))


def keep_base(conn: Connection, entry_id: str, old_text: str) -> None:
    """Before an entry's text is replaced or deleted: the old text stays as what was agreed, if no other was kept."""
    conn.execute(
        """UPDATE links SET base = coalesce(base, ?), agreed = coalesce(agreed, ?)
           WHERE entry_id = ? AND (base IS NULL OR agreed IS NULL)""",
        (old_text, old_text, entry_id),
    )


def hand_over(conn: Connection, entry_id: str, other_id: str) -> None:
    """What the upstream keeps for one entry belongs to another from now on."""
    conn.execute("UPDATE links SET entry_id = ? WHERE entry_id = ?", (other_id, entry_id))


def drop(conn: Connection, entry_id: str) -> None:
    """Forget the upstream's side of an entry."""
    conn.execute("DELETE FROM links WHERE entry_id = ?", (entry_id,))


def drop_collection(conn: Connection, collection_n: int) -> None:
    """Forget every link of a collection."""
    conn.execute("DELETE FROM links WHERE collection_n = ?", (collection_n,))


def versions(conn: Connection, collection_n: int, hrefs: Sequence[str]) -> dict[str, str]:
    """The known versions of these remote hrefs; what is not linked is absent."""
    rows = conn.execute(
        "SELECT href, version FROM links WHERE collection_n = ? AND href IN (SELECT value FROM json_each(?))",
        (collection_n, dumps(list(hrefs))),
    )
    return dict(rows.fetchall())


def hrefs(conn: Connection, collection_n: int) -> list[str]:
    """Every linked remote href of a collection."""
    rows = conn.execute("SELECT href FROM links WHERE collection_n = ? ORDER BY href", (collection_n,))
    return [href for (href,) in rows]


def count(conn: Connection, collection_n: int) -> int:
    """How many entries of a collection the upstream is known to have."""
    row = conn.execute("SELECT count(*) FROM links WHERE collection_n = ?", (collection_n,)).fetchone()
    return int(row[0])
