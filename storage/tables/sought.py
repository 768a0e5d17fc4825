"""Which events hold a text, whatever its case, in what a person sees of them: their words and the people in them.

The index `sought` knows for each event the triples of letters in that text, in the form of `str.casefold`: those of its
names, descriptions, locations and people each in a row of its own, since a word that few names have may stand in nearly
all descriptions. It is filled behind the writers, in order of the newest change of each event, by which its rows are
numbered; what changed since then is looked at itself, and so is everything for a text of less than three letters. It
only says where to look: what an event was before its newest change may stand in it for a while, and does no harm.
`search.py` is for whole words.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json import dumps, loads
from sqlite3 import Connection
from typing import Any, NamedTuple
from unicodedata import normalize

from storage.tables import journal, meta
from storage.tables.needles import Needle, condition

INDEX = """
CREATE INDEX entries_seq ON entries (seq);
CREATE TABLE sought_texts (seq INTEGER PRIMARY KEY, text TEXT); -- always empty: no text is kept twice
CREATE VIRTUAL TABLE sought USING fts5(
    text, content='sought_texts', content_rowid='seq', columnsize=0, detail='none',
    tokenize='trigram case_sensitive 1'
);
"""
"""Not `content=''`: such a table cannot be read from beginning to end, and tools that dump a file do that."""

UNTIL, HELD, MOST = "sought_until", "sought_held", "sought_most"
"""Up to which change events are in the index; how many it has; from how many on it may be built anew."""

FEWEST = 20_000
"""With so many events nobody asks how many of them are old."""

FIELDS: Mapping[str, int] = {"SUMMARY": 0, "DESCRIPTION": 1, "LOCATION": 2}
"""Which of its rows has which words of an event; the one after these has its people."""

_PEOPLE = len(FIELDS)
_ROWS = _PEOPLE + 1

_LETTERS = 3
_MOST_TRIPLES = 32
_PARTS = "p.entry_n, p.position, p.classification, p.summary, p.description, p.location, p.organizer, p.attendees"
_WORDS = "p.summary, p.description, p.location, p.organizer, p.attendees"


class Holder(NamedTuple):
    """A component that holds the text, and its CLASS."""

    entry_n: int
    position: int
    classification: str


def named(conn: Connection, collection_n: int, words: str) -> Iterator[Holder]:
    """The components of a calendar's events that hold the text in their names."""
    wanted = words.casefold()
    for n, position, classification, summary, *_ in _looked_at(conn, collection_n, wanted, FIELDS["SUMMARY"]):
        if wanted in summary.casefold():
            yield Holder(n, position, classification)


def holding(conn: Connection, collection_n: int, words: str) -> Iterator[Holder]:
    """Those that hold it in name, description or location, or in the name or address of organizer or attendees."""
    wanted = words.casefold()
    for n, position, classification, *texts in _looked_at(conn, collection_n, wanted):
        if any(wanted in each.casefold() for each in _words(*texts)):
            yield Holder(n, position, classification)


def behind(conn: Connection) -> bool:
    """Whether there are changes that the index knows nothing of."""
    return meta.number(conn, UNTIL) < journal.head(conn)


def holders(conn: Connection, collection_n: int, holding: Sequence[Needle]) -> set[int] | None:
    """The numbers of the events that may hold one of these where it has to stand. Asked inside a snapshot.

    None where that cannot be told: a text is too short, or may stand elsewhere.
    """
    wanted = [(triples(needle.text.casefold()), FIELDS.get(needle.words_of)) for needle in holding]
    if not all(query and field is not None for query, field in wanted):
        return None
    found = _unindexed(conn, collection_n, holding)
    return found.union(*(_indexed(conn, collection_n, query, field) for query, field in wanted))


def fill(conn: Connection, most: int, others: Callable[[str], Iterable[tuple[str, str]]]) -> int:
    """Take so many events that are not in the index yet into it, those that changed first first; how many they were.

    `others`: what an event's text says beyond what is rendered of it, each with the one of `FIELDS` that it is.
    """
    until, head = meta.number(conn, UNTIL), journal.head(conn)
    rows = conn.execute(
        "SELECT n, seq, text FROM entries WHERE seq > ? AND kind = 'event' ORDER BY seq LIMIT ?", (until, most)
    ).fetchall()
    texts: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for n, _, text in rows:
        for name, value in others(text):
            texts[n, FIELDS[name]].append(value)
    told = conn.execute(
        f"SELECT p.entry_n, {_WORDS} FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value",
        (dumps([n for n, *_ in rows]),),
    )
    for n, *parts in told.fetchall():
        for at, value in enumerate(_words(*parts)):
            texts[n, min(at, _PEOPLE)].append(value)
    seqs = {n: seq for n, seq, _ in rows}
    indexed = sorted((seqs[n] * _ROWS + field, forms("\n".join(some))) for (n, field), some in texts.items())
    conn.executemany("INSERT INTO sought (rowid, text) VALUES (?, ?)", [row for row in indexed if row[1]])
    meta.put(conn, UNTIL, rows[-1][1] if len(rows) == most else head)
    meta.put(conn, HELD, meta.number(conn, HELD) + len(rows))
    _renew(conn)
    return len(rows)


def _renew(conn: Connection) -> None:
    """Empty the index, to be filled again, where most of it is what events once were."""
    held = meta.number(conn, HELD)
    if held <= max(FEWEST, meta.number(conn, MOST)):
        return
    [events] = conn.execute("SELECT count(*) FROM entries WHERE kind = 'event'").fetchone()
    meta.put(conn, MOST, 2 * events)
    if held > max(FEWEST, 2 * events):
        empty(conn)


def empty(conn: Connection) -> None:
    """Forget everything: it is filled anew."""
    conn.execute("INSERT INTO sought (sought) VALUES ('delete-all')")
    meta.put(conn, UNTIL, 0)
    meta.put(conn, HELD, 0)


def forms(text: str) -> str:
    """A text as it is looked for, and also, where that differs, as i;unicode-casemap (RFC 5051) compares it."""
    plain = text.casefold()
    wide = plain if text.isascii() else normalize("NFKC", text).casefold()
    return plain if wide == plain else f"{plain}\n{wide}"


def _looked_at(conn: Connection, collection_n: int, wanted: str, field: int | None = None) -> Iterator[tuple[Any, ...]]:
    """The words of all components of the calendar's events that may hold a text."""
    numbers = candidates(conn, collection_n, wanted, field)
    if numbers is None:
        sql = f"SELECT {_PARTS} FROM entries e CROSS JOIN components p ON p.entry_n = e.n"
        yield from conn.execute(f"{sql} WHERE e.collection_n = ? AND e.kind = 'event'", (collection_n,))
    else:
        sql = f"SELECT {_PARTS} FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value"
        yield from conn.execute(sql, (dumps(sorted(numbers)),))


def candidates(conn: Connection, collection_n: int, wanted: str, field: int | None = None) -> set[int] | None:
    """The numbers of the events that may hold a text (casefolded), anywhere or in one of `FIELDS`; None where all may.

    Asked inside a snapshot.
    """
    query = triples(wanted)
    return _indexed(conn, collection_n, query, field) | _unindexed(conn, collection_n) if query else None


def _indexed(conn: Connection, collection_n: int, query: str, field: int | None) -> set[int]:
    rows = conn.execute(
        f"""SELECT e.n FROM sought s CROSS JOIN entries e ON e.seq = s.rowid / {_ROWS}
            WHERE s.sought MATCH ? AND (? IS NULL OR s.rowid % {_ROWS} = ?)
            AND e.collection_n = ? AND e.kind = 'event'""",
        (query, field, field, collection_n),
    )
    return {n for (n,) in rows.fetchall()}


def _unindexed(conn: Connection, collection_n: int, holding: Sequence[Needle] = ()) -> set[int]:
    """The events that the index knows nothing of, as far as they may hold one of these."""
    rows = conn.execute(
        f"""SELECT n FROM entries INDEXED BY entries_seq
            WHERE seq > ? AND collection_n = ? AND kind = 'event' AND ({condition(holding)})""",
        (meta.number(conn, UNTIL), collection_n, *(needle.text for needle in holding)),
    )
    return {n for (n,) in rows.fetchall()}


def triples(wanted: str) -> str:
    """What the index is asked for a text; "" for one that is too short."""
    parts = list(dict.fromkeys(wanted[at : at + _LETTERS] for at in range(len(wanted) - _LETTERS + 1)))
    return " AND ".join('"' + each.replace('"', '""') + '"' for each in parts[:_MOST_TRIPLES] if "\0" not in each)


def _words(summary: str, description: str, location: str, organizer: str | None, attendees: str) -> list[str]:
    words = [summary, description, location]
    if organizer or attendees != "[]":
        people = [*loads(attendees), *([loads(organizer)] if organizer else [])]
        words += [str(each[part]) for each in people for part in ("name", "email")]
    return words
