"""The CalDAV adapter: one account at any server, its calendars and (CardDAV) its address books."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from plugins.caldav import auth, mapping, quirks
from plugins.caldav.client import BOOKS, CALENDARS, DavClient, Flavour
from plugins.caldav.collecting import Collecting
from plugins.caldav.discovery import Discovery, Home, Lookup, lookup, start_of, trust_of
from plugins.caldav.greeting import Greeting
from plugins.caldav.holding import holds_of
from plugins.caldav.passing import pass_through
from plugins.caldav.reading import Reading
from plugins.caldav.scheduling import Scheduling
from plugins.caldav.writing import Writing
from plugins.transport import Transport
from storage.errors import CursorGone, Rejected, UntrustedAnswer, UpstreamError
from storage.model import CollectionKind
from storage.provider import (
    Capabilities,
    CollectionEdit,
    FreeBusy,
    Known,
    Login,
    Page,
    Push,
    RawAnswer,
    RawRequest,
    Receipt,
    RemoteCollection,
    RemoteEntry,
)

_ASK: Final = 500
"""How many hrefs the engine is asked about at once."""


@dataclass(slots=True)
class _Session:
    """What one account's server was found to be, for calendars or for address books; lives as long as the provider."""

    home: Home
    client: DavClient
    reading: Reading
    writing: Writing
    collecting: Collecting
    scheduling: Scheduling


class CalDavProvider:
    """Settings: `url` (URL, domain or e-mail address), `username`, `email`, `auth`, `ca_file`. Secrets: `password` or
    `access_token`.

    A cursor is `sync:` with a sync token, or `ctag:` with a ctag, which tells whether but not what. A pull of
    everything lists by PROPFIND rather than with an empty sync token, because that is what servers get right: an empty
    token brings deleted members on Radicale, a part of the rest on Stalwart, a 507 on Nextcloud and Google.

    Mail: how a server that schedules by itself is kept silent stands in `silence.py`.
    """

    name = "caldav"

    def __init__(self, login: Login, *, lookup: Lookup = lookup) -> None:
        auth.check(login)
        self.capabilities = Capabilities()
        self._login = login
        self._lookup = lookup
        self._start = start_of(login)
        self._transport = Transport(trust_of(self._start), ca_file=login.settings.get("ca_file", ""))
        self._sessions: dict[Flavour, _Session] = {}
        self._spellings: dict[str, str] = {}

    def collections(self) -> Sequence[RemoteCollection]:
        """Every collection in the account's homes; mailboxes, notifications and subscriptions are left out."""
        found: dict[str, RemoteCollection] = {}
        homes: dict[str, list[Flavour]] = {}
        for flavour, session in self._found().items():
            if session.home.collection:
                only = session.collecting.one(session.client.canonical(session.home.collection))
                found.setdefault(only.href, only)
            for home in session.home.homes:
                homes.setdefault(home, []).append(flavour)
        for home, flavours in homes.items():
            for collection in self._found()[flavours[0]].collecting.inside(home, flavours):
                found.setdefault(collection.href, collection)
        noted = [self._found()[_flavour_of(each.kind)].scheduling.noted(each) for each in found.values()]
        if calendars := self._found().get(CALENDARS):
            self.capabilities = replace(self.capabilities, silence=calendars.scheduling.silence)
        return noted

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """What changed since `cursor`; everything if it is None, or a ctag that is no longer the collection's.

        Raises `CursorGone` for a dead token, and for a cursor that was not made here.
        """
        reading = self._of(collection).reading
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
        return self._of(collection).reading.members(collection.href)

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """Those entries by multiget, and by GET what multiget withheld."""
        found: dict[str, RemoteEntry | None] = {}
        for batch in self._of(collection).reading.bodies(collection.href, [(href, "") for href in hrefs]):
            found.update((href, entry) for href, entry in batch if entry is None or entry.data)
        return found

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """PUT or DELETE under a condition; what a PUT left behind is read back."""
        return self._of(collection).writing.push(collection.href, push)

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """MKCALENDAR or MKCOL in the first home; a collection of that name, as wanted already, counts as made."""
        flavour = _flavour_of(wanted.kind)
        session = self._found().get(flavour)
        if session is None:
            raise Rejected(f"{name}: this account has no {flavour.thing}s upstream")
        return session.collecting.create(session.home, name, wanted)

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """PROPPATCH; raises `Rejected` naming the properties that the server refused, after setting the others."""
        self._of(collection).collecting.update(collection.href, edit)

    def delete_collection(self, collection: RemoteCollection) -> None:
        """DELETE of the collection; gone already is fine (Cyrus says 404 to a deletion that it did)."""
        self._of(collection).collecting.delete(collection.href)

    def addresses(self) -> Sequence[str]:
        """`calendar-user-address-set` of the principal (RFC 6638 §2.4.1)."""
        return next(iter(self._found().values())).home.addresses

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """POST to the scheduling outbox (RFC 6638 §5)."""
        return next(iter(self._found().values())).scheduling.free_busy(addresses, start, end)

    def pass_through(self, request: RawRequest) -> RawAnswer:
        """Any request to the server that the account was found on, relative to its first home."""
        return pass_through(self._transport, [each.client.root for each in self._found().values()], request)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _of(self, collection: RemoteCollection) -> _Session:
        """The session of a collection's kind; where all that is known of it is its href, of the home it lies in."""
        sessions = self._found()
        wanted = sessions.get(_flavour_of(collection.kind))
        if wanted is not None and (collection.components or _holds(wanted, collection.href)):
            return wanted
        holding = [each for each in sessions.values() if _holds(each, collection.href)]
        return next(iter((*holding, *filter(None, [wanted]), *sessions.values())))

    def _found(self) -> Mapping[Flavour, _Session]:
        """What the account has, looked for once: calendars and the address books beside them, or these alone."""
        if not self._sessions:
            calendars, books = self._search(CALENDARS), self._search(BOOKS)
            try:
                home = calendars.find(self._start)
            except UntrustedAnswer as error:
                try:
                    found = {BOOKS: books.find(self._start)}
                except UpstreamError:
                    raise error from None
            else:
                found = {CALENDARS: home}
                if beside := books.beside(self._start, home):
                    found[BOOKS] = beside
            sessions = {flavour: self._open(flavour, each) for flavour, each in found.items()}
            if calendars_of := found.get(CALENDARS):
                greeting = sessions[CALENDARS].scheduling.greeting
                self.capabilities = replace(self.capabilities, holds=holds_of(calendars_of, greeting))
            self._sessions = sessions
        return self._sessions

    def _search(self, flavour: Flavour) -> Discovery:
        return Discovery(self._transport, self._login, flavour=flavour, lookup=self._lookup)

    def _open(self, flavour: Flavour, home: Home) -> _Session:
        root = home.collection or home.homes[0]
        client = DavClient(self._transport, root, flavour, self._spellings)
        reading = Reading(client)
        collecting = Collecting(client, urlsplit(root).path)
        own = self._login.settings.get("email", "")
        greeting = Greeting.asked(client, root) if flavour is CALENDARS else Greeting()
        scheduling = Scheduling(client, home, own, greeting)
        return _Session(home, client, reading, Writing(client, reading, scheduling), collecting, scheduling)

    def _everything(self, reading: Reading, collection: str, version: str, known: Known) -> Iterator[Page]:
        """All members, listed after `version` was read.

        Whether the token still is the same after the listing (`Reading.snapshot` says why that matters) is asked while
        the entries are fetched: for Radicale it is half a second's work. Only where it is not, the listing is repeated.
        """
        members = reading.listed(collection, version)
        with ThreadPoolExecutor(1, thread_name_prefix="caldav-version") as aside:
            now = aside.submit(reading.version, collection) if version.startswith(mapping.SYNC) else None
            # By name, so that the mirror's indexes over names are filled from one end to the other.
            for page in self._pages(reading, collection, sorted(members.items()), known):
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


def _flavour_of(kind: CollectionKind) -> Flavour:
    return BOOKS if kind is CollectionKind.CONTACTS else CALENDARS


def _holds(session: _Session, href: str) -> bool:
    """Whether an href lies in one of the session's homes, by its path."""
    places = (session.home.collection, *session.home.homes)
    return any(place and href.startswith(quirks.canonical_href(place)) for place in places)


def _closed(pages: Iterable[Page], end: Page) -> Iterator[Page]:
    """`pages`, the last one with the cursor of `end`: only then everything before the cursor was handed over."""
    held: Page | None = None
    for page in pages:
        if held is not None:
            yield held
        held = page
    yield replace(held, cursor=end.cursor, last=end.last) if held is not None else end
