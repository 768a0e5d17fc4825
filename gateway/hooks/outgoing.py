"""The one place where the gateway sends requests of its own, to addresses that clients named.

Nobody can make it reach into this machine or its network unless the owner allows that; the check stands where the
socket is opened, so no DNS server can get round it. No redirect is followed, no environment is consulted, no cookie is
kept. However slowly the other side answers, a request is over after `PATIENCE`.
"""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore

from plugins.addresses import GuardedBackend, SocketOption
from plugins.transport import parse_retry_after
from storage.errors import Unreachable

PATIENCE = 10.0
"""Seconds for a whole request, from the look-up of the name (which the system may stretch) to the answer's head."""

_ANSWER_ROOM = 65_536


@dataclass(frozen=True, slots=True)
class Posted:
    """An answer: its status, the seconds that it asks to wait, if it does, and as much of its body as was wanted."""

    status: int
    retry_after: float | None
    body: bytes = b""


class Outgoing:
    """Sends; safe to use from several threads. Each request has a connection of its own."""

    def __init__(self, *, private: bool) -> None:
        """`private`: whether addresses of this machine and of private networks may be contacted."""
        self._private = private
        self._context: ssl.SSLContext | None = None

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, most: int = 0) -> Posted:
        """POST to an absolute http or https URL. Raises `Unreachable`, naming nothing of the URL but the host.

        `most`: how many octets of the answer's body are read.
        """
        host = urlsplit(url).hostname
        sent = {"User-Agent": "CalHarbor", "Content-Length": str(len(body)), **headers}
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), PATIENCE)
        backend = _Hurried(GuardedBackend(private=self._private), monotonic() + PATIENCE)
        try:
            with (
                httpcore.ConnectionPool(self._ssl(url), max_connections=1, network_backend=backend) as pool,
                pool.stream(
                    "POST",
                    url,
                    headers=list(sent.items()),
                    content=body,
                    extensions={"timeout": timeout},
                ) as answer,
            ):
                found = {name.lower(): value for name, value in answer.headers}
                after = parse_retry_after(found.get(b"retry-after", b"").decode("latin-1"))
                return Posted(answer.status, after, _beginning(answer, most))
        except (*_ERRORS, OSError, ValueError) as error:
            raise Unreachable(f"{host}: the request failed ({type(error).__name__})") from error

    def _ssl(self, url: str) -> ssl.SSLContext | None:
        """Loaded when it is needed: that takes as long as several requests."""
        if url.startswith("https:") and self._context is None:
            self._context = ssl.create_default_context()
        return self._context


def _beginning(answer: httpcore.Response, most: int) -> bytes:
    """The first octets of a body; where it is longer, one more than is wanted."""
    read = b""
    if most:
        for piece in answer.iter_stream():
            read += piece
            if len(read) > most:
                break
    return read[: most + 1]


_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)


class _Hurried(httpcore.NetworkBackend):
    """A back end whose connections are all over at one moment of the monotonic clock."""

    def __init__(self, inner: httpcore.NetworkBackend, end: float) -> None:
        self._inner = inner
        self._end = end

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """As the inner back end."""
        return _HurriedStream(
            self._inner.connect_tcp(host, port, _left(self._end, timeout), local_address, socket_options), self._end
        )


class _HurriedStream(httpcore.NetworkStream):
    """A stream on which no call lasts beyond one moment, and from which no more is read than a head may have."""

    def __init__(self, inner: httpcore.NetworkStream, end: float) -> None:
        self._inner = inner
        self._end = end
        self._room = _ANSWER_ROOM

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As the inner stream, in the time and room that are left."""
        if self._room <= 0:
            raise httpcore.ReadError("the head of the answer is too long")
        data = self._inner.read(min(max_bytes, self._room), _left(self._end, timeout))
        self._room -= len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As the inner stream, in the time that is left."""
        self._inner.write(buffer, _left(self._end, timeout))

    def close(self) -> None:
        """As the inner stream."""
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As the inner stream, in the time that is left."""
        left = _left(self._end, timeout)
        return _HurriedStream(self._inner.start_tls(ssl_context, server_hostname, left), self._end)

    def get_extra_info(self, info: str) -> Any:
        """As the inner stream."""
        return self._inner.get_extra_info(info)


def _left(end: float, timeout: float | None) -> float:
    """The seconds that a call may take; raises `ReadTimeout` where none are left."""
    left = end - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the request is over")
    return left if timeout is None else min(left, timeout)
