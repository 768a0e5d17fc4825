"""Secret links: who knows the secret reads the calendar behind it, without a login, until the link is revoked.

A secret is 192 random bits of which only the SHA-256 is kept, and it is looked up by that: how long that takes tells
nothing about any secret. A link that works is never refused, whoever else guesses from the same address.
"""

import secrets
from hashlib import sha256

from gateway.http.backoff import Backoff, network
from storage.model import Feed
from storage.store import Store

FREE_TRIES = 20
"""Unknown secrets from one address before refusing begins."""


def new_link_secret() -> str:
    """A fresh secret: 32 letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(24)


def link_hash(secret: str) -> str:
    """The SHA-256 under which a secret is stored."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Links:
    """Finds what a secret leads to. Safe to use from any number of threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._backoff = Backoff({"address": FREE_TRIES})

    def follow(self, secret: str, remote: str) -> Feed | None:
        """The link with this secret, noted as used; None if there is none, or if it was revoked."""
        feed = self._store.feed_by_hash(link_hash(secret))
        if feed is None:
            self._backoff.count([("address", network(remote))])
            return None
        if feed.revoked:
            return None
        self._store.touch_feed(feed)
        return feed

    def refuses(self, remote: str) -> bool:
        """Whether too many unknown secrets have come from this address."""
        return self._backoff.refused([("address", network(remote))])
