"""Finding an account from a URL, a domain or an address, and choosing how to log in."""

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from plugins.caldav.discovery import Discovery, Home, Service, start_of, trust_of
from plugins.caldav.provider import CalDavProvider
from plugins.transport import Origin, Transport
from storage.errors import ConfigError, NeedsLogin, Unreachable, UntrustedAnswer
from storage.provider import Login
from tests.upstreams.fixtures import real_server
from tests.upstreams.scripted import Reply, Request, ScriptedServer
from tests.upstreams.serving import Server

__all__ = ["real_server"]

PROPS: Mapping[str, str] = {
    "/": "<D:current-user-principal><D:href>/p/me/</D:href></D:current-user-principal>",
    "/p/me/": (
        "<C:calendar-home-set><D:href>/cal/me/</D:href><D:href>/cal/team/</D:href></C:calendar-home-set>"
        "<C:calendar-user-address-set><D:href>mailto:me@x.org</D:href><D:href>/p/me/</D:href>"
        "</C:calendar-user-address-set>"
    ),
    "/cal/me/one/": "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>",
    "/plain/": "<D:resourcetype><D:collection/></D:resourcetype>",
}


def multistatus(props: Mapping[str, str]) -> Reply:
    """A 207 that gives these properties (XML with the prefixes D and C) by href."""
    inner = "".join(
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{found}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        for href, found in props.items()
    )
    body = f'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{inner}</D:multistatus>'
    return Reply(207, {"Content-Type": "application/xml"}, body.encode())


def service(request: Request) -> Reply:
    """A small CalDAV service: what stands in `PROPS`, and a redirect from the well-known address."""
    if request.path == "/.well-known/caldav":
        return Reply(301, {"Location": "/"}, b"")
    if request.path not in PROPS:
        return Reply(404, {}, b"")
    found = {request.path: PROPS[request.path]}
    if request.headers["Depth"] == "1" and request.path == "/plain/":
        found["/plain/one/"] = PROPS["/cal/me/one/"]
    return multistatus(found)


@pytest.fixture
def site() -> Iterator[ScriptedServer]:
    with ScriptedServer(service) as server:
        yield server


def login(server: ScriptedServer, path: str = "", **settings: str) -> Login:
    return Login("test", {"url": server.url + path.lstrip("/"), "username": "me", **settings}, {"password": "p w:ä"})


def find(account: Login, lookup: Callable[..., list[Service]] = lambda *_: []) -> Home:
    start = start_of(account)
    transport = Transport(trust_of(start))
    try:
        return Discovery(transport, account, lookup=lookup).find(start)
    finally:
        transport.close()


@pytest.mark.parametrize("path", ["", "p/me/", ".well-known/caldav"])
def test_root_principal_and_well_known_lead_to_the_homes(site: ScriptedServer, path: str) -> None:
    home = find(login(site, path))
    assert home.homes == (f"{site.url}cal/me/", f"{site.url}cal/team/")
    assert home.addresses == ("mailto:me@x.org",)


def test_an_address_that_is_not_there_is_looked_for_at_the_well_known_one(site: ScriptedServer) -> None:
    assert find(login(site, "webmail/")).homes[0] == f"{site.url}cal/me/"


def test_a_collection_alone(site: ScriptedServer) -> None:
    home = find(login(site, "cal/me/one/"))
    assert (home.homes, home.collection) == ((), f"{site.url}cal/me/one/")


def test_a_folder_of_collections_without_a_principal(site: ScriptedServer) -> None:
    assert find(login(site, "plain/")).homes == (f"{site.url}plain/",)


def test_nothing_found_says_what_was_tried(site: ScriptedServer) -> None:
    site.script = lambda _request: Reply(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")
    with pytest.raises(UntrustedAnswer) as caught:
        find(login(site))
    assert f"{site.url}.well-known/caldav" in caught.value.message
    assert caught.value.hint


def test_a_server_that_is_down_is_not_a_wrong_address(site: ScriptedServer) -> None:
    site.script = lambda _request: Reply(503, {}, b"")
    with pytest.raises(Unreachable):
        find(login(site))


def test_a_home_on_another_server_gets_no_credentials(site: ScriptedServer) -> None:
    with ScriptedServer(service) as other:
        home = f"<C:calendar-home-set><D:href>{other.url}cal/</D:href></C:calendar-home-set>"
        site.script = lambda request: multistatus({request.path: home})
        provider = CalDavProvider(login(site))
        with pytest.raises(UntrustedAnswer, match="not the server"):
            provider.collections()
        assert other.log == []


@pytest.mark.parametrize(
    ("settings", "url", "domain"),
    [
        ({"url": "https://x.org/dav/"}, "https://x.org/dav/", ""),
        ({"url": "x.org"}, "https://x.org/", "x.org"),
        ({"url": "x.org/remote.php/dav"}, "https://x.org/remote.php/dav", "x.org"),
        ({"url": "me@x.org"}, "https://x.org/", "x.org"),
        ({"email": "me@X.org"}, "https://X.org/", "x.org"),
        ({"username": "me@x.org"}, "https://x.org/", "x.org"),
        ({"url": "x.org:8443"}, "https://x.org:8443/", "x.org"),
    ],
)
def test_where_to_start(settings: Mapping[str, str], url: str, domain: str) -> None:
    start = start_of(Login("test", settings))
    assert (start.url, start.domain) == (url, domain)


@pytest.mark.parametrize("settings", [{}, {"username": "me"}, {"url": "https://me:pw@x.org/"}, {"url": "ftp://x.org/"}])
def test_no_place_to_start(settings: Mapping[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        start_of(Login("test", settings))
    assert "pw" not in caught.value.message
    with pytest.raises(ConfigError):
        CalDavProvider(Login("test", settings))


def test_a_domain_vouches_for_what_is_inside_it() -> None:
    trust = trust_of(start_of(Login("test", {"url": "me@x.org"})))
    assert trust.covers(Origin("https", "dav.x.org", 8443))
    assert not trust.covers(Origin("https", "x.org.evil.net", 443))
    strict = trust_of(start_of(Login("test", {"url": "https://x.org/"})))
    assert not strict.covers(Origin("https", "dav.x.org", 443))


def test_dns_may_only_name_servers_inside_the_domain() -> None:
    def lookup(_domain: str, _names: object) -> list[Service]:
        return [Service("caldav.elsewhere.net", 443, "/dav/", True)]

    with pytest.raises((UntrustedAnswer, Unreachable)):
        find(Login("test", {"url": "nowhere.invalid"}, {"password": "x"}), lookup)


def test_dns_leads_to_a_port_and_a_path(site: ScriptedServer) -> None:
    asked = []

    def lookup(domain: str, _names: object) -> list[Service]:
        asked.append(domain)
        return [Service("127.0.0.1", Origin.of(site.url).port, "/p/me/", False)]

    account = login(site, "nothing/")
    start = replace(start_of(account), domain="x.org")
    site.script = lambda request: Reply(404, {}, b"") if "well-known" in request.path else service(request)
    transport = Transport(trust_of(start_of(account)))
    home = Discovery(transport, account, lookup=lookup).find(start)
    transport.close()
    assert asked == ["x.org"]
    assert home.principal == f"{site.url}p/me/"


def guarded(challenge: str) -> Callable[[Request], Reply]:
    """The service, behind a log-in that sends `challenge`."""

    def script(request: Request) -> Reply:
        if "Authorization" not in request.headers:
            return Reply(401, {"WWW-Authenticate": challenge} if challenge else {}, b"")
        return service(request)

    return script


@pytest.mark.parametrize(
    ("challenge", "scheme"),
    [
        ('Basic realm="x"', "Basic"),
        ("", "Basic"),
        ('X-MobileMe-AuthToken realm="MMCalDav", Basic realm="MMCalDav"', "Basic"),
        ('Digest realm="x", nonce="abc", qop="auth", algorithm=SHA-256', "Digest"),
        ('Basic realm="x", Digest realm="x", nonce="abc", qop="auth", algorithm=SHA-256', "Digest"),
    ],
)
def test_the_server_chooses_how_to_log_in(site: ScriptedServer, challenge: str, scheme: str) -> None:
    site.script = guarded(challenge)
    assert find(login(site)).homes
    sent = [request.headers.get("Authorization", "") for request in site.log]
    assert sent[0] == "", "over plain http the password goes out only when asked for"
    assert sent[-1].startswith(f"{scheme} ")
    if scheme == "Basic":
        assert b64decode(sent[-1].split()[1]).decode() == "me:p w:ä"
    else:
        assert not any(each.startswith("Basic") for each in sent)
        assert 'username="me"' in sent[-1]


def test_an_access_token_is_sent_as_bearer(site: ScriptedServer) -> None:
    find(Login("test", {"url": site.url}, {"access_token": "t0ken"}))
    assert {request.headers.get("Authorization") for request in site.log} == {"Bearer t0ken"}


def test_a_scheme_that_nobody_knows(site: ScriptedServer) -> None:
    site.script = guarded("Negotiate")
    with pytest.raises(NeedsLogin, match="negotiate"):
        find(login(site))


def test_a_wrong_password(site: ScriptedServer) -> None:
    site.script = lambda _request: Reply(401, {"WWW-Authenticate": "Basic"}, b"")
    with pytest.raises(NeedsLogin) as caught:
        find(login(site))
    assert caught.value.status == 401
    assert "p w" not in caught.value.message


def test_no_password_stored(site: ScriptedServer) -> None:
    with pytest.raises(NeedsLogin, match="no password"):
        find(Login("test", {"url": site.url, "username": "me"}))
    assert site.log == []


def test_a_server_that_takes_us_for_nobody(site: ScriptedServer) -> None:
    nobody = "<D:current-user-principal><D:unauthenticated/></D:current-user-principal>"
    site.script = lambda request: multistatus({request.path: nobody})
    with pytest.raises(NeedsLogin):
        find(login(site))


def test_an_unknown_setting_for_auth() -> None:
    with pytest.raises(ConfigError, match="kerberos"):
        CalDavProvider(Login("test", {"url": "https://x.org/", "auth": "kerberos"}))


def test_real_servers_refuse_a_wrong_password(real_server: Server) -> None:
    provider = CalDavProvider(Login("test", {"url": real_server.url, "username": "up"}, {"password": "wrong"}))
    if real_server.name == "xandikos":  # has no log-in of its own
        assert list(provider.collections()) == []
    else:
        with pytest.raises(NeedsLogin):
            provider.collections()
    provider.close()
