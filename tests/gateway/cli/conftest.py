"""A command line over a mirror of its own, and entries to look at."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from storage.store import Store


@dataclass
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of standard output, read as JSON."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def error(self) -> dict[str, str]:
        """The error object on standard error."""
        found: dict[str, str] = json.loads(self.err.splitlines()[-1])["error"]
        return found


class Line:
    """The command line with `--config` filled in."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.file = folder / "config.ini"
        self._capsys = capsys
        self.declare("[user alice]\npassword = alice-password\n")

    def declare(self, text: str) -> None:
        """Write the configuration."""
        self.file.write_text(text, "utf-8")

    def __call__(self, *words: str) -> Answer:
        self._capsys.readouterr()
        code = main([*words, "--config", str(self.file)])
        said = self._capsys.readouterr()
        return Answer(code, said.out, said.err)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The mirror, opened beside the commands."""
        store = Store.open(self.folder / "data")
        try:
            yield store
        finally:
            store.close()


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.delenv("CALHARBOR_PASSWORD", raising=False)
    return Line(tmp_path, capsys)


def event(uid: str, summary: str, *lines: str, start: str = "20260302T090000Z", end: str = "20260302T100000Z") -> str:
    """A VCALENDAR with one event; `lines` are added to it."""
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}",
             "DTSTAMP:20260101T000000Z", f"DTSTART:{start}", f"DTEND:{end}", f"SUMMARY:{summary}", *lines,
             "END:VEVENT", "END:VCALENDAR", ""]  # fmt: skip
    return "\r\n".join(parts)


@pytest.fixture
def make_event() -> Callable[..., str]:
    return event
