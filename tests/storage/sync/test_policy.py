"""The brake and the state words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import (
    BlockedByAdmin,
    CalHarborError,
    CollectionGone,
    CursorGone,
    NeedsLogin,
    RateLimited,
    Rejected,
    Unreachable,
    UntrustedAnswer,
)
from storage.model import State
from storage.sync import policy


@given(count=st.integers(0, 10_000), total=st.integers(0, 10_000), explicit=st.booleans())
def test_never_more_than_five_or_a_tenth_and_never_everything(count: int, total: int, explicit: bool) -> None:
    verdict = policy.judge_deletions(count, total, explicit=explicit)
    if verdict.allowed and count:
        assert count <= max(5, total * 0.1)
        assert count < total or (explicit and count == 1)
    if not verdict.allowed:
        assert verdict.reason


@pytest.mark.parametrize(
    ("count", "total", "explicit", "allowed"),
    [
        (0, 0, False, True),
        (1, 1, True, True),
        (1, 1, False, False),
        (2, 2, True, False),
        (5, 6, False, True),
        (6, 50, True, False),
        (10, 100, False, True),
        (11, 100, False, False),
    ],
)
def test_the_thresholds(count: int, total: int, explicit: bool, allowed: bool) -> None:
    assert policy.judge_deletions(count, total, explicit=explicit).allowed is allowed


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NeedsLogin("no"), State.NEEDS_LOGIN),
        (BlockedByAdmin("no"), State.BLOCKED),
        (RateLimited("slow"), State.WAITING),
        (Unreachable("down"), State.STALE),
        (UntrustedAnswer("html"), State.STALE),
        (CollectionGone("gone"), State.STALE),
        (CursorGone("old"), State.STALE),
        (Rejected("no"), State.STALE),
        (CalHarborError("bug"), State.STALE),
    ],
)
def test_no_fault_ends_in_fresh(error: CalHarborError, state: State) -> None:
    assert policy.state_of(error) == (state, error.message)


def test_the_reason_carries_what_to_do_next() -> None:
    assert policy.state_of(NeedsLogin("refused", hint="sign in again")) == (State.NEEDS_LOGIN, "refused: sign in again")


def test_nothing_stays_fresh_by_itself() -> None:
    assert policy.believed(State.FRESH, 10, 60) is State.FRESH
    assert policy.believed(State.FRESH, 301, 60) is State.STALE
    assert policy.believed(State.FRESH, None, 60) is State.STALE
    assert policy.believed(State.FRESH, 900, 600) is State.FRESH
    assert policy.believed(State.HELD, 10_000, 60) is State.HELD


@given(st.lists(st.sampled_from(list(State))))
def test_the_worst_state_is_one_of_them_and_fresh_only_if_all_are(states: list[State]) -> None:
    worst = policy.worst(states)
    assert worst in states or not states
    if worst is State.FRESH:
        assert set(states) <= {State.FRESH}
