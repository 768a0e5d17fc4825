"""One run in the foreground until nothing is left to do: here if the lease is free, else in the lease's process."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import random
from threading import Event
from typing import Any

from storage.model import Account
from storage.store import Store
from storage.sync.account import AccountRunner, MakeProvider
from storage.sync.book import Book
from storage.sync.exactly import carry_out
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.sync.report import Outcome
from storage.tables import requests

LOOK = 0.1
"""Seconds between two looks at what the other process has said."""

OnLine = Callable[[dict[str, Any]], None]
"""Hears each collection's round, in the shape of `Round.as_json`."""


def sync_once(
    store: Store,
    make_provider: MakeProvider,
    accounts: Sequence[Account],
    *,
    plan: str = "",
    vdir: Path | None = None,
    on_line: OnLine = lambda _line: None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Outcome:
    """Run the rounds of these accounts until nothing is left to do; with the hash of a `plan`, do that and no more.

    `vdir`: the folder of files whose edits belong to the plan; whoever holds the lease keeps it in step otherwise.

    Where another process holds the lease, that one is asked to do the run and what it says is passed on; should it die
    meanwhile, the run is done here.
    """
    lease = SyncLease(store.db)
    book = Book(Ledger(store, lease), interval=60, chance=random)
    if not lease.acquire():
        outcome = _ask(book, lease, accounts, plan, on_line)
        if outcome is not None:
            return outcome
    lease.keep()
    try:
        if plan:
            return carry_out(
                plan,
                store,
                lease,
                make_provider,
                accounts,
                vdir=vdir,
                on_round=lambda report: on_line(report.as_json()),
                progress=progress,
            )
        outcome = Outcome()
        for account in accounts:
            runner = AccountRunner(
                book, make_provider, on_round=lambda report: on_line(report.as_json()), progress=progress
            )
            with closing(runner):
                outcome.add(runner.converge(account))
        return outcome
    finally:
        lease.release()


def _ask(book: Book, lease: SyncLease, accounts: Sequence[Account], plan: str, on_line: OnLine) -> Outcome | None:
    """Have the lease's holder do it; None if it died, and the lease is ours now."""
    request = book.request([account.id for account in accounts], plan)
    said = 0
    conn = book.db.reader()
    while True:
        state, result = requests.state(conn, request)
        for number, line in requests.lines(conn, request, said):
            on_line(line)
            said = number
        if state == "done":
            return Outcome(**result)
        if lease.acquire():
            book.request_done(request, Outcome())
            return None
        Event().wait(LOOK)
