"""The mirror as it stood after one change: the questions of `Store`, answered about then; nothing can be written.

What has not changed since is read as it is; for the rest the journal says what it was, and the revisions hold its
bytes. So a question costs what the same one costs today, and what has changed since. Who may see what, and whose
accounts they are, is asked of today.
"""
# ruff: noqa: ARG002 — the questions are those of Store, with all that can be said in them

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import NoReturn

from storage import shared, versions, window
from storage.cursor import Delta
from storage.db import Connection, Database, Space
from storage.errors import ReadOnly, StoreError
from storage.home import HomeDelta, HomePosition
from storage.ical.kinds import ENTRIES
from storage.model import Collection, CollectionKind, Entry, Kind, Listed, RedactedEntry, RedactedListed, Tag
from storage.reading import PAGE, found
from storage.records import OccurrenceRow
from storage.store import Store
from storage.tables import collection_revisions, collections, entries, grants, journal
from storage.tables.needles import Needle
from storage.versions import Version
from storage.window import Known

_KINDS = {**ENTRIES, "VCARD": Kind.CONTACT}
_ENTRY = re.compile(rf"^BEGIN:[ \t]*({'|'.join(_KINDS)})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


class Past(Store):
    """The mirror after the change `seq`; for one request, since it remembers the collections that it was asked for."""

    def __init__(self, store: Store, seq: int) -> None:
        super().__init__(store.folder, _Sealed(store.db), store.id)
        self.seq = seq
        self._places: dict[str, Collection] = {}

    # -- collections --------------------------------------------------------------------------------------------------

    def home(self, user: str) -> list[Collection]:
        """The user's collections of then, and those of others' that are shared with the user now and stood then."""
        with self.db.snapshot() as conn:
            own = [
                versions.place_at(conn, each.n, self.seq)
                for each in collections.every(conn, user=user)
                if each.created_seq <= self.seq or collection_revisions.next_after(conn, each.n, self.seq)
            ]
            own += [each for each in collection_revisions.left_since(conn, self.seq) if each.user == user]
            seen = [self._shared(conn, each) for each in shared.with_user(conn, user)]
            return [self._kept(conn, each) for each in (*own, *seen) if each is not None and not each.mailbox]

    def collections(self, *, user: str | None = None, account: int | None = None) -> list[Collection]:
        """Those of one user, as `home` has them."""
        return [each for each in self.home(user or "") if account is None or each.account_id == account]

    def collection_at(self, user: str, slug: str) -> Collection:
        """What the user had, or what is shared with them, under this path segment; raises `NotFound`."""
        same = [each for each in self.home(user) if each.slug == slug]
        return found(same[0] if same else None, f"collection {slug!r} of {user} at that time")

    def collection(self, collection_id: str) -> Collection:
        """One of the collections that this was asked for; raises `NotFound`."""
        return found(self._places.get(collection_id), f"collection {collection_id} at that time")

    def _shared(self, conn: Connection, place: Collection) -> Collection | None:
        then = versions.place_at(conn, place.source, self.seq)
        grant = grants.by_n(conn, -place.n)
        return shared.as_seen(grant, then) if grant and then else None

    def _kept(self, conn: Connection, place: Collection) -> Collection:
        newest = journal.newest_in(conn, place.source, self.seq)
        self._places[place.id] = replace(place, read_only=True, schedules=False, seq=newest)
        return self._places[place.id]

    # -- entries ------------------------------------------------------------------------------------------------------

    def listing(self, collection_id: str) -> list[Listed]:
        """Every entry of then without its text, by href. Raises `NotFound`."""
        place = self.collection(collection_id)
        if place.share is None:
            return self._listed(place)
        return [
            (RedactedListed if isinstance(each, RedactedEntry) else Listed)(
                each.href, each.hash, each.kind, each.size, each.modified, each.id
            )
            for each in self.iter_entries(collection_id)
        ]

    def tags(self, collection_id: str) -> tuple[list[Tag], int]:
        """Name and hash of every entry, by name, and the newest change of the collection by then."""
        return [(each.href, each.hash) for each in self.listing(collection_id)], self.collection(collection_id).seq

    def iter_entries(self, collection_id: str, holding: Sequence[Needle] = ()) -> Iterator[Entry]:
        """Every entry of then, by href; whatever texts it holds."""
        place = self.collection(collection_id)
        listed = self._listed(place)
        for start in range(0, len(listed), PAGE):
            yield from self._texts(place, listed[start : start + PAGE])

    def entries(self, collection_id: str, hrefs: Sequence[str]) -> dict[str, Entry]:
        """Those of these entries that existed. Raises `NotFound` for the collection."""
        place = self.collection(collection_id)
        with self.db.snapshot() as conn:
            there = {href: self._named(conn, place.source, href) for href in hrefs}
            return shared.named(conn, place, {href: entry for href, entry in there.items() if entry is not None})

    def entry_at(self, collection_id: str, href: str) -> Entry:
        """An entry by name; raises `NotFound`."""
        return found(self.entries(collection_id, [href]).get(href), f"entry {href!r} in this collection at that time")

    def free_busy(self, collection_id: str) -> list[Entry]:
        """A collection's VFREEBUSY entries, by href."""
        place = self.collection(collection_id)
        return self._texts(place, [each for each in self._listed(place) if each.kind is Kind.FREEBUSY])

    def iter_in_range(
        self,
        collection_n: int,
        start: int | None,
        end: int | None,
        *,
        kinds: set[Kind] | None = None,
        zone: tzinfo = UTC,
        text: bool = True,
    ) -> Iterator[Entry]:
        """At least all entries of then that fall into [start, end): each has still to be looked at."""
        place = next(each for each in self._places.values() if each.n == collection_n)
        listed = [each for each in self._listed(place) if kinds is None or each.kind in kinds]
        if place.share is None:
            with self.db.snapshot() as conn:
                numbers = window.entry_numbers(conn, place.n, window.window(start, end, zone))
                inside = {each.id for each in entries.numbered(conn, sorted(numbers), text=False)}
                touched = {entry_id for entry_id, _seq in journal.first_after(conn, place.n, self.seq)}
            listed = [each for each in listed if each.id in inside or each.id in touched]
        for at in range(0, len(listed), PAGE):
            yield from self._texts(place, listed[at : at + PAGE])

    def instances(self, collection_id: str, start: int | None, end: int | None, *, zone: tzinfo = UTC) -> Known | None:
        """None: those of today are no answer, each entry is expanded by itself."""
        return None

    def schedule_tag(self, entry_id: str) -> str | None:
        """None: nobody answers a meeting in the past."""
        return None

    def delivers(self, collection: Collection) -> bool:
        """Nothing is delivered into the past."""
        return False

    def mailbox(self, user: str, kind: CollectionKind) -> Collection | None:
        """None: what came and went there is nobody's history."""
        return None

    # -- what is not asked about the past -----------------------------------------------------------------------------

    def delta(self, collection_id: str, since: int | None, *, limit: int | None = None) -> Delta:
        """Raises `StoreError`: what stood then does not change."""
        _refuse()

    def home_delta(self, user: str, since: HomePosition | None, *, limit: int | None = None) -> HomeDelta:
        """Raises `StoreError`: what stood then does not change."""
        _refuse()

    def occurrences(
        self, collection_ns: Sequence[int], start: int, end: int, *, zone: tzinfo = UTC
    ) -> list[OccurrenceRow]:
        """Raises `StoreError`: instances are materialised for today alone."""
        _refuse()

    def search(self, words: str, *, collection_ns: Sequence[int] | None = None, limit: int = 50) -> list[Entry]:
        """Raises `StoreError`: there is an index of today alone."""
        _refuse()

    # -- how it stood -------------------------------------------------------------------------------------------------

    def _listed(self, place: Collection) -> list[Listed]:
        """Every entry of the collection then, as its owner had it, by href."""
        with self.db.snapshot() as conn:
            touched = journal.first_after(conn, place.source, self.seq)
            changed = {entry_id for entry_id, _seq in touched}
            kept = [each for each in entries.listing(conn, place.source) if each.id not in changed]
            for entry_id, seq in touched:
                change = found(journal.one(conn, seq), f"change {seq}")
                version = versions.before(conn, change)
                if version is not None:
                    entry = self._entry(conn, entry_id, version)
                    kept.append(Listed(entry.href, entry.hash, entry.kind, entry.size, entry.modified, entry.id))
        return sorted(kept, key=lambda each: each.href)

    def _texts(self, place: Collection, page: Sequence[Listed]) -> list[Entry]:
        """These entries with their texts, as they are seen in the collection."""
        with self.db.snapshot() as conn:
            current = entries.many(conn, place.source, [each.href for each in page])
            texts = []
            for listed in page:
                entry = current.get(listed.href)
                if entry is None or (entry.id, entry.hash) != (listed.id, listed.hash):
                    version = found(versions.at(conn, listed.id, self.seq), f"entry {listed.href!r} any more")
                    entry = self._entry(conn, listed.id, version)
                texts.append(entry)
            return shared.each(conn, place, texts)

    def _named(self, conn: Connection, collection_n: int, href: str) -> Entry | None:
        """What stood under this name, as its owner had it."""
        change = journal.first_at(conn, collection_n, href, self.seq)
        if change is None:
            return entries.by_href(conn, collection_n, href)
        version = versions.before(conn, change)
        return self._entry(conn, change.entry, version) if version else None

    def _entry(self, conn: Connection, entry_id: str, version: Version) -> Entry:
        """The entry that such a version was; it belongs to no row (`n` is 0)."""
        last = journal.last_of_entry(conn, entry_id, self.seq)
        modified = last.at if last else versions.reach(conn)[1]
        known = entries.by_id(conn, entry_id)
        created = known.created if known and known.created <= modified else modified
        kind, size, n = _kind(version.text), len(version.text.encode()), version.collection_n
        seq = last.seq if last else 0
        return Entry(
            0, entry_id, n, version.href, version.uid, kind, version.text, version.hash, size, seq, created, modified
        )


class _Sealed(Database):
    """A database that can only be asked."""

    def __init__(self, db: Database) -> None:
        self._open_one = db

    def reader(self) -> Connection:
        """As of the database behind it."""
        return self._open_one.reader()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As of the database behind it."""
        with self._open_one.snapshot() as conn:
            yield conn

    @contextmanager
    def atomic(self) -> Iterator[Connection]:
        """Raises `ReadOnly`."""
        _refuse_writing()
        yield self.reader()

    def space(self) -> Space:
        """As of the database behind it."""
        return self._open_one.space()


def _refuse_writing() -> None:
    raise ReadOnly("the past cannot be written", hint="`calharbor undo` brings it back")


def _refuse() -> NoReturn:
    raise StoreError("this is not answered about the past", hint="ask for entries")


def _kind(text: str) -> Kind:
    """What an entry's text holds, by its first component that can be an entry; it has been read before."""
    found = _ENTRY.search(text)
    return _KINDS[found[1].upper()] if found else Kind.EVENT
