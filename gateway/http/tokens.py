"""Access to the JSON API: bearer tokens (RFC 6750) and application keys.

They are random, so that their SHA-256 is all we keep and guesses need no counting: a token has 160 random bits, or at
least the length that the configuration asks for.
"""

import secrets
from hashlib import sha256

from storage import clock
from storage.model import Token
from storage.store import Store

TOUCH_EVERY = 3600.0
"""Seconds between two notes that a token is in use: not every request is worth a write."""


def new_token(prefix: str = "ch_") -> str:
    """A fresh secret: 160 random bits behind a prefix that says whose it is."""
    return prefix + secrets.token_hex(20)


def token_hash(secret: str) -> str:
    """The SHA-256 under which a token is stored."""
    return sha256(secret.encode()).hexdigest()


def credentials(authorization: str | None, scheme: str) -> list[str] | None:
    """The comma-separated secrets of an `Authorization` header of this scheme; None where it is another, or none."""
    word, _, rest = (authorization or "").strip().partition(" ")
    if word.lower() != scheme.lower():
        return None
    return [each for part in rest.split(",") if (each := part.strip())]


def token_of(store: Store, secret: str) -> Token | None:
    """The token whose secret this is; None where nobody knows it, or where it was revoked or has expired."""
    token = store.token_by_hash(token_hash(secret))
    if token is not None and _unseen(token):
        store.touch_token(token.id)
    return token


def _unseen(token: Token) -> bool:
    return token.last_used is None or token.last_used < clock.iso(clock.timestamp() - TOUCH_EVERY)
