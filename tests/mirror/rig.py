"""A mirror of one account at a real server, with hands on both sides: the store here, plain HTTP there."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import httpx
from dulwich import porcelain

from plugins.caldav.provider import CalDavProvider
from storage.content import canonical
from storage.model import Account, Collection, Origin
from storage.provider import Login, Provider
from storage.store import Store
from storage.sync.once import sync_once
from storage.sync.report import Outcome
from tests.upstreams.serving import Server


class Mirror:
    """A store with one mirrored account; `sync` runs the engine until nothing is left to do."""

    def __init__(self, folder: Path, url: str, username: str, password: str) -> None:
        self.store = Store.open(folder)
        self.store.save_user("alice", None)
        self.store.save_account(Account(0, "up", "alice", "caldav", mirrored=True))
        self.login = Login("up", {"url": url, "username": username}, {"password": password})
        self.rounds: list[dict[str, object]] = []

    @property
    def account(self) -> Account:
        return self.store.account("up")

    def make(self, _account: Account) -> Provider:
        return CalDavProvider(self.login)

    def sync(self, make: Callable[[Account], Provider] | None = None) -> Outcome:
        """One run in the foreground."""
        self.rounds.clear()
        return sync_once(self.store, make or self.make, [self.account], on_line=self.rounds.append)

    def collection(self, path: str) -> Collection:
        """The mirrored collection of this upstream URL or path."""
        wanted = unquote(urlsplit(path).path).rstrip("/")
        for collection in self.store.collections(account=self.account.id):
            if collection.remote_href and unquote(urlsplit(collection.remote_href).path).rstrip("/") == wanted:
                return collection
        raise AssertionError(f"{path} is not mirrored; there are {self.store.collections(account=self.account.id)}")

    def texts(self, path: str) -> dict[str, str]:
        """UID → canonical text of everything mirrored in a collection."""
        found = self.store.iter_entries(self.collection(path).id)
        return {entry.uid: canonical(entry.text) for entry in found}

    def put(self, path: str, name: str, text: str) -> None:
        """Write as a client of the mirror does."""
        self.store.put_entry(self.collection(path).id, name, text, origin=Origin.DAV)


class Upstream:
    """Plain HTTP to the server, as another client of it would speak; no code of the adapter is involved."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx.Client(auth=server.auth, trust_env=False, timeout=120)

    def put(self, collection: str, name: str, text: str, *, media_type: str = "text/calendar") -> None:
        headers = {"Content-Type": f"{media_type}; charset=utf-8"}
        answer = self.http.put(collection + quote(name), content=text.encode(), headers=headers)
        assert answer.status_code in (200, 201, 204), f"{answer.status_code} {answer.text[:300]}"

    def fill(self, collection: str, entries: Mapping[str, str]) -> None:
        """Put many entries at once: behind the back of servers whose PUT takes 50 ms, by PUT elsewhere."""
        name = collection.rstrip("/").rpartition("/")[2]
        folder = self.server.log.parent if self.server.log else Path()
        user = self.server.username
        places = {
            "radicale": folder / "collections" / "collection-root" / user / name,
            "xandikos": folder / "data" / user / "calendars" / name,
        }
        place = places.get(self.server.name)
        if place is None:
            for file, text in entries.items():
                self.put(collection, file, text)
            return
        for file, text in entries.items():
            (place / file).write_bytes(text.encode())
        if self.server.name == "xandikos":
            porcelain.add(place, [place / file for file in entries])
            who = b"test <test@localhost>"
            porcelain.commit(place, message=b"fill", author=who, committer=who)

    def get(self, collection: str, name: str) -> str:
        answer = self.http.get(collection + quote(name))
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
        return answer.text

    def delete(self, collection: str, name: str) -> None:
        assert self.http.delete(collection + quote(name)).status_code in (200, 204)

    def names(self, collection: str) -> list[str]:
        """The resource names in a collection, decoded."""
        body = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.http.request("PROPFIND", collection, content=body, headers={"Depth": "1", **_XML})
        hrefs = re.findall(r"<(?:\w+:)?href[^>]*>([^<]*)</", answer.text)
        names = [unquote(href.rstrip("/").rpartition("/")[2]) for href in hrefs]
        own = unquote(collection.rstrip("/").rpartition("/")[2])
        return sorted(name for name in names if name != own)

    def texts(self, collection: str) -> dict[str, str]:
        """UID → canonical text of everything in a collection."""
        texts = [self.get(collection, name) for name in self.names(collection)]
        return {uid_of(text): canonical(text) for text in texts}


_XML = {"Content-Type": "application/xml; charset=utf-8"}


def uid_of(text: str) -> str:
    """The UID in a text whose UID line is not folded."""
    found = re.search(r"^UID:(.*?)\r?$", text, re.MULTILINE)
    assert found
    return found[1]


@contextmanager
def mirror_of(server: Server, folder: Path, *, url: str = "") -> Iterator[Mirror]:
    """A mirror of the server's account (reached under `url`, where a proxy stands in between)."""
    mirror = Mirror(folder, url or server.url, server.username, server.password)
    try:
        yield mirror
    finally:
        mirror.store.close()
