"""What a person decides about held deletions: approve, and they happen; reject, and the upstream gets them back."""

from storage import clock, shelf
from storage.db import Connection
from storage.errors import NotFound
from storage.model import Origin
from storage.store import Store
from storage.sync.apply import Applier
from storage.sync.report import Round
from storage.tables import entries, held, links, outbox, remotes
from storage.tables.held import Held, HeldEntry


def approve(store: Store, n: int) -> int:
    """Carry out the held deletions number `n`; how many entries were deleted.

    An entry that was edited here since is not deleted: its edit wins and is created anew upstream. Where the whole
    collection had vanished, it goes as well, if nothing of it is left. Raises `NotFound` if nothing is held there.
    """
    stopped = _open(store, n)
    collection = store.collection(stopped.collection_id)
    report = Round(collection.account_id, collection.id)
    with store.db.atomic() as conn:
        applier = Applier(conn, collection, report, clock.iso())
        for entry in stopped.entries:
            if _as_it_was(conn, entry):
                applier.missing(entry.href)
        held.settle(conn, n, "approved")
        if stopped.whole:
            _let_go(store, collection.id, collection.n)
        else:
            remotes.due_now(conn, collection.n)
    return report.pulled.delete


def _let_go(store: Store, collection_id: str, collection_n: int) -> None:
    """The collection is gone upstream: what was edited here since keeps it alive, and is made upstream anew."""
    conn = store.db.reader()
    if entries.after(conn, collection_n, "", 1):
        collection = store.collection(collection_id)
        remotes.set_remote(conn, collection_n, href=None, props={}, read_only=False)
        remotes.set_cursor(conn, collection_n, None)
        outbox.enqueue(
            conn, account_id=collection.account_id, collection_n=collection_n, entry_id=None, action="create"
        )
        remotes.due_now(conn, collection_n)
    else:
        shelf.remove(conn, store.collection(collection_id), origin=Origin.UPSTREAM, actor="", at=clock.iso())


def reject(store: Store, n: int) -> int:
    """Keep the entries of the held deletions number `n` and send them to the upstream again; how many they are."""
    stopped = _open(store, n)
    collection = store.collection(stopped.collection_id)
    kept = 0
    with store.db.atomic() as conn:
        for held_entry in stopped.entries:
            entry = entries.by_id(conn, held_entry.entry_id)
            if entry is None or not _as_it_was(conn, held_entry):
                continue
            links.drop(conn, entry.id)
            kept += 1
            outbox.drop_entry(conn, collection.n, entry.id)
            outbox.enqueue(
                conn,
                account_id=collection.account_id,
                collection_n=collection.n,
                entry_id=entry.id,
                action="create",
            )
        held.settle(conn, n, "rejected")
        if stopped.whole:
            remotes.set_remote(conn, collection.n, href=None, props={}, read_only=False)
            remotes.set_cursor(conn, collection.n, None)
            outbox.enqueue(
                conn, account_id=collection.account_id, collection_n=collection.n, entry_id=None, action="create"
            )
        remotes.due_now(conn, collection.n)
    return kept


def wake(store: Store, account_id: int) -> None:
    """A person signed in again or resumed the account: nothing of it waits for the end of a pause any longer."""
    with store.db.atomic() as conn:
        remotes.wake(conn, account_id)


def _as_it_was(conn: Connection, entry: HeldEntry) -> bool:
    """Whether the entry is still linked in the version whose deletion was held: not pushed or seen again since."""
    link = links.of_entry(conn, entry.entry_id)
    return link is not None and (link.href, link.version) == (entry.href, entry.version)


def _open(store: Store, n: int) -> Held:
    stopped = held.get(store.db.reader(), n)
    if stopped is None or stopped.state != "open":
        raise NotFound(f"no deletions are held under number {n}", hint="calharbor held lists them")
    return stopped
