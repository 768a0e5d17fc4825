"""Waiting until somebody has finished with a file: what is being written is not read, what is being moved has not gone.

A file is ready when it has looked the same for long enough, or when the disk says that nobody has touched it for so
long.
"""

from storage import clock
from storage.tables.vdir_files import Stat
from storage.vdir.plan import EMPTY, GONE, SETTLE

Place = tuple[str, str]
"""A collection's id, and a file's name."""


class Patience:
    """What has been seen to change, and since when it has looked as it does."""

    def __init__(self) -> None:
        self._seen: dict[Place, tuple[Stat | None, float]] = {}

    def ready(self, place: Place, stat: Stat | None, changed: float) -> bool:
        """Whether a file that looks so (None: is missing) may be acted on.

        `changed`: when the disk says it was changed last (seconds since 1970).
        """
        now = clock.timestamp()
        wait = GONE if stat is None else SETTLE if stat.size else EMPTY
        known = self._seen.get(place)
        if known is None or known[0] != stat:
            known = self._seen[place] = stat, now
        # A moment in the future is a clock that was set back: then only our own watching counts.
        return now - known[1] >= wait or now - changed >= wait

    def forget(self, place: Place) -> None:
        """Nothing about this file is waited for any more."""
        self._seen.pop(place, None)

    def waiting(self) -> list[Place]:
        """The files that have to be looked at again."""
        return list(self._seen)
