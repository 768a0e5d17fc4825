"""Public identifiers, content hashes and ETags: one definition of each.

Every id that leaves the program matches `[A-Za-z0-9_-]+`, is ours, and never changes when an upstream's id arrives.
"""

import re
from hashlib import sha256
from secrets import randbits

from storage import clock

NAMESPACE = "http://calharbor.invalid/ns/"
"""Our own XML namespace, and what the URIs that we make up begin with; it leads nowhere."""

_NO_UID = "no-uid:"
_PUBLIC = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_id() -> str:
    """A fresh id for an entry, a collection or a device: 32 hexadecimal digits of a UUID (RFC 9562 §5.7, version 7).

    It begins with the milliseconds since 1970, so that indexes over ids grow at their end rather than everywhere; 74
    bits are random.
    """
    moment = int(clock.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    chance = randbits(74)
    return f"{moment:012x}{0x7 << 12 | chance >> 62:04x}{0x2 << 62 | chance & (1 << 62) - 1:016x}"


def no_uid(entry_id: str) -> str:
    """What stands for the UID of an entry whose vCard has none (RFC 2426 demands none)."""
    return f"{_NO_UID}{entry_id}"


def real_uid(uid: str) -> str:
    """The UID that an entry's text has, "" where it has none."""
    return "" if uid.startswith(_NO_UID) else uid


def is_public_id(text: str) -> bool:
    """Whether `text` has the form of an id that this program hands out."""
    return _PUBLIC.fullmatch(text) is not None


def content_hash(text: str) -> str:
    """The identity of stored bytes: the first 32 hexadecimal digits of SHA-256 over the text in UTF-8."""
    return bytes_hash(text.encode())


def bytes_hash(data: bytes) -> str:
    """The same for bytes that have not been read as text."""
    return sha256(data).hexdigest()[:32]


def etag(digest: str) -> str:
    """The strong ETag (RFC 9110 §8.8.3) for a content hash, with its quotes."""
    return f'"{digest}"'


def sync_token(store_id: str, collection_id: str, seq: int) -> str:
    """The sync token (RFC 6578 §4) for a collection as it was at a change."""
    return f"{NAMESPACE}sync/{store_id}/{collection_id}/{seq}"


def occurrence_id(entry_id: str, recurrence_id: str) -> str:
    """The id of one computed instance: `{entry}_{YYYYMMDD}` or `{entry}_{YYYYMMDDTHHMMSSZ}`."""
    return f"{entry_id}_{recurrence_id}" if recurrence_id else entry_id
