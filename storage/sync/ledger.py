"""The engine's transactions over links, remote cursors and entries: what it has observed, written down at once.

Every one checks the sync lease inside its transaction, so that a process that lost the lease writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from storage import clock
from storage.db import Connection
from storage.errors import InvalidData, TooLarge
from storage.ical.read import Content, decode, read
from storage.model import Collection
from storage.provider import Known, RemoteCollection, RemoteEntry
from storage.store import Store
from storage.sync.apply import Applier, held_entry
from storage.sync.lease import SyncLease
from storage.sync.report import Round
from storage.tables import held, links, outbox, quarantine, remotes

LARGEST = 10 * 1024 * 1024
"""Octets beyond which an upstream's entry is quarantined rather than mirrored."""


class Ledger:
    """What the engine knows of the upstream, kept in the mirror's own file."""

    def __init__(self, store: Store, lease: SyncLease) -> None:
        self.store = store
        self.db = store.db
        self.lease = lease

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the engine; raises `LeaseLost` before anything is written if the lease is not ours."""
        with self.db.atomic() as conn:
            self.lease.check(conn)
            yield conn

    # -- reading ------------------------------------------------------------------------------------------------------

    def remote_of(self, collection: Collection) -> RemoteCollection:
        """The collection in the provider contract's words."""
        return RemoteCollection(
            href=collection.remote_href or "",
            name=collection.name,
            kind=collection.kind,
            components=collection.components,
            description=collection.description,
            color=collection.color,
            timezone=collection.timezone,
            order=collection.order,
            read_only=collection.read_only,
        )

    def known(self, collection: Collection) -> Known:
        """The versions the mirror holds, quarantined items included: what is known is not fetched again."""

        def look_up(hrefs: Sequence[str]) -> Mapping[str, str]:
            conn = self.db.reader()
            found = links.versions(conn, collection.n, hrefs)
            # A quarantined version is newer than the readable one that is still linked.
            return {**found, **quarantine.versions(conn, collection.n, hrefs)}

        return look_up

    def linked(self, collection: Collection) -> list[str]:
        """Every remote href of the collection that has been mirrored or quarantined."""
        conn = self.db.reader()
        return [*links.hrefs(conn, collection.n), *quarantine.versions(conn, collection.n)]

    def link_count(self, collection: Collection) -> int:
        """How many entries the upstream is known to have."""
        return links.count(self.db.reader(), collection.n)

    def held_hrefs(self, collection: Collection) -> set[str]:
        """The remote hrefs whose deletion waits for a person."""
        return held.hrefs(self.db.reader(), collection.n)

    def deletable(self, collection: Collection, hrefs: Sequence[str]) -> list[str]:
        """Those of these hrefs whose absence would delete an entry of ours: linked, and nothing of it in the outbox."""
        conn = self.db.reader()
        dirty = {w.entry_id for w in outbox.entries(conn, collection.n, float("inf"))}
        found = (links.of_href(conn, collection.n, href) for href in hrefs)
        return [link.href for link in found if link and link.entry_id not in dirty]

    # -- taking what the upstream shows --------------------------------------------------------------------------------

    def take(
        self, collection: Collection, changed: Sequence[RemoteEntry], report: Round, *, cursor: str | None = None
    ) -> list[tuple[RemoteEntry, str]]:
        """Take a page in one transaction with its cursor. What cannot be read is quarantined with its bytes.

        Returns the entries whose UID already stands under another href, with that href; they are not taken yet.
        """
        if not changed and cursor is None:
            return []
        read_entries = [(entry, understand(entry)) for entry in changed]
        duplicates: list[tuple[RemoteEntry, str]] = []
        with self.writing() as conn:
            applier = Applier(conn, collection, report, clock.iso())
            for entry, understood in read_entries:
                if isinstance(understood, InvalidData):
                    self._quarantine(conn, collection, entry, understood.message, report)
                    continue
                text, content = understood
                other = applier.incoming(entry, text, content)
                if other is not None:
                    duplicates.append((entry, other))
            held.release(conn, collection.n, [entry.href for entry in changed])
            if cursor is not None:
                remotes.set_cursor(conn, collection.n, cursor)
        return duplicates

    def renamed(self, collection: Collection, old_href: str, entry: RemoteEntry, report: Round) -> None:
        """The upstream keeps an entry under a new href: move the link, then take what it shows."""
        understood = understand(entry)
        if isinstance(understood, InvalidData):
            return
        with self.writing() as conn:
            applier = Applier(conn, collection, report, clock.iso())
            applier.relink(old_href, entry.href)
            held.release(conn, collection.n, [old_href])
            applier.incoming(entry, *understood)

    def quarantine(self, collection: Collection, entry: RemoteEntry, reason: str, report: Round) -> None:
        """Keep the bytes of something that cannot be mirrored, with the reason."""
        with self.writing() as conn:
            self._quarantine(conn, collection, entry, reason, report)

    def _quarantine(
        self, conn: Connection, collection: Collection, entry: RemoteEntry, reason: str, report: Round
    ) -> None:
        """An older, readable version of the same entry stays live; its link keeps the version it had."""
        quarantine.put(
            conn,
            at=clock.iso(),
            account_id=collection.account_id,
            collection_n=collection.n,
            href=entry.href,
            version=entry.version,
            uid="",
            reason=reason,
            body=entry.data.encode(errors="surrogatepass") if isinstance(entry.data, str) else entry.data,
        )
        report.quarantined += 1

    def finish_pull(
        self,
        collection: Collection,
        drop: Sequence[str],
        hold: Sequence[tuple[str, Sequence[str]]],
        report: Round,
        *,
        cursor: str | None,
        named: set[str] | None,
    ) -> None:
        """Carry out the judged deletions, hold the others, and keep the cursor, all in one transaction.

        `named`: everything that a full listing named, for the release of held entries that are there again; None if the
        round was not full.
        """
        back = self.held_hrefs(collection) & named if named is not None else set()
        if not (drop or hold or back or named is not None) and cursor in (None, collection.remote_cursor):
            return
        with self.writing() as conn:
            applier = Applier(conn, collection, report, clock.iso())
            for href in drop:
                applier.missing(href)
            for reason, hrefs in hold:
                found = [(href, links.of_href(conn, collection.n, href)) for href in hrefs]
                rows = [held_entry(conn, href, link) for href, link in found if link]
                if rows:
                    held.add(
                        conn,
                        at=clock.iso(),
                        account_id=collection.account_id,
                        collection_n=collection.n,
                        collection_id=collection.id,
                        reason=reason,
                        entries=rows,
                    )
                    report.held += len(rows)
            if back:
                held.release(conn, collection.n, back)
            if cursor is not None:
                remotes.set_cursor(conn, collection.n, cursor)
            if named is not None:
                remotes.set_verified(conn, collection.n, clock.timestamp())


def understand(entry: RemoteEntry) -> tuple[str, Content] | InvalidData:
    """The entry's text and what it says, or why it cannot be mirrored."""
    try:
        text = decode(entry.data) if isinstance(entry.data, bytes) else entry.data
        if len(text) > LARGEST:
            return TooLarge(f"{len(text)} characters; at most {LARGEST} are mirrored")
        return text, read(text)
    except InvalidData as error:
        return error
