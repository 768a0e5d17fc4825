"""Asks upstreams for somebody who waits for the answer, and never for long: when people are busy (RFC 6638 §5), or
whatever a client wants to say to an upstream in its own words.

It is the process of the waiting client that asks, through an adapter of its own, and not the one that runs the sync.
Such a question writes nothing here, moves no cursor and needs no lease; the answer is of use to nobody else; and behind
a round that mirrors ten thousand entries it would come too late.

Every question has a thread of its own, which may be left behind: whatever the upstream does, the caller has an answer
after `patience` seconds. An account is asked one question at a time, and after a failure not about people for a while.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from storage import clock
from storage.errors import CalHarborError, ConfigError, RateLimited, Rejected, Unreachable, UpstreamError
from storage.model import Account, State
from storage.provider import FreeBusy, PassesThrough, Provider, RawAnswer, RawRequest
from storage.scheduling.people import own

PATIENCE = 8.0
"""Seconds that a client is kept waiting for an upstream."""

LONG_PATIENCE = 30.0
"""The same for a request that the client itself made up."""

REST, LONG_REST = 60.0, 900.0
"""Seconds for which an upstream that failed, or that answers no such questions, is not asked again."""

UNAVAILABLE = "5.1;Service unavailable"
UNSUPPORTED = "5.3;No scheduling support for user"
"""Request statuses (RFC 5546 §3.6)."""

Told = Mapping[str, FreeBusy]

Said = TypeVar("Said")


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

    def adapter(self, account: Account, make: Callable[[Account], Provider]) -> Provider:
        """The account's adapter; only for who holds the lock."""
        if self.provider is None or self.made_for is None or _login(self.made_for) != _login(account):
            self.close()
            self.provider, self.made_for = make(account), account
        return self.provider

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
        under_way = [
            (account, named, _begun(partial(self._ask, self._line(account), account, named, start, end)))
            for account, named in questions
        ]
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

    def pass_through(self, account: Account, request: RawRequest) -> RawAnswer:
        """Say something to an account's upstream in its own words; the answer as it is.

        Raises what `PassesThrough.pass_through` does, `ConfigError`, and `Unreachable` for an upstream that takes no
        such requests, or has not answered in time: whether it still does what was asked nobody knows.
        """
        try:
            return _begun(partial(self._passed, self._line(account), account, request)).result(LONG_PATIENCE)
        except TookTooLong:
            raise Unreachable(f"{account.name}: no answer within {LONG_PATIENCE:.0f} seconds") from None

    def _passed(self, line: _Line, account: Account, request: RawRequest) -> RawAnswer:
        if not line.lock.acquire(timeout=LONG_PATIENCE):
            raise Unreachable(f"{account.name}: an earlier request is still without an answer")
        try:
            provider = line.adapter(account, self._make_provider)
            if not isinstance(provider, PassesThrough):
                raise Unreachable(f"{account.name}: this kind of upstream takes no requests of clients")
            return provider.pass_through(request)
        except UpstreamError:
            line.close()
            raise
        finally:
            line.lock.release()

    def _ask(self, line: _Line, account: Account, addresses: Sequence[str], start: int, end: int) -> Told:
        """What the upstream says; nothing while it rests, or where it fails, which makes it rest."""
        if not line.lock.acquire(timeout=self._patience):
            return {}  # an earlier question is still without an answer
        try:
            if clock.timestamp() < line.rests_until:
                return {}
            said = line.adapter(account, self._make_provider).free_busy(addresses, start, end)
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


def _begun(work: Callable[[], Said]) -> "Future[Said]":
    """What will come of work that a thread of its own does. A bug there shows on standard error too."""
    future: Future[Said] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except CalHarborError as error:
            future.set_exception(error)
        except BaseException as error:
            future.set_exception(error)
            raise

    # A daemon: an upstream that does not answer must not hold up the end of the process.
    Thread(target=run, name="asking", daemon=True).start()
    return future


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
