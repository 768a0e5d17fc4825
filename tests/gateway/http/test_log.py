"""The log: one JSON object a line, for requests too, and nothing in it that should not be."""

import asyncio
import json
import logging
import sys

import pytest

from gateway.http.log import CLIENT_LEFT, JsonLines, Message, Receive, RequestLog, Scope, Send


def test_a_line_is_one_json_object_even_with_an_exception() -> None:
    try:
        int("two\nlines")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it %s", ("broke",), exc_info=sys.exc_info())
    record.fields = {"n": 1}
    text = JsonLines().format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert (line["event"], line["level"], line["n"]) == ("it broke", "error", 1)
    assert "ValueError" in line["exception"]


def run(status: int | None, caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if status is None:
            raise RuntimeError("broken")
        scope["calharbor.user"] = "alice"
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body", "body": b"12345"})

    async def receive() -> Message:
        return {}

    async def send(_message: Message) -> None:
        return

    scope = {"type": "http", "method": "PUT", "path": "/x", "query_string": b"key=1", "client": ("192.0.2.1", 1)}
    with caplog.at_level(logging.INFO, "calharbor"):
        asyncio.run(RequestLog(app)(scope, receive, send))
    fields: dict[str, object] = vars(caplog.records[-1])["fields"]
    return fields


def test_a_request_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    fields = run(201, caplog)
    assert (fields["method"], fields["path"], fields["status"], fields["bytes"]) == ("PUT", "/x", 201, 5)
    assert (fields["user"], fields["remote"]) == ("alice", "192.0.2.1")
    assert "key" not in str(fields)


def test_a_request_that_broke_is_logged_as_500(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError):
        run(None, caplog)
    assert vars(caplog.records[-1])["fields"]["status"] == 500


def test_a_request_that_nobody_waits_for_any_more_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        return

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return

    scope = {"type": "http", "method": "PUT", "path": "/x", "client": None}
    with caplog.at_level(logging.INFO, "calharbor"):
        asyncio.run(RequestLog(app)(scope, receive, send))
    assert vars(caplog.records[-1])["fields"]["status"] == CLIENT_LEFT
