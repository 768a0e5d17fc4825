"""The verbs of the mirror: what doors, commands and background jobs may ask for, each one transaction.

The sync engine's own verbs (links, remote cursors, the outbox's way out) are in `storage/sync/ledger.py`, over the same
database. Here every write is a client's: it is checked, journaled, and noted for the upstream in one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Group
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from storage import admission, clock, content, ids, local, mailboxes, record, retention, schema, shared, shelf
from storage.admission import Wish
from storage.composing import Composing
from storage.cursor import Delta
from storage.db import Database
from storage.errors import StoreError
from storage.ical.read import read
from storage.ical.words import others
from storage.model import Collection, CollectionKind, Entry, Origin, State
from storage.reading import found
from storage.scheduling import delivery, people
from storage.tables import collections, consumers, default_calendars, entries, grants, meta, sought

__all__ = ["Delta", "PutResult", "Store"]

PAST, FUTURE = timedelta(days=2 * 365), timedelta(days=3 * 365)
"""How far from today the instances of recurring entries are materialised."""

STEP = 30 * 86_400
"""Seconds by which the horizon moves at once."""


@dataclass(frozen=True, slots=True)
class PutResult:
    """What a write did: the entry as it now is, whether it is new, whether anything changed, its newest change."""

    entry: Entry
    created: bool
    changed: bool
    seq: int


class Store(Composing):
    """One mirror in one folder: every question of `Reader`, and the verbs that write."""

    @classmethod
    def open(cls, folder: Path, *, durable: bool = True) -> "Store":
        """Open the mirror of a folder; makes and migrates it as needed. `durable`: see `Database`.

        Raises `StoreError` if it is damaged, cannot be written, or was written by a newer version of the program.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}", hint="check [storage] path") from error
        db = Database(folder / "mirror.db", durable=durable)
        with db.atomic() as conn:
            schema.migrate(conn)
            if meta.get(conn, "store_id") is None:
                now = clock.now()
                meta.put(conn, "store_id", ids.new_id())
                meta.put(conn, "horizon_from", int((now - PAST).timestamp()))
                meta.put(conn, "horizon_until", int((now + FUTURE).timestamp()))
            for user in collections.users_without_mailboxes(conn):
                mailboxes.settle(conn, user)
            store_id = meta.get(conn, "store_id") or ""
        return cls(folder, db, store_id)

    # -- collections --------------------------------------------------------------------------------------------------

    def create_collection(
        self,
        account_id: int,
        slug: str,
        *,
        name: str,
        kind: CollectionKind,
        components: Sequence[str],
        description: str = "",
        color: str = "",
        timezone: str = "",
        order: str = "",
        dead: Mapping[str, str] | None = None,
        location: str = "",
        email: str = "",
        key: str = "",
        raw: Mapping[str, Any] | None = None,
        origin: Origin,
        actor: str = "",
    ) -> Collection:
        """Make a collection, here and, for a mirrored account, soon upstream. Raises `NotFound`, `AlreadyExists`."""
        account = self.account(account_id)
        wanted = Collection(
            n=0,
            id=ids.new_id(),
            account_id=account_id,
            user=account.user,
            slug=slug,
            kind=kind,
            components=tuple(components),
            name=name,
            description=description,
            color=color,
            timezone=timezone,
            order=order,
            dead=dead or {},
            location=location,
            email=email,
            key=key,
            raw=raw or {},
            state=State.WAITING if account.mirrored else State.FRESH,
        )
        with self.db.atomic() as conn:
            made = shelf.create(conn, wanted, origin=origin, actor=actor, at=clock.iso())
            local.tell_collection(conn, made, "create")
            return made

    def update_collection(
        self,
        collection_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        color: str | None = None,
        timezone: str | None = None,
        order: str | None = None,
        dead: Mapping[str, str] | None = None,
        location: str | None = None,
        email: str | None = None,
        raw: Mapping[str, Any] | None = None,
        origin: Origin,
        actor: str = "",
    ) -> Collection:
        """Set properties: None leaves one as it is, `dead` replaces all dead ones. Raises `NotFound`.

        Whom a collection is shared with sets them for themselves alone, however far it is shared. Those of one that the
        upstream does not let us write are set here alone, and stay until the upstream changes them itself.
        """
        wanted: dict[str, Any] = {
            "name": name,
            "description": description,
            "color": color,
            "timezone": timezone,
            "order": order,
            "location": location,
            "email": email,
            "raw": raw,
        }
        edits = {field: value for field, value in wanted.items() if value is not None}
        with self.db.atomic() as conn:
            place = admission.opened(conn, collection_id)
            if place.share:
                return shared.edit(conn, place, {k: v for k, v in edits.items() if k in shared.OWN}, dead)
            before, after = place, replace(place, **edits)
            if dead is not None:
                after = replace(after, dead=dict(dead))
            if after == before:
                return before
            edited = shelf.edit(conn, after, origin=origin, actor=actor, at=clock.iso())
            if not before.read_only and replace(after, dead=before.dead) != before:
                local.tell_collection(conn, edited, "edit")
            return edited

    def delete_collection(self, collection_id: str, *, origin: Origin, actor: str = "", notify: bool = False) -> None:
        """Delete a collection with everything in it, here and soon upstream. Raises `NotFound`, `ReadOnly`.

        Of somebody else's collection only the share ends. `notify`: meetings in it are called off or declined.
        """
        with self.db.atomic() as conn:
            place = admission.opened(conn, collection_id)
            if place.share:
                grants.delete(conn, -place.n)
                return
            collection = admission.writable(conn, collection_id)
            admission.refuse_mailbox(collection)
            if notify:
                delivery.emptied(conn, collection)
            local.tell_collection(conn, collection, "delete")
            shelf.remove(conn, collection, origin=origin, actor=actor, at=clock.iso())

    def choose_default_calendar(self, user: str, collection_id: str | None) -> None:
        """Let the invitations of this user go into this calendar (RFC 6638 §9.2); None: let the mirror choose.

        Raises `NotFound` where that is no calendar of the user's that holds events and can be written.
        """
        with self.db.atomic() as conn:
            if collection_id is not None:
                fit = [each.id for each in collections.every(conn, user=user) if people.takes_invitations(each)]
                found(collection_id if collection_id in fit else None, f"calendar of {user} that takes invitations")
            default_calendars.put(conn, user, collection_id)

    # -- entries ------------------------------------------------------------------------------------------------------

    def put_entry(
        self,
        collection_id: str,
        href: str,
        text: str,
        *,
        origin: Origin,
        actor: str = "",
        if_match: Group[str] | None = None,
        if_none_match: bool = False,
        notify: bool = False,
        check: Callable[[content.Content], None] | None = None,
    ) -> PutResult:
        """Write an entry; when it returns, the bytes are on the disk and noted for the upstream.

        `if_match`: content hashes any of which the entry must have, `*` for any version; `if_none_match`: it must not
        exist yet. The same bytes again are no change. `check` may refuse a new text by raising whatever it likes.
        Raises, looked at in this order: `NotFound`, `ReadOnly`, `PreconditionFailed`, `InvalidData`, `UnsupportedKind`,
        `UidConflict`; `StoreFull`, `StoreBusy`.
        """
        wish = Wish(collection_id, href, origin, actor, if_match, if_none_match, notify)
        with self.db.snapshot() as conn:
            collection, existing = admission.admit(conn, wish)
            shown = shared.entry(conn, collection, existing) if existing is not None else None
        if shown is not None and shown.text == text:
            return PutResult(shown, False, False, shown.seq)
        said = content.read(text, collection.kind)
        if check is not None:
            check(said)
        with self.db.atomic() as conn:
            entry, created, changed = local.put(conn, wish, text, said)
        return PutResult(entry, created, changed, entry.seq)

    def delete_entry(
        self,
        collection_id: str,
        href: str,
        *,
        origin: Origin,
        actor: str = "",
        if_match: Group[str] | None = None,
        notify: bool = False,
    ) -> int:
        """Delete an entry; the number of the change. Raises `NotFound`, `ReadOnly`, `PreconditionFailed`."""
        with self.db.atomic() as conn:
            return local.delete(conn, Wish(collection_id, href, origin, actor, if_match, notify=notify))

    def move_entry(
        self,
        collection_id: str,
        href: str,
        to_collection_id: str,
        to_href: str,
        *,
        origin: Origin,
        actor: str = "",
        overwrite: bool = False,
        if_match: Group[str] | None = None,
    ) -> Entry:
        """Give an entry another name or collection; it keeps its id. Raises `NotFound`, `ReadOnly`, `AlreadyExists`,
        `PreconditionFailed`, `UnsupportedKind`, `UidConflict`.
        """
        with self.db.atomic() as conn:
            wish = Wish(collection_id, href, origin, actor, if_match)
            return local.move(conn, wish, to_collection_id, to_href, overwrite=overwrite)

    def copy_entry(
        self,
        collection_id: str,
        href: str,
        to_collection_id: str,
        to_href: str,
        *,
        origin: Origin,
        actor: str = "",
        overwrite: bool = False,
        if_match: Group[str] | None = None,
    ) -> Entry:
        """Write an entry to another collection as well, under an id of its own. Raises as `move_entry` does."""
        entry = self.entry_at(collection_id, href)
        said = content.read(entry.text, self.collection(collection_id).kind)
        with self.db.atomic() as conn:
            wish = Wish(collection_id, href, origin, actor, {entry.hash} if if_match is None else if_match)
            return local.copy(conn, wish, to_collection_id, to_href, said, overwrite=overwrite)

    # -- upkeep -------------------------------------------------------------------------------------------------------

    def advance(self, consumer: str, position: int) -> None:
        """Note how far a named reader of the journal has come."""
        with self.db.atomic() as conn:
            consumers.advance(conn, consumer, position, clock.iso())

    def compact(self, before: str, *, octets: int = 0) -> int:
        """Forget changes and revisions made before this moment (ISO text), never younger ones than 90 days.

        With `octets`, also others older than 90 days while older texts take more room than that. In transactions of
        `retention.STEP` changes each. Cursors from before raise `CursorExpired` from now on. How many were dropped.
        """
        dropped = 0
        while True:
            with self.db.atomic() as conn:
                step = retention.forget(conn, before, octets=octets)
            dropped += step
            if not step:
                return dropped

    def extend_horizon(self, now: int, budget: int) -> int:
        """Move the horizon of materialised instances to `now` and render up to `budget` entries anew for it.

        How many were rendered: 0 when everything is up to date. The horizon moves in steps of a month, so that a job
        that calls this every day mostly finds nothing to do.
        """
        span = now - int(PAST.total_seconds()), now + int(FUTURE.total_seconds())
        if span[1] - record.horizon(self.db.reader())[1] >= STEP:
            with self.db.atomic() as conn:
                meta.put(conn, "horizon_from", span[0])
                meta.put(conn, "horizon_until", span[1])
        done = 0
        for collection in self.collections():
            done += self._extend(collection.n, budget - done)
        return done

    def index_words(self, most: int) -> int:
        """Let up to so many events that were written lately be found by their words faster; how many they were."""
        if not sought.behind(self.db.reader()):
            return 0
        with self.db.atomic() as conn:
            return sought.fill(conn, most, others)

    def _extend(self, collection_n: int, budget: int) -> int:
        """Expansion happens outside the transaction, which is one entry long: writers of clients come first."""
        span = record.horizon(self.db.reader())
        behind = entries.behind(self.db.reader(), collection_n, span[1], max(budget, 0))
        for entry in behind:
            rendering = record.render(read(entry.text), span)
            with self.db.atomic() as conn:
                current = entries.by_n(conn, entry.n)
                if current is not None and current.seq == entry.seq:
                    record.replace_instances(conn, current, rendering)
        return len(behind)
