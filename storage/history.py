"""What can be asked about the past of the mirror: what became of an entry, and how it stood at some time."""

from storage import retention, versions
from storage.browsing import Browser
from storage.errors import NotFound
from storage.model import Change
from storage.reading import found
from storage.retention import Extent
from storage.tables import collections, entries, journal
from storage.versions import Step, Version


class History(Browser):
    """The questions about what was; each sees one state of the mirror."""

    def change(self, seq: int) -> Change:
        """One row of the journal. Raises `NotFound`, also for one that the journal has forgotten."""
        return found(journal.one(self.db.reader(), seq), f"change {seq} (any more)")

    def past(self) -> Extent:
        """Since when there is a history, and how much room it takes."""
        with self.db.snapshot() as conn:
            return retention.measure(conn)

    def position_at(self, at: str) -> int:
        """The number of the last change made up to a moment (ISO text). Raises `BeyondHistory`."""
        with self.db.snapshot() as conn:
            return versions.position(conn, at)

    def entry_id(self, word: str) -> str:
        """The id of the entry that somebody means, existing or deleted, by its id, its UID, or one of its changes.

        Only an existing entry is known by its UID. Raises `NotFound`, also where several have the UID.
        """
        with self.db.snapshot() as conn:
            if entries.by_id(conn, word) is not None or journal.last_of_entry(conn, word, journal.head(conn)):
                return word
            same = [entries.by_uid(conn, collection.n, word) for collection in collections.every(conn)]
            ids = [entry.id for entry in same if entry is not None]
            change = journal.one(conn, int(word)) if not ids and word.isdecimal() and len(word) < 19 else None
            if change is not None and change.entry:
                return change.entry
        if len(ids) > 1:
            raise NotFound(f"several entries have the UID {word!r}", hint=f"name one by its id: {', '.join(ids)}")
        if not ids:
            raise NotFound(
                f"there is no entry {word!r}, nor was there one",
                hint="`calharbor changes --json` names entries by id, UID and number of a change",
            )
        return ids[0]

    def steps(self, entry_id: str) -> list[Step]:
        """Every change of an entry that the history keeps, oldest first. Raises `NotFound`."""
        with self.db.snapshot() as conn:
            return versions.steps(conn, entry_id)

    def version(self, entry_id: str, at: str | None = None) -> Version:
        """An entry as it stood at a moment (ISO text), None: now. Raises `NotFound`, `BeyondHistory`."""
        with self.db.snapshot() as conn:
            seq = journal.head(conn) if at is None else versions.position(conn, at)
            then = versions.at(conn, entry_id, seq)
        return found(then, f"entry {entry_id}" if at is None else f"entry {entry_id} at {at}: it did not exist then")
