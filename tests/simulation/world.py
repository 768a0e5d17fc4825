"""The simulated world: a mirror, an upstream, people who edit on both sides, and the books of what must not be lost.

Everything random comes from one seed, so a seed reproduces its run. The clock is simulated; nothing sleeps.
"""

import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from plugins.memory.provider import MemoryUpstream
from storage.errors import StoreError
from storage.ical.canonical import canonical, same
from storage.model import Account, Collection, Origin
from storage.store import Store
from storage.sync import inbox
from storage.sync.account import AccountRunner
from storage.sync.book import Book
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.tables import conflicts, held, outbox
from tests.simulation.faults import Crash, Fate, MoodyProvider, let_crash

WORDS = ["Standup", "Zahnarzt", "Déjeuner", "会議", "Review", "Gym", "Call", "Birthday"]


def event(uid: str, stamp: int, word: str, *, weekly: bool = False) -> str:
    """An event whose text is unmistakable: `stamp` occurs in no other text of the run."""
    rule = "RRULE:FREQ=WEEKLY;COUNT=5\r\n" if weekly else ""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//simulation//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:202601{stamp % 28 + 1:02}T100000Z\r\n{rule}"
        f"SUMMARY:{word} {stamp}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


class World:
    """One run. `local` and `remote` hold, for each accepted text, that it must be accounted for at the end."""

    def __init__(self, folder: Path, template: Path, seed: int) -> None:
        self.random = Random(seed)
        self.folder = folder / str(seed)
        shutil.copytree(template, self.folder)
        self.now = 1_767_225_600.0
        self.stamps = 0
        self.quiet = False
        self.unanswered: tuple[str, str] | None = None
        """A client's write that has not been answered: the text before, and the new one. It may have been done."""
        self.upstream = MemoryUpstream(rewrite=self._rewriter())
        self.remote = self.upstream.add("calendar")
        self.fate = Fate(self.random, crash=self.random.choice([0, 0.01, 0.04]), fault=self.random.choice([0, 0.05]))
        self.accepted: dict[str, list[str]] = {}
        """For each UID, in order, the canonical texts that the mirror accepted from its client ('' for a deletion)."""
        self.replaced: set[str] = set()
        """Canonical texts that their own author replaced: nobody misses them."""
        self.shown: set[str] = set()
        """Canonical texts that the upstream has ever held."""
        self._open()

    def tick(self) -> float:
        """The simulated clock: every look at it takes a moment."""
        self.now += 0.01
        return self.now

    # -- the mirror --------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self.store = Store.open(self.folder)
        self.store.db.reader().execute("PRAGMA synchronous = OFF")
        self.lease = SyncLease(self.store.db)
        self.book = Book(Ledger(self.store, self.lease), interval=60, chance=self.random.random)
        let_crash(self.store.db, self.fate)

    def restart(self) -> None:
        """The process died: a new one opens the same file. The old lease has to run out first."""
        self.store.close()
        self.now += 60
        self._open()
        if self.unanswered and self.collection:
            before, text = self.unanswered
            if before and canonical(text) in self.mirror_state().values():
                self.replaced.add(canonical(before))
        self.unanswered = None

    @property
    def account(self) -> Account:
        return self.store.account("up")

    @property
    def collection(self) -> Collection | None:
        found = self.store.collections(account=self.account.id)
        return found[0] if found else None

    # -- what happens ------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Let things happen, in random order."""
        acts = [self.client_writes] * 4 + [self.client_deletes, self.somebody_writes, self.somebody_deletes]
        acts += [self.sync] * 3 + [self.cursors_die, self.time_passes, self.mass_deletion, self.decide]
        for _ in range(steps):
            act = self.random.choice(acts)
            with suppress(StoreError):
                try:
                    act()
                except Crash:
                    self.restart()

    def client_writes(self) -> None:
        """A client creates or edits; whether it crashes or not, only an answer that came back is a promise."""
        if self.collection is None:
            return
        mine = {e.uid: e for e in self.store.iter_entries(self.collection.id)}
        known = sorted(mine)
        uid = self.random.choice([*known, f"u{self.random.randrange(12)}"])
        href = mine[uid].href if uid in mine else f"{uid}-{self.stamp()}.ics"
        text = self.new_text(uid)
        self.unanswered = (mine[uid].text if uid in mine else "", text)
        self.store.put_entry(self.collection.id, href, text, origin=Origin.DAV)
        self.promise(uid, canonical(text), mine[uid].text if uid in mine else None)
        self.unanswered = None

    def client_deletes(self) -> None:
        """A client deletes."""
        if self.collection is None:
            return
        mine = {e.uid: e for e in self.store.iter_entries(self.collection.id)}
        if not mine:
            return
        uid = self.random.choice(sorted(mine))
        self.replaced.add(canonical(mine[uid].text))
        self.store.delete_entry(self.collection.id, mine[uid].href, origin=Origin.DAV)

    def somebody_writes(self) -> None:
        """Somebody else edits upstream."""
        if self.remote.href not in self.upstream.folders:
            return
        entries = self.upstream.folders[self.remote.href].entries
        uids = {str(e.data).split("UID:")[1].split("\r\n")[0]: href for href, e in entries.items()}
        uid = self.random.choice([*sorted(uids), f"u{self.random.randrange(12)}"])
        href = uids.get(uid, f"{self.remote.href}{uid}.{self.stamp()}.ics")
        self.upstream.put(self.remote.href, href, self.new_text(uid))

    def somebody_deletes(self) -> None:
        """Somebody else deletes upstream."""
        entries = self.upstream.folders[self.remote.href].entries
        if entries:
            self.upstream.remove(self.remote.href, self.random.choice(sorted(entries)))

    def mass_deletion(self) -> None:
        """Rarely: upstream loses almost everything."""
        if self.random.random() < 0.1:
            for href in sorted(self.upstream.folders[self.remote.href].entries)[1:]:
                self.upstream.remove(self.remote.href, href)

    def cursors_die(self) -> None:
        """The upstream forgets its cursors."""
        if self.random.random() < 0.3:
            self.upstream.expire_cursors()

    def time_passes(self) -> None:
        """Enough for back-off and, now and then, for the periodic verification."""
        self.now += self.random.choice([10, 4000, 7 * 3600])

    def decide(self) -> None:
        """A person looks at held deletions."""
        for stopped in held.every(self.store.db.reader()):
            self.random.choice([inbox.approve, inbox.reject])(self.store, stopped.n)

    def sync(self) -> None:
        """One pass of the engine, whatever comes of it."""
        if not self.lease.acquire():
            self.now += 60
            return
        meanwhile = self.somebody_in_between if not self.quiet else self.nothing
        runner = AccountRunner(self.book, lambda _account: MoodyProvider(self.upstream, self.fate, meanwhile=meanwhile))
        with closing(runner):
            runner.converge(self.account)
        self.note_upstream()

    def somebody_in_between(self) -> None:
        """Now and then somebody edits upstream, or a client here, between two requests of the engine."""
        if self.random.random() < 0.05:
            self.random.choice([self.somebody_writes, self.client_writes, self.client_deletes])()

    def nothing(self) -> None:
        """Nobody else edits during this pass."""

    # -- the books ---------------------------------------------------------------------------------------------------

    def stamp(self) -> int:
        """A number that no other text of this run has."""
        self.stamps += 1
        return self.stamps

    def new_text(self, uid: str) -> str:
        """A text nobody has written before."""
        return event(uid, self.stamp(), self.random.choice(WORDS), weekly=self.random.random() < 0.2)

    def promise(self, uid: str, text: str, before: str | None) -> None:
        """The mirror has accepted `text` from its client, who thereby replaced what they saw before."""
        if before is not None:
            self.replaced.add(canonical(before))
        self.accepted.setdefault(uid, []).append(text)

    def note_upstream(self) -> None:
        """Remember what the upstream holds now."""
        self.shown.update(canonical(str(e.data)) for e in self.upstream.folders[self.remote.href].entries.values())

    def _rewriter(self) -> Callable[[str], str]:
        """Half of the upstreams write their own PRODID into what they are given."""
        rewrites = self.random.random() < 0.5

        def rewrite(text: str) -> str:
            text = text.replace("-//test//simulation//EN", "-//upstream//EN") if rewrites else text
            self.shown.add(canonical(text))
            return text

        return rewrite

    # -- the end -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing goes wrong any more, nobody edits: the engine gets the time to finish; people decide the rest."""
        self.fate.calm()
        self.quiet = True
        for _ in range(6):
            self.now += 8 * 3600
            self.sync()
            self.decide()
        self.now += 60

    def mirror_state(self) -> dict[str, str]:
        """What the mirror holds: UID → canonical text."""
        assert self.collection is not None
        return {e.uid: canonical(e.text) for e in self.store.iter_entries(self.collection.id)}

    def upstream_state(self) -> dict[str, str]:
        """What the upstream holds: UID → canonical text."""
        texts = [str(e.data) for e in self.upstream.folders[self.remote.href].entries.values()]
        return {text.split("UID:")[1].split("\r\n")[0]: canonical(text) for text in texts}

    def lost(self) -> list[str]:
        """Accepted texts that are nowhere: not upstream at any time, not replaced by their author, not in the inbox."""
        kept = {canonical(c.ours) for c in conflicts.every(self.store.db.reader(), state=None) if c.ours}
        here = set(self.mirror_state().values())
        return [
            text
            for texts in self.accepted.values()
            for text in texts
            if text not in self.shown | self.replaced | kept | here
        ]

    def false_conflicts(self) -> list[int]:
        """The numbers of those in the inbox where only one side had edited, or where we met ourselves."""
        found = conflicts.every(self.store.db.reader(), state=None)
        edits = [c for c in found if c.cause == "edit" and c.ours and c.theirs]
        mine = {text for texts in self.accepted.values() for text in texts}
        return [
            c.n
            for c in edits
            if (c.base and (same(c.base, c.theirs or "") or same(c.base, c.ours or "")))
            or canonical(c.theirs or "") in mine
        ]

    def waiting(self) -> int:
        """How much is still in the outbox."""
        return outbox.count(self.store.db.reader())


def make_template(folder: Path) -> Path:
    """A fresh mirror with one user and one mirrored account, to be copied for every run."""
    store = Store.open(folder)
    store.save_user("alice", None)
    store.save_account(Account(0, "up", "alice", "memory", mirrored=True))
    store.close()
    return folder
