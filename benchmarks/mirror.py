"""Mirroring a calendar from a real Radicale into a folder of files: `calharbor sync --once` against vdirsyncer."""

import sys
from collections.abc import Callable, Iterator, Sequence
from compileall import compile_dir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Cost, Row, child, output, typical
from benchmarks.upstream import NAME, Upstream, filled_radicale

SIZE = 10_000
_PEER = "vdirsyncer"

_OURS = """\
[storage]
path = {folder}/data
vdir = yes
[user alice]
password = alice
[account up]
user = alice
provider = caldav
url = {server.url}
username = {server.username}
password = {server.password}
"""

_THEIRS = """\
[general]
status_path = "{folder}/status/"
[pair bench]
a = "up"
b = "files"
collections = ["{name}"]
conflict_resolution = "a wins"
[storage up]
type = "caldav"
url = "{server.url}"
username = "{server.username}"
password = "{server.password}"
[storage files]
type = "filesystem"
path = "{folder}/files/"
fileext = ".ics"
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that mirrors: how it is made ready in an empty folder, what one round of it is, where its files end."""

    prepare: Callable[[Path, Upstream], None]
    round: Callable[[Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Timed:
    """What a round cost, and the CPU seconds of the upstream meanwhile."""

    cost: Cost
    upstream_cpu: float


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _prepare_ours(folder: Path, upstream: Upstream) -> None:
    (folder / "config.ini").write_text(_OURS.format(folder=folder, server=upstream.server))


def _prepare_theirs(folder: Path, upstream: Upstream) -> None:
    """Discovery, which makes the folder, is a command of its own there and not counted."""
    (folder / "config").write_text(_THEIRS.format(folder=folder, server=upstream.server, name=NAME))
    (folder / "files" / NAME).mkdir(parents=True)
    child([_program("vdirsyncer"), "-v", "ERROR", "-c", str(folder / "config"), "discover"])


OURS = Tool(_prepare_ours, lambda folder: [_program("calharbor"), "sync", "--once", "--config", f"{folder}/config.ini"])
THEIRS = Tool(_prepare_theirs, lambda folder: [_program("vdirsyncer"), "-v", "ERROR", "-c", f"{folder}/config", "sync"])


def rows(size: int = SIZE, runs: int = 3) -> list[Row]:
    """First mirror, a round without a change, a round with one; then what the upstream itself takes for a round."""
    _compile_ours()
    with TemporaryDirectory(prefix="calharbor-bench-") as name, filled_radicale(Path(name) / "up", size) as upstream:
        folder = Path(name)
        first = [[_first(tool, folder / f"{side}{n}", upstream) for n in range(runs)] for side, tool in _SIDES.items()]
        ours, theirs = (folder / f"{side}{runs - 1}" for side in _SIDES)
        homes = ((OURS, ours), (THEIRS, theirs))
        _agree(ours, theirs, size)
        idle = [[_timed(tool, home, upstream) for _ in range(runs)] for tool, home in homes]
        floor = upstream.own_time(runs)
        resident = float(output([sys.executable, "-m", "benchmarks.resident", str(ours / "data"), str(runs)]))
        one: list[list[Timed]] = [[], []]
        for _ in range(runs):
            upstream.edit_one()
            for found, (tool, home) in zip(one, homes, strict=True):
                found.append(_timed(tool, home, upstream))
        _agree(ours, theirs, size)
    return [
        *_pair(f"first mirror of {size:,} events", first, goal=1),
        *_memory("peak memory of it", first),
        *_pair("round without a change", idle, goal=0.2, floor=floor),
        Row(
            "the same inside the sync process of `serve`",
            resident,
            "s",
            typical([timed.cost for timed in idle[1]]).wall,
            _PEER,
            goal=floor + 0.03,
            note="the goal is the upstream's own time and 30 ms",
        ),
        *_pair("round with one change", one, floor=floor),
    ]


_SIDES = {"ours": OURS, "theirs": THEIRS}


def _compile_ours() -> None:
    """Byte-compile our packages, as pip does with what it installs, the peer included; this checkout never was."""
    for package in ("gateway", "plugins", "storage"):
        compile_dir(Path(__file__).parents[1] / package, quiet=1)


def _first(tool: Tool, folder: Path, upstream: Upstream) -> Timed:
    """From nothing, in a folder of its own: ext4 makes new files slowly for minutes after many were removed."""
    folder.mkdir()
    tool.prepare(folder, upstream)
    return _timed(tool, folder, upstream)


def _timed(tool: Tool, folder: Path, upstream: Upstream) -> Timed:
    before = upstream.cpu()
    cost = child(tool.round(folder))
    return Timed(cost, upstream.cpu() - before)


def _agree(ours: Path, theirs: Path, size: int) -> None:
    """Both sides must hold every event, else there is nothing to compare. Raises `ValueError`."""
    here = sum(1 for _ in (ours / "data" / "vdir").glob("*/*/*.ics"))
    there = sum(1 for _ in (theirs / "files").glob("*/*.ics"))
    if here != size or there != size:
        raise ValueError(f"of {size} events we mirrored {here}, {_PEER} {there}")


def _pair(what: str, sides: list[list[Timed]], *, goal: float | None = None, floor: float = 0.0) -> Iterator[Row]:
    ours, theirs = (typical([timed.cost for timed in side]) for side in sides)
    waited = [sum(timed.upstream_cpu for timed in side) / len(side) for side in sides]
    note = f"the upstream's CPU: {waited[0]:.2f} s for us, {waited[1]:.2f} s for {_PEER}"
    if floor:
        note += f"; it needs {floor:.2f} s to say that nothing changed"
    # Nobody can be faster than the upstream itself; 30 ms is what we may add to it.
    bound = None if goal is None else max(goal * theirs.wall, floor + 0.03 if floor else 0.0)
    yield Row(what, ours.wall, "s", theirs.wall, _PEER, bound, note)
    yield Row(f"{what}, our own CPU", ours.cpu, "s", theirs.cpu, _PEER)


def _memory(what: str, sides: list[list[Timed]]) -> Iterator[Row]:
    ours, theirs = (max(timed.cost.peak_mib for timed in side) for side in sides)
    yield Row(what, ours, "MiB", theirs, _PEER, goal=150)
