"""What clients see of an upstream that schedules, over HTTP: where it is offered, addresses, and who is asked."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event

import pytest

from gateway.dav.asgi import THREADS, WAITING_THREADS
from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.errors import Unreachable
from storage.model import Account, Collection, CollectionKind, Level, Origin
from storage.provider import FreeBusy
from storage.scheduling.asking import Asking
from storage.tables import outbox, remotes
from tests.gateway.dav.door import CALDAV, DAV, PASSWORD, Door, Got, call, event

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
@pytest.mark.parametrize(("headers", "notify"), [({}, True), ({"Schedule-Reply": "F"}, False)])
def test_a_write_in_silence_goes_up_in_silence(door: Door, headers: dict[str, str], notify: bool) -> None:
    assert door.request("PUT", f"{FAR}m.ics", MEETING, headers).status == 201
    far = door.store.collection_at("alice", "far")
    (waiting,) = outbox.entries(door.store.db.reader(), far.n, float("inf"))
    assert waiting.notify is notify
    assert "<http://calharbor.invalid/ns/silence>" in door.request("OPTIONS", FAR).headers["dav"]


@pytest.mark.usefixtures("far")
def test_a_collection_says_through_which_mirrors_it_came(door: Door) -> None:
    far = door.store.collection_at("alice", "far")
    with door.store.db.atomic() as conn:
        remotes.set_remote(
            conn, far.n, href="/far/", props={}, read_only=False, schedules=True, via=("first", "second")
        )
    ours = "{http://calharbor.invalid/ns/}via"
    found = door.propfind(FAR, '<via xmlns="http://calharbor.invalid/ns/"/>').replies[FAR]
    assert found.text(ours).split() == [door.store.id, "first", "second"]


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


QUESTION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:q\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260310T000000Z\r\nDTEND:20260311T000000Z\r\nORGANIZER:%s\r\n"
    "ATTENDEE:mailto:Dave@corp.example\r\nATTENDEE:mailto:eve@corp.example\r\nATTENDEE:mailto:bob@example.org\r\n"
    "ATTENDEE:/dav/nobody/\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
)


def ask(door: Door, organizer: str) -> dict[str, tuple[str, str]]:
    """Status and calendar data by recipient."""
    got = door.request("POST", "/dav/alice/outbox/", QUESTION % organizer, {"Content-Type": "text/calendar"})
    assert got.status == 200, got.text
    return {
        each.findtext(f"{CALDAV}recipient/{DAV}href", ""): (
            each.findtext(f"{CALDAV}request-status", ""),
            each.findtext(f"{CALDAV}calendar-data", ""),
        )
        for each in got.xml.findall(f"{CALDAV}response")
    }


@pytest.mark.usefixtures("far")
@pytest.mark.parametrize("organizer", ["mailto:alice@corp.example", "mailto:alice@example.org", "/dav/alice/"])
def test_upstreams_are_asked_about_those_who_are_not_ours(door: Door, organizer: str) -> None:
    upstream = MemoryUpstream()
    ten = 1_773_136_800  # 2026-03-10T10:00:00Z
    upstream.busy["mailto:dave@corp.example"] = [(ten, ten + 3600), (ten + 1800, ten + 5400)]
    door.mount(Asking(lambda _account: MemoryProvider(upstream)))
    door.request("PUT", "/dav/bob/work/b.ics", event("b"), user="bob")
    told = ask(door, organizer)
    status, data = told["mailto:Dave@corp.example"]
    assert status == "2.0;Success"
    assert "FREEBUSY;FBTYPE=BUSY:20260310T100000Z/20260310T113000Z\r\n" in data
    assert {f"ORGANIZER:{organizer}", "ATTENDEE:mailto:Dave@corp.example", "UID:q"} <= set(data.split("\r\n"))
    assert told["mailto:eve@corp.example"] == ("3.7;Invalid calendar user", "")
    assert told["mailto:bob@example.org"][0] == "2.0;Success"
    assert told["/dav/nobody/"] == ("3.7;Invalid calendar user", "")


@pytest.mark.usefixtures("far")
def test_an_upstream_that_fails_is_one_persons_status(door: Door) -> None:
    class Down(MemoryProvider):
        """Does not answer."""

        def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
            raise Unreachable("no connection")

    door.mount(Asking(lambda _account: Down(MemoryUpstream())))
    told = ask(door, "mailto:alice@corp.example")
    assert told["mailto:eve@corp.example"] == ("5.1;Service unavailable", "")
    assert told["mailto:bob@example.org"][0] == "2.0;Success"


@pytest.mark.usefixtures("far")
def test_what_an_upstream_calls_a_status_is_checked(door: Door) -> None:
    class Odd(MemoryProvider):
        """Answers something else than a status."""

        def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
            return {each: FreeBusy("</x><y>\x00") for each in addresses}

    door.mount(Asking(lambda _account: Odd(MemoryUpstream())))
    assert ask(door, "mailto:alice@corp.example")["mailto:eve@corp.example"] == ("3.7;Invalid calendar user", "")


@pytest.mark.usefixtures("far")
def test_who_waits_for_an_upstream_keeps_nobody_else_waiting(door: Door) -> None:
    """More questions than the endpoint has threads, to an upstream that does not answer; everybody else is served."""
    answers = Event()

    class Silent(MemoryProvider):
        """Does not answer before it is let."""

        def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
            answers.wait(30)
            return super().free_busy(addresses, start, end)

    door.mount(Asking(lambda _account: Silent(MemoryUpstream())))
    token = base64.b64encode(f"alice:{PASSWORD}-alice".encode()).decode()
    headers = {"authorization": f"Basic {token}", "content-type": "text/calendar"}
    question = (QUESTION % "mailto:alice@corp.example").encode()

    async def scene() -> tuple[int, list[Got]]:
        asking = [
            asyncio.ensure_future(call(door.app, "POST", "/dav/alice/outbox/", question, headers))
            for _ in range(THREADS + WAITING_THREADS)
        ]
        try:
            got = await call(door.app, "PROPFIND", "/dav/alice/", b"", {**headers, "depth": "0"})
            assert not any(each.done() for each in asking)
        finally:
            answers.set()
        return got.status, await asyncio.gather(*asking)

    status, asked = asyncio.run(scene())
    assert status == 207
    assert {each.status for each in asked} == {200}
