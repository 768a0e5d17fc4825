"""Contacts in the application itself: nothing that only shows them takes a card apart."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api.app import json_app
from gateway.http.limits import Limits
from gateway.http.tokens import token_hash
from storage.model import Account, CollectionKind, Origin, TokenKind
from storage.store import Store
from tests.storage.vcard.cards import FULL, card

Client = Callable[..., httpx.Response]

HEADERS = {"Authorization": "Bearer secret-of-the-token"}
PATH = "/v1/accounts/me/contact/contacts"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    store = Store.open(tmp_path, durable=False)
    store.save_user("alice", None)
    account = store.save_account(
        Account(0, "home", "alice", "local", mirrored=False, service="google_calendar", email="a@example.org")
    )
    book = store.create_collection(
        account.id, "people", name="People", kind=CollectionKind.CONTACTS, components=["VCARD"], origin=Origin.CLI
    )
    store.add_token("t", TokenKind.ACCOUNT, token_hash("secret-of-the-token"), account=account.id)
    store.put_entry(book.id, "ada.vcf", FULL, origin=Origin.DAV)
    for at in range(20):
        store.put_entry(book.id, f"{at}.vcf", card(uid=f"c{at}"), origin=Origin.DAV)
    app = json_app(store, limits=Limits(tmp_path / "limits", ()), access_limits=Limits(tmp_path / "limits", ()))

    def call(method: str, path: str, **options: Any) -> httpx.Response:
        async def request() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                return await client.request(method, path, **{"headers": HEADERS, **options})

        return asyncio.run(request())

    yield call
    store.close()


def test_showing_contacts_takes_no_card_apart(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.ical.lines._LOGICAL", None)
    raw = {**HEADERS, "X-Kloudless-Raw-Data": "true"}
    listed = client("GET", PATH, headers=raw, params={"page_size": 5}).json()
    assert (listed["count"], listed["total"]) == (5, 21)
    ada = listed["objects"][0]
    assert ada["organizations"][0]["title"] == "Programmer"
    assert ada["modified"] == "2024-01-02T03:04:05Z"
    found = client("GET", f"{PATH}/{ada['id']}").json()
    assert {**found, "raw": ada["raw"]} == ada
    with pytest.raises(AttributeError):
        client("PATCH", f"{PATH}/{ada['id']}", json={"initials": "AL"})
