"""POST to `DAV:add-member` (RFC 5995): the server names the new entry."""

from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import Door, event

WORK = "/dav/alice/work/"


def test_a_new_entry_gets_a_name(door: Door) -> None:
    reply = door.propfind(WORK, "<add-member/>").replies[WORK]
    address = reply.props[dav("add-member")].findtext(dav("href")) or ""
    got = door.request("POST", address, event("a"), {"Content-Type": "text/calendar"})
    assert got.status == 201
    name = got.headers["location"]
    assert name.startswith(WORK)
    assert name.endswith(".ics")
    assert door.request("GET", name).headers["etag"] == got.headers["etag"]
    again = door.request("POST", address, event("a"))
    assert (again.status, again.conditions) == (409, {caldav("no-uid-conflict")})
    shown = door.request("POST", address, event("b"), {"Prefer": "return=representation"})
    assert (shown.text, shown.headers["content-location"]) == (event("b"), shown.headers["location"])


def test_a_read_only_calendar_takes_no_members(door: Door) -> None:
    door.make_read_only("work")
    assert door.propfind(WORK, "<add-member/>").replies[WORK].refused == {dav("add-member"): 404}
    assert door.request("POST", f"{WORK}%3Badd-member", event("a")).status == 403


def test_places_that_take_no_post(door: Door) -> None:
    for path in (WORK, f"{WORK}a.ics", "/dav/alice/", "/dav/"):
        assert door.request("POST", path, event("a"), {"Content-Type": "text/calendar"}).status == 405
    assert door.request("POST", "/dav/alice/none/;add-member", event("a")).status == 404
    assert door.request("POST", "/dav/bob/work/;add-member", event("a")).status == 403
