"""The endpoint over HTTP: who is let in, from where, how often, with how much; and what is said to the others."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.limits import Limits, Rate
from gateway.mcp.door import MOST_OCTETS, mcp_door
from storage import clock
from storage.model import TokenKind
from tests.gateway.mcp.agents import Office
from tests.storage.permits.desks import NOW

SECRET = "agent-0"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


class Door:
    """Requests to the door, answered in this process."""

    def __init__(self, office: Office, folder: Path, *, base: str = "", rates: tuple[Rate, ...] = ()) -> None:
        self._app: Any = mcp_door(office.store, Limits(folder / "limits", rates), base=base)

    def __call__(
        self, json: object = None, *, method: str = "POST", headers: Mapping[str, str | None] | None = None, **more: Any
    ) -> httpx.Response:
        """One request, by default with the token; a header of None is not sent."""
        usual = {"Authorization": f"Bearer {SECRET}", "Accept": "application/json, text/event-stream"}
        given = {**usual, "Content-Type": "application/json", "Host": "127.0.0.1:5243", **(headers or {})}
        sent = {name: value for name, value in given.items() if value is not None}
        return asyncio.run(self._ask(method, sent, **({"json": json} if json is not None else more)))

    async def _ask(self, method: str, headers: Mapping[str, str], **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, "http://127.0.0.1:5243/mcp", headers=headers, **more)


@pytest.fixture
def door(office: Office, tmp_path: Path) -> Door:
    office.token()
    return Door(office, tmp_path)


def test_a_good_token_is_let_in(door: Door) -> None:
    answer = door(LIST)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert len(answer.json()["result"]["tools"]) == 10


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, 'Bearer realm="CalHarbor"'),
        ("", 'Bearer realm="CalHarbor"'),
        ("Bearer", 'Bearer realm="CalHarbor", error="invalid_token"'),
        ("Bearer nobody", 'Bearer realm="CalHarbor", error="invalid_token"'),
        (f"Bearer {SECRET},{SECRET}", 'Bearer realm="CalHarbor", error="invalid_token"'),
        (f"Basic {SECRET}", 'Bearer realm="CalHarbor", error="invalid_token"'),
        (f"APIKey {SECRET}", 'Bearer realm="CalHarbor", error="invalid_token"'),
    ],
)
def test_others_are_told_how(door: Door, authorization: str | None, challenge: str) -> None:
    answer = door(LIST, headers={"Authorization": authorization})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)
    assert set(answer.json()) == {"error"}


def test_a_token_of_another_kind_opens_another_door(office: Office, door: Door) -> None:
    from gateway.http.tokens import token_hash

    office.store.add_token("app", TokenKind.APP, token_hash("app-secret"))
    office.store.add_token("account", TokenKind.ACCOUNT, token_hash("account-secret"), account=101)
    for secret in ("app-secret", "account-secret"):
        assert door(LIST, headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_revoked_token_is_refused_from_the_next_request_on(office: Office, door: Door) -> None:
    assert door(LIST).status_code == 200
    [token] = office.store.tokens()
    office.store.revoke_token(token.id)
    assert door(LIST).status_code == 401


def test_pages_of_other_places_are_refused(office: Office, door: Door, tmp_path: Path) -> None:
    assert door(LIST, headers={"Host": "evil.example:5243"}).status_code == 421
    assert door(LIST, headers={"Host": "evil.example:5243", "Origin": "http://evil.example:5243"}).status_code == 421
    assert door(LIST, headers={"Origin": "http://evil.example"}).status_code == 403
    assert door(LIST, headers={"Origin": "null"}).status_code == 403
    assert door(LIST, headers={"Origin": "http://127.0.0.1:5243"}).status_code == 200
    proxied = Door(office, tmp_path, base="https://cal.example.com")
    assert proxied(LIST, headers={"Host": "cal.example.com", "Origin": "https://cal.example.com"}).status_code == 200
    assert proxied(LIST, headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"])
def test_there_is_nothing_but_post(door: Door, method: str) -> None:
    answer = door(method=method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_requests_are_counted(office: Office, tmp_path: Path) -> None:
    office.token()
    door = Door(office, tmp_path, rates=(Rate(2, 60.0),))
    assert [door(LIST).status_code for _ in range(3)] == [200, 200, 429]
    assert door(LIST).headers["retry-after"] == "60"
    with clock.use(lambda: NOW + 60.0):
        assert door(LIST).status_code == 200


def test_a_body_without_end_is_refused(door: Door) -> None:
    assert door(content=b"[" * (MOST_OCTETS + 1)).status_code == 413
    assert door(content=b"[" * MOST_OCTETS).status_code == 400


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"\xff\xfe", b"[" * 9_000])
@pytest.mark.parametrize("revision", [None, "2025-11-25", "2026-07-28", "1999-01-01"])
def test_what_is_no_message_is_an_error_of_the_protocol(door: Door, content: bytes, revision: str | None) -> None:
    answer = door(content=content, headers={"MCP-Protocol-Version": revision})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (-32700, -32600, -32602)


def test_errors_of_the_protocol(door: Door) -> None:
    def code(method: str, params: object) -> int:
        found: int = door({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()["error"]["code"]
        return found

    assert code("nonsense", {}) == -32601
    assert code("resources/list", {}) == -32601
    assert code("tools/call", {"name": "nobody"}) == -32602
    assert code("tools/call", {}) == -32602
    assert code("tools/call", {"name": "list_events", "arguments": []}) == -32602
