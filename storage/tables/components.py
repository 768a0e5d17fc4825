"""The table `components`: one VEVENT, VTODO or VJOURNAL each, rendered at write time, with its words for search."""

from collections.abc import Iterator, Mapping, Sequence
from json import JSONEncoder
from sqlite3 import Connection
from typing import Any

from orjson import Fragment, dumps, loads

from storage.memo import remembered
from storage.records import ComponentRecord
from storage.tables import search

DURATIONS = """
ALTER TABLE components ADD COLUMN by_duration INTEGER NOT NULL DEFAULT 0; -- a task's end comes from its DURATION
"""

MORE = """
ALTER TABLE components ADD COLUMN more TEXT NOT NULL DEFAULT ''; -- JSON: what few components have; '' for none of it
"""

COLUMNS = """name, recurrence_id, this_and_future, summary, description, location, start, "end", start_local, end_local,
    start_zone, end_zone, all_day, floating, by_duration, rrule, recurring, status, transparency, classification,
    priority, percent, completed, sequence, created, last_modified, url, color, organizer, attendees, categories,
    alarms, more"""
"""The columns of a record, in the order that `row` wants."""

_NAMES = COLUMNS.replace("\n", "").replace(" ", "").replace('"', "").split(",")

_FLAGS = ("this_and_future", "all_day", "floating", "by_duration", "recurring")
_AS_LISTS = ("attendees", "categories", "alarms")
_AS_JSON = frozenset({*_AS_LISTS, "organizer", "more"})
_YES_OR_NO = [_NAMES.index(name) for name in _FLAGS]
_ORGANIZER = _NAMES.index("organizer")

_RARE: Mapping[str, Any] = {
    name: ComponentRecord._field_defaults[name] for name in ComponentRecord._fields[COLUMNS.count(",") :]
}
"""The fields in the column `more`, with what they are in most rows: then they take no room in it."""

_LACKING = tuple(_RARE.values())

_encode = JSONEncoder(default=dict, ensure_ascii=False).encode

_INSERT = f"INSERT INTO components (entry_n, collection_n, position, {COLUMNS}) VALUES (?, ?, ?{', ?' * len(_NAMES)})"


def row(values: tuple[Any, ...]) -> ComponentRecord:
    """The record of a row in the order of `COLUMNS`."""
    cells = list(values)
    for position in _YES_OR_NO:
        cells[position] = cells[position] != 0
    organizer, attendees, categories, alarms, more = cells[_ORGANIZER:]
    cells[_ORGANIZER:] = (
        _object(organizer) if organizer else None,
        () if attendees == "[]" else tuple(loads(attendees)),
        () if categories == "[]" else _list(categories),
        () if alarms == "[]" else _list(alarms),
        *(_tail(more) if more else _LACKING),
    )
    return ComponentRecord._make(cells)


# The same few organizers, reminders and categories stand in most events of a calendar.
@remembered(texts=512, longest=512)
def _object(text: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = loads(text)
    return found


@remembered(texts=512, longest=512)
def _list(text: str) -> tuple[Any, ...]:
    return tuple(loads(text))


@remembered(texts=512, longest=512)
def _tail(text: str) -> tuple[Any, ...]:
    """The values of all fields that the column `more` may hold."""
    return tuple({**_RARE, **_rare(loads(text))}.values())


def _rare(more: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the column `more` holds, read from JSON."""
    return {name: tuple(value) if type(value) is list else value for name, value in more.items()}


def as_json(items: Sequence[str] | Sequence[Mapping[str, Any]]) -> str:
    """A list as a column holds it."""
    return _encode(items) if items else "[]"


def people(record: ComponentRecord) -> tuple[bytes, bytes | None]:
    """The attendees and the organizer (None for none) as columns hold them, in UTF-8."""
    organizer = _encode(record.organizer).encode() if record.organizer is not None else None
    return as_json(record.attendees).encode(), organizer


def values(record: ComponentRecord) -> tuple[Any, ...]:
    """What `COLUMNS` hold of a record."""
    r = record
    return (
        *(r.name, r.recurrence_id, r.this_and_future, r.summary, r.description, r.location, r.start, r.end),
        *(r.start_local, r.end_local, r.start_zone, r.end_zone, r.all_day, r.floating, r.by_duration),
        *(r.rrule, r.recurring),
        *(r.status, r.transparency, r.classification, r.priority, r.percent, r.completed, r.sequence),
        *(r.created, r.last_modified, r.url, r.color),
        _encode(r.organizer) if r.organizer is not None else None,
        *(as_json(r.attendees), as_json(r.categories), as_json(r.alarms), _more(record)),
    )


def _more(record: ComponentRecord) -> str:
    rare: dict[str, Any] = {
        name: value for name, default in _RARE.items() if (value := getattr(record, name)) != default
    }
    return _encode(rare) if rare else ""


def insert(conn: Connection, entry_n: int, collection_n: int, records: Sequence[ComponentRecord]) -> None:
    """Write all components of an entry, in file order."""
    for position, record in enumerate(records):
        n = conn.execute(_INSERT, (entry_n, collection_n, position, *values(record))).lastrowid or 0
        search.add(conn, n, record)


_EMPTY = values(ComponentRecord(""))


def packed(conn: Connection, entry_n: int) -> bytes:
    """An entry's components, in file order, as JSON for `unpacked`: the columns that say anything, by their names."""
    rows = conn.execute(f"SELECT {COLUMNS} FROM components WHERE entry_n = ? ORDER BY position", (entry_n,))
    return dumps(
        [
            {
                name: Fragment(value) if name in _AS_JSON and value else value
                for name, value, empty in zip(_NAMES, values, _EMPTY, strict=True)
                if value != empty
            }
            for values in rows.fetchall()
        ]
    )


def unpacked(data: bytes) -> list[ComponentRecord]:
    """The components in `packed` bytes, which may be from before some of the columns were there."""
    records = loads(data)
    for fields_ in records:
        for name in fields_.keys() & _FLAGS:
            fields_[name] = bool(fields_[name])
        for name in fields_.keys() & _AS_LISTS:
            fields_[name] = tuple(fields_[name])
        if more := fields_.pop("more", None):
            fields_.update(_rare(more))
    return [ComponentRecord(**each) for each in records]


def of_entry(conn: Connection, entry_n: int) -> list[ComponentRecord]:
    """An entry's components, in file order."""
    rows = conn.execute(f"SELECT {COLUMNS} FROM components WHERE entry_n = ? ORDER BY position", (entry_n,))
    return [row(values) for values in rows.fetchall()]


def of_entries(conn: Connection, numbers: Sequence[int]) -> dict[int, list[ComponentRecord]]:
    """The components of these entries, each in file order."""
    found: dict[int, list[ComponentRecord]] = {n: [] for n in numbers}
    rows = conn.execute(
        f"""SELECT entry_n, {COLUMNS} FROM components WHERE entry_n IN (SELECT value FROM json_each(?))
            ORDER BY entry_n, position""",
        (dumps(list(numbers)).decode(),),
    )
    for entry_n, *values in rows.fetchall():
        found[entry_n].append(row(tuple(values)))
    return found


def meetings(conn: Connection, collection_n: int) -> list[int]:
    """The numbers of a collection's entries that have an organizer."""
    rows = conn.execute(
        "SELECT DISTINCT entry_n FROM components WHERE collection_n = ? AND organizer IS NOT NULL ORDER BY entry_n",
        (collection_n,),
    )
    return [n for (n,) in rows]


def delete(conn: Connection, entry_n: int) -> None:
    """Remove all components of an entry."""
    search.drop_entry(conn, entry_n)
    conn.execute("DELETE FROM components WHERE entry_n = ?", (entry_n,))


def tasks_with_spans(conn: Connection) -> list[tuple[int, int, str]]:
    """The components of tasks that have a start and an end: their number, their position, and their entry's text."""
    rows = conn.execute(
        """SELECT p.n, p.position, e.text FROM components p JOIN entries e ON e.n = p.entry_n
           WHERE p.name = 'VTODO' AND p.start IS NOT NULL AND p."end" IS NOT NULL"""
    )
    return rows.fetchall()


def set_by_duration(conn: Connection, numbers: Sequence[int]) -> None:
    """The ends of these components come from their DURATION."""
    conn.executemany("UPDATE components SET by_duration = 1 WHERE n = ?", [(n,) for n in numbers])


def every_text(conn: Connection) -> Iterator[tuple[int, str]]:
    """Number and text of every entry that components are rendered from; they may be written meanwhile."""
    sql, last = "SELECT n, text FROM entries WHERE n > ? AND kind <> 'contact' ORDER BY n LIMIT 500", 0
    while page := conn.execute(sql, (last,)).fetchall():
        yield from page
        last = page[-1][0]


def count_texts(conn: Connection) -> int:
    """How many there are."""
    return int(conn.execute("SELECT count(*) FROM entries WHERE kind <> 'contact'").fetchone()[0])


def texts_with_exclusions(conn: Connection) -> list[tuple[int, str]]:
    """The entries that hold a series and an EXDATE, with their texts."""
    rows = conn.execute(
        """SELECT n, text FROM entries WHERE instr(text, 'EXDATE')
               AND n IN (SELECT entry_n FROM components WHERE recurring)"""
    )
    return rows.fetchall()


def set_more(conn: Connection, entry_n: int, records: Sequence[ComponentRecord]) -> None:
    """Render the columns `alarms` and `more` of an entry's components anew (those of before `MORE`)."""
    conn.executemany(
        "UPDATE components SET alarms = ?, more = ? WHERE entry_n = ? AND position = ?",
        [(as_json(each.alarms), _more(each), entry_n, position) for position, each in enumerate(records)],
    )


def undated_tasks(conn: Connection, collection_n: int, start: int, end: int) -> list[int]:
    """The numbers of the tasks without DTSTART and DUE that RFC 4791 §9.9 counts into [start, end)."""
    rows = conn.execute(
        """SELECT entry_n FROM components
           WHERE collection_n = :c AND name = 'VTODO' AND start IS NULL AND "end" IS NULL AND recurrence_id = ''
               AND CASE
                   WHEN completed IS NOT NULL AND created IS NOT NULL
                       THEN :s <= max(created, completed) AND :e >= min(created, completed)
                   WHEN completed IS NOT NULL THEN :s <= completed AND :e >= completed
                   WHEN created IS NOT NULL THEN :e > created
                   ELSE 1 END""",
        {"c": collection_n, "s": start, "e": end},
    )
    return [entry_n for (entry_n,) in rows.fetchall()]


def personal(conn: Connection, collection_n: int) -> set[str]:
    """The hrefs of the entries that have a component with a CLASS other than PUBLIC, or with an alarm."""
    rows = conn.execute(
        """SELECT href FROM entries WHERE n IN (
               SELECT entry_n FROM components
               WHERE collection_n = ? AND (classification NOT IN ('', 'PUBLIC') OR alarms <> '[]'))""",
        (collection_n,),
    )
    return {href for (href,) in rows.fetchall()}


def private_series(conn: Connection, collection_n: int) -> set[int]:
    """The numbers of the entries whose master has a CLASS other than PUBLIC."""
    rows = conn.execute(
        """SELECT entry_n FROM components
           WHERE collection_n = ? AND classification NOT IN ('', 'PUBLIC') AND recurrence_id = ''""",
        (collection_n,),
    )
    return {entry_n for (entry_n,) in rows.fetchall()}


def undated(conn: Connection, collection_n: int) -> list[int]:
    """The numbers of the tasks without DTSTART and DUE."""
    rows = conn.execute(
        """SELECT entry_n FROM components
           WHERE collection_n = ? AND name = 'VTODO' AND start IS NULL AND "end" IS NULL AND recurrence_id = ''""",
        (collection_n,),
    )
    return [entry_n for (entry_n,) in rows.fetchall()]
