"""What a person decides about files that have gone: approve, and their entries go; reject, and the files come back."""

from pathlib import Path

from storage import local
from storage.admission import Wish
from storage.model import Origin
from storage.store import Store
from storage.tables import entries, held, vdir_files
from storage.tables.held import Held
from storage.vdir.export import directory_of

FOLDER = "vdir"
"""The name of the folder inside the data folder."""


def approve(store: Store, stopped: Held) -> int:
    """Delete the entries whose files are still missing; how many. One that was edited elsewhere since is kept."""
    collection = store.collection(stopped.collection_id)
    directory = directory_of(store.folder / FOLDER, collection.account_id, collection.id)
    deleted = 0
    with store.db.atomic() as conn:
        rows = vdir_files.of_entries(conn, collection.id, [each.entry_id for each in stopped.entries])
        for each in stopped.entries:
            entry = entries.by_id(conn, each.entry_id)
            if entry is None or entry.hash != each.version or Path(directory / each.href).exists():
                continue
            local.delete(conn, Wish(collection.id, entry.href, Origin.VDIR, if_match={each.version}))
            vdir_files.drop(conn, [rows[entry.id]] if entry.id in rows else [])
            deleted += 1
        _settle(store, stopped, "approved")
    return deleted


def reject(store: Store, stopped: Held) -> int:
    """Have the files written again; how many."""
    with store.db.atomic():
        _settle(store, stopped, "rejected")
    return len(stopped.entries)


def _settle(store: Store, stopped: Held, word: str) -> None:
    """Whatever is left of these files is written as its entry is."""
    conn = store.db.reader()
    held.settle(conn, stopped.n, word)
    vdir_files.set_state(conn, stopped.collection_id, [each.entry_id for each in stopped.entries], vdir_files.WRITE)
