"""GET of entries and whole calendars, conditional (F14 of the findings)."""

import plistlib
from collections.abc import Iterator

import pytest

from gateway.dav import get
from storage.ical.lines import parse
from storage.model import Entry
from tests.gateway.dav.door import Door, component, event

ZONE = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\n"


def test_a_known_version_is_not_sent_again(door: Door) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    for known in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        got = door.request("GET", "/dav/alice/work/a.ics", headers={"If-None-Match": known})
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", etag)
    assert door.request("GET", "/dav/alice/work/a.ics", headers={"If-None-Match": '"x"'}).status == 200


def test_an_entry_says_its_type_and_when_it_changed(door: Door) -> None:
    door.put("t.ics", component("VTODO", "t", "SUMMARY:x"))
    got = door.request("GET", "/dav/alice/work/t.ics")
    assert got.headers["content-type"] == "text/calendar; charset=utf-8; component=VTODO"
    assert got.headers["last-modified"].endswith(" GMT")


def test_dates_are_conditions_where_no_version_is_named(door: Door) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    path, past, future = "/dav/alice/work/a.ics", "Tue, 01 Jan 2019 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    modified = door.request("GET", path).headers["last-modified"]
    for headers, status in (
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": future}, 304),
        ({"If-Modified-Since": past}, 200),
        ({"If-Modified-Since": "nonsense"}, 200),
        ({"If-Modified-Since": future, "If-None-Match": '"x"'}, 200),
        ({"If-Unmodified-Since": past}, 412),
        ({"If-Unmodified-Since": future}, 200),
        ({"If-Unmodified-Since": past, "If-Match": etag}, 200),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": f"W/{etag}"}, 412),
    ):
        assert door.request("GET", path, headers=headers).status == status, headers


def test_a_part_of_a_text(door: Door) -> None:
    got = door.put("a.ics", event("a"))
    etag, whole, path = got.headers["etag"], event("a").encode(), "/dav/alice/work/a.ics"
    for wanted, part, start in (
        ("bytes=0-4", whole[:5], 0),
        ("bytes=6-", whole[6:], 6),
        ("bytes=-4", whole[-4:], len(whole) - 4),
        (f"bytes=5-{len(whole) + 100}", whole[5:], 5),
    ):
        got = door.request("GET", path, headers={"Range": wanted})
        assert (got.status, got.body, got.headers["etag"]) == (206, part, etag)
        assert got.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(whole)}"
    for ignored in ("bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=5-2"):
        got = door.request("GET", path, headers={"Range": ignored})
        assert (got.status, got.body, got.headers["accept-ranges"]) == (200, whole, "bytes")
    beyond = door.request("GET", path, headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    for version, status in ((etag, 206), ('"x"', 200), (f"W/{etag}", 200)):
        assert door.request("GET", path, headers={"Range": "bytes=0-4", "If-Range": version}).status == status
    assert door.request("HEAD", path, headers={"Range": "bytes=0-4"}).status == 200


def test_a_whole_calendar_is_one_text(door: Door) -> None:
    for uid in ("a", "b"):
        text = event(uid, start="DTSTART;TZID=Europe/Berlin:20260310T100000")
        door.put(f"{uid}.ics", text.replace("BEGIN:VEVENT", ZONE + "BEGIN:VEVENT"))
    got = door.request("GET", "/dav/alice/work/")
    [calendar] = parse(got.text).components()
    assert [child.name for child in calendar.components()] == ["VTIMEZONE", "VEVENT", "VEVENT"]
    again = door.request("GET", "/dav/alice/work/", headers={"If-None-Match": got.headers["etag"]})
    assert again.status == 304


def test_a_large_calendar_is_sent_in_pieces(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        door.put(f"{number}.ics", event(str(number)))
    whole = door.request("GET", "/dav/alice/work/")
    monkeypatch.setattr(get, "PIECE", 300)
    cut = door.request("GET", "/dav/alice/work/")
    assert (cut.status, cut.body, cut.headers["etag"]) == (200, whole.body, whole.headers["etag"])
    assert ("content-length" in whole.headers, "content-length" in cut.headers) == (True, False)
    assert door.request("HEAD", "/dav/alice/work/").status == 200
    assert [each.name for each in door.store.folder.iterdir() if "mirror" not in each.name] == []


def test_a_calendar_that_changes_while_it_is_read_has_no_version(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.put("a.ics", event("a"))
    iter_entries = door.store.iter_entries

    def changing(collection_id: str) -> Iterator[Entry]:
        door.put("b.ics", event("b"))
        return iter_entries(collection_id)

    monkeypatch.setattr(door.store, "iter_entries", changing)
    got = door.request("GET", "/dav/alice/work/")
    assert (got.status, "etag" in got.headers) == (200, False)
    assert door.request("GET", "/dav/alice/work/").headers["etag"]


def test_the_root_and_the_principal_explain_themselves(door: Door) -> None:
    for path in ("/dav", "/dav/", "/dav/alice/"):
        got = door.request("GET", path)
        assert got.status == 200
        assert "/dav/alice/" in got.text


def test_what_is_not_there(door: Door) -> None:
    assert door.request("GET", "/dav/alice/work/none.ics").status == 404
    assert door.request("GET", "/dav/alice/none/").status == 404


def test_a_profile_without_a_password_for_apples_devices(door: Door) -> None:
    path = "/dav/alice/calharbor.mobileconfig"
    before = door.store.devices()
    got = door.request("GET", path, headers={"Host": "cal.example.org:8080"})
    assert (got.status, got.headers["content-type"]) == (200, "application/x-apple-aspen-config")
    assert "attachment" in got.headers["content-disposition"]
    payloads = plistlib.loads(got.body)["PayloadContent"]
    assert {payload.get("CalDAVPrincipalURL", payload.get("CardDAVPrincipalURL")) for payload in payloads} == {
        "http://cal.example.org:8080/dav/alice/"
    }
    assert b"Password" not in got.body
    assert [each.id for each in door.store.devices()] == [each.id for each in before], "no secret is made by a GET"
    assert door.request("GET", path, user="bob").status == 403
    assert door.request("GET", path, user=None).status == 401
    assert door.request("MKCALENDAR", path + "/").status == 403
