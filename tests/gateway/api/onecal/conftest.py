"""An application with the fixture's key, answered in this process."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.contract.onecal import OneCal, Send
from tests.gateway.api.contract_here import Here


def inside(here: Here) -> Send:
    """Requests that this process answers itself."""

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=here.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    return send


@pytest.fixture
def alice(here: Here) -> OneCal:
    """The primary calendar of the account with Google's rules, in Los Angeles."""
    return OneCal(inside(here))


@pytest.fixture
def carol(here: Here) -> OneCal:
    """That of the account with CalDAV rules, in Paris."""
    return OneCal(inside(here), 103)
