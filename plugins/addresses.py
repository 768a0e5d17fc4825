"""Which network addresses are never contacted, and the httpcore back end that refuses them at connection time.

An address typed in by a user, or named by a redirect, an SRV record or a rebinding DNS server, must not reach a cloud
machine's metadata service (`reference/users.md` §4.3). The check stands where the socket is opened, on the very address
that is connected to, so that no second look-up can change the answer. Loopback and private networks are allowed: many
people's calendar server stands there.
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

import httpcore

from storage.errors import Unreachable

_REFUSED: Final = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local, RFC 3927; metadata of AWS, Google, Azure, …
        "fe80::/10",  # link-local, RFC 4291 §2.5.6
        "fd00:ec2::254/128",  # metadata of AWS over IPv6
        "fd20:ce::254/128",  # metadata of Google over IPv6
        "100.100.100.200/32",  # metadata of Alibaba
        "168.63.129.16/32",  # Azure's host agent
        "64:ff9b::/96",  # NAT64 (RFC 6052), which can spell any of the above
    )
)

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
"""What `setsockopt` takes, as httpcore spells it."""


def is_refused(address: str) -> bool:
    """Whether `address` (an IP address, perhaps with a zone id) is never contacted; IPv4 inside IPv6 counts."""
    found = ip_address(address.partition("%")[0])
    for candidate in (found, *_embedded(found)):
        if any(candidate.version == network.version and candidate in network for network in _REFUSED):
            return True
    return False


def is_this_machine(host: str) -> bool:
    """Whether a host (a name, or an IP address as URLs write it) is the machine we run on, by its spelling alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 §6.3


def is_private(address: str) -> bool:
    """Whether `address` is this machine's own or a private network's: anything that is not the public internet."""
    found = ip_address(address.partition("%")[0])
    return any(not each.is_global or each.is_multicast for each in (found, *_embedded(found)))


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    return [inner for inner in (address.ipv4_mapped, address.sixtofour) if inner is not None]


class GuardedBackend(httpcore.NetworkBackend):
    """Opens TCP connections like httpcore's own back end, but to no address that `is_refused`.

    With `private` false, for addresses that a client named and not the owner, to none that `is_private` either.
    """

    def __init__(self, *, private: bool = True) -> None:
        self._inner = httpcore.SyncBackend()
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers; raises `Unreachable` if any of them is refused."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address found for {host}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if any(is_refused(address) for address in addresses):
            raise Unreachable(
                f"{host} leads to a link-local or metadata address, which is never contacted",
                hint="Give the server's public or private network address instead.",
            )
        if not self._private and any(is_private(address) for address in addresses):
            raise Unreachable(f"{host} leads to this machine or a private network, which is not contacted")
        options = [] if socket_options is None else list(socket_options)
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return PromptStream(self._inner.connect_tcp(address, port, timeout, local_address, options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"no address found for {host}")


class PromptStream(httpcore.NetworkStream):
    """A stream that acknowledges at once (TCP_QUICKACK, where the system has it).

    Servers that write an answer in small pieces without TCP_NODELAY (Cyrus) otherwise wait about 40 ms for the delayed
    acknowledgement, at every single answer.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._option = getattr(socket, "TCP_QUICKACK", None)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As the inner stream."""
        data = self._inner.read(max_bytes, timeout)
        connection = self._inner.get_extra_info("socket")
        if self._option is not None and connection is not None:
            with suppress(OSError):  # the peer may have gone meanwhile
                connection.setsockopt(socket.IPPROTO_TCP, self._option, 1)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As the inner stream."""
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        """As the inner stream."""
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As the inner stream; the result acknowledges at once too."""
        return PromptStream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """As the inner stream."""
        return self._inner.get_extra_info(info)
