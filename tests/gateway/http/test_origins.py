"""Which names and origins are this server's own, and which are those of a page that pretends."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.origins import own_host, own_origin

BASE = "https://cal.example.com"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:5243", "127.0.0.1", "[::1]:5243", "192.168.1.20:5243", "localhost", "LocalHost:5243", "x.localhost:1",
     f"{socket.gethostname()}:5243"],
)  # fmt: skip
def test_addresses_and_own_names_are_always_right(host: str) -> None:
    assert own_host(host, "")
    assert own_origin(f"http://{host}", host, "")


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:5243", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:port",
     "user@127.0.0.1", "127.0.0.1/../", "cal.example.com.evil.example", "[::1", "cal.example.com@evil.example"],
)  # fmt: skip
def test_other_names_are_not(host: str) -> None:
    assert not own_host(host, "")
    assert not own_host(host, BASE)
    assert not own_origin(f"http://{host}", host, BASE)


def test_the_name_of_base_url() -> None:
    assert own_host("cal.example.com", BASE)
    assert own_host("CAL.example.com:443", BASE)
    assert not own_host("cal.example.com", "")
    assert own_origin("https://cal.example.com", "127.0.0.1:5243", BASE), "a proxy asks us by our address"
    assert own_origin("https://cal.example.com", "127.0.0.1:5243", f"{BASE}/"), "with a path below it too"
    assert not own_origin("http://cal.example.com", "127.0.0.1:5243", BASE)


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "http://127.0.0.1:8000", "file://", "https://", "", "chrome-extension://a"],
)
def test_pages_of_other_places(origin: str) -> None:
    assert not own_origin(origin, "127.0.0.1:5243", BASE)


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_breaks_it(host: str, origin: str) -> None:
    assert own_host(host, BASE) in (True, False)
    assert own_origin(origin, host, BASE) in (True, False)
