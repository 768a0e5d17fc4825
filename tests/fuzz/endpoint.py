"""The endpoint under fire: a fresh mirror for every example, and what must hold after each request."""

import shutil
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import fromstring

from gateway.dav import dav_app
from gateway.http.access import Access
from gateway.http.webpush import Offer, Vapid
from storage.model import CollectionKind, Origin
from storage.store import Store
from storage.tables import push
from storage.tables.push import Registration
from tests.fuzz.corpus import CARD, SERIES
from tests.fuzz.hostile import Hostile
from tests.gateway.dav.door import Door, Got, event

LONGEST = 2.0
"""Seconds of this process's own time that a request may take."""

MOST_MEMORY = 500 * 1024
"""Kilobytes that a process may ever hold; one that held more before the first request may hold a fifth of that more."""


class Broken(AssertionError):
    """A promise that did not hold."""


class Endpoint(Door):
    """A door that is thrown away after some requests; `Template` makes them quickly."""

    def __init__(self, folder: Path, offer: Offer, most_memory: int) -> None:
        self._most_memory = most_memory
        self.store = Store.open(folder)
        self.app = dav_app(self.store, Access(self.store), push=offer)

    def suffer(self, request: Hostile) -> None:
        """Send a request; raises `Broken`."""
        before, began = self.state(), time.process_time()
        got = self.request(
            request.method,
            request.path,
            request.body,
            request.headers,
            user=None if "Authorization" in request.headers else request.user,
            chunks=request.chunks,
        )
        lasted = time.process_time() - began
        self._check(request, got)
        if lasted > LONGEST:
            raise Broken(f"{request.method} took {lasted:.1f} s")
        if not 200 <= got.status < 300 and self.state() != before:
            raise Broken(f"{request.method} was refused with {got.status}, and wrote")
        if (held := getrusage(RUSAGE_SELF).ru_maxrss) > self._most_memory:
            raise Broken(f"{held // 1024} MB")

    def _check(self, request: Hostile, got: Got) -> None:
        # 502 is what RFC 4918 §9.9.4 says of a Destination on another server; 507 is a limit.
        allowed = (502, 507) if request.method in ("MOVE", "COPY") else (507,)
        if got.status >= 500 and got.status not in allowed:
            raise Broken(f"{got.status}: {got.body[:500]!r}")
        if "xml" in got.headers.get("content-type", "") and "content-encoding" not in got.headers and got.body:
            fromstring(got.body)

    def state(self) -> tuple[int, list[tuple[object, ...]], list[Registration]]:
        """What a refused request must leave as it was."""
        with self.store.db.snapshot() as conn:
            registrations = push.every(conn)
        return self.store.head(), [(each.n, each.slug, each.seq) for each in self.store.collections()], registrations

    def survived(self) -> None:
        """What an honest client asks afterwards is answered, and everything kept twice says the same."""
        for user in ("alice", "bob"):
            got = self.request("PROPFIND", f"/dav/{user}/", b"", {"Depth": "1"}, user=user)
            if got.status != 207:
                raise Broken(f"the home of {user} answers {got.status}")
        for collection in self.store.collections(user="alice"):
            listed = [each.href for each in self.store.listing(collection.id)]
            if len(self.store.delta(collection.id, None).changed) != len(listed):
                raise Broken(f"the listing and the journal of {collection.slug} differ")


class Template:
    """A mirror with some entries, copied for each example."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="calharbor-fuzz-")
        self._offer = Offer(Vapid(Vapid.new()).public)
        self._number = 0
        self._most_memory = max(MOST_MEMORY, getrusage(RUSAGE_SELF).ru_maxrss + MOST_MEMORY // 5)
        self._root = Path(self._folder.name)
        door = Door(self._root / "template")
        for name, text in (("good.ics", event("good")), ("series.ics", SERIES)):
            if door.put(name, text).status != 201:
                raise Broken(f"{name} is not taken")
        account = door.store.accounts("alice")[0]
        book = door.store.create_collection(
            account.id, "book", name="Book", kind=CollectionKind.CONTACTS, components=("VCARD",), origin=Origin.CLI
        )
        door.store.put_entry(book.id, "card.vcf", CARD, origin=Origin.CLI)
        door.store.close()

    def fresh(self) -> Endpoint:
        """An endpoint over a new copy."""
        self._number += 1
        folder = self._root / str(self._number)
        shutil.copytree(self._root / "template", folder)
        return Endpoint(folder, self._offer, self._most_memory)

    def discard(self, endpoint: Endpoint) -> None:
        """Close and remove it."""
        endpoint.store.close()
        shutil.rmtree(endpoint.store.folder)

    def close(self) -> None:
        """Remove everything."""
        self._folder.cleanup()
