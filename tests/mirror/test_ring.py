"""A ring: two of our mirrors follow one Radicale, and each follows the other. It settles, and then stays silent."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from threading import Thread

import pytest
import uvicorn

from gateway.http.access import device_hash
from gateway.serve.web import web_app
from plugins.caldav.provider import CalDavProvider
from storage.ical.canonical import canonical
from storage.model import Account, Collection, Origin
from storage.provider import Login, Provider
from storage.store import Store
from storage.sync.once import sync_once
from tests.mirror import corpus
from tests.mirror.rig import Upstream
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server

PASSWORD = "secret"
EDITS = 20
IDLE = 50


class Harbour:
    """One of our mirrors with its endpoint, reached through a proxy that counts; `follow` gives it an account."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder)
        self.store.save_user("alice", None)
        self.store.add_device("alice", "the other", device_hash(PASSWORD))
        self.url = ""
        self._logins: dict[str, Login] = {}

    @contextmanager
    def serving(self) -> Iterator["Harbour"]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(uvicorn.Config(web_app(self.store), log_level="warning", lifespan="off"))
            thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            with FaultyProxy(f"http://127.0.0.1:{listener.getsockname()[1]}/dav/") as proxy:
                self.proxy = proxy
                self.url = proxy.url
                yield self
            server.should_exit = True
            thread.join(timeout=10)
        self.store.close()

    def follow(self, name: str, url: str, username: str, password: str) -> None:
        self.store.save_account(Account(0, name, "alice", "caldav", email=f"{username}@example.org"))
        settings = {"url": url, "username": username, "email": f"{username}@example.org"}
        self._logins[name] = Login(name, settings, {"password": password})

    def make(self, account: Account) -> Provider:
        return CalDavProvider(self._logins[account.name])

    def sync(self) -> None:
        outcome = sync_once(self.store, self.make, self.store.accounts("alice"))
        assert outcome.errors == [], outcome

    @property
    def places(self) -> list[Collection]:
        return self.store.collections(user="alice")

    def texts(self, place: Collection) -> dict[str, str]:
        return {entry.uid: canonical(entry.text) for entry in self.store.iter_entries(place.id)}


class Ring:
    """The Radicale, the two, and everything that can be edited."""

    def __init__(self, server: Server, team: str, here: Harbour, there: Harbour, proxy: FaultyProxy) -> None:
        self.upstream = Upstream(server)
        self.team = team
        self.both = (here, there)
        self.proxies = (proxy, here.proxy, there.proxy)
        self.random = Random(1)

    def writes(self) -> tuple[int, ...]:
        """Everything that anybody has written: to Radicale, to each other, and into the own journals."""
        return *(proxy.writes for proxy in self.proxies), *(each.store.head() for each in self.both)

    def settle(self) -> None:
        for _ in range(12):
            before = self.writes()
            for each in self.both:
                each.sync()
            if self.writes() == before:
                return
        raise AssertionError("they never come to rest")

    def edit(self, number: int) -> None:
        """Somebody makes, changes or deletes an entry, at Radicale or in any calendar of either mirror."""
        spot = self.random.randrange(5)
        uid = f"ring{self.random.randrange(8)}@example.com"
        text = corpus.calendar(
            f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSEQUENCE:{number}\r\n"
            f"DTSTART:20260301T{number % 24:02}0000Z\r\nSUMMARY:edit {number}\r\nEND:VEVENT\r\n"
        )
        delete = self.random.random() < 0.2
        if spot == 4:
            names = {self.upstream.get(self.team, name).partition("UID:")[2].split("\r\n")[0]: name
                     for name in self.upstream.names(self.team)}  # fmt: skip
            if delete and uid in names:
                self.upstream.delete(self.team, names[uid])
            else:
                self.upstream.put(self.team, names.get(uid, f"{uid}.ics"), text)
            return
        harbour = self.both[spot // 2]
        place = harbour.places[spot % 2]
        known = {entry.uid: entry.href for entry in harbour.store.iter_entries(place.id)}
        if delete and uid in known:
            harbour.store.delete_entry(place.id, known[uid], origin=Origin.DAV, notify=True)
        else:
            harbour.store.put_entry(place.id, known.get(uid, f"{uid}.ics"), text, origin=Origin.DAV, notify=True)


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Ring]:
    with ExitStack() as stack:
        server = stack.enter_context(running_radicale(tmp_path / "radicale"))
        team = server.make_calendar("team")
        proxy = stack.enter_context(FaultyProxy(server.url))
        here, there = (stack.enter_context(Harbour(tmp_path / name).serving()) for name in ("here", "there"))
        for mine, other in ((here, there), (there, here)):
            mine.follow("up", proxy.server(server).url, server.username, server.password)
            mine.follow("other", other.url, "alice", PASSWORD)
        found = Ring(server, team, here, there, proxy)
        yield found
        found.upstream.http.close()


@pytest.mark.timeout(300)
def test_a_ring_settles_and_then_writes_nothing(ring: Ring) -> None:
    for number in range(4):
        ring.upstream.put(ring.team, f"first{number}.ics", corpus.series(f"first{number}", Random(number)))
    ring.settle()
    assert [len(each.places) for each in ring.both] == [2, 2], "what has come full circle is not mirrored again"
    for number in range(EDITS):
        ring.edit(number)
        ring.random.choice(ring.both).sync()
    ring.settle()
    wanted = ring.upstream.texts(ring.team)
    assert len(wanted) > 4
    for each in ring.both:
        for place in each.places:
            assert each.texts(place) == wanted, place.name
    before = ring.writes()
    for _ in range(IDLE):
        for each in ring.both:
            each.sync()
    assert ring.writes() == before
    assert [len(each.places) for each in ring.both] == [2, 2]
