"""A web server on loopback whose every answer is written by a test; keeps what it was asked."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self

WRITES = frozenset({"PUT", "PATCH", "DELETE", "POST", "MKCALENDAR", "MKCOL", "PROPPATCH", "MOVE", "COPY"})
READS = frozenset({"GET", "HEAD", "PROPFIND", "REPORT", "OPTIONS"})

_ALL = sorted(WRITES | READS)


@dataclass
class Request:
    """One request as it came; `status` is what it was answered, `port` the client's end of the connection."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    status: int = 0
    port: int = 0


@dataclass
class Reply:
    """An answer on its way back; `cut` is how many bytes of the body are sent before the connection ends."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None


class ScriptedServer:
    """Answers every request with `script(request)`; `url` is where it listens, `log` what came, in order."""

    def __init__(self, script: Callable[[Request], Reply], *, path: str = "/") -> None:
        self.script = script
        self.log: list[Request] = []
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def counts(self) -> Counter[str]:
        """How many requests came, by method."""
        return Counter(request.method for request in self.log)

    @property
    def writes(self) -> int:
        """How many requests came that could change anything."""
        return sum(request.method in WRITES for request in self.log)


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[ScriptedServer]
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_") and name[3:] in _ALL:
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers.items()), body, port=self.client_address[1])
        self.owner.log.append(request)
        reply = self.owner.script(request)
        request.status = reply.status
        if reply.cut == 0:
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        self.wfile.flush()
        if reply.cut is not None:
            self.close_connection = True
            self.connection.shutdown(2)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: `ScriptedServer.log` has it all."""
