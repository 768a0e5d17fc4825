"""The verbs with which somebody shows a collection to others: to other users of this mirror."""

from dataclasses import replace

from storage import clock, ids
from storage.errors import InvalidData
from storage.model import Collection, CollectionKind, Grant, Level
from storage.reading import Reader, found
from storage.tables import collections, grants


class Sharing(Reader):
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
            grants.delete(conn, found(grants.of(conn, source.n, user), f"share of {source.name!r} with {user}").n)

    def is_shared(self, collection: Collection) -> bool:
        """Whether somebody else sees a collection."""
        return grants.exist(self.db.reader(), collection.n)

    def grants(self, *, user: str | None = None, collection: Collection | None = None) -> list[Grant]:
        """What is shared with a user, or of a collection, or all that is, in the order in which it was."""
        return grants.every(self.db.reader(), user=user, collection_n=collection.n if collection else None)
