"""GET of entries and whole calendars, conditional (F14 of the findings)."""

from storage.ical.lines import parse
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


def test_a_whole_calendar_is_one_text(door: Door) -> None:
    for uid in ("a", "b"):
        text = event(uid, start="DTSTART;TZID=Europe/Berlin:20260310T100000")
        door.put(f"{uid}.ics", text.replace("BEGIN:VEVENT", ZONE + "BEGIN:VEVENT"))
    got = door.request("GET", "/dav/alice/work/")
    [calendar] = parse(got.text).components()
    assert [child.name for child in calendar.components()] == ["VTIMEZONE", "VEVENT", "VEVENT"]
    again = door.request("GET", "/dav/alice/work/", headers={"If-None-Match": got.headers["etag"]})
    assert again.status == 304


def test_the_root_and_the_principal_explain_themselves(door: Door) -> None:
    for path in ("/dav", "/dav/", "/dav/alice/"):
        got = door.request("GET", path)
        assert got.status == 200
        assert "/dav/alice/" in got.text


def test_what_is_not_there(door: Door) -> None:
    assert door.request("GET", "/dav/alice/work/none.ics").status == 404
    assert door.request("GET", "/dav/alice/none/").status == 404
