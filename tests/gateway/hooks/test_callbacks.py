"""Applications that asked over the API to be told of changes: signed, merged, retried, and to nobody's harm."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.hooks.callbacks import CallbackDelivery
from gateway.hooks.outgoing import Outgoing
from storage import callbacks, clock
from storage.callbacks import MOST, PAUSES
from storage.errors import AccessDenied, NotFound
from storage.model import Collection, Origin
from storage.store import Store
from storage.sync.lease import SyncLease
from tests.gateway.hooks.receiver import Heard, Receiver, receiver
from tests.gateway.hooks.test_webhooks import NOON, calendar
from tests.storage.texts import event


class Bench:
    """A mirror with one calendar, a receiver, and what sends; time stands still but for `later`."""

    def __init__(self, store: Store, hook: Receiver, *, private: bool = True) -> None:
        self.store = store
        self.hook = hook
        self.now = NOON
        self.home = calendar(store, "home")
        self.lease = SyncLease(store.db)
        assert self.lease.acquire()
        self.delivery = CallbackDelivery(store, Outgoing(private=private), self.lease)

    def subscribe(self, collection: str | None = None, *, url: str = "", rate: int = 0) -> tuple[str, str]:
        """A subscription's id and secret."""
        place = self.home.id if collection is None else collection
        made, secret = callbacks.add(self.store, self.home.account_id, place, url or self.hook.url, rate)
        return made.id, secret

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


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = Store.open(tmp_path / "data", durable=False)
    store.save_user("alice", None)
    with receiver() as hook:
        hook.answer = lambda _heard: (204, b"")
        made = Bench(store, hook)
        with clock.use(lambda: made.now):
            yield made
    store.close()


def check(heard: Heard, secret: str) -> None:
    """Both signatures, as receivers compute them."""
    said = dict(part.split("=", 1) for part in heard.headers["x-onecal-signature"].split(","))
    plain = hmac.new(secret.encode(), f"{said['t']}.".encode() + heard.body, hashlib.sha256).hexdigest()
    assert said["v1"] == plain
    signed = f"{heard.headers['svix-id']}.{heard.headers['svix-timestamp']}.".encode() + heard.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    svix = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert heard.headers["svix-signature"] == f"v1,{svix}"


def test_changes_of_a_calendar_are_told_once(bench: Bench) -> None:
    bench.write("before")
    subscription, secret = bench.subscribe()
    bench.steps()
    assert bench.hook.heard == []
    bench.write("a")
    bench.write("b")
    bench.steps()
    [heard] = bench.hook.heard
    said = json.loads(heard.body)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "eventType": "calendar.event.changed",
        "endUserAccountId": str(bench.home.account_id),
        "calendarId": bench.home.id,
        "webhookSubscriptionId": subscription,
    }
    assert heard.headers["content-type"] == "application/json"
    check(heard, secret)
    bench.later(60)
    assert len(bench.hook.heard) == 1, "nothing new is nothing to tell"


def test_the_list_of_calendars_is_something_else(bench: Bench) -> None:
    bench.subscribe("")
    bench.write("a")
    bench.steps()
    assert bench.hook.heard == []
    bench.store.update_collection(bench.home.id, name="Other", origin=Origin.DAV)
    bench.steps()
    [heard] = bench.hook.heard
    assert json.loads(heard.body)["eventType"] == "calendar.event.unknown"
    assert "calendarId" not in json.loads(heard.body)


def test_what_happens_elsewhere_is_told_to_nobody(bench: Bench) -> None:
    bench.subscribe()
    bench.write("a", calendar(bench.store, "other"))
    bench.store.update_collection(bench.home.id, name="Renamed", origin=Origin.DAV)
    bench.steps()
    assert bench.hook.heard == []


def test_a_rate_is_kept(bench: Bench) -> None:
    bench.subscribe(rate=1)
    for name in "abc":
        bench.write(name)
        again = bench.steps()
    assert len(bench.hook.heard) == 1
    assert again == 1
    bench.later(1)
    assert len(bench.hook.heard) == 2, "and what waited is told in one"


def test_what_fails_is_tried_again_under_its_name_and_then_dropped(bench: Bench) -> None:
    bench.hook.answer = lambda _heard: (500, b"")
    bench.subscribe()
    bench.write("a")
    assert bench.steps() == PAUSES[0]
    for pause in PAUSES:
        bench.later(pause)
    assert len(bench.hook.heard) == 1 + len(PAUSES)
    assert len({each.headers["svix-id"] for each in bench.hook.heard}) == 1
    bench.later(100_000)
    assert len(bench.hook.heard) == 1 + len(PAUSES)
    bench.hook.answer = lambda _heard: (200, b"")
    bench.write("b")
    bench.steps()
    assert len(bench.hook.heard) == 2 + len(PAUSES)
    assert len({each.headers["svix-id"] for each in bench.hook.heard}) == 2


def test_a_dead_receiver_delays_nobody(bench: Bench) -> None:
    bench.subscribe(url="http://127.0.0.1:1/hook")
    bench.subscribe()
    bench.write("a")
    bench.steps()
    assert len(bench.hook.heard) == 1
    errors = [each.error for each in callbacks.of_account(bench.store, bench.home.account_id)]
    assert [bool(each) for each in errors] == [True, False]
    assert "hook" not in errors[0], "an address may hold a secret"


def test_nobody_reaches_into_this_machine(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "data", durable=False)
    store.save_user("alice", None)
    with receiver() as hook:
        bench = Bench(store, hook, private=False)
        with clock.use(lambda: bench.now):
            bench.subscribe()
            bench.write("a")
            bench.steps()
        assert hook.heard == []
    store.close()


def test_what_is_gone_takes_its_subscriptions_and_their_secrets_along(bench: Bench) -> None:
    mine, _ = bench.subscribe()
    listing, _ = bench.subscribe("")
    account = bench.home.account_id
    kept = bench.store.credentials
    bench.store.delete_collection(bench.home.id, origin=Origin.DAV)
    bench.steps()
    assert [each.id for each in callbacks.of_account(bench.store, account)] == [listing]
    assert kept.get(f"callback/{mine}") == {}
    bench.store.remove_account(account)
    bench.steps()
    assert callbacks.of_account(bench.store, account) == []
    assert kept.get(f"callback/{listing}") == {}


def test_a_subscription_ends(bench: Bench) -> None:
    mine, _ = bench.subscribe()
    with pytest.raises(NotFound):
        callbacks.remove(bench.store, bench.home.account_id + 1, mine)
    callbacks.remove(bench.store, bench.home.account_id, mine)
    bench.write("a")
    bench.steps()
    assert bench.hook.heard == []
    assert bench.store.credentials.get(f"callback/{mine}") == {}


def test_there_are_only_so_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "MOST", 1)
    bench.subscribe()
    with pytest.raises(AccessDenied):
        bench.subscribe()
    assert MOST > 1
