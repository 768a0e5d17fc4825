"""The tables `webhooks`, `webhook_turns` and `dead_letters`: who is told of activity, and up to which change.

`told` is a position in the journal of its own for each receiver and account, so what is still to be told is never kept.
"""

from dataclasses import dataclass
from sqlite3 import Connection

DDL = """
CREATE TABLE webhooks (                 -- who is told over HTTP that an account has new activity
    name TEXT PRIMARY KEY,              -- from the configuration
    url TEXT NOT NULL, application TEXT NOT NULL,
    since INTEGER NOT NULL,             -- the newest change when it was declared
    verified TEXT,                      -- when the receiver answered as it should; NULL: not yet
    failures INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL DEFAULT 0, -- of asking it for that
    error TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE webhook_turns (            -- how far a receiver has been told of an account
    webhook TEXT NOT NULL REFERENCES webhooks(name) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    told INTEGER NOT NULL,              -- the newest change that it was told of, or need not be
    sent REAL NOT NULL DEFAULT 0,       -- when it was last told, in seconds since 1970
    failures INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (webhook, account_id)
) WITHOUT ROWID;

CREATE TABLE dead_letters (             -- what a receiver was told in vain, to the last try
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    webhook TEXT NOT NULL, account_id INTEGER NOT NULL,
    after INTEGER NOT NULL, through INTEGER NOT NULL, -- of the changes after `after`, up to `through`
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL
);
"""

KEPT = 1_000
"""So many dead letters are kept, the newest."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A row; see the table. Moments in which to try again are seconds since 1970."""

    name: str
    url: str
    application: str
    since: int
    verified: str | None = None
    failures: int = 0
    next_try: float = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A row; see the table. `sent` and `next_try` are seconds since 1970."""

    webhook: str
    account: int
    told: int
    sent: float = 0
    failures: int = 0
    next_try: float = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row; see the table."""

    n: int
    at: str
    webhook: str
    account: int
    after: int
    through: int
    attempts: int
    error: str


_WEBHOOK = "SELECT name, url, application, since, verified, failures, next_try, error FROM webhooks"
_TURN = "SELECT webhook, account_id, told, sent, failures, next_try, error FROM webhook_turns"


def put(conn: Connection, webhook: Webhook) -> None:
    """Write one in the place of any of its name, which begins anew: whom it has been told of is forgotten."""
    conn.execute("DELETE FROM webhooks WHERE name = ?", (webhook.name,))
    conn.execute(
        "INSERT INTO webhooks (name, url, application, since) VALUES (?, ?, ?, ?)",
        (webhook.name, webhook.url, webhook.application, webhook.since),
    )


def every(conn: Connection) -> list[Webhook]:
    """All of them, by name."""
    return [Webhook(*row) for row in conn.execute(f"{_WEBHOOK} ORDER BY name").fetchall()]


def delete(conn: Connection, name: str) -> None:
    """Remove one."""
    conn.execute("DELETE FROM webhooks WHERE name = ?", (name,))


def set_verified(conn: Connection, name: str, at: str) -> None:
    """The receiver has answered as it should."""
    conn.execute("UPDATE webhooks SET verified = ?, failures = 0, next_try = 0, error = '' WHERE name = ?", (at, name))


def set_unverified(conn: Connection, name: str, failures: int, next_try: float, error: str) -> None:
    """It has not, so many times in a row."""
    conn.execute(
        "UPDATE webhooks SET failures = ?, next_try = ?, error = ? WHERE name = ?", (failures, next_try, error, name)
    )


def turns(conn: Connection) -> list[Turn]:
    """How far each receiver is with each account that it was ever told of."""
    return [Turn(*row) for row in conn.execute(f"{_TURN} ORDER BY webhook, account_id").fetchall()]


def put_turn(conn: Connection, turn: Turn) -> None:
    """Write one, unless receiver or account are gone."""
    conn.execute(
        """INSERT INTO webhook_turns (webhook, account_id, told, sent, failures, next_try, error)
           SELECT w.name, a.id, ?, ?, ?, ?, ? FROM webhooks w JOIN accounts a WHERE w.name = ? AND a.id = ?
           ON CONFLICT (webhook, account_id) DO UPDATE SET told = excluded.told, sent = excluded.sent,
               failures = excluded.failures, next_try = excluded.next_try, error = excluded.error""",
        (turn.told, turn.sent, turn.failures, turn.next_try, turn.error, turn.webhook, turn.account),
    )


def bury(conn: Connection, turn: Turn, through: int, at: str) -> None:
    """Keep what was told in vain: of the changes after the turn's and up to `through`."""
    conn.execute(
        """INSERT INTO dead_letters (at, webhook, account_id, after, through, attempts, error)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (at, turn.webhook, turn.account, turn.told, through, turn.failures, turn.error),
    )
    conn.execute("DELETE FROM dead_letters WHERE n <= (SELECT max(n) FROM dead_letters) - ?", (KEPT,))


def dead(conn: Connection) -> list[DeadLetter]:
    """What was told in vain, oldest first."""
    rows = conn.execute("SELECT n, at, webhook, account_id, after, through, attempts, error FROM dead_letters")
    return [DeadLetter(*row) for row in rows.fetchall()]
