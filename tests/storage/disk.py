"""A disk that fails at its n-th touch, or takes the process with it: SQLite's, that of files, that of secrets."""

import builtins
import errno
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import Any
from unittest.mock import patch

from storage.vdir import folder

CALLS = ("open", "fsync", "replace", "rename", "unlink", "mkdir", "rmdir")


class Disk:
    """Counts the touches of files below a folder, and strikes at one of them: `kill`, or an errno."""

    def __init__(self, root: Path, at: int, strike: str) -> None:
        self.root = str(root)
        self.at = at
        self.strike = strike
        self.touches = 0

    def touch(self) -> None:
        """One touch of the disk."""
        self.touches += 1
        if self.touches - 1 == self.at:
            self.fail()

    def fail(self) -> None:
        """What happens at the chosen one."""
        builtins.open(f"{self.root}.struck", "w").close()
        if self.strike == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self.strike)
        raise OSError(number, os.strerror(number))

    def begin(self) -> None:
        """From now on every touch by Python code of this process counts."""
        for name in CALLS:
            patch.object(os, name, self._wrapped(getattr(os, name))).start()
        patch.object(folder, "open", self._opened, create=True).start()
        patch.object(folder, "_rename", self._wrapped(folder._rename)).start()

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def touched(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, int) or str(path).startswith(self.root):
                self.touch()
            return call(path, *arguments, **options)

        return touched

    def _opened(self, path: Path, mode: str, buffering: int) -> "_Torn":
        self.touch()
        return _Torn(builtins.open(path, mode, buffering=buffering), self)


class _Torn:
    """A file whose writes may stop half-way."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file = file
        self._disk = disk

    def __enter__(self) -> "_Torn":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def fileno(self) -> int:
        return int(self._file.fileno())

    def write(self, data: Any) -> int:
        half = data[: len(data) // 2]
        if self._disk.touches == self._disk.at:
            self._file.write(half)
        self._disk.touch()
        return int(self._file.write(data))


def kill_inside(conn: Connection, at: int) -> None:
    """Let SQLite's virtual machine be killed in the midst of a statement, after so many hundred of its steps."""
    count = iter(range(at, -1, -1))

    def step() -> int:
        if next(count, 0) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    conn.set_progress_handler(step, 100)


def full_after(conn: Connection, pages: int) -> None:
    """Let the database grow by so many pages, and no further (SQLITE_FULL)."""
    (count,) = conn.execute("PRAGMA page_count").fetchone()
    conn.execute(f"PRAGMA max_page_count = {count + pages}")


def short_files(octets: int) -> None:
    """Let no file of this process grow beyond so many octets: writes fail, the last one in part."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))
