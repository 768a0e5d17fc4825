"""Time zones by reference (RFC 7809): the header `CalDAV-Timezones` on GET and reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dav.names import caldav
from gateway.dav.zone_blocks import adjusted
from storage.ical.canonical import canonical
from storage.ical.zones import vtimezone
from tests.gateway.dav.door import Door, event

PATH = "/dav/alice/work/a.ics"
BERLIN = ("DTSTART;TZID=Europe/Berlin:20260310T100000", "DTEND;TZID=Europe/Berlin:20260310T110000")
OWN = (
    "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n"
    "TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def with_zones(*blocks: str, lines: str = "") -> str:
    return event("a", lines, *BERLIN).replace("BEGIN:VEVENT", f"{''.join(blocks)}BEGIN:VEVENT")


FULL = with_zones(vtimezone("Europe/Berlin"), OWN, lines="X-T;TZID=Mine:20260310T100000")
BARE = with_zones(OWN, lines="X-T;TZID=Mine:20260310T100000")


def test_what_everybody_knows_need_not_be_sent(door: Door) -> None:
    etag = door.put("a.ics", FULL).headers["etag"]
    for header, text in (("F", BARE), ("T", FULL), ("", FULL), ("x", FULL)):
        headers = {"CalDAV-Timezones": header} if header else {}
        got = door.request("GET", PATH, headers=headers)
        assert (got.text, got.headers["etag"]) == (text, etag)
        asked = door.report(
            '<C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>'
            f"<href>{PATH}</href></C:calendar-multiget>",
            headers=headers,
        )
        assert asked.replies[PATH].text(caldav("calendar-data")) == text


def test_what_is_missing_is_added_for_who_wants_it(door: Door) -> None:
    door.put("a.ics", BARE)
    text = door.request("GET", PATH, headers={"CalDAV-Timezones": "T"}).text
    assert canonical(text) == canonical(FULL)
    assert door.request("GET", PATH).text == BARE


def test_a_zone_is_added_under_the_name_that_is_used() -> None:
    windows = event("a", "", "DTSTART;TZID=W. Europe Standard Time:20260310T100000", "")
    text = adjusted(windows, True)
    assert "TZID:W. Europe Standard Time\r\n" in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    nowhere = event("a", "", "DTSTART;TZID=Nowhere:20260310T100000", "")
    assert adjusted(nowhere, True) == nowhere


@given(st.sampled_from([FULL, BARE, event("a"), "nonsense"]), st.sampled_from([True, False, None]))
def test_twice_is_once(text: str, there: bool | None) -> None:
    once = adjusted(text, there)
    assert adjusted(once, there) == once
    if there is None:
        assert once == text


@pytest.mark.parametrize("moment", ["20260310T000000", "20260310", "x"])
def test_a_window_is_in_utc(door: Door, moment: str) -> None:
    """RFC 4791 §9.9."""
    got = door.query(f'<C:comp-filter name="VEVENT"><C:time-range start="{moment}"/></C:comp-filter>')
    assert (got.status, got.conditions) == (403, {caldav("valid-filter")})
