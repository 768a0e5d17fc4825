"""The CalDAV adapter keeps the contract for calendars and address books, on a real Radicale, Xandikos and Cyrus."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest

from plugins.caldav.provider import CalDavProvider
from storage.provider import Login, Provider, RemoteCollection
from tests.contract.provider import ODD_NAMES, ContactsContract, ProviderContract
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.fixtures import real_server
from tests.upstreams.serving import Server

__all__ = ["real_server"]


class CalDavBench:
    """A real server behind a proxy that counts; the bench itself talks to the server directly."""

    names: Sequence[str] = ODD_NAMES
    media_type = "text/calendar"

    def __init__(self, server: Server, proxy: FaultyProxy) -> None:
        self._server = server
        self._proxy = proxy
        self._http = server.client()
        self._open: list[Provider] = []
        self._made: list[str] = []

    def provider(self) -> Provider:
        settings = {"url": self._proxy.server(self._server).url, "username": self._server.username}
        self._open.append(CalDavProvider(Login("test", settings, {"password": self._server.password})))
        return self._open[-1]

    def collection(self) -> RemoteCollection:
        self._made.append(self.make(f"c{uuid4().hex[:8]}"))
        path = urlsplit(self._made[-1]).path
        return next(each for each in self.provider().collections() if each.href == path)

    def make(self, name: str) -> str:
        """A new collection; its URL."""
        return self._server.make_calendar(name)

    def put(self, collection: RemoteCollection, name: str, text: str) -> None:
        headers = {"Content-Type": f"{self.media_type}; charset=utf-8"}
        answer = self._http.put(self._url(collection, name), content=text.encode(), headers=headers)
        assert answer.is_success, answer.text

    def remove(self, collection: RemoteCollection, name: str) -> None:
        assert self._http.delete(self._url(collection, name)).is_success

    def kill_cursors(self, collection: RemoteCollection, cursor: str) -> str:
        return cursor[:-4] + "dead"

    def close(self) -> None:
        """Close everything that was opened; remove what was made, because on Cyrus a UID is unique to the user."""
        for url in self._made:
            self._http.delete(url)
        self._http.close()
        for provider in self._open:
            provider.close()

    @property
    def writes(self) -> int:
        return self._proxy.writes

    def _url(self, collection: RemoteCollection, name: str) -> str:
        origin = urlsplit(self._server.url)
        return f"{origin.scheme}://{origin.netloc}{collection.href}{quote(name)}"


class TestCalDav(ProviderContract):
    @pytest.fixture
    def bench(self, real_server: Server) -> Iterator[CalDavBench]:
        with FaultyProxy(real_server.url) as proxy:
            bench = CalDavBench(real_server, proxy)
            yield bench
            bench.close()


class CardDavBench(CalDavBench):
    """The same for address books."""

    names = tuple(name.replace(".ics", ".vcf") for name in ODD_NAMES)
    media_type = "text/vcard"

    def make(self, name: str) -> str:
        return self._server.make_address_book(name)


class TestCardDav(ContactsContract):
    @pytest.fixture
    def bench(self, real_server: Server) -> Iterator[CardDavBench]:
        with FaultyProxy(real_server.url) as proxy:
            bench = CardDavBench(real_server, proxy)
            yield bench
            bench.close()
