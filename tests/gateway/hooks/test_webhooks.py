"""Webhooks from the journal to a receiver: asked first, signed, once in a while, retried, and to nobody's harm."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from gateway.hooks.outgoing import Outgoing
from gateway.hooks.webhooks import WebhookDelivery, signature
from storage import clock, webhooks
from storage.errors import LeaseLost
from storage.model import Account, Collection, CollectionKind, Origin
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.webhooks import GAP, PAUSES
from tests.gateway.hooks.receiver import APPLICATION, Receiver, receiver
from tests.storage.texts import event, todo

KEY = "app-5f1d0c9e7b3a4826"
NOON = 4_000_000_000.0


class Bench:
    """A mirror with one calendar, a receiver, and what sends; time stands still but for `later`."""

    def __init__(self, store: Store, hook: Receiver) -> None:
        self.store = store
        self.hook = hook
        self.now = NOON
        self.home = calendar(store, "home")
        lease = SyncLease(store.db)
        assert lease.acquire()
        self.delivery = WebhookDelivery(store, lambda _name: KEY, Outgoing(private=True), lease)
        self.declare(hook=hook.url)

    def declare(self, **urls: str) -> None:
        webhooks.declare(self.store, {name: (url, APPLICATION) for name, url in urls.items()})

    def steps(self) -> float:
        """Let everything happen that is due; when to look again, in seconds from now."""
        again = self.delivery.step()
        end = time.monotonic() + 20
        while self.delivery.busy:
            assert time.monotonic() < end, "a message does not end"
            time.sleep(0.005)
            again = self.delivery.step()
        return again - self.now

    def later(self, seconds: float) -> float:
        self.now += seconds
        return self.steps()

    def write(self, name: str, place: Collection | None = None) -> None:
        self.store.put_entry((place or self.home).id, name, event(name), origin=Origin.DAV)


def calendar(store: Store, name: str) -> Collection:
    account = store.save_account(Account(0, name, "alice", "local", mirrored=False))
    return store.create_collection(
        account.id, name, name=name, kind=CollectionKind.CALENDAR, components=["VEVENT", "VTODO"], origin=Origin.CLI
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = Store.open(tmp_path / "data", durable=False)
    store.save_user("alice", None)
    with receiver() as hook:
        made = Bench(store, hook)
        with clock.use(lambda: made.now):
            yield made
    store.close()


def signed(body: bytes) -> str:
    """The signature as somebody else computes it."""
    mac = HMAC(KEY.encode(), SHA256())
    mac.update(body)
    return base64.b64encode(mac.finalize()).decode()


def test_a_receiver_is_asked_first_and_told_then(bench: Bench) -> None:
    bench.store.subscribe(bench.home.account_id)
    bench.write("a")
    bench.steps()
    asked, told = bench.hook.heard
    assert asked.body == b""
    assert told.body == f"account={bench.home.account_id}".encode()
    for each in (asked, told):
        assert each.headers["content-type"] == "application/x-www-form-urlencoded"
        assert each.headers["x-kloudless-signature"] == signed(each.body)
    assert webhooks.receivers(bench.store)[0].verified == clock.iso(NOON)
    bench.later(60)
    assert len(bench.hook.heard) == 2, "nothing new is nothing to tell"


def test_at_most_one_message_in_five_seconds(bench: Bench) -> None:
    bench.store.subscribe(bench.home.account_id)
    bench.steps()
    for name in "abc":
        bench.write(name)
        again = bench.steps()
    assert len(bench.hook.heard) == 2
    assert again == GAP
    assert bench.later(GAP - 1) == 1
    assert len(bench.hook.heard) == 2
    bench.later(1)
    assert len(bench.hook.heard) == 3, "and none of them is forgotten"


def test_only_what_an_active_subscription_is_about(bench: Bench) -> None:
    account = bench.home.account_id
    bench.write("before")
    off = bench.store.subscribe(account)
    bench.store.update_subscription(account, off.n, active=False)
    other = calendar(bench.store, "other")
    bench.steps()
    bench.write("a")
    bench.write("x", other)
    bench.store.put_entry(bench.home.id, "task", todo(), origin=Origin.DAV)
    bench.later(60)
    assert bench.hook.bodies == [b""]
    bench.store.subscribe(account, [bench.home.id])
    bench.later(60)
    assert bench.hook.bodies == [b""], "it follows from now on"
    bench.write("b")
    bench.later(60)
    assert bench.hook.bodies == [b"", f"account={account}".encode()]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(500, b"calendar-app", "status 500"), (200, b"other", "id of the application"), (302, b"", "status 302")],
)
def test_what_fails_is_tried_again_three_times_and_then_dropped(
    bench: Bench, status: int, body: bytes, why: str
) -> None:
    bench.store.subscribe(bench.home.account_id)
    bench.steps()
    bench.hook.answer = lambda _heard: (status, body)
    bench.write("a")
    assert bench.steps() == PAUSES[0]
    for number, pause in enumerate(PAUSES):
        assert webhooks.dead_letters(bench.store) == []
        bench.later(pause - 1)
        assert len(bench.hook.heard) == 2 + number
        bench.later(1)
        assert len(bench.hook.heard) == 3 + number
    (letter,) = webhooks.dead_letters(bench.store)
    assert (letter.webhook, letter.account, letter.attempts) == ("hook", bench.home.account_id, 4)
    assert why in letter.error
    assert letter.after < bench.store.head() == letter.through
    bench.later(86_400)
    assert len(bench.hook.heard) == 5
    bench.hook.answer = lambda _heard: (200, b"calendar-app\n")
    bench.write("b")
    bench.steps()
    assert len(bench.hook.heard) == 6, "the next activity is told"


def test_a_receiver_that_does_not_answer_is_asked_again(bench: Bench) -> None:
    bench.store.subscribe(bench.home.account_id)
    bench.hook.answer = lambda _heard: (404, b"")
    bench.steps()
    bench.write("a")
    assert bench.later(1) == PAUSES[0] - 1
    for pause in (*PAUSES, PAUSES[-1]):
        bench.later(pause)
    assert bench.hook.bodies == [b""] * 5
    assert "404" in webhooks.receivers(bench.store)[0].error
    bench.hook.answer = lambda _heard: (200, APPLICATION.encode())
    bench.later(PAUSES[-1])
    assert bench.hook.bodies[5:] == [b"", f"account={bench.home.account_id}".encode()], "nothing was forgotten"


def test_a_slow_receiver_delays_nobody_and_not_more_than_its_own(bench: Bench) -> None:
    places = [bench.home, *(calendar(bench.store, f"c{n}") for n in range(9))]
    for place in places:
        bench.store.subscribe(place.account_id)
    bench.steps()
    go_on = Event()

    def slowly(_heard: object) -> tuple[int, bytes]:
        go_on.wait(20)
        return 200, APPLICATION.encode()

    with receiver() as quick:
        bench.declare(hook=bench.hook.url, quick=quick.url)
        bench.steps()
        bench.hook.answer = slowly
        for place in places:
            bench.write("a", place)
        end = time.monotonic() + 20
        while len(quick.heard) < 1 + len(places) and time.monotonic() < end:
            bench.delivery.step()
            time.sleep(0.01)
        assert len(quick.heard) == 1 + len(places)
        assert len(bench.hook.heard) == 1 + 4, "so many at once, and no more"
        go_on.set()
        bench.steps()
        assert sorted(bench.hook.bodies[1:]) == sorted(f"account={place.account_id}".encode() for place in places)


def test_a_receiver_that_is_declared_otherwise_begins_anew(bench: Bench) -> None:
    bench.store.subscribe(bench.home.account_id)
    bench.steps()
    bench.write("a")
    with receiver() as other:
        bench.declare(hook=other.url)
        bench.later(60)
        assert other.bodies == [b""], "it is told of what happens from now on"
        bench.write("b")
        bench.later(60)
        assert len(other.heard) == 2
    bench.declare()
    assert webhooks.receivers(bench.store) == []
    assert webhooks.turns(bench.store) == []
    bench.write("c")
    bench.later(60)
    assert bench.hook.bodies == [b""]


def test_what_has_been_forgotten_meanwhile_is_told_all_the_same(bench: Bench) -> None:
    bench.store.subscribe(bench.home.account_id)
    bench.hook.answer = lambda _heard: (404, b"")
    bench.steps()
    bench.write("a")
    bench.hook.answer = lambda _heard: (200, APPLICATION.encode())
    bench.now += 400 * 86_400
    bench.store.compact(clock.iso())
    bench.steps()
    assert len(bench.hook.heard) == 3


def test_only_who_holds_the_lease_sends(bench: Bench) -> None:
    other = SyncLease(bench.store.db)
    with bench.store.db.atomic() as conn:
        conn.execute("DELETE FROM leases")
    assert other.acquire()
    with pytest.raises(LeaseLost):
        bench.delivery.step()
    assert bench.hook.heard == []


def test_the_signature_is_that_of_the_contract() -> None:
    assert signature(KEY, b"account=101") == signed(b"account=101")
