"""The table `conflicts`: the inbox, where what lost against the upstream waits whole until a person decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from json import dumps, loads
from sqlite3 import Connection
from typing import Any, NamedTuple

GROWN = """
ALTER TABLE conflicts ADD COLUMN agreed TEXT;     -- our text of which `base` is what the upstream showed
ALTER TABLE conflicts ADD COLUMN fields TEXT;     -- JSON: what both sides changed in two ways; NULL: all that differs
ALTER TABLE conflicts ADD COLUMN resolution TEXT; -- mine theirs both edit
"""

_COLUMNS = """n, at, account_id, collection_n, collection_id, entry_id, uid, cause, reason, base, ours, theirs, state,
    agreed, fields, resolution"""


class Field(NamedTuple):
    """A property that both sides changed in two ways; `component` is `master` or a RECURRENCE-ID."""

    component: str
    name: str
    base: str | None
    ours: str | None
    theirs: str | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row. `cause`: `edit` (both edited), `delete` (one side deleted) or `rejected` (the upstream refused our write).

    `ours` is None where our deletion lost, `theirs` where the upstream's did. `fields` are the properties that both
    sides changed in two ways, None where the versions are to be compared as wholes; what else was edited is merged.
    """

    n: int
    at: str
    account_id: int
    collection_n: int
    collection_id: str
    entry_id: str
    uid: str
    cause: str
    reason: str
    base: str | None
    ours: str | None
    theirs: str | None
    state: str
    agreed: str | None = None
    fields: Sequence[Field] | None = None
    resolution: str | None = None


def _row(row: tuple[Any, ...]) -> Conflict:
    found = Conflict(*row)
    return found if row[-2] is None else replace(found, fields=[Field(*each) for each in loads(row[-2])])


def add(
    conn: Connection,
    *,
    at: str,
    account_id: int,
    collection_n: int,
    collection_id: str,
    entry_id: str,
    uid: str,
    cause: str,
    reason: str,
    base: str | None,
    ours: str | None,
    theirs: str | None,
    agreed: str | None = None,
    fields: Sequence[Field] | None = None,
) -> int:
    """Put one into the inbox; its number."""
    cursor = conn.execute(
        """INSERT INTO conflicts
               (at, account_id, collection_n, collection_id, entry_id, uid, cause, reason, base, ours, theirs, agreed,
                fields)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(at, account_id, collection_n, collection_id, entry_id, uid, cause, reason, base, ours, theirs, agreed),
            None if fields is None else dumps(fields),
        ),
    )
    return int(cursor.lastrowid or 0)


def every(conn: Connection, *, account_id: int | None = None, state: str | None = "open") -> list[Conflict]:
    """Those in `state` (None: all), oldest first."""
    rows = conn.execute(
        f"""SELECT {_COLUMNS} FROM conflicts
            WHERE (? IS NULL OR account_id = ?) AND (? IS NULL OR state = ?) ORDER BY n""",
        (account_id, account_id, state, state),
    )
    return [_row(row) for row in rows]


def get(conn: Connection, n: int) -> Conflict | None:
    """One of them."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM conflicts WHERE n = ?", (n,)).fetchone()
    return _row(row) if row else None


def resolve(conn: Connection, n: int, resolution: str) -> None:
    """A person has decided: `mine`, `theirs`, `both` or `edit`."""
    conn.execute("UPDATE conflicts SET state = 'resolved', resolution = ? WHERE n = ?", (resolution, n))
