"""The named quirks, one by one."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.caldav import quirks
from plugins.transport import Origin

SEGMENTS = st.text(st.characters(codec="utf-8", exclude_characters="/?#\r\n"), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        ("/cal/a@b.ics", "/cal/a%40b.ics"),
        ("/cal/a%40b.ics", "/cal/a%40b.ics"),
        ("/cal/%41%2fb.ics", "/cal/A%2Fb.ics"),
        ("/cal/Füße.ics", "/cal/F%C3%BC%C3%9Fe.ics"),
        ("/cal/F%c3%bc%c3%9fe.ics", "/cal/F%C3%BC%C3%9Fe.ics"),
        ("/cal/100%.ics", "/cal/100%25.ics"),
        ("/cal/%E4.ics", "/cal/%E4.ics"),
        ("https://p42-caldav.icloud.com:443/1/cal/a.ics", "/1/cal/a.ics"),
        ("HTTP://x.org/cal/", "/cal/"),
        ("http://[broken/cal/", "/cal/"),
        ("/cal/a.ics?version=2", "/cal/a.ics"),
        ("with:colon.ics", "/base/with%3Acolon.ics"),
        ("https://x.org", "/base/"),
    ],
)
def test_one_spelling_for_an_href(href: str, canonical: str) -> None:
    assert quirks.canonical_href(href, "/base/") == canonical


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_every_legal_spelling_of_a_path_is_the_same(segments: list[str]) -> None:
    spellings = [
        "/" + "/".join(quote(segment, safe=safe) for segment in segments) for safe in ("", "@", ":@!$&'()*+,;=~")
    ]
    canonical = {quirks.canonical_href(spelling) for spelling in spellings}
    assert len(canonical) == 1
    (one,) = canonical
    assert quirks.canonical_href(one) == one
    assert [unquote(part) for part in one.split("/")[1:]] == segments
    assert quirks.request_path(one) == one


@given(st.text(max_size=60))
def test_no_href_is_too_odd(href: str) -> None:
    canonical = quirks.canonical_href(href.encode(errors="replace").decode(), "/base/")
    assert canonical.startswith("/")
    assert quirks.canonical_href(canonical) == canonical


def test_requests_keep_the_spelling_of_the_server() -> None:
    assert quirks.request_path("/cal/a@b%40c,'*:.ics") == "/cal/a@b%40c,'*:.ics"
    assert quirks.request_path("/cal/Füße x.ics") == "/cal/F%C3%BC%C3%9Fe%20x.ics"


@pytest.mark.parametrize(
    ("value", "etag"),
    [
        ('"abc"', '"abc"'),
        ('W/"abc"', '"abc"'),
        ("abc", '"abc"'),
        (' "abc" ', '"abc"'),
        ('"abc-gzip"', '"abc"'),
        ('"abc--gzip"', '"abc"'),
        ('W/"abc-gzip"', '"abc"'),
        ("", ""),
        ('""', ""),
    ],
)
def test_etags(value: str, etag: str) -> None:
    assert quirks.plain_etag(value) == etag


@given(st.text(st.characters(exclude_characters='"'), min_size=1, max_size=30))
def test_weak_and_strong_are_one(value: str) -> None:
    assert quirks.plain_etag(f'W/"{value}"') == quirks.plain_etag(f'"{value}"')


@pytest.mark.parametrize(
    ("text", "lines"),
    [("A\nB\n", "A\r\nB\r\n"), ("A\r\nB\r\n", "A\r\nB\r\n"), ("A\r\nB\nC", "A\r\nB\nC"), ("A", "A"), ("", "")],
)
def test_line_ends_that_xml_took(text: str, lines: str) -> None:
    assert quirks.network_line_ends(text) == lines


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"))))
def test_line_ends_survive_the_way_through_xml(lines: list[str]) -> None:
    text = "".join(line + "\r\n" for line in lines)
    assert quirks.network_line_ends(text.replace("\r\n", "\n")) == text
    assert quirks.network_line_ends(text) == text


@given(st.text(max_size=200), st.sampled_from(["", ".ics", ".vcf"]))
def test_names_for_new_resources(stem: str, suffix: str) -> None:
    name = quirks.resource_name(stem + suffix)
    assert name == quirks.resource_name(stem + suffix)
    assert name.endswith(suffix)
    assert "/" not in unquote(name)
    assert not set(unquote(name)) & set(":'\"*?,\\\r\n")
    assert not name.startswith(".")
    assert len(unquote(name).encode()) < 200
    assert quirks.canonical_href("/c/" + name) == "/c/" + name


def test_ordinary_names_are_kept() -> None:
    assert quirks.resource_name("meeting.ics") == "meeting.ics"
    assert quirks.resource_name("a@b.ics") == "a%40b.ics"
    assert quirks.resource_name("a:b.ics") != quirks.resource_name("a,b.ics")


def test_icloud_siblings() -> None:
    assert quirks.sibling_domains(Origin("https", "caldav.icloud.com", 443)) == ("icloud.com",)
    assert quirks.sibling_domains(Origin("https", "p07-caldav.icloud.com", 443)) == ("icloud.com",)
    assert quirks.sibling_domains(Origin("https", "noticloud.com", 443)) == ()
    assert quirks.sibling_domains(Origin("http", "caldav.icloud.com", 80)) == ()


@pytest.mark.parametrize(
    ("status", "reasons", "dead"),
    [
        (403, ["DAV: valid-sync-token"], True),
        (403, ["DAV: need-privileges"], False),
        (403, [], False),
        (412, [], True),
        (409, [], True),
        (400, [], True),
        (507, [], True),
        (404, [], False),
        (403, ["DAV: supported-report"], True),
    ],
)
def test_dead_tokens(status: int, reasons: list[str], dead: bool) -> None:
    assert quirks.dead_token(status, reasons) is dead


@pytest.mark.parametrize(
    ("challenge", "schemes", "basic"),
    [
        ("", [], True),
        ('Basic realm="x"', ["basic"], True),
        ('X-MobileMe-AuthToken realm="MMCalDav", Basic realm="MMCalDav"', ["x-mobileme-authtoken", "basic"], True),
        ('Digest realm="a, Basic b", nonce="1", qop="auth", algorithm=MD5', ["digest"], False),
        ("Negotiate, NTLM", ["negotiate", "ntlm"], False),
        ('Bearer realm="x", error="invalid_token", Basic realm="y"', ["bearer", "basic"], True),
        ("Basic", ["basic"], True),
    ],
)
def test_challenges(challenge: str, schemes: list[str], basic: bool) -> None:
    assert quirks.challenge_schemes(challenge) == schemes
    assert quirks.offers_basic(challenge) is basic
