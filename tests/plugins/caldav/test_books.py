"""Finding the address books of an account: beside its calendars, alone, on another host, or not at all."""

from collections.abc import Iterator, Mapping

import pytest

from plugins.caldav import quirks
from plugins.caldav.discovery import start_of, trust_of
from plugins.caldav.provider import CalDavProvider
from plugins.transport import Origin
from storage.errors import Rejected, Unreachable, UntrustedAnswer
from storage.model import CollectionKind
from storage.provider import Login, RemoteCollection
from tests.upstreams.scripted import Reply, Request, ScriptedServer

CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
BOOK = "<D:resourcetype><D:collection/><R:addressbook/></D:resourcetype>"
FOLDER = "<D:resourcetype><D:collection/></D:resourcetype>"
PRINCIPAL = "<D:current-user-principal><D:href>/p/</D:href></D:current-user-principal>"
CALENDARS_AT = "<C:calendar-home-set><D:href>/cal/</D:href></C:calendar-home-set>"
BOOKS_AT = "<R:addressbook-home-set><D:href>{}</D:href></R:addressbook-home-set>"


class Site:
    """A server as a table: path to properties; what it lists at depth 1 is what lies below."""

    def __init__(self, props: Mapping[str, str], *, otherwise: int = 404) -> None:
        self.props = props
        self.otherwise = otherwise

    def __call__(self, request: Request) -> Reply:
        if request.path not in self.props:
            return Reply(self.otherwise, {}, b"")
        if request.method == "OPTIONS":
            return Reply(200, {}, b"")
        shown = {request.path: self.props[request.path]}
        if request.headers["Depth"] == "1":
            shown |= {path: found for path, found in self.props.items() if path.startswith(request.path)}
        inner = "".join(
            f"<D:response><D:href>{path}</D:href><D:propstat><D:prop>{found}</D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
            for path, found in shown.items()
        )
        namespaces = 'xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:R="urn:ietf:params:xml:ns:carddav"'
        body = f'<D:multistatus xmlns:D="DAV:" {namespaces}>{inner}</D:multistatus>'
        return Reply(207, {"Content-Type": "application/xml"}, body.encode())


CALENDARS_ALONE = {"/": PRINCIPAL, "/p/": CALENDARS_AT, "/cal/": FOLDER, "/cal/one/": CALENDAR}
BOTH = {**CALENDARS_ALONE, "/p/": CALENDARS_AT + BOOKS_AT.format("/card/"), "/card/": FOLDER, "/card/book/": BOOK}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Site(BOTH)) as running:
        yield running


def provider(server: ScriptedServer, path: str = "") -> CalDavProvider:
    settings = {"url": server.url + path, "username": "me", "auth": "basic"}
    return CalDavProvider(Login("test", settings, {"password": "pw"}))


def found(server: ScriptedServer, path: str = "") -> dict[str, CollectionKind]:
    return {each.href: each.kind for each in provider(server, path).collections()}


def test_the_principal_names_both_homes(server: ScriptedServer) -> None:
    assert found(server) == {"/cal/one/": CollectionKind.CALENDAR, "/card/book/": CollectionKind.CONTACTS}


def test_one_home_for_both_is_listed_once(server: ScriptedServer) -> None:
    props = {**BOTH, "/p/": CALENDARS_AT + BOOKS_AT.format("/cal/"), "/cal/book/": BOOK}
    server.script = Site(props)
    account = provider(server)
    assert {each.href for each in account.collections()} == {"/cal/one/", "/cal/book/"}
    before = len(server.log)
    account.collections()
    assert len(server.log) == before + 1


def test_books_that_only_the_well_known_address_knows(server: ScriptedServer) -> None:
    def script(request: Request) -> Reply:
        if request.path == "/.well-known/carddav":
            return Reply(301, {"Location": "/contacts/"}, b"")
        return Site({**BOTH, "/p/": CALENDARS_AT, "/contacts/": BOOKS_AT.format("/card/")})(request)

    server.script = script
    assert "/card/book/" in found(server)


@pytest.mark.parametrize("otherwise", [403, 404, 405, 500, 501])
def test_an_account_without_address_books(server: ScriptedServer, otherwise: int) -> None:
    server.script = Site(CALENDARS_ALONE, otherwise=otherwise)
    account = provider(server)
    assert {each.href for each in account.collections()} == {"/cal/one/"}
    with pytest.raises(Rejected, match="no address books upstream"):
        account.create_collection("x", RemoteCollection("", "x", CollectionKind.CONTACTS, ("VCARD",)))


def test_a_server_that_fails_leaves_it_open_whether_there_are_books(server: ScriptedServer) -> None:
    server.script = Site(CALENDARS_ALONE, otherwise=503)
    with pytest.raises(Unreachable):
        found(server)


def test_an_account_of_contacts_alone(server: ScriptedServer) -> None:
    server.script = Site({"/": PRINCIPAL, "/p/": BOOKS_AT.format("/card/"), "/card/": FOLDER, "/card/book/": BOOK})
    assert found(server) == {"/card/book/": CollectionKind.CONTACTS}


def test_books_on_a_host_that_nobody_vouched_for_get_no_credentials(server: ScriptedServer) -> None:
    with ScriptedServer(Site(BOTH)) as other:
        server.script = Site({**CALENDARS_ALONE, "/p/": CALENDARS_AT + BOOKS_AT.format(f"{other.url}card/")})
        assert set(found(server)) == {"/cal/one/"}
        assert other.log == []


def test_nothing_found_names_what_was_looked_for(server: ScriptedServer) -> None:
    server.script = Site({})
    with pytest.raises(UntrustedAnswer, match="no calendar service found"):
        found(server)


def test_a_book_of_which_only_the_address_is_known_is_deleted_in_its_home(server: ScriptedServer) -> None:
    site = Site(BOTH)
    server.script = lambda request: Reply(204, {}, b"") if request.method == "DELETE" else site(request)
    provider(server).delete_collection(RemoteCollection("/card/book/", "", CollectionKind.CALENDAR, ()))
    assert (server.log[-1].method, server.log[-1].path) == ("DELETE", "/card/book/")


@pytest.mark.parametrize(
    ("calendars", "contacts"),
    [
        ("caldav.icloud.com", "contacts.icloud.com"),
        ("caldav.fastmail.com", "carddav.fastmail.com"),
        ("caldav.gmx.net", "carddav.gmx.net"),
        ("caldav.example.org", ""),
    ],
)
def test_hosts_of_their_own_for_contacts(calendars: str, contacts: str) -> None:
    assert quirks.contacts_host(calendars) == contacts
    trust = trust_of(start_of(Login("test", {"url": f"https://{calendars}/"})))
    assert not contacts or trust.covers(Origin("https", contacts, 443))
    assert not trust.covers(Origin("https", "carddav.example.org", 443))
