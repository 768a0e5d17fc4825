"""One door to what entries hold, iCalendar or vCard: a collection's kind says how to read, a text how to compare."""

import re
from hashlib import sha256

from storage.ical import canonical as calendars
from storage.ical import read as calendar
from storage.ical.read import Content, decode
from storage.model import CollectionKind
from storage.vcard import canonical as cards
from storage.vcard import read as card

__all__ = ["Content", "canonical", "decode", "digest", "is_card", "read", "same"]

_FIRST = re.compile(r"^BEGIN:[ \t]*(\w+)", re.MULTILINE | re.IGNORECASE)


def read(text: str, kind: CollectionKind) -> Content:
    """What a text says that stands, or shall stand, in a collection of this kind. Raises InvalidData."""
    return card.read(text) if kind is CollectionKind.CONTACTS else calendar.read(text)


def same(a: str, b: str) -> bool:
    """Whether two texts hold the same data; raises InvalidData where the structure of one is broken."""
    return a == b or canonical(a) == canonical(b)


def digest(text: str) -> str:
    """The identity of the data in a text: the same for two texts exactly if `same` holds. Raises InvalidData."""
    return sha256(canonical(text).encode()).hexdigest()[:32]


def canonical(text: str) -> str:
    """The canonical form of a text, to compare and to hash, never to send or to store. Raises InvalidData."""
    return cards.canonical(text) if is_card(text) else calendars.canonical(text)


def is_card(text: str) -> bool:
    """Whether a text is a vCard, as far as its first BEGIN says."""
    found = _FIRST.search(text)
    return found is not None and found[1].upper() == "VCARD"
