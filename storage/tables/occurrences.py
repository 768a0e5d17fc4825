"""The table `occurrences`: the computed instances inside the horizon, and which of them fall into a window of time.

`rule` says which row of RFC 4791 §9.9 compares the instance with a window [start, end):
0 events, journals, tasks with DTSTART alone: start < window end, and end > window start (of no length: start >= it);
1 tasks with DTSTART and DUE; 2 tasks with DUE alone; 3 tasks with DTSTART and DURATION, which count also in a window
that starts exactly at their end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from json import dumps
from sqlite3 import Connection
from typing import Any

from storage.model import Kind
from storage.records import ComponentRecord, Occurrence, OccurrenceRow, TakenRow
from storage.tables import components

EVENT_RULE, SPAN_RULE, DUE_RULE, DURATION_RULE = 0, 1, 2, 3

WEEK = 604800
"""Instances longer than this (seconds) have an index of their own, so that the others are found by their start."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole seconds: in UTC, and in wall-clock time read as if UTC (for floating and all-day values)."""

    start: int
    end: int
    wall_start: int
    wall_end: int

    def holds(self, occurrence: Occurrence, rule: int) -> bool:
        """Whether an instance falls into it: the same test as in SQL."""
        floating = occurrence.floating or occurrence.all_day
        start, end = (self.wall_start, self.wall_end) if floating else (self.start, self.end)
        if rule == EVENT_RULE:
            return occurrence.start < end and (
                occurrence.end > start or (occurrence.start == occurrence.end and occurrence.start >= start)
            )
        if rule == SPAN_RULE:
            return (start < occurrence.end or start <= occurrence.start) and (
                end > occurrence.start or end >= occurrence.end
            )
        if rule == DURATION_RULE:
            return start <= occurrence.end and (end > occurrence.start or end >= occurrence.end)
        return start < occurrence.end <= end


POSITIONS = """
DROP INDEX occurrences_range;
CREATE INDEX occurrences_range ON occurrences (collection_n, start, "end", floating, rule, position);
"""

WHOLE = """
DROP INDEX occurrences_range;
CREATE INDEX occurrences_range
    ON occurrences (collection_n, start, "end", floating, rule, position, all_day, recurrence_id);
"""

_START = "CASE o.floating WHEN 1 THEN :wall_start ELSE :start END"
_END = "CASE o.floating WHEN 1 THEN :wall_end ELSE :end END"
_HOLDS = f"""CASE o.rule
    WHEN 0 THEN o.start < {_END} AND (o."end" > {_START} OR (o.start = o."end" AND o.start >= {_START}))
    WHEN 1 THEN ({_START} < o."end" OR {_START} <= o.start) AND ({_END} > o.start OR {_END} >= o."end")
    WHEN 3 THEN {_START} <= o."end" AND ({_END} > o.start OR {_END} >= o."end")
    ELSE {_START} < o."end" AND o."end" <= {_END} END"""

_SHORT = f"""o.collection_n = :collection AND o.start >= :first - {WEEK} AND o.start <= :last
    AND o."end" - o.start <= {WEEK} AND {_HOLDS}"""
_LONG = f"""o.collection_n = :collection AND o."end" - o.start > {WEEK} AND o."end" >= :first AND o.start <= :last
    AND {_HOLDS}"""

_SKIPPED = " AND o.entry_n NOT IN (SELECT value FROM json_each(:skip))"

ENTRIES_IN = f"""SELECT o.entry_n FROM occurrences o WHERE {_SHORT}
    UNION SELECT o.entry_n FROM occurrences o INDEXED BY occurrences_long WHERE {_LONG}"""
"""The numbers of the entries with an instance in a window; parameters of `_bound`."""

_TAKEN = """SELECT o.start, o."end", o.floating, p.status, p.transparency, CAST(p.attendees AS BLOB),
        CAST(p.organizer AS BLOB), o.entry_n, o.position
    FROM occurrences o %s JOIN components p ON p.entry_n = o.entry_n AND p.position = o.position
    WHERE p.name = 'VEVENT' AND """

_ROWS = f"""SELECT e.id, e.uid, e.href, e.kind, o.entry_n, o.start, o."end", o.recurrence_id, o.position, o.all_day,
        o.floating, {", ".join("p." + name.strip() for name in components.COLUMNS.split(","))}
    FROM occurrences o %s JOIN entries e ON e.n = o.entry_n
    JOIN components p ON p.entry_n = o.entry_n AND p.position = o.position WHERE """


def insert(conn: Connection, entry_n: int, collection_n: int, rows: Iterable[tuple[Occurrence, int]]) -> None:
    """Write instances of an entry, each with its rule."""
    conn.executemany(
        """INSERT INTO occurrences
               (entry_n, k, collection_n, start, "end", position, recurrence_id, all_day, floating, rule)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                *(entry_n, k, collection_n, o.start, o.end, o.position, o.recurrence_id),
                *(o.all_day, o.floating or o.all_day, rule),
            )
            for k, (o, rule) in enumerate(rows)
        ],
    )


def settle_durations(conn: Connection) -> None:
    """Let the instances of tasks that end by a DURATION be compared so (those of before `DURATION_RULE`)."""
    conn.execute(
        """UPDATE occurrences SET rule = ? WHERE rule = ? AND EXISTS (
               SELECT 1 FROM components p WHERE p.entry_n = occurrences.entry_n AND p.position = occurrences.position
                   AND p.by_duration)""",
        (DURATION_RULE, SPAN_RULE),
    )


def delete(conn: Connection, entry_n: int) -> None:
    """Remove all instances of an entry."""
    conn.execute("DELETE FROM occurrences WHERE entry_n = ?", (entry_n,))


def last_end(conn: Connection, entry_n: int) -> int | None:
    """When the last instance of an entry inside the horizon is over; None where there is none."""
    row = conn.execute('SELECT max("end") FROM occurrences WHERE entry_n = ?', (entry_n,)).fetchone()
    return None if row[0] is None else int(row[0])


def entries_in(conn: Connection, collection_n: int, window: Window) -> list[int]:
    """The numbers of the entries that have an instance in the window."""
    return [n for (n,) in conn.execute(ENTRIES_IN, _bound(collection_n, window)).fetchall()]


def by_entry(
    conn: Connection, collection_n: int, window: Window, skip: Sequence[int], limit: int
) -> dict[int, list[Occurrence]] | None:
    """The instances in the window by entry, in order, but for the entries in `skip`; None for more than `limit`."""
    columns = 'o.entry_n, o.k, o.start, o."end", o.recurrence_id, o.position, o.all_day, o.floating'
    parameters = {**_bound(collection_n, window), "skip": dumps(list(skip)), "limit": limit + 1}
    rows = conn.execute(
        f"""SELECT {columns} FROM occurrences o WHERE {_SHORT} {_SKIPPED}
            UNION ALL SELECT {columns} FROM occurrences o INDEXED BY occurrences_long WHERE {_LONG} {_SKIPPED}
            ORDER BY 1, 2 LIMIT :limit""",
        parameters,
    ).fetchall()
    if len(rows) > limit:
        return None
    found: dict[int, list[Occurrence]] = {}
    for entry_n, _k, start, end, recurrence_id, position, all_day, floating in rows:
        each = Occurrence(start, end, recurrence_id, position, bool(all_day), bool(floating))
        found.setdefault(entry_n, []).append(each)
    return found


def rows_in(
    conn: Connection, collection_n: int, window: Window, skip: Sequence[int], limit: int
) -> list[OccurrenceRow]:
    """The instances in the window with what describes them, but for those of the entries with the numbers in `skip`.

    At most twice `limit`, in no order.
    """
    found = _both(conn, _ROWS, collection_n, window, skip, limit)
    described: dict[tuple[int, int], ComponentRecord] = {}
    result: list[OccurrenceRow] = []
    for entry, uid, href, kind, entry_n, start, end, recurrence_id, position, all_day, floating, *component in found:
        occurrence = Occurrence(start, end, recurrence_id, position, bool(all_day), bool(floating))
        record = described.get((entry_n, position))
        if record is None:
            record = described[entry_n, position] = components.row(tuple(component))
        result.append(OccurrenceRow(entry_n, entry, collection_n, uid, href, Kind(kind), occurrence, record))
    return result


def taken_in(conn: Connection, collection_n: int, window: Window, skip: Sequence[int], limit: int) -> list[TakenRow]:
    """The instances of events in the window with what tells whether their time is taken; otherwise as `rows_in`."""
    return list(map(TakenRow._make, _both(conn, _TAKEN, collection_n, window, skip, limit)))


def _both(
    conn: Connection, select: str, collection_n: int, window: Window, skip: Sequence[int], limit: int
) -> list[tuple[Any, ...]]:
    """What `select` finds among the short instances in the window and among the long ones."""
    parameters = {**_bound(collection_n, window), "skip": dumps(list(skip)), "limit": limit}
    bounded = f"{_SKIPPED} LIMIT :limit"
    found = conn.execute(select % "" + _SHORT + bounded, parameters).fetchall()
    return found + conn.execute(select % "INDEXED BY occurrences_long" + _LONG + bounded, parameters).fetchall()


def _bound(collection_n: int, window: Window) -> dict[str, int]:
    return {
        "collection": collection_n,
        "start": window.start,
        "end": window.end,
        "wall_start": window.wall_start,
        "wall_end": window.wall_end,
        "first": min(window.start, window.wall_start),
        "last": max(window.end, window.wall_end),
    }
