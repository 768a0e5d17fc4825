"""PROPFIND: the walk of a client that sets itself up, and each property it may ask for."""

from xml.etree.ElementTree import Element

import pytest

from gateway.dav.names import apple, caldav, cs, dav
from gateway.dav.properties import CALENDAR_REPORTS
from storage.ical.lines import parse
from storage.model import Origin
from tests.gateway.dav.door import NAMESPACES, Door, event


def hrefs(element: Element) -> list[str]:
    return [each.text or "" for each in element.findall(dav("href"))]


def test_the_walk_from_the_root_to_every_calendar(door: Door) -> None:
    root = door.propfind("/dav/", "<current-user-principal/><resourcetype/>").replies["/dav/"]
    [principal] = hrefs(root.props[dav("current-user-principal")])
    home = door.propfind(principal, "<C:calendar-home-set/><principal-URL/>").replies[principal]
    assert hrefs(home.props[caldav("calendar-home-set")]) == hrefs(home.props[dav("principal-URL")]) == [principal]
    door.add_calendar("Größe: 10%")
    found = door.propfind(principal, "<resourcetype/>", "1").replies
    calendars = [
        href for href, reply in found.items() if reply.props[dav("resourcetype")].find(caldav("calendar")) is not None
    ]
    assert calendars == ["/dav/alice/work/", "/dav/alice/Gr%C3%B6%C3%9Fe%3A%2010%25/"]


def test_the_principal_is_reachable_by_its_accounts_addresses(door: Door) -> None:
    reply = door.propfind("/dav/alice/", "<C:calendar-user-address-set/><displayname/><resourcetype/>").replies[
        "/dav/alice/"
    ]
    assert hrefs(reply.props[caldav("calendar-user-address-set")]) == ["mailto:alice@example.org", "/dav/alice/"]
    assert reply.text(dav("displayname")) == "alice"
    assert reply.props[dav("resourcetype")].find(dav("principal")) is not None


def test_a_calendar_tells_what_it_is(door: Door) -> None:
    collection = door.store.collection_at("alice", "work")
    door.store.update_collection(
        collection.id, description="d & e", color="#ff0000ff", order="3", timezone="Europe/Berlin", origin=Origin.CLI
    )
    names = (
        "<displayname/><owner/><sync-token/><CS:getctag/><C:supported-calendar-component-set/><C:calendar-timezone/>"
        "<C:calendar-timezone-id/><ICAL:calendar-color/><ICAL:calendar-order/><C:calendar-description/>"
        "<C:max-resource-size/><C:schedule-calendar-transp/><supported-report-set/><C:supported-calendar-data/>"
    )
    reply = door.propfind("/dav/alice/work/", names).replies["/dav/alice/work/"]
    assert reply.refused == {}
    assert reply.text(dav("displayname")) == "Work"
    assert reply.text(caldav("calendar-description")) == "d & e"
    assert (reply.text(apple("calendar-color")), reply.text(apple("calendar-order"))) == ("#ff0000ff", "3")
    assert reply.text(caldav("calendar-timezone-id")) == "Europe/Berlin"
    [calendar] = parse(reply.text(caldav("calendar-timezone"))).components("VCALENDAR")
    assert [zone.name for zone in calendar.components()] == ["VTIMEZONE"]
    assert reply.props[caldav("schedule-calendar-transp")].find(caldav("opaque")) is not None
    assert int(reply.text(caldav("max-resource-size"))) == 10 * 1024 * 1024
    components = [each.get("name") for each in reply.props[caldav("supported-calendar-component-set")]]
    assert components == ["VEVENT", "VTODO", "VJOURNAL"]


@pytest.mark.parametrize("path", ["/dav/", "/dav/alice/", "/dav/alice/work/", "/dav/alice/work/a.ics"])
def test_reports_are_advertised_exactly_where_they_are_answered(door: Door, path: str) -> None:
    door.put("a.ics", event("a"))
    reply = door.propfind(path, "<supported-report-set/>").replies[path]
    advertised = {each[0][0].tag for each in reply.props[dav("supported-report-set")]}
    assert advertised
    answered = set()
    for report in (*CALENDAR_REPORTS, dav("version-tree"), caldav("nonsense")):
        namespace, _, name = report[1:].partition("}")
        got = door.report(f'<x:{name} xmlns:x="{namespace}" xmlns="DAV:"><sync-token/></x:{name}>', path)
        if got.status != 403 or dav("supported-report") not in got.conditions:
            answered.add(report)
    assert answered == advertised


def test_ctag_and_sync_token_change_with_each_write_and_only_then(door: Door) -> None:
    def tags() -> tuple[str, str, str]:
        names = "<CS:getctag/><sync-token/><getetag/>"
        reply = door.propfind("/dav/alice/work/", names).replies["/dav/alice/work/"]
        return reply.text(cs("getctag")), reply.text(dav("sync-token")), reply.text(dav("getetag"))

    before = tags()
    assert tags() == before
    door.put("a.ics", event("a"))
    after = tags()
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert door.put("a.ics", event("a")).status == 204
    assert tags() == after


@pytest.mark.parametrize("slug", ["work", "team"])
def test_privileges_follow_the_upstreams(door: Door, slug: str) -> None:
    door.add_calendar("team")
    door.make_read_only("team")
    path = f"/dav/alice/{slug}/"
    reply = door.propfind(path, "<current-user-privilege-set/>").replies[path]
    granted = {each[0].tag for each in reply.props[dav("current-user-privilege-set")]}
    assert {dav("read"), caldav("read-free-busy")} <= granted
    assert (dav("write") in granted) is (slug == "work")
    assert (dav("bind") in granted) is (slug == "work")


def test_entries_of_a_collection_and_one_alone(door: Door) -> None:
    text = event("a")
    etag = door.put("a.ics", text).headers["etag"]
    names = (
        "<getetag/><getcontenttype/><getcontentlength/><getlastmodified/><creationdate/><resourcetype/><displayname/>"
    )
    for found in (door.propfind("/dav/alice/work/", names, "1"), door.propfind("/dav/alice/work/a.ics", names)):
        reply = found.replies["/dav/alice/work/a.ics"]
        assert reply.text(dav("getetag")) == etag
        assert reply.text(dav("getcontenttype")) == "text/calendar; charset=utf-8; component=VEVENT"
        assert int(reply.text(dav("getcontentlength"))) == len(text.encode())
        assert reply.text(dav("getlastmodified")).endswith(" GMT")
        assert reply.text(dav("creationdate")).endswith("Z")
        assert len(reply.props[dav("resourcetype")]) == 0
        assert reply.refused == {dav("displayname"): 404}


def test_allprop_gives_what_the_rfc_lists_and_the_dead_ones(door: Door) -> None:
    body = f'<propertyupdate {NAMESPACES}><set><prop><x xmlns="urn:x">1</x></prop></set></propertyupdate>'
    door.request("PROPPATCH", "/dav/alice/work/", body)
    for asked in ("", f"<propfind {NAMESPACES}><allprop/><include><C:calendar-timezone-id/></include></propfind>"):
        got = door.request("PROPFIND", "/dav/alice/work/", asked, {"Depth": "0"})
        reply = got.replies["/dav/alice/work/"]
        assert {dav("displayname"), dav("resourcetype"), dav("getetag"), "{urn:x}x"} <= set(reply.props)
        assert caldav("supported-calendar-component-set") not in reply.props


def test_propname_gives_names_without_values(door: Door) -> None:
    got = door.request("PROPFIND", "/dav/alice/work/", f"<propfind {NAMESPACES}><propname/></propfind>", {"Depth": "0"})
    reply = got.replies["/dav/alice/work/"]
    assert {dav("displayname"), caldav("supported-calendar-data"), dav("sync-token")} <= set(reply.props)
    assert all(not prop.text and not len(prop) for prop in reply.props.values())


@pytest.mark.parametrize("headers", [{"Prefer": "return=minimal"}, {"Brief": "t"}, {"Prefer": "x, return=minimal"}])
def test_minimal_answers_leave_out_what_is_not_there(door: Door, headers: dict[str, str]) -> None:
    reply = door.propfind("/dav/alice/work/", "<displayname/><nonsense/>", headers=headers).replies["/dav/alice/work/"]
    assert set(reply.props) == {dav("displayname")}
    assert reply.refused == {}
    alone = door.propfind("/dav/alice/work/", "<nonsense/>", headers=headers).replies["/dav/alice/work/"]
    assert (alone.props, alone.refused) == ({}, {})


def test_infinite_depth_is_refused_by_name(door: Door) -> None:
    got = door.propfind("/dav/alice/", "<getetag/>", "infinity")
    assert (got.status, got.conditions) == (403, {dav("propfind-finite-depth")})
    assert door.propfind("/dav/alice/", "<getetag/>", "2").status == 400


def test_what_is_not_there(door: Door) -> None:
    assert door.propfind("/dav/alice/none/").status == 404
    assert door.propfind("/dav/alice/work/none.ics").status == 404


@pytest.mark.parametrize("body", ["<propfind", "<x/>", f"<propfind {NAMESPACES}/>"])
def test_bodies_that_ask_for_nothing(door: Door, body: str) -> None:
    assert door.request("PROPFIND", "/dav/alice/work/", body, {"Depth": "0"}).status == 400
