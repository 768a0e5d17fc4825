"""PUT: the bytes as they were sent, under the conditions that were sent with them (F0, F4, F6, F20 of the findings)."""

import pytest

from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import NAMESPACES, Door, component, event


def test_the_bytes_are_kept(door: Door) -> None:
    """F0 and F4: stock Radicale cuts X- values at the first comma, reorders, and invents a VTIMEZONE."""
    text = event(
        "kept",
        "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Home:geo:52.51,13.37\nx-Foo:one,two\nSUMMARY:Größe \n  gefaltet",
        start="DTSTART;TZID=Somewhere/Else:20260310T100000",
        end="DURATION:PT1H",
    )
    got = door.put("kept.ics", text)
    assert got.status == 201
    read = door.request("GET", "/dav/alice/work/kept.ics")
    assert read.text == text
    assert read.headers["etag"] == got.headers["etag"]
    data = door.query("", "<getetag/><C:calendar-data/>").replies["/dav/alice/work/kept.ics"]
    assert data.text(caldav("calendar-data")) == text


def test_no_etag_where_the_bytes_had_to_change(door: Door) -> None:
    """A character torn by a fold is made whole on the way in; RFC 4791 §5.3.4 then forbids the ETag."""
    torn = event("torn", "SUMMARY:caf\u00e9").encode().replace("é".encode(), b"\xc3\r\n \xa9")
    got = door.put("torn.ics", torn)
    assert got.status == 201
    assert "etag" not in got.headers


@pytest.mark.parametrize(
    "name",
    [
        "a:b.ics",
        "a,b'c*d.ics",
        "100%25%20%40x%22.ics",
        "q%3Fh%23.ics",
        "z%C3%A9%F0%9F%8E%89.ics",
        "line%0Abreak.ics",
        "%20a%20",
    ],
)
def test_names_with_every_kind_of_character(door: Door, name: str) -> None:
    """F23, and hrefs that Radicale's own path checks refuse."""
    text = event("odd")
    assert door.put(name, text).status == 201
    [href] = [each for each in door.propfind("/dav/alice/work/", "<getetag/>", "1").replies if not each.endswith("/")]
    assert door.request("GET", href).text == text
    body = f"<C:calendar-multiget {NAMESPACES}><prop><getetag/></prop><href>{href}</href></C:calendar-multiget>"
    assert [reply.status for reply in door.report(body).replies.values()] == [207]
    assert door.request("DELETE", href).status == 204


def test_if_match_and_if_none_match(door: Door) -> None:
    first = door.put("a.ics", event("a"), {"If-None-Match": "*"})
    assert first.status == 201
    etag = first.headers["etag"]
    assert door.put("a.ics", event("a", "SUMMARY:x"), {"If-None-Match": "*"}).status == 412
    assert door.put("a.ics", event("a", "SUMMARY:x"), {"If-Match": '"other"'}).status == 412
    assert door.put("a.ics", event("a", "SUMMARY:x"), {"If-Match": f"W/{etag}"}).status == 412
    assert door.put("a.ics", event("a", "SUMMARY:x"), {"If-None-Match": f'"no", {etag}'}).status == 412
    assert door.request("GET", "/dav/alice/work/a.ics").text == event("a")
    assert door.put("a.ics", event("a", "SUMMARY:x"), {"If-Match": f'"other", {etag}'}).status == 204
    assert door.put("a.ics", event("a", "SUMMARY:y"), {"If-Match": "*"}).status == 204
    assert door.put("b.ics", event("b"), {"If-Match": "*"}).status == 412
    assert door.put("b.ics", event("b"), {"If-Match": ""}).status == 412


def test_the_same_bytes_again_are_no_change(door: Door) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    before = door.store.head()
    again = door.put("a.ics", event("a"))
    assert (again.status, again.headers["etag"], door.store.head()) == (204, etag, before)


def test_an_uid_is_in_a_collection_once(door: Door) -> None:
    door.put("a%20b.ics", event("same"))
    got = door.put("other.ics", event("same"))
    assert (got.status, got.conditions) == (409, {caldav("no-uid-conflict")})
    assert got.xml.findtext(f"{caldav('no-uid-conflict')}/{dav('href')}") == "/dav/alice/work/a%20b.ics"
    changed = door.put("a%20b.ics", event("different"))
    assert (changed.status, changed.conditions) == (409, {caldav("no-uid-conflict")})
    door.add_calendar("second")
    assert door.request("PUT", "/dav/alice/second/x.ics", event("same")).status == 201


def test_a_calendar_holds_the_components_it_says(door: Door) -> None:
    """F20: stock Radicale takes a VTODO into a calendar for VEVENTs."""
    door.add_calendar("events", components=("VEVENT",))
    got = door.request("PUT", "/dav/alice/events/t.ics", component("VTODO", "t", "SUMMARY:x"))
    assert (got.status, got.conditions) == (403, {caldav("supported-calendar-component")})


@pytest.mark.parametrize("existing", [False, True])
def test_a_read_only_calendar_changes_nothing(door: Door, existing: bool) -> None:
    if existing:
        door.put("a.ics", event("a"))
    door.make_read_only("work")
    before = door.store.head()
    for body in (event("a", "SUMMARY:x"), b"nonsense"):
        got = door.put("a.ics", body)
        assert (got.status, got.conditions) == (403, {dav("need-privileges")})
    gone = door.request("DELETE", "/dav/alice/work/a.ics")
    assert (gone.status, gone.conditions) == (403, {dav("need-privileges")})
    assert door.request("DELETE", "/dav/alice/work/").status == 403
    assert door.store.head() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/dav/alice/none/a.ics", 409),
        ("/dav/alice/work/", 405),
        ("/dav/alice/work", 405),
        ("/dav/alice/", 403),
        ("/dav/", 403),
        ("/dav/alice/work/a%2Fb.ics", 403),
        ("/dav/alice/work/" + "x" * 2000, 403),
    ],
)
def test_places_where_no_entry_can_be(door: Door, path: str, status: int) -> None:
    assert door.request("PUT", path, event("a")).status == status


@pytest.mark.parametrize(
    "text",
    [
        event("f6a", start="DTSTART:20260310T100000Z", end="DTEND;VALUE=DATE:20260311"),
        component("VTODO", "f6b", "RRULE:FREQ=DAILY;COUNT=2\nSUMMARY:no dates"),
        "\ufeff" + event("f6c"),
        component("VEVENT", "f6d", "DTSTART:20260310T100000Z\nRECURRENCE-ID:20260310T090000Z"),
    ],
)
def test_what_providers_really_send_is_held(door: Door, text: str) -> None:
    """F6: stock Radicale answers 400 to these."""
    assert door.put("odd.ics", text).status == 201
    assert door.request("GET", "/dav/alice/work/odd.ics").text == text


def test_a_message_is_no_entry(door: Door) -> None:
    """RFC 4791 §4.1: an entry has no METHOD, one UID and one kind."""
    for text in (
        event("a").replace("VERSION:2.0", "METHOD:REQUEST\r\nVERSION:2.0"),
        event("a").replace("END:VCALENDAR\r\n", event("b")[event("b").index("BEGIN:VEVENT") :]),
        event("a").replace("END:VCALENDAR", "BEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\nEND:VCALENDAR"),
    ):
        got = door.put("a.ics", text)
        assert (got.status, got.conditions) == (403, {caldav("valid-calendar-object-resource")})


@pytest.mark.parametrize(
    ("lines", "start", "condition"),
    [
        ("", "DTSTART;TZID=Asia/Tokyo:00010101T000000", "min-date-time"),
        ("", "DTSTART;TZID=America/New_York:99991231T235959", "max-date-time"),
        ("RRULE:FREQ=SECONDLY;COUNT=20002", "DTSTART:20260310T100000Z", "max-instances"),
        ("RRULE:FREQ=MINUTELY;UNTIL=20300101T000000Z", "DTSTART:20260310T100000Z", "max-instances"),
        (
            "\n".join(f"ATTENDEE:mailto:a{number}@example.org" for number in range(5001)),
            "DTSTART:20260310T100000Z",
            "max-attendees-per-instance",
        ),
    ],
)
def test_limits_that_a_calendar_advertises(door: Door, lines: str, start: str, condition: str) -> None:
    assert door.propfind("/dav/alice/work/", f"<C:{condition}/>").replies["/dav/alice/work/"].text(caldav(condition))
    got = door.put("a.ics", event("a", lines, start, ""))
    assert (got.status, got.conditions) == (403, {caldav(condition)})


def test_series_within_the_limits(door: Door) -> None:
    for number, rule in enumerate(
        ("FREQ=SECONDLY", "FREQ=DAILY;COUNT=20000", "FREQ=DAILY;UNTIL=20800101T000000Z", "FREQ=YEARLY;UNTIL=99991231")
    ):
        assert door.put(f"{number}.ics", event(f"{number}", f"RRULE:{rule}")).status == 201, rule


def test_what_calls_itself_something_else_than_a_calendar(door: Door) -> None:
    for kind, status in (
        ("text/plain", 403),
        ("application/calendar+json", 403),
        ("text/calendar; version=1.0", 403),
        ("text/vcard", 403),
        ("text/calendar", 201),
        ('TEXT/Calendar; charset=utf-8; component=VEVENT; version="2.0"', 204),
        ("application/octet-stream", 204),
    ):
        got = door.put("a.ics", event("a"), {"Content-Type": kind})
        assert got.status == status, kind
        if status == 403:
            assert got.conditions == {caldav("supported-calendar-data")}
