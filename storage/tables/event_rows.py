"""What lists of events are made of: their instances in order, how many there are, and what describes them.

Beside `occurrences.py`, which answers RFC 4791: here an instance is in a window if it ends after the window's start and
starts before its end, both strictly, and only events count.
"""

from collections.abc import Iterable, Iterator, Sequence
from json import dumps
from sqlite3 import Connection
from typing import Any, NamedTuple

from storage.model import Entry, Kind
from storage.records import ComponentRecord, Occurrence, PlainSeries
from storage.tables import components, entries
from storage.tables.occurrences import EVENT_RULE, WEEK, Window

OTHERS = """
CREATE INDEX entries_others ON entries (collection_n) WHERE kind IN ('todo', 'journal');
"""

HEADS = """
CREATE INDEX components_heads ON components (collection_n, start, "end", floating, all_day, recurring, entry_n)
    WHERE recurrence_id = '' AND name = 'VEVENT';
CREATE INDEX components_several ON components (collection_n, entry_n)
    WHERE position > 0 OR recurrence_id <> '';
"""

_EXCLUDES = "recurring AND instr(more, 'EXDATE') > 0"

EXCLUDING = f"""
CREATE INDEX components_excluding ON components (collection_n, entry_n) WHERE {_EXCLUDES};
"""

_QUALIFIED = ", ".join(f"p.{name.strip()}" for name in components.COLUMNS.split(","))
_START = "CASE o.floating WHEN 1 THEN :wall_start ELSE :start END"
_END = "CASE o.floating WHEN 1 THEN :wall_end ELSE :end END"
_HOLDS = f'o.start < {_END} AND o."end" > {_START}'

_SHORT = f"""o.collection_n = :collection AND o.start >= :low AND o.start <= :last AND {_HOLDS}"""
_LONG = f"""o.collection_n = :collection AND o."end" - o.start > {WEEK} AND o."end" >= :first AND o.start < :low
    AND {_HOLDS}"""
_ENTRY = "e.n, e.id, e.collection_n, e.href, e.uid, e.hash, e.size, e.seq, e.created, e.modified"
_COLUMNS = f"""o.start, o."end", o.recurrence_id, o.position, o.all_day, o.floating, {_ENTRY}"""
_EVENTS = "JOIN entries e ON e.n = o.entry_n AND e.kind = 'event'"
# Where entries are named, their instances are found by entry: a plus keeps SQLite from other indexes.
_ONLY = "json_each(:only) j CROSS JOIN occurrences o ON o.entry_n = j.value"

_HEADS = "p.collection_n = :collection AND p.recurrence_id = '' AND p.name = 'VEVENT'"
_NOT_THESE = "p.entry_n NOT IN (SELECT value FROM json_each(:without))"
_WALL = "p.floating OR p.all_day"
_SOLO = f"""(NOT p.recurring AND p.start < CASE WHEN {_WALL} THEN :wall_end ELSE :end END
    AND max(p.start, p."end") > CASE WHEN {_WALL} THEN :wall_start ELSE :start END)"""

_NEVER = -(1 << 62)


class Found(NamedTuple):
    """One instance and the entry it belongs to, without what describes it.

    `whole`: the entry itself, but for its text, where it was read along.
    """

    occurrence: Occurrence
    entry_n: int
    entry: str
    whole: Entry | None = None


def in_order(
    conn: Connection, collection_n: int, window: Window, since: int | None, only: Sequence[int] | None
) -> Iterator[Found]:
    """The materialised instances in the window by `start`, as they are asked for: the connection reads along.

    `since`: leave out those whose `start` is before. `only`: of these entries alone.
    """
    bound: dict[str, int | str] = {**_bound(collection_n, window)}
    low = int(bound["low"])
    if only is not None:
        bound |= {"only": dumps(list(only)), "since": _NEVER if since is None else since}
        sql = f"""SELECT {_COLUMNS} FROM {_ONLY} {_EVENTS}
            WHERE +o.collection_n = :collection AND +o.start >= :since AND {_HOLDS} ORDER BY o.start"""
        yield from map(_found, conn.execute(sql, bound))
        return
    if since is None or since < low:
        sql = (
            f"SELECT {_COLUMNS} FROM occurrences o INDEXED BY occurrences_long {_EVENTS} WHERE {_LONG} ORDER BY o.start"
        )
        rows = conn.execute(sql, bound).fetchall()
        yield from (each for each in map(_found, rows) if since is None or each.occurrence.start >= since)
    low = low if since is None else max(since, low)
    sql = f"SELECT {_COLUMNS} FROM occurrences o {_EVENTS} WHERE {_SHORT} ORDER BY o.start"
    yield from map(_found, conn.execute(sql, bound | {"low": low}))


def count(conn: Connection, collection_n: int, window: Window) -> int:
    """How many materialised instances of events there are in the window; counted in the index."""
    bound = _bound(collection_n, window) | {"rule": EVENT_RULE}
    short = f"SELECT count(*) FROM occurrences o WHERE {_SHORT} AND o.rule = :rule"
    long = f"SELECT count(*) FROM occurrences o INDEXED BY occurrences_long WHERE {_LONG} AND o.rule = :rule"
    others = f"""SELECT count(*) FROM entries e INDEXED BY entries_others CROSS JOIN occurrences o ON o.entry_n = e.n
        WHERE e.collection_n = :collection AND e.kind IN ('todo', 'journal') AND o.rule = :rule AND {_HOLDS}"""
    row = conn.execute(f"SELECT ({short}) + ({long}) - ({others})", bound).fetchone()
    return int(row[0])


def count_of(conn: Connection, collection_n: int, window: Window, only: Sequence[int]) -> list[tuple[int, int, int]]:
    """How many materialised instances in the window each component of these entries describes, as triples."""
    bound = _bound(collection_n, window) | {"only": dumps(list(only))}
    return conn.execute(
        f"""SELECT o.entry_n, o.position, count(*) FROM {_ONLY} {_EVENTS}
            WHERE +o.collection_n = :collection AND {_HOLDS} GROUP BY 1, 2""",
        bound,
    ).fetchall()


def entries_in(conn: Connection, collection_n: int, window: Window, only: Sequence[int] | None) -> set[int]:
    """The numbers of the events (of `only` these) that have a materialised instance in the window."""
    bound: dict[str, int | str] = {**_bound(collection_n, window)}
    if only is not None:
        bound["only"] = dumps(list(only))
        sql = f"SELECT o.entry_n FROM {_ONLY} {_EVENTS} WHERE +o.collection_n = :collection AND {_HOLDS}"
    elif not wide(window):
        sql = f"""SELECT o.entry_n FROM occurrences o {_EVENTS} WHERE {_SHORT}
            UNION SELECT o.entry_n FROM occurrences o INDEXED BY occurrences_long {_EVENTS} WHERE {_LONG}"""
    else:  # a wide window: most events are in it, and one instance of each tells
        sql = f"""SELECT e.n FROM entries e WHERE e.collection_n = :collection AND e.kind = 'event'
            AND EXISTS (SELECT 1 FROM occurrences o WHERE o.entry_n = e.n AND {_HOLDS})"""
    return {n for (n,) in conn.execute(sql, bound).fetchall()}


def wide(window: Window) -> bool:
    """Whether a window is so long that most events are in it."""
    bound = _bound(0, window)
    return bound["last"] - bound["first"] >= 53 * WEEK


def several(conn: Connection, collection_n: int) -> list[int]:
    """The numbers of the entries that have more than one component, or an override alone."""
    sql = """SELECT DISTINCT entry_n FROM components
        WHERE collection_n = ? AND (position > 0 OR recurrence_id <> '')"""
    return [n for (n,) in conn.execute(sql, (collection_n,)).fetchall()]


def series_in(conn: Connection, collection_n: int, window: Window) -> tuple[list[int], list[int]]:
    """The numbers of the series that have a materialised instance in the window, and those that have none."""
    rows = conn.execute(
        f"""SELECT p.entry_n, EXISTS (SELECT 1 FROM occurrences o WHERE o.entry_n = p.entry_n AND {_HOLDS})
            FROM components p INDEXED BY components_heads WHERE {_HEADS} AND p.recurring""",
        _bound(collection_n, window),
    ).fetchall()
    return [n for n, inside in rows if inside], [n for n, inside in rows if not inside]


def excluding(conn: Connection, collection_n: int) -> list[int]:
    """The numbers of the series from which single instances are taken out (EXDATE)."""
    sql = f"SELECT entry_n FROM components INDEXED BY components_excluding WHERE collection_n = ? AND {_EXCLUDES}"
    return [n for (n,) in conn.execute(sql, (collection_n,)).fetchall()]


def solos(conn: Connection, collection_n: int, window: Window, without: Sequence[int]) -> int:
    """How many events that do not recur are in the window, besides these entries; counted in the index."""
    sql = f"SELECT count(*) FROM components p INDEXED BY components_heads WHERE {_HEADS} AND {_SOLO} AND {_NOT_THESE}"
    row = conn.execute(sql, _bound(collection_n, window) | {"without": dumps(list(without))}).fetchone()
    return int(row[0])


def heads_in_order(
    conn: Connection, collection_n: int, window: Window, since: int, series: Sequence[int], without: Sequence[int]
) -> Iterator[Found]:
    """The solo events in the window, and the masters of these series, by `start`, from `since` on; as `in_order`."""
    rows = conn.execute(
        f"""SELECT p.start, p."end", '', p.position, p.all_day, p.floating, {_ENTRY}
            FROM components p INDEXED BY components_heads CROSS JOIN entries e ON e.n = p.entry_n
            WHERE {_HEADS} AND p.start >= :since AND {_NOT_THESE}
                AND ({_SOLO} OR p.entry_n IN (SELECT value FROM json_each(:series)))
            ORDER BY p.start""",
        _bound(collection_n, window) | {"since": since, "series": dumps(list(series)), "without": dumps(list(without))},
    )
    yield from map(_found, rows)


def masters(conn: Connection, numbers: Sequence[int]) -> list[Found]:
    """The master, or the only component, of each of these entries that has one."""
    rows = conn.execute(
        f"""SELECT p.start, p."end", '', p.position, p.all_day, p.floating, {_ENTRY}
           FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value JOIN entries e ON e.n = p.entry_n
           WHERE p.recurrence_id = '' AND p.start IS NOT NULL ORDER BY p.entry_n, p.position""",
        (dumps(list(numbers)),),
    ).fetchall()
    first = {row[6]: row for row in reversed(rows)}
    return [_found(row) for row in first.values()]


def exceptions(conn: Connection, numbers: Sequence[int], window: Window) -> list[Found]:
    """The materialised instances in the window that overrides of these entries describe, each its own."""
    rows = conn.execute(
        f"""SELECT {_COLUMNS} FROM {_ONLY} {_EVENTS}
            JOIN components p ON p.entry_n = o.entry_n AND p.position = o.position
            WHERE p.recurrence_id <> '' AND {_HOLDS}
                AND (NOT p.this_and_future OR p.recurrence_id = o.recurrence_id)""",
        _bound(0, window) | {"only": dumps(list(numbers))},
    )
    return [_found(row) for row in rows.fetchall()]


def instance(conn: Connection, entry_n: int, key: str) -> Occurrence | None:
    """The materialised instance of an entry that a canonical RECURRENCE-ID names."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM occurrences o {_EVENTS} WHERE o.entry_n = ? AND o.recurrence_id = ?", (entry_n, key)
    )
    row = rows.fetchone()
    return None if row is None else _found(row).occurrence


def incomplete(
    conn: Connection, collection_n: int, first: int, last: int, only: Iterable[int] | None = None
) -> list[tuple[int, int | None, int | None]]:
    """The series whose materialised instances do not cover [first, last), each with the span that they do cover.

    Without those that have not begun by then, where DTSTART tells: no RDATE and no override may be before it. `only`:
    of these entries alone.
    """
    named = "json_each(:only) j CROSS JOIN entries e ON e.n = j.value"
    return conn.execute(
        f"""SELECT e.n, e.expanded_from, e.expanded_until FROM {"entries e" if only is None else named}
            WHERE e.collection_n = :collection AND e.horizon IS NOT NULL
                AND (e.expanded_from > :first OR e.expanded_until < :last)
                AND (EXISTS (SELECT 1 FROM components p WHERE p.entry_n = e.n AND p.position = 1)
                    OR NOT EXISTS (SELECT 1 FROM components p WHERE p.entry_n = e.n AND p.position = 0
                        AND p.start > :last AND p.more NOT LIKE '%RDATE%'))""",
        {"collection": collection_n, "first": first, "last": last, "only": dumps(list(only or ()))},
    ).fetchall()


def plain(conn: Connection, numbers: Sequence[int]) -> dict[int, PlainSeries]:
    """When those of these series are that have one component."""
    rows = conn.execute(
        """SELECT p.entry_n, p.start_local, p.start, p."end", p.start_zone, p.floating OR p.all_day, p.rrule, p.more
           FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value AND p.position = 0
           WHERE p.rrule <> '' AND p.start IS NOT NULL AND p."end" IS NOT NULL AND p.recurrence_id = ''
               AND NOT EXISTS (SELECT 1 FROM components q WHERE q.entry_n = p.entry_n AND q.position = 1)""",
        (dumps(list(numbers)),),
    )
    return {n: PlainSeries._make(values) for n, *values in rows.fetchall()}


def records(conn: Connection, numbers: Sequence[int]) -> dict[int, list[ComponentRecord]]:
    """All components of these entries, in file order."""
    rows = conn.execute(
        f"""SELECT p.entry_n, {_QUALIFIED} FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value
            ORDER BY p.entry_n, p.position""",
        (dumps(list(numbers)),),
    )
    found: dict[int, list[ComponentRecord]] = {}
    for n, *values in rows.fetchall():
        found.setdefault(n, []).append(components.row(tuple(values)))
    return found


def describing(conn: Connection, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], ComponentRecord]:
    """The components with these positions in these entries."""
    rows = conn.execute(
        f"""SELECT p.entry_n, p.position, {_QUALIFIED} FROM json_each(?) j
            CROSS JOIN components p ON p.entry_n = j.value >> 16 AND p.position = j.value & 65535""",
        (dumps([n << 16 | position for n, position in keys]),),  # no entry has 50,000 components
    )
    return {(n, position): components.row(tuple(values)) for n, position, *values in rows.fetchall()}


def series_of(conn: Connection, numbers: Sequence[int]) -> dict[int, ComponentRecord]:
    """The masters of these entries, of those that have one."""
    rows = conn.execute(
        f"""SELECT p.entry_n, {_QUALIFIED} FROM json_each(?) j CROSS JOIN components p ON p.entry_n = j.value
            WHERE p.recurrence_id = '' ORDER BY p.entry_n, p.position DESC""",
        (dumps(list(numbers)),),
    )
    return {n: components.row(tuple(values)) for n, *values in rows.fetchall()}


def entries_of(conn: Connection, numbers: Sequence[int], *, text: bool) -> dict[int, Entry]:
    """The events with these numbers."""
    return {each.n: each for each in entries.numbered(conn, numbers, kinds={Kind.EVENT}, text=text)}


def _found(row: tuple[Any, ...]) -> Found:
    start, end, recurrence_id, position, all_day, floating, *entry = row
    n, public_id, collection_n, href, uid, digest, size, seq, created, modified = entry
    return Found(
        Occurrence(start, end, recurrence_id, position, all_day != 0, floating != 0),
        n,
        public_id,
        Entry(n, public_id, collection_n, href, uid, Kind.EVENT, "", digest, size, seq, created, modified),
    )


def _bound(collection_n: int, window: Window) -> dict[str, int]:
    first = min(window.start, window.wall_start)
    return {
        "collection": collection_n,
        "start": window.start,
        "end": window.end,
        "wall_start": window.wall_start,
        "wall_end": window.wall_end,
        "first": first,
        "low": first - WEEK,
        "last": max(window.end, window.wall_end),
    }
