"""Opaque tokens of lists: where the next page begins, or up to where a client knows everything."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from typing import Any

import orjson

Part = str | int | None

_LARGEST = 1 << 62
"""No number of ours is larger; SQLite has none of 64 bits."""


def token(what: str, parts: Sequence[Part]) -> str:
    """The token of these parts for the list `what`."""
    return urlsafe_b64encode(orjson.dumps([what, *parts])).decode().rstrip("=")


def parts_of(text: str, what: str, *form: type | None) -> list[Any] | None:
    """What a token was made of; None for one that is of no such list. `form` are the types of its parts."""
    try:
        parts = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (orjson.JSONDecodeError, Error, ValueError):
        return None
    if not isinstance(parts, list) or len(parts) != len(form) + 1 or parts[0] != what:
        return None
    fits = all(type(part) is kind for part, kind in zip(parts[1:], form, strict=True))
    fits = fits and all(abs(part) <= _LARGEST for part in parts if isinstance(part, int))
    return parts[1:] if fits else None
