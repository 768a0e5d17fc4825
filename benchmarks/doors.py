"""The servers side by side, each with the same events in one calendar: ours as `calharbor serve` runs, and the peers.

What a server keeps in a form that others can write is written there; Cyrus is filled by PUT.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dulwich.repo import Repo

from benchmarks.corpus import events
from benchmarks.measure import Failed, child_processes
from benchmarks.upstream import filled_radicale
from benchmarks.wire import Address, Client
from gateway.http.access import hash_password
from storage import clock, content, record
from storage.model import Account, Collection, CollectionKind, Origin
from storage.store import Store
from tests.upstreams import cyrus
from tests.upstreams.cyrus import running_cyrus
from tests.upstreams.serving import Server
from tests.upstreams.xandikos import running_xandikos

NAME = "calendar"
PASSWORD = "correct horse"
_BATCH = 500
_CALENDAR = {"Content_Type": "text/calendar; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Door:
    """A running server with its calendar of `size` events; `pid` is the process above all of its processes."""

    name: str
    address: Address
    size: int
    pid: int


Opening = Callable[[Path, int], AbstractContextManager[Door]]


@contextmanager
def ours(folder: Path, size: int) -> Iterator[Door]:
    """`calharbor serve` with a local account: one HTTP worker and the sync process."""
    data = folder / "data"
    with closing(Store.open(data)) as store:
        store.save_user("alice", hash_password(PASSWORD))
        account = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
        fill_mirror(store, account.id, NAME, size)
    with serving(folder, f"[storage]\npath = {data}\n") as (pid, port):
        yield Door("ours", Address("127.0.0.1", port, f"/dav/alice/{NAME}/", "alice", PASSWORD), size, pid)


def fill_mirror(
    store: Store, account_id: int, slug: str, size: int, corpus: Callable[[int], Iterable[tuple[str, str]]] = events
) -> Collection:
    """Make a calendar and write the corpus into it, as many entries to a transaction as a first mirror does."""
    made = store.create_collection(
        account_id, slug, name=slug, kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.CLI
    )
    waiting = list(corpus(size))
    for begin in range(0, size, _BATCH):
        with store.db.atomic() as conn:
            for uid, text in waiting[begin : begin + _BATCH]:
                said = content.read(text, made.kind)
                record.put(
                    *(conn, made, f"{uid}.ics", text, said),
                    existing=None,
                    origin=Origin.UPSTREAM,
                    actor="",
                    at=clock.iso(),
                )
    return made


@contextmanager
def serving(folder: Path, options: str) -> Iterator[tuple[int, int]]:
    """Run `calharbor serve` until the block ends; its process id and port."""
    config, log = folder / "config.ini", folder / "log"
    config.write_text(f"[server]\nport = 0\n{options}")
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        ) as process,
    ):
        try:
            yield process.pid, _port(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    for _ in range(600):
        for text in log.read_text().splitlines():
            line = json.loads(text) if text.startswith("{") else {}
            if line.get("event") == "listening":
                return int(line["url"].rpartition(":")[2])
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed(f"calharbor serve did not start:\n{log.read_text()[-3000:]}")


@contextmanager
def radicale(folder: Path, size: int) -> Iterator[Door]:
    """Stock Radicale, everything in its cache."""
    with filled_radicale(folder, size) as upstream:
        yield Door("radicale", _address(upstream.server, upstream.url), size, upstream.pid)


@contextmanager
def xandikos(folder: Path, size: int) -> Iterator[Door]:
    """Xandikos; its calendar, a git repository, is filled by one commit."""
    before = child_processes()
    with running_xandikos(folder) as server:
        pid = next(iter(child_processes() - before), 0)
        url = server.make_calendar(NAME)
        [place] = (path for path in (folder / "data").rglob(NAME) if (path / ".git").is_dir())
        for uid, text in events(size):
            (place / f"{uid}.ics").write_bytes(text.encode())
        with closing(Repo(str(place))) as repo:
            work = repo.get_worktree()
            work.stage([f"{uid}.ics".encode() for uid, _ in events(size)])
            work.commit(message=b"Fill")
        yield Door("xandikos", _address(server, url), size, pid)


@contextmanager
def cyrus_imap(_folder: Path, size: int) -> Iterator[Door]:
    """Cyrus, filled by PUT over four connections."""
    before = child_processes()
    with running_cyrus() as server:
        pid = next(iter(child_processes() - before), 0)
        door = Door("cyrus", _address(server, server.make_calendar(NAME)), size, pid)
        waiting = list(events(size))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda part: _put_all(door.address, waiting[part::4]), range(4)))
        yield door


def _put_all(address: Address, pairs: list[tuple[str, str]]) -> None:
    with Client(address) as client:
        for uid, text in pairs:
            client.ask("PUT", f"{address.calendar}{uid}.ics", text.encode(), **_CALENDAR)


def _address(server: Server, url: str) -> Address:
    parts = urlsplit(url)
    return Address(parts.hostname or "", parts.port or 80, parts.path, server.username, server.password)


PEERS: dict[str, Opening] = {"radicale": radicale, "xandikos": xandikos, "cyrus": cyrus_imap}


def missing(peer: str) -> str:
    """Why a peer cannot run here; empty if it can."""
    return cyrus.missing() if peer == "cyrus" else ""
