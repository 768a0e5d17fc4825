"""The instances of events with what a permit is decided by: who is in them, whether they take time, their words.

As `event_rows.py`, whose window this is: every instance that ends after its start and starts before its end.
"""

from collections.abc import Iterator, Sequence
from json import dumps
from sqlite3 import Connection
from typing import NamedTuple

from storage.model import Entry
from storage.records import ComponentRecord, Occurrence, TakenRow
from storage.tables import components, entries
from storage.tables.event_rows import Found
from storage.tables.occurrences import WEEK, Window

_START = "CASE o.floating WHEN 1 THEN :wall_start ELSE :start END"
_END = "CASE o.floating WHEN 1 THEN :wall_end ELSE :end END"
_HOLDS = f'o.start < {_END} AND o."end" >= {_START}'
_SHORT = f"o.collection_n = :collection AND o.start >= :low AND o.start <= :last AND {_HOLDS}"
_LONG = f"""o.collection_n = :collection AND o."end" - o.start > {WEEK} AND o."end" >= :first AND o.start < :low
    AND {_HOLDS}"""
_ONLY = "json_each(:only) j CROSS JOIN occurrences o ON o.entry_n = j.value"
_JOINED = """JOIN components p ON p.entry_n = o.entry_n AND p.position = o.position AND p.name = 'VEVENT'
    JOIN entries e ON e.n = o.entry_n"""
_COLUMNS = """o.start, o."end", o.recurrence_id, o.position, o.all_day, o.floating, o.entry_n, e.id, p.status,
    p.transparency, CAST(p.attendees AS BLOB), CAST(p.organizer AS BLOB)"""
_WORDS = "p.summary, p.description, p.location"


class Judged(NamedTuple):
    """An instance, and what of the component that describes it decides how much of it is shown.

    `words`: name, description and location, where they were asked for.
    """

    found: Found
    taken: TakenRow
    words: tuple[str, str, str]


def in_window(
    conn: Connection, collection_n: int, window: Window, only: Sequence[int] | None, *, words: bool
) -> Iterator[Judged]:
    """The materialised instances of a calendar's events in the window, in no order; `only`: of these entries."""
    first = min(window.start, window.wall_start)
    bound: dict[str, int | str] = {
        "collection": collection_n,
        "start": window.start,
        "end": window.end,
        "wall_start": window.wall_start,
        "wall_end": window.wall_end,
        "first": first,
        "low": first - WEEK,
        "last": max(window.end, window.wall_end),
    }
    columns = f"{_COLUMNS}, {_WORDS if words else repr('') + ', NULL, NULL'}"
    if only is not None:
        sql = f"SELECT {columns} FROM {_ONLY} {_JOINED} WHERE +o.collection_n = :collection AND {_HOLDS}"
        rows = conn.execute(sql, bound | {"only": dumps(list(only))}).fetchall()
    else:
        rows = conn.execute(f"SELECT {columns} FROM occurrences o {_JOINED} WHERE {_SHORT}", bound).fetchall()
        sql = f"SELECT {columns} FROM occurrences o INDEXED BY occurrences_long {_JOINED} WHERE {_LONG}"
        rows += conn.execute(sql, bound).fetchall()
    for start, end, key, position, all_day, floating, n, entry, *decides, name, text, where in rows:
        occurrence = Occurrence(start, end, key, position, bool(all_day), bool(floating))
        taken = TakenRow(start, end, bool(floating), *decides)
        yield Judged(Found(occurrence, n, entry), taken, (name, text or "", where or ""))


def some(conn: Connection, collection_ns: Sequence[int]) -> Entry | None:
    """Any event of these calendars; None where there is none."""
    row = conn.execute(
        """SELECT e.n FROM json_each(?) j CROSS JOIN entries e ON e.collection_n = j.value
           WHERE e.kind = 'event' LIMIT 1""",
        (dumps(list(collection_ns)),),
    ).fetchone()
    return entries.by_n(conn, row[0]) if row else None


def described(found: Found, by: ComponentRecord) -> Judged:
    """The same of an instance that is not materialised."""
    o = found.occurrence
    taken = taken_by(by)._replace(start=o.start, end=o.end, floating=o.floating or o.all_day)
    return Judged(found, taken, (by.summary, by.description, by.location))


def taken_by(record: ComponentRecord) -> TakenRow:
    """What free-busy looks at of a component itself; without its times, which are those of its instances."""
    return TakenRow(0, 0, False, record.status, record.transparency, *components.people(record))
