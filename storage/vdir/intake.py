"""The way into the mirror: what people and their programs did to the files, found by comparing with what they were.

Nothing is believed but what the disk shows now beside what was last agreed, so it does not matter who noticed a change,
whether anything was running when it was made, or how often it is looked at. Files that begin with a dot, or end neither
in `.ics` nor in `.vcf`, are nobody's business: editors keep what they have not finished in such.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from storage import ids
from storage.content import decode, read
from storage.db import Connection
from storage.errors import InvalidData, NotFound
from storage.model import Collection, CollectionKind, Origin
from storage.store import Store
from storage.sync import policy
from storage.tables import entries, vdir_files
from storage.tables.vdir_files import VdirFile
from storage.vdir.export import DESCRIPTIONS, SUFFIXES, Job, VdirExport, descriptions, directory_of, hash_of
from storage.vdir.patience import Patience
from storage.vdir.plan import Step, decide
from storage.vdir.taking import Found, Reading, Taken, Taker

BATCH = 100
"""So many files become entries in one transaction."""

LONGEST_LABEL = 250
"""Characters that the name of a collection may have."""

COLOR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")

Places = Mapping[str, set[str] | None]
"""Where to look: by collection's id the names of files, None for all of them."""


class Intake:
    """Looks at files and takes in what they say; never from two threads at once."""

    def __init__(self, store: Store, export: VdirExport) -> None:
        self.store = store
        self.export = export
        self.folder = export.folder
        self.patience = Patience()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The transaction in which files become entries; who watches over that overrides it."""
        with self.store.db.atomic() as conn:
            yield conn

    def look(self, places: Places) -> int:
        """Bring what has changed there into the mirror; how many changes that made. Raises `StoreFull`, `StoreError`.

        What is being written at this moment is left for the next look: `patience.waiting()`.
        """
        found: list[Found] = []
        for collection_id, names in places.items():
            with suppress(NotFound):
                found += self._differing(self.store.collection(collection_id), names)
        count = sum(self._describe(each) for each in found if each.name in DESCRIPTIONS and self._ready(each))
        found = [each for each in found if each.name not in DESCRIPTIONS]
        vanished = self._vanished(found)
        present = [each for each in found if each.stat is not None or each.reason]
        present = [each for each in present if self._ready(each)]
        for start in range(0, len(present), BATCH):
            count += self._take(present[start : start + BATCH], vanished)
        return count + self._gone([each for several in vanished.values() for each in several])

    # -- looking ------------------------------------------------------------------------------------------------------

    def _differing(self, collection: Collection, names: set[str] | None) -> Iterator[Found]:
        """The files that are not as they were when they were last looked at."""
        conn = self.store.db.reader()
        directory = directory_of(self.folder.root, collection.account_id, collection.id)
        if self.folder.strange(directory):
            return  # `strangers` of storage/vdir/compare.py says so
        if names is None:
            names = self._touched(collection, directory)
        wanted = sorted(filter(_relevant, names))
        rows = vdir_files.named(conn, collection.id, wanted)
        moved = _moved(directory)
        for name in wanted:
            if name in DESCRIPTIONS and not directory.exists():
                continue
            row, stat, reason = rows.get(name), None, ""
            try:
                stat = self.folder.stat(directory / name)
            except InvalidData as error:
                reason = error.message
            found = Found(collection, name, row, stat, stat.mtime / 1e9 if stat else moved, reason)
            if _same(found):
                self.patience.forget(found.place)
            else:
                yield found

    def _touched(self, collection: Collection, directory: Path) -> set[str]:
        """The files of a collection that are not as they were, new and missing ones, and those that are waited for.

        Two sets compared as a whole, since nearly always nearly every file is as it was.
        """
        looked = self.folder.looks(directory) ^ vdir_files.looks(self.store.db.reader(), collection.id)
        waiting = {name for place, name in self.patience.waiting() if place == collection.id}
        return waiting.union(name for name, *_stat in looked)

    def _ready(self, found: Found) -> bool:
        return self.patience.ready(found.place, found.stat, found.changed)

    def _vanished(self, found: Sequence[Found]) -> dict[str, list[Found]]:
        """The missing files of entries, by UID; those of no entry are forgotten."""
        conn = self.store.db.reader()
        vanished: dict[str, list[Found]] = {}
        unlinked = []
        for each in found:
            if each.stat is not None or each.reason:
                continue
            if each.row is not None and each.linked:
                entry = entries.by_id(conn, each.row.entry_id)
                vanished.setdefault(entry.uid if entry else "", []).append(each)
            else:
                unlinked.append(each)
        for each in unlinked:
            self.patience.forget(each.place)
        if unlinked:
            with self.store.db.atomic() as conn:
                vdir_files.drop(conn, [each.row for each in unlinked if each.row])
        return vanished

    # -- files that are there -----------------------------------------------------------------------------------------

    def _take(self, batch: Sequence[Found], vanished: dict[str, list[Found]]) -> int:
        """Read some files, and take in what they say in one transaction."""
        readings = [reading for each in batch if (reading := self._read(each)) is not None]
        with self.writing() as conn:
            taker = Taker(self.store, conn, vanished)
            taker.part(readings)
            for reading in readings:
                taker.present(reading)
            done = taker.finish()
        for reading in readings:
            self.patience.forget(reading.found.place)
        self._export(done)
        return done.count

    def _read(self, found: Found) -> Reading | None:
        """What a file says; None where somebody is at it again."""
        if found.reason:
            return Reading(found, reason=found.reason)
        path = directory_of(self.folder.root, found.collection.account_id, found.collection.id) / found.name
        try:
            if (there := self.folder.read(path)) is None or there[1] != found.stat:
                return None
            data, _stat = there
            if found.row is not None and found.row.entry_id and ids.bytes_hash(data) == found.row.hash:
                return Reading(found, found.row.hash)
            text = decode(data)
            if not text.strip():
                return Reading(found, reason="it is empty")
            _refuse_suffix(found)
            return Reading(found, ids.bytes_hash(data), text, read(text, found.collection.kind))
        except InvalidData as error:
            return Reading(found, reason=f"{error.message}; {error.hint}" if error.hint else error.message)

    # -- files that are gone ------------------------------------------------------------------------------------------

    def _gone(self, missing: Sequence[Found]) -> int:
        """Delete the entries of missing files, under the brake, once all that is going has gone."""
        by_collection: dict[str, list[Found]] = {}
        for each in missing:
            by_collection.setdefault(each.collection.id, []).append(each)
        count = 0
        for several in by_collection.values():
            ready = [self._ready(each) for each in several]  # each is asked, so that it is watched from now on
            if all(ready):
                count += self._delete(several[0].collection, several)
        return count

    def _delete(self, collection: Collection, missing: Sequence[Found]) -> int:
        directory = directory_of(self.folder.root, collection.account_id, collection.id)
        with self.writing() as conn:
            taker = Taker(self.store, conn, {})
            deleted = [(each, entry) for each in missing if (entry := taker.gone(each)) is not None]
            verdict = policy.judge_deletions(
                len(deleted),
                vdir_files.standing(conn, collection.id),
                explicit=directory.is_dir(),
                lister=f"the folder of {collection.name!r}",
            )
            if verdict.allowed:
                for each, entry in deleted:
                    taker.delete(each, entry)
                if deleted:  # what had the UID of one of these may come in now
                    taker.done.again += [(collection.id, name) for name in vdir_files.retry(conn, collection.id)]
            else:
                taker.hold(collection, deleted, verdict.reason)
            done = taker.finish()
        for each in missing:
            self.patience.forget(each.place)
        self._export(done)
        return done.count

    # -- what follows -------------------------------------------------------------------------------------------------

    def _export(self, done: Taken) -> None:
        """Write the files that have to become what their entries are; whoever is at one of them is looked at again."""
        self.export.left.update(done.again)
        if not self.export.ours:
            return  # nothing is written into a folder that may be another's
        jobs: dict[str, tuple[Collection, list[Job]]] = {}
        for collection, job in done.jobs:
            jobs.setdefault(collection.id, (collection, []))[1].append(job)
        for collection, several in jobs.values():
            # Where files were missing, more may be.
            self.export.left.update((collection.id, name) for name in DESCRIPTIONS)
            self.export.leave(collection, several, self.export.settle(collection, several))

    def _describe(self, found: Found) -> int:
        """`displayname` or `color` was changed; whether that changed the collection.

        Where the mirror's changed as well, it stays; a name that is missing is written again.
        """
        collection = found.collection
        directory = directory_of(self.folder.root, collection.account_id, collection.id)
        there = self.folder.read(directory / found.name) if found.stat else None
        data = there[0] if there else b""
        agreed = found.row.hash if found.row else ""
        edits = {}
        if decide(agreed, hash_of(data), hash_of(descriptions(collection)[found.name])) is Step.TAKE:
            # With the name gone as well, it is the folder that was emptied.
            whole = (directory / "displayname").exists()
            edits = _edits(found.name, data) if whole else {}
        with self.writing() as conn:
            if found.stat:
                row = VdirFile(collection.id, found.name, collection.account_id, "", hash_of(data), found.stat)
                vdir_files.put(conn, [row])
            elif found.row:
                vdir_files.drop(conn, [found.row])
            if edits:
                name, color = edits.get("name"), edits.get("color")
                self.store.update_collection(collection.id, name=name, color=color, origin=Origin.VDIR)
        self.patience.forget(found.place)
        if self.export.ours:
            self.export.describe(self.store.collection(collection.id))
        return len(edits)


def _edits(name: str, data: bytes) -> dict[str, str]:
    """What the new content of `displayname` or `color` sets; nothing where it cannot be understood."""
    text = data.decode(errors="replace").strip()
    if name == "displayname":
        return {"name": text} if text and len(text) <= LONGEST_LABEL else {}
    return {"color": text} if not text or COLOR.fullmatch(text) else {}


def _same(found: Found) -> bool:
    """Whether nothing has become of a file since it was last looked at."""
    row = found.row
    if row is None or found.stat is None:
        return (row is None and found.stat is None and not found.reason) or _refused(found)
    return row.stat == found.stat and row.state not in (vdir_files.WRITE, vdir_files.HELD)


def _refused(found: Found) -> bool:
    """Whether it is what it was refused for."""
    row = found.row
    return row is not None and row.state == vdir_files.REFUSED and bool(found.reason) and found.reason == row.reason


def _relevant(name: str) -> bool:
    """Whether a file of this name is an entry's, or says what the collection is called."""
    if name.startswith(".") or not _speakable(name):
        return False
    return name in DESCRIPTIONS or name.lower().endswith(SUFFIXES)


def _speakable(name: str) -> bool:
    """Whether a name is text; on disks it need not be."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_suffix(found: Found) -> None:
    """Raises `InvalidData` for a card among events, or the other way round."""
    wanted = SUFFIXES[found.collection.kind is CollectionKind.CONTACTS]
    if not found.name.lower().endswith(wanted):
        raise InvalidData(f"{found.collection.name!r} holds {wanted} files", hint="put it into another folder")


def _moved(directory: Path) -> float:
    """When something last came into a directory or went out of it; never, for one that is not there."""
    try:
        return directory.stat().st_mtime
    except OSError:
        return float("inf")
