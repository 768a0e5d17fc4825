"""The instances of events, and what of their components a permit is decided by: people, whether they take time, words.

Beside `event_rows.py`: what is counted has to be judged first, so that the instances come from an index alone, and each
component once.
"""

from collections.abc import Iterable, Sequence
from json import dumps
from sqlite3 import Connection
from typing import NamedTuple

from storage.model import Entry
from storage.records import ComponentRecord, TakenRow
from storage.tables import components, entries
from storage.tables.occurrences import WEEK, Window

_START = "CASE o.floating WHEN 1 THEN :wall_start ELSE :start END"
_END = "CASE o.floating WHEN 1 THEN :wall_end ELSE :end END"
_HOLDS = f'o.start < {_END} AND o."end" >= {_START}'
_SHORT = f"o.collection_n = :collection AND o.start >= :low AND o.start <= :last AND {_HOLDS}"
_LONG = f"""o.collection_n = :collection AND o."end" - o.start > {WEEK} AND o."end" >= :first AND o.start < :low
    AND {_HOLDS}"""
_ONLY = "json_each(:only) j CROSS JOIN occurrences o ON o.entry_n = j.value"
_COLUMNS = 'o.start, o."end", o.recurrence_id, o.position, o.all_day, o.floating, o.entry_n'
_DECIDES = "p.status, p.transparency, CAST(p.attendees AS BLOB), CAST(p.organizer AS BLOB)"
_WORDS = "p.summary, p.description, p.location"

Instance = tuple[int, int, str, int, int, int, int]
"""As in `Occurrence`: start, end, RECURRENCE-ID, position, all-day, floating (also for all-day); then the entry."""

Key = tuple[int, int]
"""A component: the number of its entry, and its position there."""


class Judged(NamedTuple):
    """What of a component decides how much of its instances is shown; `taken` is without their times.

    `words`: name, description and location, where they were asked for.
    """

    taken: TakenRow
    words: tuple[str, str, str]


def in_window(conn: Connection, collection_n: int, window: Window, only: Sequence[int] | None) -> list[Instance]:
    """The materialised instances that touch the window, tasks' too, in no order; `only`: of these entries."""
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
    if only is not None:
        sql = f"SELECT {_COLUMNS} FROM {_ONLY} WHERE +o.collection_n = :collection AND {_HOLDS}"
        return conn.execute(sql, bound | {"only": dumps(list(only))}).fetchall()
    short = conn.execute(f"SELECT {_COLUMNS} FROM occurrences o WHERE {_SHORT}", bound).fetchall()
    long = f"SELECT {_COLUMNS} FROM occurrences o INDEXED BY occurrences_long WHERE {_LONG}"
    return short + conn.execute(long, bound).fetchall()


def judged(conn: Connection, keys: Iterable[Key], *, words: bool) -> dict[Key, Judged]:
    """What decides about these components, of those that are events."""
    rows = conn.execute(
        f"""SELECT p.entry_n, p.position, {_WORDS if words else "'', '', ''"}, {_DECIDES}
            FROM json_each(?) j
            CROSS JOIN components p ON p.entry_n = j.value >> 16 AND p.position = j.value & 65535
            WHERE p.name = 'VEVENT'""",
        (dumps([n << 16 | position for n, position in keys]),),  # no entry has 50,000 components
    )
    return {
        (n, position): Judged(TakenRow(0, 0, False, *decides), (summary, description, location))
        for n, position, summary, description, location, *decides in rows.fetchall()
    }


def judged_as(record: ComponentRecord) -> Judged:
    """The same of a component that has been read."""
    taken = TakenRow(0, 0, False, record.status, record.transparency, *components.people(record))
    return Judged(taken, (record.summary, record.description, record.location))


def ids(conn: Connection, numbers: Iterable[int]) -> dict[int, str]:
    """The public ids of these entries."""
    sql = "SELECT e.n, e.id FROM json_each(?) j CROSS JOIN entries e ON e.n = j.value"
    return dict(conn.execute(sql, (dumps(list(numbers)),)).fetchall())


def changed(conn: Connection, since: int, most: int) -> list[int]:
    """The numbers of the entries that changed after this change of the journal, so many at most."""
    rows = conn.execute("SELECT n FROM entries INDEXED BY entries_seq WHERE seq > ? LIMIT ?", (since, most))
    return [n for (n,) in rows.fetchall()]


def some(conn: Connection, collection_ns: Sequence[int]) -> Entry | None:
    """Any event of these calendars; None where there is none."""
    row = conn.execute(
        """SELECT e.n FROM json_each(?) j CROSS JOIN entries e ON e.collection_n = j.value
           WHERE e.kind = 'event' LIMIT 1""",
        (dumps(list(collection_ns)),),
    ).fetchone()
    return entries.by_n(conn, row[0]) if row else None
