"""The tables `requests` and `request_lines`: rounds that another process asked for, and what they had to say."""

from json import dumps, loads
from sqlite3 import Connection
from typing import Any, NamedTuple

PLAN = "ALTER TABLE requests ADD COLUMN plan TEXT NOT NULL DEFAULT ''"
"""The hash of the plan that a run shall carry out; empty for a run that does whatever there is to do."""


class Request(NamedTuple):
    """A run that was asked for: over these accounts (all for an empty list), as this plan says (if any)."""

    n: int
    accounts: list[int]
    plan: str


def ask(conn: Connection, *, at: float, accounts: list[int], plan: str) -> int:
    """Ask for a run over these accounts (all for an empty list); the number of the request."""
    cursor = conn.execute("INSERT INTO requests (at, accounts, plan) VALUES (?, ?, ?)", (at, dumps(accounts), plan))
    return int(cursor.lastrowid or 0)


def asked(conn: Connection) -> list[Request]:
    """The requests that nobody has begun, oldest first."""
    rows = conn.execute("SELECT n, accounts, plan FROM requests WHERE state = 'asked' ORDER BY n").fetchall()
    return [Request(n, loads(accounts), plan) for n, accounts, plan in rows]


def requeue(conn: Connection) -> None:
    """Requests that a process had begun and did not live to finish are asked again."""
    conn.execute("UPDATE requests SET state = 'asked' WHERE state = 'running'")


def start(conn: Connection, n: int) -> None:
    """Mark a request as being worked on; lines of an earlier attempt are dropped."""
    conn.execute("UPDATE requests SET state = 'running' WHERE n = ?", (n,))
    conn.execute("DELETE FROM request_lines WHERE request_n = ?", (n,))


def say(conn: Connection, n: int, line: dict[str, Any]) -> None:
    """Add a line to what the asker will read."""
    conn.execute("INSERT INTO request_lines (request_n, line) VALUES (?, ?)", (n, dumps(line)))


def finish(conn: Connection, n: int, result: dict[str, Any]) -> None:
    """Close a request with its outcome, and forget all but the last hundred."""
    conn.execute("UPDATE requests SET state = 'done', result = ? WHERE n = ?", (dumps(result), n))
    conn.execute("DELETE FROM requests WHERE state = 'done' AND n < ? - 100", (n,))


def lines(conn: Connection, n: int, after: int) -> list[tuple[int, dict[str, Any]]]:
    """What has been said beyond line number `after`, with the line numbers."""
    rows = conn.execute(
        "SELECT n, line FROM request_lines WHERE request_n = ? AND n > ? ORDER BY n", (n, after)
    ).fetchall()
    return [(number, loads(line)) for number, line in rows]


def state(conn: Connection, n: int) -> tuple[str, dict[str, Any]]:
    """The state word of a request and its outcome."""
    row = conn.execute("SELECT state, result FROM requests WHERE n = ?", (n,)).fetchone()
    return (row[0], loads(row[1])) if row else ("done", {})


def drop_every(conn: Connection) -> None:
    """Nobody waits for an answer any more."""
    conn.execute("DELETE FROM requests")
