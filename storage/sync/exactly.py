"""Carries out a plan: the same run in earnest, which stops before anything that the plan does not name.

The plan is made anew first, and nothing is done where it has another hash by now. What changes in the moments between
that and the run itself is met by two guards: a write to the upstream that is not in the plan is not sent, and a change
of the mirror that is not in it takes its whole transaction back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from json import dumps
from pathlib import Path
from random import random

from storage import ids
from storage.db import Connection
from storage.errors import PlanChanged
from storage.model import Account, Action, Change, Collection, Origin
from storage.provider import CollectionEdit, Provider, Push, PushAction, Receipt, RemoteCollection
from storage.store import Store
from storage.sync import inbox
from storage.sync.account import AccountRunner, MakeProvider
from storage.sync.book import Book
from storage.sync.forecast import forecast
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.sync.planned import Allowed, Key
from storage.sync.report import Outcome, Round
from storage.sync.through import Through
from storage.sync.ties import changes
from storage.tables import collections, journal
from storage.vdir.export import VdirExport
from storage.vdir.intake import Intake
from storage.vdir.two_way import TwoWay

_HINT = "look at the new plan (`calharbor sync --dry-run`), and apply that"


def carry_out(
    plan: str,
    store: Store,
    lease: SyncLease,
    make_provider: MakeProvider,
    accounts: Sequence[Account],
    *,
    vdir: Path | None = None,
    on_round: Callable[[Round], None] = lambda _round: None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Outcome:
    """Do what the plan with this hash says, for accounts whether they are paused or not; the lease must be held.

    `vdir`: the folder of files whose edits belong to the plan, where nobody else keeps it in step. The outcome's errors
    say where the plan is not up to date, and what of it was not done.
    """
    names = [account.name for account in accounts]
    with forecast(
        store.folder, lambda copy: ([copy.account(name) for name in names], make_provider), vdir=vdir
    ) as found:
        if found.hash != plan:
            words = f"the plan {plan} is not what would be done now (that is {found.hash}): something changed since"
            return Outcome(errors=[f"{words}; nothing was done: {_HINT}"])
        allowed = found.allowed
    done: set[Key] = set()
    book = Book(ExactLedger(store, lease, allowed), interval=60, chance=random)
    outcome = Outcome()
    files = TwoWay(store, vdir, intake=ExactIntake(store, vdir, allowed)) if vdir is not None else None
    try:
        if files:
            files.finish()
        for account in accounts:
            inbox.wake(store, account.id)
            runner = AccountRunner(
                book,
                lambda each: ExactProvider(make_provider(each), store, each, allowed, done),
                on_round=on_round,
                progress=progress,
            )
            with closing(runner):
                outcome.add(runner.converge(replace(account, paused=False)))
        if files:
            files.finish()
    except PlanChanged as error:
        outcome.errors.append(f"{error.message}: {error.hint}")
    if undone := allowed.upstream - done:
        outcome.errors.append(f"{len(undone)} of {len(allowed.upstream)} planned writes to the upstream were not done")
    return outcome


class ExactLedger(Ledger):
    """A ledger that writes no change into the journal but those that a plan names."""

    def __init__(self, store: Store, lease: SyncLease, allowed: Allowed) -> None:
        super().__init__(store, lease)
        self.allowed = allowed
        self._sent = {(place, uid) for place, uid, _action, _after in allowed.upstream}

    @contextmanager
    def writing(self, collection: Collection | None = None) -> Iterator[Connection]:
        """As the ledger's, but raises `PlanChanged` at the end, and takes all back, where something else was done."""
        with super().writing(collection) as conn:
            head = journal.head(conn)
            yield conn
            for change in journal.since(conn, head):
                if change.origin is Origin.UPSTREAM and change.entry and not self._planned(conn, change):
                    _refuse(change)

    def _planned(self, conn: Connection, change: Change) -> bool:
        """What an upstream makes of an entry that it was just sent belongs to the plan, too."""
        if _is_planned(conn, change, self.allowed):
            return True
        return change.action is Action.UPDATE and (_place(conn, change, self.allowed), change.uid) in self._sent


class ExactIntake(Intake):
    """An intake that takes in nothing but what a plan names."""

    def __init__(self, store: Store, root: Path, allowed: Allowed) -> None:
        super().__init__(store, VdirExport(store, root, keep=True))
        self.allowed = allowed

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As the intake's, but raises `PlanChanged` at the end, and takes all back, where something else was done."""
        with super().writing() as conn:
            head = journal.head(conn)
            yield conn
            for change in journal.since(conn, head):
                if not _is_planned(conn, change, self.allowed):
                    _refuse(change)


def _is_planned(conn: Connection, change: Change, allowed: Allowed) -> bool:
    return (_place(conn, change, allowed), change.uid, change.action, change.after) in allowed.mirror


def _place(conn: Connection, change: Change, allowed: Allowed) -> str:
    place = collections.by_id(conn, change.collection)
    return allowed.name(change.collection, place.remote_href if place else None)


def _refuse(change: Change) -> None:
    what = f"{change.uid or 'the collection itself'} in {change.collection}"
    raise PlanChanged(f"{what} would be changed here as the plan does not say; that was not done", hint=_HINT)


class ExactProvider(Through):
    """Stands for `provider`, and sends nothing but the writes that a plan names; `done` gets those that were made."""

    def __init__(self, provider: Provider, store: Store, account: Account, allowed: Allowed, done: set[Key]) -> None:
        super().__init__(provider)
        self._store = store
        self._account = account
        self._allowed = allowed
        self._done = done

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """Send it, if the plan has it. Raises `PlanChanged`."""
        key = self._key(collection.href, push.uid, push.action, ids.content_hash(push.text))
        receipt = self.provider.push(collection, push)
        self._done.add(key)
        return receipt

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """Make it, if the plan has it. Raises `PlanChanged`."""
        key = self._key(name, "", PushAction.CREATE, dumps({"name": wanted.name}))
        made = self.provider.create_collection(name, wanted)
        self._done.add(key)
        return made

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """Edit it, if the plan has that. Raises `PlanChanged`."""
        key = self._key(collection.href, "", PushAction.UPDATE, dumps(changes(edit), sort_keys=True))
        self.provider.update_collection(collection, edit)
        self._done.add(key)

    def delete_collection(self, collection: RemoteCollection) -> None:
        """Remove it, if the plan has that. Raises `PlanChanged`."""
        key = self._key(collection.href, "", PushAction.DELETE, "{}")
        self.provider.delete_collection(collection)
        self._done.add(key)

    def _key(self, place: str, uid: str, action: PushAction, after: str) -> Key:
        """The name of a write; raises `PlanChanged` where the plan does not have it."""
        found = {each.remote_href: each.id for each in self._store.collections(account=self._account.id)}
        key = self._allowed.name(found.get(place, ""), place), uid, action.value, after
        if key not in self._allowed.upstream:
            what = f"{action} of {uid or place}"
            raise PlanChanged(
                f"the upstream would be sent what the plan does not name ({what}); it was not", hint=_HINT
            )
        return key
