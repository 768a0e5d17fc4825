"""The mirror of the simulated world: one file, and the process that has it open until it dies."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from storage.model import Account, Collection, Entry
from storage.store import Store
from storage.sync.book import Book
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.tables import conflicts
from tests.simulation.faults import Fate, let_crash

ACCOUNTS = ("up", "second")


class Mirror:
    """The mirror in `folder`, with those of its accounts that have an upstream in this run."""

    def __init__(self, folder: Path, template: Path, fate: Fate, names: Iterable[str]) -> None:
        shutil.copytree(template, folder)
        self.folder = folder
        self.fate = fate
        self.names = list(names)
        self.removed = False
        """Whether a whole collection was ever deleted here, with whatever was in it upstream."""
        self.open()

    def open(self) -> None:
        """A process begins."""
        self.store = Store.open(self.folder)
        self.store.db.reader().execute("PRAGMA synchronous = OFF")
        self.lease = SyncLease(self.store.db)
        self.book = Book(Ledger(self.store, self.lease), interval=60, chance=self.fate.random.random)
        let_crash(self.store.db, self.fate)

    @property
    def accounts(self) -> list[Account]:
        return [self.store.account(name) for name in self.names]

    @property
    def collections(self) -> list[Collection]:
        return [collection for account in self.accounts for collection in self.store.collections(account=account.id)]

    @property
    def writable(self) -> list[Collection]:
        return [collection for collection in self.collections if not collection.read_only]

    def entries(self) -> dict[str, Entry]:
        """Everything that it holds, by entry id."""
        return {entry.id: entry for c in self.collections for entry in self.store.iter_entries(c.id)}

    def texts(self) -> list[str]:
        """The texts of everything that it holds."""
        return [entry.text for entry in self.entries().values()]

    def newest_conflict(self) -> int:
        """The number of what came into the inbox last, decided or not; 0 for nothing."""
        return max((each.n for each in conflicts.every(self.store.db.reader(), state=None)), default=0)


def make_template(folder: Path) -> Path:
    """A fresh mirror with one user and their mirrored accounts, to be copied for every run."""
    store = Store.open(folder)
    store.save_user("alice", None)
    for name in ACCOUNTS:
        store.save_account(Account(0, name, "alice", "memory", mirrored=True))
    store.close()
    return folder
