"""Requests answered in this process, so that nothing of a client or a connection is in what they take."""

import gc
from collections.abc import MutableMapping
from contextlib import ExitStack
from typing import Any

from anyio.from_thread import start_blocking_portal

from benchmarks.measure import Failed
from gateway.cli.root import GARBAGE
from gateway.serve.web import web_app
from storage.store import Store


class Within:
    """One application that asks, with a bearer token, all that `calharbor serve` answers."""

    def __init__(self, store: Store, token: str) -> None:
        """`store`: nobody else shall write into it. The loop is one for all requests, so that threads are kept."""
        self._app = web_app(store)
        self._headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())]
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal())
        gc.set_threshold(GARBAGE)

    def close(self) -> None:
        """Let go of the loop."""
        self._stack.close()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """The body of the answer; `_` stands for `-` in header names. Raises `Failed` for 400 and above."""
        more = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return self._portal.call(self._ask, method, path, body, [*self._headers, *more])

    async def _ask(self, method: str, address: str, body: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        answer = b"".join(each.get("body", b"") for each in sent)
        if sent[0]["status"] >= 400:
            raise Failed(f"{method} {address} was answered {sent[0]['status']}: {answer[:300].decode()}")
        return answer
