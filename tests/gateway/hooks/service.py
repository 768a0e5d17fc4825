"""A push service on loopback that keeps what it is sent, and a phone that registers with it and can read that."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from time import monotonic
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.http.webpush import from_base64, to_base64

NS = "{https://bitfire.at/webdav-push}"
PATIENCE = 20.0


@dataclass
class Sent:
    """A message as it arrived: where to, its headers by lower-case name, its body, when (monotonic seconds)."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Phone:
    """A client of the push service with keys of its own."""

    private: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    auth: str = field(default_factory=lambda: to_base64(os.urandom(16)))

    @property
    def public(self) -> str:
        return to_base64(self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def read(self, sent: Sent) -> Element:
        """The push message inside."""
        plain: bytes = http_ece.decrypt(
            sent.body, private_key=self.private, auth_secret=from_base64(self.auth), version="aes128gcm"
        )
        root = fromstring(plain)
        assert root.tag == f"{NS}push-message"
        return root

    def registration(
        self,
        endpoint: str,
        *,
        trigger: str | None = None,
        expires: str = "",
        encoding: str | None = None,
    ) -> bytes:
        """A `push-register` document, by default as DAVx5 writes it: no trigger, no encoding."""
        root = Element(f"{NS}push-register")
        web_push = SubElement(SubElement(root, f"{NS}subscription"), f"{NS}web-push-subscription")
        SubElement(web_push, f"{NS}push-resource").text = endpoint
        if encoding is not None:
            SubElement(web_push, f"{NS}content-encoding").text = encoding
        SubElement(web_push, f"{NS}subscription-public-key", {"type": "p256dh"}).text = self.public
        SubElement(web_push, f"{NS}auth-secret").text = self.auth
        if trigger is not None:
            document = f'<trigger xmlns="{NS[1:-1]}" xmlns:D="DAV:">{trigger}</trigger>'
            root.append(fromstring(document))
        if expires:
            SubElement(root, f"{NS}expires").text = expires
        return tostring(root)


class PushService:
    """What was sent, in the order in which it arrived. `answer` decides status and headers for each path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: list[Sent] = []
        self.answer: Callable[[Sent], tuple[int, dict[str, str]]] = lambda _sent: (201, {})
        self.arrived = Condition()

    def wait(self, count: int = 1, path: str = "") -> list[Sent]:
        """The messages (to this path) once there are so many."""
        end = monotonic() + PATIENCE
        with self.arrived:
            while len(found := self.to(path)) < count:
                assert self.arrived.wait(end - monotonic()), f"{len(found)} of {count} messages to {path or 'any path'}"
            return found

    def to(self, path: str) -> list[Sent]:
        return [sent for sent in self.sent if not path or sent.path == path]


@contextmanager
def push_service() -> Iterator[PushService]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = Sent(self.path, headers, body, monotonic())
            with service.arrived:
                service.sent.append(sent)
                service.arrived.notify_all()
            status, more = service.answer(sent)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = PushService(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
