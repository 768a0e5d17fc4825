"""Requests in an upstream's own words: the adapter's promise on real servers, and the whole way over our own HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from plugins.caldav.passing import LIMIT
from plugins.caldav.provider import CalDavProvider
from plugins.local.provider import LocalProvider
from storage.errors import AccessDenied, NeedsLogin, Unreachable, UntrustedAnswer
from storage.provider import Login, PassesThrough, RawAnswer, RawRequest
from storage.store import Store
from tests.contract.serving import Api, Fixture, expected
from tests.gateway.running import Running
from tests.storage.texts import event
from tests.upstreams.faults import Fault, FaultyProxy
from tests.upstreams.fixtures import radicale, real_server
from tests.upstreams.scripted import Reply, Request, ScriptedServer
from tests.upstreams.serving import Server

__all__ = ["radicale", "real_server"]

PROPFIND = b'<propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>'


def _provider(server: Server, **secrets: str) -> CalDavProvider:
    settings = {"url": server.url, "username": server.username}
    return CalDavProvider(Login("test", settings, {"password": server.password, **secrets}))


class TestTheAdapter:
    @pytest.fixture
    def proxy(self, real_server: Server) -> Iterator[FaultyProxy]:
        with FaultyProxy(real_server.url) as proxy:
            yield proxy

    @pytest.fixture
    def provider(self, real_server: Server, proxy: FaultyProxy) -> Iterator[CalDavProvider]:
        provider = _provider(proxy.server(real_server))
        yield provider
        provider.close()

    @staticmethod
    def _send(
        provider: CalDavProvider,
        method: str,
        uri: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> RawAnswer:
        assert isinstance(provider, PassesThrough)
        return provider.pass_through(RawRequest(method, uri, headers or {}, body))

    def test_whatever_the_server_understands(self, provider: CalDavProvider, real_server: Server) -> None:
        home = urlsplit(real_server.make_calendar("passing")).path
        text = event("passing").encode()
        made = self._send(provider, "PUT", f"{home}a.ics", text, {"content-type": "text/calendar"})
        assert (made.status // 100, made.headers["etag"][:1]) == (2, '"')
        got = self._send(provider, "GET", f"{home}a.ics")
        assert (got.status, got.headers["etag"]) == (200, made.headers["etag"])
        assert b"UID:passing" in got.body
        listed = self._send(provider, "PROPFIND", home, PROPFIND, {"depth": "1", "content-type": "text/xml"})
        assert (listed.status, b"a.ics" in listed.body) == (207, True)
        stale = self._send(provider, "PUT", f"{home}a.ics", text, {"if-match": '"no"', "content-type": "text/calendar"})
        assert stale.status == 412
        assert self._send(provider, "DELETE", f"{home}a.ics").status // 100 == 2
        assert self._send(provider, "GET", f"{home}a.ics").status == 404

    def test_relative_and_whole_addresses(
        self, provider: CalDavProvider, real_server: Server, proxy: FaultyProxy
    ) -> None:
        home, origin = urlsplit(real_server.home).path, f"http://{urlsplit(proxy.url).netloc}"
        for uri in (home, origin + home, origin.replace("http:", "HTTP:") + home, ""):
            answer = self._send(provider, "PROPFIND", uri, PROPFIND, {"depth": "0", "content-type": "text/xml"})
            assert answer.status == 207, uri
            assert proxy.log[-1].path.rstrip("/") == home.rstrip("/"), uri

    @pytest.mark.parametrize(
        "uri",
        [
            "http://evil.invalid/",
            "//evil.invalid/",
            "https://evil.invalid/dav",
            "{host}.evil.invalid/",
            "http://{netloc}@evil.invalid/",
            "http://evil.invalid@{netloc}/",
            "http://{netloc}\\@evil.invalid/",
            "http://{netloc}\\.evil.invalid/",
            "\\\\evil.invalid/",
            "http://{hostname}:1/",
            "https://{netloc}/",
            "http:evil.invalid/",
            "http:///",
            "ftp://{netloc}/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://[::1",
            "http://{netloc}:x/",
            "/a b",
            "/a\r\nX-Evil: 1",
            "/ä",
        ],
    )
    def test_nothing_is_sent_anywhere_else(self, provider: CalDavProvider, proxy: FaultyProxy, uri: str) -> None:
        self._send(provider, "OPTIONS", "/")
        before = len(proxy.log)
        parts = urlsplit(proxy.url)
        filled = uri.format(netloc=parts.netloc, hostname=parts.hostname, host=f"http://{parts.hostname}")
        with pytest.raises(AccessDenied):
            self._send(provider, "GET", filled)
        assert len(proxy.log) == before

    def test_a_redirect_is_an_answer(self, provider: CalDavProvider, proxy: FaultyProxy) -> None:
        self._send(provider, "OPTIONS", "/")
        proxy.inject(Fault.REDIRECT_AWAY, methods=["GET"])
        answer = self._send(provider, "GET", "/somewhere")
        assert (answer.status, answer.headers["location"]) == (302, proxy.elsewhere)

    @pytest.mark.parametrize(
        ("fault", "status"), [(Fault.UNAUTHORIZED, 401), (Fault.RATE_LIMITED, 429), (Fault.SERVER_ERROR, 500)]
    )
    def test_so_is_a_refusal(self, provider: CalDavProvider, proxy: FaultyProxy, fault: Fault, status: int) -> None:
        self._send(provider, "OPTIONS", "/")
        proxy.inject(fault, methods=["GET"])
        assert self._send(provider, "GET", "/somewhere").status == status


def test_an_answer_without_end_and_none_at_all(radicale: Server) -> None:
    with FaultyProxy(radicale.url) as proxy:
        provider = _provider(proxy.server(radicale))
        provider.pass_through(RawRequest("OPTIONS", "/"))
        proxy.inject(Fault.CUT_CONNECTION, methods=["PROPFIND"])
        with pytest.raises(Unreachable):
            provider.pass_through(RawRequest("PROPFIND", "", {"depth": "0"}, PROPFIND))
        provider.close()

    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return Reply(200, {"Content-Type": "text/plain"}, b"x" * (LIMIT + 1))
        return proxy_of.answer(request)

    with FaultyProxy(radicale.url) as proxy_of, ScriptedServer(answer) as endless:
        provider = _provider(replace(radicale, url=endless.url))
        with pytest.raises(UntrustedAnswer):
            provider.pass_through(RawRequest("GET", "/"))
        provider.close()


def test_who_has_no_upstream_passes_nothing_on() -> None:
    assert not isinstance(LocalProvider(Login("local")), PassesThrough)


def test_a_wrong_password_is_ours_to_say(radicale: Server) -> None:
    provider = _provider(radicale, password="wrong")
    with pytest.raises(NeedsLogin):
        provider.pass_through(RawRequest("GET", "/"))
    provider.close()


@pytest.fixture(scope="module")
def upstream(radicale: Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(radicale.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def mirroring(
    radicale: Server, upstream: FaultyProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, Fixture]]:
    """A server that mirrors the account, and requests of a program that has a token for it."""
    radicale.make_calendar("named")
    with radicale.client() as client:
        assert client.put(f"{radicale.home}named/a b.ics", content=event("named").encode()).status_code == 201
    folder = tmp_path_factory.mktemp("mirroring")
    config = folder / "config.ini"
    account = f"url = {upstream.url}\nusername = {radicale.username}\npassword = {radicale.password}"
    config.write_text(
        "[server]\nport = 0\n[storage]\nvdir = no\n[sync]\ninterval = 3600\n[user alice]\npassword = alice-password\n"
        f"[account up]\nuser = alice\nprovider = caldav\nid = 201\n{account}\n"
        "[account home]\nuser = alice\nprovider = local\nid = 202\nservice = google_calendar\n"
        "[token up]\nkind = account\naccount = 201\nsecret = token-of-the-mirror\n"
        "[token home]\nkind = account\naccount = 202\nsecret = token-of-the-home\n"
    )
    with Running(config) as running:
        running.wait_for("sync", account=201)
        yield Api(running.url, "token-of-the-mirror"), Fixture(running, folder / "data")


def _raw(api: Api, uri: str, method: str = "", content: bytes = b"", **headers: str) -> httpx.Response:
    named = {"X-Kloudless-Raw-URI": uri, **({"X-Kloudless-Raw-Method": method} if method else {})}
    return api("POST", "raw", content=content, headers={**named, **headers})


Mirroring = tuple[Api, Fixture]


class TestOverHttp:
    def test_there_and_back(self, mirroring: Mirroring, radicale: Server) -> None:
        api, _ = mirroring
        home = urlsplit(radicale.make_calendar("through")).path
        text = event("through").encode()
        made = _raw(api, f"{home}a.ics", "PUT", text, **{"Content-Type": "text/calendar; charset=utf-8"})
        assert made.status_code == 201
        got = _raw(api, f"{home}a.ics")
        assert (got.status_code, got.headers["ETag"]) == (200, made.headers["ETag"])
        assert got.headers["Content-Type"].startswith("text/calendar")
        assert b"UID:through" in got.content
        assert (got.headers["X-Content-Type-Options"], got.headers["Cache-Control"]) == ("nosniff", "no-store")
        more = {"X-Kloudless-Raw-Headers": '{"Depth": "1"}', "Content-Type": "text/xml"}
        listed = _raw(api, home, "PROPFIND", PROPFIND, **more)
        assert (listed.status_code, b"a.ics" in listed.content) == (207, True)
        assert _raw(api, f"{home}nothing.ics").status_code == 404
        assert _raw(api, f"{home}a.ics", "HEAD").status_code == 200
        assert _raw(api, f"{home}a.ics", "delete").status_code == 200

    def test_what_an_upstream_calls_something(self, mirroring: Mirroring, radicale: Server) -> None:
        """Ids that an application knows from its service lead to ours; so do our own, and paths here."""
        api, fixture = mirroring
        local = Api(fixture.url, "token-of-the-home")
        home = urlsplit(radicale.home).path + "named/"
        calendar = api.post("encode_raw_id", {"raw_id": home}, 200)["id"]
        assert api.get(f"cal/calendars/{calendar}")["name"].endswith("named")
        store = Store.open(fixture.data)
        [entry] = store.iter_entries(calendar)
        store.close()
        for raw_id in (f"{home}a%20b.ics", entry.id):
            assert api.post("encode_raw_id", {"raw_id": raw_id, "type": "event"}, 200) == {"id": entry.id}
            assert local.post("encode_raw_id", {"raw_id": raw_id}, 404)["error_code"] == "not_found"
        api.post("encode_raw_id", {"raw_id": home, "type": "event"}, 404)
        own = local.get("cal/calendars/primary")["id"]
        assert local.post("encode_raw_id", {"raw_id": own, "type": "calendar"}, 200) == {"id": own}
        for body in ({}, {"raw_id": 1}, {"raw_id": None}, {"raw_id": "x", "type": "file"}, {"raw_id": "x" * 9_000}):
            assert local.post("encode_raw_id", body, 400)["error_code"] == "invalid_parameters"

    def test_what_goes_along_and_what_does_not(self, mirroring: Mirroring, upstream: FaultyProxy) -> None:
        api, _ = mirroring
        more = {
            "X-Kloudless-Raw-Headers": '{"X-Mine": "1", "Authorization": "Bearer stolen", "Host": "evil.invalid", '
            '"Cookie": "a=b", "Content-Length": "0", "X-Kloudless-As-User": "1"}',
            "Cookie": "session=1",
            "X-Other": "2",
        }
        _raw(api, "/marked/", "REPORT", b"<x/>", **more)
        request = next(each for each in reversed(upstream.log) if each.path == "/marked/")
        sent = {name.lower(): value for name, value in request.headers.items()}
        assert (sent["x-mine"], request.body) == ("1", b"<x/>")
        assert sent["authorization"].startswith("Basic ")
        assert not {"cookie", "x-other"} & set(sent)
        assert not [name for name in sent if name.startswith("x-kloudless")]
        assert sent["host"] == urlsplit(upstream.url).netloc

    def test_addresses_elsewhere(self, mirroring: Mirroring, upstream: FaultyProxy) -> None:
        api, fixture = mirroring
        for uri in (
            "http://evil.invalid/",
            "//evil.invalid/",
            fixture.url,
            f"{upstream.url.rstrip('/')}@evil.invalid/",
        ):
            assert expected(_raw(api, uri), 403)["error_code"] == "permission_denied"
        upstream.inject(Fault.REDIRECT_AWAY, methods=["GET"])
        try:
            answer = _raw(api, "/somewhere")
        finally:
            upstream.clear()
        assert (answer.status_code, answer.headers["Location"]) == (302, upstream.elsewhere)

    @pytest.mark.parametrize(
        ("headers", "named"),
        [
            ({}, "X-Kloudless-Raw-URI"),
            ({"X-Kloudless-Raw-URI": ""}, "X-Kloudless-Raw-URI"),
            ({"X-Kloudless-Raw-URI": "/a b"}, "X-Kloudless-Raw-URI"),
            ({"X-Kloudless-Raw-URI": "/" + "a" * 8_000}, "X-Kloudless-Raw-URI"),
            ({"X-Kloudless-Raw-URI": "/", "X-Kloudless-Raw-Method": "G E T"}, "X-Kloudless-Raw-Method"),
            ({"X-Kloudless-Raw-URI": "/", "X-Kloudless-Raw-Method": "CONNECT"}, "X-Kloudless-Raw-Method"),
            ({"X-Kloudless-Raw-URI": "/", "X-Kloudless-Raw-Headers": "[]"}, "X-Kloudless-Raw-Headers"),
            ({"X-Kloudless-Raw-URI": "/", "X-Kloudless-Raw-Headers": '{"a b": "c"}'}, "X-Kloudless-Raw-Headers"),
            (
                {"X-Kloudless-Raw-URI": "/", "X-Kloudless-Raw-Headers": '{"a": "b\\r\\nc: d"}'},
                "X-Kloudless-Raw-Headers",
            ),
            ({"X-Kloudless-Raw-URI": "/", "X-Kloudless-Raw-Headers": '{"a": 1}'}, "X-Kloudless-Raw-Headers"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, mirroring: Mirroring, upstream: FaultyProxy, headers: dict[str, str], named: str
    ) -> None:
        api, _ = mirroring
        before = upstream.counts["GET"]
        refused = expected(api("POST", "raw", headers=headers), 400)
        assert (refused["error_code"], refused["message"].partition(":")[0]) == ("invalid_parameters", named)
        assert upstream.counts["GET"] == before

    def test_without_a_live_upstream(self, mirroring: Mirroring) -> None:
        _, fixture = mirroring
        home = Api(fixture.url, "token-of-the-home")
        assert expected(_raw(home, "/"), 503)["error_code"] == "service_not_available"
        assert expected(home("POST", "/v1/accounts/201/raw"), 403)["error_code"] == "forbidden"
        expected(Api(fixture.url, None)("POST", "/v1/accounts/201/raw"), 401)

    def test_an_upstream_that_breaks_off(self, mirroring: Mirroring, upstream: FaultyProxy) -> None:
        api, _ = mirroring
        upstream.inject(Fault.LOST_ANSWER, methods=["OPTIONS"])
        try:
            assert expected(_raw(api, "/", "OPTIONS"), 503)["error_code"] == "service_not_available"
        finally:
            upstream.clear()
