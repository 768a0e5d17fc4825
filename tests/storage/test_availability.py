"""Free time as pure arithmetic, against an oracle that looks at every minute; ISO 8601 durations; what is looked at."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.availability import LONGEST, MOST_SLOTS, NEAR, free, length, slots, spans
from storage.errors import InvalidData, TooManyMatches
from storage.scheduling.busy import Period, merged

END = 120
"""The oracle's day: minutes from 0 to here."""

minutes = st.integers(0, END)
periods = st.lists(st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair))).filter(lambda p: p[0] < p[1]))
windows = st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair))).filter(lambda p: p[0] < p[1])


def _open(busy: list[Period], window: Period) -> list[bool]:
    """The oracle: for each minute whether it lies in the window and in no busy period."""
    return [
        window[0] <= minute < window[1] and not any(first <= minute < last for first, last in busy)
        for minute in range(END)
    ]


@given(periods, windows, st.integers(1, 40))
def test_ranges_are_the_longest_runs_of_free_minutes(busy: list[Period], window: Period, least: int) -> None:
    is_open = [False, *_open(busy, window), False]
    edges = [at for at, (before, after) in enumerate(pairwise(is_open)) if before != after]
    runs = [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True) if last - first >= least]
    assert free(merged(busy), window, least) == runs


@given(periods, windows, st.integers(1, 40), st.integers(1, 50))
def test_slots_begin_steps_after_the_window_and_fit(
    busy: list[Period], window: Period, lasting: int, step: int
) -> None:
    is_open = _open(busy, window)
    wanted = [
        (start, start + lasting)
        for start in range(window[0], window[1] - lasting + 1, step)
        if all(is_open[start : start + lasting])
    ]
    assert list(slots(free(merged(busy), window, lasting), window[0], lasting, step)) == wanted


@given(st.lists(st.tuples(st.integers(0, 10 * NEAR), st.integers(1, NEAR)).map(lambda w: (w[0], w[0] + w[1]))))
def test_every_window_is_looked_at_and_nothing_far_from_all(wanted: list[Period]) -> None:
    found = spans(wanted)
    assert all(any(first <= start and end <= last for first, last in found) for start, end in wanted)
    assert all(later[0] - earlier[1] > NEAR for earlier, later in pairwise(found))
    edges = {edge for window in wanted for edge in window}
    assert all(edge in edges for span in found for edge in span)


def test_too_many_slots_are_refused_before_the_first() -> None:
    with pytest.raises(TooManyMatches):
        slots([(0, 10**9)], 0, 60, 60)
    assert len(list(slots([(0, 60 * MOST_SLOTS)], 0, 60, 60))) == MOST_SLOTS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H", 3_600),
        ("PT90M", 5_400),
        ("PT1H30M", 5_400),
        ("PT0H30M", 1_800),
        ("P1D", 86_400),
        ("P1DT2H", 93_600),
        ("P2W", 1_209_600),
        ("P1W1D", 691_200),
        ("PT30S", 30),
        ("PT1.5H", 5_400),
        ("PT1,5M", 90),
        ("P0.5D", 43_200),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert length(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1DT", "PT0M", "P0D", "1 hour", "1H", "T1H", "P1H", "P1Y", "P1M", "P1Y2D", "PT1H ", "PT1H\n"),
        *("-PT1H", "+PT1H", "pt1h", "PT1M1H", "PT1H1H", "PT.5H", "PT1.5H30M", "PT0.5S", "PT1", "PT٣H", "PT9999999999H"),
        "P99999W",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidData):
        length(text)


@given(st.integers(0, 300), st.integers(0, 3_000), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_duration_is_the_sum_of_its_parts(weeks: int, days: int, hours: int, least: int, seconds: int) -> None:
    total = ((weeks * 7 + days) * 24 + hours) * 3_600 + least * 60 + seconds
    text = f"P{weeks}W{days}DT{hours}H{least}M{seconds}S"
    if 0 < total <= LONGEST:
        assert length(text) == total
    else:
        with pytest.raises(InvalidData):
            length(text)
