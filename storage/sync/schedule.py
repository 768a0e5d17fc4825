"""What is due when: intervals, back-off and jitter. Pure; the only place that decides how long to wait."""

from collections.abc import Callable

LONGEST_WAIT = 3600.0
"""No failure makes us wait longer than this many seconds, unless the upstream itself asks for more."""

FIRST_RETRY = 2.0
"""Seconds before the first retry of something that failed."""

JITTER = 0.25
"""Waits vary by this share either way, so that many accounts do not knock at the same moment."""

Chance = Callable[[], float]
"""A number in [0, 1)."""


def next_round(now: float, interval: float, chance: Chance) -> float:
    """When a collection whose round went well is due again."""
    return now + interval * (1 + JITTER * (2 * chance() - 1))


def next_try(now: float, failures: int, chance: Chance, retry_after: float | None = None) -> float:
    """When something that has failed `failures` times in a row (≥ 1) may be tried again.

    Doubles from two seconds up to an hour, with jitter; `retry_after` (seconds, from the upstream) is a floor.
    """
    wait = min(LONGEST_WAIT, FIRST_RETRY * 2.0 ** min(failures - 1, 20))
    wait *= 1 + JITTER * (2 * chance() - 1)
    return now + max(wait, retry_after or 0.0)
