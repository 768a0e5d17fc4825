"""The CalDAV adapter: one account at any CalDAV server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from plugins.caldav import auth, mapping
from plugins.caldav.client import CALENDARS, DavClient, Flavour
from plugins.caldav.collecting import Collecting
from plugins.caldav.discovery import Discovery, Home, Lookup, lookup, start_of, trust_of
from plugins.caldav.reading import Reading
from plugins.caldav.writing import Writing
from plugins.transport import Transport
from storage.errors import CursorGone
from storage.provider import (
    Capabilities,
    CollectionEdit,
    Known,
    Login,
    Page,
    Push,
    Receipt,
    RemoteCollection,
    RemoteEntry,
)

_ASK: Final = 500
"""How many hrefs the engine is asked about at once."""


@dataclass(slots=True)
class _Session:
    """What one account's server was found to be; lives as long as the provider."""

    home: Home
    client: DavClient
    reading: Reading
    writing: Writing
    collecting: Collecting


class CalDavProvider:
    """Settings: `url` (URL, domain or e-mail address), `username`, `email`, `auth`, `ca_file`. Secrets: `password` or
    `access_token`.

    A cursor is `sync:` with a sync token, or `ctag:` with a ctag, which tells whether but not what. A pull of
    everything lists by PROPFIND rather than with an empty sync token, because that is what servers get right: an empty
    token brings deleted members on Radicale, a part of the rest on Stalwart, a 507 on Nextcloud and Google.

    Mail: a deletion without `notify` asks for silence (`Schedule-Reply: F`, RFC 6638 §8.1). A server that schedules by
    itself (`calendar-auto-schedule`) still sends invitations when the organizer's own meeting is created or changed:
    it knows no header against that, and `SCHEDULE-AGENT=CLIENT` on guests it has invited before makes it cancel them.
    """

    name = "caldav"
    flavour: Flavour = CALENDARS

    def __init__(self, login: Login, *, lookup: Lookup = lookup) -> None:
        auth.check(login)
        self.capabilities = Capabilities()
        self._login = login
        self._lookup = lookup
        self._start = start_of(login)
        self._transport = Transport(trust_of(self._start), ca_file=login.settings.get("ca_file", ""))
        self._session: _Session | None = None

    def collections(self) -> Sequence[RemoteCollection]:
        """Every collection in the account's homes; mailboxes, notifications and subscriptions are left out."""
        session = self._found()
        if session.home.collection:
            return [session.collecting.one(session.client.canonical(session.home.collection))]
        found: dict[str, RemoteCollection] = {}
        for home in session.home.homes:
            for collection in session.collecting.inside(home):
                found.setdefault(collection.href, collection)
        return list(found.values())

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """What changed since `cursor`; everything if it is None, or a ctag that is no longer the collection's.

        Raises `CursorGone` for a dead token, and for a cursor that was not made here.
        """
        reading = self._found().reading
        if cursor is None:
            return self._everything(reading, collection.href, reading.version(collection.href), known)
        if cursor.startswith(mapping.SYNC):
            return self._changes(reading, collection, cursor.removeprefix(mapping.SYNC), known)
        if not cursor.startswith(mapping.STAMP):
            raise CursorGone(f"{collection.href}: the cursor is not one of this adapter")
        version = reading.version(collection.href)
        if version == cursor:
            return iter([Page(cursor=cursor, last=True)])
        return self._everything(reading, collection.href, version, known)

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """The ETag of every entry, from a PROPFIND."""
        return self._found().reading.members(collection.href)

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """Those entries by multiget, and by GET what multiget withheld."""
        found: dict[str, RemoteEntry | None] = {}
        for batch in self._found().reading.bodies(collection.href, [(href, "") for href in hrefs]):
            found.update((href, entry) for href, entry in batch if entry is None or entry.data)
        return found

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """PUT or DELETE under a condition; what a PUT left behind is read back."""
        return self._found().writing.push(collection.href, push)

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """MKCALENDAR in the first home; a collection of that name which is as wanted already counts as made."""
        session = self._found()
        return session.collecting.create(session.home, name, wanted)

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """PROPPATCH; raises `Rejected` naming the properties that the server refused, after setting the others."""
        self._found().collecting.update(collection.href, edit)

    def delete_collection(self, collection: RemoteCollection) -> None:
        """DELETE of the collection; gone already is fine (Cyrus says 404 to a deletion that it did)."""
        self._found().collecting.delete(collection.href)

    def addresses(self) -> Sequence[str]:
        """`calendar-user-address-set` of the principal (RFC 6638 §2.4.1)."""
        return self._found().home.addresses

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _found(self) -> _Session:
        if self._session is None:
            search = Discovery(self._transport, self._login, flavour=self.flavour, lookup=self._lookup)
            home = search.find(self._start)
            root = home.collection or home.homes[0]
            client = DavClient(self._transport, root, self.flavour)
            reading = Reading(client)
            self._session = _Session(
                home, client, reading, Writing(client, reading), Collecting(client, urlsplit(root).path)
            )
        return self._session

    def _everything(self, reading: Reading, collection: str, version: str, known: Known) -> Iterator[Page]:
        """All members, listed after `version` was read.

        Whether the token still is the same after the listing (`Reading.snapshot` says why that matters) is asked while
        the entries are fetched: for Radicale it is half a second's work. Only where it is not, the listing is repeated.
        """
        members = reading.listed(collection, version)
        with ThreadPoolExecutor(1, thread_name_prefix="caldav-version") as aside:
            now = aside.submit(reading.version, collection) if version.startswith(mapping.SYNC) else None
            for page in self._pages(reading, collection, list(members.items()), known):
                yield replace(page, full=True)
                members.update((entry.href, entry.version) for entry in page.changed)
                for href in page.gone:
                    members.pop(href, None)
            if now is not None and now.result() != version:
                again, version = reading.snapshot(collection, now.result())
                moved = [(href, etag) for href, etag in again.items() if members.get(href) != etag]
                moved += [(href, "") for href in members if href not in again]
                for page in self._pages(reading, collection, moved, known):
                    yield replace(page, full=True)
        yield Page(cursor=version or None, full=True, last=True)

    def _changes(self, reading: Reading, collection: RemoteCollection, token: str, known: Known) -> Iterator[Page]:
        for step in reading.changes(collection.href, token):
            gone = [Page(gone=list(step.gone))] if step.gone else []
            pages = self._pages(reading, collection.href, list(step.changed.items()), known)
            yield from _closed(chain(gone, pages), Page(cursor=mapping.SYNC + step.token, last=not step.more))

    def _pages(
        self, reading: Reading, collection: str, listed: Sequence[tuple[str, str]], known: Known
    ) -> Iterator[Page]:
        """Pages for listed entries: those that the engine holds are named, the others are fetched."""
        wanted: list[tuple[str, str]] = []
        for start in range(0, len(listed), _ASK):
            part = listed[start : start + _ASK]
            held = known([href for href, _ in part])
            seen = [(href, version) for href, version in part if version and held.get(href) == version]
            wanted += [pair for pair in part if not pair[1] or held.get(pair[0]) != pair[1]]
            if seen:
                yield Page(seen=seen)
        for batch in reading.bodies(collection, wanted):
            changed = [entry for _, entry in batch if entry is not None]
            yield Page(changed=changed, gone=[href for href, entry in batch if entry is None])


def _closed(pages: Iterable[Page], end: Page) -> Iterator[Page]:
    """`pages`, the last one with the cursor of `end`: only then everything before the cursor was handed over."""
    held: Page | None = None
    for page in pages:
        if held is not None:
            yield held
        held = page
    yield replace(held, cursor=end.cursor, last=end.last) if held is not None else end
