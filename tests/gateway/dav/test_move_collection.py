"""MOVE and COPY of whole calendars, and that none is ever replaced by another."""

import pytest

from gateway.dav.names import caldav, dav
from storage.model import Account, CollectionKind, Level, Origin
from tests.gateway.dav.door import Door, Got, event

WORK = "/dav/alice/work/"


def transfer(door: Door, method: str, target: str = "/dav/alice/new/", **headers: str) -> Got:
    return door.request(method, WORK, headers={"Destination": target, **headers})


def test_a_moved_calendar_is_the_same_under_another_name(door: Door) -> None:
    door.put("a.ics", event("a"))
    before = door.store.collection_at("alice", "work")
    token = door.sync().xml.findtext(dav("sync-token")) or ""
    got = transfer(door, "MOVE")
    assert (got.status, got.headers["location"]) == (201, "/dav/alice/new/")
    after = door.store.collection_at("alice", "new")
    assert (after.id, after.name) == (before.id, "Work")
    assert door.propfind(WORK).status == 404
    assert door.request("GET", "/dav/alice/new/a.ics").text == event("a")
    body = f'<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><prop><getetag/></prop></sync-collection>'
    assert door.report(body, "/dav/alice/new/").replies == {}


def test_a_move_shows_in_the_home(door: Door) -> None:
    body = '<sync-collection xmlns="DAV:"><sync-token>{}</sync-token><prop><getetag/></prop></sync-collection>'
    token = door.report(body.format(""), "/dav/alice/").xml.findtext(dav("sync-token")) or ""
    transfer(door, "MOVE")
    replies = door.report(body.format(token), "/dav/alice/").replies
    assert {href: reply.status for href, reply in replies.items()} == {"/dav/alice/new/": 207, WORK: 404}


@pytest.mark.parametrize(("depth", "names"), [("infinity", {"new", "a.ics"}), ("", {"new", "a.ics"}), ("0", {"new"})])
def test_a_copied_calendar_is_a_twin(door: Door, depth: str, names: set[str]) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    assert transfer(door, "COPY", **({"Depth": depth} if depth else {})).status == 201
    assert door.propfind("/dav/alice/new/", "<getetag/>", "1").names == names
    old, new = (door.store.collection_at("alice", slug) for slug in ("work", "new"))
    assert (new.name, new.components, new.id == old.id) == (old.name, old.components, False)
    assert door.request("GET", f"{WORK}a.ics").headers["etag"] == etag
    door.request("DELETE", "/dav/alice/new/")
    assert door.request("GET", f"{WORK}a.ics").status == 200


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_what_is_refused_changes_nothing(door: Door, method: str) -> None:
    door.put("a.ics", event("a"))
    door.add_calendar("taken")
    head = door.store.head()
    for target, headers, status in (
        ("/dav/alice/taken/", {}, 403),
        ("/dav/alice/taken/", {"Overwrite": "T"}, 403),
        ("/dav/alice/taken/", {"Overwrite": "F"}, 412),
        ("/dav/alice/work/", {}, 403),
        ("/dav/alice/work/inside/", {}, 403),
        ("/dav/alice/", {}, 403),
        ("/dav/bob/new/", {}, 403),
        ("/dav/bob/work/", {}, 403),
        ("/elsewhere/", {}, 502),
        ("/dav/alice/new/", {"Depth": "1"}, 400),
        ("/dav/alice/new/", {"If-Match": '"x"'}, 412),
        ("/dav/alice/a%0Ab/", {}, 403),
    ):
        assert transfer(door, method, target, **headers).status == status, (target, headers)
    inside = transfer(door, method, "/dav/alice/taken/x/")
    assert inside.conditions == {caldav("calendar-collection-location-ok")}
    assert door.store.head() == head


def test_a_shared_calendar_is_copied_into_ones_own_and_stays_where_it_is(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.store.share(door.store.collection_at("alice", "work").id, "bob", Level.READ)
    [href] = list(door.request("PROPFIND", "/dav/bob/", "", {"Depth": "1"}, user="bob").replies)[2:-2]
    target = {"Destination": "/dav/bob/new/"}
    assert door.request("MOVE", href, headers=target, user="bob").status == 403
    assert door.request("COPY", href, headers=target, user="bob").status == 201
    assert door.request("PUT", "/dav/bob/new/a.ics", event("a", "SUMMARY:mine"), user="bob").status == 204
    assert door.request("GET", f"{WORK}a.ics").text == event("a")


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_mailboxes_stay_the_only_ones_where_they_are(door: Door, method: str) -> None:
    head = door.store.head()
    got = door.request(method, "/dav/alice/inbox/", headers={"Destination": "/dav/alice/new/"})
    assert (got.status, door.store.head()) == (403, head)


def test_a_calendar_that_is_being_made_upstream_keeps_its_name(door: Door) -> None:
    account = door.store.save_account(Account(0, "far", "alice", "caldav", mirrored=True))
    made = door.store.create_collection(
        account.id,
        "far",
        name="Far",
        kind=CollectionKind.CALENDAR,
        components=("VEVENT",),
        origin=Origin.DAV,
    )
    with door.store.db.atomic() as conn:
        conn.execute("UPDATE outbox SET attempts = 1 WHERE collection_n = ?", (made.n,))
    got = door.request("MOVE", "/dav/alice/far/", headers={"Destination": "/dav/alice/near/"})
    assert (got.status, got.headers["retry-after"]) == (503, "1")
