"""Scheduling over HTTP (RFC 6638): mailboxes, whose address is whose, and when others are busy."""

from xml.etree.ElementTree import Element

import pytest

from storage import mailboxes, window
from storage.mailboxes import MAILBOXES
from storage.model import Account, CollectionKind, Kind, Origin
from storage.store import Store
from tests.gateway.dav.door import CALDAV, DAV, NAMESPACES, Door, Got, event

INBOX, OUTBOX = "/dav/alice/inbox/", "/dav/alice/outbox/"
MESSAGE = event("m", "ORGANIZER:mailto:bob@example.org\nATTENDEE:mailto:alice@example.org").replace(
    "VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"
)


SYNC = (
    f"<sync-collection {NAMESPACES}><sync-token>%s</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
    "</sync-collection>"
)


def deliver(store: Store, user: str = "alice") -> None:
    with store.db.atomic() as conn:
        mailboxes.deliver(conn, user, MESSAGE, "m", Kind.EVENT, at="2026-03-01T00:00:00.000Z")


def ask(door: Door, *attendees: str, organizer: str = "mailto:alice@example.org", more: str = "") -> Got:
    lines = "".join(f"ATTENDEE:{each}\n" for each in attendees)
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\nMETHOD:REQUEST\nBEGIN:VFREEBUSY\nUID:q\n"
        f"DTSTAMP:20260101T000000Z\nDTSTART:20260310T000000Z\nDTEND:20260311T000000Z\nORGANIZER:{organizer}\n"
        f"{lines}{more}END:VFREEBUSY\nEND:VCALENDAR\n"
    )
    return door.request("POST", OUTBOX, text.replace("\n", "\r\n"), {"Content-Type": "text/calendar; charset=utf-8"})


def answers(got: Got) -> dict[str, tuple[str, str]]:
    """Status and calendar data by recipient."""
    assert got.status == 200, got.text
    assert got.xml.tag == f"{CALDAV}schedule-response"
    return {
        response.findtext(f"{CALDAV}recipient/{DAV}href", ""): (
            response.findtext(f"{CALDAV}request-status", ""),
            response.findtext(f"{CALDAV}calendar-data", ""),
        )
        for response in got.xml.findall(f"{CALDAV}response")
    }


def hrefs(prop: Element) -> list[str]:
    return [each.text or "" for each in prop.iter(f"{DAV}href")]


def test_the_principal_leads_to_both_mailboxes(door: Door) -> None:
    names = "<C:schedule-inbox-URL/><C:schedule-outbox-URL/><C:schedule-default-calendar-URL/><C:calendar-user-type/>"
    props = door.propfind("/dav/alice/", names).replies["/dav/alice/"].props
    assert hrefs(props[f"{CALDAV}schedule-inbox-URL"]) == [INBOX]
    assert hrefs(props[f"{CALDAV}schedule-outbox-URL"]) == [OUTBOX]
    assert hrefs(props[f"{CALDAV}schedule-default-calendar-URL"]) == ["/dav/alice/work/"]
    assert props[f"{CALDAV}calendar-user-type"].text == "INDIVIDUAL"
    home = door.propfind("/dav/alice/", "<resourcetype/><current-user-privilege-set/>", "1").replies
    for href, kind, privilege in ((INBOX, "schedule-inbox", "deliver"), (OUTBOX, "schedule-outbox", "send")):
        types = {each.tag for each in home[href].props[f"{DAV}resourcetype"]}
        assert types == {f"{DAV}collection", f"{CALDAV}{kind}"}
        granted = {each[0].tag for each in home[href].props[f"{DAV}current-user-privilege-set"]}
        assert f"{CALDAV}schedule-{privilege}" in granted
        assert f"{DAV}write-content" not in granted


def test_the_addresses_are_those_of_all_accounts_the_default_one_first(door: Door) -> None:
    door.store.save_account(
        Account(0, "club", "alice", "caldav", email="Alice@Club.example", settings={"default": "yes", "url": "x"})
    )
    props = door.propfind("/dav/alice/", "<C:calendar-user-address-set/>").replies["/dav/alice/"].props
    assert hrefs(props[f"{CALDAV}calendar-user-address-set"]) == [
        "mailto:alice@club.example",
        "mailto:alice@example.org",
        "/dav/alice/",
    ]
    assert [each.get("preferred") for each in props[f"{CALDAV}calendar-user-address-set"]] == ["1", None, None]


def test_a_collection_that_is_called_inbox_keeps_its_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store.open(tmp_path_factory.mktemp("old"))
    store.save_user("alice", None)
    account = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
    for kind in MAILBOXES:
        with store.db.atomic() as conn:  # as in a mirror from before there were mailboxes
            conn.execute("DELETE FROM collections WHERE kind = ?", (kind,))
    for slug in ("inbox", "outbox", "outbox-2"):
        store.create_collection(
            account.id, slug, name=slug, kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.CLI
        )
    store.close()
    store = Store.open(store.folder)
    slugs = {kind: box.slug for kind in MAILBOXES if (box := store.mailbox("alice", kind))}
    assert slugs == {CollectionKind.INBOX: "inbox-2", CollectionKind.OUTBOX: "outbox-3"}
    assert [each.slug for each in store.collections(user="alice")] == ["inbox", "outbox", "outbox-2"]
    store.close()


def test_mailboxes_go_with_the_last_account_and_stay_with_any_other(door: Door) -> None:
    first = next(account for account in door.store.accounts("alice"))
    second = door.store.save_account(Account(0, "second", "alice", "local", mirrored=False))
    deliver(door.store)
    door.store.remove_account(first.id)
    box = door.store.mailbox("alice", CollectionKind.INBOX)
    assert box is not None
    assert box.account_id == second.id
    assert len(door.store.listing(box.id)) == 1
    door.store.remove_account(second.id)
    assert door.store.mailbox("alice", CollectionKind.INBOX) is None
    assert door.propfind("/dav/alice/", "<C:schedule-inbox-URL/>").replies["/dav/alice/"].refused
    door.store.remove_user("alice")


def test_messages_are_listed_read_and_deleted_but_never_written(door: Door) -> None:
    deliver(door.store)
    deliver(door.store)
    listed = door.propfind(INBOX, "<getetag/>", "1").replies
    assert len(listed) == 3
    one = min(set(listed) - {INBOX})
    assert door.request("GET", one).text == MESSAGE
    assert len(door.report(f"<sync-collection {NAMESPACES}><sync-token/><prop/></sync-collection>", INBOX).replies) == 2
    assert door.request("PUT", f"{INBOX}x.ics", event("x")).status == 403
    assert door.request("PUT", one, event("m")).status == 403
    assert door.request("MOVE", one, headers={"Destination": "/dav/alice/work/m.ics"}).status == 403
    assert door.request("DELETE", INBOX).status == 403
    for method in ("MOVE", "COPY"):
        assert door.request(method, INBOX, headers={"Destination": "/dav/alice/elsewhere/"}).status == 403
    assert door.request("MKCALENDAR", OUTBOX).status in (403, 405, 409)
    assert door.request("DELETE", one).status == 204
    assert door.request("GET", one).status == 404
    assert door.request("PROPFIND", INBOX, user="bob", headers={"Depth": "0"}).status == 403


def test_messages_are_no_events_to_anybody(door: Door) -> None:
    deliver(door.store)
    assert [each.slug for each in door.store.collections(user="alice")] == ["work"]
    assert door.store.search("m") == []
    assert all(change.uid != "m" and change.href != "m" for change in door.store.changes())
    assert len(door.store.changes()) == 2
    with door.store.db.snapshot() as conn:
        assert conn.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_the_default_calendar_can_be_chosen(door: Door) -> None:
    door.add_calendar("second")
    body = (
        f"<propertyupdate {NAMESPACES}><set><prop><C:schedule-default-calendar-URL><href>%s</href>"
        "</C:schedule-default-calendar-URL></prop></set></propertyupdate>"
    )
    name = f"{CALDAV}schedule-default-calendar-URL"
    assert name in door.request("PROPPATCH", INBOX, body % "/dav/alice/second/").replies[INBOX].props
    assert hrefs(door.propfind(INBOX, f"<C:{name.partition('}')[2]}/>").replies[INBOX].props[name]) == [
        "/dav/alice/second/"
    ]
    for wrong in ("/dav/bob/work/", INBOX, "/dav/alice/nothing/", ""):
        refused = door.request("PROPPATCH", INBOX, body % wrong)
        assert refused.replies[INBOX].refused == {name: 403}
        assert "valid-schedule-default-calendar-URL" in refused.text
    assert door.request("PROPPATCH", "/dav/alice/work/", body % INBOX).replies["/dav/alice/work/"].refused == {
        name: 403
    }
    door.request("DELETE", "/dav/alice/second/")
    assert door.store.default_calendar("alice") == door.store.collection_at("alice", "work")


def test_free_busy_of_users_and_of_strangers(door: Door) -> None:
    door.request("PUT", "/dav/bob/work/a.ics", event("a"), user="bob")
    free = event("b", "TRANSP:TRANSPARENT", "DTSTART:20260310T120000Z", "DTEND:20260310T130000Z")
    door.request("PUT", "/dav/bob/work/b.ics", free, user="bob")
    got = answers(ask(door, "mailto:BOB@example.org", "mailto:nobody@example.net", "/dav/bob/"))
    status, data = got["mailto:BOB@example.org"]
    assert status == "2.0;Success"
    assert [each for each in data.splitlines() if each.startswith("FREEBUSY")] == [
        "FREEBUSY;FBTYPE=BUSY:20260310T100000Z/20260310T110000Z"
    ]
    assert {"METHOD:REPLY", "UID:q", "ATTENDEE:mailto:BOB@example.org", "ORGANIZER:mailto:alice@example.org"} <= set(
        data.splitlines()
    )
    assert got["mailto:nobody@example.net"] == ("3.7;Invalid calendar user", "")
    assert got["/dav/bob/"][0] == "2.0;Success"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("DECLINED", None),
        ("TENTATIVE", "BUSY-TENTATIVE"),
        ("NEEDS-ACTION", "BUSY-TENTATIVE"),
        ("ACCEPTED", "BUSY"),
    ],
)
def test_free_busy_knows_what_somebody_answered(door: Door, answer: str, line: str | None) -> None:
    people = f"ORGANIZER:mailto:x@example.net\nATTENDEE;PARTSTAT={answer}:MAILTO:Bob@Example.org"
    door.request("PUT", "/dav/bob/work/a.ics", event("a", people), user="bob")
    _status, data = answers(ask(door, "mailto:bob@example.org"))["mailto:bob@example.org"]
    assert (f"FBTYPE={line}:" in data) if line else ("FREEBUSY:" not in data and "FBTYPE" not in data)


def test_a_transparent_calendar_makes_nobody_busy(door: Door) -> None:
    door.put("a.ics", event("a"))
    body = (
        f"<propertyupdate {NAMESPACES}><set><prop><C:schedule-calendar-transp><C:%s/></C:schedule-calendar-transp>"
        "</prop></set></propertyupdate>"
    )
    for word, counts in (("transparent", False), ("opaque", True)):
        door.request("PROPPATCH", "/dav/alice/work/", body % word)
        _status, data = answers(ask(door, "/dav/alice/"))["/dav/alice/"]
        assert ("FBTYPE=BUSY" in data) is counts


def test_questions_that_cannot_be_answered(door: Door) -> None:
    assert ask(door, "/dav/bob/", organizer="mailto:bob@example.org").conditions == {f"{CALDAV}organizer-allowed"}
    assert ask(door).conditions == {f"{CALDAV}valid-scheduling-message"}
    assert ask(door, *(f"mailto:{n}@x.example" for n in range(201))).status == 403
    as_event = door.request("POST", OUTBOX, MESSAGE, {"Content-Type": "text/calendar"})
    assert as_event.conditions == {f"{CALDAV}valid-scheduling-message"}
    broken = door.request("POST", OUTBOX, "BEGIN:VCALENDAR\r\n", {"Content-Type": "text/calendar"})
    assert broken.conditions == {f"{CALDAV}valid-calendar-data"}
    assert door.request("POST", OUTBOX, "x", {"Content-Type": "text/plain"}).conditions == {
        f"{CALDAV}supported-calendar-data"
    }
    assert door.request("POST", "/dav/alice/work/", MESSAGE).status == 405
    assert door.request("POST", "/dav/bob/outbox/", MESSAGE).status in (403, 405)


def test_options_says_where_a_post_is_taken(door: Door) -> None:
    assert "POST" in door.request("OPTIONS", OUTBOX).headers["allow"].split(", ")
    assert "POST" not in door.request("OPTIONS", "/dav/alice/").headers["allow"].split(", ")


def test_an_inbox_that_nobody_empties_forgets_the_oldest(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "MOST_MESSAGES", 3)
    inbox = door.store.mailbox("alice", CollectionKind.INBOX)
    assert inbox is not None
    for _ in range(3):
        deliver(door.store)
    oldest = {each.id for each in door.store.iter_entries(inbox.id)}
    token = door.report(SYNC % "", INBOX).xml.findtext(f"{DAV}sync-token")
    deliver(door.store)
    left = {each.id for each in door.store.iter_entries(inbox.id)}
    assert len(left) == 3
    assert len(left & oldest) == 2
    news = door.report(SYNC % token, INBOX).replies
    assert sorted(each.status for each in news.values()) == [207, 404]


def test_somebody_whose_calendar_cannot_be_looked_through_spoils_nobody_elses_answer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "MOST_TOGETHER", 10)
    endless = event("a", "RRULE:FREQ=SECONDLY")
    assert door.request("PUT", "/dav/bob/work/a.ics", endless, user="bob").status == 201
    got = answers(ask(door, "mailto:bob@example.org", "/dav/alice/"))
    assert got["/dav/alice/"][0] == "2.0;Success"
    assert got["mailto:bob@example.org"] == ("5.1;Service unavailable", "")
