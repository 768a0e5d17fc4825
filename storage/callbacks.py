"""Who asked over the API to be told of changes: applications by address, what is due for each, what became of it.

Each callback holds a position in the journal, so nothing is kept that a crash could lose: what came after it is still
to be told. A message that was sent and not noted before a crash is sent once more. What signs is kept with the
credentials, under a name of its own for each; it goes when the callback does.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from secrets import token_bytes

from storage import clock, ids
from storage.db import Connection
from storage.errors import AccessDenied, NotFound
from storage.reading import Reader
from storage.tables import accounts, callbacks, collections, journal
from storage.tables.callbacks import Callback

MOST = 100
"""Callbacks that one account may have."""

PAUSES = (5.0, 60.0, 300.0, 1800.0)
"""Seconds after which what failed is tried again; then it is dropped, for the next change is told anyway."""

_SECRET = 24
"""Octets of what signs."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that is due: to this callback, of what happened up to the change `through`."""

    callback: Callback
    through: int

    @property
    def key(self) -> tuple[str, int]:
        """What no two messages under way have in common."""
        return self.callback.id, self.callback.account


def add(store: Reader, account_id: int, collection_id: str, url: str, rate: int) -> tuple[Callback, str]:
    """Tell this address of what happens from now on in a calendar, or ("") to the account's calendars; what signs.

    Raises `AccessDenied` beyond `MOST`.
    """
    secret = f"whsec_{b64encode(token_bytes(_SECRET)).decode()}"
    if len(of_account(store, account_id)) >= MOST:
        raise AccessDenied(f"account {account_id} has {MOST} subscriptions already", hint="delete one of them")
    made = Callback(ids.new_id(), account_id, collection_id, url, rate, clock.iso(), store.head())
    store.credentials.set(_secret_of(made), {"key": secret})
    with store.db.atomic() as conn:
        callbacks.put(conn, made)
    return made, secret


def of_account(store: Reader, account_id: int) -> list[Callback]:
    """Those about an account, oldest first."""
    return callbacks.every(store.db.reader(), account_id)


def remove(store: Reader, account_id: int, callback_id: str) -> None:
    """Tell it nothing any more. Raises `NotFound`."""
    known = next((each for each in of_account(store, account_id) if each.id == callback_id), None)
    if known is None:
        raise NotFound(f"there is no subscription {callback_id[:80]!r} of this account", hint="list them")
    _forget(store, [known])


def key_of(store: Reader, callback: Callback) -> str:
    """What signs what it is told."""
    return store.credentials.get(_secret_of(callback)).get("key", "")


def wanted(store: Reader) -> bool:
    """Whether anybody wants to hear anything."""
    return callbacks.any_at_all(store.db.reader())


def look(store: Reader) -> tuple[list[Notice], float]:
    """The messages that are due, and when to look again if nothing happens (seconds since 1970).

    Callbacks of what is gone are forgotten.
    """
    now, again = clock.timestamp(), inf
    notices: list[Notice] = []
    gone: list[Callback] = []
    with store.db.snapshot() as conn:
        head = journal.head(conn)
        for each in callbacks.every(conn):
            place = collections.by_id(conn, each.collection) if each.collection else None
            if accounts.by_id(conn, each.account) is None or (each.collection and place is None):
                gone.append(each)
            elif each.told < head and _pending(conn, each, place.n if place else None):
                due = max(each.next_try, each.sent + 1 / each.rate if each.rate and each.sent <= now else 0)
                if due > now:
                    again = min(again, due)
                else:
                    notices.append(Notice(each, head))
    _forget(store, gone)
    return notices, again


def settle(store: Reader, outcomes: Iterable[tuple[Notice, str]]) -> None:
    """Note what became of messages; "" for one that was received."""
    now = clock.timestamp()
    with store.db.atomic() as conn:
        for notice, error in outcomes:
            before = notice.callback
            failures = before.failures + 1 if error else 0
            told = replace(before, told=notice.through, sent=now, failures=0, next_try=0, error=error)
            failed = replace(before, sent=now, failures=failures, error=error)
            if error and failures <= len(PAUSES):
                callbacks.set_turn(conn, replace(failed, next_try=now + PAUSES[failures - 1]))
            else:
                callbacks.set_turn(conn, told)


def _pending(conn: Connection, callback: Callback, collection_n: int | None) -> bool:
    """Whether something has happened that it wants to hear of."""
    if collection_n is None:
        return bool(journal.touched_collections(conn, callback.account, callback.told))
    return bool(journal.touched(conn, collection_n, callback.told, 1, own=True))


def _forget(store: Reader, gone: Sequence[Callback]) -> None:
    for each in gone:
        with store.db.atomic() as conn:
            callbacks.delete(conn, each.id)
        store.credentials.remove(_secret_of(each))


def _secret_of(callback: Callback) -> str:
    return f"callback/{callback.id}"
