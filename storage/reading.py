"""Everything that can be asked of the mirror without changing it.

`Store` adds the verbs that write. They stand apart because most doors only read, and because together they are too
long for one file. No verb here waits for a writer, and each sees one state of the mirror.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, TypeVar

from storage import cursor, home, shared, window
from storage.credentials import Credentials
from storage.cursor import Delta
from storage.db import Database, Space
from storage.errors import NotFound
from storage.home import HomeDelta, HomePosition
from storage.memo import Recent
from storage.model import Account, Change, Collection, CollectionKind, Device, Entry, Kind, Listed, Tag, User
from storage.records import ComponentRecord, OccurrenceRow
from storage.scheduling import people
from storage.scheduling.busy import Busy, Period, of_calendar, together, zone_of
from storage.states import Pasts
from storage.tables import (
    accounts,
    collections,
    components,
    conflicts,
    consumers,
    contacts,
    counts,
    devices,
    entries,
    held,
    holders,
    home_properties,
    journal,
    quarantine,
    schedule_tags,
    search,
    untold,
    users,
)
from storage.tables.conflicts import Conflict
from storage.tables.counts import Counts
from storage.tables.held import Held
from storage.tables.needles import Needle
from storage.tables.quarantine import Quarantined
from storage.tables.untold import Untold
from storage.verdicts import Verdicts
from storage.window import Known

MOST = 20_000
"""At most so many instances of one entry are expanded for one question."""

PAGE = 200
"""So many texts are read at a time, however many are asked for."""

Thing = TypeVar("Thing")

Described = Recent[tuple[int, str, int], ComponentRecord]
"""Components by the number of their entry, the hash of its text, and their position: of the same text they are the
same, so that none is ever out of date. Applications ask for the same few weeks again and again."""


class Reader:
    """The questions. Safe to use from any number of threads and processes."""

    def __init__(self, folder: Path, db: Database, store_id: str) -> None:
        """Use `Store.open`."""
        self.folder = folder
        self.db = db
        self.credentials = Credentials(folder)
        self.id = store_id
        self.described = Described(2000)
        self.pasts = Pasts(1000)
        self.verdicts = Verdicts[Any]()

    def close(self) -> None:
        """Close all connections of this process."""
        self.db.close()

    def data_version(self) -> int:
        """See `Database.data_version`: changes when any other connection has committed."""
        return self.db.data_version()

    def space(self) -> Space:
        """How much room there is on the disk, and how much of it the mirror takes."""
        return self.db.space()

    # -- users, devices, accounts, collections -----------------------------------------------------------------------

    def users(self) -> list[User]:
        """All users, by name."""
        return users.every(self.db.reader())

    def user(self, name: str) -> User:
        """One user; raises `NotFound`."""
        return found(users.get(self.db.reader(), name), f"user {name!r}", hint="`calharbor user list` shows all")

    def devices(self, user: str | None = None) -> list[Device]:
        """All devices, or a user's, revoked ones too."""
        return devices.every(self.db.reader(), user)

    def device_by_hash(self, secret_hash: str) -> Device | None:
        """The device that this secret belongs to, unless it was revoked."""
        return devices.by_hash(self.db.reader(), secret_hash)

    def accounts(self, user: str | None = None) -> list[Account]:
        """All accounts, or a user's, by number."""
        return accounts.every(self.db.reader(), user)

    def account(self, key: int | str) -> Account:
        """An account by number (also as text) or name; raises `NotFound`."""
        conn = self.db.reader()
        by_name = accounts.by_name(conn, key) if isinstance(key, str) else None
        number = int(key) if isinstance(key, int) or (key.isascii() and key.isdecimal() and len(key) < 19) else 0
        return found(
            by_name or accounts.by_id(conn, number), f"account {key}", hint="`calharbor account list` shows all"
        )

    def collections(self, *, user: str | None = None, account: int | None = None) -> list[Collection]:
        """All collections, or a user's, or an account's, in the order they were made."""
        return collections.every(self.db.reader(), user=user, account_id=account)

    def home(self, user: str) -> list[Collection]:
        """A user's collections, and behind them those that others share with the user."""
        with self.db.snapshot() as conn:
            return home.every(conn, user)

    def home_properties(self, user: str) -> Mapping[str, str]:
        """The dead properties of a user's home, as whole elements by Clark name."""
        return home_properties.get(self.db.reader(), user)

    def home_delta(self, user: str, since: HomePosition | None, *, limit: int | None = None) -> HomeDelta:
        """What became of a user's home since a position; None: all of it. Raises `CursorExpired`."""
        with self.db.snapshot() as conn:
            return home.delta(conn, user, since, limit=limit)

    def collection(self, collection_id: str) -> Collection:
        """A collection, or one as it is shared with somebody, by public id; raises `NotFound`."""
        conn = self.db.reader()
        return found(
            collections.by_id(conn, collection_id) or shared.by_id(conn, collection_id), f"collection {collection_id}"
        )

    def collection_at(self, user: str, slug: str) -> Collection:
        """What a user has in their home under this path segment, own or shared; raises `NotFound`."""
        conn = self.db.reader()
        return found(
            collections.by_slug(conn, user, slug) or shared.by_slug(conn, user, slug), f"collection {slug!r} of {user}"
        )

    # -- scheduling ---------------------------------------------------------------------------------------------------

    def mailbox(self, user: str, kind: CollectionKind) -> Collection | None:
        """The user's scheduling inbox or outbox; None for a user without any account."""
        return collections.mailbox(self.db.reader(), user, kind)

    def addresses(self, user: str) -> list[str]:
        """The user's calendar user addresses in normal form, the preferred one first, the principal last."""
        return people.addresses(self.db.reader(), user)

    def user_of(self, address: str) -> str | None:
        """Which user of this server has this calendar user address."""
        return people.user_of(self.db.reader(), address)

    def delivers(self, collection: Collection) -> bool:
        """Whether what is written there is delivered to attendees without the client's doing (RFC 6638 §3)."""
        return people.delivers(self.db.reader(), collection)

    def default_calendar(self, user: str) -> Collection | None:
        """The calendar into which the user's invitations go; None where there is none that could take them."""
        return people.default_calendar(self.db.reader(), user)

    def schedule_tag(self, entry_id: str) -> str | None:
        """The Schedule-Tag (RFC 6638 §3.2.10) of a meeting, without quotes; None for what has no organizer."""
        return schedule_tags.of_entry(self.db.reader(), entry_id)

    def own_card(self, user: str) -> tuple[Collection, str] | None:
        """The user's own contact (RFC 6352 §7.1.2): the first in their own address books with one of their addresses.

        Its address book and its name there.
        """
        conn = self.db.reader()
        mail = [each.removeprefix("mailto:") for each in people.addresses(conn, user) if each.startswith("mailto:")]
        books = [each.n for each in collections.every(conn, user=user) if each.kind is CollectionKind.CONTACTS]
        where = contacts.with_email(conn, books, mail) if books else None
        return (found(collections.by_n(conn, where[0]), "address book"), where[1]) if where else None

    # -- entries ------------------------------------------------------------------------------------------------------

    def entry(self, entry_id: str) -> Entry:
        """An entry by public id; raises `NotFound`."""
        return found(entries.by_id(self.db.reader(), entry_id), f"entry {entry_id}")

    def entry_at(self, collection_id: str, href: str) -> Entry:
        """An entry by name; raises `NotFound`."""
        place = self.collection(collection_id)
        conn = self.db.reader()
        entry = found(entries.by_href(conn, place.source, href), f"entry {href!r} in this collection")
        return shared.entry(conn, place, entry)

    def entry_by_uid(self, collection_id: str, uid: str) -> Entry:
        """A collection's entry by UID; raises `NotFound`."""
        place, conn = self.collection(collection_id), self.db.reader()
        entry = entries.by_uid(conn, place.source, uid)
        return shared.entry(conn, place, found(entry, f"entry with the UID {uid!r} in this collection"))

    def listing(self, collection_id: str) -> list[Listed]:
        """Every entry of a collection without its text, by href. Raises `NotFound`."""
        place, conn = self.collection(collection_id), self.db.reader()
        return shared.listed(conn, place, entries.listing(conn, place.source))

    def tags(self, collection_id: str) -> tuple[list[Tag], int]:
        """Name and hash of every entry of a collection, by name, and its newest change. Raises `NotFound`."""
        with self.db.snapshot() as conn:
            place = self.collection(collection_id)
            if place.share is None:
                return entries.tags(conn, place.n), place.seq
            return [(each.href, each.hash) for each in self.listing(collection_id)], place.seq

    def entries(self, collection_id: str, hrefs: Sequence[str]) -> dict[str, Entry]:
        """Those of these entries that exist. Raises `NotFound` for the collection."""
        place, conn = self.collection(collection_id), self.db.reader()
        return shared.named(conn, place, entries.many(conn, place.source, hrefs))

    def iter_entries(self, collection_id: str, holding: Sequence[Needle] = ()) -> Iterator[Entry]:
        """Every entry of a collection, by href, in pages: what is written meanwhile may or may not be among them.

        With `holding` at least those that hold one of these texts; of what is shared all: its owner may store others.
        """
        place, last = self.collection(collection_id), ""
        needles = () if place.share else holding
        with self.db.snapshot() as conn:
            numbers = holders.found(conn, place.source, needles)
        yield from self._in_pages(numbers or ())
        while numbers is None and (page := entries.after(self.db.reader(), place.source, last, PAGE, needles)):
            yield from shared.each(self.db.reader(), place, page)
            last = page[-1].href

    def free_busy(self, collection_id: str) -> list[Entry]:
        """A collection's VFREEBUSY entries, by href. Raises `NotFound`."""
        place, conn = self.collection(collection_id), self.db.reader()
        return shared.each(conn, place, entries.free_busy(conn, place.source))

    def components(self, entry_n: int) -> list[ComponentRecord]:
        """An entry's components, in file order."""
        return components.of_entry(self.db.reader(), entry_n)

    def in_range(
        self,
        collection_n: int,
        start: int | None,
        end: int | None,
        *,
        kinds: set[Kind] | None = None,
        zone: tzinfo = UTC,
        text: bool = True,
    ) -> list[Entry]:
        """The entries that RFC 4791 §9.9 counts into [start, end) (seconds since 1970, None: unbounded).

        Floating and all-day values are compared as `zone` reads the clock; beyond the horizon only entries that recur
        are expanded. With `text` false the entries come without their texts.
        """
        return list(self.iter_in_range(collection_n, start, end, kinds=kinds, zone=zone, text=text))

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
        """As `in_range`: which they are is found out at once, but they are read in pages, each as it is then."""
        span = window.window(start, end, zone)
        with self.db.snapshot() as conn:
            place = shared.by_n(conn, collection_n) if collection_n < 0 else None
            numbers = sorted(window.entry_numbers(conn, place.source if place else collection_n, span))
            in_part = shared.in_window(conn, place, set(numbers), kinds) if place else ()
        yield from in_part
        yield from self._in_pages(() if place else numbers, kinds, text)

    def _in_pages(self, numbers: Sequence[int], kinds: set[Kind] | None = None, text: bool = True) -> Iterator[Entry]:
        for at in range(0, len(numbers), PAGE):
            yield from entries.numbered(self.db.reader(), numbers[at : at + PAGE], kinds=kinds, text=text)

    def instances(self, collection_id: str, start: int | None, end: int | None, *, zone: tzinfo = UTC) -> Known | None:
        """The instances inside [start, end) that need no expansion, by entry; None for more than `MOST`, or a share.

        Raises `NotFound`.
        """
        with self.db.snapshot() as conn:
            place = self.collection(collection_id)
            return None if place.share else window.known(conn, place, window.window(start, end, zone), MOST)

    def occurrences(
        self, collection_ns: Sequence[int], start: int, end: int, *, zone: tzinfo = UTC
    ) -> list[OccurrenceRow]:
        """The instances inside [start, end) (seconds since 1970), in the order in which they begin for `zone`.

        At most `MOST` of one entry; tasks without any date have none. Raises `TooManyMatches`.
        """
        span = window.window(start, end, zone)
        with self.db.snapshot() as conn:
            rows = [row for n in collection_ns if n > 0 for row in window.rows(conn, n, span, MOST)]
            for place in [shared.by_n(conn, n) for n in collection_ns if n < 0]:
                rows += shared.occurrences(conn, place, window.rows(conn, place.source, span, MOST))
        return window.by_time(rows, zone)

    def busy(
        self, places: Sequence[Collection], spans: Sequence[Period], *, zone: tzinfo | None = None, answers: bool = True
    ) -> list[Busy]:
        """When each of these calendars is busy inside the spans (seconds since 1970, the end exclusive).

        Floating and all-day times are read in `zone`, else in each calendar's own. With `answers`, what the calendar's
        owner declined is left out, and what they have not accepted yet is tentative. Raises `TooManyMatches`.
        """
        with self.db.snapshot() as conn:
            owners = {place.owner for place in places if answers}
            mine = {owner: people.addresses(conn, owner) for owner in owners}
            return [
                together(of_calendar(conn, place, span, zone or zone_of(place), me, MOST) for span in spans)
                for place in places
                for me in [[*mine[place.owner], *filter(None, [people.normal(place.email)])] if answers else ()]
            ]

    def search(self, words: str, *, collection_ns: Sequence[int] | None = None, limit: int = 50) -> list[Entry]:
        """The entries, contacts too, that hold all these words (or beginnings) in what a person sees, best first."""
        with self.db.snapshot() as conn:
            numbers = search.find(conn, words, collection_ns, limit)
            by_number = {entry.n: entry for entry in entries.numbered(conn, numbers)}
        return [by_number[n] for n in numbers]

    # -- the journal --------------------------------------------------------------------------------------------------

    def head(self) -> int:
        """The number of the newest change; 0 before the first."""
        return journal.head(self.db.reader())

    def oldest(self) -> int:
        """The oldest cursor that `changes` still answers."""
        return cursor.oldest(self.db.reader())

    def changed_at(self, seq: int) -> str:
        """When a change was made (ISO text); "" for one that the journal has forgotten."""
        return journal.moment(self.db.reader(), seq)

    def changes(
        self, since: int | None = None, *, account: int | None = None, limit: int | None = None
    ) -> list[Change]:
        """The changes after a cursor, oldest first; None: all that the journal still has. Raises `CursorExpired`."""
        with self.db.snapshot() as conn:
            return cursor.changes(conn, since, account_id=account, limit=limit)

    def delta(self, collection_id: str, since: int | None, *, limit: int | None = None) -> Delta:
        """What became of a collection since a cursor; None: everything it holds. Raises `NotFound`, `CursorExpired`."""
        with self.db.snapshot() as conn:
            place = self.collection(collection_id)
            behind = replace(place, n=place.source) if place.share else place
            return shared.delta(conn, place, cursor.delta(conn, behind, since, limit=limit, own=place.share is None))

    def position(self, consumer: str) -> int:
        """How far a named reader of the journal has come; 0 for a new one."""
        return consumers.position(self.db.reader(), consumer)

    # -- what waits ---------------------------------------------------------------------------------------------------

    def untold(self, account: int | None = None) -> list[Untold]:
        """The meetings that were written upstream without telling those concerned, oldest first."""
        return untold.every(self.db.reader(), account)

    def counts(self) -> Counts:
        """How much stands and waits where, for a status page."""
        with self.db.snapshot() as conn:
            return counts.read(conn)

    def conflicts(self, *, account: int | None = None, state: str | None = "open") -> list[Conflict]:
        """The conflict inbox, oldest first; `state` None: the resolved ones too."""
        return conflicts.every(self.db.reader(), account_id=account, state=state)

    def held(self, *, account: int | None = None, state: str | None = "open") -> list[Held]:
        """The stopped deletions, oldest first; `state` None: the settled ones too."""
        with self.db.snapshot() as conn:
            return held.every(conn, account_id=account, state=state)

    def quarantined(self, account: int | None = None) -> list[Quarantined]:
        """What an upstream sent and nobody could understand, oldest first."""
        return quarantine.every(self.db.reader(), account)


def found(thing: Thing | None, what: str, *, hint: str = "list what there is") -> Thing:
    """The thing itself; raises `NotFound`, naming what was looked for, where there is none; `hint`: what lists them."""
    if thing is None:
        raise NotFound(f"there is no {what}", hint=hint)
    return thing
