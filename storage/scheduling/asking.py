"""Asks upstreams when somebody is busy (RFC 6638 §5), for a person who waits for the answer: never for long.

It is the process of the waiting client that asks, through an adapter of its own, and not the one that runs the sync.
Such a question writes nothing, moves no cursor and needs no lease; the answer is of use to nobody else; and behind a
round that mirrors ten thousand entries it would come too late.

Every question has a thread of its own, which may be left behind: whatever the upstream does, the caller has an answer
after `patience` seconds. An account is asked one question at a time, and after a failure not at all for a while.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import monotonic

from storage import clock
from storage.errors import ConfigError, RateLimited, Rejected, UpstreamError
from storage.model import Account, State
from storage.provider import FreeBusy, Provider
from storage.scheduling.people import own

PATIENCE = 8.0
"""Seconds that a client is kept waiting for an upstream."""

REST, LONG_REST = 60.0, 900.0
"""Seconds for which an upstream that failed, or that answers no such questions, is not asked again."""

UNAVAILABLE = "5.1;Service unavailable"
UNSUPPORTED = "5.3;No scheduling support for user"
"""Request statuses (RFC 5546 §3.6)."""

Told = Mapping[str, FreeBusy]


@dataclass(slots=True)
class _Line:
    """One account's upstream: its adapter while it works, and for which account it was made.

    `rests_until` (seconds since 1970): until when it is not asked, and everybody gets the status `resting`.
    """

    lock: Lock = field(default_factory=Lock)
    provider: Provider | None = None
    made_for: Account | None = None
    rests_until: float = 0.0
    resting: str = ""

    def rest(self, seconds: float, status: str) -> None:
        """Ask it no more for a while."""
        self.rests_until, self.resting = clock.timestamp() + seconds, status

    def close(self) -> None:
        """Let go of the connections."""
        if self.provider is not None:
            self.provider.close()
        self.provider = None


class Asking:
    """The upstreams of all accounts, as one process asks them. Safe to use from any number of threads."""

    def __init__(self, make_provider: Callable[[Account], Provider], *, patience: float = PATIENCE) -> None:
        self._make_provider = make_provider
        self._patience = patience
        self._lines: dict[int, _Line] = {}

    def free_busy(self, questions: Sequence[tuple[Account, Sequence[str]]], start: int, end: int) -> Told:
        """When the calendar users (`mailto:…`) named to each account are busy inside [start, end), by address.

        All are asked at once. Whoever an upstream says nothing about has a status that says why.
        """
        until = monotonic() + self._patience
        under_way = [(account, named, self._begin(account, named, start, end)) for account, named in questions]
        told: dict[str, FreeBusy] = {}
        for account, named, future in under_way:
            line = self._line(account)
            said: Told = {}
            try:
                said = future.result(max(0.0, until - monotonic()))
                missing = line.resting or UNAVAILABLE
            except TookTooLong:
                missing = UNAVAILABLE
                line.rest(REST, UNAVAILABLE)
            told.update({address: said.get(address) or FreeBusy(missing) for address in named})
        return told

    def _begin(self, account: Account, addresses: Sequence[str], start: int, end: int) -> "Future[Told]":
        future: Future[Told] = Future()

        def run() -> None:
            try:
                future.set_result(self._ask(self._line(account), account, addresses, start, end))
            except BaseException as error:
                future.set_exception(error)
                raise

        # A daemon: an upstream that does not answer must not hold up the end of the process.
        Thread(target=run, name="free-busy", daemon=True).start()
        return future

    def _ask(self, line: _Line, account: Account, addresses: Sequence[str], start: int, end: int) -> Told:
        """What the upstream says; nothing while it rests, or where it fails, which makes it rest."""
        if not line.lock.acquire(timeout=self._patience):
            return {}  # an earlier question is still without an answer
        try:
            if clock.timestamp() < line.rests_until:
                return {}
            if line.provider is None or line.made_for is None or _login(line.made_for) != _login(account):
                line.close()
                line.provider, line.made_for = self._make_provider(account), account
            said = line.provider.free_busy(addresses, start, end)
            line.rest(0.0, "")
        except (UpstreamError, ConfigError) as error:
            line.close()
            line.rest(*_rest(error))
            return {}
        else:
            return said
        finally:
            line.lock.release()

    def _line(self, account: Account) -> _Line:
        return self._lines.setdefault(account.id, _Line())


def can_be_asked(account: Account) -> bool:
    """Whether there is an upstream that could answer: none that is paused, or waits for a person to sign in again."""
    return account.mirrored and not account.paused and account.state not in (State.NEEDS_LOGIN, State.BLOCKED)


def whom_to_ask(owned: Sequence[Account], organizer: str, address: str) -> Account | None:
    """Which of a user's accounts is asked about an address; None where it concerns none of them.

    One that has an address in the same domain, else the organizer's own: colleagues are nobody else's business. All
    addresses are in normal form.
    """
    if not address.startswith("mailto:"):
        return None
    at = address.rpartition("@")[2]
    fit = [account for account in owned if can_be_asked(account)]
    near = [account for account in fit if at in {each.rpartition("@")[2] for each in own(account)}]
    return next(iter([*near, *(account for account in fit if organizer in own(account))]), None)


def _login(account: Account) -> tuple[object, ...]:
    """What an adapter is made from."""
    return account.provider, account.name, account.email, dict(account.settings)


def _rest(error: UpstreamError | ConfigError) -> tuple[float, str]:
    """For how many seconds an upstream is left alone after an error, and the status meanwhile."""
    if isinstance(error, Rejected):
        return LONG_REST, UNSUPPORTED
    wait = error.retry_after if isinstance(error, RateLimited) else None
    return wait or REST, UNAVAILABLE
