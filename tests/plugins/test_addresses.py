"""Link-local and metadata addresses are never contacted."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.addresses import is_refused, is_this_machine
from plugins.transport import Origin, Transport, Trust
from storage.errors import Unreachable


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_refused(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.168.1.4", "10.0.0.1", "93.184.216.34", "2606:4700::1"])
def test_allowed(address: str) -> None:
    assert not is_refused(address)


@given(st.integers(0, 0xFFFF))
def test_all_of_link_local_is_refused_in_every_spelling(low: int) -> None:
    plain = IPv4Address(0xA9FE0000 + low)
    assert is_refused(str(plain))
    assert is_refused(f"::ffff:{plain}")
    assert is_refused(str(IPv6Address((0xFE80 << 112) + low)))


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_the_transport_opens_no_connection_there(host: str) -> None:
    url = f"http://{host}/latest/meta-data/"
    transport = Transport(Trust(Origin.of(url)))
    with pytest.raises(Unreachable, match="never contacted"):
        transport.request("GET", url)
    transport.close()


@pytest.mark.parametrize("host", ["localhost", "caldav.localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "10.0.0.1", "192.168.1.2", "::2", ""])
def test_another_machine(host: str) -> None:
    assert not is_this_machine(host)
