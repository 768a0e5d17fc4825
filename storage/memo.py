"""Remembering what was computed or read before, without ever holding on to much or to long texts."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")
Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The last `most` values that were put in, by their keys. Safe for any number of threads."""

    def __init__(self, most: int) -> None:
        """An empty one."""
        self._most = most
        self._kept: dict[Key, Value] = {}
        self._lock = Lock()

    def of(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """What is kept of these keys."""
        kept = self._kept
        return {key: found for key in keys if (found := kept.get(key)) is not None}

    def put(self, values: Mapping[Key, Value]) -> None:
        """Keep these; the oldest ones go."""
        with self._lock:
            for key, value in values.items():
                self._kept[key] = value
                if len(self._kept) > self._most:
                    del self._kept[next(iter(self._kept))]


def remembered(*, texts: int, longest: int) -> Callable[[Callable[[str], Result]], Callable[[str], Result]]:
    """Keep the results of a pure function for the last `texts` texts of at most `longest` characters each.

    Longer ones are computed every time: what clients and upstreams send may be megabytes, and a cache of such texts
    would fill the memory for as long as the process lives. What the function raises is not kept.
    """

    def wrap(function: Callable[[str], Result]) -> Callable[[str], Result]:
        cached = lru_cache(maxsize=texts)(function)

        @wraps(function)
        def call(text: str) -> Result:
            return cached(text) if len(text) <= longest else function(text)

        return call

    return wrap
