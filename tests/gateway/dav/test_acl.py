"""Access control as RFC 3744 reports it, and the method ACL, which is understood and refused; quota; identity."""

from xml.etree.ElementTree import Element

import pytest

from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import Door, event

PATHS = ("/dav/", "/dav/alice/", "/dav/alice/work/", "/dav/alice/work/a.ics")
PROPS = (
    "<acl/><supported-privilege-set/><acl-restrictions/><inherited-acl-set/><current-user-privilege-set/>"
    "<principal-collection-set/>"
)
GRANT = (
    '<acl xmlns="DAV:"><ace><principal><href>/dav/bob/</href></principal><grant><privilege><read/></privilege>'
    "</grant></ace></acl>"
)


def privileges(element: Element) -> set[str]:
    return {each[0].tag for each in element.iter(dav("privilege"))}


@pytest.mark.parametrize("path", PATHS)
def test_the_acl_says_what_the_privileges_say(door: Door, path: str) -> None:
    door.put("a.ics", event("a"))
    reply = door.propfind(path, PROPS).replies[path]
    assert reply.refused == {}
    [ace] = reply.props[dav("acl")]
    assert ace.findtext(f"{dav('principal')}/{dav('href')}") == "/dav/alice/"
    assert ace.find(dav("protected")) is not None
    granted = privileges(reply.props[dav("current-user-privilege-set")])
    assert privileges(ace) == granted
    assert granted < privileges(reply.props[dav("supported-privilege-set")])
    assert dav("read-acl") in granted
    assert dav("write-acl") not in granted
    assert [each.tag for each in reply.props[dav("acl-restrictions")]] == [dav("grant-only"), dav("no-invert")]


def test_reading_when_somebody_is_busy_is_a_part_of_reading(door: Door) -> None:
    tree = door.propfind("/dav/alice/work/", PROPS).replies["/dav/alice/work/"].props[dav("supported-privilege-set")]
    [read] = [each for each in tree.iter(dav("supported-privilege")) if each[0][0].tag == dav("read")]
    assert caldav("read-free-busy") in privileges(read)
    assert dav("write") not in privileges(read)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_changes_an_acl(door: Door, path: str) -> None:
    door.put("a.ics", event("a"))
    head = door.store.head()
    got = door.request("ACL", path, GRANT)
    assert (got.status, got.conditions) == (403, {dav("need-privileges")})
    [wanted] = got.xml.iter(dav("resource"))
    assert wanted.findtext(dav("href")) == path
    assert privileges(wanted) == {dav("write-acl")}
    assert door.request("ACL", path, "<nonsense/>").status == 400
    assert door.request("ACL", path).status == 400
    assert door.store.head() == head


def test_acl_where_nothing_is(door: Door) -> None:
    assert door.request("ACL", "/dav/alice/work/none.ics", GRANT).status == 404
    assert door.request("ACL", "/dav/bob/work/", GRANT).status == 403
    assert "ACL" in door.request("OPTIONS", "/dav/").headers["allow"]


def test_how_much_room_there_is(door: Door) -> None:
    """RFC 4331: the quota is the disk; `allprop` does not ask for it."""
    for path in PATHS[:3]:
        reply = door.propfind(path, "<quota-available-bytes/><quota-used-bytes/>").replies[path]
        assert int(reply.text(dav("quota-available-bytes"))) > 0
        assert int(reply.text(dav("quota-used-bytes"))) > 4096
        assert dav("quota-used-bytes") not in door.propfind(path).replies[path].props


def test_an_identity_that_survives_a_move(door: Door) -> None:
    """RFC 5842 §3.1."""
    door.put("a.ics", event("a"))

    def identity(path: str) -> str:
        reply = door.propfind(path, "<resource-id/>").replies[path]
        return reply.props[dav("resource-id")].findtext(dav("href")) or ""

    before = identity("/dav/alice/work/a.ics")
    assert before.startswith("urn:uuid:")
    assert before != identity("/dav/alice/work/")
    door.request("MOVE", "/dav/alice/work/a.ics", headers={"Destination": "/dav/alice/work/b.ics"})
    assert identity("/dav/alice/work/b.ics") == before
