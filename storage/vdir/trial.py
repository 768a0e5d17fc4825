"""What people did to files, taken into a copy of the mirror: every file is only read, and stays as it is."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from storage import clock
from storage.model import Collection
from storage.store import Store
from storage.tables import vdir_files
from storage.vdir.export import Job, VdirExport, directory_of
from storage.vdir.intake import Intake
from storage.vdir.plan import SETTLE
from storage.vdir.two_way import LONGEST


class Untouched(VdirExport):
    """Writes no file."""

    def settle(self, _collection: Collection, _jobs: Sequence[Job]) -> list[str]:
        """All is as if it had been written."""
        return []

    def describe(self, _collection: Collection) -> None:
        """All is as if it had been written."""


def take_in(copy: Store, root: Path, pause: Event | None = None) -> list[str]:
    """Let the copy become what the mirror would by the files in `root`; in words, what would be left as it is.

    Waits as the intake does for those who are just writing. Raises `StoreError` where the folder cannot be read.
    """
    export = Untouched(copy, root, keep=True)
    if not export.ours:
        if vdir_files.decided(copy.db.reader()):
            return []  # it is made anew
        if export.folder.owner():
            return [f"{root} is not the folder that this mirror last wrote: nothing in it is taken in"]
    before = _refused(copy, root)
    unfinished = _look(Intake(copy, export), pause or Event())
    refused = [f"{path}: {reason}" for path, reason in _refused(copy, root).items() if path not in before]
    being = [f"{root}/…/{collection_id}/{name}: somebody is writing there" for collection_id, name in unfinished]
    return [f"{each}; it would not be taken in" for each in (*refused, *being)]


def _refused(copy: Store, root: Path) -> dict[Path, str]:
    """Which files are left alone, and why."""
    rows = vdir_files.in_state(copy.db.reader(), vdir_files.REFUSED)
    return {directory_of(root, row.account_id, row.collection_id) / row.name: row.reason for row in rows}


def _look(intake: Intake, waiting: Event) -> list[tuple[str, str]]:
    """Look at all files, and again at those that have to be; those of which is not known yet what becomes of them."""
    store = intake.store
    with store.db.atomic() as conn:
        for _account, collection_id in vdir_files.collections(conn):
            vdir_files.retry(conn, collection_id)
    places: dict[str, set[str] | None] = {collection.id: None for collection in store.collections()}
    until = clock.timestamp() + LONGEST
    while places and clock.timestamp() <= until:
        intake.look(places)
        left, intake.export.left = intake.export.left, set()
        if not left and intake.patience.waiting():
            waiting.wait(SETTLE / 2)
        again: dict[str, set[str]] = {}
        for collection_id, name in (*left, *intake.patience.waiting()):
            again.setdefault(collection_id, set()).add(name)
        places = dict(again)
    return intake.patience.waiting()
