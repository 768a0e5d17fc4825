"""What a person decides about held deletions: approve, and they happen; reject, and the upstream gets them back."""

from math import inf

from storage import clock, shelf
from storage.db import Connection
from storage.errors import NotFound
from storage.model import Collection, Origin
from storage.store import Store
from storage.sync.anew import send_anew
from storage.sync.apply import Applier
from storage.sync.report import Round
from storage.tables import entries, held, journal, links, outbox, quarantine, remotes
from storage.tables.held import Held, HeldEntry
from storage.vdir import stopped as gone_files
from storage.vdir.taking import ORIGIN


def approve(store: Store, n: int) -> int:
    """Carry out the held deletions number `n`; how many entries were deleted.

    An entry that was edited here since is not deleted: its edit wins and is created anew upstream. Where the whole
    collection had vanished, it goes as well, if nothing of it is left. Raises `NotFound` if nothing is held there.
    """
    stopped = _open(store, n)
    if stopped.origin == ORIGIN:
        return gone_files.approve(store, stopped)
    collection = store.collection(stopped.collection_id)
    report = Round(collection.account_id, collection.id)
    with store.db.atomic() as conn:
        begun = journal.head(conn)
        applier = Applier(conn, collection, report, clock.iso())
        for entry in stopped.entries:
            if _as_it_was(conn, entry):
                applier.missing(entry.href, at=stopped.at)
        held.settle(conn, n, "approved")
        if stopped.whole:
            _let_go(store, collection.id, collection.n)
        else:
            applier.readmit()
            remotes.due_now(conn, collection.n)
        journal.mark(conn, begun)
    return report.pulled.delete


def _let_go(store: Store, collection_id: str, collection_n: int) -> None:
    """The collection is gone upstream: what was edited here since keeps it alive, and is made upstream anew."""
    conn = store.db.reader()
    _without_upstream(conn, collection_n)
    if entries.after(conn, collection_n, "", 1):
        _make_anew(conn, store.collection(collection_id))
    else:
        outbox.drop_collection(conn, collection_n)
        shelf.remove(conn, store.collection(collection_id), origin=Origin.UPSTREAM, actor="", at=clock.iso())


def _without_upstream(conn: Connection, collection_n: int) -> None:
    """What was deleted here has nowhere left to be deleted from; what could not be read there is gone with it."""
    links.drop_collection(conn, collection_n)
    quarantine.drop_collection(conn, collection_n)
    for waiting in outbox.entries(conn, collection_n, inf):
        if waiting.action == "delete":
            outbox.drop(conn, waiting.n)


def _make_anew(conn: Connection, collection: Collection) -> None:
    """Let the upstream have the collection again, as a new one."""
    remotes.set_remote(conn, collection.n, href=None, props={}, read_only=False, schedules=False)
    remotes.set_cursor(conn, collection.n, None)
    outbox.enqueue(conn, account_id=collection.account_id, collection_n=collection.n, entry_id=None, action="create")
    remotes.due_now(conn, collection.n)


def reject(store: Store, n: int) -> int:
    """Keep the entries of the held deletions number `n` and send them to the upstream again; how many they are."""
    stopped = _open(store, n)
    if stopped.origin == ORIGIN:
        return gone_files.reject(store, stopped)
    collection = store.collection(stopped.collection_id)
    kept = 0
    with store.db.atomic() as conn:
        for held_entry in stopped.entries:
            entry = entries.by_id(conn, held_entry.entry_id)
            if entry is None or not _as_it_was(conn, held_entry):
                continue
            kept += 1
            send_anew(conn, collection, entry)
        held.settle(conn, n, "rejected")
        if stopped.whole:
            _without_upstream(conn, collection.n)
            _make_anew(conn, collection)
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
