"""The table `reminders`: the alarms that a user has set in somebody else's calendar; the owner's stand in the text."""

from collections.abc import Mapping, Sequence
from json import dumps, loads
from sqlite3 import Connection

DDL = """
CREATE TABLE reminders (                -- alarms of users with whom an entry is shared, each seen by its user alone
    entry_n INTEGER NOT NULL REFERENCES entries(n) ON DELETE CASCADE,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    instances TEXT NOT NULL,            -- a JSON object: RECURRENCE-ID ('' for the master) to the text of its alarms
    PRIMARY KEY (entry_n, user)
) WITHOUT ROWID;
CREATE INDEX reminders_user ON reminders (user);
"""


def of_entries(conn: Connection, user: str, entry_ns: Sequence[int]) -> dict[int, Mapping[str, str]]:
    """A user's alarms of those of these entries of which they have set any, by the entry's number."""
    rows = conn.execute(
        "SELECT entry_n, instances FROM reminders WHERE user = ? AND entry_n IN (SELECT value FROM json_each(?))",
        (user, dumps(list(entry_ns))),
    )
    return {entry_n: loads(instances) for entry_n, instances in rows.fetchall()}


def hrefs(conn: Connection, user: str, collection_n: int) -> set[str]:
    """The hrefs of the entries of a collection of which a user has set alarms."""
    rows = conn.execute(
        "SELECT href FROM reminders r JOIN entries e ON e.n = r.entry_n WHERE r.user = ? AND e.collection_n = ?",
        (user, collection_n),
    )
    return {href for (href,) in rows.fetchall()}


def put(conn: Connection, entry_n: int, user: str, instances: Mapping[str, str]) -> None:
    """Keep a user's alarms of an entry in the place of those so far."""
    conn.execute("DELETE FROM reminders WHERE entry_n = ? AND user = ?", (entry_n, user))
    if any(instances.values()):
        conn.execute(
            "INSERT INTO reminders (entry_n, user, instances) VALUES (?, ?, ?)",
            (entry_n, user, dumps(dict(instances), ensure_ascii=False)),
        )
