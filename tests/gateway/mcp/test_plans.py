"""The hashes of plans: good for just what was planned, for its token, and for a few minutes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mcp.plans import LASTS, Deed, Plans
from storage import clock
from storage.store import Store

DEED = Deed("token", "delete_event", {"event_id": "e1", "notify": True}, "[]")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store.open(tmp_path_factory.mktemp("plans"))
    yield made
    made.close()


def test_a_hash_confirms_what_was_planned_in_any_process(store: Store) -> None:
    given_out, until = Plans(store).hash(DEED)
    assert Plans(store).confirmed(DEED, given_out)
    assert 0 < until - clock.timestamp() <= LASTS


@pytest.mark.parametrize(
    "other",
    [
        replace(DEED, token="other"),
        replace(DEED, tool="update_event"),
        replace(DEED, arguments={"event_id": "e2", "notify": True}),
        replace(DEED, arguments={"event_id": "e1", "notify": False}),
        replace(DEED, state="[1]"),
    ],
)
def test_it_confirms_nothing_else(store: Store, other: Deed) -> None:
    given_out, _ = Plans(store).hash(DEED)
    assert not Plans(store).confirmed(other, given_out)


def test_it_ends(store: Store) -> None:
    plans = Plans(store)
    given_out, until = plans.hash(DEED)
    with clock.use(lambda: until - 1.0):
        assert plans.confirmed(DEED, given_out)
    with clock.use(lambda: float(until)):
        assert not plans.confirmed(DEED, given_out)
    later = f"{until + 600}-{given_out.partition('-')[2]}"
    assert not plans.confirmed(DEED, later), "its end cannot be moved"


def test_another_mirror_has_another_key(store: Store, tmp_path: Path) -> None:
    other = Store.open(tmp_path)
    given_out, _ = Plans(other).hash(DEED)
    other.close()
    assert not Plans(store).confirmed(DEED, given_out)


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,14}-[0-9a-f]{32}", fullmatch=True))
def test_nobody_makes_one_up(store: Store, text: str) -> None:
    assert not Plans(store).confirmed(DEED, text)
