"""One account's rounds: its list of collections first, then each collection; the provider stays open in between."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from storage.errors import CalHarborError, ConfigError, NotFound, UpstreamError
from storage.model import Account, Collection, State
from storage.provider import Provider
from storage.sync.book import Book
from storage.sync.discovery import Discovery
from storage.sync.engine import Engine
from storage.sync.report import Outcome, Round

MakeProvider = Callable[[Account], Provider]

PASSES = 5
"""So often a run repeats its rounds until nothing is left to do; an upstream that keeps changing is left for later."""


class AccountRunner:
    """Runs the rounds of one account, from one thread at a time."""

    def __init__(
        self,
        book: Book,
        make_provider: MakeProvider,
        *,
        on_round: Callable[[Round], None] = lambda _round: None,
        progress: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self.book = book
        self.make_provider = make_provider
        self.on_round = on_round
        self.progress = progress
        self._provider: Provider | None = None

    def discover(self, account: Account) -> bool:
        """Bring the list of collections up to date; whether that worked. The account's state says why not."""
        try:
            Discovery(self.book, self._open(account)).run(account)
        except (UpstreamError, ConfigError) as error:
            self._failed(account, error)
            return False
        except NotFound:
            return False  # the account was removed meanwhile
        return True

    def rounds(self, account: Account, collections: Sequence[Collection]) -> list[Round]:
        """One round for each of these collections; stops early when the account's login is refused."""
        done: list[Round] = []
        try:
            engine = Engine(self.book, self._open(account), progress=self.progress)
            for collection in self.book.emptied_first(account, collections):
                report = engine.round(collection)
                done.append(report)
                self.on_round(report)
        except (UpstreamError, ConfigError) as error:
            self._failed(account, error)
        else:
            with suppress(NotFound):
                self.book.account_done(account)
        return done

    def converge(self, account: Account) -> Outcome:
        """Discovery and rounds until nothing is left to do, or until something waits, or fails."""
        if account.paused:
            return Outcome()
        self.book.ledger.new_run(account.id)
        if self.discover(account):
            for _ in range(PASSES):
                done = self.rounds(account, self.book.mirrored(account))
                if not any(report.pushed or report.state is State.WAITING for report in done):
                    break
        try:
            return self.book.outcome(account)
        except NotFound:
            return Outcome()  # the account was removed meanwhile

    def close(self) -> None:
        """Let go of the connections to the upstream."""
        if self._provider:
            self._provider.close()
            self._provider = None

    def _open(self, account: Account) -> Provider:
        if self._provider is None:
            self._provider = self.make_provider(account)
        return self._provider

    def _failed(self, account: Account, error: CalHarborError) -> None:
        self.close()
        with suppress(NotFound):
            self.book.account_failed(account, error)
