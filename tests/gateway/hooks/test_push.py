"""Push messages from the journal to the phone: at once, merged, once, to nobody else, and through every failure."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from gateway.hooks import push as hooks
from gateway.hooks.outgoing import Outgoing
from gateway.hooks.push import PER_HOST, PushDelivery
from gateway.http.webpush import Offer, Vapid
from storage import clock, ids
from storage import push as storage_push
from storage.errors import StoreBusy
from storage.model import Level, Origin
from storage.push import LONGEST, QUIET
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.tables import push as rows
from storage.tables.push import Registration
from tests.gateway.dav.door import Door, event
from tests.gateway.hooks.service import NS, Phone, PushService, Sent, push_service

WORK, HOME = "/dav/alice/work/", "/dav/alice/"
VAPID = Vapid(Vapid.new())
TOKEN = f"{NS}content-update/{{DAV:}}sync-token"
PATIENCE = 20.0


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path / "data", push=Offer(VAPID.public, private=True))
    yield opened
    opened.store.close()


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@contextmanager
def delivering(store: Store) -> Iterator[None]:
    """What the sync process does beside its rounds."""
    lease = SyncLease(store.db)
    assert lease.acquire()
    delivery = PushDelivery(store, VAPID, Outgoing(private=True), lease, contact="mailto:me@example.org")
    stop = Event()
    thread = Thread(target=delivery.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        lease.release()


def register(door: Door, phone: Phone, endpoint: str, path: str = WORK, user: str = "alice", trigger: str = "") -> str:
    """Register as a client does; the path of the registration."""
    body = phone.registration(endpoint, trigger=trigger or None)
    got = door.request("POST", path, body, {"Content-Type": "application/xml", "Host": "h"}, user=user)
    assert got.status == 201, got.text
    return urlsplit(got.headers["location"]).path


def registrations(door: Door) -> list[Registration]:
    with door.store.db.snapshot() as conn:
        return rows.every(conn)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def told(door: Door) -> bool:
    """Whether every registration knows everything."""
    with door.store.db.snapshot() as conn:
        return not rows.news(conn)


def silences(door: Door) -> int:
    with door.store.db.snapshot() as conn:
        count: int = conn.execute("SELECT count(*) FROM push_silences").fetchone()[0]
    return count


def upstream_writes(door: Door, uid: str, slug: str = "work", user: str = "alice") -> None:
    collection = door.store.collection_at(user, slug)
    door.store.put_entry(collection.id, f"{uid}.ics", event(uid), origin=Origin.UPSTREAM)


def test_a_change_upstream_reaches_the_phone(door: Door, service: PushService) -> None:
    phone = Phone()
    register(door, phone, f"{service.url}/up/1")
    with delivering(door.store):
        upstream_writes(door, "a")
        (sent,) = service.wait()
        message = phone.read(sent)
        collection = door.store.collection_at("alice", "work")
        assert message.findtext(f"{NS}topic") == collection.id
        assert message.findtext(TOKEN) == ids.sync_token(door.store.id, collection.id, collection.seq)
        assert message.find(f"{NS}property-update") is None
        wanted = {"content-encoding": "aes128gcm", "ttl": "86400", "urgency": "normal"}
        assert wanted.items() <= sent.headers.items()
        assert sent.headers["authorization"].startswith("vapid t=")
        assert sent.headers["authorization"].endswith(f"k={VAPID.public}")
        assert collection.id not in str(sent.headers)
        until(lambda: told(door))
    assert len(service.sent) == 1


def test_the_token_in_a_message_is_one_that_the_client_gets(door: Door, service: PushService) -> None:
    phone = Phone()
    register(door, phone, service.url)
    with delivering(door.store):
        upstream_writes(door, "a")
        (sent,) = service.wait()
    token = phone.read(sent).findtext(TOKEN) or ""
    assert door.sync(token).replies == {}, "a client that has the token already has nothing to fetch"


def test_a_burst_is_one_message_or_few(door: Door, service: PushService) -> None:
    phone = Phone()
    register(door, phone, service.url)
    began = time.monotonic()
    for number in range(60):
        upstream_writes(door, f"e{number}")
    lasted = time.monotonic() - began
    with delivering(door.store):
        service.wait()
        until(lambda: told(door))
    assert len(service.sent) <= 3 + lasted / hooks.GAP
    assert phone.read(service.sent[-1]).findtext(TOKEN) == ids.sync_token(
        door.store.id, door.store.collection_at("alice", "work").id, door.store.head()
    )


def test_a_restart_loses_nothing(door: Door, service: PushService) -> None:
    phone = Phone()
    register(door, phone, service.url)
    with delivering(door.store):
        upstream_writes(door, "a")
        service.wait()
        until(lambda: told(door))
    upstream_writes(door, "b")  # while nobody sends
    with delivering(Store.open(door.store.folder)):
        service.wait(2)
        until(lambda: told(door))
    assert len(service.sent) == 2


def test_a_crash_between_sending_and_noting_doubles_at_worst(door: Door, service: PushService) -> None:
    phone = Phone()
    register(door, phone, service.url)
    upstream_writes(door, "a")
    lease = SyncLease(door.store.db)
    assert lease.acquire()
    crashing = PushDelivery(door.store, VAPID, Outgoing(private=True), lease)
    until(lambda: crashing.step() is False)  # the message is under way, and nobody will note that it arrived
    service.wait()
    lease.release()
    with delivering(door.store):
        service.wait(2)
        until(lambda: told(door))
    first, second = (phone.read(sent).findtext(TOKEN) for sent in service.sent)
    assert first == second


def test_what_cannot_be_noted_now_is_noted_later(
    door: Door, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([StoreBusy("busy"), StoreBusy("busy")])
    settle = storage_push.settle

    def busy_at_first(store: Store, outcomes: Sequence[storage_push.Outcome]) -> None:
        for failure in failures:
            raise failure
        settle(store, outcomes)

    monkeypatch.setattr(storage_push, "settle", busy_at_first)
    register(door, Phone(), service.url)
    with delivering(door.store):
        upstream_writes(door, "a")
        until(lambda: told(door))
        upstream_writes(door, "b")
        service.wait(2)
        until(lambda: told(door))
    assert len(service.sent) == 2


def test_nobody_sends_without_the_sync_lease(door: Door, service: PushService) -> None:
    register(door, Phone(), service.url)
    upstream_writes(door, "a")
    other = SyncLease(door.store.db)
    assert other.acquire()
    delivery = PushDelivery(door.store, VAPID, Outgoing(private=True), SyncLease(door.store.db))
    stop = Event()
    thread = Thread(target=delivery.run, args=(stop,))
    thread.start()
    time.sleep(LONGEST + 0.5)
    stop.set()
    thread.join(PATIENCE)
    assert service.sent == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_removed(door: Door, service: PushService, status: int) -> None:
    service.answer = lambda sent: (status if sent.path == "/old" else 201, {})
    register(door, Phone(), f"{service.url}/old")
    register(door, Phone(), f"{service.url}/new")
    with delivering(door.store):
        upstream_writes(door, "a")
        until(lambda: len(registrations(door)) == 1 and told(door))
        upstream_writes(door, "b")
        service.wait(2, "/new")
    assert len(service.to("/old")) == 1
    assert [one.endpoint for one in registrations(door)] == [f"{service.url}/new"]


def test_a_push_service_in_trouble_is_asked_again(
    door: Door, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "FIRST_PAUSE", 0.05)
    answers = iter([(503, {}), (429, {"Retry-After": "1"}), (302, {"Location": f"{service.url}/elsewhere"}), (201, {})])
    service.answer = lambda _sent: next(answers)
    register(door, Phone(), f"{service.url}/up")
    with delivering(door.store):
        upstream_writes(door, "a")
        sent = service.wait(4)
        until(lambda: told(door))
    assert {each.path for each in sent} == {"/up"}, "no redirect is followed"
    assert sent[2].at - sent[1].at >= 1, "Retry-After is obeyed"
    assert registrations(door)[0].failures == 0


def test_a_push_service_that_keeps_refusing_is_believed(
    door: Door, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "FIRST_PAUSE", 0.01)
    service.answer = lambda _sent: (403, {})
    register(door, Phone(), service.url)
    with delivering(door.store):
        upstream_writes(door, "a")
        until(lambda: registrations(door) == [])
    assert len(service.sent) == hooks.MOST_REFUSED


def test_a_slow_push_service_delays_nobody_else(door: Door, service: PushService) -> None:
    stuck = Event()

    def answer(sent: Sent) -> tuple[int, dict[str, str]]:
        stuck.wait(PATIENCE)
        return 201, {}

    with push_service() as slow:
        slow.answer = answer
        for number in range(PER_HOST + 2):
            register(door, Phone(), f"{slow.url}/{number}")
        register(door, Phone(), service.url, "/dav/bob/work/", "bob")
        register(door, Phone(), f"{service.url}/alice")
        with delivering(door.store):
            upstream_writes(door, "a")
            upstream_writes(door, "b", user="bob")
            service.wait(2)
            assert len(slow.sent) <= PER_HOST
            stuck.set()
            slow.wait(PER_HOST + 2)


def test_registrations_are_held_to_a_rate(door: Door, service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "FREE", 2)
    monkeypatch.setattr(hooks, "GAP", 60.0)
    register(door, Phone(), service.url)
    with delivering(door.store):
        for number in range(2):
            upstream_writes(door, f"e{number}")
            service.wait(number + 1)
            until(lambda: told(door))
        upstream_writes(door, "more")
        time.sleep(LONGEST + 0.5)
    assert len(service.sent) == 2
    assert not told(door), "it waits, and is not forgotten"


def test_changes_without_a_pause_are_told_now_and_then() -> None:
    sent = hooks._Sent()
    told = 0
    for tenth in range(600):
        if sent.may(tenth / 10, quiet=False):
            sent.moments.append(tenth / 10)
            told += 1
    assert told == 60 / hooks.GAP
    assert sent.may(60.0, quiet=True), "the last of them is told as soon as there is a pause"


def test_a_share_is_told_of_until_it_ends(door: Door, service: PushService) -> None:
    phone, source = Phone(), door.store.collection_at("alice", "work")
    shared = door.store.share(source.id, "bob", Level.READ)
    register(door, phone, service.url, f"/dav/bob/{shared.slug}/", "bob")
    with delivering(door.store):
        upstream_writes(door, "a")
        (sent,) = service.wait()
        until(lambda: told(door))
        message = phone.read(sent)
        assert message.findtext(f"{NS}topic") == shared.id
        token = message.findtext(TOKEN) or ""
        asked = f"<sync-token>{token}</sync-token><sync-level>1</sync-level><prop/>"
        body = f'<sync-collection xmlns="DAV:">{asked}</sync-collection>'
        got = door.request("REPORT", f"/dav/bob/{shared.slug}/", body, user="bob")
        assert (got.status, got.replies) == (207, {})
        door.store.unshare(source.id, "bob")
        upstream_writes(door, "b")
        until(lambda: registrations(door) == [])
    assert len(service.sent) == 1


def test_who_follows_a_home_hears_of_what_others_share_with_them(door: Door, service: PushService) -> None:
    """Also of what is shared no more, and of what is gone with its owner's calendar."""
    phone, source = Phone(), door.store.collection_at("alice", "work")
    other = door.store.collection(door.add_calendar("other"))
    register(door, phone, f"{service.url}/bob", "/dav/bob/", "bob")
    register(door, Phone(), f"{service.url}/alice", HOME, "alice")
    steps: list[Callable[[], object]] = [
        partial(door.store.share, source.id, "bob", Level.READ),
        partial(door.store.share, source.id, "bob", Level.WRITE),
        partial(door.store.share, other.id, "bob", Level.BUSY),
        partial(door.store.unshare, source.id, "bob"),
        partial(door.store.delete_collection, other.id, origin=Origin.DAV),
    ]

    def heard() -> int:
        return [sent.path for sent in service.sent].count("/bob")

    with delivering(door.store):
        for step in steps:
            before = heard()
            step()
            until(lambda: told(door))
            assert heard() == before + 1
    assert phone.read(service.sent[0]).find(f"{NS}content-update") is not None
    assert [sent.path for sent in service.sent].count("/alice") == 1, "only the deletion concerns her own home"


def test_properties_and_content_are_told_apart(door: Door, service: PushService) -> None:
    depth = "<D:depth>1</D:depth>"
    phones = {name: Phone() for name in ("content", "property", "home")}
    register(door, phones["content"], f"{service.url}/content", trigger=f"<content-update>{depth}</content-update>")
    register(door, phones["property"], f"{service.url}/property", trigger=f"<property-update>{depth}</property-update>")
    register(door, phones["home"], f"{service.url}/home", HOME)
    with delivering(door.store):
        upstream_writes(door, "a")
        service.wait(1, "/content")
        until(lambda: told(door))
        assert len(service.sent) == 1
        door.store.update_collection(
            door.store.collection_at("alice", "work").id, name="Renamed", origin=Origin.UPSTREAM
        )
        service.wait(1, "/property")
        service.wait(1, "/home")
        until(lambda: told(door))
        door.add_calendar("new")
        made = service.wait(2, "/home")[-1]
        until(lambda: told(door))
    assert len(service.sent) == 4
    message = phones["property"].read(service.to("/property")[0])
    assert (message.find(f"{NS}content-update"), message.find(f"{NS}property-update") is None) == (None, False)
    assert service.to("/property")[0].headers["urgency"] == "low"
    assert phones["home"].read(made).find(f"{NS}content-update") is not None


def test_the_end_of_a_collection_is_told_and_ends_its_registrations(door: Door, service: PushService) -> None:
    phone = Phone()
    register(door, phone, service.url)
    topic = door.store.collection_at("alice", "work").id
    with delivering(door.store):
        door.store.delete_collection(topic, origin=Origin.UPSTREAM)
        (sent,) = service.wait()
        until(lambda: registrations(door) == [])
    message = phone.read(sent)
    assert (message.findtext(f"{NS}topic"), message.findtext(TOKEN)) == (topic, None)
    assert message.find(f"{NS}content-update") is not None


def test_expired_registrations_and_revoked_devices_hear_nothing(door: Door, service: PushService) -> None:
    register(door, Phone(), f"{service.url}/revoked")
    register(door, Phone(), f"{service.url}/bob", "/dav/bob/work/", "bob")
    register(door, Phone(), f"{service.url}/expired", "/dav/bob/work/", "bob")
    with door.store.db.atomic() as conn:
        conn.execute("UPDATE push_registrations SET expires = 1 WHERE endpoint LIKE '%expired'")
    (device,) = door.store.devices("alice")
    door.store.revoke_device(device.id)
    with delivering(door.store):
        upstream_writes(door, "a")
        upstream_writes(door, "b", user="bob")
        service.wait(1, "/bob")
        until(lambda: told(door))
    assert len(service.sent) == 1
    assert len(registrations(door)) == 1


def test_what_a_user_cannot_see_any_more_is_not_told(door: Door, service: PushService) -> None:
    """A registration whose collection is not found under its user (a share that ended) is removed, in silence."""
    register(door, Phone(), service.url)
    with door.store.db.atomic() as conn:
        conn.execute("UPDATE push_registrations SET collection_id = 'shared-once'")
    with delivering(door.store):
        upstream_writes(door, "a")
        until(lambda: registrations(door) == [])
    assert service.sent == []


@pytest.mark.parametrize("named", ["own", "everybody", "foreign", "nonsense"])
def test_who_made_the_change_need_not_be_told(door: Door, service: PushService, named: str) -> None:
    own = register(door, Phone(), f"{service.url}/own")
    register(door, Phone(), f"{service.url}/other")
    foreign = register(door, Phone(), f"{service.url}/bob", "/dav/bob/work/", "bob")
    value = {
        "own": f'"http://h{own}"',
        "everybody": "*",
        "foreign": f'"http://h{foreign}", "http://h{foreign.replace("bob", "alice")}"',
        "nonsense": f'{own}, "", "http://h/dav/alice/.push/", %%%, *',
    }[named]
    with delivering(door.store):
        assert door.put("a.ics", event("a")).status == 201, "nothing is silenced without the header"
        service.wait(1, "/own")
        service.wait(1, "/other")
        until(lambda: told(door))
        assert door.put("b.ics", event("b"), {"Push-Dont-Notify": value}).status == 201
        until(lambda: told(door))
        quiet = len(service.to("/own")), len(service.to("/other"))
        assert quiet == {"own": (1, 2), "everybody": (1, 1)}.get(named, (2, 2))
        upstream_writes(door, "c")
        upstream_writes(door, "d", user="bob")
        service.wait(1, "/bob")
        service.wait(quiet[0] + 1, "/own")
        service.wait(quiet[1] + 1, "/other")
        until(lambda: silences(door) == 0)


def test_a_change_waits_only_for_a_moment_of_quiet(door: Door, service: PushService) -> None:
    assert QUIET < LONGEST < 2
    register(door, Phone(), service.url)
    lease = SyncLease(door.store.db)
    assert lease.acquire()
    delivery = PushDelivery(door.store, VAPID, Outgoing(private=True), lease)
    moment = now = clock.timestamp()
    with clock.use(lambda: now):
        upstream_writes(door, "a")
        now = moment + QUIET / 2
        assert delivery.step() is True
        assert service.sent == []
        now = moment + QUIET + 0.01
        assert delivery.step() is False
        service.wait(1)
