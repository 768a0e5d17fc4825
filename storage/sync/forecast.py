"""What a run would do: the engine itself runs over a copy of the mirror, and its provider only seems to write.

SQLite makes the copy in a temporary folder while others go on writing; the mirror itself is only read. So a forecast
costs the room and the time of one copy, the questions to the upstream that the run would ask anyway, and a few hundred
octets of memory for each thing that would be done. Texts stay on the disk until somebody looks at an action.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from json import dumps
from pathlib import Path
from random import random
from tempfile import TemporaryDirectory
from typing import Any

from storage import ids, projection
from storage.db import copy_file
from storage.model import Account, Change, Collection, Origin
from storage.provider import Provider, Push, PushAction, RemoteCollection
from storage.scheduling import people
from storage.scheduling.audience import audience
from storage.store import Store
from storage.sync import inbox
from storage.sync.account import AccountRunner, MakeProvider
from storage.sync.book import Book
from storage.sync.lease import NAME, SyncLease
from storage.sync.ledger import Ledger
from storage.sync.planned import Allowed, Field, Planned, changed
from storage.sync.rehearsal import Rehearsal
from storage.sync.spool import Spool
from storage.sync.ties import name_of, properties
from storage.tables import conflicts, entries, held, journal, leases, links, outbox, quarantine, revisions
from storage.vdir import trial

Prepare = Callable[[Store], tuple[Sequence[Account], MakeProvider]]
"""Makes a copy of the mirror ready, and says which of its accounts shall be run, and with which providers."""

CHUNK = 1000
"""So many rows of the journal are looked at at a time."""


@contextmanager
def forecast(
    folder: Path,
    prepare: Prepare,
    *,
    vdir: Path | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Iterator["Forecast"]:
    """Try out a run over a copy of the mirror in `folder`, which need not exist yet; nothing else is written.

    `vdir`: the folder of files whose edits a run takes in before. What waits for its next attempt is tried as well, and
    paused accounts are run. Raises `StoreFull` where there is no room for the copy, `StoreError`.
    """
    with TemporaryDirectory(prefix="calharbor-plan-") as name:
        if (folder / "mirror.db").exists():
            copy_file(folder / "mirror.db", Path(name) / "mirror.db")
        with closing(Store.open(Path(name), durable=False)) as copy, closing(Spool(Path(name) / "writes")) as spool:
            accounts, make = prepare(copy)
            found = Forecast(copy, spool, accounts)
            if vdir is not None:
                found.take_in(vdir)
            found.run(make, progress)
            yield found


@dataclass(slots=True)
class _Span:
    """What became of an entry from its first change to its last."""

    account: int
    collection: str
    uid: str
    first: int
    before: str
    after: str
    origins: frozenset[Origin]


class Forecast:
    """What a run over some accounts would do. Can be asked for as long as the block of `forecast` lasts."""

    def __init__(self, copy: Store, spool: Spool, accounts: Sequence[Account]) -> None:
        self._copy = copy
        self._spool = spool
        self._accounts = accounts
        self._digests: list[bytes] = []
        self._spans: dict[str, _Span] = {}
        self._start = _State(copy)
        self._dirty = dirty(copy)
        self.allowed = Allowed(frozenset(self._start.collections))
        self.problems: list[str] = []
        """What could not be looked at, in words: of that the plan says nothing."""

    @property
    def hash(self) -> str:
        """The name of just this plan: one over other texts, or over another state of either side, has another."""
        whole = sha256()
        for each in sorted(self._digests):
            whole.update(each)
        return whole.hexdigest()[:32]

    def take_in(self, vdir: Path) -> None:
        """What people did to the files in this folder goes into the copy first."""
        self.problems += trial.take_in(self._copy, vdir)
        self._dirty = dirty(self._copy)

    def run(self, make: MakeProvider, progress: Callable[[int], None]) -> None:
        """Let the engine run over the copy, and note what it did there."""
        lease = SyncLease(self._copy.db)
        with self._copy.db.atomic() as conn:
            if other := leases.get(conn, NAME):
                leases.drop(conn, NAME, other.owner)
        lease.acquire()
        lease.keep()
        book = Book(Ledger(self._copy, lease), interval=60, chance=random)
        for account in self._accounts:
            inbox.wake(self._copy, account.id)
            with closing(AccountRunner(book, lambda each: self._rehearsal(each, make), progress=progress)) as runner:
                self.problems += runner.converge(replace(account, paused=False)).errors
        lease.release()
        self._gather()

    # -- what would be done -------------------------------------------------------------------------------------------

    def actions(self) -> Iterator[Planned]:
        """Everything that would be done, with the properties that would change; the mirror's side first."""
        yield from self._of_collections()
        lost = {each.entry_id: each for each in self._conflicts()}
        for entry_id, span in self._spans.items():
            yield self._of_entry(entry_id, span, lost.pop(entry_id, None))
        for each in lost.values():
            place = each.collection_id
            yield self._planned(each.account_id, place, each.entry_id, each.uid, "merge", note=each.reason)
        for stopped in self._held():
            for one in stopped.entries:
                place = stopped.collection_id
                yield self._planned(stopped.account_id, place, one.entry_id, one.uid, "hold", note=stopped.reason)
        for record in self._spool.every():
            yield _of_write(record)

    def _of_entry(self, entry_id: str, span: _Span, lost: conflicts.Conflict | None) -> Planned:
        conn = self._copy.db.reader()
        before = revisions.get(conn, span.first) if span.before else None
        after = entries.by_id(conn, entry_id) if span.after else None
        verb = "create" if not span.before else "update" if span.after else "delete"
        if verb == "update" and entry_id in self._dirty and lost is None and Origin.UPSTREAM in span.origins:
            verb = "merge"
        fields = changed(before.text if before else None, after.text if after else None)
        known = entry_id if span.before else ""
        note = lost.reason if lost else _IN_THE_FOLDER if span.origins == {Origin.VDIR} else ""
        return self._planned(span.account, span.collection, known, span.uid, verb, fields, note=note)

    def _of_collections(self) -> Iterator[Planned]:
        for now in _State(self._copy).collections.values():
            before = self._start.collections.get(now.id)
            was, is_now = properties(before) if before else {}, properties(now)
            fields = tuple(
                Field("collection", name, was.get(name), value or None)
                for name, value in is_now.items()
                if value != was.get(name, "")
            )
            if fields or before is None:
                verb = "update" if before else "create"
                yield self._planned(now.account_id, now.id, "", "", verb, fields)

    def _planned(
        self,
        account: int,
        collection: str,
        entry: str,
        uid: str,
        action: str,
        fields: tuple[Field, ...] = (),
        *,
        note: str = "",
    ) -> Planned:
        """Something on the mirror's side."""
        known = collection if collection in self._start.collections else ""
        title = self._names.get(collection, "")
        return Planned(account, known, title, entry, uid, "mirror", action, fields, note=note)

    # -- taking notes -------------------------------------------------------------------------------------------------

    def _rehearsal(self, account: Account, make: MakeProvider) -> Rehearsal:
        provider = make(account)
        notes = _Notes(self._copy, self._spool, account, self.allowed, self._digests, provider)
        return Rehearsal(
            provider,
            on_push=notes.push,
            on_collection=notes.collection,
            text_of=lambda number: str(self._spool.get(number)["after"]),
        )

    def _gather(self) -> None:
        """Read from the copy what the run has done to it."""
        end = _State(self._copy)
        self._names = {each.id: each.name for each in end.collections.values()}
        keys = {each.id: self.allowed.name(each.id, each.remote_href) for each in end.collections.values()}
        position = self._start.head
        while rows := journal.since(self._copy.db.reader(), position, limit=CHUNK):
            position = rows[-1].seq
            for row in rows:
                self._gather_one(row, keys.get(row.collection, row.collection))
        self._spans = {key: span for key, span in self._spans.items() if span.before != span.after}
        for key, span in self._spans.items():
            known = key if span.before else ""
            self._note("mirror", known, keys.get(span.collection, ""), span.uid, span.before, span.after)
        for planned in self._of_collections():
            self._note("collection", planned.title, planned.collection, [f.after for f in planned.fields])
        for each in self._conflicts():
            self._note("conflict", each.entry_id, each.uid, each.cause, each.ours, each.theirs)
        for stopped in self._held():
            for one in stopped.entries:
                self._note("hold", one.entry_id, one.uid, one.href)
        for href, version in end.quarantined.items() - self._start.quarantined.items():
            self._note("quarantine", *href, version)
            self.problems.append(f"{href[1]} cannot be read and would be kept in quarantine")

    def _gather_one(self, row: Change, place: str) -> None:
        self.allowed.mirror.add((place, row.uid, row.action, row.after))
        if not row.entry:
            return
        origins = frozenset({row.origin})
        span = self._spans.get(row.entry)
        if span is None:
            place_and_uid = row.account_id, row.collection, row.uid
            self._spans[row.entry] = _Span(*place_and_uid, row.seq, row.before, row.after, origins)
        else:
            span.collection, span.uid, span.after = row.collection, row.uid, row.after
            span.origins |= origins

    def _note(self, *what: object) -> None:
        self._digests.append(_digest(what))

    def _conflicts(self) -> list[conflicts.Conflict]:
        return [each for each in conflicts.every(self._copy.db.reader()) if each.n > self._start.conflicts]

    def _held(self) -> list[held.Held]:
        return [each for each in held.every(self._copy.db.reader()) if each.n > self._start.held]


class _State:
    """What has to be remembered of a mirror to see afterwards what has become of it."""

    def __init__(self, store: Store) -> None:
        conn = store.db.reader()
        self.head = journal.head(conn)
        self.conflicts = max((each.n for each in conflicts.every(conn)), default=0)
        self.held = max((each.n for each in held.every(conn, state=None)), default=0)
        self.collections: dict[str, Collection] = {each.id: each for each in store.collections()}
        self.quarantined = {
            (each.remote_href or each.id, href): version
            for each in self.collections.values()
            for href, version in quarantine.versions(conn, each.n).items()
        }


def dirty(store: Store) -> frozenset[str | None]:
    """The entries of which something waits for the upstream."""
    conn = store.db.reader()
    return frozenset(w.entry_id for each in store.collections() for w in outbox.entries(conn, each.n, _EVER))


_EVER = float("inf")

_IN_THE_FOLDER = "by what was done to its file"


class _Notes:
    """Writes down what one account's provider was told to write."""

    def __init__(
        self, copy: Store, spool: Spool, account: Account, allowed: Allowed, digests: list[bytes], provider: Provider
    ) -> None:
        self._provider = provider
        self._copy = copy
        self._spool = spool
        self._account = account
        self._allowed = allowed
        self._digests = digests
        self._places: dict[str, Collection] = {}

    def push(self, remote: RemoteCollection, push: Push) -> int:
        """A write to an entry."""
        place = self._place(remote.href)
        conn = self._copy.db.reader()
        link = links.of_href(conn, place.n, push.href) if push.href else None
        entry = None if link else entries.by_uid(conn, place.n, push.uid)
        key = self._allowed.name(place.id, place.remote_href), push.uid, push.action.value, ids.content_hash(push.text)
        self._allowed.upstream.add(key)
        self._digests.append(_digest(("upstream", *key, push.href, ids.content_hash(push.base), push.notify)))
        mine = people.of_calendar(self._copy.account(self._account.id), place)
        told = audience(push.base or None, push.text or None, mine) if place.schedules else ()
        return self._spool.add(
            {
                "account": self._account.id,
                "collection": place.id if place.id in self._allowed.known else "",
                "title": place.name,
                "entry": link.entry_id if link else entry.id if entry else "",
                "uid": push.uid,
                "action": push.action.value,
                "before": push.base if push.action is not PushAction.CREATE else None,
                "after": push.text if push.action is not PushAction.DELETE else None,
                "mails": told if push.notify else (),
                "untold": () if push.notify else told,
                "stays": projection.lost(push.text, self._provider.capabilities.keeping(remote.kind)),
            }
        )

    def collection(self, remote: RemoteCollection, action: PushAction, edit: Mapping[str, str]) -> None:
        """A write to a collection itself."""
        known = {each.remote_href: each for each in self._copy.collections(account=self._account.id)}
        place = known.get(remote.href)
        name = place.id if place else remote.href if action is PushAction.DELETE else name_of(remote.href)
        key = name, "", action.value, dumps(edit, sort_keys=True)
        self._allowed.upstream.add(key)
        self._digests.append(_digest(("upstream", *key)))
        self._spool.add(
            {
                "account": self._account.id,
                "collection": place.id if place else "",
                "title": remote.name or edit.get("name", ""),
                "entry": "",
                "uid": "",
                "action": action.value,
                "edit": dict(edit),
            }
        )

    def _place(self, href: str) -> Collection:
        if href not in self._places:
            found = self._copy.collections(account=self._account.id)
            self._places = {each.remote_href: each for each in found if each.remote_href}
        return self._places[href]


def _of_write(record: Mapping[str, Any]) -> Planned:
    """A write that was noted."""
    fields = (
        tuple(Field("collection", name, None, value) for name, value in record["edit"].items())
        if "edit" in record
        else changed(record["before"], record["after"])
    )
    names = ("account", "collection", "title", "entry", "uid", "action")
    account, collection, title, entry, uid, action = (record[name] for name in names)
    mails, untold, stays = (tuple(record.get(name, ())) for name in ("mails", "untold", "stays"))
    return Planned(account, collection, title, entry, uid, "upstream", action, fields, mails, untold, stays)


def _digest(what: object) -> bytes:
    return sha256(dumps(what, default=str).encode()).digest()
