"""Principals and their properties: the reports of RFC 3744 §9 and expand-property (F16 of the findings)."""

from xml.etree.ElementTree import Element

import pytest

from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import NAMESPACES, Door, Got, event

ME = "/dav/alice/"
PROPS = "<prop><displayname/><C:calendar-home-set/></prop>"


def search(door: Door, inner: str, path: str = "/dav/", more: str = "") -> Got:
    body = f"<principal-property-search {NAMESPACES}{more}>{inner}{PROPS}</principal-property-search>"
    return door.report(body, path)


def matching(text: str, prop: str = "<displayname/>") -> str:
    return f"<property-search><prop>{prop}</prop><match>{text}</match></property-search>"


def test_a_search_finds_oneself_and_nobody_else(door: Door) -> None:
    for inner, found in (
        ("", {ME}),
        (matching("LIC"), {ME}),
        (matching("bob"), set()),
        (matching(""), {ME}),
        (matching("alice@example"), set()),
        (matching("alice@example", "<C:calendar-user-address-set/>"), {ME}),
        (matching("href", "<C:calendar-user-address-set/>"), set()),
        (matching("alice", "<displayname/><C:calendar-user-address-set/>"), {ME}),
        (matching("alice") + matching("bob"), set()),
        (matching("a", "<nonsense/>"), set()),
        (matching("a", ""), set()),
    ):
        for path in ("/dav/", ME):
            assert set(search(door, inner, path).replies) == found, inner
    assert set(search(door, matching("alice") + matching("bob"), more=' test="anyof"').replies) == {ME}
    reply = search(door, "").replies[ME]
    assert reply.text(dav("displayname")) == "alice"
    assert reply.props[caldav("calendar-home-set")].findtext(dav("href")) == ME


def test_a_search_from_a_calendar_is_one_everywhere_or_nowhere(door: Door) -> None:
    assert search(door, matching("alice"), "/dav/alice/work/").replies == {}
    everywhere = matching("alice") + "<apply-to-principal-collection-set/>"
    assert set(search(door, everywhere, "/dav/alice/work/").replies) == {ME}


def test_properties_beside_their_element(door: Door) -> None:
    """As python-caldav 3.6 asks for all principals."""
    body = f"<principal-property-search {NAMESPACES}><prop/><C:calendar-home-set/><displayname/>"
    reply = door.report(f"{body}</principal-property-search>", "/dav/").replies[ME]
    assert set(reply.props) == {caldav("calendar-home-set"), dav("displayname")}


def test_what_a_search_looks_at(door: Door) -> None:
    got = door.report(f"<principal-search-property-set {NAMESPACES}/>", "/dav/")
    assert (got.status, got.xml.tag) == (200, dav("principal-search-property-set"))
    names = {each[0].tag for each in got.xml.iter(dav("prop"))}
    assert names == {dav("displayname"), *map(caldav, ("calendar-user-address-set", "calendar-user-type"))}
    assert all(each.text for each in got.xml.iter(dav("description")))


def test_principals_that_are_oneself(door: Door) -> None:
    door.put("a.ics", event("a"))
    body = f"<principal-match {NAMESPACES}><self/><prop><displayname/></prop></principal-match>"
    assert set(door.report(body, "/dav/").replies) == {ME}
    assert door.report(body, "/dav/alice/work/").replies == {}
    owned = f"<principal-match {NAMESPACES}><principal-property><owner/></principal-property></principal-match>"
    entry = "/dav/alice/work/a.ics"
    assert set(door.report(owned, "/dav/").replies) == {ME, "/dav/alice/work/", entry}
    assert set(door.report(owned, ME).replies) == {"/dav/alice/work/", entry}
    assert set(door.report(owned, "/dav/alice/work/").replies) == {entry}
    assert door.report(f"<principal-match {NAMESPACES}/>", "/dav/").status == 400


def test_principals_of_an_acl(door: Door) -> None:
    door.put("a.ics", event("a"))
    body = f"<acl-principal-prop-set {NAMESPACES}>{PROPS}</acl-principal-prop-set>"
    for path in ("/dav/", ME, "/dav/alice/work/", "/dav/alice/work/a.ics"):
        assert set(door.report(body, path).replies) == {ME}
    assert door.report(body, "/dav/alice/work/none.ics").status == 404


def expand(door: Door, inner: str, path: str = "/dav/alice/work/") -> Element:
    got = door.report(f"<expand-property {NAMESPACES}>{inner}</expand-property>", path)
    assert got.status == 207, got.text
    [response] = got.xml
    return response


def test_properties_of_what_properties_point_at(door: Door) -> None:
    wanted = (
        '<property name="displayname"/><property name="nonsense" namespace="urn:x"/><property name="owner">'
        '<property name="displayname"/><property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav">'
        '<property name="resourcetype"/></property></property>'
    )
    response = expand(door, wanted)
    prop, missing = response.iter(dav("prop")), [each.tag for each in response[-1][0]]
    assert missing == ["{urn:x}nonsense"]
    top = next(prop)
    assert top.findtext(dav("displayname")) == "Work"
    owner = top.find(f"{dav('owner')}/{dav('response')}")
    assert owner is not None
    assert owner.findtext(dav("href")) == ME
    inside = owner.find(f".//{caldav('calendar-home-set')}//{dav('resourcetype')}/{dav('principal')}")
    assert inside is not None


def test_an_href_that_leads_nowhere_stays(door: Door) -> None:
    wanted = '<property name="calendar-user-address-set" namespace="urn:ietf:params:xml:ns:caldav"><property name="x"/>'
    response = expand(door, f"{wanted}</property>", ME)
    [addresses] = response.iter(caldav("calendar-user-address-set"))
    assert [each.tag for each in addresses] == [dav("href"), dav("response")]
    assert addresses[0].text == "mailto:alice@example.org"


@pytest.mark.parametrize("name", ["", "a b", "1", "<", "a:b"])
def test_names_that_no_property_has(door: Door, name: str) -> None:
    body = f'<expand-property {NAMESPACES}><property name="{name.replace("<", "&lt;")}"/></expand-property>'
    assert door.report(body).status == 400


def test_a_namespace_that_none_is(door: Door) -> None:
    body = f'<expand-property {NAMESPACES}><property name="a" namespace="urn:}}b"/></expand-property>'
    assert door.report(body).status == 400
