"""Records on the disk instead of in memory, in the order they were written, each found again by its number."""

from collections.abc import Iterator
from json import dumps, loads
from pathlib import Path
from typing import Any


class Spool:
    """A file of JSON records, for one writer and reader."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")

    def add(self, record: dict[str, Any]) -> int:
        """Keep a record; its number."""
        number = self._file.seek(0, 2)
        self._file.write(dumps(record).encode() + b"\n")
        return number

    def get(self, number: int) -> dict[str, Any]:
        """The record with this number."""
        self._file.seek(number)
        record: dict[str, Any] = loads(self._file.readline())
        return record

    def every(self) -> Iterator[dict[str, Any]]:
        """All records, the oldest first; others may be read in between."""
        number = 0
        while True:
            self._file.seek(number)
            line = self._file.readline()
            if not line:
                return
            number += len(line)
            yield loads(line)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
