"""Hostile and broken input: an answer that says what is wrong, never a 500, and the rest of the collection unharmed."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.dav import body
from gateway.dav.names import caldav
from tests.gateway.dav.door import NAMESPACES, Door, component, event

WORK = "/dav/alice/work/"
DAY = 'start="20260310T000000Z" end="20260311T000000Z"'
DECADE = 'start="20260310T000000Z" end="20360310T000000Z"'
HUGE = event("huge", "DESCRIPTION:" + "x" * 20_000_000)
LONG_LINE = event("line", "DESCRIPTION:" + "x" * 1_000_000)
NESTED = "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 100_000
ENDLESS = event("endless", "RRULE:FREQ=SECONDLY")
BROKEN_ZONE = event("zone", start="DTSTART;TZID=Nowhere:20260310T100000", end="").replace(
    "BEGIN:VEVENT",
    "BEGIN:VTIMEZONE\r\nTZID:Nowhere\r\nBEGIN:STANDARD\r\nDTSTART:junk\r\nTZOFFSETTO:+99\r\n"
    "RRULE:FREQ=NEVER\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
)


def overrides(count: int) -> str:
    more = "".join(
        f"BEGIN:VEVENT\r\nUID:many\r\nRECURRENCE-ID:2026{1 + n // 28 % 12:02}{1 + n % 28:02}T{n // 336:02}0000Z\r\n"
        f"DTSTART:20260310T120000Z\r\nSUMMARY:{n}\r\nEND:VEVENT\r\n"
        for n in range(count)
    )
    return event("many", "RRULE:FREQ=HOURLY;COUNT=20000").replace("END:VCALENDAR", f"{more}END:VCALENDAR")


def unharmed(door: Door) -> None:
    """Everything a client does in a round works, and what was there is there."""
    assert door.request("GET", f"{WORK}good.ics").text == event("good")
    for got in (
        door.propfind(WORK, "<getetag/>", "1"),
        door.sync(props="<getetag/><C:calendar-data/>"),
        door.query('<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"/></C:comp-filter>'),
        door.query(
            f'<C:comp-filter name="VEVENT"><C:time-range {DAY}/></C:comp-filter>',
            f"<C:calendar-data><C:expand {DAY}/></C:calendar-data>",
        ),
    ):
        assert got.status == 207
    assert door.put("after.ics", event("after")).status in (201, 204)


@pytest.fixture
def good(door: Door) -> Door:
    door.put("good.ics", event("good"))
    return door


@pytest.mark.parametrize(
    ("body", "condition"),
    [
        (HUGE, "max-resource-size"),
        (NESTED, "max-resource-size"),
        (event("x").encode().replace(b"UID", b"\xff\xfeUID"), "valid-calendar-data"),
        (event("x").encode().replace(b"UID", b"U\x00ID"), "valid-calendar-data"),
        (b"", "valid-calendar-data"),
        (b"\x00" * 1000, "valid-calendar-data"),
        (b"hello", "valid-calendar-data"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "valid-calendar-data"),
        (event("x").replace("END:VEVENT\r\n", "").encode(), "valid-calendar-data"),
        (event("x").replace("UID:x\r\n", "").encode(), "valid-calendar-data"),
        (event("x", start="", end="").encode(), "valid-calendar-data"),
        (event("x").encode() * 2, "valid-calendar-data"),
        (component("VFREEBUSY", "x", "DTSTART:20260310T100000Z").encode(), "supported-calendar-component"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:x\r\nFN:x\r\nEND:VCARD\r\n", "valid-calendar-data"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_texts_that_are_refused_by_name(good: Door, body: str | bytes, condition: str) -> None:
    head = good.store.head()
    got = good.put("bad.ics", body)
    assert (got.status, got.conditions) == (403, {caldav(condition)})
    assert got.xml.findtext("{http://calharbor.invalid/ns/}message")
    assert good.store.head() == head
    unharmed(good)


@pytest.mark.parametrize(
    "text", [LONG_LINE, ENDLESS, BROKEN_ZONE, overrides(800)], ids=["line", "endless", "zone", "many"]
)
def test_texts_that_are_strange_but_held(good: Door, text: str) -> None:
    assert good.put("odd.ics", text).status == 201
    assert good.request("GET", f"{WORK}odd.ics").text == text
    unharmed(good)


def test_an_endless_series_is_expanded_within_limits(good: Door) -> None:
    good.put("endless.ics", ENDLESS)
    data = f"<C:calendar-data><C:expand {DECADE}/></C:calendar-data>"
    got = good.query('<C:comp-filter name="VEVENT"/>', data)
    assert got.replies[f"{WORK}endless.ics"].text(caldav("calendar-data")).count("BEGIN:VEVENT") <= 20_000
    busy = good.report(f"<C:free-busy-query {NAMESPACES}><C:time-range {DECADE}/></C:free-busy-query>")
    assert busy.status == 200


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    f"<propfind {NAMESPACES}><prop><getetag/>&b;</prop></propfind>"
)


@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"])
@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        BOMB.replace("1.0", '1.0" encoding="utf-16').encode("utf-16"),
        BOMB.replace("1.0", '1.0" encoding="cp037'),
        BOMB.replace("1.0", '1.0" encoding="koi8-r'),
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>" * 100_000,
        "<a>" * 1000 + "</a>" * 1000,
        "<a" + "".join(f' b{n}="x"' for n in range(1000)),
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b"\xff\xfe\x00\x00",
        b"<a>\x00</a>",
        "plain words",
    ],
    ids=lambda value: str(value)[:20],
)
def test_bodies_that_are_no_xml_or_too_much(good: Door, method: str, body: str | bytes) -> None:
    path = "/dav/alice/new/" if method.startswith("MK") else WORK
    got = good.request(method, path, body, {"Depth": "0"})
    assert got.status == 400
    assert got.xml.findtext("{http://calharbor.invalid/ns/}message")
    assert len(good.store.collections(user="alice")) == 1


def test_a_body_with_more_elements_than_anybody_means(good: Door) -> None:
    body = f"<propfind {NAMESPACES}><prop>{'<a/>' * 300_000}</prop></propfind>"
    assert good.request("PROPFIND", WORK, body, {"Depth": "0"}).status == 400
    assert good.request("PROPFIND", WORK, " " * 9_000_000 + "<a/>", {"Depth": "0"}).status == 413


METHODS = st.sampled_from(
    [
        "PROPFIND",
        "PROPPATCH",
        "REPORT",
        "PUT",
        "GET",
        "HEAD",
        "DELETE",
        "MOVE",
        "COPY",
        "MKCALENDAR",
        "MKCOL",
        "OPTIONS",
        "POST",
        "ACL",
    ]
)
PIECES = st.sampled_from(
    [
        "/",
        "alice",
        "work",
        "bob",
        "good.ics",
        "%2F",
        "%00",
        "%0A",
        "..",
        "%2e%2e",
        "%",
        "é",
        "?",
        "#",
        " ",
        "//",
        "%FF",
        ":",
    ]
)
PATHS = st.lists(PIECES, max_size=6).map(lambda pieces: "/dav/" + "/".join(pieces))
HEADERS = st.dictionaries(
    st.sampled_from(
        (
            *(
                "Depth",
                "If",
                "If-Match",
                "If-None-Match",
                "If-Modified-Since",
                "If-Unmodified-Since",
                "If-Range",
                "Range",
            ),
            *("Destination", "Overwrite", "Prefer", "Accept-Encoding", "CalDAV-Timezones", "Host", "X-Forwarded-Host"),
        )
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
    | st.text('(<["Not]>)x W/', max_size=20)
    | st.sampled_from(["0", "1", "*", '"x"', WORK, '(["x"])', "(Not <a>)", "bytes=0-9", "bytes=-", "T", "F"]),
    max_size=3,
)
TAGS = st.sampled_from(
    (
        *("prop", "allprop", "set", "remove", "propfind", "propertyupdate", "getetag", "displayname", "href", "mkcol"),
        *("sync-collection", "sync-token", "limit", "C:calendar-query", "C:calendar-multiget", "C:free-busy-query"),
        *("C:mkcalendar", "C:filter", "C:comp-filter", "C:prop-filter", "C:text-match", "C:time-range"),
        *("C:calendar-data", "C:expand", "C:timezone", "C:limit-freebusy-set", "expand-property", "property"),
        *("principal-property-search", "property-search", "match", "principal-match", "self", "acl"),
        *("acl-principal-prop-set", "principal-search-property-set", "sync-level", "nresults"),
    )
)
ATTRIBUTES = st.sampled_from(
    [
        "",
        ' name="VCALENDAR"',
        ' name="VEVENT"',
        ' start="20260310T000000Z"',
        ' end="x"',
        ' start="20260310T000000Z" end="99991231T235959Z"',
    ]
)
XML = st.recursive(
    st.text(max_size=10).map(lambda text: escape("".join(c for c in text if c.isprintable()))),
    lambda inner: st.tuples(TAGS, ATTRIBUTES, st.lists(inner, max_size=3)).map(
        lambda each: f"<{each[0]}{each[1]}>{''.join(each[2])}</{each[0]}>"
    ),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=60)
    | XML.map(lambda text: f"<x {NAMESPACES}>{text}</x>".encode())
    | st.tuples(TAGS, XML).map(lambda each: f"<{each[0]} {NAMESPACES}>{each[1]}</{each[0]}>".encode())
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(method=METHODS, path=PATHS, headers=HEADERS, body=BODIES)
def test_no_request_at_all_makes_an_internal_error(
    good: Door, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    got = good.request(method, path.encode("utf-8").decode("latin-1").replace(" ", "%20"), body, headers)
    assert got.status < 500 or got.status in (502, 507), got.text


LINES = (
    *("RRULE:FREQ=DAILY", "RRULE:x", "RDATE:junk", "EXDATE:20260310", "DURATION:-P1D", "DTEND:00000000", "TZID:x"),
    *("BEGIN:VALARM", "END:VALARM", "TRIGGER:x", "RECURRENCE-ID:junk", "DTSTART;TZID=x:99991231T235959", "X:\x0b", ""),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(LINES), max_size=6))
def test_no_text_makes_later_reports_fail(good: Door, lines: list[str]) -> None:
    got = good.put("fuzz.ics", event("fuzz", "\n".join(lines)))
    assert got.status in (201, 204, 403, 409), got.text
    unharmed(good)


def test_a_free_time_request_ends_by_name_where_rules_make_too_much(good: Door) -> None:
    for number in range(6):
        assert good.put(f"s{number}.ics", event(f"s{number}", "RRULE:FREQ=SECONDLY")).status == 201
    got = good.report(f"<C:free-busy-query {NAMESPACES}><C:time-range {DECADE}/></C:free-busy-query>")
    assert (got.status, got.conditions) == (507, {"{DAV:}number-of-matches-within-limits"})
    short = 'start="20260310T000000Z" end="20260310T010000Z"'
    assert good.report(f"<C:free-busy-query {NAMESPACES}><C:time-range {short}/></C:free-busy-query>").status == 200
    unharmed(good)


@pytest.mark.parametrize(
    "inside",
    [
        "<a/>" * 450_000,
        "<a " + " ".join(f'a{n}="x"' for n in range(250_000)) + "/>",
        "<a " + " ".join(f'xmlns:a{n}="x"' for n in range(250_000)) + "/>",
    ],
    ids=["elements", "attributes", "namespaces"],
)
def test_a_body_of_very_many_things_is_refused_before_it_is_parsed(
    good: Door, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(*_arguments: object, **_options: object) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(body, "fromstring", parsed)
    got = good.request("PROPFIND", WORK, f'<propfind xmlns="DAV:"><prop>{inside}</prop></propfind>')
    assert got.status == 400


@pytest.mark.parametrize(
    "headers",
    [{f"X-{n}": "x" for n in range(300)}, {"X-Long": "x" * 70_000}],
    ids=["many", "long"],
)
def test_headers_beyond_all_measure_are_refused(good: Door, headers: dict[str, str]) -> None:
    assert good.request("GET", f"{WORK}good.ics", headers=headers).status == 431
