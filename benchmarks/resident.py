"""A round in a process that runs already and keeps its connections, as the server's sync process does."""

import sys
from contextlib import closing
from pathlib import Path
from random import random

from benchmarks.measure import seconds
from gateway.app import providers
from storage.store import Store
from storage.sync.account import AccountRunner
from storage.sync.book import Book
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger


def measured(folder: Path, runs: int) -> float:
    """The median over `runs` rounds of the account `up` of a mirror that is up to date."""
    with closing(Store.open(folder)) as store:
        lease = SyncLease(store.db)
        lease.acquire()
        book = Book(Ledger(store, lease), interval=60, chance=random)
        account = store.account("up")
        with closing(AccountRunner(book, providers(store))) as runner:
            runner.rounds(account, book.mirrored(account))
            taken = seconds(lambda: runner.rounds(account, book.mirrored(account)), runs)
        lease.release()
    return taken


if __name__ == "__main__":
    print(measured(Path(sys.argv[1]), int(sys.argv[2])))
