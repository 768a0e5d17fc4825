"""One cycle for one collection: pull, judge the deletions, push, read back; what the plan says, in small named steps.

The engine keeps nothing in memory from one round to the next: every observation is in the ledger before the next step,
so it may die between any two of them. It holds no transaction while it talks to the upstream.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

from storage import clock
from storage.errors import (
    CursorGone,
    EntryGone,
    NeedsLogin,
    NotFound,
    Rejected,
    UntrustedAnswer,
    UpstreamError,
    VersionMismatch,
)
from storage.model import Collection, State
from storage.provider import Provider, PushAction, RemoteCollection, RemoteEntry
from storage.sync import policy
from storage.sync.book import Book
from storage.sync.pushes import Outgoing, Pushes
from storage.sync.report import Round

FETCH_BATCH = 100
"""So many entries are asked for at a time when the engine fetches by name."""


class Engine:
    """Runs rounds for the collections of one account.

    `progress` hears how many entries have been looked at, for people who wait.
    """

    def __init__(
        self, book: Book, provider: Provider, *, progress: Callable[[int], None] = lambda _count: None
    ) -> None:
        self.book = book
        self.ledger = book.ledger
        self.pushes = Pushes(book.ledger, provider)
        self.provider = provider
        self.progress = progress

    def round(self, collection: Collection) -> Round:
        """One cycle. What went wrong is the round's state and reason; only a refused login is raised (`NeedsLogin`).

        A collection that is deleted here while its round runs ends the round, and leaves no trace of it.
        """
        report = Round(collection.account_id, collection.id)
        started = clock.iso()
        try:
            remote = self.ledger.remote_of(collection)
            self._pull(collection, remote, report)
            self._push(collection, remote, report)
            self.book.round_done(collection, report, as_of=started)
        except UpstreamError as error:
            with suppress(NotFound):
                self.book.round_failed(collection, report, error)
            if isinstance(error, NeedsLogin):
                raise
        except NotFound as error:
            report.state, report.reason = State.STALE, error.message
        return report

    # -- pull ---------------------------------------------------------------------------------------------------------

    def _pull(self, collection: Collection, remote: RemoteCollection, report: Round) -> None:
        cursor = collection.remote_cursor
        if cursor is None:
            if collection.as_of is None:
                self.book.syncing(collection)
            with self.ledger.db.filling():
                self._pull_pages(collection, remote, None, report)
        elif self.book.verification_due(collection):
            self._verify(collection, remote, report)
        else:
            try:
                self._pull_pages(collection, remote, cursor, report)
            except CursorGone:
                self._pull_pages(collection, remote, None, report)

    def _pull_pages(self, collection: Collection, remote: RemoteCollection, cursor: str | None, report: Round) -> None:
        """Take every page, each in one transaction with its cursor; then judge what is gone.

        The cursor of a page may only be kept while nothing that the pages said is still undone: tombstones, and the
        absences of a full round, are judged together at the end, so from the first of them on the old cursor stays.
        """
        gone: list[str] = []
        named: set[str] = set()
        full = last = False
        newest: str | None = None
        for page in self.provider.pull(remote, cursor, self.ledger.known(collection)):
            full, last = full or page.full, page.last
            gone += page.gone
            if full:
                named.update(href for href, _version in page.seen)
                named.update(entry.href for entry in page.changed)
            newest = page.cursor or newest
            keep = page.cursor if not full and not gone else None
            self._take(collection, remote, page.changed, report, cursor=keep)
            self.progress(len(page.changed) + len(page.seen))
        if not last:
            raise UntrustedAnswer(f"the listing of {collection.name!r} broke off before its end")
        unseen = [href for href in self.ledger.linked(collection) if href not in named] if full else []
        self._judge(collection, remote, gone, unseen, report, cursor=newest, named=named if full else None)

    def _verify(self, collection: Collection, remote: RemoteCollection, report: Round) -> None:
        """Compare with a full listing that trusts no cursor; fetch what differs, judge what is missing.

        What is listed but not given out is quarantined; until that is known, nothing is concluded (`UntrustedAnswer`).
        """
        listing = self.provider.listing(remote)
        known = self.ledger.known(collection)(list(listing))
        differing = [href for href, version in listing.items() if known.get(href) != version]
        withheld: list[str] = []
        for start in range(0, len(differing), FETCH_BATCH):
            batch = differing[start : start + FETCH_BATCH]
            fetched = self.provider.fetch(remote, batch)
            self._take(collection, remote, [entry for entry in fetched.values() if entry], report)
            withheld += [href for href in batch if href not in fetched]
        if self.ledger.withheld(collection, withheld, report):
            raise UntrustedAnswer(f"no clear answer about {len(withheld)} entries that the upstream lists")
        unseen = [href for href in self.ledger.linked(collection) if href not in listing]
        self._judge(collection, remote, [], unseen, report, cursor=None, named=set(listing))

    def _take(
        self,
        collection: Collection,
        remote: RemoteCollection,
        changed: Sequence[RemoteEntry],
        report: Round,
        *,
        cursor: str | None = None,
    ) -> None:
        duplicates = self.ledger.take(collection, changed, report, cursor=cursor)
        if not duplicates:
            return
        # The same UID under a second href: a rename if the first is gone, else one of them cannot be mirrored.
        others = self.provider.fetch(remote, [other for _entry, other in duplicates])
        for entry, other in duplicates:
            if other not in others:
                raise UntrustedAnswer(f"no clear answer whether {other} still exists")
            there = others[other]
            if there is None:
                self.ledger.renamed(collection, other, entry.href, report)
            # What stands under the other href may have another UID by now.
            for twin, first in self.ledger.take(collection, [there, entry] if there else [entry], report):
                self.ledger.quarantine(collection, twin, f"{first} has the same UID", report)

    def _judge(
        self,
        collection: Collection,
        remote: RemoteCollection,
        gone: Sequence[str],
        unseen: Sequence[str],
        report: Round,
        *,
        cursor: str | None,
        named: set[str] | None,
    ) -> None:
        """Decide, under the brake, which absences are deletions; carry them out with the cursor in one transaction."""
        stopped = self.ledger.held_hrefs(collection)
        gone = [href for href in gone if href not in stopped]
        unseen = [href for href in unseen if href not in stopped]
        absent, alive, by_name = self._ask_by_name(remote, unseen)
        drop = list(dict.fromkeys([*gone, *absent]))
        hold: list[tuple[str, list[str]]] = []
        if alive:
            words = f"the listing left out {len(alive)} entries, but the upstream still has what was asked for by name"
            hold.append((words, alive))
        clean = self.ledger.deletable(collection, drop)
        # Counting looks at every link, so it is left to rounds that would delete something.
        total = self.ledger.link_count(collection) if clean else 0
        verdict = policy.judge_deletions(len(clean), total, explicit=by_name)
        if not verdict.allowed:
            hold.append((verdict.reason, clean))
            drop = [href for href in drop if href not in set(clean)]
        self.ledger.finish_pull(collection, drop, hold, report, cursor=cursor, named=named)

    def _ask_by_name(self, remote: RemoteCollection, unseen: Sequence[str]) -> tuple[list[str], list[str], bool]:
        """Split what a listing left out into what is gone and what is not; whether each single one was asked for.

        A listing may be cut off without saying so. Beyond a sample, one living entry discredits the whole listing.
        """
        if not unseen:
            return [], [], True
        asked = list(unseen[: policy.SAMPLE])
        answers = self.provider.fetch(remote, asked)
        if any(href not in answers for href in asked):
            raise UntrustedAnswer("no clear answer whether entries that the listing left out still exist")
        if len(asked) == len(unseen):
            return [h for h in asked if answers[h] is None], [h for h in asked if answers[h] is not None], True
        if any(entry is not None for entry in answers.values()):
            return [], list(unseen), False
        return list(unseen), [], False

    # -- push ---------------------------------------------------------------------------------------------------------

    def _push(self, collection: Collection, remote: RemoteCollection, report: Round) -> None:
        """Send what the outbox holds, deletions first; then read back what the upstream made of it."""
        sent: dict[str, tuple[Outgoing, str]] = {}
        for outgoing in self.pushes.outgoing(collection):
            if not self.pushes.still_waiting(outgoing):
                continue  # changed by what was read since, or edited again: the next round knows how it has to be sent
            try:
                self._push_one(collection, remote, outgoing, sent, report)
            except (VersionMismatch, EntryGone) as error:
                self._look_again(collection, remote, outgoing, report)
                if self.pushes.still_waiting(outgoing):
                    if outgoing.push.action is PushAction.CREATE:
                        self.pushes.taken(collection, outgoing, report)
                    self.pushes.failed(outgoing, error, self.book.chance)
            except Rejected as error:
                self._rejected(collection, remote, outgoing, error, report)
            except UpstreamError as error:
                self.pushes.failed(outgoing, error, self.book.chance)
                raise
        self._read_back(collection, remote, sent, report)

    def _push_one(
        self,
        collection: Collection,
        remote: RemoteCollection,
        outgoing: Outgoing,
        sent: dict[str, tuple[Outgoing, str]],
        report: Round,
    ) -> None:
        """Push one write; note in `sent` what has to be read back. Every push is conditional on a version."""
        push = outgoing.push
        if push.action is PushAction.DELETE and not push.href:
            self._verify(collection, remote, report)
            self.pushes.never_arrived(collection, outgoing, report)
            return
        if push.action is not PushAction.CREATE and not push.version:
            raise VersionMismatch("the upstream did not say under which version it keeps this entry")
        receipt = self.provider.push(remote, push)
        self.pushes.pushed(collection, outgoing, receipt, report)
        if receipt.text is not None and receipt.version:
            shown = RemoteEntry(receipt.href, receipt.version, receipt.text)
            self.pushes.read_back(collection, outgoing, shown, receipt.version, report)
        elif push.action is not PushAction.DELETE and not self.provider.capabilities.exact_writes:
            sent[receipt.href] = outgoing, receipt.version

    def _look_again(self, collection: Collection, remote: RemoteCollection, outgoing: Outgoing, report: Round) -> None:
        """Somebody else wrote: take what the upstream has now; the plan decides, and the next round pushes again."""
        href = outgoing.push.href
        if not href:
            self._verify(collection, remote, report)
            return
        entry = self._ask(remote, href)
        if entry is None:
            self.ledger.finish_pull(collection, [href], [], report, cursor=None, named=None)
        else:
            self._take(collection, remote, [entry], report)

    def _ask(self, remote: RemoteCollection, href: str) -> RemoteEntry | None:
        """One entry as it is now, None if the upstream says that it is gone; raises `UntrustedAnswer` if unclear."""
        answer = self.provider.fetch(remote, [href])
        if href not in answer:
            raise UntrustedAnswer(f"no clear answer about {href}")
        return answer[href]

    def _rejected(
        self, collection: Collection, remote: RemoteCollection, outgoing: Outgoing, error: Rejected, report: Round
    ) -> None:
        """The upstream refuses for good: our bytes go to the inbox, the live entry returns to the upstream's.

        A creation may be refused because its UID or name is taken: then what stands there is taken first; and where it
        is an entry that moved, whose old place is not empty yet, it waits for that.
        """
        href = outgoing.push.href
        theirs = self._ask(remote, href) if href else None
        if theirs is None:
            self._look_again(collection, remote, outgoing, report)
        if not self.pushes.still_waiting(outgoing):
            return
        if not href and self.pushes.leaves_elsewhere(outgoing):
            self.pushes.failed(outgoing, error, self.book.chance)
        else:
            self.pushes.rejected(collection, outgoing, error, theirs, report)

    def _read_back(
        self,
        collection: Collection,
        remote: RemoteCollection,
        sent: dict[str, tuple[Outgoing, str]],
        report: Round,
    ) -> None:
        hrefs = list(sent)
        for start in range(0, len(hrefs), FETCH_BATCH):
            for href, shown in self.provider.fetch(remote, hrefs[start : start + FETCH_BATCH]).items():
                if shown is not None and href in sent:
                    outgoing, version = sent[href]
                    self.pushes.read_back(collection, outgoing, shown, version, report)
