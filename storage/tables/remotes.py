"""The engine's columns of `accounts` and `collections`: remote cursors, states in words, and when what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.errors import NotFound
from storage.model import State


@dataclass(frozen=True, slots=True)
class Health:
    """How one account or collection is doing. Times in seconds since 1970, `as_of` as ISO text."""

    name: str
    state: State
    reason: str
    as_of: str | None
    failures: int
    next_due: float


def set_cursor(conn: Connection, collection_n: int, cursor: str | None) -> None:
    """Keep the upstream's cursor; in the transaction of what it covers."""
    conn.execute("UPDATE collections SET remote_cursor = ? WHERE n = ?", (cursor, collection_n))


def doubt(conn: Connection) -> None:
    """Nothing that upstreams said is up to date: everything is listed again, at once."""
    conn.execute("UPDATE collections SET remote_cursor = NULL, verified = 0, failures = 0, next_due = 0")
    conn.execute("UPDATE accounts SET failures = 0, next_due = 0")


def set_verified(conn: Connection, collection_n: int, at: float) -> None:
    """A full listing has confirmed the collection."""
    conn.execute("UPDATE collections SET verified = ? WHERE n = ?", (at, collection_n))


def verified(conn: Connection, collection_n: int) -> float:
    """When a full listing last confirmed the collection; 0 for never."""
    row = conn.execute("SELECT verified FROM collections WHERE n = ?", (collection_n,)).fetchone()
    return float(row[0]) if row else 0.0


def set_collection(
    conn: Connection,
    collection_n: int,
    *,
    state: State,
    reason: str,
    as_of: str | None,
    failures: int,
    next_due: float,
) -> None:
    """Write how a collection's round ended; `as_of` None leaves the moment of the last good round."""
    conn.execute(
        """UPDATE collections SET state = ?, reason = ?, as_of = coalesce(?, as_of), failures = ?, next_due = ?
           WHERE n = ?""",
        (state, reason, as_of, failures, next_due, collection_n),
    )


def set_account(
    conn: Connection, account_id: int, *, state: State, reason: str, as_of: str | None, failures: int, next_due: float
) -> None:
    """Write how an account is doing; `as_of` None leaves the moment of the last good discovery."""
    conn.execute(
        """UPDATE accounts SET state = ?, reason = ?, as_of = coalesce(?, as_of), failures = ?, next_due = ?
           WHERE id = ?""",
        (state, reason, as_of, failures, next_due, account_id),
    )


def account(conn: Connection, account_id: int) -> Health:
    """How an account is doing. Raises `NotFound`."""
    row = conn.execute(
        "SELECT name, state, reason, as_of, failures, next_due FROM accounts WHERE id = ?", (account_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no account {account_id} any more", hint="list the accounts again")
    return Health(row[0], State(row[1]), *row[2:])


def collection(conn: Connection, collection_n: int) -> Health:
    """How a collection is doing. Raises `NotFound`."""
    row = conn.execute(
        "SELECT name, state, reason, as_of, failures, next_due FROM collections WHERE n = ?", (collection_n,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no collection number {collection_n} any more", hint="list the collections again")
    return Health(row[0], State(row[1]), *row[2:])


_HAS_ROUNDS = """c.remote_href IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM held h WHERE h.collection_n = c.n AND h.whole AND h.state = 'open')"""
"""Collections that are upstream, and did not vanish there as a whole."""


def due_accounts(conn: Connection, now: float) -> list[tuple[int, bool]]:
    """The mirrored accounts with work to do: (id, whether the list of collections is due as well).

    A change in an outbox makes work at once, unless the account or the collection is waiting after a failure.
    """
    rows = conn.execute(
        f"""SELECT a.id,
               a.next_due <= :now
               OR EXISTS (SELECT 1 FROM outbox o WHERE o.account_id = a.id AND o.entry_id IS NULL
                          AND o.next_try <= :now)
           FROM accounts a WHERE a.mirrored AND NOT a.paused AND (a.failures = 0 OR a.next_due <= :now) AND (
               a.next_due <= :now
               OR EXISTS (SELECT 1 FROM collections c WHERE c.account_id = a.id AND {_HAS_ROUNDS} AND (
                   c.next_due <= :now
                   OR c.failures = 0 AND EXISTS (SELECT 1 FROM outbox o WHERE o.collection_n = c.n
                                                 AND o.entry_id IS NOT NULL AND o.next_try <= :now)))
               OR EXISTS (SELECT 1 FROM outbox o WHERE o.account_id = a.id AND o.entry_id IS NULL
                          AND o.next_try <= :now))
           ORDER BY a.next_due, a.id""",
        {"now": now},
    )
    return [(account_id, bool(discover)) for account_id, discover in rows]


def due_collections(conn: Connection, account_id: int, now: float) -> list[int]:
    """The numbers of an account's collections whose round is due, those with changes of ours first."""
    rows = conn.execute(
        f"""SELECT c.n, EXISTS (SELECT 1 FROM outbox o WHERE o.collection_n = c.n AND o.entry_id IS NOT NULL
                               AND o.next_try <= :now) AS ours
           FROM collections c WHERE c.account_id = :account AND {_HAS_ROUNDS}
               AND (c.next_due <= :now OR c.failures = 0 AND ours)
           ORDER BY ours DESC, c.next_due""",
        {"now": now, "account": account_id},
    )
    return [n for n, _ours in rows]


def wake(conn: Connection, account_id: int) -> None:
    """Everything of the account is due now, whatever it was waiting for."""
    conn.execute("UPDATE accounts SET next_due = 0, failures = 0 WHERE id = ?", (account_id,))
    conn.execute("UPDATE collections SET next_due = 0, failures = 0 WHERE account_id = ?", (account_id,))
    conn.execute("UPDATE outbox SET next_try = 0 WHERE account_id = ?", (account_id,))


def set_remote(
    conn: Connection,
    collection_n: int,
    *,
    href: str | None,
    props: dict[str, Any],
    read_only: bool,
    schedules: bool,
    via: tuple[str, ...] = (),
) -> None:
    """Tie a collection to the upstream's, with the properties last seen there (the base of their merge)."""
    conn.execute(
        "UPDATE collections SET remote_href = ?, remote_props = ?, read_only = ?, schedules = ?, via = ? WHERE n = ?",
        (href, dumps(props), read_only, schedules, " ".join(via), collection_n),
    )


def set_addresses(conn: Connection, account_id: int, addresses: Sequence[str]) -> None:
    """Keep what the upstream calls the account's owner."""
    conn.execute("UPDATE accounts SET addresses = ? WHERE id = ?", (dumps(list(addresses)), account_id))


def props(conn: Connection, collection_n: int) -> dict[str, Any]:
    """The collection properties last seen upstream."""
    row = conn.execute("SELECT remote_props FROM collections WHERE n = ?", (collection_n,)).fetchone()
    result: dict[str, Any] = loads(row[0]) if row else {}
    return result


def due_now(conn: Connection, collection_n: int) -> None:
    """A person decided something about the collection: its next round, and the state it writes, should not wait."""
    conn.execute("UPDATE collections SET next_due = 0, failures = 0 WHERE n = ?", (collection_n,))
