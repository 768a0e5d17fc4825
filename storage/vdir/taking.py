"""What one file in the folder means for its entry, done in the caller's transaction: entry, inbox and row together.

An edit goes the way of any client's write (`storage/local.py`), with the origin `vdir`: checked, journaled, noted for
the upstream. Where the entry has changed meanwhile, both edits are merged; where they clash, the mirror's is live and
the file's text is kept in the inbox.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import PurePosixPath

from storage import clock, ids, local
from storage.admission import Wish
from storage.content import Content, read, same
from storage.db import Connection
from storage.errors import CalHarborError, NotFound, ReadOnly, StoreBusy, StoreFull
from storage.ical.differences import Difference
from storage.model import Collection, Entry, Origin
from storage.scheduling import people
from storage.store import Store
from storage.sync.merge import merge
from storage.tables import conflicts, entries, held, revisions, vdir_files
from storage.tables.held import HeldEntry
from storage.tables.vdir_files import Stat, VdirFile
from storage.vdir.export import Job, name_of
from storage.vdir.plan import Step, decide

ORIGIN = "vdir"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is not as it was last seen, or not there any more (`stat` None); `changed`: when, says the disk."""

    collection: Collection
    name: str
    row: VdirFile | None
    stat: Stat | None
    changed: float
    reason: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Its collection's id and its name."""
        return self.collection.id, self.name

    @property
    def linked(self) -> bool:
        """Whether it is, or was, the file of an entry."""
        return self.row is not None and bool(self.row.entry_id)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that has been read: its bytes' hash, its text and what that says; or why that cannot be an entry."""

    found: Found
    hash: str = ""
    text: str = ""
    content: Content | None = None
    reason: str = ""


@dataclass(slots=True)
class Taken:
    """What a transaction has done: rows to write and to forget, files for the export to write, and for the next look;
    `count`: how many changes that made.
    """

    rows: list[VdirFile] = field(default_factory=list)
    dropped: list[VdirFile] = field(default_factory=list)
    jobs: list[tuple[Collection, Job]] = field(default_factory=list)
    again: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0


class Taker:
    """The steps, inside one transaction. `vanished`: by UID, the files of entries that are missing, for renames."""

    def __init__(self, store: Store, conn: Connection, vanished: dict[str, list[Found]]) -> None:
        self.store = store
        self.conn = conn
        self.vanished = vanished
        self.parted: set[tuple[str, str]] = set()
        self.done = Taken()

    def finish(self) -> Taken:
        """Write the rows; the last step of the transaction."""
        vdir_files.drop(self.conn, self.done.dropped)
        vdir_files.put(self.conn, self.done.rows)
        return self.done

    # -- files that are there -----------------------------------------------------------------------------------------

    def part(self, readings: Sequence[Reading]) -> None:
        """Before anything else: find the files in which another entry stands by now.

        To the entry that stood there it is as if its file were missing; perhaps it has only changed its name.
        """
        for one in readings:
            entry, _agreed = self._entry_of(one.found)
            if entry is None or one.content is None or ids.real_uid(entry.uid) in ("", one.content.uid):
                continue
            row = one.found.row
            if row is None:
                continue
            lost = row._replace(name=name_of(entry) if row.name != name_of(entry) else f"former-{row.name}")
            self.done.rows.append(lost)
            self.done.again.append((lost.collection_id, lost.name))
            found = replace(one.found, name=lost.name, row=lost, stat=None)
            self.vanished.setdefault(entry.uid, []).append(found)
            self.parted.add(one.found.place)
        vdir_files.put(self.conn, self.done.rows)

    def present(self, one: Reading) -> None:
        """Do what a file means."""
        found, row = one.found, one.found.row
        if row is not None and row.state == vdir_files.HELD:
            held.release(self.conn, found.collection.n, [row.name], origin=ORIGIN)
        if one.reason:
            self._refuse(one, one.reason)
            return
        entry, agreed = self._entry_of(found)
        if found.place in self.parted or (entry is None and agreed == ""):
            self._unknown(one)
        else:
            self._known(one, entry, agreed)

    def _entry_of(self, found: Found) -> tuple[Entry | None, str]:
        """The living entry of a file, and the hash that both had. A file under the name that we give may be ours."""
        row = found.row
        entry_id = row.entry_id if row and row.entry_id else PurePosixPath(found.name).stem
        if row is None and vdir_files.of_entries(self.conn, found.collection.id, [entry_id]):
            return None, ""
        entry = entries.by_id(self.conn, entry_id) if ids.is_public_id(entry_id) else None
        here = entry if entry and entry.collection_n == found.collection.n else None
        return here, row.hash if row and row.entry_id else ""

    def _known(self, one: Reading, entry: Entry | None, agreed: str) -> None:
        match decide(agreed, one.hash, entry.hash if entry else ""):
            case Step.AGREE if entry:
                self._agree(one, entry)
            case Step.EXPORT:
                self._export(one, entry)
            case Step.TAKE:
                self._put(one, entry, agreed)
            case _ if self._ours(one, entry, agreed):
                self._export(one, entry)
            case _ if entry is None:
                self._inbox(one.found.collection, None, one.text, one.found, "delete", _REVIVED)
                self._put(one, None)
            case _:
                self._both(one, entry, agreed)

    def _both(self, one: Reading, entry: Entry, agreed: str) -> None:
        """Edited on both sides: both edits live; where they clash, the mirror's does, and the file's text is kept."""
        base = self._base(entry, agreed)
        me = frozenset(people.addresses(self.conn, one.found.collection.user))
        merged = merge(base, one.text, entry.text, me=me)
        if merged.clashes or (merged.whole and not same(one.text, entry.text)):
            clashes = None if merged.whole else merged.clashes
            self._inbox(one.found.collection, entry, one.text, one.found, "edit", _EDITED, base=base, clashes=clashes)
            self.done.count += 1
        live = entry
        if merged.text != entry.text:
            said = read(merged.text, one.found.collection.kind)
            merging = replace(one, text=merged.text, content=said, hash=ids.content_hash(merged.text))
            written = self._guarded(one, lambda: self._write(merging, said, entry), entry, agreed)
            if written is None:
                return
            live = written
            self.done.count += 1
        self._export(one, live)

    def _ours(self, one: Reading, entry: Entry | None, agreed: str) -> bool:
        """Whether the file holds what the mirror has had since they agreed: written by us before a crash."""
        entry_id = entry.id if entry else PurePosixPath(one.found.name).stem
        newer: set[str] = set()
        for revision in revisions.of_entry(self.conn, entry_id):
            newer = set() if agreed and revision.hash == agreed else {*newer, revision.hash}
        return one.hash in newer

    def _base(self, entry: Entry, agreed: str) -> str | None:
        """The text on which both sides agreed, where it is still known."""
        found = [each.text for each in revisions.of_entry(self.conn, entry.id) if each.hash == agreed]
        return found[-1] if found else None

    def _unknown(self, one: Reading) -> None:
        """A file that is none of ours: a renamed or moved one, or a new entry."""
        assert one.content is not None
        stem = PurePosixPath(one.found.name).stem
        if one.found.row is None and ids.is_public_id(stem) and self._ours(one, None, ""):
            self._export(one, None)
            return
        found = self._source(one)
        if found is None:
            same_uid = entries.by_uid(self.conn, one.found.collection.n, one.content.uid)
            if same_uid and not vdir_files.of_entries(self.conn, one.found.collection.id, [same_uid.id]):
                self._known(one, same_uid, "")  # an entry without a file: a full disk kept us from noting this one
            else:
                self._put(one, None)
            return
        source, row, entry = found
        moved: Entry | None = entry
        if source.collection.n != one.found.collection.n:
            moved = self._guarded(one, lambda: self._move(source, entry, one))
        if moved is None:
            return
        self.done.dropped.append(row)
        self.done.count += 1
        self._known(one, moved, row.hash)

    def _source(self, one: Reading) -> tuple[Found, VdirFile, Entry] | None:
        """The missing file that this one was before, if any: the same UID, in the same collection or a user's other."""
        assert one.content is not None
        candidates = self.vanished.get(one.content.uid, [])
        user, n = one.found.collection.user, one.found.collection.n
        taken = entries.by_uid(self.conn, n, one.content.uid) is not None
        for each in sorted(candidates, key=lambda each: each.collection.n != n):
            entry = entries.by_id(self.conn, each.row.entry_id) if each.row else None
            if entry is None or entry.collection_n != each.collection.n or each.collection.user != user:
                continue
            if each.row and (each.collection.n == n or not taken):
                candidates.remove(each)
                return each, each.row, entry
        return None

    def _move(self, source: Found, entry: Entry, one: Reading) -> Entry:
        wish = Wish(source.collection.id, entry.href, Origin.VDIR, if_match={entry.hash})
        return local.move(self.conn, wish, one.found.collection.id, self._free_name(one), overwrite=False)

    def _put(self, one: Reading, entry: Entry | None, agreed: str = "") -> None:
        """The file becomes the entry."""
        content = one.content
        assert content is not None
        written = self._guarded(one, lambda: self._write(one, content, entry), entry, agreed)
        if written is not None:
            self.done.count += 1
            self._agree(one, written)

    def _write(self, one: Reading, content: Content, entry: Entry | None) -> Entry:
        collection = one.found.collection
        if entry is None:
            wish = Wish(collection.id, self._free_name(one), Origin.VDIR, if_none_match=True)
        else:
            wish = Wish(collection.id, entry.href, Origin.VDIR, if_match={entry.hash})
        return local.put(self.conn, wish, one.text, content)[0]

    def _free_name(self, one: Reading) -> str:
        """The name under which clients find a new entry: that of its file, where it is free."""
        name = one.found.name
        taken = entries.by_href(self.conn, one.found.collection.n, name) is not None
        return f"{ids.new_id()}{PurePosixPath(name).suffix.lower()}" if taken else name

    def _guarded(
        self, one: Reading, write: Callable[[], Entry], entry: Entry | None = None, agreed: str = ""
    ) -> Entry | None:
        """Write, or say in the row why not. What the upstream lets nobody write is put back, and kept in the inbox.

        `entry`: whose file it is by now, whatever its name was; `agreed`: what both had.
        """
        try:
            with self.store.db.atomic():
                return write()
        except (StoreFull, StoreBusy):
            raise
        except ReadOnly as error:
            if entry is None:
                self._refuse(one, error.message)
            else:
                base = self._base(entry, agreed) or entry.text
                self._inbox(one.found.collection, entry, one.text, one.found, "rejected", error.message, base=base)
                self._export(one, entry)
        except CalHarborError as error:
            self._refuse(one, f"{error.message}; {error.hint}" if error.hint else error.message, entry, agreed)
        return None

    # -- files that are gone ------------------------------------------------------------------------------------------

    def gone(self, found: Found) -> Entry | None:
        """Do what a missing file means; the entry, where that is its deletion, which has still to be judged."""
        row = found.row
        assert row is not None
        entry, agreed = self._entry_of(found)
        if entry is None:
            self._forget(found)
        elif row.state == vdir_files.WRITE or not agreed:
            self.done.jobs.append((found.collection, Job(found.name, entry, None)))
        elif entry.hash != agreed:
            self._inbox(found.collection, entry, None, found, "delete", _RESTORED)
            held.release(self.conn, found.collection.n, [found.name], origin=ORIGIN)
            self.done.jobs.append((found.collection, Job(found.name, entry, None)))
        elif row.state != vdir_files.HELD:
            return entry
        return None

    def delete(self, found: Found, entry: Entry) -> None:
        """The file is gone, and so is the entry; what nobody may delete comes back."""
        try:
            with self.store.db.atomic():
                local.delete(self.conn, Wish(found.collection.id, entry.href, Origin.VDIR, if_match={entry.hash}))
        except (ReadOnly, NotFound):
            self.done.jobs.append((found.collection, Job(found.name, entry, None)))
            return
        self.done.count += 1
        self._forget(found)

    def hold(self, collection: Collection, stopped: list[tuple[Found, Entry]], reason: str) -> None:
        """Too many are gone at once: a person has to decide."""
        gone = [
            HeldEntry(entry.id, entry.uid, entries.summary(self.conn, entry.n), found.name, entry.hash)
            for found, entry in stopped
        ]
        held.add(self.conn, collection, reason, gone, at=clock.iso(), origin=ORIGIN)
        rows = [found.row._replace(state=vdir_files.HELD, stat=None) for found, _entry in stopped if found.row]
        self.done.rows += rows

    def _forget(self, found: Found) -> None:
        self.done.dropped += [found.row] if found.row else []
        held.release(self.conn, found.collection.n, [found.name], origin=ORIGIN)

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _agree(self, one: Reading, entry: Entry) -> None:
        row = self._row(one, entry.id, one.hash)
        self.done.rows.append(row)
        if entry.hash != one.hash:  # characters that were torn have been made whole
            self.done.jobs.append((one.found.collection, Job(row.name, entry, row.stat)))

    def _export(self, one: Reading, entry: Entry | None) -> None:
        self.done.jobs.append((one.found.collection, Job(one.found.name, entry, one.found.stat)))

    def _refuse(self, one: Reading, reason: str, entry: Entry | None = None, agreed: str = "") -> None:
        """Leave the file alone until somebody changes it; what stands in the mirror stays."""
        row = one.found.row if one.found.place not in self.parted else None
        known = (entry.id, agreed) if entry else (row.entry_id, row.hash) if row else ("", "")
        refused = self._row(one, *known)
        self.done.rows.append(refused._replace(state=vdir_files.REFUSED, reason=reason))

    def _row(self, one: Reading, entry_id: str, digest: str) -> VdirFile:
        found = one.found
        return VdirFile(found.collection.id, found.name, found.collection.account_id, entry_id, digest, found.stat)

    def _inbox(
        self,
        collection: Collection,
        entry: Entry | None,
        text: str | None,
        found: Found,
        cause: str,
        reason: str,
        *,
        base: str | None = None,
        clashes: Sequence[Difference] | None = None,
    ) -> None:
        entry_id = found.row.entry_id if found.row else ""
        conflicts.add(
            self.conn,
            at=clock.iso(),
            account_id=collection.account_id,
            collection_n=collection.n,
            collection_id=collection.id,
            entry_id=entry.id if entry else entry_id,
            uid=entry.uid if entry else "",
            cause=cause,
            reason=reason,
            base=base,
            ours=text,
            theirs=entry.text if entry else None,
            fields=None if clashes is None else [conflicts.Field(*astuple(each)) for each in clashes],
        )


_EDITED = "edited in the folder and elsewhere; where both changed the same, the version from elsewhere is live"
_RESTORED = "deleted in the folder, edited elsewhere; the edit is live"
_REVIVED = "edited in the folder, deleted elsewhere; the edit is live"
