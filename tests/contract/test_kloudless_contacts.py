"""Contacts over HTTP: the case K25 of the contract, every row of its section A.13, and cards that others wrote."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.serving import Api, Fixture, Json
from tests.gateway.running import PATIENCE
from tests.storage.vcard.cards import card

CONTACTS = "contact/contacts"
ATTRIBUTES = {
    *("id", "name", "name_details", "birthday", "organizations", "emails", "phones", "relationships", "addresses"),
    *("websites", "gender", "initials", "created", "modified", "type", "api", "href"),
}
WALTER: Json = {
    "name_details": {"given": "Walter", "family": "Bishop"},
    "birthday": "1946-08-20",
    "organizations": [{"name": "Kloudless", "title": "Research Scientist"}],
    "emails": [{"type": "work", "value": "hello@kloudless.com"}],
    "relationships": [{"name": "Peter Bishop", "type": "child"}],
    "addresses": [
        {
            "type": "home",
            "street": "2054 University Ave #200",
            "city": "Berkeley",
            "state": "CA",
            "country": "US",
            "postal_code": "94704",
        },
        {
            "type": "work",
            "street": "14F, No.460 Sec.4, Xinyi Rd.",
            "city": "Xinyi District",
            "state": "Taipei City",
            "country": "TW",
            "postal_code": "110",
        },
    ],
    "websites": ["https://github.com/Kloudless", "https://kloudless.com"],
}


class Dav:
    """The address book of an account as its user sees it over CardDAV."""

    def __init__(self, url: str, user: str, path: str) -> None:
        self.url = f"{url}/dav/{user}/{path}/"
        self.auth = (user, f"{user}-password")

    def __call__(self, method: str, name: str = "", text: str = "", **headers: str) -> httpx.Response:
        """One request."""
        address = self.url + name
        content = text.encode() if text else None
        return httpx.request(
            method, address, content=content, headers=headers, auth=self.auth, timeout=PATIENCE, trust_env=False
        )

    def put(self, name: str, text: str) -> None:
        """Write a card."""
        response = self("PUT", name, text, **{"Content-Type": "text/vcard"})
        assert response.status_code in (201, 204), response.text

    def text(self, name: str) -> str:
        """Read a card."""
        response = self("GET", name)
        assert response.status_code == 200, response.text
        return response.content.decode()


@pytest.fixture
def google(fixture: Fixture) -> Iterator[Api]:
    """The account with Google's rules; its contacts are gone afterwards."""
    api = fixture.api(101)
    yield api
    empty(api)


@pytest.fixture
def alice(fixture: Fixture) -> Dav:
    """Her address book."""
    return Dav(fixture.url, "alice", "contacts")


@pytest.fixture
def book(fixture: Fixture) -> Iterator[Dav]:
    """An address book that Carol makes with a client, in her CalDAV account."""
    book = Dav(fixture.url, "carol", "people")
    assert book("MKCOL", text=book_body(), **{"Content-Type": "application/xml"}).status_code == 201
    yield book
    assert book("DELETE").status_code in (200, 204)


def empty(api: Api) -> None:
    for each in api.get(CONTACTS, params={"page_size": "1000"})["objects"]:
        api.delete(f"{CONTACTS}/{each['id']}")


def only(api: Api) -> Json:
    (found,) = api.get(CONTACTS)["objects"]
    return dict(found)


def test_k25_a_contact_of_google(fixture: Fixture, google: Api) -> None:
    made = google.post(CONTACTS, WALTER)
    assert set(made) == ATTRIBUTES
    assert made["name"] == "Walter Bishop"
    assert made["name_details"] == {"given": "Walter", "family": "Bishop", "full": "Walter Bishop"}
    assert made["birthday"] == "1946-08-20"
    assert made["organizations"] == [
        {"type": None, "name": "Kloudless", "department": None, "title": "Research Scientist", "location": None}
    ]
    assert made["emails"] == [{"type": "work", "value": "hello@kloudless.com", "primary": True}]
    assert (made["gender"], made["initials"], made["phones"]) == (None, None, [])
    assert made["relationships"] == WALTER["relationships"]
    assert made["addresses"] == WALTER["addresses"]
    assert made["websites"] == WALTER["websites"]
    assert (made["type"], made["api"]) == ("contact", "contact")
    assert made["href"] == f"{fixture.url}/v1/accounts/101/contact/contacts/{made['id']}"
    assert google.get(made["href"]) == made
    assert only(google) == made

    changed = google.patch(made["href"], {"emails": [{"value": "walter@example.com"}]})
    assert changed["emails"] == [{"type": None, "value": "walter@example.com", "primary": True}]
    assert {**changed, "emails": made["emails"], "modified": made["modified"]} == made
    google.delete(made["href"])
    assert google.get(made["href"], 404)["error_code"] == "not_found"
    google.post(CONTACTS, {name: value for name, value in WALTER.items() if name != "name_details"}, 400)
    assert fixture.api(104).post(CONTACTS, WALTER, 501)["error_code"] == "not_implemented"


def test_what_each_service_lets_one_do(fixture: Fixture) -> None:
    exchange = fixture.api(104)
    Dav(fixture.url, "dave", "contacts").put("a.vcf", card("EMAIL:a@b"))
    found = only(exchange)
    assert exchange.get(found["href"]) == found
    for method in ("PATCH", "DELETE"):
        response = exchange(method, f"{CONTACTS}/{found['id']}", json={})
        assert (response.status_code, response.json()["error_code"]) == (501, "not_implemented")
    Dav(fixture.url, "dave", "contacts")("DELETE", "a.vcf")
    outlook = fixture.api(102)
    made = outlook.post(CONTACTS, WALTER)
    outlook.patch(made["href"], {"gender": "male"})
    outlook.delete(made["href"])
    for account in (103, 105):
        api = fixture.api(account)
        assert api.get(CONTACTS, 501)["error_code"] == "not_implemented"
        api.post(CONTACTS, WALTER, 501)
        api.get(f"{CONTACTS}/x", 501)


def test_an_account_with_an_address_book_has_contacts(fixture: Fixture, book: Dav) -> None:
    api = fixture.api(103)
    assert api.get(CONTACTS)["objects"] == []
    made = api.post(CONTACTS, WALTER)
    assert only(api) == made
    names = [line.partition("<")[0] for line in book("PROPFIND", Depth="1").text.split("<href>")[1:]]
    (name,) = [each.rpartition("/")[2] for each in names if each.endswith(".vcf")]
    text = book.text(name)
    address = "ADR;TYPE=WORK:;;14F\\, No.460 Sec.4\\, Xinyi Rd.;Xinyi District;Taipei City;110;TW\r\n"
    assert address in text.replace("\r\n ", "")
    assert "item1.X-ABRELATEDNAMES:Peter Bishop\r\nitem1.X-ABLabel:_$!<Child>!$_\r\n" in text
    raw = api.get(made["href"], headers={"X-Kloudless-Raw-Data": "true"})["raw"]
    etag = book("GET", name).headers["etag"]
    assert raw == {"format": "text/vcard", "data": text, "etag": etag, "href": f"/dav/carol/people/{name}"}
    api.delete(made["href"])
    assert book("GET", name).status_code == 404


def test_raw_properties_of_a_card(fixture: Fixture, book: Dav) -> None:
    api = fixture.api(103)
    raw = {"X-TEST": "hello", "note": {"value": "a\\, b", "params": {"LANGUAGE": "en", "X-A": ["1", "2"]}}}
    made = api.post(CONTACTS, {**WALTER, "raw": {"object": {**raw, "FN": "Nobody", "UID": "other"}}})
    assert "raw" not in made
    assert made["name"] == "Walter Bishop"
    headers = {"X-Kloudless-Raw-Data": "true"}
    api.patch(made["href"], {"initials": "W"})
    (listed,) = api.get(CONTACTS, headers=headers)["objects"]
    for line in ("X-TEST:hello", "NOTE;LANGUAGE=en;X-A=1,2:a\\, b", "FN:Walter Bishop"):
        assert f"\r\n{line}\r\n" in listed["raw"]["data"]
    changed = api.patch(made["href"], {"raw": {"object": {"X-TEST": None}}}, headers=headers)
    assert "X-TEST" not in changed["raw"]["data"]
    assert "NOTE;" in changed["raw"]["data"]


@pytest.mark.parametrize(("account", "unified"), [(101, "names"), (102, "displayName")])
def test_attributes_of_a_service_itself(fixture: Fixture, account: int, unified: str) -> None:
    """D09: what a contact has of its service alone stays, whatever else is changed, until it is taken away."""
    api, headers = fixture.api(account), {"X-Kloudless-Raw-Data": "true"}
    given = {"fileAs": "B\n;,", "nested": [{"a": None, "b": 1.5}], unified: "Nobody"}
    made = api.post(CONTACTS, {**WALTER, "raw": {"object": given}}, headers=headers)
    assert (made["raw"]["fileAs"], made["raw"]["nested"]) == ("B\n;,", [{"a": None, "b": 1.5}])
    assert made["raw"][unified] != "Nobody"
    api.patch(made["href"], {"initials": "W"})
    changed = api.patch(made["href"], {"raw": {"object": {"nested": None, "other": True}}}, headers=headers)
    assert (changed["raw"]["fileAs"], changed["raw"]["other"]) == ("B\n;,", True)
    assert "nested" not in changed["raw"]
    (listed,) = [each for each in api.get(CONTACTS, headers=headers)["objects"] if each["id"] == made["id"]]
    assert listed == changed == api.get(made["href"], headers=headers)
    api.patch(made["href"], {"raw": {"object": {"a\u0000": 1}}}, 400)
    api.delete(made["href"])


@pytest.mark.parametrize(
    ("account", "members"),
    [
        (101, {"resourceName", "etag", "names", "emailAddresses", "birthdays", "organizations", "relations", "urls"}),
        (102, {"id", "changeKey", "displayName", "givenName", "surname", "companyName", "children", "homeAddress"}),
        (104, {"id"}),
    ],
)
def test_raw_as_the_services_have_it(fixture: Fixture, account: int, members: set[str]) -> None:
    user = {101: "alice", 102: "bob", 104: "dave"}[account]
    book = Dav(fixture.url, user, "contacts")
    book.put(
        "w.vcf",
        card(
            *("N:Bishop;Walter;;;", "EMAIL;TYPE=WORK:a@b", "BDAY:1946-08-20", "ORG:K", "URL:https://k"),
            *("item1.X-ABRELATEDNAMES:Peter", "item1.X-ABLabel:_$!<Child>!$_", "ADR;TYPE=HOME:;;s;c;r;p;k"),
        ),
    )
    api = fixture.api(account)
    (found,) = api.get(CONTACTS, headers={"X-Kloudless-Raw-Data": "true"})["objects"]
    assert members <= set(found["raw"])
    assert set(found["raw"]) == {"id"} or account != 104
    book("DELETE", "w.vcf")


def test_pages_that_stand_still(google: Api) -> None:
    ids = [google.post(CONTACTS, {"name_details": {"given": f"N{n}"}})["id"] for n in range(5)]
    first = google.get(CONTACTS, params={"page_size": "2"})
    assert (first["count"], first["total"], first["page"], first["api"]) == (2, 5, "1", "contact")
    google.delete(f"{CONTACTS}/{ids[0]}")
    google.patch(f"{CONTACTS}/{ids[1]}", {"initials": "X"})
    new = google.post(CONTACTS, {"name_details": {"given": "New"}})["id"]
    second = google.get(CONTACTS, params={"page_size": "2", "page": first["next_page"]})
    third = google.get(CONTACTS, params={"page_size": "2", "page": second["next_page"]})
    assert [[each["id"] for each in page["objects"]] for page in (first, second, third)] == [
        ids[:2],
        ids[2:4],
        [ids[4], new],
    ]
    assert third["next_page"] is None
    for wrong in ("bogus", "2", first["next_page"][:-2] + "xx"):
        google.get(CONTACTS, 400, params={"page": wrong})
    calendars = google.get("cal/calendars", params={"page_size": "1"})["next_page"]
    google.get(CONTACTS, 400, params={"page": calendars})


def test_whose_contact_it_is(fixture: Fixture, google: Api) -> None:
    made = google.post(CONTACTS, WALTER)
    path = f"/v1/accounts/101/contact/contacts/{made['id']}"
    bob = fixture.api(102)
    for method in ("GET", "PATCH", "DELETE"):
        assert bob(method, path, json={}).json()["error_code"] == "forbidden"
        assert bob(method, f"{CONTACTS}/{made['id']}", json={}).status_code == 404
        assert fixture.anybody()(method, path, json={}).status_code == 401
    assert fixture.app().get(path) == made
    calendar = google.get("cal/calendars/primary")["id"]
    for wrong in ("x", "a" * 5000, calendar, "..", "%00", "primary", "é"):
        google.get(f"{CONTACTS}/{wrong}", 404)
    assert google.get(made["href"]) == made


BAD: list[tuple[str, Any]] = [
    ("name_details", None),
    ("name_details", "Walter"),
    ("name_details", []),
    ("name_details", {}),
    ("name_details", {"given": " "}),
    ("name_details", {"full": "Walter"}),
    ("name_details.given", {"given": 1}),
    ("name_details.given", {"given": "a\nb"}),
    ("name_details.family", {"given": "a", "family": ["b"]}),
    ("name_details.family", {"given": "a", "family": "b" * 10_001}),
    ("birthday", ""),
    ("birthday", "1946"),
    ("birthday", "1946-02-30"),
    ("birthday", "--08-20"),
    ("birthday", "20 August 1946"),
    ("birthday", 19460820),
    ("birthday", {"year": 1946}),
    ("gender", "man"),
    ("gender", 1),
    ("initials", True),
    ("initials", "W\x07"),
    ("organizations", {}),
    ("organizations", "Kloudless"),
    ("organizations[0]", ["Kloudless"]),
    ("organizations[0].name", [{"title": "Boss"}]),
    ("organizations[0].name", [{"name": None}]),
    ("organizations[0].name", [{"name": ""}]),
    ("organizations[1].type", [{"name": "a"}, {"name": "b", "type": "home"}]),
    ("organizations[0].title", [{"name": "a", "title": 1}]),
    ("emails", "a@b"),
    ("emails[0]", ["a@b"]),
    ("emails[0].value", [{}]),
    ("emails[0].value", [{"value": ""}]),
    ("emails[0].value", [{"value": 1}]),
    ("emails[0].type", [{"value": "a@b", "type": "mobile"}]),
    ("emails[0].type", [{"value": "a@b", "type": 1}]),
    ("phones[0].value", [{"type": "home"}]),
    ("phones[1].type", [{"value": "1"}, {"value": "2", "type": "cell"}]),
    ("phones", [{"value": "1"}] * 1001),
    ("relationships[0].name", [{"type": "child"}]),
    ("relationships[0].type", [{"name": "Peter", "type": "son"}]),
    ("addresses[0].type", [{"street": "s", "type": "mobile"}]),
    ("addresses[0].street", [{"street": 1}]),
    ("addresses[0].city", [{"city": "a\x00b"}]),
    ("addresses[0].postal_code", [{"postal_code": 94704}]),
    ("websites", "https://example.com"),
    ("websites[0]", [1]),
    ("websites[0]", [{"value": "https://example.com"}]),
    ("websites[0]", [" "]),
]


@pytest.mark.parametrize(("member", "value"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_member_is_named_and_nothing_is_written(google: Api, member: str, value: Any) -> None:
    name = member.partition(".")[0].partition("[")[0]
    refused = google.post(CONTACTS, {**WALTER, name: value}, 400)
    assert refused["error_code"] == "invalid_parameters"
    assert refused["message"].startswith(f"{member}:"), refused["message"]
    assert google.get(CONTACTS)["total"] == 0
    if value in ({}, {"full": "Walter"}, {"given": " "}):
        return  # a contact that has a name needs no other
    made = google.post(CONTACTS, WALTER)
    refused = google.patch(made["href"], {"initials": "changed", name: value}, 400)
    assert refused["message"].startswith(f"{member}:"), refused["message"]
    assert google.get(made["href"]) == made


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("raw", "x"),
        ("raw.object", []),
        ("raw.object.A B", {"A B": "x"}),
        ("raw.object.X-A", {"X-A": 1}),
        ("raw.object.X-A", {"X-A": "a\x00EMAIL:b"}),
        ("raw.object.X-A", {"X-A": {"params": {}}}),
        ("raw.object.X-A.value", {"X-A": {"value": 1}}),
        ("raw.object.X-A.params", {"X-A": {"value": "x", "params": "y"}}),
        ("raw.object.X-A.params.B;C", {"X-A": {"value": "x", "params": {"B;C": "y"}}}),
        ("raw.object.X-A.params.B", {"X-A": {"value": "x", "params": {"B": 1}}}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_raw_property_is_named(fixture: Fixture, book: Dav, member: str, value: Any) -> None:
    api = fixture.api(103)
    raw = value if member == "raw" else {"object": value}
    refused = api.post(CONTACTS, {**WALTER, "raw": raw}, 400)
    assert refused["message"].startswith(f"{member}:"), refused["message"]
    assert api.get(CONTACTS)["total"] == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b'{"name_details": {"given": "\\ud800"}}'])
def test_a_body_that_is_no_object(google: Api, body: bytes) -> None:
    for method, path in (("POST", CONTACTS), ("PATCH", f"{CONTACTS}/{google.post(CONTACTS, WALTER)['id']}")):
        assert google(method, path, content=body).status_code == 400
    empty(google)


def test_what_may_be_left_out_and_what_is_ignored(google: Api) -> None:
    made = google.post(
        CONTACTS,
        {
            "name_details": {"given": None, "family": " Bishop ", "full": 7},
            "id": "x",
            "name": 5,
            "modified": "2000-01-01T00:00:00Z",
            "emails": [{"value": "a@b", "primary": False, "x": 1}, {"value": "c@d", "primary": True}],
            "phones": None,
            "addresses": [{}, {"type": "home"}, {"city": "Rome"}],
            "birthday": None,
            "unknown": {"deep": []},
        },
    )
    assert made["name_details"] == {"given": None, "family": "Bishop", "full": "Bishop"}
    assert [each["primary"] for each in made["emails"]] == [True, False]
    assert made["phones"] == []
    assert [(each["type"], each["city"], each["street"]) for each in made["addresses"]] == [(None, "Rome", None)]
    assert made["modified"] > "2020"
    cleared = google.patch(made["href"], {"emails": None, "addresses": [], "gender": None})
    assert (cleared["emails"], cleared["addresses"], cleared["gender"]) == ([], [], None)
    assert google.patch(made["href"], {})["modified"] == cleared["modified"]
    assert google.patch(made["href"], {"name_details": {"family": None}}, 400)["message"].startswith("name_details:")
    named = google.patch(made["href"], {"name_details": {"given": "Walter"}})
    assert named["name_details"] == {"given": "Walter", "family": "Bishop", "full": "Walter Bishop"}


def test_every_type_is_kept(google: Api) -> None:
    kinds: dict[str, list[Any]] = {
        "emails": ["home", "work", "other", None],
        "phones": ["home", "work", "mobile", "other", None],
        "organizations": ["work", "school", "other", None],
        "relationships": ["child", "spouse", "other", None],
        "addresses": ["home", "work", "other", None],
    }
    words = {"emails": "value", "phones": "value", "organizations": "name", "relationships": "name"}
    lists = {
        name: [{words.get(name, "city"): f"x{at}", "type": kind} for at, kind in enumerate(types)]
        for name, types in kinds.items()
    }
    made = google.post(CONTACTS, {**WALTER, **lists})
    assert {name: [each["type"] for each in made[name]] for name in kinds} == kinds
    for gender in ("male", "female", "other", "unknown", None):
        assert google.patch(made["href"], {"gender": gender})["gender"] == gender
    turned = {name: list(reversed(items)) for name, items in lists.items()}
    changed = google.patch(made["href"], turned)
    assert {name: [each[words.get(name, "city")] for each in changed[name]] for name in kinds} == {
        name: [each[words.get(name, "city")] for each in items] for name, items in turned.items()
    }


APPLE = card(
    "N:Lovelace;Ada;;;",
    "ORG:Engines;Analytical;",
    "TITLE:Programmer",
    "EMAIL;type=INTERNET;type=HOME;type=pref:ada@example.org",
    "item1.EMAIL;type=INTERNET:club@example.org",
    "item1.X-ABLabel:Club",
    "TEL;type=IPHONE;type=CELL;type=VOICE:+44 1",
    "item2.ADR;type=HOME;type=pref:;;12 Square;London;;SW1;UK",
    "item2.X-ABADR:gb",
    "item3.URL;type=pref:https://example.org/~ada",
    "item3.X-ABLabel:_$!<HomePage>!$_",
    "BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10",
    "item4.X-ABRELATEDNAMES;type=pref:William",
    "item4.X-ABLabel:_$!<Spouse>!$_",
    "X-SOCIALPROFILE;type=twitter:http://twitter.com/ada",
    "PHOTO;ENCODING=b;TYPE=JPEG:/9j/AAAA",
    "NOTE:a note\\, with",
    "REV:2024-01-02T03:04:05Z",
)
NEXTCLOUD = card(
    "N:Lovelace;Ada;;;",
    "PRODID:-//Sabre//Sabre VObject 4.5.4//EN",
    "EMAIL;TYPE=HOME:ada@example.org",
    "TEL;TYPE=CELL,VOICE:+44 1",
    "ADR;TYPE=HOME:box;flat;12 Square;London;;SW1;UK",
    "RELATED;TYPE=spouse:William",
    "RELATED;TYPE=friend:urn:uuid:1234",
    "GENDER:F",
    "X-GROUP-MEMBERSHIP;TYPE=x:Maths",
    "CATEGORIES:Friends,Maths",
    "REV:20240102T030405Z",
    version="4.0",
)
THUNDERBIRD = card(
    'N;SORT-AS="Lovelace,Ada":Lovelace;Ada;;;',
    "EMAIL;PREF=1:ada@example.org",
    "EMAIL:second@example.org",
    "TEL;VALUE=uri;TYPE=cell:tel:+44-1",
    "ADR:;;12 Square;London;;SW1;UK",
    "URL;TYPE=work;VALUE=uri:https://example.org/~ada",
    "BDAY;VALUE=date:18151210",
    "X-CUSTOM1;VALUE=text:one",
    version="4.0",
)
GOOGLE = card(
    "N:Lovelace;Ada;;;",
    "EMAIL;TYPE=INTERNET;TYPE=WORK:ada@example.org",
    "item1.TEL:+44 1",
    "item1.X-ABLabel:",
    "item2.ORG:Engines",
    "item2.TITLE:Programmer",
    "item2.X-ABLabel:Job",
    "X-PHONETIC-LAST-NAME:luv",
    "CATEGORIES:myContacts",
)
WRITERS = {"apple": APPLE, "nextcloud": NEXTCLOUD, "thunderbird": THUNDERBIRD, "google": GOOGLE}


def told(text: str) -> list[str]:
    """A card's lines without REV."""
    return [line for line in text.splitlines() if not line.startswith("REV")]


@pytest.mark.parametrize("writer", WRITERS)
def test_edits_of_cards_that_others_wrote_lose_nothing(google: Api, alice: Dav, writer: str) -> None:
    text = WRITERS[writer]
    alice.put("ada.vcf", text)
    found = only(google)
    assert found["name"] == "Ada Lovelace"
    written = {name: value for name, value in found.items() if name not in ("id", "href", "type", "api")}
    assert google.patch(found["href"], written) == found
    assert alice.text("ada.vcf") == text

    emails = [*found["emails"], {"value": "new@example.org", "type": "home"}]
    changed = google.patch(found["href"], {"emails": emails, "initials": "AL"})
    assert [each["value"] for each in changed["emails"]][-1] == "new@example.org"
    before, after = told(text), told(alice.text("ada.vcf"))
    assert [line for line in after if line not in before] == ["EMAIL;TYPE=HOME:new@example.org", "X-INITIALS:AL"]
    assert [line for line in before if line not in after] == []

    google.patch(found["href"], {"emails": found["emails"], "initials": None})
    assert told(alice.text("ada.vcf")) == before
    cleared = google.patch(
        found["href"], {name: [] for name in ("emails", "phones", "addresses", "organizations", "websites")}
    )
    assert cleared["emails"] == []
    kept = ("PHOTO", "NOTE", "X-SOCIAL", "CATEGORIES", "X-CUSTOM", "X-PHONETIC", "X-GROUP", "RELATED", "BDAY", "N")
    assert [line for line in before if line.startswith(kept)] == [
        line for line in told(alice.text("ada.vcf")) if line.startswith(kept)
    ]


def test_groups_are_no_contacts(google: Api, alice: Dav) -> None:
    alice.put("ada.vcf", card())
    alice.put("group.vcf", card("X-ADDRESSBOOKSERVER-KIND:group", uid="two", fn="Friends"))
    alice.put("group4.vcf", card("KIND:group", uid="three", fn="Friends", version="4.0"))
    assert google.get(CONTACTS)["total"] == 1
    for name in ("group.vcf", "group4.vcf"):
        alice("DELETE", name)


def test_contacts_of_all_address_books_are_listed(fixture: Fixture, book: Dav) -> None:
    api = fixture.api(103)
    second = Dav(fixture.url, "carol", "more")
    assert second("MKCOL", text=book_body(), **{"Content-Type": "application/xml"}).status_code == 201
    second.put("b.vcf", card(uid="two", fn="Bob"))
    book.put("a.vcf", card())
    assert [each["name"] for each in api.get(CONTACTS)["objects"]] == ["Bob", "Ada Lovelace"]
    for each in api.get(CONTACTS, params={"page_size": "1"})["objects"]:
        api.patch(each["href"], {"initials": "B"})
    assert "X-INITIALS:B" in second.text("b.vcf")
    api.post(CONTACTS, WALTER)
    assert book("PROPFIND", Depth="1").text.count(".vcf<") == 2
    assert second("DELETE").status_code in (200, 204)


def test_changes_at_the_same_time_all_count(google: Api) -> None:
    href = google.post(CONTACTS, WALTER)["href"]
    changes: list[Json] = [
        {"initials": "W"},
        {"gender": "male"},
        {"phones": [{"value": "1"}]},
        {"websites": ["https://a"]},
        {"birthday": "1950-01-01"},
    ]
    with ThreadPoolExecutor(len(changes)) as pool:
        assert {response.status_code for response in pool.map(lambda c: google("PATCH", href, json=c), changes)} == {
            200
        }
    found = google.get(href)
    assert (found["initials"], found["gender"], found["birthday"]) == ("W", "male", "1950-01-01")
    assert (found["phones"][0]["value"], found["websites"]) == ("1", ["https://a"])


def book_body() -> str:
    kinds = '<D:collection/><C:addressbook xmlns:C="urn:ietf:params:xml:ns:carddav"/>'
    prop = f"<D:prop><D:resourcetype>{kinds}</D:resourcetype></D:prop>"
    return f'<D:mkcol xmlns:D="DAV:"><D:set>{prop}</D:set></D:mkcol>'
