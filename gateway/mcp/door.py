"""The MCP endpoint over HTTP: who may come in, how often and with how much, before the SDK sees a request.

Streamable HTTP without sessions: each POST stands for itself, so that any process of the server answers it, and a token
that was revoked opens nothing from the next request on. There is nothing to listen to, so GET is refused, as the
specification allows (2025-11-25, Transports; 2026-07-28, Streamable HTTP).
"""

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from anyio import to_thread
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from gateway.http.limits import Limits
from gateway.http.log import App, Receive, Scope, Send
from gateway.http.origins import own_host, own_origin
from gateway.http.tokens import credentials, token_of
from gateway.mcp.server import Context, mcp_server
from storage.model import Token, TokenKind
from storage.store import Store

MOST_OCTETS = 256 * 1024
"""A request that is larger is refused with 413: the largest useful one has some thousand characters."""

TOKEN = "calharbor.token"  # noqa: S105 — where in the scope the token stands, not one
REALM = 'Bearer realm="CalHarbor"'


class _Refused(Exception):
    """A request that does not reach the SDK."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}


def mcp_door(store: Store, limits: Limits, *, base: str = "") -> App:
    """The endpoint as an ASGI application. `limits`: how many requests each token may make; `base`: see `own_host`."""
    server = mcp_server(store, _who)
    checked_here = TransportSecuritySettings(enable_dns_rebinding_protection=False)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            _check_place(scope["method"], headers, base)
            token = await to_thread.run_sync(_admitted, store, limits, headers.get("authorization"))
        except _Refused as refused:
            await _refuse(refused, send)
            return
        scope["calharbor.user"] = token.label
        # The manager serves one life of an application; one for each request needs no task that outlives it.
        manager = StreamableHTTPSessionManager(
            server,
            json_response=True,
            stateless=True,
            security_settings=checked_here,
            max_request_body_size=MOST_OCTETS,
        )
        async with manager.run():
            await manager.handle_request({**scope, TOKEN: token}, receive, send)

    return door


def _who(context: Context) -> Token:
    request: Any = context.request
    token: Token = request.scope[TOKEN]
    return token


def _check_place(method: str, headers: Mapping[str, str], base: str) -> None:
    """Refuse what a foreign web page sends, and what is no POST."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if not own_host(host, base):
        raise _Refused(421, "this server does not go by that name: use its address, or set [server] base_url")
    if origin is not None and not own_origin(origin, host, base):
        raise _Refused(403, "web pages of other places may not ask here")
    if method != "POST":
        raise _Refused(405, "send a POST: there is no stream to listen to", {"Allow": "POST"})


def _admitted(store: Store, limits: Limits, authorization: str | None) -> Token:
    """The token of a request, which is counted; raises `_Refused` 401 and 429."""
    if not (authorization or "").strip():
        raise _Refused(401, "send the header `Authorization: Bearer TOKEN`", {"WWW-Authenticate": REALM})
    secrets = credentials(authorization, "Bearer") or []
    token = token_of(store, secrets[0]) if len(secrets) == 1 else None
    if token is None or token.kind is not TokenKind.ACCESS:
        challenge = f'{REALM}, error="invalid_token"'
        raise _Refused(401, "this token is not known, has expired or was revoked", {"WWW-Authenticate": challenge})
    if wait := ceil(limits.take(token.id)):
        raise _Refused(429, f"too many requests: wait {wait} seconds", {"Retry-After": str(wait)})
    return token


async def _refuse(refused: _Refused, send: Send) -> None:
    body = json.dumps({"error": refused.message}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **refused.headers}
    raw: list[tuple[bytes, bytes]] = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    start: dict[str, Any] = {"type": "http.response.start", "status": refused.status, "headers": raw}
    await send(start)
    await send({"type": "http.response.body", "body": body})
