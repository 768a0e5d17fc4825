"""A client that costs next to nothing: HTTP/1.1 on one connection that is kept alive, over a bare socket.

It opens a new connection only where the server closed the last one, and counts how often. Every piece that arrives is
acknowledged at once (TCP_QUICKACK): Cyrus sends small pieces without TCP_NODELAY and would wait 40 ms for each.
"""

import re
import socket
from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from benchmarks.measure import Failed

PATIENCE = 600.0
_PIECE = 1 << 20
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:\s*chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:\s*close", re.IGNORECASE)
_EMPTY = (204, 304)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server's calendar is, and who reads it; paths end with a slash. `token` stands in for a password."""

    host: str
    port: int
    calendar: str
    username: str = ""
    password: str = ""
    token: str = ""


class Client:
    """One connection of one client."""

    def __init__(self, address: Address) -> None:
        basic = b64encode(f"{address.username}:{address.password}".encode()).decode()
        login = f"Bearer {address.token}" if address.token else f"Basic {basic}"
        self.opened = 0
        self._address = address
        self._head = f"Host: {address.host}:{address.port}\r\nAuthorization: {login}\r\n"
        self._socket: socket.socket | None = None
        self._rest = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._rest.clear()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """The body of the answer; `_` stands for `-` in header names. Raises `Failed` for 400 and above."""
        status, answer = self.status(method, path, body, **headers)
        if status >= 400:
            raise Failed(f"{method} {path} was answered {status}: {answer[:300].decode(errors='replace')}")
        return answer

    def status(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Status and body of the answer, whatever it is."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{lines}Content-Length: {len(body)}\r\n\r\n"
        request = head.encode() + body
        if self._socket is not None:
            try:
                self._socket.sendall(request)
                return self._answer(self._socket)
            except (ConnectionError, EOFError):
                self.close()  # the server closed it between two requests
        connection = self._connect()
        connection.sendall(request)
        return self._answer(connection)

    def _connect(self) -> socket.socket:
        self.opened += 1
        self._socket = socket.create_connection((self._address.host, self._address.port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _more(self, connection: socket.socket) -> None:
        if _QUICKACK is not None:
            connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        piece = connection.recv(_PIECE)
        if not piece:
            raise EOFError("the server hung up")
        self._rest += piece

    def _answer(self, connection: socket.socket) -> tuple[int, bytes]:
        status, head = 100, b""
        while status < 200:  # Cyrus sends 100 before some answers
            head = self._until(connection, b"\r\n\r\n")
            status = int(head[9:12])
        length = _LENGTH.search(head)
        if status in _EMPTY:
            body = b""
        elif length is not None:
            body = self._exactly(connection, int(length[1]))
        elif _CHUNKED.search(head):
            body = self._chunks(connection)
        else:
            body = self._to_the_end(connection)
        if self._socket is not None and (head.startswith(b"HTTP/1.0") or _CLOSES.search(head)):
            self.close()
        return status, body

    def _until(self, connection: socket.socket, mark: bytes) -> bytes:
        while (at := self._rest.find(mark)) < 0:
            self._more(connection)
        return self._exactly(connection, at + len(mark))

    def _exactly(self, connection: socket.socket, size: int) -> bytes:
        while len(self._rest) < size:
            self._more(connection)
        found = bytes(self._rest[:size])
        del self._rest[:size]
        return found

    def _chunks(self, connection: socket.socket) -> bytes:
        pieces: list[bytes] = []
        while size := int(self._until(connection, b"\r\n").partition(b";")[0], 16):
            pieces.append(self._exactly(connection, size + 2)[:-2])
        while self._until(connection, b"\r\n") != b"\r\n":
            pass
        return b"".join(pieces)

    def _to_the_end(self, connection: socket.socket) -> bytes:
        try:
            while True:
                self._more(connection)
        except EOFError:
            return self._exactly(connection, len(self._rest))
