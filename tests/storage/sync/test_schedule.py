"""How long to wait."""

from hypothesis import given
from hypothesis import strategies as st

from storage.sync import schedule

chances = st.floats(0, 1, exclude_max=True)


@given(now=st.floats(0, 1e10), interval=st.floats(1, 1e5), chance=chances)
def test_a_round_comes_within_a_quarter_of_its_interval(now: float, interval: float, chance: float) -> None:
    wait = schedule.next_round(now, interval, lambda: chance) - now
    assert 0.74 * interval <= wait <= 1.26 * interval


@given(failures=st.integers(1, 1000), chance=chances, after=st.one_of(st.none(), st.floats(0, 1e6)))
def test_waits_are_bounded_and_obey_the_upstream(failures: int, chance: float, after: float | None) -> None:
    wait = schedule.next_try(0.0, failures, lambda: chance, after)
    assert wait >= schedule.FIRST_RETRY * 0.75
    assert wait >= (after or 0)
    assert wait <= max(schedule.LONGEST_WAIT * 1.25, after or 0)


def test_each_failure_doubles_the_wait() -> None:
    waits = [schedule.next_try(0.0, n, lambda: 0.5) for n in range(1, 13)]
    assert waits[:5] == [2, 4, 8, 16, 32]
    assert waits[-1] == schedule.LONGEST_WAIT
