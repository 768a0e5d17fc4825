"""The verbs with which somebody shows a collection: to other users of this mirror, or to who knows a secret link."""

from collections.abc import Mapping
from dataclasses import replace

from storage import clock, ids
from storage.errors import InvalidData
from storage.following import Following
from storage.model import Collection, CollectionKind, Feed, Grant, Level
from storage.reading import found
from storage.tables import collections, feeds, grants

TOUCH_EVERY = 600.0
"""Seconds between two notes that a link is in use: not every look is worth a write."""


class Sharing(Following):
    """What `Store` can do about sharing. Who may share what is the business of the doors."""

    def share(self, collection_id: str, user: str, level: Level) -> Grant:
        """Show a collection to another user from now on, in that user's own home, or change how far it is shown.

        With another level it is another collection to the user's clients, which fetch everything anew; what the user
        has set for it stays. Raises `NotFound`, and `InvalidData` for what cannot be shared so.
        """
        self.user(user)
        with self.db.atomic() as conn:
            source = found(collections.by_id(conn, collection_id), f"collection {collection_id}")
            if source.user == user:
                raise InvalidData(f"{source.name!r} belongs to {user} already", hint="name somebody else")
            if source.mailbox:
                raise InvalidData(f"{source.name!r} is a mailbox, its owner's alone", hint="share a calendar")
            if level is Level.BUSY and source.kind is not CollectionKind.CALENDAR:
                raise InvalidData(f"{source.name!r} has no times that could be busy", hint="share it with level read")
            known = grants.of(conn, source.n, user)
            if known is not None and known.level is level:
                return known
            new = Grant(0, "", source.n, user, level, slug=ids.new_id(), created=clock.iso())
            wanted = replace(known or new, id=ids.new_id(), level=level)
            return replace(wanted, n=grants.put(conn, wanted))

    def unshare(self, collection_id: str, user: str) -> None:
        """Show a collection to a user no more, at once. Raises `NotFound` where it is not shared with them."""
        with self.db.atomic() as conn:
            source = found(collections.by_id(conn, collection_id), f"collection {collection_id}")
            grant = grants.of(conn, source.n, user)
            what = f"share of {source.name!r} with {user}"
            grants.delete(conn, found(grant, what, hint="`calharbor share list` shows all").n)

    def set_shares(self, collection_id: str, wanted: Mapping[str, Level | None]) -> None:
        """Show a collection to these users as far as it says, and no more to those of None. Raises as `share` does."""
        with self.db.atomic() as conn:
            source = found(collections.by_id(conn, collection_id), f"collection {collection_id}")
            for user, level in wanted.items():
                if level is not None:
                    self.share(source.id, user, level)
                elif grant := grants.of(conn, source.n, user):
                    grants.delete(conn, grant.n)

    def is_shared(self, collection: Collection) -> bool:
        """Whether somebody else sees a collection."""
        return grants.exist(self.db.reader(), collection.n)

    def grants(self, *, user: str | None = None, collection: Collection | None = None) -> list[Grant]:
        """What is shared with a user, or of a collection, or all that is, in the order in which it was."""
        return grants.every(self.db.reader(), user=user, collection_n=collection.n if collection else None)

    def add_feed(
        self, user: str, label: str, secret_hash: str, *, collection_id: str | None = None, busy: bool = False
    ) -> Feed:
        """Make a secret link to one of the user's own calendars, or to when they are busy in all (no collection).

        `secret_hash`: the SHA-256 of its secret. Raises `NotFound`, and `InvalidData` for what cannot be a link.
        """
        self.user(user)
        with self.db.atomic() as conn:
            source = None
            if collection_id is not None:
                source = found(collections.by_id(conn, collection_id), f"collection {collection_id}")
                if source.user != user or source.kind is CollectionKind.CONTACTS:
                    raise InvalidData(f"{source.name!r} is no calendar of {user}'s", hint="name one of their own")
            public = source.id if source else None
            feed = Feed(ids.new_id(), user, public, busy or source is None, label, clock.iso())
            feeds.add(conn, feed, source.n if source else None, secret_hash)
            return feed

    def feeds(self, user: str | None = None) -> list[Feed]:
        """All secret links, or a user's, revoked ones too."""
        return feeds.every(self.db.reader(), user)

    def feed_by_hash(self, secret_hash: str) -> Feed | None:
        """The link that this secret belongs to, revoked or not."""
        return feeds.by_hash(self.db.reader(), secret_hash)

    def touch_feed(self, feed: Feed) -> None:
        """Note that a link was used; written at most every ten minutes."""
        if feed.last_used is None or feed.last_used < clock.iso(clock.timestamp() - TOUCH_EVERY):
            with self.db.atomic() as conn:
                feeds.set_used(conn, feed.id, clock.iso())

    def revoke_feed(self, feed_id: str) -> None:
        """Let a link lead nowhere from now on. Raises `NotFound`."""
        with self.db.atomic() as conn:
            feed = found(feeds.get(conn, feed_id), f"link {feed_id}", hint="`calharbor link list` shows all")
            feeds.set_revoked(conn, feed.id, clock.iso())
