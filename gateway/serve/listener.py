"""The listening socket: bound once by the supervisor, inherited by every HTTP process."""

import errno
import socket
from time import sleep

from gateway.declared import Server
from storage.errors import ConfigError

PATIENCE = 3.0
"""Seconds for which a port may still be held by the processes of a supervisor that was killed."""

_STEP = 0.1


def listen(server: Server, *, patience: float = PATIENCE) -> socket.socket:
    """Bind and listen, inheritable. Raises `ConfigError` in words where the address cannot be had."""
    for _ in range(int(patience / _STEP)):
        try:
            return _bind(server)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _refusal(server, error) from error
        sleep(_STEP)
    try:
        return _bind(server)
    except OSError as error:
        raise _refusal(server, error) from error


def _bind(server: Server) -> socket.socket:
    found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _name, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
        listener.set_inheritable(True)
    except OSError:
        listener.close()
        raise
    return listener


def _refusal(server: Server, error: OSError) -> ConfigError:
    hints = {
        errno.EADDRINUSE: "another program listens there: stop it, or set [server] port",
        errno.EACCES: "ports below 1024 are for root: set [server] port",
        errno.EADDRNOTAVAIL: "this machine has no such address: set [server] host",
    }
    hint = hints.get(error.errno or 0, "set [server] host and port")
    return ConfigError(f"cannot listen on {server.host} port {server.port}: {error.strerror}", hint=hint)


def address_of(listener: socket.socket) -> str:
    """`http://host:port` of the socket as it is bound; a wildcard address is shown as this machine's loopback."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 — compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
