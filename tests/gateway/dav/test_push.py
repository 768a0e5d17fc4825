"""WebDAV-Push at the endpoint: what is offered, registration as the draft and as DAVx5 does it, and its end."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.http.webpush import Offer, Vapid
from storage import clock, push
from storage.push import MOST
from storage.tables import push as rows
from storage.tables.push import Registration
from tests.gateway.dav.door import DAV, Door, Got, event
from tests.gateway.hooks.service import NS, Phone

WORK = "/dav/alice/work/"
UP = "https://up.example.net/yohd4yai5Phiz1wi"
KEY = Vapid(Vapid.new()).public
XML = {"Content-Type": 'application/xml; charset="utf-8"', "Host": "cal.example.org"}
ALL = (
    "<content-update><D:depth>infinity</D:depth></content-update>"
    "<property-update><D:depth>0</D:depth></property-update>"
)
ASKED = '<P:transports xmlns:P="https://bitfire.at/webdav-push"/>' + "".join(
    f'<P:{name} xmlns:P="https://bitfire.at/webdav-push"/>' for name in ("topic", "supported-triggers")
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path / "data", push=Offer(KEY))
    yield opened
    opened.store.close()


def register(door: Door, body: bytes, path: str = WORK, user: str = "alice") -> Got:
    return door.request("POST", path, body, XML, user=user)


def registrations(door: Door) -> list[Registration]:
    with door.store.db.snapshot() as conn:
        return rows.every(conn)


def test_what_supports_push_says_so(door: Door) -> None:
    got = door.request("OPTIONS", WORK)
    assert "webdav-push" in got.headers["dav"].replace(" ", "").split(",")
    assert "POST" in got.headers["allow"]


def test_a_collection_tells_how_it_is_followed(door: Door) -> None:
    reply = door.propfind(WORK, ASKED).replies[WORK]
    key = reply.props[f"{NS}transports"].find(f"{NS}web-push/{NS}vapid-public-key")
    assert key is not None
    assert (key.get("type"), key.text) == ("p256ecdsa", KEY)
    triggers = reply.props[f"{NS}supported-triggers"]
    assert triggers.findtext(f"{NS}content-update/{DAV}depth") == "1"
    assert triggers.findtext(f"{NS}property-update/{DAV}depth") == "0"
    below = door.propfind("/dav/alice/", ASKED, "1").replies.values()
    topics = {each.text(f"{NS}topic") for each in below if f"{NS}topic" in each.props}
    assert len(topics) == 2, "each resource has a topic of its own"
    assert reply.text(f"{NS}topic") in topics


def test_entries_and_the_root_have_no_topic(door: Door) -> None:
    door.put("a.ics", event("a"))
    for path in (f"{WORK}a.ics", "/dav/"):
        assert set(door.propfind(path, ASKED).replies[path].refused.values()) == {404}


def test_nothing_is_offered_where_it_is_off(tmp_path: Path) -> None:
    door = Door(tmp_path / "off")
    assert "webdav-push" not in door.request("OPTIONS", WORK).headers["dav"]
    assert set(door.propfind(WORK, ASKED).replies[WORK].refused.values()) == {404}
    got = register(door, Phone().registration(UP))
    assert (got.status, got.conditions) == (403, {f"{NS}push-not-available"})
    door.store.close()


def test_registration_renewal_and_removal(door: Door) -> None:
    phone = Phone()
    body = phone.registration(UP, trigger=ALL, encoding="aes128gcm")
    first = register(door, body)
    assert first.status == 201
    location = first.headers["location"]
    assert location.startswith("http://cal.example.org/dav/alice/.push/")
    again = register(door, body)
    assert (again.status, again.headers["location"]) == (204, location)
    assert len(registrations(door)) == 1
    path = location.removeprefix("http://cal.example.org")
    assert door.request("DELETE", path, user="bob").status == 403
    assert door.request("GET", path).status == 404
    assert door.request("DELETE", path).status == 204
    assert registrations(door) == []
    assert door.request("DELETE", path).status == 404


def test_what_davx5_sends_is_enough(door: Door) -> None:
    expires = format_datetime(datetime.fromtimestamp(clock.timestamp() + 3 * 86400, UTC), usegmt=True)
    got = register(door, Phone().registration(UP, expires=expires))
    assert (got.status, got.headers["expires"]) == (201, expires)
    (kept,) = registrations(door)
    assert (kept.content, kept.properties) == (1, 0)


def test_no_registration_lasts_longer_than_a_week(door: Door) -> None:
    with clock.use(lambda: 1_800_000_000.0):
        for asked in ("", "Fri, 01 Jan 2038 00:00:00 GMT"):
            got = register(door, Phone().registration(UP, expires=asked))
            end = parsedate_to_datetime(got.headers["expires"])
            assert end.timestamp() <= clock.timestamp() + 7 * 86_400 or got.status != 201


@pytest.mark.parametrize("expires", ["tomorrow", "Wed, 20 Dec 2023 10:03:31 GMT", "Wed, 99 Dec 2023 10:03:31 GMT"])
def test_an_expiry_that_is_none_is_refused(door: Door, expires: str) -> None:
    assert register(door, Phone().registration(UP, expires=expires)).status == 400
    assert registrations(door) == []


@pytest.mark.parametrize(
    ("trigger", "kept"),
    [
        ("<content-update><D:depth>1</D:depth></content-update>", (1, None)),
        ("<content-update><D:depth>0</D:depth></content-update>", (0, None)),
        ("<property-update><D:depth>1</D:depth><D:prop><D:displayname/></D:prop></property-update>", (None, 0)),
        (ALL, (1, 0)),
    ],
)
def test_a_trigger_gets_what_there_is(door: Door, trigger: str, kept: tuple[int | None, int | None]) -> None:
    assert register(door, Phone().registration(UP, trigger=trigger)).status == 201
    (one,) = registrations(door)
    assert (one.content, one.properties) == kept


@pytest.mark.parametrize("trigger", ["", "<moon-rise/>"])
def test_a_trigger_that_names_nothing_supported(door: Door, trigger: str) -> None:
    got = register(door, Phone().registration(UP, trigger=trigger))
    assert (got.status, got.conditions) == (403, {f"{NS}no-supported-trigger"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (UP, "http://up.example.net/x"),
        (UP, "https://127.0.0.1/x"),
        (UP, ""),
        ("web-push-subscription", "pigeon-subscription"),
        ("subscription-public-key", "another-key"),
        ('type="p256dh"', 'type="rsa"'),
        ("auth-secret>", "auth-secrets>"),
        ("aes128gcm", "aesgcm"),
    ],
)
def test_subscriptions_that_are_refused(door: Door, old: str, new: str) -> None:
    body = Phone().registration(UP, encoding="aes128gcm").decode()
    assert old in body
    got = register(door, body.replace(old, new).encode())
    assert (got.status, got.conditions) == (403, {f"{NS}invalid-subscription"})
    assert registrations(door) == []


def test_entries_and_foreign_collections_are_not_followed(door: Door) -> None:
    door.put("a.ics", event("a"))
    for path in (f"{WORK}a.ics", "/dav/"):
        got = register(door, Phone().registration(UP), path)
        assert (got.status, got.conditions) == (403, {f"{NS}push-not-available"})
    assert register(door, Phone().registration(UP), "/dav/bob/work/").status == 403
    assert register(door, Phone().registration(UP), "/dav/alice/nowhere/").status == 404
    assert door.request("POST", WORK, Phone().registration(UP), XML, user=None).status == 401
    assert registrations(door) == []


def test_other_posts_are_not_answered(door: Door) -> None:
    for body, headers in ((b"<a/>", XML), (b"", XML), (b"x=1", {"Content-Type": "text/plain"}), (b"", {})):
        assert door.request("POST", WORK, body, headers).status == 405


def test_there_is_an_end_to_registrations(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 200
    monkeypatch.setattr(push, "MOST", 2)
    phone = Phone()
    for number in range(2):
        assert register(door, phone.registration(f"{UP}{number}")).status == 201
    got = register(door, phone.registration(f"{UP}2"))
    assert (got.status, got.conditions) == (403, {f"{NS}push-not-available"})
    assert register(door, phone.registration(f"{UP}1")).status == 204
    assert register(door, phone.registration(UP), "/dav/bob/work/", "bob").status == 201


def test_no_collection_takes_the_place_of_registrations(door: Door) -> None:
    assert door.request("MKCALENDAR", "/dav/alice/.push/").status == 403


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_document_is_more_than_refused(door: Door, junk: bytes) -> None:
    body = Phone().registration(UP, trigger=ALL)
    for cut in (junk, body[: len(junk)] + junk, body.replace(b"infinity", junk.hex().encode())):
        assert register(door, cut).status < 500
