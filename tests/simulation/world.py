"""The simulated world: a mirror, an upstream, people who edit on both sides, and the books of what must not be lost.

Everything random comes from one seed, so a seed reproduces its run. The clock is simulated; nothing sleeps.
"""

from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from random import Random

from storage.content import canonical
from storage.errors import StoreError
from storage.model import Account, Collection
from storage.projection import project
from storage.store import Store
from storage.sync.account import AccountRunner
from storage.tables import entries, links, outbox
from tests.simulation.answers import Answers
from tests.simulation.books import Books
from tests.simulation.cards import one_version
from tests.simulation.client import Client
from tests.simulation.faults import Crash, Fate, MoodyProvider
from tests.simulation.files import FileUser
from tests.simulation.mirror import ACCOUNTS, Mirror
from tests.simulation.person import Person
from tests.simulation.somebody import Somebody
from tests.simulation.texts import Texts
from tests.simulation.words import sayings

State = dict[tuple[str, str | None, str], str]
"""What a side holds: account, remote collection and UID → canonical text."""


class World:
    """One run."""

    def __init__(self, folder: Path, template: Path, seed: int) -> None:
        self.random = Random(seed)
        self.ids = Random(seed)
        """Decides what is random in the ids, as everything else."""
        self.now = self.latest = 1_767_225_600.0
        self.quiet = False
        self.trace: list[str] = []
        """What has happened, for whoever has to understand a seed that fails."""
        self.texts = Texts(self.random)
        self.others = {name: Somebody(name, self.texts) for name in self.random.choice([ACCOUNTS, ACCOUNTS[:1]])}
        """The other side of each account."""
        self.fate = Fate(
            self.random,
            crash=self.random.choice([0, 0.01, 0.04]),
            fault=self.random.choice([0, 0.05]),
            disk=self.random.choice([0, 0, 0.02]),
        )
        self.mirror = Mirror(folder, template, self.fate, self.others)
        self.desk = FileUser(folder / "vdir", self.texts, lambda: self.now) if self.random.random() < 0.5 else None
        """Somebody who works in the folder of files, in half of the runs."""
        if self.desk:
            self.desk.open(self.mirror.store)
        self.answers = Answers(self.mirror, self.desk, self.others)
        self.client = Client(self.mirror, self.texts, self.answers)
        self.person = Person(self.mirror, self.texts)
        self.books = Books(self.mirror, self.client, self.person, self.desk, self.others)

    def tick(self) -> float:
        """The simulated clock: every look at it takes a moment."""
        self.now += 0.01
        self.latest = max(self.latest, self.now)
        return self.now

    def restart(self) -> None:
        """The process died: a new one opens the same file. The old lease has to run out first."""
        self.store.close()
        self.now = self.latest + 60
        self.mirror.open()
        if self.desk:
            self.desk.open(self.store)
        self.client.after_a_crash()
        self.person.after_a_crash()

    @property
    def store(self) -> Store:
        return self.mirror.store

    @property
    def collections(self) -> list[Collection]:
        return self.mirror.collections

    @property
    def writes(self) -> int:
        """So many changes have been made upstream through our providers."""
        return sum(other.upstream.writes for other in self.others.values())

    # -- what happens ------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Let things happen, in random order."""
        client, person = self.client, self.person
        acts = [client.client_writes] * 4 + [client.client_deletes] + [client.client_answers] * 2
        acts += [self.sync] * 3 + [self.time_passes, person.person_looks_at_deletions] + [person.person_resolves] * 2
        rare = [client.client_makes_a_collection, client.client_deletes_a_collection, client.client_moves]
        rare += [person.person_undoes]
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
        if other is self:
            act()  # what anybody does meanwhile is noted by itself
        elif isinstance(other, Somebody):
            self.answers.while_others(partial(self._let_somebody, other, act))
        else:
            self.answers.while_others(act)

    def _let_somebody(self, other: Somebody, act: Callable[[], None]) -> None:
        before = other.standing()
        other.does(act)
        for removed in other.removed:
            other.words.became(self._unseen(other, *removed), ())
        # What reached the upstream, and was edited or removed there before we heard that it had, is sent again as far
        # as it is not there any more: so people hear again.
        for uid, _text in (before - other.standing()).elements():
            self.client.loud[uid] += uid in self._unheard()

    def _unseen(self, other: Somebody, collection: str, href: str, uid: str) -> set[str]:
        """What the mirror's entry says that its upstream cannot hold: with what is removed there, it goes as well."""
        conn = self.store.db.reader()
        found = set()
        for c in self.collections:
            if (c.account_id, c.remote_href) == (self.store.account(other.name).id, collection):
                link = links.of_href(conn, c.n, href)
                there = [entries.by_id(conn, link.entry_id) if link else None, entries.by_uid(conn, c.n, uid)]
                texts = [entry.text for entry in there if entry]
                found |= sayings(*texts) - sayings(*(project(text, other.table) for text in texts))
        return found

    def _unheard(self) -> set[str]:
        """The UIDs of what was sent, whatever came of it: no answer has said."""
        conn = self.store.db.reader()
        sent = [w for c in self.collections for w in outbox.entries(conn, c.n, float("inf")) if w.attempts]
        return {entry.uid for w in sent if (entry := entries.by_id(conn, w.entry_id or ""))}

    def say(self, what: str) -> None:
        """Write down what happens."""
        self.trace.append(what)

    def time_passes(self) -> None:
        """Enough for back-off and, now and then, for the periodic verification; rarely, the clock is set back."""
        self.now += self.random.choice([10, 4000, 7 * 3600, -self.random.choice([0, 0, 1, 600, 90_000])])

    def sync(self) -> None:
        """One pass of the engine, whatever comes of it."""
        if not self.mirror.lease.acquire():
            self.now = self.latest + 60
            return
        for account in self.mirror.accounts:
            with closing(AccountRunner(self.mirror.book, self._provider)) as runner:
                runner.converge(account)
        if self.desk:
            self.desk.sync(self.sleep)

    def sleep(self, seconds: float) -> None:
        """Time that somebody waits."""
        self.now += seconds

    def _provider(self, account: Account) -> MoodyProvider:
        meanwhile = self.nothing if self.quiet else self.somebody_in_between
        other = self.others[account.name]
        return MoodyProvider(other.upstream, self.fate, meanwhile=meanwhile, removing=other.loses, say=self.say)

    def somebody_in_between(self) -> None:
        """Now and then somebody edits upstream, or a client here, between two requests of the engine."""
        if self.random.random() < 0.05:
            somebody = self.random.choice(list(self.others.values()))
            client, person = self.client, self.person
            acts = [
                client.client_writes,
                client.client_deletes,
                client.client_moves,
                client.client_deletes_a_collection,
            ]
            acts += [client.client_answers, person.person_resolves]
            act = self.random.choice([*acts, somebody.writes, somebody.renames])
            self.say(f"meanwhile {act.__name__}")
            with suppress(StoreError):
                self._let(act)

    def nothing(self) -> None:
        """Nobody else edits during this pass."""

    # -- the end -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing goes wrong any more, nobody edits: the engine gets the time to finish; people decide the rest."""
        self.fate.calm()
        self.quiet = True
        self.now = self.latest
        for other in self.others.values():
            self._let(other.tidy)
        if self.desk:
            self.desk.tidy()
        for left in range(5, -1, -1):
            self.now += 8 * 3600
            self.sync()
            self._let(self.person.person_looks_at_deletions)
            for _ in range(left):
                with suppress(StoreError):
                    self._let(self.person.person_resolves)
        self.now += 60

    def mirror_state(self) -> State:
        """What the mirror holds, as far as the upstream can hold it."""
        return {
            (account.name, c.remote_href, e.uid): canonical(
                project(one_version(e.text), self.others[account.name].table)
            )
            for account in self.mirror.accounts
            for c in self.store.collections(account=account.id)
            for e in self.store.iter_entries(c.id)
        }

    def upstream_state(self) -> State:
        """What the upstreams hold."""
        return {(name, *key): text for name, other in self.others.items() for key, text in other.state().items()}

    def waiting(self) -> int:
        """How much is still in the outbox."""
        return outbox.count(self.store.db.reader())
