"""One structured line on standard error for each request and each sync round; never a secret, a header or a query.

A line is one JSON object: `at`, `level`, `event`, and what belongs to the event. Programs read it with `jq`.
"""

import json
import logging
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from storage import clock

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOGGER = "calharbor"

_SECRET = re.compile(r"(/ics/).+", re.IGNORECASE | re.DOTALL)

CLIENT_LEFT = 499
"""What stands in the log for a status where the client hung up before its request was whole: nothing was answered."""


class JsonLines(logging.Formatter):
    """Renders a record as one line: its message is the event, `extra={"fields": {…}}` what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception stands in it as one string."""
        line: dict[str, Any] = {
            "at": clock.iso(record.created),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up() -> None:
    """Send every log record of the process to standard error as JSON lines; libraries only from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    logging.getLogger("mcp").setLevel(logging.ERROR)  # its warnings repeat what clients send


def event(name: str, **fields: object) -> None:
    """Log one event with its fields."""
    logging.getLogger(LOGGER).info(name, extra={"fields": fields})


class RequestLog:
    """ASGI middleware: one line a request, with method, path, status, milliseconds, bytes, address, and user if known.

    An app below may put `calharbor.user` into the scope once it knows who is asking, and `calharbor.link` for the
    secret link that was followed. What follows `/ics/` in a path is a secret and is left out.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log its end, also where the app raised."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = clock.timestamp()
        seen = {"status": 0, "bytes": 0}

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            elif message["type"] == "http.response.body":
                seen["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counting)
            seen["status"] = seen["status"] or CLIENT_LEFT
        finally:
            self._line(scope, seen, started)

    def _line(self, scope: Scope, seen: dict[str, int], started: float) -> None:
        fields: dict[str, object] = {
            "method": scope["method"],
            "path": _SECRET.sub(r"\1…", scope["path"]),
            "status": seen["status"] or 500,
            "ms": round((clock.timestamp() - started) * 1000, 1),
            "bytes": seen["bytes"],
            "remote": (scope.get("client") or ("", 0))[0],
        }
        if user := scope.get("calharbor.user"):
            fields["user"] = user
        if link := scope.get("calharbor.link"):
            fields["link"] = link
        event("request", **fields)
