"""When a meeting could be: the time between busy periods, as ranges or as slots. Pure arithmetic over whole seconds.

Periods are seconds since 1970 and half-open: what ends at ten leaves ten o'clock free. Which time is busy says
`storage.scheduling.busy`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from storage.errors import InvalidData, TooManyMatches
from storage.scheduling.busy import Period, merged

MOST_SLOTS = 100_000
"""Slots that one question is answered with."""

NEAR = 7 * 86_400
"""Seconds between two windows up to which they are asked about together: the hours of a week are one look."""

LONGEST = 10**9
"""Seconds that a duration may last: 31 years."""

_SECONDS = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}
_PART = {unit: rf"(?:(?P<{unit}>\d{{1,9}}(?:[.,]\d{{1,9}})?){unit})?" for unit in _SECONDS}
_DURATION = re.compile("P{W}{D}(?:T(?=.){H}{M}{S})?".format(**_PART), re.ASCII)


def length(text: str) -> int:
    """The seconds of an ISO 8601 duration in weeks, days, hours, minutes and seconds; a day has 24 hours.

    The last of the numbers may have a fraction (`PT1.5H`), as long as whole seconds come out. Years and months, which
    have no length of their own, are refused, as are signs and a length of nothing: raises `InvalidData`. The DURATION
    of iCalendar (`storage.ical.timetext`) is another form, read more leniently.
    """
    found = _DURATION.fullmatch(text)
    given = [(unit, number) for unit, number in found.groupdict().items() if number] if found else []
    total = sum((Fraction(number.replace(",", ".")) * _SECONDS[unit] for unit, number in given), Fraction(0))
    if not 0 < total <= LONGEST or total.denominator > 1 or not all(number.isdigit() for _, number in given[:-1]):
        raise InvalidData(
            f"{text[:40]!r} is no duration", hint="write it like PT1H30M or P1D: weeks, days, hours, minutes, seconds"
        )
    return int(total)


def spans(windows: Iterable[Period]) -> list[Period]:
    """What has to be looked at to know about all these windows: few spans, in order, that do not overlap."""
    widened = merged((first, last + NEAR) for first, last in windows)
    return [(first, last - NEAR) for first, last in widened]


def free(busy: Sequence[Period], window: Period, least: int = 1) -> list[Period]:
    """The largest periods inside a window that are free and at least so many seconds long.

    `busy`: in order, without overlaps (`storage.scheduling.busy.merged`).
    """
    found: list[Period] = []
    at, end = window
    for first, last in busy[max(0, bisect_right(busy, (at, at)) - 1) :]:
        if first >= end:
            break
        if first - at >= least:
            found.append((at, first))
        at = max(at, last)
    if end - at >= least:
        found.append((at, end))
    return found


def slots(ranges: Sequence[Period], anchor: int, lasting: int, step: int) -> Iterator[Period]:
    """Each slot of `lasting` seconds that lies in one of the ranges and begins whole steps after `anchor`.

    Raises `TooManyMatches` before the first one if there are more than `MOST_SLOTS`.
    """
    starts = [range(first + (anchor - first) % step, last - lasting + 1, step) for first, last in ranges]
    if sum(map(len, starts)) > MOST_SLOTS:
        raise TooManyMatches(f"there are more than {MOST_SLOTS:,} slots", hint="ask for a shorter time or larger steps")
    return ((start, start + lasting) for each in starts for start in each)
