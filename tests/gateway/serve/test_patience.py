"""Connections that never end by themselves: slow heads, slow bodies, clients that do not read, heads without end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
import uvicorn

from gateway.serve import patience
from gateway.serve.patience import HEAD_ROOM, PatientProtocol

LARGE = 20_000_000
PATIENCE = 30.0


async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """Reads the whole body; `/large` answers with more than any buffer holds."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"x" * LARGE if scope["path"] == "/large" else str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


LOOPS = ["asyncio", *(["uvloop"] if find_spec("uvloop") else [])]
"""The event loops that there may be here; uvloop is for CPython, and not for Windows."""


@pytest.fixture(params=LOOPS)
def port(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[int]:
    """A server in a thread, in which everything happens a hundred times as fast; on each loop that there may be."""
    monkeypatch.setattr(patience, "HEAD_TIME", 0.4)
    monkeypatch.setattr(patience, "TICK", 0.2)
    settings = uvicorn.Config(app, http=PatientProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(settings)

    def serve(listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=import_module(request.param).new_event_loop) as runner:
            runner.run(server.serve(sockets=[listener]))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(PATIENCE)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        yield connection


def closed(connection: socket.socket) -> bool:
    """Whether the server ends the connection without an answer."""
    try:
        return connection.recv(65536) == b""
    except ConnectionError:
        return True


def heard(connection: socket.socket) -> bytes:
    """The body of an answer of this app, which is a number or nothing after the answer's head."""
    text = b""
    while not (b"\r\n\r\n" in text and text.partition(b"\r\n\r\n")[2]):
        piece = connection.recv(65536)
        assert piece, text
        text += piece
    return text.partition(b"\r\n\r\n")[2]


def served(port: int) -> None:
    """An honest client is answered meanwhile, twice over one connection, with a body in pieces."""
    with connected(port) as connection:
        for _ in range(2):
            connection.sendall(b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n" + b"y" * 10)
            sleep(0.1)
            connection.sendall(b"y" * 10)
            assert heard(connection) == b"20"


def drip(connection: socket.socket, start: bytes, octet: bytes) -> None:
    """Send one octet now and then until the server has had enough."""
    connection.sendall(start)
    end = monotonic() + PATIENCE
    while monotonic() < end:
        try:
            connection.sendall(octet)
        except ConnectionError:
            return
        sleep(0.05)
    raise AssertionError("the server went on for ever")


def test_a_connection_on_which_nothing_comes(port: int) -> None:
    with connected(port) as connection:
        served(port)
        assert closed(connection)


def test_a_head_octet_by_octet(port: int) -> None:
    with connected(port) as connection:
        drip(connection, b"GET / HTTP/1.1\r\nX: ", b"x")
    served(port)


def test_a_second_head_octet_by_octet(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert heard(connection) == b"0"
        drip(connection, b"GET / HTTP/1.1\r\nX: ", b"x")


@pytest.mark.parametrize("head", [b"Content-Length: 1000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1000\r\n"])
def test_a_body_octet_by_octet(port: int, head: bytes) -> None:
    with connected(port) as connection:
        drip(connection, b"PUT / HTTP/1.1\r\nHost: x\r\n" + head, b"x")
    served(port)


def test_a_body_that_comes_at_its_pace_is_waited_for(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"x" * 2000)
            sleep(0.06)
        assert heard(connection) == b"40000"


def test_a_client_that_does_not_read(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        sleep(0.2 * (patience.PATIENCE + 4))
        served(port)
        size = 0
        while True:
            try:
                piece = connection.recv(1 << 20)
            except ConnectionError:
                break
            if not piece:
                break
            size += len(piece)
        assert size < LARGE


def test_a_client_that_reads_slowly_gets_everything(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        size = 0
        while size < LARGE:
            piece = connection.recv(1 << 19)
            assert piece
            size += len(piece)
            sleep(0.02)


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nX: ",
        b"GET /",
        b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
        b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x=",
    ],
    ids=["a header", "a path", "a trailer", "a chunk's extension"],
)
def test_what_has_no_end_is_cut_off(port: int, start: bytes) -> None:
    sent = 0
    with connected(port) as connection:
        connection.sendall(start)
        try:
            while sent < 100 * HEAD_ROOM:
                connection.sendall(b"x" * 4096)
                sent += 4096
        except ConnectionError:
            pass
    assert sent < 100 * HEAD_ROOM
    served(port)


def test_tiny_chunks_are_no_attack(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"1\r\ny\r\n" * 1000)
        connection.sendall(b"0\r\n\r\n")
        assert heard(connection) == b"40000"


def test_hundreds_of_slow_clients_shut_nobody_out(port: int) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx")
        served(port)
    finally:
        for connection in slow:
            connection.close()
