"""The simulated world: a mirror, an upstream, people who edit on both sides, and the books of what must not be lost.

Everything random comes from one seed, so a seed reproduces its run. The clock is simulated; nothing sleeps.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from storage.content import same
from storage.errors import NotFound, StoreError
from storage.ical.canonical import canonical
from storage.model import Account, Collection, CollectionKind, Origin
from storage.projection import lost, project
from storage.store import Store
from storage.sync import inbox, restore, undo
from storage.sync.account import AccountRunner
from storage.sync.book import Book
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.sync.undo import Choice
from storage.tables import conflicts, entries, held, outbox
from tests.simulation.faults import Crash, Fate, MoodyProvider, let_crash
from tests.simulation.files import FileUser
from tests.simulation.somebody import Somebody
from tests.simulation.texts import Texts, sayings, uid_of

ACCOUNTS = ("up", "second")

State = dict[tuple[str, str | None, str], str]
"""What a side holds: account, remote collection and UID → canonical text."""


class World:
    """One run."""

    def __init__(self, folder: Path, template: Path, seed: int) -> None:
        self.random = Random(seed)
        self.folder = folder
        shutil.copytree(template, self.folder)
        self.ids = Random(seed)
        """Decides what is random in the ids, as everything else."""
        self.now = self.latest = 1_767_225_600.0
        self.quiet = False
        self.trace: list[str] = []
        """What has happened, for whoever has to understand a seed that fails."""
        self.unanswered: tuple[str, str] | None = None
        """A client's write that has not been answered: the text before, and the new one. It may have been done."""
        self.texts = Texts(self.random)
        self.others = {name: Somebody(self.texts) for name in self.random.choice([ACCOUNTS, ACCOUNTS[:1]])}
        """The other side of each account."""
        self.fate = Fate(
            self.random,
            crash=self.random.choice([0, 0.01, 0.04]),
            fault=self.random.choice([0, 0.05]),
            disk=self.random.choice([0, 0, 0.02]),
        )
        self.desk = FileUser(self.folder / "vdir", self.texts, lambda: self.now) if self.random.random() < 0.5 else None
        """Somebody who works in the folder of files, in half of the runs."""
        self.loud: Counter[str] = Counter()
        """For each UID how often a client asked, with a write, that those concerned be told."""
        self.accepted: set[str] = set()
        """Canonical texts that the mirror accepted from its client."""
        self.said: set[str] = set()
        """What the client said in them (`sayings`)."""
        self.unsaid: set[str] = set()
        """What the client took back, having seen it: its own words and those of others. Nobody misses them."""
        self.removed = False
        """Whether the client ever deleted a whole collection, with whatever was in it upstream."""
        self._open()

    def tick(self) -> float:
        """The simulated clock: every look at it takes a moment."""
        self.now += 0.01
        self.latest = max(self.latest, self.now)
        return self.now

    # -- the mirror --------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self.store = Store.open(self.folder)
        self.store.db.reader().execute("PRAGMA synchronous = OFF")
        self.lease = SyncLease(self.store.db)
        self.book = Book(Ledger(self.store, self.lease), interval=60, chance=self.random.random)
        let_crash(self.store.db, self.fate)
        if self.desk:
            self.desk.open(self.store)

    def restart(self) -> None:
        """The process died: a new one opens the same file. The old lease has to run out first."""
        self.store.close()
        self.now = self.latest + 60
        self._open()
        if self.unanswered:
            before, text = self.unanswered
            if canonical(text) in self.mirror_state().values():
                self.promise(text, before)
        self.unanswered = None

    @property
    def accounts(self) -> list[Account]:
        return [self.store.account(name) for name in self.others]

    @property
    def collections(self) -> list[Collection]:
        return [collection for account in self.accounts for collection in self.store.collections(account=account.id)]

    @property
    def writes(self) -> int:
        """So many changes have been made upstream through our providers."""
        return sum(other.upstream.writes for other in self.others.values())

    # -- what happens ------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Let things happen, in random order."""
        acts = [self.client_writes] * 4 + [self.client_deletes] + [self.sync] * 3 + [self.time_passes, self.decide]
        rare = [self.client_makes_a_collection, self.client_deletes_a_collection, self.client_moves, self.person_undoes]
        for other in self.others.values():
            acts += [other.writes, other.deletes, other.cursors_die, other.mass_deletion]
            rare += [other.collection_goes_or_comes, other.renames, other.moves, other.garbles, other.doubles]
            rare += [other.rights_change]
        if desk := self.desk:
            acts += [desk.writes, desk.writes, desk.removes]
            rare += [desk.garbles, desk.renames]
        acts += [act for act in rare if self.random.random() < 0.5]
        for _ in range(steps):
            act = self.random.choice(acts)
            self.say(act.__name__)
            try:
                self._let(act)
            except Crash:
                self.say("CRASH")
                self.restart()
            except StoreError as error:
                self.say(f"refused: {error.message}")

    def _let(self, act: Callable[[], None]) -> None:
        """Let something happen; what others say by it is noted."""
        other = getattr(act, "__self__", None)
        if not isinstance(other, Somebody):
            act()
            return
        before = other.uids()
        other.does(act)
        # What reached the upstream, and was gone before we heard that it had, is sent again: so people hear again.
        for uid in (before - other.uids()).elements():
            self.loud[uid] += uid in self._unheard()

    def _unheard(self) -> set[str]:
        """The UIDs of what was sent, whatever came of it: no answer has said."""
        conn = self.store.db.reader()
        sent = [w for c in self.collections for w in outbox.entries(conn, c.n, float("inf")) if w.attempts]
        return {entry.uid for w in sent if (entry := entries.by_id(conn, w.entry_id or ""))}

    def say(self, what: str) -> None:
        """Write down what happens."""
        self.trace.append(what)

    def client_writes(self) -> None:
        """A client creates or edits; whether it crashes or not, only an answer that came back is a promise."""
        if (collection := self._some()) is None:
            return
        mine = {e.uid: e for e in self.store.iter_entries(collection.id)}
        known = sorted(mine)
        uid = self.random.choice([*known, f"u{self.random.randrange(12)}"])
        href = mine[uid].href if uid in mine else f"{uid}-{self.texts.stamp()}.ics"
        text = self.texts.edited(mine[uid].text) if uid in mine else self.texts.new(uid)
        self.unanswered = (mine[uid].text if uid in mine else "", text)
        self.store.put_entry(collection.id, href, text, origin=Origin.DAV, notify=self._loud(uid))
        self.promise(text, mine[uid].text if uid in mine else "")
        self.unanswered = None

    def client_deletes(self) -> None:
        """A client deletes."""
        if (collection := self._some()) and (mine := list(self.store.iter_entries(collection.id))):
            entry = self.random.choice(mine)
            self.unsaid |= sayings(entry.text)
            self.store.delete_entry(collection.id, entry.href, origin=Origin.DAV, notify=self._loud(entry.uid))

    def _loud(self, uid: str) -> bool:
        """Whether a client asks that people be told of its next write; every second one does."""
        loud = self.texts.stamps % 2 == 0
        self.loud[uid] += loud
        return loud

    def client_moves(self) -> None:
        """A client moves an entry to another collection, sometimes under the name of another entry there."""
        source, target = self._some(), self._some()
        if source is None or target is None or not (mine := list(self.store.iter_entries(source.id))):
            return
        entry = self.random.choice(mine)
        there = {e.href: e.text for e in self.store.iter_entries(target.id) if e.id != entry.id}
        name = self.random.choice([*sorted(there), entry.href, entry.href])
        if name in there:
            self.unsaid |= sayings(there[name])
            self.loud[uid_of(there[name])] += 1  # who overwrites by moving deletes, as a client of DAV does
        self.store.move_entry(source.id, entry.href, target.id, name, origin=Origin.DAV, overwrite=True)

    def client_makes_a_collection(self) -> None:
        """A client makes a collection."""
        if len(self.collections) < 4:
            made = f"made-{self.texts.stamp()}"
            self.store.create_collection(
                self.random.choice(self.accounts).id,
                made,
                name=made,
                kind=CollectionKind.CALENDAR,
                components=("VEVENT",),
                origin=Origin.DAV,
            )

    def client_deletes_a_collection(self) -> None:
        """A client deletes a collection, which it rarely does, or renames it."""
        if (collection := self._some()) is None:
            return
        if self.random.random() < 0.3:
            self.removed = True
            self.unsaid.update(line for e in self.store.iter_entries(collection.id) for line in sayings(e.text))
            self.store.delete_collection(collection.id, origin=Origin.DAV)
        else:
            self.store.update_collection(collection.id, name=f"name {self.texts.stamp()}", origin=Origin.DAV)

    def person_undoes(self) -> None:
        """A person takes back what happened last, whoever did it: one change, an act, or everything since a while."""
        head, random = self.store.head(), self.random
        known = [change.run for change in self.store.changes(max(0, head - 20)) if change.run]
        choices = [Choice(change=head), Choice(since=max(0, head - random.randrange(1, 9)))]
        choices += [Choice(run=random.choice(known))] if known else []
        plan = undo.plan(self.store, random.choice(choices), force=random.random() < 0.3)
        for item in plan.entries:
            if item.now and not item.problem:
                self.unsaid |= sayings(item.now.text)
        for gone in plan.collections:
            if gone.then is None and not gone.problem:
                self.unsaid.update(line for e in self.store.iter_entries(gone.any.id) for line in sayings(e.text))
                self.removed = True
        restore.carry_out(self.store, plan)

    def _some(self) -> Collection | None:
        """One of our collections that can be written."""
        return self.random.choice([c for c in self.collections if not c.read_only] or [None])

    def time_passes(self) -> None:
        """Enough for back-off and, now and then, for the periodic verification; rarely, the clock is set back."""
        self.now += self.random.choice([10, 4000, 7 * 3600, -self.random.choice([0, 0, 1, 600, 90_000])])

    def decide(self) -> None:
        """A person looks at held deletions."""
        for stopped in held.every(self.store.db.reader()):
            with suppress(NotFound):  # the decision before may have settled this one, too
                self.random.choice([inbox.approve, inbox.reject])(self.store, stopped.n)

    def sync(self) -> None:
        """One pass of the engine, whatever comes of it."""
        if not self.lease.acquire():
            self.now = self.latest + 60
            return
        for account in self.accounts:
            with closing(AccountRunner(self.book, self._provider)) as runner:
                runner.converge(account)
            self.others[account.name].note()
        if self.desk:
            self.desk.sync(self.sleep)

    def sleep(self, seconds: float) -> None:
        """Time that somebody waits."""
        self.now += seconds

    def _provider(self, account: Account) -> MoodyProvider:
        meanwhile = self.nothing if self.quiet else self.somebody_in_between
        return MoodyProvider(self.others[account.name].upstream, self.fate, meanwhile=meanwhile, say=self.say)

    def somebody_in_between(self) -> None:
        """Now and then somebody edits upstream, or a client here, between two requests of the engine."""
        if self.random.random() < 0.05:
            somebody = self.random.choice(list(self.others.values()))
            acts = [self.client_writes, self.client_deletes, self.client_moves, self.client_deletes_a_collection]
            act = self.random.choice([*acts, somebody.writes, somebody.renames])
            self.say(f"meanwhile {act.__name__}")
            with suppress(StoreError):
                self._let(act)

    def nothing(self) -> None:
        """Nobody else edits during this pass."""

    # -- the books ---------------------------------------------------------------------------------------------------

    def promise(self, text: str, before: str) -> None:
        """The mirror has accepted `text` from its client, who saw `before`."""
        self.accepted.add(canonical(text))
        self.said |= sayings(text) - sayings(before)
        self.unsaid |= sayings(before) - sayings(text)

    # -- the end -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing goes wrong any more, nobody edits: the engine gets the time to finish; people decide the rest."""
        self.fate.calm()
        self.quiet = True
        self.now = self.latest
        for other in self.others.values():
            other.does(other.tidy)
        if self.desk:
            self.desk.tidy()
        for _ in range(6):
            self.now += 8 * 3600
            self.sync()
            self.decide()
        self.now += 60

    def mirror_state(self) -> State:
        """What the mirror holds, as far as the upstream can hold it."""
        return {
            (account.name, c.remote_href, e.uid): canonical(project(e.text, self.others[account.name].table))
            for account in self.accounts
            for c in self.store.collections(account=account.id)
            for e in self.store.iter_entries(c.id)
        }

    def upstream_state(self) -> State:
        """What the upstreams hold."""
        return {(name, *key): text for name, other in self.others.items() for key, text in other.state().items()}

    def lost(self) -> list[str]:
        """What was said on either side and is nowhere: never shown upstream (if it was ours), not taken back by anybody
        who had seen it, not in the inbox. Whoever deletes an entry at an upstream that cannot hold all of it has not
        seen all of it; what it cannot hold is not looked for.
        """
        inbox_ = conflicts.every(self.store.db.reader(), state=None)
        kept = {line for c in inbox_ for line in sayings(f"{c.ours}\r\n{c.theirs}")}
        here = {line for c in self.collections for e in self.store.iter_entries(c.id) for line in sayings(e.text)}
        others = self.others.values()
        said, unsaid = self.said, self.unsaid
        if self.desk:
            said, unsaid = said | self.desk.said, unsaid | self.desk.unsaid
            here |= self.desk.held()
        gone = said.difference(*(other.shown for other in others))
        if not self.removed:
            gone = gone.union(*(other.said for other in others))
        gone = gone.difference(here, kept, unsaid, *(other.unsaid | other.holds() for other in others))
        return sorted(
            said for said in gone if not any(lost(f"BEGIN:X\r\n{said}\r\nEND:X\r\n", o.table) for o in others)
        )

    def false_conflicts(self) -> list[int]:
        """The numbers of those in the inbox where only one side had edited, or where we met ourselves."""
        found = conflicts.every(self.store.db.reader(), state=None)
        edits = [c for c in found if c.cause == "edit" and c.ours and c.theirs]
        mine = self.accepted.difference(*(other.carried for other in self.others.values()))
        if self.removed:
            mine = set()  # a collection that was deleted and then wanted again may still be there, with what we sent
        filed = self.desk.wrote if self.desk else set()
        return [
            c.n
            for c in edits
            if (c.base and (same(c.base, c.theirs or "") or same(c.base, c.ours or "")))
            or (canonical(c.theirs or "") in mine and canonical(c.ours or "") not in filed)
            or any(field.ours in (field.base, field.theirs) for field in c.fields or ())
        ]

    def unsolicited(self) -> list[str]:
        """The UIDs of which people heard more often than a client asked for. (No write concerns two people here.)"""
        heard = Counter(message.uid for other in self.others.values() for message in other.upstream.told)
        return [uid for uid, times in heard.items() if times > self.loud[uid]]

    def waiting(self) -> int:
        """How much is still in the outbox."""
        return outbox.count(self.store.db.reader())


def make_template(folder: Path) -> Path:
    """A fresh mirror with one user and their mirrored accounts, to be copied for every run."""
    store = Store.open(folder)
    store.save_user("alice", None)
    for name in ACCOUNTS:
        store.save_account(Account(0, name, "alice", "memory", mirrored=True))
    store.close()
    return folder
