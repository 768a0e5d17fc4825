"""Address books over CardDAV (RFC 6352): making them, their properties, PUT with its preconditions, GET, multiget."""

import pytest

from tests.gateway.dav.door import CALDAV, CARDDAV, DAV, NAMESPACES, Door, Got, event
from tests.storage.vcard.cards import FULL, card

BOOK = "/dav/alice/people/"
CARD = {"Content-Type": "text/vcard; charset=utf-8"}


@pytest.fixture
def book(door: Door) -> Door:
    door.add_book()
    return door


def put(door: Door, name: str, text: str | bytes, headers: dict[str, str] | None = None) -> Got:
    return door.request("PUT", BOOK + name, text, {**CARD, **(headers or {})})


def mkcol(door: Door, path: str, types: str, props: str = "") -> Got:
    body = f"<mkcol {NAMESPACES}><set><prop><resourcetype>{types}</resourcetype>{props}</prop></set></mkcol>"
    return door.request("MKCOL", path, body)


# -- collections ------------------------------------------------------------------------------------------------------


def test_an_address_book_is_made_by_extended_mkcol(door: Door) -> None:
    made = mkcol(
        door,
        "/dav/alice/friends/",
        "<collection/><CR:addressbook/>",
        "<displayname>Friends</displayname><CR:addressbook-description>of mine</CR:addressbook-description>",
    )
    assert made.status == 201
    (reply,) = door.propfind(
        "/dav/alice/friends/", "<displayname/><resourcetype/><CR:addressbook-description/><CR:supported-address-data/>"
    ).replies.values()
    assert reply.text(f"{DAV}displayname") == "Friends"
    assert reply.text(f"{CARDDAV}addressbook-description") == "of mine"
    assert {kind.tag for kind in reply.props[f"{DAV}resourcetype"]} == {f"{DAV}collection", f"{CARDDAV}addressbook"}
    offered = [dict(each.attrib) for each in reply.props[f"{CARDDAV}supported-address-data"]]
    assert offered == [{"content-type": "text/vcard", "version": version} for version in ("3.0", "4.0")]


def test_a_collection_is_a_calendar_or_an_address_book(door: Door) -> None:
    both = mkcol(door, "/dav/alice/x/", "<collection/><CR:addressbook/><C:calendar/>")
    assert (both.status, both.conditions) == (403, {f"{DAV}valid-resourcetype"})
    neither = mkcol(door, "/dav/alice/x/", "<collection/>")
    assert (neither.status, neither.conditions) == (403, {f"{DAV}valid-resourcetype"})


def test_a_protected_property_makes_no_address_book(door: Door) -> None:
    refused = mkcol(
        door, "/dav/alice/x/", "<collection/><CR:addressbook/>", "<CR:max-resource-size>1</CR:max-resource-size>"
    )
    assert refused.status == 403
    assert door.propfind("/dav/alice/x/", "<displayname/>").status == 404


def test_the_principal_is_the_home_of_the_address_books(book: Door) -> None:
    (reply,) = book.propfind("/dav/alice/", "<CR:addressbook-home-set/>").replies.values()
    assert reply.props[f"{CARDDAV}addressbook-home-set"].findtext(f"{DAV}href") == "/dav/alice/"
    assert book.propfind("/dav/alice/", "<resourcetype/>", "1").names == {"alice", "work", "people", "inbox", "outbox"}


def test_the_properties_of_an_address_book(book: Door) -> None:
    props = (
        "<CR:supported-collation-set/><CR:max-resource-size/><supported-report-set/><getcontenttype/><sync-token/>"
        "<CS:getctag/><C:supported-calendar-component-set/><C:calendar-timezone/><current-user-privilege-set/>"
    )
    (reply,) = book.propfind(BOOK, props).replies.values()
    assert {each.text for each in reply.props[f"{CARDDAV}supported-collation-set"]} >= {
        "i;ascii-casemap",
        "i;unicode-casemap",
    }
    assert reply.text(f"{CARDDAV}max-resource-size") == str(10 * 1024 * 1024)
    reports = {report[0][0].tag for report in reply.props[f"{DAV}supported-report-set"]}
    assert reports >= {f"{CARDDAV}addressbook-query", f"{CARDDAV}addressbook-multiget", f"{DAV}sync-collection"}
    assert not {report for report in reports if report.startswith(CALDAV)}
    assert set(reply.refused) == {f"{CALDAV}supported-calendar-component-set", f"{CALDAV}calendar-timezone"}
    assert reply.props[f"{DAV}current-user-privilege-set"].find(f".//{CALDAV}read-free-busy") is None


def test_its_description_can_be_changed(book: Door) -> None:
    body = (
        f"<propertyupdate {NAMESPACES}><set><prop><CR:addressbook-description>new</CR:addressbook-description>"
        "<C:calendar-description>kept as it is</C:calendar-description></prop></set></propertyupdate>"
    )
    assert book.request("PROPPATCH", BOOK, body).status == 207
    (reply,) = book.propfind(BOOK, "<CR:addressbook-description/><C:calendar-description/>").replies.values()
    assert reply.text(f"{CARDDAV}addressbook-description") == "new"
    assert reply.text(f"{CALDAV}calendar-description") == "kept as it is"


def test_each_collection_answers_its_own_reports(book: Door) -> None:
    query = f"<CR:addressbook-query {NAMESPACES}><prop><getetag/></prop><CR:filter/></CR:addressbook-query>"
    refused = book.report(query)
    assert (refused.status, refused.conditions) == (403, {f"{DAV}supported-report"})
    calendar = f"<C:calendar-query {NAMESPACES}><prop/></C:calendar-query>"
    assert book.report(calendar, BOOK).conditions == {f"{DAV}supported-report"}


def test_options_announces_address_books(door: Door) -> None:
    assert "addressbook" in door.request("OPTIONS", "/dav/alice/").headers["dav"].split(", ")


# -- PUT, GET, DELETE -------------------------------------------------------------------------------------------------


def test_a_card_comes_back_byte_for_byte(book: Door) -> None:
    made = put(book, "ada.vcf", FULL)
    assert made.status == 201
    got = book.request("GET", f"{BOOK}ada.vcf")
    assert (got.status, got.body) == (200, FULL.encode())
    assert got.headers["content-type"] == "text/vcard; charset=utf-8"
    assert got.headers["etag"] == made.headers["etag"]
    assert (
        put(book, "ada.vcf", FULL.replace("Programmer", "Countess"), {"If-Match": made.headers["etag"]}).status == 204
    )
    assert put(book, "ada.vcf", FULL, {"If-Match": made.headers["etag"]}).status == 412
    assert book.request("DELETE", f"{BOOK}ada.vcf").status == 204


@pytest.mark.parametrize(
    ("text", "headers", "precondition"),
    [
        ("nonsense", {}, "valid-address-data"),
        (event("a"), {}, "valid-address-data"),
        (card() + card(uid="two"), {}, "valid-address-data"),
        (card(uid=""), {}, "valid-address-data"),
        (card().replace("VERSION:3.0\r\n", ""), {}, "valid-address-data"),
        (card().encode().replace(b"Ada", b"\xff"), {}, "valid-address-data"),
        (card(version="2.1"), {}, "supported-address-data"),
        (event("a"), {"Content-Type": "text/calendar"}, "supported-address-data"),
        (card(), {"Content-Type": "text/vcard; version=2.1"}, "supported-address-data"),
        ('["vcard", []]', {"Content-Type": "application/vcard+json"}, "supported-address-data"),
    ],
)
def test_what_an_address_book_does_not_take(
    book: Door, text: str | bytes, headers: dict[str, str], precondition: str
) -> None:
    refused = put(book, "x.vcf", text, headers)
    assert (refused.status, refused.conditions) == (403, {CARDDAV + precondition})
    assert book.request("GET", f"{BOOK}x.vcf").status == 404


def test_a_uid_stands_once(book: Door) -> None:
    put(book, "a.vcf", card())
    refused = put(book, "b.vcf", card())
    assert (refused.status, refused.conditions) == (409, {f"{CARDDAV}no-uid-conflict"})
    assert refused.xml.findtext(f"{CARDDAV}no-uid-conflict/{DAV}href") == f"{BOOK}a.vcf"


def test_a_card_that_is_too_large(tmp_path_factory: pytest.TempPathFactory) -> None:
    door = Door(tmp_path_factory.mktemp("small"), max_body=1000)
    door.add_book()
    refused = put(door, "a.vcf", card("NOTE:" + "x" * 1000))
    assert (refused.status, refused.conditions) == (403, {f"{CARDDAV}max-resource-size"})


def test_cards_move_between_books_only(book: Door) -> None:
    book.add_book("others")
    put(book, "a.vcf", card())
    refused = book.request("MOVE", f"{BOOK}a.vcf", headers={"Destination": "/dav/alice/work/a.vcf"})
    assert refused.status == 403
    assert book.request("MOVE", f"{BOOK}a.vcf", headers={"Destination": "/dav/alice/others/b.vcf"}).status == 201
    assert book.request("COPY", "/dav/alice/others/b.vcf", headers={"Destination": f"{BOOK}c.vcf"}).status == 201
    again = book.request("COPY", "/dav/alice/others/b.vcf", headers={"Destination": f"{BOOK}d.vcf"})
    assert again.conditions == {f"{CARDDAV}no-uid-conflict"}
    book.put("e.ics", event("e"))
    wrong = book.request("COPY", "/dav/alice/work/e.ics", headers={"Destination": f"{BOOK}e.ics"})
    assert (wrong.status, wrong.conditions) == (403, {f"{CARDDAV}supported-address-data"})


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("text/vcard;version=4.0", "4.0"),
        ('text/vcard; version="4.0"', "4.0"),
        ("text/vcard", "3.0"),
        ("*/*", "3.0"),
        ("text/vcard;version=4.0;q=0.5, text/vcard;version=3.0", "3.0"),
        ("text/html, text/vcard;version=4.0;q=0.9, */*;q=0.1", "4.0"),
        ("text/vcard;version=2.1, */*;q=0.5", "3.0"),
    ],
)
def test_get_gives_the_version_that_is_accepted(book: Door, accept: str, version: str) -> None:
    put(book, "a.vcf", FULL)
    got = book.request("GET", f"{BOOK}a.vcf", headers={"Accept": accept})
    assert f"VERSION:{version}\r\n" in got.text
    assert got.headers["vary"] == "Accept"


def test_get_refuses_what_no_card_can_be(book: Door) -> None:
    put(book, "a.vcf", FULL)
    for accept in ("application/vcard+json", "text/vcard;version=2.1", "text/vcard;q=0"):
        refused = book.request("GET", f"{BOOK}a.vcf", headers={"Accept": accept})
        assert (refused.status, refused.conditions) == (406, {f"{CARDDAV}supported-address-data-conversion"})


def test_a_whole_book_is_one_text(book: Door) -> None:
    put(book, "a.vcf", FULL)
    put(book, "b.vcf", card(uid="two"))
    got = book.request("GET", BOOK)
    assert got.headers["content-type"] == "text/vcard; charset=utf-8"
    assert got.text == FULL + card(uid="two")


# -- multiget, sync ---------------------------------------------------------------------------------------------------


def data(book: Door, wanted: str) -> str:
    """What an addressbook-multiget for `ada.vcf` gives as address-data."""
    body = (
        f"<CR:addressbook-multiget {NAMESPACES}><prop><getetag/>{wanted}</prop><href>{BOOK}ada.vcf</href>"
        "</CR:addressbook-multiget>"
    )
    (reply,) = book.report(body, BOOK).replies.values()
    return reply.text(f"{CARDDAV}address-data")


def test_multiget_gives_what_is_there(book: Door) -> None:
    put(book, "ada.vcf", FULL)
    body = (
        f"<CR:addressbook-multiget {NAMESPACES}><prop><getetag/><CR:address-data/></prop><href>{BOOK}ada.vcf</href>"
        f"<href>{BOOK}nobody.vcf</href><href>/dav/bob/people/a.vcf</href></CR:addressbook-multiget>"
    )
    replies = book.report(body, BOOK).replies
    assert replies[f"{BOOK}ada.vcf"].text(f"{CARDDAV}address-data") == FULL
    assert [reply.status for reply in replies.values()] == [207, 404, 404]


def test_address_data_in_another_version(book: Door) -> None:
    put(book, "ada.vcf", FULL)
    four = data(book, '<CR:address-data content-type="text/vcard" version="4.0"/>')
    assert "VERSION:4.0\r\n" in four
    assert "PHOTO:data:image/png;base64,iVBORw0KGgo=" in four
    assert data(book, '<CR:address-data version="3.0"/>') == FULL


def test_chosen_properties(book: Door) -> None:
    put(book, "ada.vcf", FULL)
    chosen = data(
        book,
        '<CR:address-data><CR:prop name="fn"/><CR:prop name="EMAIL"/>'
        '<CR:prop name="PHOTO" novalue="yes"/></CR:address-data>',
    )
    assert chosen.splitlines() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "FN:Ada Lovelace",
        "EMAIL;TYPE=INTERNET,HOME,pref:ada@example.org",
        "item1.EMAIL;TYPE=INTERNET:engine@example.org",
        "PHOTO:",
        "END:VCARD",
    ]
    grouped = data(book, '<CR:address-data><CR:prop name="ITEM1.EMAIL"/></CR:address-data>')
    assert grouped.splitlines()[2:-1] == ["item1.EMAIL;TYPE=INTERNET:engine@example.org"]
    assert data(book, "<CR:address-data><CR:allprop/></CR:address-data>") == FULL


def test_address_data_that_no_card_can_be(book: Door) -> None:
    for wanted in ('version="2.1"', 'content-type="application/vcard+json"'):
        body = (
            f"<CR:addressbook-multiget {NAMESPACES}><prop><CR:address-data {wanted}/></prop></CR:addressbook-multiget>"
        )
        refused = book.report(body, BOOK)
        assert (refused.status, refused.conditions) == (403, {f"{CARDDAV}supported-address-data"})


def test_a_book_is_synchronised_like_a_calendar(book: Door) -> None:
    put(book, "a.vcf", card())
    body = (
        "<sync-collection {0}><sync-token>{1}</sync-token><sync-level>1</sync-level>"
        "<prop><getetag/><CR:address-data/></prop></sync-collection>"
    )
    first = book.report(body.format(NAMESPACES, ""), BOOK)
    assert first.replies[f"{BOOK}a.vcf"].text(f"{CARDDAV}address-data") == card()
    token = first.xml.findtext(f"{DAV}sync-token") or ""
    put(book, "b.vcf", card(uid="two"))
    book.request("DELETE", f"{BOOK}a.vcf")
    second = book.report(body.format(NAMESPACES, token), BOOK)
    assert {href: reply.status for href, reply in second.replies.items()} == {f"{BOOK}a.vcf": 404, f"{BOOK}b.vcf": 207}


def test_the_principal_address_is_ones_own_card(door: Door) -> None:
    """RFC 6352 §7.1.2: the first card in a book of one's own that has an address of one of one's accounts."""
    name = "{urn:ietf:params:xml:ns:carddav}principal-address"
    door.add_book("people")
    assert door.propfind("/dav/alice/", "<CR:principal-address/>").replies["/dav/alice/"].refused == {name: 404}
    for uid, mail in (("them", "bob@example.org"), ("me", "Alice@example.org")):
        card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{uid}\r\nN:{uid};;;;\r\nEMAIL:{mail}\r\nEND:VCARD\r\n"
        assert door.request("PUT", f"/dav/alice/people/{uid} 1.vcf".replace(" ", "%20"), card).status == 201
    found = door.propfind("/dav/alice/", "<CR:principal-address/>").replies["/dav/alice/"].props[name]
    assert found.findtext("{DAV:}href") == "/dav/alice/people/me%201.vcf"
