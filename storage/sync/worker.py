"""The sync process: owns the lease, the threads and the waiting; the engine itself knows neither thread nor sleep."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from random import random
from threading import Event
from time import monotonic

from storage.errors import CalHarborError, LeaseLost
from storage.model import Account
from storage.store import Store
from storage.sync.account import AccountRunner, MakeProvider
from storage.sync.book import Book, Work
from storage.sync.exactly import carry_out
from storage.sync.lease import TTL, SyncLease
from storage.sync.ledger import Ledger
from storage.sync.report import Outcome, Round
from storage.tables.requests import Request

POLL = 0.2
"""Seconds between two looks at whether another process has written: what a change made by a client waits at most."""

THREADS = 8
"""So many accounts are synchronised at the same time."""

_BUG = "an unexpected error"
_BUG_HINT = "the log of the sync process has it; please report it"

log = logging.getLogger("calharbor.sync")

Consumer = Callable[[], int]
"""A reader of the journal that lives in this process (the vdir, …): does a piece of its work, says how much it did."""


class Worker:
    """Drains the schedule until told to stop. `interval`: seconds between two rounds of a healthy collection."""

    def __init__(
        self,
        store: Store,
        make_provider: MakeProvider,
        *,
        interval: float = 60,
        on_round: Callable[[Round], None] = lambda _round: None,
        consumers: Sequence[Consumer] = (),
    ) -> None:
        self.store = store
        self.make_provider = make_provider
        self.on_round = on_round
        self.consumers = consumers
        self.lease = SyncLease(store.db)
        self.book = Book(Ledger(store, self.lease), interval=interval, chance=random)
        self._runners: dict[int, AccountRunner] = {}
        self._busy: dict[int, Future[None]] = {}
        self._consuming: Future[None] | None = None

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, or until another process takes the lease over. Waits while another one has it."""
        while not self.lease.acquire():
            if stop.wait(1):
                return
        self.book.requeue()
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sync")
        try:
            self._loop(stop, pool)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for runner in self._runners.values():
                runner.close()
            self.lease.release()

    def _loop(self, stop: Event, pool: ThreadPoolExecutor) -> None:
        renewed = monotonic()
        version, looked = -1, 0.0
        while not stop.is_set():
            if monotonic() - renewed > TTL / 4:
                if not self.lease.acquire():
                    log.warning("another process has taken over the sync; this one ends")
                    return
                renewed = monotonic()
            self._collect()
            seen = self.store.data_version()
            if seen != version or monotonic() - looked > 1:
                version, looked = seen, monotonic()
                self._dispatch(pool)
            stop.wait(POLL)

    def _collect(self) -> None:
        """Forget futures that are done; what they raised has been logged and stored where it happened."""
        for account_id, future in list(self._busy.items()):
            if future.done():
                del self._busy[account_id]
        if self._consuming and self._consuming.done():
            self._consuming = None

    def _dispatch(self, pool: ThreadPoolExecutor) -> None:
        """Hand out whatever is due to free threads: asked-for runs first, then each account with work."""
        if self._consuming is None and self.consumers:
            self._consuming = pool.submit(self._guard, "journal readers", self._consume)
        for request in self.book.asked():
            wanted = request.accounts
            targets = [a for a in self.store.accounts() if a.mirrored and (not wanted or a.id in wanted)]
            if any(account.id in self._busy for account in targets):
                continue
            self.book.request_started(request.n)
            future = pool.submit(self._guard, f"request {request.n}", self._answer, request, targets)
            self._busy.update({account.id: future for account in targets})
        for work in self.book.due():
            if work.account.id not in self._busy:
                self._busy[work.account.id] = pool.submit(self._guard, f"account {work.account.name}", self._work, work)

    def _guard(self, what: str, job: Callable[..., None], *arguments: object) -> None:
        """One of the loops that must not die: a bug in one account is logged and leaves the others alone."""
        try:
            job(*arguments)
        except LeaseLost:
            log.warning("%s: the lease was lost", what)
        except Exception:
            log.exception("%s: unexpected error", what)

    def _runner(self, account_id: int) -> AccountRunner:
        if account_id not in self._runners:
            self._runners[account_id] = AccountRunner(self.book, self.make_provider, on_round=self.on_round)
        return self._runners[account_id]

    def _work(self, work: Work) -> None:
        runner = self._runner(work.account.id)
        self.book.ledger.new_run(work.account.id)
        try:
            if not work.discover or runner.discover(work.account):
                runner.rounds(work.account, self.book.due_collections(work.account))
        except LeaseLost:
            raise
        except Exception:
            self.book.account_failed(work.account, CalHarborError(_BUG, hint=_BUG_HINT))
            raise

    def _answer(self, request: Request, accounts: Sequence[Account]) -> None:
        """Run what another process asked for, and write down what it will print."""
        outcome = Outcome(errors=[f"{_BUG}: {_BUG_HINT}"])

        def on_round(report: Round) -> None:
            self.book.request_line(request.n, report.as_json())

        try:
            found = Outcome()
            if request.plan:
                make = self.make_provider
                found = carry_out(request.plan, self.store, self.lease, make, accounts, on_round=on_round)
                accounts = ()
            for account in accounts:
                with closing(AccountRunner(self.book, self.make_provider, on_round=on_round)) as runner:
                    found.add(runner.converge(account))
            outcome = found
        finally:
            self.book.request_done(request.n, outcome)

    def _consume(self) -> None:
        for consumer in self.consumers:
            while consumer():
                pass
