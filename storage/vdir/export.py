"""The mirror as a folder of files, kept up to date from the journal; for khal, todoman, vim and anything like them.

Each collection is one vdir (https://vdirsyncer.pimutils.org/en/stable/vdir.html):

    {folder}/{account number}/{collection id}/{entry id}.ics      (.vcf for contacts), byte for byte the stored text
    {folder}/{account number}/{collection id}/displayname, color

No part of a path comes from a name that somebody chose; a file that somebody made here keeps the name they gave it, and
files of other names are never touched. This is the way out of the mirror; the way in is `storage/vdir/intake.py`.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from storage import ids
from storage.db import Connection
from storage.errors import CursorExpired, InvalidData, NotFound, StoreError
from storage.model import Change, Collection, Entry, Kind
from storage.store import Store
from storage.tables import meta, vdir_files
from storage.tables.vdir_files import Stat, VdirFile
from storage.vdir.folder import WHATEVER, Expected, Folder

CONSUMER = "vdir"
"""The name under which the journal knows how far the export has come."""

_MARK = "vdir_mark"
"""Under this name the mirror keeps what the mark of its folder says."""

SUFFIXES = (".ics", ".vcf")
DESCRIPTIONS = ("displayname", "color")
_CHUNK = 500
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def directory_of(root: Path, account_id: int, collection_id: str) -> Path:
    """Where a collection stands. Raises `StoreError` if its id is none that this program hands out."""
    return root / str(account_id) / _safe(collection_id)


def file_of(directory: Path, entry: Entry) -> Path:
    """Where an entry stands in its collection's directory, unless somebody has given its file another name."""
    return directory / name_of(entry)


def name_of(entry: Entry) -> str:
    """The name that we give to an entry's file."""
    return _safe(entry.id) + SUFFIXES[entry.kind is Kind.CONTACT]


def descriptions(collection: Collection) -> dict[str, bytes]:
    """What `displayname` and `color` of a collection hold; nothing: there is no such file."""
    label = _CONTROLS.sub(" ", collection.name).strip()
    found = _COLOR.match(collection.color)
    # CalDAV clients write #RRGGBBAA; the last two digits have no place in a vdir.
    return {"displayname": label.encode(errors="replace"), "color": (found[0] if found else "").encode()}


class Job(NamedTuple):
    """A file to be made what its entry is (None: to go), if it still is what is expected."""

    name: str
    entry: Entry | None
    expected: Expected


class VdirExport:
    """Writes the folder; at most one at a time for a folder (the process that holds the sync lease).

    `keep`: files that somebody has changed are left to the intake (`left`); without, they are overwritten. Every step
    can be repeated, and the cursor only moves when all before it is done: after a crash at any point the next `run`
    ends in the same folder.
    """

    def __init__(self, store: Store, folder: Path, *, fsync: bool = False, keep: bool = False) -> None:
        """`fsync`: see `Folder`."""
        self.store = store
        self.folder = Folder(folder, fsync=fsync)
        self.keep = keep
        self.left: set[tuple[str, str]] = set()
        """Collection and name of the files that the intake has to look at before we may write them."""

    def run(self, *, limit: int = 1000) -> int:
        """Bring up to `limit` changes of the journal into the folder; how many there were, 0 when it is up to date.

        Writes everything anew where the folder is missing, belongs to another mirror, or the journal does not reach
        back to the last run. Raises `StoreFull`, `StoreError`.
        """
        if not self.keep and not self.ours:
            return self.begin()
        try:
            changes = self.store.changes(self.store.position(CONSUMER), limit=limit)
        except CursorExpired:
            return self.rebuild()
        if not changes:
            return 0
        for (account_id, collection_id), entry_ids in _by_collection(changes).items():
            self._bring(account_id, collection_id, entry_ids)
        self.store.advance(CONSUMER, changes[-1].seq)
        return len(changes)

    @property
    def ours(self) -> bool:
        """Whether the folder is the very one that was last begun: no other mirror's, nor an old copy of this one's."""
        mark = meta.get(self.store.db.reader(), _MARK)
        return bool(mark) and self.folder.owner() == mark

    def mark(self) -> None:
        """Mark the folder as the one that was last begun."""
        self.folder.claim(meta.get(self.store.db.reader(), _MARK) or "")

    def begin(self) -> int:
        """Take a folder of which nothing is known, and write everything; one that is another's is put aside before."""
        if before := self.folder.owner():
            self.folder.put_aside(f"{self.folder.root.name}-of-{before.split()[0][-8:]}")
        mark = f"{self.store.id} {ids.new_id()[-8:]}"
        with self.store.db.atomic() as conn:
            vdir_files.drop_all(conn)
            meta.put(conn, _MARK, mark)
            self.store.advance(CONSUMER, 0)  # should this end here, the journal is read from its beginning
        self.mark()
        return self.rebuild()

    def rebuild(self) -> int:
        """Make the folder equal to the mirror whatever it holds now; how many entries the mirror has.

        Only files that differ are written; of those that do not belong there only our own are removed.
        """
        head = self.store.head()
        count = 0
        present = set()
        for collection in self.store.collections():
            present.add(collection.id)
            with suppress(NotFound):  # deleted meanwhile: its change comes after `head`
                count += self._write_all(collection)
        for account_id, collection_id in vdir_files.collections(self.store.db.reader()):
            if collection_id not in present:
                self._forget(account_id, collection_id)
        self.store.advance(CONSUMER, head)
        return count

    def settle(self, collection: Collection, jobs: Sequence[Job]) -> list[str]:
        """Write and remove files, and remember how they look now; the names of those that are not as expected."""
        directory = directory_of(self.folder.root, collection.account_id, collection.id)
        kept: list[VdirFile] = []
        gone: list[str] = []
        touched: list[str] = []
        if self.folder.strange(directory):
            jobs, touched = [], [job.name for job in jobs]
        for job in jobs:
            path = directory / job.name
            if job.entry is None:
                (gone if self.folder.remove(path, job.expected) else touched).append(job.name)
                continue
            stat = self._written(path, job.entry.text.encode(), job.expected)
            if stat is None:
                touched.append(job.name)
            else:
                place = collection.id, job.name, collection.account_id
                kept.append(VdirFile(*place, job.entry.id, job.entry.hash, stat))
        if kept or gone:
            with self.store.db.atomic() as conn:
                vdir_files.drop(conn, vdir_files.named(conn, collection.id, gone).values())
                vdir_files.put(conn, kept)
        return touched

    def describe(self, collection: Collection) -> None:
        """Let `displayname` and `color` say what the collection is called; where somebody changed them, not yet."""
        known = vdir_files.named(self.store.db.reader(), collection.id, DESCRIPTIONS)
        directory = directory_of(self.folder.root, collection.account_id, collection.id)
        for name, data in descriptions(collection).items():
            row = known.get(name)
            if (row.hash if row else "") == hash_of(data):
                continue
            expected = self._expected(row)
            if data:
                stat = self._written(directory / name, data, expected)
                done = stat is not None
            else:
                stat, done = None, self.folder.remove(directory / name, expected)
            if not done:
                self.left.add((collection.id, name))
                continue
            with self.store.db.atomic() as conn:
                if data:
                    row = VdirFile(collection.id, name, collection.account_id, "", hash_of(data), stat)
                    vdir_files.put(conn, [row])
                elif row:
                    vdir_files.drop(conn, [row])

    def _bring(self, account_id: int, collection_id: str, entry_ids: Sequence[str]) -> None:
        """Let these entries of a collection stand in the folder as they now are in the mirror."""
        try:
            collection = self.store.collection(collection_id)
        except NotFound:
            self._forget(account_id, collection_id)
            return
        self.describe(collection)
        found = [self._entry(entry_id) for entry_id in entry_ids]
        here = [entry for entry in found if entry is not None and entry.collection_n == collection.n]
        known = vdir_files.of_entries(self.store.db.reader(), collection.id, entry_ids)
        self._settle_or_leave(collection, here, known)

    def _settle_or_leave(self, collection: Collection, here: Sequence[Entry], known: dict[str, VdirFile]) -> None:
        """Write entries, and remove the files of those (of the rows `known`) that are not among them."""
        jobs = []
        names = [name_of(entry) for entry in here if entry.id not in known]
        rows = vdir_files.named(self.store.db.reader(), collection.id, names)
        for entry in here:
            row = known.pop(entry.id, None)
            if row is None:
                name, other = name_of(entry), rows.get(name_of(entry))
                if other and other.entry_id:  # a file in which somebody put another entry, while this one was away
                    name = f"{ids.new_id()}{Path(name).suffix}"
                jobs.append(Job(name, entry, None if self.keep else WHATEVER))
            elif row.state and self.keep:
                self.left.add((collection.id, row.name))
            elif row.hash != entry.hash or not self.keep:
                jobs.append(Job(row.name, entry, self._expected(row)))
        for row in known.values():
            if row.state and self.keep:
                self.left.add((collection.id, row.name))
            else:
                jobs.append(Job(row.name, None, self._expected(row)))
        self.leave(collection, jobs, self.settle(collection, jobs))

    def leave(self, collection: Collection, jobs: Sequence[Job], touched: Sequence[str]) -> None:
        """Have files looked at that were not as expected; what was never written stays noted as to be written."""
        self.left.update((collection.id, name) for name in touched)
        new = {job.name: job.entry for job in jobs if job.entry is not None and job.expected is None}
        rows = [
            VdirFile(collection.id, name, collection.account_id, entry.id, "", None, vdir_files.WRITE)
            for name in touched
            if (entry := new.get(name)) is not None
        ]
        if rows:
            with self.store.db.atomic() as conn:
                vdir_files.put(conn, rows)

    def heal(self) -> int:
        """Write the entries of which no file is known, however that came about; how many they are."""
        missing: dict[str, list[str]] = {}
        for collection_id, entry_id in vdir_files.without_file(self.store.db.reader()):
            missing.setdefault(collection_id, []).append(entry_id)
        for collection_id, entry_ids in missing.items():
            with suppress(NotFound):
                self._bring(self.store.collection(collection_id).account_id, collection_id, entry_ids)
        return sum(map(len, missing.values()))

    def _write_all(self, collection: Collection) -> int:
        """A whole collection; how many entries it holds."""
        self.describe(collection)
        known = {row.entry_id: row for row in vdir_files.of_collection(self.store.db.reader(), collection.id).values()}
        known.pop("", None)
        entries = self.store.iter_entries(collection.id)
        count = 0
        while chunk := list(islice(entries, _CHUNK)):
            count += len(chunk)
            mine = {entry.id: known.pop(entry.id) for entry in chunk if entry.id in known}
            self._settle_or_leave(collection, chunk, mine)
        self._settle_or_leave(collection, [], known)
        return count

    def _forget(self, account_id: int, collection_id: str) -> None:
        """The collection is gone: remove its files, and its directory unless somebody else's files stand in it.

        What somebody has changed, or made, stays where it is: there is nothing that it could be an edit of.
        """
        directory = directory_of(self.folder.root, account_id, collection_id)
        rows = vdir_files.of_collection(self.store.db.reader(), collection_id).values()
        for row in rows:
            if row.hash and row.state != vdir_files.REFUSED:
                self.folder.remove(directory / row.name, self._expected(row))
        with self.store.db.atomic() as conn:
            vdir_files.drop(conn, rows)
        self.folder.leave(directory)

    def _expected(self, row: VdirFile | None) -> Expected:
        if not self.keep:
            return WHATEVER
        return row.stat if row else None

    def _written(self, path: Path, data: bytes, expected: Expected) -> Stat | None:
        """As `Folder.put`; a file that holds this already is not written."""
        if expected is WHATEVER and (same := self._standing(path, data)):
            return same
        return self.folder.put(path, data, expected) or (self._standing(path, data) if expected is None else None)

    def _standing(self, path: Path, data: bytes) -> Stat | None:
        """How the file looks, if it holds just this."""
        with suppress(StoreError, InvalidData):
            if (there := self.folder.read(path)) is not None and there[0] == data:
                return there[1]
        return None

    def _entry(self, entry_id: str) -> Entry | None:
        try:
            return self.store.entry(entry_id)
        except NotFound:
            return None


def forget_mark(conn: Connection) -> None:
    """No folder is this mirror's any more, in the caller's transaction."""
    meta.put(conn, _MARK, "")


def hash_of(data: bytes) -> str:
    """The hash of what a file holds; "" for nothing."""
    return ids.bytes_hash(data) if data else ""


def _by_collection(changes: Iterable[Change]) -> dict[tuple[int, str], list[str]]:
    """The entries that changed, each once, by account and collection; a collection's own changes name no entry."""
    found: dict[tuple[int, str], dict[str, None]] = {}
    for change in changes:
        touched = found.setdefault((change.account_id, change.collection), {})
        if change.entry:
            touched[change.entry] = None
    return {place: list(touched) for place, touched in found.items()}


def _safe(public_id: str) -> str:
    if not ids.is_public_id(public_id):
        raise StoreError(f"{public_id[:80]!r} is no id of this mirror", hint="run `calharbor verify`")
    return public_id
