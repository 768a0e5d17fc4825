"""What Outlook CalDav Synchronizer sends, retyped: auto-discovery, its test of a calendar, and a sync.

Source: aluxnimm/outlookcaldavsynchronizer, `CalDavSynchronizer/DataAccess/{CalDavDataAccess,WebDavDataAccess}.cs`
(GetUserCalendars, IsResourceType, IsWriteable, CreateEntity, UpdateEntity, DeleteEntity). It asks for allprop.
"""

from collections.abc import Iterator

import pytest

from tests.clients.replay import BOOKS, CALENDARS, CARD, C, D, Replay, event

PRINCIPAL = (f"{D}current-user-principal", f"{D}principal-URL", f"{D}resourcetype")
LISTED = (f"{D}resourcetype", f"{D}displayname", f"{C}supported-calendar-component-set")


@pytest.fixture
def outlook(base: str) -> Iterator[Replay]:
    with Replay(base, {"Content-Type": "application/xml", "User-Agent": "CalDavSynchronizer/4.6"}) as program:
        yield program


@pytest.mark.parametrize("typed", ["/.well-known/caldav", "/", "/dav/", "/dav/alice/"])
def test_auto_discovery_ends_with_all_calendars(outlook: Replay, typed: str) -> None:
    path = outlook.propfind(typed, PRINCIPAL).href(f"{D}current-user-principal")
    home = outlook.propfind(path, [f"{C}calendar-home-set"]).href(f"{C}calendar-home-set")
    listed = outlook.propfind(home, LISTED, 1)
    assert set(listed.named(f"{C}calendar")) == CALENDARS
    for path in listed.named(f"{C}calendar").values():
        found = outlook.propfind(path, [f"{D}current-user-privilege-set"]).first
        granted = {each.tag for each in found.props[f"{D}current-user-privilege-set"].iter()}
        assert {f"{D}write-content", f"{D}bind", f"{D}unbind"} <= granted, "it would sync one way only"


@pytest.mark.parametrize("typed", ["/.well-known/carddav", "/", "/dav/"])
def test_auto_discovery_ends_with_the_address_book(outlook: Replay, typed: str) -> None:
    path = outlook.propfind(typed, PRINCIPAL).href(f"{D}current-user-principal")
    home = outlook.propfind(path, [f"{CARD}addressbook-home-set"]).href(f"{CARD}addressbook-home-set")
    names = [f"{D}resourcetype", f"{D}displayname", f"{D}current-user-privilege-set"]
    assert set(outlook.propfind(home, names, 1).named(f"{CARD}addressbook")) == BOOKS


def test_the_address_of_a_calendar_passes_its_test(outlook: Replay) -> None:
    """`IsCalendarAccessSupported` and `IsResourceCalender`, which asks for allprop."""
    path = "/dav/alice/calendar/"
    options = outlook.request("OPTIONS", path)
    assert "calendar-access" in [each.strip() for each in options.headers["dav"].split(",")]
    body = "<?xml version='1.0'?><D:propfind xmlns:D=\"DAV:\"><D:allprop/></D:propfind>"
    found = outlook.request("PROPFIND", path, body, {"Depth": "0"})
    assert found.first.props[f"{D}resourcetype"].find(f"{C}calendar") is not None


def test_a_sync(outlook: Replay) -> None:
    """`CreateEntity`, `GetEvents`, `GetEntities`, `UpdateEntity` and `DeleteEntity`."""
    path = "/dav/alice/calendar/"
    made = outlook.request(
        "PUT", f"{path}ol.ics", event("ol"), {"Content-Type": "text/calendar; charset=UTF-8", "If-None-Match": "*"}
    )
    assert made.status == 201
    found = outlook.report(
        path,
        '<?xml version="1.0"?><C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop xmlns:D="DAV:">'
        '<D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        '<C:time-range start="20260201T000000Z" end="20260401T000000Z"/></C:comp-filter></C:comp-filter></C:filter>'
        "</C:calendar-query>",
    )
    assert found.replies[f"{path}ol.ics"].text(f"{D}getetag") == made.headers["etag"]
    got = outlook.report(
        path,
        '<?xml version="1.0"?><C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop>'
        f"<D:getetag/><D:displayname/><C:calendar-data/></D:prop><D:href>{path}ol.ics</D:href></C:calendar-multiget>",
    )
    assert "SUMMARY:Hafenfest" in got.replies[f"{path}ol.ics"].text(f"{C}calendar-data")
    etag = {"If-Match": made.headers["etag"]}
    edited = outlook.request(
        "PUT", f"{path}ol.ics", event("ol", "Verschoben"), {"Content-Type": "text/calendar", **etag}
    )
    assert edited.status == 204
    assert outlook.request("DELETE", f"{path}ol.ics", headers=etag).status == 412, "a stale version deletes nothing"
    gone = outlook.request("DELETE", f"{path}ol.ics", headers={"If-Match": edited.headers["etag"]})
    assert gone.status == 204
