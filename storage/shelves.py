"""The verbs with which a whole collection gets another path segment, or a twin under another one."""

from dataclasses import replace

from storage import admission, clock, content, ids, local, shared, shelf
from storage.admission import Wish
from storage.db import Connection
from storage.errors import AlreadyExists, StoreBusy
from storage.model import Collection, Origin, State
from storage.reading import found
from storage.scheduling import delivery
from storage.sharing import Sharing
from storage.tables import collections, outbox


class Shelves(Sharing):
    """What `Store` can do with a collection as one thing, besides making, editing and deleting it."""

    def rename_collection(self, collection_id: str, slug: str, *, origin: Origin, actor: str = "") -> Collection:
        """Give a collection another path segment. Its id, its entries and its name stay, and no upstream hears of it.

        Raises `NotFound`, `ReadOnly` for a mailbox, `AlreadyExists`, and `StoreBusy` while the upstream is making it
        under the old one.
        """
        with self.db.atomic() as conn:
            before = found(collections.by_id(conn, collection_id), f"collection {collection_id}")
            admission.refuse_mailbox(before)
            _check_free(conn, before.user, slug)
            waiting = outbox.get(conn, before.n, None)
            if waiting is not None and waiting.action == "create" and waiting.attempts:
                raise StoreBusy(f"{before.name!r} is being made upstream", hint="try again in a minute")
            return shelf.edit(conn, replace(before, slug=slug), origin=origin, actor=actor, at=clock.iso())

    def copy_collection(
        self, collection_id: str, account_id: int, slug: str, *, entries_too: bool, origin: Origin, actor: str = ""
    ) -> Collection:
        """Make a collection like another one, and soon upstream, with the same entries or with none.

        Raises `NotFound`, `AlreadyExists`, `InvalidData` for an entry that cannot be read any more, and
        `SchedulingRefused` for a meeting that its owner would have twice.
        """
        account = self.account(account_id)
        with self.db.atomic() as conn:
            source = admission.opened(conn, collection_id)
            admission.refuse_mailbox(source)
            _check_free(conn, account.user, slug)
            wanted = replace(
                source,
                n=0,
                id=ids.new_id(),
                account_id=account.id,
                user=account.user,
                slug=slug,
                read_only=False,
                share=None,
                remote_href=None,
                remote_cursor=None,
                state=State.WAITING if account.mirrored else State.FRESH,
                reason="",
                as_of=None,
            )
            made = shelf.create(conn, wanted, origin=origin, actor=actor, at=clock.iso())
            local.tell_collection(conn, made, "create")
            for entry in self.iter_entries(source.id) if entries_too else ():
                said = content.read(entry.text, made.kind)
                delivery.check_copy(conn, made, said)
                local.put(conn, Wish(made.id, entry.href, origin, actor), entry.text, said)
            return found(collections.by_id(conn, made.id), f"collection {made.id}")


def _check_free(conn: Connection, user: str, slug: str) -> None:
    if collections.by_slug(conn, user, slug) or shared.by_slug(conn, user, slug):
        raise AlreadyExists(f"{user} already has a collection {slug!r}", hint="choose another name")
