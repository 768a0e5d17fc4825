"""Upstreams that are asked when somebody is busy: answers, failures, and those that never answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage import clock
from storage.errors import NeedsLogin, RateLimited, Rejected, Unreachable, UpstreamError
from storage.model import Account, State
from storage.provider import FreeBusy, Provider, RawAnswer, RawRequest
from storage.scheduling import asking as asking_module
from storage.scheduling.asking import LONG_REST, REST, UNAVAILABLE, UNSUPPORTED, Asking, whom_to_ask

DAVE, EVE = "mailto:dave@corp.example", "mailto:eve@corp.example"
WORK = Account(101, "work", "alice", "memory", email="alice@corp.example")
HOME = Account(102, "home", "alice", "memory", email="alice@home.example")


class Upstream(MemoryProvider):
    """Answers as a memory upstream does, or with an error, or not before it is let; counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__(MemoryUpstream())
        self.upstream.busy[DAVE] = [(100, 200)]
        self.error: UpstreamError | None = None
        self.answers = Event()
        self.answers.set()
        self.asked: list[Sequence[str]] = []
        self.made = self.closed = 0

    def make(self, _account: Account) -> Provider:
        self.made += 1
        return self

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        self.asked.append(addresses)
        self.answers.wait(30)
        if self.error is not None:
            raise self.error
        return super().free_busy(addresses, start, end)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(clock, "timestamp", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


def statuses(asking: Asking, *addresses: str, account: Account = WORK) -> list[str]:
    told = asking.free_busy([(account, addresses)], 0, 1_000)
    return [told[each].status for each in addresses]


def test_what_the_upstream_says(upstream: Upstream) -> None:
    asking = Asking(upstream.make)
    told = asking.free_busy([(WORK, [DAVE, EVE])], 150, 1_000)
    assert told[DAVE].periods == {"BUSY": [(150, 200)]}
    assert told[EVE].status == "3.7;Invalid calendar user"
    assert asking.free_busy([], 0, 1) == {}


def test_the_adapter_stays_open_until_the_account_changes(upstream: Upstream) -> None:
    asking = Asking(upstream.make)
    statuses(asking, DAVE)
    statuses(asking, DAVE, account=replace(WORK, as_of="2026-01-01", state=State.FRESH))
    assert (upstream.made, upstream.closed) == (1, 0)
    statuses(asking, DAVE, account=replace(WORK, settings={"url": "https://other.example/"}))
    assert (upstream.made, upstream.closed) == (2, 1)


@pytest.mark.parametrize(
    ("error", "status", "rest"),
    [
        (Unreachable("x"), UNAVAILABLE, REST),
        (NeedsLogin("x"), UNAVAILABLE, REST),
        (RateLimited("x", retry_after=500), UNAVAILABLE, 500),
        (Rejected("x"), UNSUPPORTED, LONG_REST),
    ],
)
def test_after_a_failure_it_is_left_alone(
    upstream: Upstream, later: Callable[[float], None], error: UpstreamError, status: str, rest: float
) -> None:
    asking = Asking(upstream.make)
    upstream.error = error
    assert statuses(asking, DAVE) == [status]
    upstream.error = None
    later(rest - 1)
    assert statuses(asking, DAVE, EVE) == [status, status]
    assert len(upstream.asked) == 1, "asking meanwhile does not make the rest longer, either"
    later(2)
    assert statuses(asking, DAVE) == ["2.0;Success"]
    assert (upstream.made, upstream.closed) == (2, 1)


@pytest.mark.usefixtures("later")
def test_an_upstream_that_does_not_answer_keeps_nobody_waiting(upstream: Upstream) -> None:
    asking = Asking(upstream.make, patience=0.05)
    upstream.answers.clear()
    assert statuses(asking, DAVE) == [UNAVAILABLE]
    assert statuses(asking, DAVE) == [UNAVAILABLE], "the first question is still under way"
    assert len(upstream.asked) == 1
    upstream.answers.set()
    patient = Asking(upstream.make)
    assert statuses(patient, DAVE) == ["2.0;Success"]


def test_a_late_answer_ends_the_rest(upstream: Upstream) -> None:
    asking = Asking(upstream.make, patience=0.05)
    upstream.answers.clear()
    assert statuses(asking, DAVE) == [UNAVAILABLE]
    upstream.answers.set()
    while statuses(asking, DAVE) != ["2.0;Success"]:
        pass
    assert (upstream.made, upstream.closed) == (1, 0)


def test_one_silent_upstream_takes_nothing_from_the_others(upstream: Upstream) -> None:
    silent = Upstream()
    silent.answers.clear()
    asking = Asking(lambda account: (silent if account.id == HOME.id else upstream).make(account), patience=0.5)
    told = asking.free_busy([(HOME, [EVE]), (WORK, [DAVE])], 0, 1_000)
    assert (told[EVE].status, told[DAVE].status) == (UNAVAILABLE, "2.0;Success")
    silent.answers.set()


def test_a_bug_of_an_adapter_is_not_taken_for_an_answer(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.excepthook", lambda _args: None)
    monkeypatch.setattr(upstream, "upstream", None)
    with pytest.raises(AttributeError):
        statuses(Asking(upstream.make), DAVE)


@pytest.mark.parametrize(
    ("organizer", "address", "asked"),
    [
        ("mailto:alice@home.example", DAVE, WORK),  # a colleague, whatever she calls herself
        ("mailto:alice@home.example", "mailto:eve@elsewhere.example", HOME),
        ("mailto:alice@corp.example", "mailto:eve@elsewhere.example", WORK),
        ("mailto:somebody@x.example", "mailto:eve@elsewhere.example", None),
        ("mailto:alice@corp.example", "/dav/eve/", None),
        ("mailto:alice@corp.example", "urn:uuid:1", None),
    ],
)
def test_who_is_asked_about_whom(organizer: str, address: str, asked: Account | None) -> None:
    assert whom_to_ask([WORK, HOME], organizer, address) == asked


@pytest.mark.parametrize(
    "state", [{"paused": True}, {"mirrored": False}, {"state": State.NEEDS_LOGIN}, {"state": State.BLOCKED}]
)
def test_an_account_that_cannot_be_asked_is_not(state: dict[str, bool | State]) -> None:
    work = Account(**{**{name: getattr(WORK, name) for name in ("id", "name", "user", "provider", "email")}, **state})
    assert whom_to_ask([work], "mailto:alice@corp.example", DAVE) is None


class Passing(Upstream):
    """One that takes requests of clients."""

    def pass_through(self, request: RawRequest) -> RawAnswer:
        self.answers.wait(30)
        if self.error is not None:
            raise self.error
        return RawAnswer(200, {}, f"{request.method} {request.uri}".encode())


def test_a_request_in_the_words_of_the_upstream() -> None:
    upstream = Passing()
    asking = Asking(upstream.make)
    assert asking.pass_through(WORK, RawRequest("GET", "/x")) == RawAnswer(200, {}, b"GET /x")
    upstream.error = NeedsLogin("no")
    with pytest.raises(NeedsLogin):
        asking.pass_through(WORK, RawRequest("GET", "/x"))
    assert upstream.closed == 1
    upstream.error = None
    assert asking.pass_through(WORK, RawRequest("GET", "/y")).body == b"GET /y"
    assert statuses(asking, DAVE) == ["2.0;Success"], "a failure of such a request lets nobody rest"


def test_a_request_to_an_upstream_that_takes_none_or_gives_no_answer(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unreachable):
        Asking(upstream.make).pass_through(WORK, RawRequest("GET", "/x"))
    monkeypatch.setattr(asking_module, "LONG_PATIENCE", 0.05)
    passing = Passing()
    passing.answers.clear()
    asking = Asking(passing.make)
    for _ in range(2):
        with pytest.raises(Unreachable):
            asking.pass_through(WORK, RawRequest("GET", "/x"))
    passing.answers.set()
