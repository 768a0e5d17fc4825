"""Which events hold a text, whatever its case, in what a person sees of them: their words and the people in them.

The index `sought` knows for each event the triples of letters in that text, in the form of `str.casefold`. It is filled
behind the writers, in order of the newest change of each event, under which the event stands in it; what changed since
then is looked at itself, and so is everything for a text of less than three letters. It only says where to look: what
an event was before its newest change may stand in it for a while, and does no harm. `search.py` is for whole words.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
"""Up to which change events are in the index; how many texts it has; from how many on it may be built anew."""

FEWEST = 20_000
"""With so many texts nobody asks how many of them are old."""

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
    for n, position, classification, summary, *_ in _looked_at(conn, collection_n, wanted):
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


def holders(conn: Connection, collection_n: int, holding: Sequence[Needle]) -> list[int] | None:
    """The numbers of the events that may hold one of these in a name, a description or a location.

    None where that cannot be told: a text is too short, or may stand elsewhere.
    """
    wanted = [triples(needle.text.casefold()) if needle.in_words else "" for needle in holding]
    if not all(wanted):
        return None
    until = meta.number(conn, UNTIL)
    rows = conn.execute(
        f"""SELECT e.n FROM sought s CROSS JOIN entries e ON e.seq = s.rowid
            WHERE s.sought MATCH ? AND e.collection_n = ? AND e.kind = 'event'
            UNION SELECT n FROM entries INDEXED BY entries_seq
            WHERE seq > ? AND collection_n = ? AND kind = 'event' AND ({condition(holding)})""",
        (
            " OR ".join(f"({each})" for each in wanted),
            *(collection_n, until, collection_n),
            *(needle.text for needle in holding),
        ),
    )
    return [n for (n,) in rows.fetchall()]


def fill(conn: Connection, most: int, others: Callable[[str], Iterable[str]]) -> int:
    """Take so many events that are not in the index yet into it, those that changed first first; how many they were.

    `others`: what an event's text says beyond what is rendered of it, in names, descriptions and locations.
    """
    until, head = meta.number(conn, UNTIL), journal.head(conn)
    rows = conn.execute(
        "SELECT n, seq, text FROM entries WHERE seq > ? AND kind = 'event' ORDER BY seq LIMIT ?", (until, most)
    ).fetchall()
    texts: dict[int, list[str]] = {n: list(others(text)) for n, _, text in rows}
    told = conn.execute(
        f"SELECT p.entry_n, {_WORDS} FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value",
        (dumps(list(texts)),),
    )
    for n, *parts in told.fetchall():
        texts[n] += _words(*parts)
    conn.executemany(
        "INSERT INTO sought (rowid, text) VALUES (?, ?)", [(seq, forms("\n".join(texts[n]))) for n, seq, _ in rows]
    )
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


def _looked_at(conn: Connection, collection_n: int, wanted: str) -> Iterator[tuple[Any, ...]]:
    """The words of all components of the calendar's events that may hold a text."""
    numbers = candidates(conn, collection_n, wanted)
    if numbers is None:
        sql = f"SELECT {_PARTS} FROM entries e CROSS JOIN components p ON p.entry_n = e.n"
        yield from conn.execute(f"{sql} WHERE e.collection_n = ? AND e.kind = 'event'", (collection_n,))
    else:
        sql = f"SELECT {_PARTS} FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value"
        yield from conn.execute(sql, (dumps(numbers),))


def candidates(conn: Connection, collection_n: int, wanted: str) -> Sequence[int] | None:
    """The numbers of the events that may hold a text (casefolded); None where all may."""
    query = triples(wanted)
    if not query:
        return None
    rows = conn.execute(
        """SELECT e.n FROM sought s CROSS JOIN entries e ON e.seq = s.rowid
           WHERE s.sought MATCH ? AND e.collection_n = ? AND e.kind = 'event'
           UNION SELECT n FROM entries INDEXED BY entries_seq WHERE seq > ? AND collection_n = ? AND kind = 'event'""",
        (query, collection_n, meta.number(conn, UNTIL), collection_n),
    )
    return [n for (n,) in rows.fetchall()]


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
