"""Eight clients at once: polls, synchronisations, multigets, GETs, and a tenth of one-week queries with data.

By itself (`python -m benchmarks mix`) it runs against ours while a first mirror of as many events is under way, with
some PUTs in it; the part `dav` runs it against every server.
"""

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import doors
from benchmarks.doors import Door
from benchmarks.measure import Failed, Row
from benchmarks.upstream import NAME, filled_radicale
from benchmarks.visit import Visit
from benchmarks.wire import Address, Client
from gateway.http.access import hash_password
from storage.model import Account
from storage.store import Store

SIZE = 10_000
CLIENTS = 8
SECONDS = 10
SHARES = {"poll": 40, "sync": 20, "get": 20, "multiget": 10, "week": 10}
SOME = 20
"""So many entries are asked for in one multiget."""

_UP = """\
[storage]
path = {data}
[account up]
user = alice
provider = caldav
url = {server.url}
username = {server.username}
password = {server.password}
"""


@dataclass(frozen=True, slots=True)
class Mix:
    """The seconds that each request took, by its kind; how many failed; for how long it went on."""

    taken: Mapping[str, Sequence[float]]
    failures: int
    lasted: float

    @property
    def each(self) -> float:
        """Milliseconds for one request, all clients together."""
        return self.lasted / max(1, sum(map(len, self.taken.values()))) * 1e3

    def slowest(self, kind: str | None = None) -> float:
        """The 99th percentile in milliseconds, of one kind or of all."""
        found = self.taken.get(kind, ()) if kind else [each for taken in self.taken.values() for each in taken]
        return quantiles(found, n=100)[98] * 1e3 if len(found) > 1 else sum(found) * 1e3


def mixed(door: Door, *, seconds: float = SECONDS, puts: int = 0) -> Mix:
    """Let eight clients, each a process with one connection, ask at random. `puts`: the share of PUTs among it."""
    with Client(door.address) as client:
        visit = Visit(client, door)
        visit.list_etags()
        visit.sync_all()
    begun = perf_counter()
    shares = {**SHARES, "put": puts} if puts else SHARES
    with ProcessPoolExecutor(CLIENTS, mp_context=multiprocessing.get_context("fork")) as pool:
        waiting = [
            pool.submit(_client, door, seed, seconds, shares, visit.hrefs, visit.token) for seed in range(CLIENTS)
        ]
        parts = [each.result() for each in waiting]
    taken: dict[str, list[float]] = {}
    for part, _failures in parts:
        for kind, found in part.items():
            taken.setdefault(kind, []).extend(found)
    return Mix(taken, sum(failures for _, failures in parts), perf_counter() - begun)


def _client(
    door: Door, seed: int, seconds: float, shares: Mapping[str, int], hrefs: Sequence[str], token: str
) -> tuple[dict[str, list[float]], int]:
    """One client's requests: the seconds of each by kind, and how many were answered with an error or not at all."""
    random, failures = Random(seed), 0
    taken: dict[str, list[float]] = {}
    with Client(door.address) as client:
        visit = Visit(client, door)
        visit.token, visit.newcomers = token, seed * 1_000_000
        kinds: dict[str, Callable[[], object]] = {
            "poll": visit.poll,
            "sync": visit.sync_none,
            "get": visit.get,
            "multiget": lambda: visit.get_some(random.sample(hrefs, min(SOME, len(hrefs)))),
            "week": visit.week,
            "put": visit.put_new,
        }
        until = perf_counter() + seconds
        while (begun := perf_counter()) < until:
            [kind] = random.choices(list(shares), list(shares.values()))
            try:
                kinds[kind]()
            except (Failed, OSError, EOFError):
                failures += 1
            taken.setdefault(kind, []).append(perf_counter() - begun)
    return taken, failures


def rows(size: int = SIZE, runs: int = SECONDS) -> list[Row]:
    """The mix while `size` events are mirrored for the first time; `runs`: for so many seconds."""
    with TemporaryDirectory(prefix="calharbor-bench-") as name, filled_radicale(Path(name) / "up", size) as upstream:
        folder = Path(name) / "ours"
        with closing(Store.open(folder / "data")) as store:
            store.save_user("alice", hash_password(doors.PASSWORD))
            home = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
            doors.fill_mirror(store, home.id, "home", size)
            with doors.serving(folder, _UP.format(data=folder / "data", server=upstream.server)) as (pid, port):
                address = Address("127.0.0.1", port, "/dav/alice/home/", "alice", doors.PASSWORD)
                begin = _mirrored(store)
                found = mixed(Door("ours", address, size, pid), seconds=runs, puts=5)
                end = _mirrored(store)
    note = f"{end - begin:,} of {size:,} events were mirrored meanwhile"
    return [
        Row("poll, p99", found.slowest("poll"), "ms", goal=100, note=note),
        Row("failed requests", found.failures, "", goal=0),
        Row("any request, p99", found.slowest(), "ms"),
        Row("PUT, p99", found.slowest("put"), "ms", note=f"{len(found.taken.get('put', ()))} of them"),
        Row("one request, all clients together", found.each, "ms", note=f"{1e3 / found.each:.0f} a second"),
    ]


def _mirrored(store: Store) -> int:
    """How many entries the account `up` has so far in its calendar."""
    places = [each for each in store.collections() if each.remote_href and NAME in each.remote_href]
    counts = store.counts().entries
    return sum(counts.get(each.n, 0) for each in places)
