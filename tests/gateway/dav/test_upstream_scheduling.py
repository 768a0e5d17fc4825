"""What clients see of an upstream that schedules, over HTTP: where it is offered, addresses, and who is asked."""

from dataclasses import replace

import pytest

from storage.model import Account, Collection, CollectionKind, Level, Origin
from storage.tables import remotes
from tests.gateway.dav.door import CALDAV, DAV, Door, event

FAR = "/dav/alice/far/"
MEETING = event("m", "ORGANIZER:mailto:alice@corp.example\nATTENDEE:mailto:dave@corp.example\nSUMMARY:x")


@pytest.fixture
def far(door: Door) -> Account:
    """An account of alice's at an upstream that calls her alice@corp.example, with the calendar `far`."""
    wanted = Account(0, "far", "alice", "caldav", settings={"url": "https://corp.example/"})
    account = door.store.save_account(wanted)
    far = door.store.create_collection(
        account.id, "far", name="Far", kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.CLI
    )
    with door.store.db.atomic() as conn:
        remotes.set_addresses(conn, account.id, ["mailto:alice@corp.example"])
    delivers(door, far, True)
    return door.store.account("far")


def delivers(door: Door, collection: Collection, value: bool) -> None:
    with door.store.db.atomic() as conn:
        remotes.set_remote(conn, collection.n, href="/far/", props={}, read_only=False, schedules=value)


def offered(door: Door, path: str) -> bool:
    return "calendar-auto-schedule" in door.request("OPTIONS", path).headers["dav"]


@pytest.mark.usefixtures("far")
def test_scheduling_is_offered_where_the_upstream_delivers(door: Door) -> None:
    door.add_book("people")
    far = door.store.collection_at("alice", "far")
    assert door.request("PUT", f"{FAR}m.ics", MEETING).headers["schedule-tag"]
    assert offered(door, FAR)
    assert offered(door, f"{FAR}m.ics")
    assert not offered(door, "/dav/alice/people/")
    delivers(door, far, False)
    assert not offered(door, FAR)
    assert offered(door, "/dav/alice/")
    assert "schedule-tag" not in door.request("GET", f"{FAR}m.ics").headers
    found = door.propfind(f"{FAR}m.ics", "<C:schedule-tag/>").replies[f"{FAR}m.ics"]
    assert found.refused == {f"{CALDAV}schedule-tag": 404}
    again = door.request("PUT", f"{FAR}m.ics", MEETING.replace(":x", ":y"), {"If-Schedule-Tag-Match": '"x"'})
    assert again.status == 412


def test_a_user_whose_upstreams_deliver_nothing_is_offered_nothing(door: Door, far: Account) -> None:
    own = door.store.account("home-alice")
    door.store.save_account(replace(own, mirrored=True, provider="caldav"))
    assert offered(door, "/dav/alice/")
    assert offered(door, "/dav/alice/outbox/")
    delivers(door, door.store.collections(account=far.id)[0], False)
    assert not offered(door, "/dav/alice/")


def test_a_shared_calendar_is_delivered_as_its_owners_is(door: Door, far: Account) -> None:
    [collection] = door.store.collections(account=far.id)
    slug = door.store.share(collection.id, "bob", Level.WRITE).slug
    assert "calendar-auto-schedule" in door.request("OPTIONS", f"/dav/bob/{slug}/", user="bob").headers["dav"]


@pytest.mark.usefixtures("far")
def test_the_upstreams_addresses_are_ours(door: Door) -> None:
    name = f"{CALDAV}calendar-user-address-set"
    found = door.propfind("/dav/alice/", "<C:calendar-user-address-set/>").replies["/dav/alice/"].props[name]
    assert [each.text for each in found.iter(f"{DAV}href")] == [
        "mailto:alice@example.org",
        "mailto:alice@corp.example",
        "/dav/alice/",
    ]


@pytest.mark.usefixtures("far")
def test_what_the_upstream_delivers_is_delivered_once(door: Door) -> None:
    """bob is a user of ours, and still hears of the meeting from the upstream alone."""
    text = MEETING.replace("dave@corp.example", "bob@example.org")
    assert door.request("PUT", f"{FAR}m.ics", text).status == 201
    assert door.request("GET", f"{FAR}m.ics").text == text
    assert list(door.store.iter_entries(door.store.collection_at("bob", "work").id)) == []
    assert door.request("DELETE", f"{FAR}m.ics").status == 204
    inbox = door.store.mailbox("bob", CollectionKind.INBOX)
    assert inbox is not None
    assert list(door.store.iter_entries(inbox.id)) == []
