"""The engine's transactions over collections themselves: which exist on which side, and their properties both ways."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from storage import clock, ids, shelf
from storage.model import Account, Collection, Origin, State
from storage.provider import CollectionEdit, RemoteCollection
from storage.sync.apply import held_entry
from storage.sync.book import Book
from storage.tables import held, links, outbox, remotes
from storage.tables.outbox import Waiting

PROPERTIES = tuple(field.name for field in fields(CollectionEdit))
"""The collection properties that travel both ways."""


NEVER = 1e12
"""A due time, in seconds since 1970, that does not come."""


class Ties:
    """An account's collections, as the mirror and the upstream have them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.ledger = book.ledger
        self.store = book.store
        self.db = book.db

    def mine(self, account: Account) -> dict[str, Collection]:
        """The account's collections that are tied to the upstream, by remote href."""
        return {c.remote_href: c for c in self.store.collections(account=account.id) if c.remote_href}

    def waiting(self, account: Account) -> list[tuple[Waiting, Collection | None]]:
        """Changes of ours to collections themselves; None where the collection is deleted here."""
        known = {c.n: c for c in self.store.collections(account=account.id)}
        due = outbox.collections(self.db.reader(), account.id, clock.timestamp())
        return [(waiting, known.get(waiting.collection_n)) for waiting in due]

    def edit_of(self, collection: Collection) -> CollectionEdit:
        """What has to be set upstream: the properties that differ from those last seen there."""
        base = remotes.props(self.db.reader(), collection.n)
        ours = properties(collection)
        return CollectionEdit(**{name: value for name, value in ours.items() if value != base.get(name, "")})

    def tie(self, waiting: Waiting, collection: Collection, remote: RemoteCollection) -> None:
        """The upstream has made the collection; edits that came after the creation was sent stay waiting."""
        with self.ledger.writing() as conn:
            remotes.set_remote(
                conn, collection.n, href=remote.href, props=properties(remote), read_only=remote.read_only
            )
            now = outbox.get(conn, collection.n, None)
            if now and now.generation == waiting.generation:
                outbox.drop(conn, now.n)
            elif now and now.action == "create":
                outbox.set_action(conn, now.n, "edit")

    def edited(self, waiting: Waiting, collection: Collection, remote: RemoteCollection) -> None:
        """The upstream has taken the properties that `collection` has; that is the new base."""
        with self.ledger.writing() as conn:
            remotes.set_remote(
                conn, collection.n, href=remote.href, props=properties(collection), read_only=collection.read_only
            )
            self._done(waiting)

    def done(self, waiting: Waiting) -> None:
        """Nothing more is to be sent for this change."""
        with self.ledger.writing():
            self._done(waiting)

    def _done(self, waiting: Waiting) -> None:
        conn = self.db.reader()
        now = outbox.get(conn, waiting.collection_n, None)
        if now and now.generation == waiting.generation:
            outbox.drop(conn, now.n)

    def failed(self, waiting: Waiting, message: str, next_try: float) -> None:
        """The change could not be sent; it waits."""
        with self.ledger.writing() as conn:
            outbox.failed(conn, waiting.n, error=message, next_try=next_try)

    def appear(self, account: Account, remote: RemoteCollection) -> None:
        """The upstream shows a collection that the mirror does not have."""
        with self.ledger.writing() as conn:
            wanted = Collection(
                n=0,
                id=ids.new_id(),
                account_id=account.id,
                user=account.user,
                slug=ids.new_id(),
                kind=remote.kind,
                components=remote.components,
                name=remote.name,
                description=remote.description,
                color=remote.color,
                timezone=remote.timezone,
                order=remote.order,
            )
            made = shelf.create(conn, wanted, origin=Origin.UPSTREAM, actor="", at=clock.iso())
            remotes.set_remote(conn, made.n, href=remote.href, props=properties(remote), read_only=remote.read_only)

    def seen(self, collection: Collection, remote: RemoteCollection) -> None:
        """The upstream shows a collection that the mirror has: take the properties that changed there."""
        conn = self.db.reader()
        base = remotes.props(conn, collection.n)
        shown = properties(remote)
        changed = {name: value for name, value in shown.items() if value != base.get(name, "")}
        ours = properties(collection)
        news = {name: value for name, value in changed.items() if value != ours[name]}
        back = [h for h in held.every(conn, collection_n=collection.n) if h.whole]
        if not (changed or back or remote.read_only != collection.read_only):
            return
        with self.ledger.writing() as conn:
            if news:
                wanted = replace(collection, **news)
                shelf.edit(conn, wanted, origin=Origin.UPSTREAM, actor="", at=clock.iso())
            remotes.set_remote(
                conn, collection.n, href=remote.href, props={**base, **changed}, read_only=remote.read_only
            )
            for stopped in back:
                held.settle(conn, stopped.n, "released")
                remotes.due_now(conn, collection.n)

    def vanished(self, collection: Collection) -> None:
        """The upstream no longer lists the collection: nothing is deleted, the whole of it waits for a person."""
        reason = f"the upstream no longer lists the collection {collection.name!r}"
        words = f"{reason}; its deletion waits for approval (calharbor held)"
        conn = self.db.reader()
        if any(h.whole for h in held.every(conn, collection_n=collection.n)):
            return
        with self.ledger.writing() as conn:
            found = [(href, links.of_href(conn, collection.n, href)) for href in links.hrefs(conn, collection.n)]
            held.add(
                conn,
                at=clock.iso(),
                account_id=collection.account_id,
                collection_n=collection.n,
                collection_id=collection.id,
                reason=reason,
                entries=[held_entry(conn, href, link) for href, link in found if link],
                whole=True,
            )
            # No rounds until it is listed again or a person decides.
            remotes.set_collection(
                conn, collection.n, state=State.HELD, reason=words, as_of=None, failures=1, next_due=NEVER
            )


def properties(collection: Collection | RemoteCollection) -> dict[str, Any]:
    """The properties that travel, by name."""
    return {name: getattr(collection, name) for name in PROPERTIES}


def changes(edit: CollectionEdit) -> Mapping[str, str]:
    """The properties that an edit sets."""
    found = {name: getattr(edit, name) for name in PROPERTIES}
    return {name: value for name, value in found.items() if value is not None}
