"""What migrations need beyond SQL: scripts cut into statements, and signs of life while one takes long.

Nothing of a migration counts before all of it is done, and that may take minutes for a large mirror: whoever waits is
told every few seconds, so that nobody takes the program for hung.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from sqlite3 import Connection, complete_statement
from typing import TypeVar

from storage import clock

Item = TypeVar("Item")

SILENCE = 4.0
"""Seconds after which something is said, and between two lines."""

STEPS = 100_000
"""Instructions of SQLite after which the clock is looked at: some milliseconds."""

log = logging.getLogger("calharbor.upgrade")


class Upgrade:
    """One run of the migrations, which says every few seconds how far it is. Warnings: commands show nothing less."""

    def __init__(self) -> None:
        self._begun = self._said = clock.timestamp()
        self._step, self._done, self._total = "", 0, 0
        self._spoken = False

    def begin(self, step: str) -> None:
        """The migration of this name is next."""
        self._step, self._done, self._total = step, 0, 0

    def walk(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """The same items, of which there are so many, counted while they are worked on."""
        self._total = total
        for item in items:
            yield item
            self._done += 1
            self.tick()

    @contextmanager
    def watching(self, conn: Connection) -> Iterator[None]:
        """Look at the clock also while one statement runs; at the end say so, if anything was said."""
        conn.set_progress_handler(self.tick, STEPS)
        try:
            yield
        finally:
            conn.set_progress_handler(None, 0)
        if self._spoken:
            self._say("the mirror has the form of this version now", done=True)

    def tick(self) -> int:
        """Say how far it is, if nothing was said for a while; 0 lets SQLite go on."""
        if clock.timestamp() - self._said >= SILENCE:
            far = f", {self._done:,} of {self._total:,} entries" if self._total else ""
            self._say(f"the mirror is being brought to the form of this version: {self._step}{far}", done=False)
        return 0

    def _say(self, words: str, *, done: bool) -> None:
        self._said, self._spoken = clock.timestamp(), True
        took = round(self._said - self._begun)
        fields = {"step": self._step, "entries": self._done, "of": self._total, "seconds": took, "done": done}
        log.warning("%s (%d s)", words, took, extra={"fields": fields})


def statements(script: str) -> Iterator[str]:
    """The statements of a script; triggers, which hold semicolons themselves, in one piece."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if complete_statement(statement):
            yield statement.strip()
            statement = ""
