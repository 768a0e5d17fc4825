"""What the contract of `storage.provider` says about scheduling, as tests: for adapters whose upstream schedules."""

from typing import Protocol

import pytest

from storage.provider import Provider, RemoteCollection
from tests.contract.provider import Bench

TEN, ELEVEN, NOON = (1_796_896_800 + 3_600 * hour for hour in range(3))
"""2026-12-10, 10:00, 11:00 and 12:00 UTC."""

HALF = 1_800
NOBODY = "mailto:nobody@example.net"


class SchedulingBench(Bench, Protocol):
    """An upstream with somebody else on it: `colleague` is their address (`mailto:…`)."""

    colleague: str

    def make_busy(self, start: int, end: int) -> None:
        """Let an event of the colleague's be from `start` to `end`, and no other."""


class SchedulingContract:
    """For upstreams that deliver invitations, and say when others are busy."""

    @pytest.fixture
    def provider(self, bench: SchedulingBench) -> Provider:
        return bench.provider()

    @pytest.fixture
    def collection(self, bench: SchedulingBench) -> RemoteCollection:
        return bench.collection()

    def test_collections_say_that_it_delivers(self, provider: Provider, collection: RemoteCollection) -> None:
        found = {each.href: each.schedules for each in provider.collections()}
        assert found[collection.href]

    def test_it_says_who_we_are(self, provider: Provider) -> None:
        provider.collections()
        assert [each for each in provider.addresses() if each.startswith("mailto:") and "@" in each]

    def test_when_a_colleague_is_busy(self, bench: SchedulingBench, provider: Provider) -> None:
        bench.make_busy(TEN, ELEVEN)
        told = provider.free_busy([bench.colleague], TEN - HALF, NOON)
        assert list(told) == [bench.colleague]
        assert told[bench.colleague].told
        assert {word: list(each) for word, each in told[bench.colleague].periods.items()} == {"BUSY": [(TEN, ELEVEN)]}

    def test_periods_end_where_the_question_ends(self, bench: SchedulingBench, provider: Provider) -> None:
        bench.make_busy(TEN, NOON)
        told = provider.free_busy([bench.colleague], TEN + HALF, ELEVEN)[bench.colleague]
        assert [tuple(each) for each in told.periods["BUSY"]] == [(TEN + HALF, ELEVEN)]
        assert not any(provider.free_busy([bench.colleague], NOON, NOON + HALF)[bench.colleague].periods.values())

    def test_addresses_come_back_as_they_were_given(self, bench: SchedulingBench, provider: Provider) -> None:
        loud = bench.colleague.upper()
        assert list(provider.free_busy([loud], TEN, NOON)) == [loud]
        assert provider.free_busy([loud], TEN, NOON)[loud].told

    def test_a_stranger_is_neither_free_nor_busy(self, bench: SchedulingBench, provider: Provider) -> None:
        told = provider.free_busy([NOBODY, bench.colleague], TEN, NOON)
        assert told[bench.colleague].told
        assert NOBODY not in told or (not told[NOBODY].told and not told[NOBODY].periods)
        assert provider.free_busy([], TEN, NOON) == {}
