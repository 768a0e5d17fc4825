"""The engine's transactions over collections themselves: which exist on which side, and their properties both ways."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from math import inf
from typing import Any
from urllib.parse import unquote

from storage import clock, ids, shelf
from storage.db import Connection
from storage.errors import NotFound
from storage.model import Account, Collection, Origin, State
from storage.provider import CollectionEdit, RemoteCollection
from storage.scheduling import people
from storage.sync.apply import held_entry
from storage.sync.book import Book
from storage.tables import held, links, outbox, remotes
from storage.tables.outbox import Waiting

PROPERTIES = tuple(field.name for field in fields(CollectionEdit))
"""The collection properties that travel both ways."""


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

    def known(self, account: Account, href: str) -> bool:
        """Whether an untied collection of the upstream's is ours: deleted, but it has not confirmed that, or made, but
        we never heard so. What has no href yet is known by its name.
        """
        untied = {c.n: c.slug for c in self.store.collections(account=account.id) if c.remote_href is None}
        for waiting in outbox.collections(self.db.reader(), account.id, inf):
            slug = waiting.detail.get("slug") if waiting.action == "delete" else untied.get(waiting.collection_n)
            if href == waiting.detail.get("href") or (not waiting.detail.get("href") and name_of(href) == slug):
                return True
        return False

    def sending(self, waiting: Waiting) -> None:
        """Before a collection is made: from now on the upstream may have it, whatever we hear of it."""
        with self.ledger.writing() as conn:
            outbox.sending(conn, waiting.n, ())

    def edit_of(self, collection: Collection) -> CollectionEdit:
        """What has to be set upstream: the properties that differ from those last seen there."""
        base = remotes.props(self.db.reader(), collection.n)
        ours = properties(collection)
        return CollectionEdit(**{name: value for name, value in ours.items() if value != base.get(name, "")})

    def tie(self, waiting: Waiting, collection: Collection, remote: RemoteCollection) -> None:
        """The upstream has made the collection; edits that came after the creation was sent stay waiting.

        One that was deleted here meanwhile is deleted there by the next run.
        """
        with self.ledger.writing() as conn:
            remotes.set_remote(conn, collection.n, href=remote.href, props=properties(remote), **_facts(remote))
            remotes.set_cursor(conn, collection.n, None)
            now = outbox.get(conn, collection.n, None)
            if now and now.action == "delete":
                outbox.note(conn, now, {"href": remote.href})
            if now and now.generation == waiting.generation:
                outbox.drop(conn, now.n)
            elif now and now.action == "create":
                outbox.set_action(conn, now.n, "edit")

    def edited(self, waiting: Waiting, collection: Collection, remote: RemoteCollection) -> None:
        """The upstream has taken the properties that `collection` has; that is the new base."""
        with self.ledger.writing() as conn:
            remotes.set_remote(conn, collection.n, href=remote.href, props=properties(collection), **_facts(collection))
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
        """The upstream shows a collection that the mirror does not have. Raises `NotFound` without the account."""
        with self.ledger.writing() as conn:
            remotes.account(conn, account.id)
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
            remotes.set_remote(conn, made.n, href=remote.href, props=properties(remote), **_facts(remote))

    def seen(self, collection: Collection, remote: RemoteCollection) -> None:
        """The upstream shows a collection that the mirror has: take the properties that changed there.

        One that had vanished is listed from its beginning: its cursor may mean something else by now.
        """
        conn = self.db.reader()
        changed = _changed(conn, collection, remote)
        back = [h for h in held.every(conn, collection_n=collection.n) if h.whole]
        if not (changed or back or _facts(remote) != _facts(collection)):
            return
        with suppress(NotFound), self.ledger.writing(collection) as conn:
            now, changed = self.store.collection(collection.id), _changed(conn, collection, remote)
            ours = properties(now)
            if news := {name: value for name, value in changed.items() if value != ours[name]}:
                shelf.edit(conn, replace(now, **news), origin=Origin.UPSTREAM, actor="", at=clock.iso())
            props = {**remotes.props(conn, collection.n), **changed}
            remotes.set_remote(conn, collection.n, href=remote.href, props=props, **_facts(remote))
            for stopped in back:
                held.settle(conn, stopped.n, "released")
                remotes.set_cursor(conn, collection.n, None)
                remotes.due_now(conn, collection.n)

    def called(self, account: Account, addresses: Sequence[str]) -> None:
        """The upstream says which calendar user addresses are the account's own."""
        reported = people.reported(addresses)
        with suppress(NotFound):
            if self.store.account(account.id).addresses != reported:
                with self.ledger.writing() as conn:
                    remotes.set_addresses(conn, account.id, reported)

    def vanished(self, collection: Collection) -> None:
        """The upstream no longer lists the collection: nothing is deleted, the whole of it waits for a person.

        It has no rounds until it is listed again, or a person has decided.
        """
        reason = f"the upstream no longer lists the collection {collection.name!r}"
        words = f"{reason}; its deletion waits for approval (calharbor held)"
        conn = self.db.reader()
        if any(h.whole for h in held.every(conn, collection_n=collection.n)):
            return
        with suppress(NotFound), self.ledger.writing(collection) as conn:
            found = [(href, links.of_href(conn, collection.n, href)) for href in links.hrefs(conn, collection.n)]
            rows = [held_entry(conn, href, link) for href, link in found if link]
            held.add(conn, collection, reason, rows, at=clock.iso(), whole=True)
            remotes.set_collection(
                conn, collection.n, state=State.HELD, reason=words, as_of=None, failures=0, next_due=0
            )


def _changed(conn: Connection, collection: Collection, remote: RemoteCollection) -> dict[str, Any]:
    """The properties that are not as they were last seen upstream."""
    base = remotes.props(conn, collection.n)
    return {name: value for name, value in properties(remote).items() if value != base.get(name, "")}


def name_of(href: str) -> str:
    """The last path segment of a collection's href: the name that it was made under."""
    return unquote(href.rstrip("/").rpartition("/")[2])


def properties(collection: Collection | RemoteCollection) -> dict[str, Any]:
    """The properties that travel, by name."""
    return {name: getattr(collection, name) for name in PROPERTIES}


def _facts(collection: Collection | RemoteCollection) -> dict[str, Any]:
    """What the upstream alone decides about a collection."""
    return {"read_only": collection.read_only, "schedules": collection.schedules, "via": collection.via}


def changes(edit: CollectionEdit) -> Mapping[str, str]:
    """The properties that an edit sets."""
    found = {name: getattr(edit, name) for name in PROPERTIES}
    return {name: value for name, value in found.items() if value is not None}
