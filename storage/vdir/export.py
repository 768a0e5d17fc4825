"""The mirror as a folder of files, kept up to date from the journal; read by khal, todoman, vim and anything like them.

Each collection is one vdir (https://vdirsyncer.pimutils.org/en/stable/vdir.html):

    {folder}/{account number}/{collection id}/{entry id}.ics      (.vcf for contacts), byte for byte the stored text
    {folder}/{account number}/{collection id}/displayname, color

No part of a path comes from a name that somebody chose. The export only writes: what people do to its files is not read
back, and is overwritten when the entry changes; files of other names are never touched. The truth is the database, and
`rebuild` makes the folder equal to it from any state.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from storage import ids
from storage.errors import CursorExpired, NotFound, StoreError
from storage.model import Change, Collection, Entry, Kind
from storage.store import Store
from storage.vdir.folder import Folder

CONSUMER = "vdir"
"""The name under which the journal knows how far the export has come."""

SUFFIXES = (".ics", ".vcf")
_DESCRIPTIONS = ("displayname", "color")
_CHUNK = 500
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def directory_of(root: Path, account_id: int, collection_id: str) -> Path:
    """Where a collection stands. Raises `StoreError` if its id is none that this program hands out."""
    return root / str(account_id) / _safe(collection_id)


def file_of(directory: Path, entry: Entry) -> Path:
    """Where an entry stands in its collection's directory."""
    return directory / (_safe(entry.id) + SUFFIXES[entry.kind is Kind.CONTACT])


class VdirExport:
    """Writes the folder; at most one at a time for a folder (the process that holds the sync lease).

    Every step can be repeated, and the cursor only moves when all before it is done: after a crash at any point the
    next `run` ends in the same folder.
    """

    def __init__(self, store: Store, folder: Path, *, fsync: bool = False) -> None:
        """`fsync`: see `Folder`."""
        self.store = store
        self.folder = Folder(folder, fsync=fsync)

    def run(self, *, limit: int = 1000) -> int:
        """Bring up to `limit` changes of the journal into the folder; how many there were, 0 when it is up to date.

        Writes everything anew where the folder is missing, belongs to another mirror, or the journal does not reach
        back to the last run. Raises `StoreFull`, `StoreError`.
        """
        if self.folder.owner() != self.store.id:
            return self.rebuild()
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

    def rebuild(self) -> int:
        """Make the folder equal to the mirror whatever it holds now; how many entries the mirror has.

        Only files that differ are written; of those that do not belong there only our own are removed.
        """
        head = self.store.head()
        count = 0
        directories = set()
        for collection in self.store.collections():
            directory = directory_of(self.folder.root, collection.account_id, collection.id)
            directories.add(directory)
            with suppress(NotFound):  # deleted meanwhile: its change comes after `head`
                count += self._write_all(directory, collection)
        for directory in self.folder.marked():
            if directory not in directories:
                self._forget(directory)
        self.folder.claim(self.store.id)
        self.store.advance(CONSUMER, head)
        return count

    def _bring(self, account_id: int, collection_id: str, entry_ids: list[str]) -> None:
        """Let these entries of a collection stand in the folder as they now are in the mirror."""
        directory = directory_of(self.folder.root, account_id, collection_id)
        try:
            collection = self.store.collection(collection_id)
        except NotFound:
            self._forget(directory)
            return
        self._describe(directory, collection)
        new = {entry_id for entry_id in entry_ids if not self._stands(directory, entry_id)}
        self.folder.note(directory, sorted(new))
        for entry_id in entry_ids:
            entry = self._entry(entry_id)
            if entry is not None and entry.collection_n == collection.n:
                self._write(directory, entry, new=entry_id in new)
            else:
                self._remove(directory, entry_id)

    def _write_all(self, directory: Path, collection: Collection) -> int:
        """A whole collection; how many entries it holds."""
        self._describe(directory, collection)
        before = self.folder.noted(directory)
        entries = self.store.iter_entries(collection.id)
        present: set[str] = set()
        while chunk := list(islice(entries, _CHUNK)):
            fresh = {entry.id for entry in chunk}
            self.folder.note(directory, sorted(fresh - before))
            for entry in chunk:
                self._write(directory, entry, new=entry.id not in before)
            present |= fresh
        for entry_id in before - present:
            self._remove(directory, entry_id)
        self.folder.renote(directory, present)
        return len(present)

    def _describe(self, directory: Path, collection: Collection) -> None:
        label = _CONTROLS.sub(" ", collection.name).strip()
        found = _COLOR.match(collection.color)
        # CalDAV clients write #RRGGBBAA; the last two digits have no place in a vdir.
        for name, value in zip(_DESCRIPTIONS, (label, found[0] if found else ""), strict=True):
            if value:
                self.folder.write(directory / name, value.encode(errors="replace"))
            else:
                self.folder.remove(directory / name)

    def _forget(self, directory: Path) -> None:
        """The collection is gone: remove its files, and its directory unless somebody else's files stand in it."""
        for entry_id in self.folder.noted(directory):
            self._remove(directory, entry_id)
        for name in _DESCRIPTIONS:
            self.folder.remove(directory / name)
        self.folder.leave(directory)

    def _write(self, directory: Path, entry: Entry, *, new: bool) -> None:
        (self.folder.put if new else self.folder.write)(file_of(directory, entry), entry.text.encode())

    def _remove(self, directory: Path, entry_id: str) -> None:
        for suffix in SUFFIXES:
            self.folder.remove(directory / (_safe(entry_id) + suffix))

    def _stands(self, directory: Path, entry_id: str) -> bool:
        return any((directory / (_safe(entry_id) + suffix)).exists() for suffix in SUFFIXES)

    def _entry(self, entry_id: str) -> Entry | None:
        try:
            return self.store.entry(entry_id)
        except NotFound:
            return None


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
