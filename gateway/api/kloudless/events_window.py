"""Which span of time a list of events covers: what the request says, and the rules for what it leaves open (A.8).

Years are calendar years. All moments are whole seconds since 1970.
"""

from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from gateway.api.kloudless.errors import bad
from gateway.api.service import Service
from storage.editing.times import read_stamp
from storage.errors import InvalidData

OUTLOOK_YEARS, OUTLOOK_PAST, OUTLOOK_FUTURE = 5, 2, 3
ENDLESS_YEARS = 5


class Shape(Enum):
    """What a list holds of a series: its instances, those of one series alone, or its master."""

    INSTANCES = "true"
    MASTERS = "false"
    SERIES = "series"


class Span(NamedTuple):
    """From when until when (None: no bound), and where series without an end stop if there is none."""

    start: int
    end: int | None
    endless_until: int


def span_of(start: str | None, end: str | None, service: Service, shape: Shape, now: int) -> Span:
    """The span that a request asks for. Raises `ApiError` for what is no time, and for a span that holds none (D33)."""
    first, last = _moment("start", start), _moment("end", end)
    if last is not None and (first or 0) >= last:
        raise bad("end" if start is None else "start", "the time asked for must begin before it ends")
    if service is Service.OUTLOOK and shape is not Shape.MASTERS:
        first, last = outlook_window(first, last, now)
    begin = 0 if first is None else first
    return Span(begin, last, endless_until(begin, now))


def outlook_window(start: int | None, end: int | None, now: int) -> tuple[int, int]:
    """Outlook lists five years at most: around now, from `start` on, or up to `end` (D36)."""
    if start is None:
        if end is None:
            return years_after(now, -OUTLOOK_PAST), years_after(now, OUTLOOK_FUTURE)
        return years_after(end, -OUTLOOK_YEARS), end
    limit = years_after(start, OUTLOOK_YEARS)
    return start, limit if end is None else min(end, limit)


def endless_until(start: int, now: int) -> int:
    """Where a series without an end stops in a list without one (D37)."""
    return years_after(max(now, start), ENDLESS_YEARS)


def years_after(moment: int, years: int) -> int:
    """The same date and time so many years later; of 29 February, 28 February. Never beyond the years 1 to 9999."""
    at = datetime.fromtimestamp(moment, UTC)
    year = min(max(at.year + years, 1), 9999)
    try:
        return int(at.replace(year=year).timestamp())
    except ValueError:
        return int(at.replace(year=year, day=28).timestamp())


def _moment(name: str, text: str | None) -> int | None:
    """A bound as an instant: naive times and dates as in UTC; an empty one is none."""
    if text is None or not text.strip():
        return None
    try:
        return read_stamp(text).epoch(None)
    except InvalidData as error:
        raise bad(name, error.message) from error
