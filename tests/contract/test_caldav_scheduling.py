"""The CalDAV adapter keeps the contract's part about scheduling, on a real Cyrus with two users."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.contract.provider import event
from tests.contract.scheduling import SchedulingContract
from tests.contract.test_caldav import CalDavBench
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.fixtures import scheduling_server
from tests.upstreams.serving import Server

__all__ = ["scheduling_server"]


class SchedulingCalDavBench(CalDavBench):
    """A server that delivers invitations between its users."""

    colleague = "mailto:boss@example.org"

    def __init__(self, server: Server, proxy: FaultyProxy) -> None:
        super().__init__(server, proxy)
        self._boss = server.as_user("boss")

    def make_busy(self, start: int, end: int) -> None:
        times = [f"{datetime.fromtimestamp(each, UTC):%Y%m%dT%H%M%SZ}" for each in (start, end)]
        text = event("busy").replace("20260310T100000Z", times[0]).replace("20260310T110000Z", times[1])
        with self._boss.client() as client:
            assert client.put(f"{self._boss.home}Default/busy.ics", content=text.encode(), headers=_ICS).is_success


_ICS = {"Content-Type": "text/calendar; charset=utf-8"}


class TestCalDavScheduling(SchedulingContract):
    @pytest.fixture
    def bench(self, scheduling_server: Server) -> Iterator[SchedulingCalDavBench]:
        with FaultyProxy(scheduling_server.url) as proxy:
            bench = SchedulingCalDavBench(scheduling_server, proxy)
            yield bench
            bench.close()
