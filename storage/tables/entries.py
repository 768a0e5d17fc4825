"""The table `entries`: one UID in one collection each, its text byte for byte."""

from collections.abc import Iterable, Sequence
from json import dumps
from sqlite3 import Connection
from typing import Any

from storage.model import Entry, Kind, Listed, Tag
from storage.tables.needles import Needle, condition

_SELECT = "SELECT n, id, collection_n, href, uid, kind, text, hash, size, seq, created, modified FROM entries"
_LISTED = "SELECT href, hash, kind, size, modified, id FROM entries"
_KINDS = {kind.value: kind for kind in Kind}


def row(values: tuple[Any, ...]) -> Entry:
    """The record of a row in the columns of `select`."""
    n, public_id, collection_n, href, uid, kind, text, digest, size, seq, created, modified = values
    return Entry(n, public_id, collection_n, href, uid, _KINDS[kind], text, digest, size, seq, created, modified)


def _listed(values: tuple[Any, ...]) -> Listed:
    href, digest, kind, size, modified, public_id = values
    return Listed(href, digest, _KINDS[kind], size, modified, public_id)


def insert(conn: Connection, entry: Entry, expanded: tuple[int | None, int | None, int | None]) -> int:
    """Write a new one (the record's `n` is ignored); its number. `expanded`: see `set_expanded`."""
    cursor = conn.execute(
        """INSERT INTO entries (id, collection_n, href, uid, kind, hash, size, seq, created, modified,
               expanded_from, expanded_until, horizon, text)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            entry.id,
            entry.collection_n,
            entry.href,
            entry.uid,
            entry.kind,
            entry.hash,
            entry.size,
            entry.seq,
            entry.created,
            entry.modified,
            *expanded,
            entry.text,
        ),
    )
    return int(cursor.lastrowid or 0)


def update(conn: Connection, entry: Entry, expanded: tuple[int | None, int | None, int | None]) -> None:
    """Write everything of it but its place and its creation."""
    conn.execute(
        """UPDATE entries SET uid = ?, kind = ?, hash = ?, size = ?, seq = ?, modified = ?,
               expanded_from = ?, expanded_until = ?, horizon = ?, text = ? WHERE n = ?""",
        (entry.uid, entry.kind, entry.hash, entry.size, entry.seq, entry.modified, *expanded, entry.text, entry.n),
    )


def set_place(conn: Connection, entry: Entry) -> None:
    """Write its collection, href, newest change and moment; what is rendered from it goes along."""
    conn.execute(
        "UPDATE entries SET collection_n = ?, href = ?, seq = ?, modified = ? WHERE n = ?",
        (entry.collection_n, entry.href, entry.seq, entry.modified, entry.n),
    )
    for table in ("components", "occurrences", "contacts_data"):
        conn.execute(f"UPDATE {table} SET collection_n = ? WHERE entry_n = ?", (entry.collection_n, entry.n))


def set_expanded(conn: Connection, entry_n: int, expanded: tuple[int | None, int | None, int | None]) -> None:
    """From when and until when its occurrences are complete, and the horizon they were rendered for."""
    conn.execute(
        "UPDATE entries SET expanded_from = ?, expanded_until = ?, horizon = ? WHERE n = ?", (*expanded, entry_n)
    )


def delete(conn: Connection, entry_n: int) -> None:
    """Remove it; what is rendered from it must be gone already."""
    conn.execute("DELETE FROM entries WHERE n = ?", (entry_n,))


def by_n(conn: Connection, entry_n: int) -> Entry | None:
    """The entry with this number."""
    found = conn.execute(f"{_SELECT} WHERE n = ?", (entry_n,)).fetchone()
    return row(found) if found else None


def by_id(conn: Connection, public_id: str) -> Entry | None:
    """The entry with this public id."""
    found = conn.execute(f"{_SELECT} WHERE id = ?", (public_id,)).fetchone()
    return row(found) if found else None


def by_href(conn: Connection, collection_n: int, href: str) -> Entry | None:
    """The entry under this name in its collection."""
    found = conn.execute(f"{_SELECT} WHERE collection_n = ? AND href = ?", (collection_n, href)).fetchone()
    return row(found) if found else None


def by_uid(conn: Connection, collection_n: int, uid: str) -> Entry | None:
    """The collection's entry with this UID."""
    found = conn.execute(f"{_SELECT} WHERE collection_n = ? AND uid = ?", (collection_n, uid)).fetchone()
    return row(found) if found else None


def uids(conn: Connection, collection_n: int, wanted: Sequence[str]) -> set[str]:
    """Those of these UIDs that the collection holds."""
    rows = conn.execute(
        "SELECT uid FROM entries WHERE collection_n = ? AND uid IN (SELECT value FROM json_each(?))",
        (collection_n, dumps(list(wanted))),
    )
    return {uid for (uid,) in rows.fetchall()}


def href_of_uid(conn: Connection, collection_n: int, uid: str) -> str | None:
    """Under which name the collection holds this UID."""
    found = conn.execute("SELECT href FROM entries WHERE collection_n = ? AND uid = ?", (collection_n, uid)).fetchone()
    return str(found[0]) if found else None


def summary(conn: Connection, entry_n: int) -> str:
    """The summary of its first component, or the contact's name: what a person recognises it by."""
    found = conn.execute(
        """SELECT summary FROM (
               SELECT summary, recurrence_id <> '' AS override, position FROM components WHERE entry_n = :n
               UNION ALL SELECT full_name, 0, 0 FROM contacts_data WHERE entry_n = :n)
           ORDER BY override, position LIMIT 1""",
        {"n": entry_n},
    ).fetchone()
    return str(found[0]) if found else ""


def listing(conn: Connection, collection_n: int) -> list[Listed]:
    """Every entry of a collection without its text, by href; read from an index alone."""
    rows = conn.execute(f"{_LISTED} WHERE collection_n = ? ORDER BY href", (collection_n,))
    return [_listed(values) for values in rows.fetchall()]


def tags(conn: Connection, collection_n: int) -> list[Tag]:
    """Name and hash of every entry of a collection, by name; read from an index alone."""
    rows = conn.execute("SELECT href, hash FROM entries WHERE collection_n = ? ORDER BY href", (collection_n,))
    return rows.fetchall()


def listing_by_seq(conn: Connection, collection_n: int, limit: int) -> list[tuple[int, Listed]]:
    """The entries that have not changed for longest, with their newest changes."""
    rows = conn.execute(
        "SELECT seq, href, hash, kind, size, modified, id FROM entries WHERE collection_n = ? ORDER BY seq LIMIT ?",
        (collection_n, limit),
    )
    return [(values[0], _listed(values[1:])) for values in rows.fetchall()]


def beyond(conn: Connection, collection_n: int, newest: int) -> list[Entry]:
    """The entries behind so many of the newest changes; some of them where there are many."""
    rows = conn.execute(
        f"{_SELECT} WHERE collection_n = ? ORDER BY seq DESC LIMIT 100 OFFSET ?", (collection_n, newest)
    )
    return list(map(row, rows.fetchall()))


def listed(conn: Connection, collection_n: int, hrefs: Sequence[str]) -> list[Listed]:
    """Those of these hrefs that exist, without text."""
    rows = conn.execute(
        f"{_LISTED} WHERE collection_n = ? AND href IN (SELECT value FROM json_each(?))",
        (collection_n, dumps(list(hrefs))),
    )
    return [_listed(values) for values in rows.fetchall()]


def holding(conn: Connection, collection_n: int, words: str) -> set[str]:
    """The hrefs of the entries in whose texts these words stand, letter by letter."""
    rows = conn.execute("SELECT href FROM entries WHERE collection_n = ? AND instr(text, ?)", (collection_n, words))
    return {href for (href,) in rows.fetchall()}


def many(conn: Connection, collection_n: int, hrefs: Sequence[str]) -> dict[str, Entry]:
    """Those of these hrefs that exist."""
    rows = conn.execute(
        f"{_SELECT} WHERE collection_n = ? AND href IN (SELECT value FROM json_each(?))",
        (collection_n, dumps(list(hrefs))),
    )
    return {values[3]: row(values) for values in rows.fetchall()}


def numbered(
    conn: Connection, numbers: Sequence[int], *, kinds: Iterable[Kind] | None = None, text: bool = True
) -> list[Entry]:
    """The entries with these numbers (of these kinds), in their order; with `text` false the texts are left out."""
    select = _SELECT if text else _SELECT.replace(" text,", " '',")
    rows = conn.execute(
        f"""{select} WHERE n IN (SELECT value FROM json_each(?))
            AND (? IS NULL OR kind IN (SELECT value FROM json_each(?)))""",
        (dumps(list(numbers)), None if kinds is None else 1, dumps(list(kinds or ()))),
    )
    there = {values[0]: row(values) for values in rows.fetchall()}
    return [there[n] for n in numbers if n in there]


def in_order(conn: Connection, numbers: Iterable[int]) -> list[int]:
    """These numbers in the order of the names of their entries."""
    rows = conn.execute(
        "SELECT n FROM entries WHERE n IN (SELECT value FROM json_each(?)) ORDER BY href", (dumps(list(numbers)),)
    )
    return [n for (n,) in rows.fetchall()]


def after(conn: Connection, collection_n: int, href: str, limit: int, holding: Sequence[Needle] = ()) -> list[Entry]:
    """The next entries of a collection beyond `href`, by href: for walks that hold no transaction open.

    `holding`: those alone that may hold one of these texts.
    """
    rows = conn.execute(
        f"{_SELECT} WHERE collection_n = ? AND href > ? AND ({condition(holding)}) ORDER BY href LIMIT ?",
        (collection_n, href, *(needle.text for needle in holding), limit),
    )
    return [row(values) for values in rows.fetchall()]


def with_uids(conn: Connection, collection_n: int, holding: Sequence[Needle]) -> list[int]:
    """The numbers of the entries in whose UIDs one of these texts stands, found in the index of the UIDs alone."""
    rows = conn.execute(
        f"SELECT n FROM entries INDEXED BY entries_uid WHERE collection_n = ? AND ({condition(holding)})",
        (collection_n, *(needle.text for needle in holding)),
    )
    return [n for (n,) in rows.fetchall()]


FREE_BUSY_INDEX = "CREATE INDEX entries_free_busy ON entries (collection_n, href) WHERE kind = 'freebusy'"


def free_busy(conn: Connection, collection_n: int) -> list[Entry]:
    """A collection's VFREEBUSY entries, by href."""
    rows = conn.execute(f"{_SELECT} WHERE collection_n = ? AND kind = 'freebusy' ORDER BY href", (collection_n,))
    return [row(values) for values in rows.fetchall()]


def incomplete(conn: Connection, collection_n: int, start: int, end: int) -> list[int]:
    """The numbers of the recurring entries whose materialised instances do not cover [start, end) (since 1970)."""
    rows = conn.execute(
        """SELECT n FROM entries WHERE collection_n = ? AND horizon IS NOT NULL
               AND (expanded_from > ? OR expanded_until < ?)""",
        (collection_n, start, end),
    )
    return [n for (n,) in rows.fetchall()]


def behind(conn: Connection, collection_n: int, horizon: int, limit: int) -> list[Entry]:
    """Recurring entries that were rendered for an earlier horizon than this one."""
    rows = conn.execute(
        f"{_SELECT} WHERE collection_n = ? AND horizon IS NOT NULL AND horizon < ? LIMIT ?",
        (collection_n, horizon, limit),
    )
    return [row(values) for values in rows.fetchall()]
