"""The table `contacts_data`: one row for each vCard, rendered at write time, with its words for search."""

from collections.abc import Iterator, Sequence
from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.records import ContactRecord

GROWN = """
ALTER TABLE contacts_data ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN kind TEXT NOT NULL DEFAULT 'individual';
ALTER TABLE contacts_data ADD COLUMN family_name TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN given_name TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN additional_names TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN suffix TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN nickname TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN department TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN anniversary TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN gender TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN photo INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts_data ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]';
ALTER TABLE contacts_data ADD COLUMN urls TEXT NOT NULL DEFAULT '[]';
ALTER TABLE contacts_data ADD COLUMN messengers TEXT NOT NULL DEFAULT '[]';
ALTER TABLE contacts_data ADD COLUMN relations TEXT NOT NULL DEFAULT '[]';
ALTER TABLE contacts_data ADD COLUMN categories TEXT NOT NULL DEFAULT '[]';
ALTER TABLE contacts_data ADD COLUMN members TEXT NOT NULL DEFAULT '[]';
ALTER TABLE contacts_data ADD COLUMN words TEXT NOT NULL DEFAULT '';
CREATE VIRTUAL TABLE search_contacts USING fts5(
    full_name, organisation, note, words,
    content='contacts_data', content_rowid='entry_n', tokenize='unicode61 remove_diacritics 2'
);
"""
"""What m006 adds: everything that a list of contacts shows, and an index over their words.

`words` is what else a person may look for: other names, addresses, numbers, categories.
"""

APPLICATIONS = """
ALTER TABLE contacts_data ADD COLUMN initials TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN created TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN revised TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts_data ADD COLUMN organizations TEXT NOT NULL DEFAULT '[]';
CREATE INDEX contacts_listing ON contacts_data (collection_n, entry_n) WHERE kind <> 'group';
"""
"""What m029 adds: all that the API shows of a contact, and the order in which it lists them."""

RAW = "ALTER TABLE contacts_data ADD COLUMN raw TEXT NOT NULL DEFAULT ''"
"""What m044 adds: what services have of their own, as JSON; '' for nothing."""

_TEXTS = (
    *("version", "kind", "full_name", "family_name", "given_name", "additional_names", "prefix", "suffix", "initials"),
    *("nickname", "organisation", "department", "title", "role", "note", "birthday", "anniversary", "gender"),
    *("created", "revised", "photo"),
)
_LISTS = (
    *("emails", "phones", "addresses", "organizations", "urls", "messengers", "relations", "categories", "members"),
)
_ALL = (*_TEXTS, *_LISTS, "raw")
_COLUMNS = ", ".join(_ALL)
_MARKS = ", ".join("?" * len(_ALL))
_WORDS = "full_name, organisation, note, words"


_GROWN = ("initials", "created", "revised", "organizations", "relations", "words")


def texts(conn: Connection) -> Iterator[tuple[int, str]]:
    """Number and text of every contact, for a migration that renders them anew."""
    numbers = conn.execute("SELECT entry_n FROM contacts_data ORDER BY entry_n").fetchall()
    for (n,) in numbers:
        yield n, str(conn.execute("SELECT text FROM entries WHERE n = ?", (n,)).fetchone()[0])


def count_texts(conn: Connection) -> int:
    """How many there are, in all address books."""
    return int(conn.execute("SELECT count(*) FROM contacts_data").fetchone()[0])


def grow(conn: Connection, entry_n: int, record: ContactRecord) -> None:
    """Write what m029 adds, and what it renders otherwise than before."""
    _forget_words(conn, entry_n)
    values = dict(zip((*_ALL, "words"), _values(record), strict=True))
    settings = ", ".join(f"{name} = ?" for name in _GROWN)
    conn.execute(
        f"UPDATE contacts_data SET {settings} WHERE entry_n = ?", (*(values[name] for name in _GROWN), entry_n)
    )
    _learn_words(conn, entry_n)


def with_email(conn: Connection, collection_ns: Sequence[int], addresses: Sequence[str]) -> tuple[int, str] | None:
    """The collection's number and the href of the first person in these books with one of these addresses."""
    row = conn.execute(
        """SELECT e.collection_n, e.href FROM contacts_data d JOIN entries e ON e.n = d.entry_n, json_each(d.emails) m
           WHERE d.collection_n IN (SELECT value FROM json_each(?)) AND d.kind = 'individual'
               AND lower(json_extract(m.value, '$.value')) IN (SELECT value FROM json_each(?))
           ORDER BY e.n LIMIT 1""",
        (dumps(list(collection_ns)), dumps(list(addresses))),
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else None


def insert(conn: Connection, entry_n: int, collection_n: int, record: ContactRecord) -> None:
    """Write an entry's row."""
    conn.execute(
        f"INSERT INTO contacts_data (entry_n, collection_n, {_COLUMNS}, words) VALUES (?, ?, {_MARKS}, ?)",
        (entry_n, collection_n, *_values(record)),
    )
    _learn_words(conn, entry_n)


def of_entry(conn: Connection, entry_n: int) -> ContactRecord | None:
    """What an entry's vCard says; None for an entry that is none."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM contacts_data WHERE entry_n = ?", (entry_n,)).fetchone()
    return _record(row) if row is not None else None


def numbers(conn: Connection, collection_n: int, after: int, limit: int) -> list[int]:
    """The next contacts of an address book beyond the entry `after`, in the order in which they came.

    Groups, which only name contacts (RFC 6350 §6.1.4), are none.
    """
    rows = conn.execute(
        """SELECT entry_n FROM contacts_data INDEXED BY contacts_listing
           WHERE collection_n = ? AND kind <> 'group' AND entry_n > ? ORDER BY entry_n LIMIT ?""",
        (collection_n, after, limit),
    )
    return [n for (n,) in rows.fetchall()]


def count(conn: Connection, collection_n: int) -> int:
    """How many there are."""
    row = conn.execute(
        """SELECT count(*) FROM contacts_data INDEXED BY contacts_listing
           WHERE collection_n = ? AND kind <> 'group'""",
        (collection_n,),
    ).fetchone()
    return int(row[0])


def many(conn: Connection, wanted: Sequence[int]) -> dict[int, ContactRecord]:
    """What the vCards of these entries say."""
    rows = conn.execute(
        f"SELECT {_COLUMNS}, entry_n FROM contacts_data WHERE entry_n IN (SELECT value FROM json_each(?))",
        (dumps(list(wanted)),),
    )
    return {values[-1]: _record(values[:-1]) for values in rows.fetchall()}


def delete(conn: Connection, entry_n: int) -> None:
    """Remove an entry's row, and its words from the index."""
    _forget_words(conn, entry_n)
    conn.execute("DELETE FROM contacts_data WHERE entry_n = ?", (entry_n,))


def _values(record: ContactRecord) -> tuple[Any, ...]:
    """The values of `_ALL` and `words`."""
    lists = (dumps(getattr(record, name), default=dict, ensure_ascii=False) for name in _LISTS)
    raw = dumps(record.raw, default=dict, ensure_ascii=False) if record.raw else ""
    return (*(getattr(record, name) for name in _TEXTS), *lists, raw, _words(record))


def _record(row: Sequence[Any]) -> ContactRecord:
    fields: dict[str, Any] = dict(zip(_TEXTS, row, strict=False))
    fields["photo"] = bool(fields["photo"])
    fields.update((name, tuple(loads(said))) for name, said in zip(_LISTS, row[len(_TEXTS) : -1], strict=True))
    fields["raw"] = loads(row[-1]) if row[-1] else None
    return ContactRecord(**fields)


def _learn_words(conn: Connection, entry_n: int) -> None:
    """Put a row's words into the index."""
    conn.execute(
        f"INSERT INTO search_contacts (rowid, {_WORDS}) SELECT entry_n, {_WORDS} FROM contacts_data WHERE entry_n = ?",
        (entry_n,),
    )


def _forget_words(conn: Connection, entry_n: int) -> None:
    """Take a row's words out of the index, while the row still has them."""
    conn.execute(
        f"""INSERT INTO search_contacts (search_contacts, rowid, {_WORDS})
            SELECT 'delete', entry_n, {_WORDS} FROM contacts_data WHERE entry_n = ?""",
        (entry_n,),
    )


def _words(record: ContactRecord) -> str:
    names = (record.given_name, record.family_name, record.nickname, record.role)
    listed = (
        *(*record.emails, *record.phones, *record.addresses, *record.organizations),
        *(*record.urls, *record.messengers, *record.relations),
    )
    values = (str(said) for each in listed for name, said in each.items() if name not in _NO_WORDS)
    return " ".join(word for word in (*names, *values, *record.categories) if word)


_NO_WORDS = frozenset({"types", "preferred", "text"})
