"""Measuring: medians over several runs, what a child process cost, and the table in which two sides stand together."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import get_native_id
from time import perf_counter, sleep


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report: ours beside a peer's, both in `unit`, and the goal that ours is held to.

    `peer` is None where nothing else was measured; then the line has no ratio. `goal` is an upper bound for `ours`.
    Where several peers were measured, `peers` holds each by name and `peer` is the best of them.
    """

    what: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    goal: float | None = None
    note: str = ""
    peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's: less than 1 is better than the peer."""
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        return None if self.goal is None else self.ours <= self.goal


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a child process took, its own children included: seconds, and the peak of resident memory."""

    wall: float
    cpu: float
    peak_mib: float


class Failed(Exception):
    """A measured program ended with an error, so that there is nothing to measure."""


def seconds(work: Callable[[], object], runs: int) -> float:
    """The median wall time of `work` over that many runs."""
    taken = []
    for _ in range(runs):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return median(taken)


def child(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a program to its end. Raises `Failed` with its output when it reports an error.

    The peak is never less than this process's own, of which the kernel makes the child: keep the caller small.
    """
    begun = perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{output.decode(errors='replace')[-4000:]}")
    return Cost(perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def output(command: Sequence[str]) -> str:
    """What a program prints. Raises `Failed` with what it says when it reports an error."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout


def child_processes() -> set[int]:
    """The processes that this thread has started and that still run; none where there is no /proc."""
    try:
        return set(map(int, Path(f"/proc/{os.getpid()}/task/{get_native_id()}/children").read_text().split()))
    except OSError:
        return set()


def cpu_of(pid: int) -> float:
    """CPU seconds that a running process has used; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it; the process alone where there is no /proc."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
        parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for each in found:
        found.extend(parents.get(each, ()))
    return found


def settle(pid: int, longest: float = 60.0) -> None:
    """Wait until a process and its children are at rest: what they still do by themselves is not to be measured."""
    until = perf_counter() + longest
    while perf_counter() < until:
        before = sum(map(cpu_of, family(pid)))
        sleep(0.5)
        if sum(map(cpu_of, family(pid))) - before < 0.03:
            return


def memory_of(pids: Iterable[int]) -> float:
    """The memory of these processes in MiB, what they share counted once (PSS); 0 where there is no /proc."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each of the three, over several runs."""
    return Cost(
        median(cost.wall for cost in costs), median(cost.cpu for cost in costs), median(cost.peak_mib for cost in costs)
    )


def report(rows: Sequence[Row]) -> str:
    """The rows as a table for people."""
    names = list(dict.fromkeys(name for row in rows for name in row.peers))
    head = ("what", "ours", *(names or ["peer"]), f"ours / {'best' if names else 'peer'}", "goal", "")
    table = [head, *(_cells(row, names) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table
    )


def _cells(row: Row, names: Sequence[str]) -> tuple[str, ...]:
    peer = f"{_number(row.peer)} {row.unit} ({row.peer_name})" if row.peer is not None else ""
    peers = [_number(row.peers[name]) if name in row.peers else "" for name in names] if names else [peer]
    ratio = f"{row.ratio:.3g}" if row.ratio is not None else ""
    goal = f"<= {_number(row.goal)} {row.unit}" if row.goal is not None else ""
    verdict = {None: "", True: "met", False: "NOT MET"}[row.met]
    note = "; ".join(filter(None, (verdict, row.note)))
    return row.what, f"{_number(row.ours)} {row.unit}", *peers, ratio, goal, note


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
