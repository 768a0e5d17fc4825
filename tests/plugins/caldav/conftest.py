"""An account at a stock Radicale, seen through a proxy that lies as it is told."""

from collections.abc import Iterator

import pytest

from plugins.caldav.provider import CalDavProvider
from storage.provider import Login
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.fixtures import radicale
from tests.upstreams.serving import Server

__all__ = ["radicale"]


@pytest.fixture
def proxy(radicale: Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(radicale.url) as proxy:
        yield proxy


@pytest.fixture
def provider(proxy: FaultyProxy) -> Iterator[CalDavProvider]:
    provider = CalDavProvider(Login("test", {"url": proxy.url, "username": "up"}, {"password": "up"}))
    yield provider
    provider.close()
