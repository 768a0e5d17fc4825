"""Which events hold a text, whatever its case, in what a person sees of them: their words and the people in them."""

from collections.abc import Iterator
from json import loads
from sqlite3 import Connection
from typing import NamedTuple

_NAMES = "p.entry_n, p.position, p.recurrence_id, p.classification, p.summary"
_EVENTS = "FROM entries e CROSS JOIN components p ON p.entry_n = e.n WHERE e.collection_n = ? AND e.kind = 'event'"
_ESCAPED = frozenset('"\\/')


class Holder(NamedTuple):
    """A component that holds the text, and its CLASS."""

    entry_n: int
    position: int
    recurrence_id: str
    classification: str


def named(conn: Connection, collection_n: int, words: str) -> Iterator[Holder]:
    """The components of a calendar's events that hold the text in their names."""
    wanted = words.casefold()
    for *where, summary in conn.execute(f"SELECT {_NAMES} {_EVENTS}", (collection_n,)):
        if wanted in summary.casefold():
            yield Holder(*where)


def holding(conn: Connection, collection_n: int, words: str) -> Iterator[Holder]:
    """Those that hold it in name, description or location, or in the name or address of organizer or attendees."""
    wanted = words.casefold()
    plain = _ESCAPED.isdisjoint(wanted) and wanted.isprintable()  # such a text looks the same inside JSON
    sql = f"SELECT {_NAMES}, p.description, p.location, p.organizer, p.attendees {_EVENTS}"
    for *where, summary, description, location, organizer, attendees in conn.execute(sql, (collection_n,)):
        told = wanted in summary.casefold() or wanted in description.casefold() or wanted in location.casefold()
        if not told and (organizer or attendees != "[]"):
            people = f"{organizer}{attendees}"
            if not plain or wanted in people.casefold():
                told = _names(wanted, organizer, attendees)
        if told:
            yield Holder(*where)


def _names(wanted: str, organizer: str | None, attendees: str) -> bool:
    people = [*loads(attendees), *([loads(organizer)] if organizer else [])]
    return any(wanted in str(each[part]).casefold() for each in people for part in ("name", "email"))
