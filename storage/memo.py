"""Remembering what a function of one text gave, without ever holding on to a long text."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Result = TypeVar("Result")


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
