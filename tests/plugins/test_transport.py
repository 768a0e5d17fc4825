"""Origins, redirects, limits and errors of the HTTP transport."""

import gzip
import inspect
from collections.abc import Iterator

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.transport import (
    LONGEST_WAIT,
    Answer,
    Origin,
    Proof,
    Transport,
    Trust,
    basic,
    bearer,
    digest,
    parse_retry_after,
    plain,
    refuse,
    translate,
)
from storage import clock
from storage.errors import ConfigError, NeedsLogin, RateLimited, Unreachable, UntrustedAnswer, UpstreamError
from tests.upstreams.scripted import Reply, Request, ScriptedServer

SECRET = "s3cret-word"


def exceptions_of(module: object) -> list[type[Exception]]:
    found = [value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, Exception)]
    assert found
    return found


@pytest.mark.parametrize(
    "kind", exceptions_of(httpx) + exceptions_of(httpcore), ids=lambda kind: kind.__module__ + kind.__name__
)
def test_every_exception_of_the_library_becomes_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, f"detail with {SECRET}")
    ours = translate(error, f"https://user:{SECRET}@host.example/path?token={SECRET}")
    assert isinstance(ours, UpstreamError)
    assert type(ours) in {Unreachable, UntrustedAnswer}
    assert "https://host.example/path" in ours.message
    assert SECRET not in ours.message + ours.hint + repr(ours)


def test_a_bad_certificate_is_explained() -> None:
    error = httpcore.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert "certificate" in translate(error, "https://host.example/").message


@pytest.mark.parametrize(
    "proof", [basic("me", SECRET), digest("me", SECRET), bearer(SECRET)], ids=lambda p: str(p.kind)
)
def test_a_proof_keeps_its_secret(proof: Proof) -> None:
    assert SECRET not in repr(proof) + str(proof)
    assert not hasattr(proof, "__dict__")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.ORG/x", Origin("https", "example.org", 443)),
        ("http://example.org:8080", Origin("http", "example.org", 8080)),
        ("https://[::1]:5/", Origin("https", "::1", 5)),
        ("https://example.org./", Origin("https", "example.org", 443)),
    ],
)
def test_origins(url: str, origin: Origin) -> None:
    assert Origin.of(url) == origin
    assert Origin.of(str(origin)) == origin


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "/path", "https://", "https://me:pw@x/", "http://x:99999/", "file:///x"]
)
def test_what_is_no_address_of_a_server(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Origin.of(url)
    assert "pw" not in caught.value.message


@pytest.mark.parametrize(
    ("home", "domains", "url", "covered"),
    [
        ("https://a.org/", (), "https://a.org/x", True),
        ("https://a.org/", (), "https://a.org:8443/x", False),
        ("https://a.org/", (), "http://a.org/x", False),
        ("https://a.org/", (), "https://b.org/", False),
        ("https://a.org/", (), "https://dav.a.org/", False),
        ("http://a.org/", (), "https://a.org/", True),
        ("http://a.org/", (), "https://b.org/", False),
        ("https://a.org/", ("a.org",), "https://dav.a.org:8443/", True),
        ("https://a.org/", ("a.org",), "https://nota.org/", False),
        ("https://a.org/", ("a.org",), "http://dav.a.org/", False),
        ("https://a.org/", ("a.org",), "https://a.org.evil.net/", False),
    ],
)
def test_trust(home: str, domains: tuple[str, ...], url: str, covered: bool) -> None:
    assert Trust(Origin.of(home), domains).covers(Origin.of(url)) is covered


def test_retry_after() -> None:
    with clock.use(lambda: 1_700_000_000.0):
        assert parse_retry_after("120") == 120
        assert parse_retry_after("Tue, 14 Nov 2023 22:13:50 GMT") == 30
        assert parse_retry_after("Tue, 14 Nov 2023 22:00:00 GMT") == 0
        assert parse_retry_after("99999999999999999999") == LONGEST_WAIT
        assert parse_retry_after("soon") is None
        assert parse_retry_after("") is None


@given(st.text(max_size=60))
def test_retry_after_never_fails(value: str) -> None:
    seconds = parse_retry_after(value)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


def test_what_is_shown_of_an_address() -> None:
    assert plain(f"https://me:{SECRET}@x.org:1/p/q?a={SECRET}#f") == "https://x.org:1/p/q"


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, NeedsLogin), (407, NeedsLogin), (429, RateLimited), (500, Unreachable), (503, Unreachable)],
)
def test_statuses_that_mean_the_same_everywhere(status: int, error: type[UpstreamError]) -> None:
    found = refuse(Answer(status, "https://x.org/", {"retry-after": "9"}), "asking")
    assert type(found) is error
    assert found is not None
    assert found.status == status
    assert found.retry_after == (None if status in {401, 407} else 9)
    assert refuse(Answer(404, "https://x.org/", {}), "asking") is None


class Site:
    """Two servers, `home` and `other`, whose answers a test sets, and a transport that has a password for `home`."""

    def __init__(self, home: ScriptedServer, other: ScriptedServer) -> None:
        self.home, self.other = home, other
        self.transport = Transport(Trust(Origin.of(home.url)))
        self.transport.proof = basic("me", SECRET)

    def answer(self, *replies: Reply) -> None:
        queue = list(replies)
        self.home.script = lambda _request: queue.pop(0)


@pytest.fixture
def site() -> Iterator[Site]:
    def nothing(_request: Request) -> Reply:
        return Reply(200, {}, b"ok")

    with ScriptedServer(nothing) as home, ScriptedServer(nothing) as other:
        site = Site(home, other)
        yield site
        site.transport.close()


def test_a_redirect_on_the_same_server_keeps_method_body_and_credentials(site: Site) -> None:
    site.answer(Reply(301, {"Location": "/there/"}, b""), Reply(207, {}, b"found"))
    answer = site.transport.request("PROPFIND", site.home.url + "here", body=b"question")
    assert (answer.status, answer.body, answer.redirected) == (207, b"found", True)
    assert answer.url == site.home.url + "there/"
    assert [(r.method, r.path, r.body) for r in site.home.log] == [
        ("PROPFIND", "/here", b"question"),
        ("PROPFIND", "/there/", b"question"),
    ]
    assert all("Authorization" in request.headers for request in site.home.log)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_server_is_not_followed(site: Site, status: int) -> None:
    site.answer(Reply(status, {"Location": site.other.url}, b""))
    with pytest.raises(UntrustedAnswer, match="another server"):
        site.transport.request("GET", site.home.url)
    assert site.other.log == []


@pytest.mark.parametrize("target", ["ftp://x/", "javascript:alert(1)", "http://[broken", "http://u:p@x/"])
def test_a_redirect_to_nonsense(site: Site, target: str) -> None:
    site.answer(Reply(302, {"Location": target}, b""))
    with pytest.raises(UntrustedAnswer):
        site.transport.request("GET", site.home.url)


def test_redirects_in_circles_end(site: Site) -> None:
    site.home.script = lambda _request: Reply(302, {"Location": "/"}, b"")
    with pytest.raises(UntrustedAnswer, match="circles"):
        site.transport.request("GET", site.home.url)
    assert len(site.home.log) == 6


def test_an_address_of_another_server_gets_no_request(site: Site) -> None:
    with pytest.raises(UntrustedAnswer, match="not the server"):
        site.transport.request("GET", site.other.url)
    assert site.other.log == []


@pytest.mark.parametrize("compressed", [False, True])
def test_an_answer_beyond_the_limit_is_given_up(site: Site, compressed: bool) -> None:
    body = b"x" * 4_000_000
    headers = {"Content-Encoding": "gzip"} if compressed else {}
    site.answer(Reply(200, headers, gzip.compress(body) if compressed else body))
    with pytest.raises(UntrustedAnswer, match="longer than"):
        site.transport.request("GET", site.home.url, limit=1_000_000)


def test_damaged_compression_is_not_believed(site: Site) -> None:
    site.answer(Reply(200, {"Content-Encoding": "gzip"}, b"this is no gzip"))
    with pytest.raises(UntrustedAnswer, match="compression"):
        site.transport.request("GET", site.home.url)


def test_cut_connections(site: Site) -> None:
    site.answer(Reply(200, {}, b"half of it", cut=4), Reply(200, {}, b"", cut=0))
    for _ in range(2):
        with pytest.raises(Unreachable):
            site.transport.request("GET", site.home.url)


def test_nobody_there() -> None:
    transport = Transport(Trust(Origin.of("http://127.0.0.1:1/")))
    with pytest.raises(Unreachable, match="no connection"):
        transport.request("GET", "http://127.0.0.1:1/")
    transport.close()


def test_cookies_and_the_environment_play_no_part(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", site.other.url)
    monkeypatch.setenv("ALL_PROXY", site.other.url)
    transport = Transport(Trust(Origin.of(site.home.url)))
    site.answer(Reply(200, {"Set-Cookie": "session=1"}, b""), Reply(200, {}, b""))
    transport.request("GET", site.home.url)
    transport.request("GET", site.home.url)
    assert site.other.log == []
    assert len(site.home.log) == 2
    assert "Cookie" not in site.home.log[1].headers
    transport.close()


def test_one_connection_serves_many_requests(site: Site) -> None:
    ports: set[str] = set()
    site.home.script = lambda request: Reply(200, {}, str(request.port).encode())
    for _ in range(5):
        ports.add(site.transport.request("GET", site.home.url).body.decode())
    assert len(ports) == 1
    assert ports != {"0"}


def test_a_missing_certificate_file_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.pem"):
        Transport(Trust(Origin.of("https://x.org/")), ca_file="nowhere.pem")
