"""A whole `calharbor serve` as a process of its own, for tests that need the real thing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, Self

import httpx

PATIENCE = 30.0


class Running:
    """The process and what it logs; `url` is where it listens."""

    def __init__(self, config: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--config", str(config)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self.lines: list[dict[str, Any]] = []
        self._queue: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url: str = self.wait_for("listening")["url"]

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._queue.put(line)

    def wait_for(self, event: str, **fields: object) -> dict[str, Any]:
        """The next log line of this event with these fields; what came before is kept in `lines`."""
        while True:
            try:
                text = self._queue.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"no {event} {fields} among {self.lines}") from None
            line = _parsed(text)
            self.lines.append(line)
            if line["event"] == event and all(line.get(name) == value for name, value in fields.items()):
                return line

    def pid_of(self, role: str) -> int:
        """The newest process of this role, once it has started."""
        for line in reversed(self.lines):
            if line["event"] == "process started" and line["role"] == role:
                return int(line["pid"])
        return int(self.wait_for("process started", role=role)["pid"])

    def get(self, path: str, **options: Any) -> httpx.Response:
        """One request, without any login unless told."""
        return httpx.get(self.url + path, timeout=PATIENCE, trust_env=False, **options)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.stop()
        self._reader.join(PATIENCE)
        while not self._queue.empty():
            self.lines.append(_parsed(self._queue.get()))


def _parsed(text: str) -> dict[str, Any]:
    """A log line; what is none (a traceback of a crash) is kept to be shown."""
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"event": "no log line", "text": text}
    return line


@contextmanager
def serving(folder: Path, text: str = "") -> Iterator[Running]:
    """Serve a mirror in `folder` on a free port."""
    config = folder / "config.ini"
    config.write_text("[server]\nport = 0\n" + text, "utf-8")
    with Running(config) as running:
        yield running


def alive(pid: int) -> bool:
    """Whether a process with this number exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
