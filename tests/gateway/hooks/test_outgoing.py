"""Requests of our own: where they never go, and that they end."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, sleep

import pytest

from gateway.hooks import outgoing
from gateway.hooks.outgoing import Outgoing
from storage.errors import Unreachable
from tests.gateway.hooks.service import push_service


@contextmanager
def dripping(head: bytes) -> Iterator[str]:
    """A server that answers one octet at a time, for ever."""
    stop = Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for octet in head:
                if stop.is_set():
                    return
                connection.sendall(bytes([octet]))
            while not stop.is_set():
                try:
                    connection.sendall(b"x" * 512)
                except OSError:
                    return
                sleep(0.001)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/secret"
    finally:
        stop.set()
        listener.close()
        thread.join(10)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_contacted_unless_allowed(host: str) -> None:
    with push_service() as service:
        url = service.url.replace("127.0.0.1", host)
        with pytest.raises(Unreachable):
            Outgoing(private=False).post(f"{url}/secret", {}, b"x")
        assert service.sent == []
        assert Outgoing(private=True).post(f"{service.url}/a", {"X-A": "b"}, b"x").status == 201
        assert service.sent[0].headers["x-a"] == "b"


def test_link_local_addresses_are_never_contacted() -> None:
    with pytest.raises(Unreachable, match="never contacted"):
        Outgoing(private=True).post("http://169.254.169.254/latest/meta-data", {}, b"")


def test_a_failure_does_not_name_the_address() -> None:
    with pytest.raises(Unreachable) as caught:
        Outgoing(private=True).post("http://127.0.0.1:9/secret", {}, b"")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 201 Created\r\nX-Long: "], ids=["no HTTP", "an endless header"])
def test_an_answer_without_end_is_cut_off(head: bytes) -> None:
    with dripping(head) as url, pytest.raises(Unreachable):
        Outgoing(private=True).post(url, {}, b"x")


def test_a_server_that_says_nothing_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = monotonic()
        with pytest.raises(Unreachable):
            Outgoing(private=True).post(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, b"x")
        assert monotonic() - began < 15


def test_only_the_head_of_an_answer_is_waited_for() -> None:
    with dripping(b"HTTP/1.1 201 Created\r\nContent-Length: 99999999999\r\n\r\n") as url:
        assert Outgoing(private=True).post(url, {}, b"x").status == 201
