"""The supervisor: starts the HTTP workers and the sync process, starts again whichever dies, ends them all in time.

A child ends by itself when the supervisor is gone, however it went: it watches the reading end of a pipe whose writing
end only the supervisor holds.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from types import FrameType

from gateway.http import log
from storage import clock

GRACE = 8.0
"""Seconds that children have to end in peace; the whole server ends within ten."""

STEADY = 30.0
"""A child that lived for so many seconds has started well: its next restart waits no longer than the first."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds between two starts of a child that keeps ending; doubled each time."""

KILLED_PAUSE = 0.5
"""A child that was killed has nothing wrong with itself: its pause grows to no more than so many seconds."""

_LOOK = 0.1

_ALLOCATOR = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(4 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(2 * 1024 * 1024),
}
"""For glibc: give large blocks back at once, as the 19 MiB that argon2 needs for a moment; else they are kept.

But keep what an answer takes: given back after each and asked for again, every page of it costs a fault. Two arenas,
since each thread would get one of its own, and what lies free in one is of no use to the others.
"""

Command = Callable[[str, int], Sequence[str]]
"""The command line of a child: given its role (`http` or `sync`) and the descriptor of the pipe it watches."""


class Child:
    """One process that is to be kept alive."""

    def __init__(self, role: str, command: Sequence[str], inherited: Sequence[int]) -> None:
        self.role = role
        self.process: subprocess.Popen[bytes] | None = None
        self._command = list(command)
        self._inherited = tuple(inherited)
        self._failures = 0
        self._started = 0.0
        self._not_before = 0.0

    def tend(self) -> None:
        """Start it if it is not running and its pause is over; note its end if it has ended."""
        if self.process is None:
            if clock.timestamp() >= self._not_before:
                self._start()
            return
        code = self.process.poll()
        if code is None:
            return
        self._failures = 1 if clock.timestamp() - self._started > STEADY else self._failures + 1
        longest = KILLED_PAUSE if code < 0 else LONGEST_PAUSE
        pause = min(longest, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))
        log.event("process ended", role=self.role, pid=self.process.pid, code=code, restart_in=pause)
        self.process, self._not_before = None, clock.timestamp() + pause

    def _start(self) -> None:
        # A process group of its own keeps the terminal's Ctrl-C away from it: the supervisor decides when it ends.
        self.process = subprocess.Popen(  # noqa: S603 — our own interpreter with our own arguments
            self._command,
            pass_fds=self._inherited,
            stdin=subprocess.DEVNULL,
            process_group=0,
            env={**_ALLOCATOR, **os.environ},
        )
        self._started = clock.timestamp()
        log.event("process started", role=self.role, pid=self.process.pid)

    def signal(self, number: int) -> None:
        """Send it a signal if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs until SIGTERM or SIGINT."""

    def __init__(self, listener: socket.socket, *, workers: int, command: Command) -> None:
        self._stopping = False
        # Nothing is ever written: the children see the end of file when the last holder of the writing end is gone.
        watched, self._held = os.pipe()
        os.set_inheritable(watched, True)
        http = [listener.fileno(), watched]
        self.children = [Child("http", command("http", watched), http) for _ in range(workers)]
        self.children.append(Child("sync", command("sync", watched), [watched]))

    def run(self) -> None:
        """Keep the children alive; return when all of them have ended."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` wants a hang-up to be ignored
                signal.signal(number, self._stop)
        try:
            while not self._stopping:
                for child in self.children:
                    child.tend()
                sleep(_LOOK)
        finally:
            self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        until = clock.timestamp() + GRACE
        while any(child.running for child in self.children) and clock.timestamp() < until:
            sleep(_LOOK / 2)
        for child in self.children:
            if child.running:
                log.event("process killed", role=child.role)
                child.signal(signal.SIGKILL)
        for child in self.children:
            if child.process is not None:
                child.process.wait()
        os.close(self._held)


def supervise(bound: socket.socket, workers: int, config: Path | None) -> None:
    """Run everything that serves on this socket, until told to stop; the socket is closed then."""
    with bound:
        Supervisor(
            bound, workers=workers, command=lambda role, parent: _child_line(role, bound.fileno(), parent, config)
        ).run()
    log.event("stopped")


def supervisor_line(listen_fd: int, workers: int, config: Path | None) -> list[str]:
    """The command line of a supervisor that inherits a socket (`gateway/serve/__main__.py`)."""
    return [sys.executable, "-m", "gateway.serve", str(listen_fd), str(workers), *([str(config)] if config else [])]


def _child_line(role: str, listen_fd: int, parent_fd: int, config: Path | None) -> list[str]:
    """How a process of the supervisor's own is started; the working folder and the environment are inherited."""
    file = ["--config", str(config)] if config else []
    numbers = ["--listen-fd", str(listen_fd), "--parent-fd", str(parent_fd)]
    return [sys.executable, "-m", "gateway", "serve", *file, "--role", role, *numbers]
