"""Plans: what would delete, or may mail, is shown first, and happens when it is asked for again with the plan's hash.

A hash stands for one token, one deed, the state in which the plan found everything, and a few minutes. It is made with
a key that agents do not have, so it can only come from a plan; nothing is kept for it, so that any process of the
server takes what another one gave out.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from storage import clock
from storage.store import Store

LASTS = 300
"""Seconds for which a hash counts."""

NAME = "mcp/plans"
"""Under which name the key is kept in the credentials file."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants to happen: with which token (its id), by which tool, with which arguments, and to what.

    `state`: all that the plan says of how things are now; a plan for another state is another plan.
    """

    token: str
    tool: str
    arguments: Mapping[str, Any]
    state: str


class Plans:
    """Gives out hashes and takes them back, for any number of threads and processes over the same mirror."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def _key(self) -> bytes:
        """The key of this mirror, made when it is first asked for."""
        kept = self._store.credentials.keep(NAME, lambda: {"key": secrets.token_hex(32)})
        return bytes.fromhex(kept["key"])

    def hash(self, deed: Deed) -> tuple[str, int]:
        """The hash of a plan made now, and until when it counts, in seconds since 1970."""
        until = int(clock.timestamp()) + LASTS
        return self._hash(deed, until), until

    def confirmed(self, deed: Deed, given: str) -> bool:
        """Whether this is the hash of a plan for this very deed that still counts."""
        head, _dash, _rest = given.partition("-")
        if not head.isascii() or not head.isdecimal() or len(head) > 12 or int(head) <= clock.timestamp():
            return False
        return hmac.compare_digest(self._hash(deed, int(head)).encode(), given.encode())

    def _hash(self, deed: Deed, until: int) -> str:
        said = [deed.token, deed.tool, dict(deed.arguments), deed.state, until]
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return f"{until}-{hmac.digest(self._key, text.encode(), 'sha256').hex()[:32]}"
