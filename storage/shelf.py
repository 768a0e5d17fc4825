"""The one place that makes, edits and removes a collection, with its journal row, in the caller's transaction."""

from dataclasses import replace

from storage import record
from storage.db import Connection
from storage.errors import AlreadyExists, InvalidData
from storage.model import Action, Collection, Origin
from storage.tables import collection_revisions, collections, entries, journal

PAGE = 200


def create(conn: Connection, wanted: Collection, *, origin: Origin, actor: str, at: str) -> Collection:
    """Make a collection; one with an `n` gets that back, another one a new one. Raises `AlreadyExists` for its slug."""
    if not wanted.slug or "/" in wanted.slug or "\x00" in wanted.slug or wanted.slug in (".", ".."):
        raise InvalidData(f"{wanted.slug!r} cannot be a collection's path segment", hint="use a name without a slash")
    if collections.by_slug(conn, wanted.user, wanted.slug) is not None:
        raise AlreadyExists(f"{wanted.user} already has a collection {wanted.slug!r}", hint="choose another name")
    made = replace(wanted, n=collections.insert(conn, wanted))
    seq = journal.append(conn, made, Action.ADD, origin=origin, actor=actor, at=at)
    collection_revisions.add(conn, seq, made.n, None)
    collections.set_seq(conn, made.n, seq, created=True)
    return replace(made, seq=seq, created_seq=seq)


def edit(conn: Connection, wanted: Collection, *, origin: Origin, actor: str, at: str) -> Collection:
    """Write a collection's properties and path segment as they stand in `wanted`."""
    before = collections.by_n(conn, wanted.n)
    collections.update(conn, wanted)
    seq = journal.append(conn, wanted, Action.UPDATE, origin=origin, actor=actor, at=at)
    collection_revisions.add(conn, seq, wanted.n, before)
    collections.set_seq(conn, wanted.n, seq)
    return replace(wanted, seq=seq)


def remove(conn: Connection, collection: Collection, *, origin: Origin, actor: str, at: str) -> int:
    """Remove a collection with its entries, each of which is journaled and kept as a revision; the last change.

    All of that is one act, so that it can be undone as one.
    """
    begun = journal.head(conn)
    while page := entries.after(conn, collection.n, "", PAGE):
        for entry in page:
            record.delete(conn, collection, entry, origin=origin, actor=actor, at=at)
    seq = journal.append(conn, collection, Action.DELETE, origin=origin, actor=actor, at=at)
    collection_revisions.add(conn, seq, collection.n, collections.by_n(conn, collection.n))
    collections.delete(conn, collection.n)
    journal.mark(conn, begun)
    return seq
