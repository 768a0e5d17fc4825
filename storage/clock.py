"""The only clock: every module asks here what time it is, so that tests and the simulator can set it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from time import time

_source: ContextVar[Callable[[], float]] = ContextVar("clock", default=time)


def timestamp() -> float:
    """Seconds since 1970-01-01T00:00:00Z, as the current source tells them."""
    return _source.get()()


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)


def iso(seconds: float | None = None) -> str:
    """`seconds` (default: now) as `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form in which the store keeps moments."""
    moment = now() if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def use(source: Callable[[], float]) -> Iterator[None]:
    """Take the time from `source` inside the block (tests, simulator), in this thread only."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
