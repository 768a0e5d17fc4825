"""The folder and the mirror in step, both ways: what people did to files goes in first, then what changed comes out."""

import logging
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from storage import clock
from storage.errors import InvalidData, StoreError
from storage.store import Store
from storage.tables import vdir_files
from storage.vdir.export import VdirExport, directory_of
from storage.vdir.intake import Intake
from storage.vdir.plan import SETTLE

if TYPE_CHECKING:
    from storage.vdir.watch import Watch

OVER_ALL = 60.0
"""Seconds between two looks over every file, where the system says what changes; each costs a `stat` of every file."""

UNWATCHED = 5.0
"""The same where it does not."""

LONGEST = 10.0
"""Seconds for which a command waits for somebody who goes on writing."""

LATER = 5.0
"""Seconds before another try where the disk said no."""

log = logging.getLogger("calharbor.vdir")


class TwoWay:
    """Keeps one folder; in the process that holds the sync lease, from one thread at a time."""

    def __init__(self, store: Store, root: Path, *, watch: "Watch | None" = None, intake: Intake | None = None) -> None:
        """`watch`: for a server, which goes on; without, `finish` does it once. `intake`: one that is watched over."""
        self.store = store
        self.intake = intake or Intake(store, VdirExport(store, root, keep=True))
        self.export = self.intake.export
        self.watch = watch
        self._looked = 0.0
        self._first = True
        self._trouble = ""
        self._not_before = 0.0

    def run(self) -> int:
        """One piece of the work; how much it was, 0 when there is nothing to do now. For loops that must not die:
        what the disk refuses is logged, once, and tried again later.
        """
        if clock.timestamp() < self._not_before:
            return 0
        try:
            done = self.step()
        except StoreError as error:
            if error.message != self._trouble:
                log.warning("%s; %s", error.message, error.hint)
            self._trouble, self._not_before = error.message, clock.timestamp() + LATER
            return 0
        self._trouble = ""
        return done

    def finish(self, pause: Event | None = None, *, anew: bool = True) -> None:
        """Work until nothing is left to do, with the patience that files need which are just being written.

        `anew`: every file is looked at, however lately that was done. What is still being written after `LONGEST`
        seconds is left for another time. Raises `StoreError`.
        """
        waiting = pause or Event()
        if anew:
            self._looked = 0.0
        until = clock.timestamp() + LONGEST
        while True:
            while self.step():
                pass
            if not (self.intake.patience.waiting() or self.export.left) or clock.timestamp() > until:
                return
            waiting.wait(SETTLE / 2)

    def step(self) -> int:
        """As `run`; raises `StoreError`. What that leaves half done is found by the next step, as after a crash."""
        try:
            return self._step()
        except StoreError:
            self._first, self._looked = True, 0.0
            raise

    def _step(self) -> int:
        if not self.export.ours:
            return self._claim()
        done = self.intake.look(self._places())
        exported = self.export.run()
        if self._first and not exported:
            self._first = False
            exported = self.export.heal()
        return done + exported

    def _claim(self) -> int:
        """The folder is missing, empty, or not the one that was last written.

        The first time, and when a person has decided about everything that was in it, it is (re)made. Else what was in
        it counts as deleted, which the brake stops; nothing is written meanwhile, as it may be a disk that is away.
        """
        if vdir_files.decided(self.store.db.reader()):
            count = self.export.begin()
            return max(count, 1)
        if not self.export.folder.owner() and self._recognised():
            self.export.mark()
            return 1
        if self.export.folder.owner():
            raise StoreError(
                f"{self.export.folder.root} is not the folder that this mirror last wrote",
                hint="put that one back, or move this one away",
            )
        return self.intake.look(self._places())

    def _recognised(self) -> bool:
        """Whether any file stands there as we last saw it, so that only the mark is missing."""
        conn = self.store.db.reader()
        for account_id, collection_id in vdir_files.collections(conn):
            directory = directory_of(self.export.folder.root, account_id, collection_id)
            for row in vdir_files.of_collection(conn, collection_id).values():
                with suppress(InvalidData):
                    if row.stat is not None and self.export.folder.stat(directory / row.name) == row.stat:
                        return True
        return False

    def _places(self) -> dict[str, set[str] | None]:
        """Where to look now."""
        places: dict[str, set[str] | None] = {}
        if self._over_all():
            if self._first:
                with self.store.db.atomic() as conn:
                    for _account, collection_id in vdir_files.collections(conn):
                        vdir_files.retry(conn, collection_id)
            places = {collection.id: None for collection in self.store.collections()}
        left, self.export.left = self.export.left, set()
        wanted = [row[:2] for row in vdir_files.in_state(self.store.db.reader(), vdir_files.WRITE)]
        for collection_id, name in (*left, *wanted, *self.intake.patience.waiting(), *self._heard()):
            names = places.setdefault(collection_id, set())
            if names is not None:
                names.add(name)
        return places

    def _heard(self) -> list[tuple[str, str]]:
        """The files about which the system said something."""
        if self.watch is None:
            return []
        paths, everything = self.watch.changed()
        found = []
        for path in paths:
            parts = path.relative_to(self.watch.root).parts if path.is_relative_to(self.watch.root) else ()
            if len(parts) == 3:
                found.append((parts[1], parts[2]))
            else:
                everything = everything or len(parts) in (1, 2)
        if everything:
            self._looked = 0.0
        return found

    def _over_all(self) -> bool:
        """Whether the look over everything is due."""
        watched = self.watch is not None and self.watch.begin()
        now = clock.timestamp()
        every = OVER_ALL if watched or self.watch is None else UNWATCHED
        if now - self._looked < every and now >= self._looked:
            return False
        self._looked = now
        return True
