"""Requests that a foreign web page makes with somebody's browser: which `Host` and `Origin` are this server's own.

A page can let its own name point to this machine (DNS rebinding) and then speaks to us under that name. So we answer to
addresses, which no page can have pointed elsewhere, to this machine's own names, and to the name of `base_url`.
"""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = "localhost"


def own_host(host: str, base: str) -> bool:
    """Whether a `Host` header names this server. `base`: the address that clients use, or empty.

    Addresses always do, since only names can be pointed elsewhere; so do `localhost` and this machine's name.
    """
    name = _name(f"//{host}")
    if name is None:
        return False
    return _is_address(name) or name in _names() or name.endswith(f".{LOCAL}") or name == _name(base)


def own_origin(origin: str, host: str, base: str) -> bool:
    """Whether an `Origin` header (RFC 6454 §7) is that of pages of this server itself, reached as `host` or `base`."""
    if base and origin.lower() == _origin_of(base):
        return True
    scheme, _, authority = origin.lower().partition("://")
    return scheme in ("http", "https") and authority == host.lower() and own_host(host, base)


def _names() -> set[str]:
    name = socket.gethostname().lower()
    return {LOCAL, name, f"{name.partition('.')[0]}.local"}


def _name(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is none
    except ValueError:
        return None
    plain = not parts.path.strip("/") or bool(parts.scheme)
    return parts.hostname.rstrip(".") if parts.hostname and plain and parts.username is None else None


def _origin_of(base: str) -> str:
    parts = urlsplit(base.lower())
    return f"{parts.scheme}://{parts.netloc}"


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
