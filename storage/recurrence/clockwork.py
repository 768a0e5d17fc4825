"""Wall-clock seconds to UTC seconds for whole series, from a table of the zone's offsets in each year.

Wall-clock seconds count from 1970 as if the clock showed UTC. A time that the clocks skip or show twice means what RFC
5545 §3.3.5 says, which is also what fold=0 means (PEP 495): the offset from before the gap, the first of two.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

from storage.recurrence.days import first_of_year, year_of

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — wall-clock time
_DAY = 86400
_DENSE = 40  # from so many instances a year on, a table of the year's offsets is cheaper than asking each time


def to_utc(walls: list[int], zone: tzinfo | None) -> list[int]:
    """UTC seconds of ascending wall-clock seconds in `zone`; the same list where there is no zone."""
    if zone is None or zone is UTC or not walls:
        return walls
    if len(walls) < _DENSE * (1 + (walls[-1] - walls[0]) // (366 * _DAY)):
        return [wall - offset_at(wall, zone) for wall in walls]
    found: list[int] = []
    for begin, end, offset in _pieces(walls, zone):
        found += [wall - offset for wall in walls[begin:end]]
    return found


def to_wall(epoch: int, zone: tzinfo | None) -> int:
    """The wall-clock seconds that `zone` shows at a moment in UTC seconds."""
    if zone is None or zone is UTC:
        return epoch
    moment = (_EPOCH + timedelta(seconds=epoch)).replace(tzinfo=UTC).astimezone(zone)
    return epoch + _whole(moment.utcoffset())


def earliest_wall(epoch: int, zone: tzinfo | None) -> int:
    """The first wall-clock second that can mean `epoch` or later: skipped times mean later ones than they show."""
    wall = to_wall(epoch, zone)
    return wall - max(0, wall - to_wall(epoch - _DAY, zone) - _DAY)


def latest_wall(epoch: int, zone: tzinfo | None) -> int:
    """The last wall-clock second that can mean `epoch` or earlier: of a time shown twice the first counts."""
    wall = to_wall(epoch, zone)
    return wall + max(0, to_wall(epoch - _DAY, zone) + _DAY - wall)


def offset_at(wall: int, zone: tzinfo) -> int:
    """The offset from UTC, in seconds, at one wall-clock second."""
    return _whole((_EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone).utcoffset())


def _pieces(walls: list[int], zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """Slices of `walls` that share an offset."""
    begin = 0
    while begin < len(walls):
        for limit, offset in _offsets(zone, year_of(walls[begin] // _DAY)):
            end = bisect_left(walls, limit, begin)
            if end > begin:
                yield begin, end, offset
                begin = end


@lru_cache(maxsize=2048)
def _offsets(zone: tzinfo, year: int) -> tuple[tuple[int, int], ...]:
    """The offsets of a year in order, each with the wall-clock second where it ends."""
    first, after = first_of_year(year), first_of_year(year + 1)
    found: list[tuple[int, int]] = []
    for low, high in pairwise(range(first * _DAY, after * _DAY + 1, _DAY)):
        offset = offset_at(low, zone)
        while offset != offset_at(high, zone):
            low = _change(low, high, offset, zone)
            found.append((low, offset))
            offset = offset_at(low, zone)
    found.append((after * _DAY, offset_at(after * _DAY, zone)))
    return tuple(found)


def _change(low: int, high: int, offset: int, zone: tzinfo) -> int:
    """The first second in (low, high] at which the offset is no longer that of `low`."""
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high


def _whole(offset: timedelta | None) -> int:
    return offset.days * _DAY + offset.seconds if offset else 0
