"""Whether a client may do what it asks: privileges, preconditions, names, kinds and UIDs, before anything is written.

Preconditions come from RFC 4791 §5.3.2 and RFC 9110 §13. Nothing here writes.
"""

from collections.abc import Collection as Group
from dataclasses import dataclass

from storage import ids, shared
from storage.content import Content
from storage.db import Connection
from storage.errors import InvalidData, NotFound, PreconditionFailed, ReadOnly, UidConflict, UnsupportedKind
from storage.ical.kinds import ENTRIES
from storage.model import Collection, Entry, Kind, Level, Origin, RedactedEntry
from storage.tables import collections, entries

LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks of one resource.

    `if_match`: content hashes any of which the entry must have, `*` for any; `if_none_match`: it must not exist.
    `notify`: the client's protocol says that attendees shall be told.
    """

    collection_id: str
    href: str
    origin: Origin
    actor: str = ""
    if_match: Group[str] | None = None
    if_none_match: bool = False
    notify: bool = False


def opened(conn: Connection, collection_id: str) -> Collection:
    """The collection, or how somebody sees whom it is shared with; raises `NotFound`."""
    place = collections.by_id(conn, collection_id) or shared.by_id(conn, collection_id)
    if place is None:
        raise NotFound(f"there is no collection {collection_id}", hint="list the collections again")
    return place


def writable(conn: Connection, collection_id: str) -> Collection:
    """The same; raises `ReadOnly` before anything else is looked at."""
    place = opened(conn, collection_id)
    if place.read_only:
        shown = place.share is not None and place.share.level is not Level.WRITE
        why = "it is shared for reading only" if shown else "its upstream grants no write privilege"
        raise ReadOnly(
            f"the collection {place.name!r} cannot be written: {why}", hint="ask its owner for the right to write"
        )
    return place


def admit(conn: Connection, wish: Wish) -> tuple[Collection, Entry | None]:
    """The collection and what stands under the href now. Raises `NotFound`, `ReadOnly`, `PreconditionFailed`.

    Somebody who sees only the times of an entry cannot write it: `ReadOnly`.
    """
    collection = writable(conn, wish.collection_id)
    existing = standing(conn, collection, wish.href)
    if wish.if_none_match and existing is not None:
        raise PreconditionFailed(f"{wish.href} already exists", hint="read it, then write conditionally on its ETag")
    check_version(wish, shared.entry(conn, collection, existing) if existing is not None else None)
    return collection, existing


def standing(conn: Connection, place: Collection, href: str) -> Entry | None:
    """What stands under the href now, to be written; raises `ReadOnly` where that is its owner's alone."""
    existing = entries.by_href(conn, place.source, href)
    if existing is not None and isinstance(shared.entry(conn, place, existing), RedactedEntry):
        raise ReadOnly(f"{href} is private to the owner of {place.name!r}", hint="only the owner can change it")
    return existing


def check_version(wish: Wish, existing: Entry | None) -> None:
    """Raises `PreconditionFailed` where `if_match` names another version (RFC 9110 §13.1.1)."""
    if wish.if_match is None:
        return
    if existing is None:
        raise PreconditionFailed(f"there is no {wish.href} to match", hint="it may have been deleted meanwhile")
    if existing.hash not in wish.if_match and "*" not in wish.if_match:
        raise PreconditionFailed(
            f"{wish.href} is not in the version named (it has {existing.etag})", hint="read it again and merge"
        )


def check(conn: Connection, collection: Collection, href: str, existing: Entry | None, content: Content) -> None:
    """Whether this content may stand under the name, in place of `existing`.

    Raises `InvalidData` (a bad name, a vCard without UID), `UnsupportedKind`, `ReadOnly` (a mailbox), `UidConflict`.
    """
    check_name(href)
    check_kind(collection, {component.name for component in content.components} or {NAMES[content.kind]})
    had = ids.real_uid(existing.uid) if existing is not None else ""
    if not content.uid and (existing is None or had):
        raise InvalidData("a vCard without UID", hint="RFC 6352 §5.1 requires one.")
    if had and had != content.uid:
        raise UidConflict(
            f"{href} has the UID {had!r}, which cannot change to {content.uid!r}",
            href=href,
            hint="write the new entry under a new name",
        )
    if content.uid and not had:
        check_uid(conn, collection, content.uid, href)


def check_uid(conn: Connection, collection: Collection, uid: str, href: str) -> None:
    """Raises `UidConflict` where another entry of the collection has the UID (RFC 4791 §5.3.2.1)."""
    other = entries.href_of_uid(conn, collection.n, uid)
    if other is not None:
        raise UidConflict(f"{other} in {collection.name!r} already has the UID {uid!r}", href=other, hint=f"not {href}")


def check_kind(collection: Collection, names: set[str]) -> None:
    """Raises `UnsupportedKind` where the collection does not hold such components, `ReadOnly` where it is a mailbox."""
    refuse_mailbox(collection)
    refused = sorted(names - set(collection.components))
    if refused:
        raise UnsupportedKind(
            f"the collection {collection.name!r} holds {', '.join(collection.components)}, not {', '.join(refused)}",
            hint="write it to another collection",
        )


def refuse_mailbox(collection: Collection) -> None:
    """Raises `ReadOnly` where the collection is a scheduling inbox or outbox."""
    if collection.mailbox:
        raise ReadOnly(
            f"{collection.name!r} is a mailbox: messages come into it by themselves, and can only be deleted",
            hint="write to a calendar",
        )


def check_name(href: str) -> None:
    """Raises `InvalidData` where this cannot be the name of a resource."""
    if not href or "/" in href or "\x00" in href or href in (".", "..") or len(href) > LONGEST_NAME:
        raise InvalidData(f"{href[:80]!r} cannot be a resource name", hint="use a short name without a slash")


NAMES = {**{kind: name for name, kind in ENTRIES.items()}, Kind.CONTACT: "VCARD"}
