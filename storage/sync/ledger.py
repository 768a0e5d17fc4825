"""The engine's transactions over links, remote cursors and entries: what it has observed, written down at once.

Every one checks the sync lease inside its transaction, so that a process that lost the lease writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from storage import clock
from storage.db import Connection
from storage.errors import InvalidData, NotFound
from storage.model import Collection
from storage.provider import Known, RemoteCollection, RemoteEntry
from storage.store import Store
from storage.sync.apply import Applier, held_entry, understand
from storage.sync.lease import SyncLease
from storage.sync.report import Round
from storage.tables import collections, held, journal, links, outbox, quarantine, remotes


class Ledger:
    """What the engine knows of the upstream, kept in the mirror's own file."""

    def __init__(self, store: Store, lease: SyncLease) -> None:
        self.store = store
        self.db = store.db
        self.lease = lease
        self._runs: dict[int, int] = {}

    def new_run(self, account_id: int) -> None:
        """What changes from now on because of this account's upstream is one act, until this is called again."""
        self._runs.pop(account_id, None)

    @contextmanager
    def writing(self, collection: Collection | None = None) -> Iterator[Connection]:
        """A transaction of the engine, about `collection`.

        Raises, before anything is written, `LeaseLost` if the lease is not ours, and `NotFound` if the collection was
        deleted here since, or no longer is the one that the upstream had.
        """
        with self.db.atomic() as conn:
            self.lease.check(conn)
            if collection is not None:
                now = collections.by_n(conn, collection.n)
                if now is None or now.remote_href != collection.remote_href:
                    raise NotFound(f"{collection.name!r} was deleted or made anew meanwhile", hint="nothing is to do")
            begun = journal.head(conn)
            yield conn
            first = journal.one(conn, begun + 1)
            run = journal.mark(conn, begun, self._runs.get(first.account_id)) if first else None
        if first and run:
            self._runs[first.account_id] = run

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
            schedules=collection.schedules,
            via=collection.via,
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
        return list(dict.fromkeys([*links.hrefs(conn, collection.n), *quarantine.versions(conn, collection.n)]))

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

        Returns the entries whose UID already stands under another href, with that href; they are not taken yet, nor is
        the cursor kept where there are any.
        """
        if not changed and cursor in (None, collection.remote_cursor):
            return []
        read_entries = [(entry, understand(entry, collection.kind)) for entry in changed]
        duplicates: list[tuple[RemoteEntry, str]] = []
        with self.writing(collection) as conn:
            applier = Applier(conn, collection, report, clock.iso())
            applier.expect([(entry.href, each[1].uid) for entry, each in read_entries if isinstance(each, tuple)])
            for entry, understood in read_entries:
                if isinstance(understood, InvalidData):
                    self._quarantine(conn, collection, entry, understood.message, report)
                    continue
                text, content = understood
                other = applier.incoming(entry, text, content)
                if other is not None:
                    duplicates.append((entry, other))
            applier.readmit()
            if back := held.hrefs(conn, collection.n) & {entry.href for entry in changed}:
                held.release(conn, collection.n, back)
            if cursor is not None and not duplicates:
                remotes.set_cursor(conn, collection.n, cursor)
        return duplicates

    def renamed(self, collection: Collection, old_href: str, new_href: str, report: Round) -> None:
        """The upstream keeps an entry under a new href; what it shows there is taken after that."""
        with self.writing(collection) as conn:
            Applier(conn, collection, report, clock.iso()).relink(old_href, new_href)
            held.release(conn, collection.n, [old_href])

    def quarantine(self, collection: Collection, entry: RemoteEntry, reason: str, report: Round) -> None:
        """Keep the bytes of something that cannot be mirrored, with the reason."""
        with self.writing(collection) as conn:
            self._quarantine(conn, collection, entry, reason, report)

    def withheld(self, collection: Collection, hrefs: Sequence[str], report: Round) -> bool:
        """Note what the upstream lists but did not give out when asked; whether that is news."""
        known = quarantine.versions(self.db.reader(), collection.n, hrefs)
        news = [href for href in hrefs if href not in known]
        for href in news:
            nothing = RemoteEntry(href, "", b"")
            self.quarantine(collection, nothing, "the upstream lists it, but does not show it", report)
        return bool(news)

    def _quarantine(
        self, conn: Connection, collection: Collection, entry: RemoteEntry, reason: str, report: Round
    ) -> None:
        """An older, readable version of the same entry stays live; its link keeps the version it had.

        The UID of what is readable is kept with it, so that it comes in when the UID is free.
        """
        understood = understand(entry, collection.kind)
        quarantine.put(
            conn,
            collection,
            entry.href,
            entry.version,
            entry.data.encode(errors="surrogatepass") if isinstance(entry.data, str) else entry.data,
            at=clock.iso(),
            uid="" if isinstance(understood, InvalidData) else understood[1].uid,
            reason=reason,
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

        Held entries that are decided by that, or that are there again, are held no longer. `named`: everything that a
        full listing named; None if the round was not full.
        """
        back = self.held_hrefs(collection) & {*(named or ()), *drop}
        if not (drop or hold or back or named is not None) and cursor in (None, collection.remote_cursor):
            return
        with self.writing(collection) as conn:
            applier = Applier(conn, collection, report, clock.iso())
            for href in drop:
                applier.missing(href)
            applier.readmit()
            for reason, hrefs in hold:
                found = [(href, links.of_href(conn, collection.n, href)) for href in hrefs]
                rows = [held_entry(conn, href, link) for href, link in found if link]
                if rows:
                    held.add(conn, collection, reason, rows, at=clock.iso())
                    report.held += len(rows)
            if back:
                held.release(conn, collection.n, back)
            if cursor is not None:
                remotes.set_cursor(conn, collection.n, cursor)
            if named is not None:
                remotes.set_verified(conn, collection.n, clock.timestamp())
