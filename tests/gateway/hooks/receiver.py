"""A receiver of webhooks on loopback: keeps what it is sent, and answers as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from time import monotonic

PATIENCE = 20.0
APPLICATION = "calendar-app"


@dataclass
class Heard:
    """One request: its headers by lower-case name, its body, when it came (monotonic seconds)."""

    headers: dict[str, str]
    body: bytes
    at: float


class Receiver:
    """What came, in its order. `answer` decides status and body for each request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: list[Heard] = []
        self.answer: Callable[[Heard], tuple[int, bytes]] = lambda _heard: (200, APPLICATION.encode())
        self.arrived = Condition()

    def wait(self, count: int) -> list[Heard]:
        """What came, once it is so much."""
        end = monotonic() + PATIENCE
        with self.arrived:
            while len(self.heard) < count:
                assert self.arrived.wait(end - monotonic()), f"{len(self.heard)} of {count} requests"
            return list(self.heard)

    @property
    def bodies(self) -> list[bytes]:
        return [each.body for each in self.heard]


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard = Heard({name.lower(): value for name, value in self.headers.items()}, body, monotonic())
            with opened.arrived:
                opened.heard.append(heard)
                opened.arrived.notify_all()
            status, said = opened.answer(heard)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    opened = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
