"""What a client's requests cost: PROPFIND, REPORT, GET, PUT, DELETE on one calendar, ours beside other servers'.

Each request goes over one connection that is kept alive, with a password. The goals are the budgets of the project,
as ratios to the best of the others in the same run. Without others they are not judged.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import doors
from benchmarks.corpus import events
from benchmarks.doors import PEERS, Door
from benchmarks.measure import Row, cpu_of, family, memory_of, settle
from benchmarks.mix import SECONDS, Mix, mixed
from benchmarks.visit import Visit
from benchmarks.wire import Client

SIZE = 1_000
RUNS = 20
BULK = 200
_ENOUGH = 4.0
"""Seconds after which a measure is not run again, however many runs it has had."""


@dataclass
class Found:
    """What was measured at one server: by measure the wall times in seconds, CPU seconds of the server for one run."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    memory: float = 0.0
    mix: Mix | None = None

    def typical(self, measure: str) -> float | None:
        """The median in milliseconds."""
        taken = self.wall.get(measure)
        return median(taken) * 1e3 if taken else None


@dataclass(frozen=True, slots=True)
class Goal:
    """A budget: at most so many times what the best of the others takes."""

    measure: str
    label: str
    ratio: float


GOALS = (
    Goal("list_etags", "PROPFIND depth 1, ETags", 1 / 3),
    Goal("get_all", "multiget of all, 50 at a time", 1 / 3),
    Goal("sync_all", "sync-collection from nothing", 1 / 4),
    Goal("sync_one", "sync-collection, 1 change", 0.67),
    Goal("sync_none", "sync-collection, no change", 0.57),
    Goal("month", "a month's events with data", 1 / 20),
    Goal("month_expanded", "the same, expanded", 1 / 10),
    Goal("get", "GET of one entry", 0.9),
    Goal("poll", "poll (ctag, sync token)", 0.67),
    Goal("put_new", "PUT of a new entry", 0.43),
    Goal("put_changed", "PUT of a changed entry", 0.47),
    Goal("delete", "DELETE", 0.46),
    Goal("bulk", f"{BULK} PUTs into a new calendar, each", 0.4),
    Goal("bulk_4", f"{BULK} PUTs, 4 connections, each", 0.4),
)


def rows(size: int = SIZE, runs: int = RUNS, peers: Sequence[str] = tuple(PEERS)) -> list[Row]:
    """Every measure at every server, one server after the other; those that are not installed are left out."""
    found: dict[str, Found] = {}
    servers = {"ours": doors.ours, **{name: PEERS[name] for name in peers if not doors.missing(name)}}
    for name, opening in servers.items():
        with TemporaryDirectory(prefix="calharbor-bench-") as folder, opening(Path(folder), size) as door:
            found[name] = measured(door, runs)
        print(f"  {name} at N = {size:,} is measured", file=sys.stderr, flush=True)
    ours = found.pop("ours")
    return [*(_row(goal, ours, found) for goal in GOALS), *_totals(ours, found)]


def measured(door: Door, runs: int) -> Found:
    """All measures at one server."""
    found = Found()
    settle(door.pid)
    with Client(door.address) as client:
        visit = Visit(client, door)
        meter = _Meter(door, found, runs)
        visit.put_new()  # what a server does once after its start is not counted
        visit.delete()
        visit.sync_all()
        meter.run("list_etags", visit.list_etags)
        meter.run("get_all", visit.get_all)
        meter.run("sync_all", visit.sync_all)
        meter.run("sync_none", visit.sync_none)
        meter.run("month", visit.month)
        meter.run("month_expanded", visit.month_expanded)
        meter.run("get", visit.get, 10)
        meter.run("poll", visit.poll, 10)
        _writes(meter, visit)
        _bulk(meter, visit, door)
    found.mix = mixed(door, seconds=min(SECONDS, runs))
    found.memory = memory_of(family(door.pid))
    return found


class _Meter:
    """Takes the times, and the CPU seconds that the server's processes used meanwhile."""

    def __init__(self, door: Door, found: Found, runs: int) -> None:
        self.found = found
        self.runs = runs
        self._pids = family(door.pid)

    def run(self, measure: str, work: Callable[[], int | None], times: int = 1) -> None:
        """Measure some work again and again: `times` as often as asked, or for as long as is enough."""
        begun, before, done = perf_counter(), self.cpu(), 0
        while done < self.runs * times and (perf_counter() - begun < _ENOUGH or done == 0):
            count = self.once(measure, work)
            done += 1
            if count is not None:
                self.found.counts[measure] = count
        self.found.cpu[measure] = (self.cpu() - before) / done

    def once(self, measure: str, work: Callable[[], int | None]) -> int | None:
        """Measure some work one more time."""
        begun = perf_counter()
        count = work()
        self.found.wall.setdefault(measure, []).append(perf_counter() - begun)
        return count

    def cpu(self) -> float:
        """CPU seconds of all processes of the server so far."""
        return sum(map(cpu_of, self._pids))


def _writes(meter: _Meter, visit: Visit) -> None:
    """An entry is made, changed, found by a synchronisation, and deleted, again and again."""
    begun, done = perf_counter(), 0
    while done < meter.runs and (perf_counter() - begun < 3 * _ENOUGH or done == 0):
        meter.once("put_new", visit.put_new)
        visit.sync_none()
        meter.once("put_changed", visit.put_changed)
        meter.once("sync_one", visit.sync_one)
        meter.once("delete", visit.delete)
        done += 1


def _bulk(meter: _Meter, visit: Visit, door: Door) -> None:
    """Many PUTs into a calendar of their own, over one connection and over four."""
    for measure, connections in (("bulk", 1), ("bulk_4", 4)):
        calendar = f"{door.address.calendar.removesuffix('/')}-{measure}/"
        visit.client.ask("MKCALENDAR", calendar)
        waiting = [(f"{measure}-{number}", uid, text) for number, (uid, text) in enumerate(events(BULK))]
        before, begun = meter.cpu(), perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(partial(_put, door, calendar), [waiting[part::connections] for part in range(connections)]))
        meter.found.wall[measure] = [(perf_counter() - begun) / BULK]
        meter.found.cpu[measure] = (meter.cpu() - before) / BULK


def _put(door: Door, calendar: str, waiting: Sequence[tuple[str, str, str]]) -> None:
    """Write texts under new names over one connection."""
    with Client(door.address) as client:
        visit = Visit(client, replace(door, address=replace(door.address, calendar=calendar)))
        for name, uid, text in waiting:
            visit.put(name, uid, text)


def _row(goal: Goal, ours: Found, others: Mapping[str, Found]) -> Row:
    peers = {name: value for name, found in others.items() if (value := found.typical(goal.measure)) is not None}
    cpu = {name: found.cpu.get(goal.measure) for name, found in {"ours": ours, **others}.items()}
    note = ", ".join(f"{name} {value * 1e3:.3g}" for name, value in cpu.items() if value is not None)
    count = ours.counts.get(goal.measure)
    found = f"{count} found; " if count is not None else ""
    best = min(peers.values(), default=None)
    return Row(
        goal.label,
        ours.typical(goal.measure) or 0.0,
        "ms",
        best,
        goal=None if best is None else goal.ratio * best,
        note=f"{found}CPU ms: {note}" if note else found.rstrip("; "),
        peers=peers,
    )


def _totals(ours: Found, others: Mapping[str, Found]) -> list[Row]:
    def first(found: Found) -> float:
        return ((found.typical("list_etags") or 0.0) + (found.typical("get_all") or 0.0)) or 0.0

    peers = {name: first(found) for name, found in others.items()}
    best = min(peers.values(), default=None)
    memory = {name: found.memory for name, found in others.items()}
    return [
        Row("first synchronisation", first(ours), "ms", best, goal=best / 3 if best else None, peers=peers),
        _mixed("mix of 8 clients, one request", ours, others, lambda mix: mix.each, 1 / 8),
        _mixed("mix of 8 clients, p99", ours, others, lambda mix: mix.slowest(), 1 / 8),
        _mixed("mix of 8 clients, p99 of a poll", ours, others, lambda mix: mix.slowest("poll"), None),
        Row("memory (PSS) afterwards", ours.memory, "MiB", min(memory.values(), default=None), goal=120, peers=memory),
    ]


def _mixed(
    label: str, ours: Found, others: Mapping[str, Found], figure: Callable[[Mix], float], ratio: float | None
) -> Row:
    values = {name: figure(found.mix) for name, found in {"ours": ours, **others}.items() if found.mix is not None}
    own = values.pop("ours", 0.0)
    best = min(values.values(), default=None)
    return Row(label, own, "ms", best, goal=ratio * best if ratio and best else None, peers=values)
