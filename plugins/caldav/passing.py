"""Requests that a client makes up itself: sent to the account's own server as they are, answered as it answers."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin, urlsplit

from plugins.transport import Origin, Transport
from storage.errors import AccessDenied, ConfigError
from storage.provider import RawAnswer, RawRequest

LIMIT: Final = 16 * 1024 * 1024
"""Bytes of an answer; a longer one is `UntrustedAnswer`."""

_URI: Final = re.compile(r"[!-\[\]-~]*")
"""ASCII without blanks, and without the backslash, which some read as a slash: what is left everybody reads alike."""


def pass_through(transport: Transport, roots: Sequence[str], request: RawRequest) -> RawAnswer:
    """What `PassesThrough.pass_through` promises; `roots` are the URLs of the account's homes, the first the base."""
    url = _address(roots, request.uri)
    answer = transport.request(
        request.method, url, headers=request.headers, body=request.body, limit=LIMIT, follow=False
    )
    return RawAnswer(answer.status, answer.headers, answer.body)


def _address(roots: Sequence[str], uri: str) -> str:
    refusal = AccessDenied(
        "the address is not one of the account's own server",
        hint=f"Give a path, or an address at {Origin.of(roots[0])}.",
    )
    try:
        named = urlsplit(uri)
        if not _URI.fullmatch(uri) or (named.scheme and not named.netloc):
            raise refusal
        url = urljoin(roots[0], uri)
        if Origin.of(url) not in {Origin.of(root) for root in roots}:
            raise refusal
    except (ConfigError, ValueError):
        raise refusal from None
    return url
