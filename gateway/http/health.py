"""`GET /healthz`: whether the mirror can be read and somebody keeps it fresh. No names, no secrets, no login."""

from collections import Counter
from typing import Any

from storage import clock
from storage.errors import StoreError
from storage.store import Store


def health(store: Store) -> tuple[int, dict[str, Any]]:
    """Status code and body: 200 while the mirror answers, else 503 (then a restart may help).

    `status` is `ok`, or `degraded` where an account needs attention; `accounts` counts them by state word; `as_of` is
    the moment up to which the oldest account's state is true (now, where there is nothing to follow).
    """
    try:
        accounts = store.accounts()
    except StoreError as error:
        return 503, {"status": "error", "as_of": clock.iso(), "reason": error.message}
    states = Counter(account.state.value for account in accounts if account.mirrored)
    as_of = min((account.as_of or "" for account in accounts if account.mirrored), default=clock.iso())
    well = not states or set(states) <= {"fresh", "syncing", "paused", "waiting"}
    return 200, {
        "status": "ok" if well else "degraded",
        "as_of": as_of or None,
        "accounts": dict(sorted(states.items())),
        "changes": store.head(),
    }
