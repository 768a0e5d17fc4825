"""How many requests a key may make: sliding windows, counted together by all processes that answer HTTP.

For each key a small file remembers when its last requests were let through, in a ring: a request may pass if the one
that came `most` before it is older than the window. Asking costs some microseconds, whatever the limit is, and nothing
is ever forgotten too early. Refused requests do not count.
"""

import fcntl
import os
import struct
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock

from storage import clock

FOLDER = "limits"
"""Where in the data folder requests are counted: what counts one key in two doors names the same rates, too."""

OPEN = 64
"""Files that are kept open; beyond it the one that was not used for longest is closed."""

STALE = 86_400.0
"""Seconds after which the file of a key that nobody uses any more is removed."""

_COUNT = struct.Struct("<Q")
_TIME = struct.Struct("<d")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many requests within any span of so many seconds."""

    most: int
    seconds: float


class Limits:
    """Counts requests by key, under rates that all hold at once. Safe for any number of threads and processes."""

    def __init__(self, folder: Path, rates: Sequence[Rate]) -> None:
        """`folder`: where the files are kept, made if it is not there; all processes name the same one."""
        self._folder = folder
        self._rates = [rate for rate in rates if rate.most]
        self._room = max((rate.most for rate in self._rates), default=0)
        self._open: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()
        self._clear()

    def take(self, key: str) -> float:
        """Count a request: 0 if it may pass, else the seconds until the next one of this key may.

        Where the files cannot be written (the disk is full) nobody is refused.
        """
        if not self._rates:
            return 0.0
        with suppress(OSError), self._ring(key) as fd:
            return self._take(fd, clock.timestamp())
        return 0.0

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            while self._open:
                os.close(self._open.popitem()[1])

    def _take(self, fd: int, now: float) -> float:
        count = int(_read(fd, _COUNT, 0))
        wait = 0.0
        for rate in self._rates:
            if count >= rate.most:
                then = _read(fd, _TIME, self._place(count - rate.most))
                if now - rate.seconds < then <= now:  # what lies ahead was written before the clock was set back
                    wait = max(wait, then + rate.seconds - now)
        if not wait:
            os.pwrite(fd, _TIME.pack(now), self._place(count))
            os.pwrite(fd, _COUNT.pack(count + 1), 0)
        return wait

    def _place(self, number: int) -> int:
        return _COUNT.size + number % self._room * _TIME.size

    @contextmanager
    def _ring(self, key: str) -> Iterator[int]:
        """The file of a key, this process's and this thread's alone for the block."""
        # Other rates are counted in other files: a ring of another size would be read wrongly.
        name = sha256(f"{self._room} {key}".encode()).hexdigest()[:32]
        with self._lock:
            fd = self._open.get(name)
            if fd is None:
                self._folder.mkdir(mode=0o700, exist_ok=True)
                fd = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                self._open[name] = fd
            self._open.move_to_end(name)
            while len(self._open) > OPEN:
                os.close(self._open.popitem(last=False)[1])
            fcntl.flock(fd, fcntl.LOCK_EX)
            try:
                yield fd
            finally:
                fcntl.flock(fd, fcntl.LOCK_UN)

    def _clear(self) -> None:
        before = clock.timestamp() - STALE
        with suppress(OSError):
            for path in self._folder.iterdir():
                with suppress(OSError):
                    if path.stat().st_mtime < before:
                        path.unlink()


def _read(fd: int, form: struct.Struct, place: int) -> float:
    """The number that stands there; 0 where nothing does."""
    raw = os.pread(fd, form.size, place)
    return form.unpack(raw)[0] if len(raw) == form.size else 0
