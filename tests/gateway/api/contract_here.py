"""The contract's fixture in this process: the JSON surface over a store that a test can write and look into."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from gateway.api.app import json_app
from gateway.config import load
from gateway.declare import declare
from gateway.http.limits import Limits, Rate
from storage.model import Collection, Entry, Origin
from storage.store import Store
from tests.contract.serving import FIXTURE, TOKENS

Json = dict[str, Any]

GOOGLE, OUTLOOK, CALDAV, EXCHANGE, ICLOUD = TOKENS
RAW = {"X-Kloudless-Raw-Data": "true"}
NOW = 1_795_255_200.0
"""2026-11-21T10:00:00Z."""


def make_template(folder: Path) -> Path:
    """A mirror as the fixture declares it."""
    store = Store.open(folder, durable=False)
    declare(load(FIXTURE, {}), store, passwords=False)
    store.close()
    return folder


class Here:
    """Requests of the fixture's accounts, answered in this process."""

    def __init__(self, folder: Path, template: Path | None = None, *, access_rates: Sequence[Rate] = ()) -> None:
        """`template`: the folder of a `make_template`, which takes a tenth of the time to copy.

        `access_rates`: how many requests each Access key may make.
        """
        if template is not None:
            shutil.copytree(template, folder / "data")
        self.store = Store.open(folder / "data", durable=False)
        if template is None:
            declare(load(FIXTURE, {}), self.store, passwords=False)
        self.app: Any = json_app(
            self.store, limits=Limits(folder / "limits", ()), access_limits=Limits(folder / "limits", access_rates)
        )

    def get(
        self, account: int, path: str, status: int = 200, *, headers: Mapping[str, str] | None = None, **params: Any
    ) -> Json:
        """The JSON of a GET below the account's primary calendar, which answers with this status."""
        response = self.response(account, path, headers=headers, **params)
        assert response.status_code == status, response.text
        body: Json = response.json()
        return body

    def response(
        self, account: int, path: str, *, headers: Mapping[str, str] | None = None, **params: Any
    ) -> httpx.Response:
        """The whole response."""
        address = path if path.startswith(("/", "http")) else f"/v1/accounts/me/cal/calendars/primary/{path}"
        return asyncio.run(
            self._ask("GET", address, {"Authorization": f"Bearer {TOKENS[account]}", **(headers or {})}, params=params)
        )

    def request(self, token: str | None, method: str, path: str, *, json: object = None) -> httpx.Response:
        """Any request with this bearer token, or with none."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return asyncio.run(self._ask(method, path, headers, json=json))

    async def _ask(self, method: str, address: str, headers: Mapping[str, str], **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, address, headers=dict(headers), **options)

    def calendar(self, account: int) -> Collection:
        """The account's primary calendar."""
        found = self.store.primary_calendar(account)
        assert found is not None
        return found

    def put(self, account: int, text: str, name: str = "") -> Entry:
        """An entry of the primary calendar, as a client of DAV writes it."""
        place = self.calendar(account)
        href = name or f"{len(self.store.listing(place.id))}.ics"
        return self.store.put_entry(place.id, href, text, origin=Origin.DAV).entry
