"""PROPPATCH: all or nothing, protected properties protected, structured values kept (F1 and F17 of the findings)."""

from pathlib import Path

import pytest

from gateway.dav.names import apple, caldav, dav
from gateway.dav.properties import SETTABLE, SETTABLE_OF_BOOK
from gateway.http.webpush import Offer, Vapid
from tests.gateway.dav.door import NAMESPACES, Door, Got, event

WORK = "/dav/alice/work/"


def patch(door: Door, sets: str = "", removes: str = "", path: str = WORK) -> Got:
    steps = f"<set><prop>{sets}</prop></set>" if sets else ""
    steps += f"<remove><prop>{removes}</prop></remove>" if removes else ""
    return door.request("PROPPATCH", path, f"<propertyupdate {NAMESPACES}>{steps}</propertyupdate>")


def test_live_properties_reach_the_collection(door: Door) -> None:
    tzid = "/citadel.org/20190914_1/America/New_York"
    zone = f"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{tzid}\nEND:VTIMEZONE\nEND:VCALENDAR\n"
    got = patch(
        door,
        "<displayname> Neuer\n Name </displayname><ICAL:calendar-color>#00ff00ff</ICAL:calendar-color>"
        "<ICAL:calendar-order>7</ICAL:calendar-order><C:calendar-description>zwei\nZeilen</C:calendar-description>"
        f"<C:calendar-timezone><![CDATA[{zone}]]></C:calendar-timezone>",
    )
    reply = got.replies[WORK]
    assert (len(reply.props), reply.refused) == (5, {})
    collection = door.store.collection_at("alice", "work")
    assert (collection.name, collection.color, collection.order) == ("Neuer Name", "#00ff00ff", "7")
    assert collection.description == "zwei\nZeilen"
    assert collection.timezone == "America/New_York"


def test_removing_live_properties(door: Door) -> None:
    patch(door, "<ICAL:calendar-color>#00ff00ff</ICAL:calendar-color>")
    assert patch(door, removes="<ICAL:calendar-color/><displayname/>").replies[WORK].refused == {}
    reply = door.propfind(WORK, "<displayname/><ICAL:calendar-color/>").replies[WORK]
    assert reply.text(dav("displayname")) == "work"
    assert reply.refused == {apple("calendar-color"): 404}


@pytest.mark.parametrize(
    "protected",
    [
        "<resourcetype><collection/></resourcetype>",
        "<getetag>x</getetag>",
        "<sync-token>x</sync-token>",
        "<CS:getctag>x</CS:getctag>",
        '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>',
        "<C:max-resource-size>1</C:max-resource-size>",
    ],
)
@pytest.mark.parametrize("removing", [False, True])
def test_protected_properties_are_refused_and_nothing_else_is_done(door: Door, protected: str, removing: bool) -> None:
    """F1: stock Radicale answers 400 to this and has lost the calendar's type."""
    before = door.store.collection_at("alice", "work")
    other = "<displayname>other</displayname>"
    reply = (patch(door, other, protected) if removing else patch(door, other + protected)).replies[WORK]
    assert sorted(reply.refused.values()) == [403, 424]
    assert reply.refused[dav("displayname")] == 424
    assert door.store.collection_at("alice", "work") == before
    assert door.put("a.ics", event("a")).status == 201


def test_structured_values_and_languages_are_kept(door: Door) -> None:
    value = '<p:thing xmlns:p="urn:p" xmlns:q="urn:q" q:size="1"><p:a>x &amp; y</p:a> tail<b xmlns=""/></p:thing>'
    body = (
        f'<propertyupdate {NAMESPACES} xml:lang="de"><set><prop>{value}'
        "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp></prop></set></propertyupdate>"
    )
    assert door.request("PROPPATCH", WORK, body).replies[WORK].refused == {}
    asked = '<thing xmlns="urn:p"/><C:schedule-calendar-transp/>'
    reply = door.propfind(WORK, asked).replies[WORK]
    thing = reply.props["{urn:p}thing"]
    assert thing.get("{urn:q}size") == "1"
    assert thing.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    assert [(child.tag, child.text, child.tail) for child in thing] == [
        ("{urn:p}a", "x & y", " tail"),
        ("b", None, None),
    ]
    assert reply.props[caldav("schedule-calendar-transp")].find(caldav("transparent")) is not None
    patch(door, removes='<thing xmlns="urn:p"/>')
    assert door.propfind(WORK, asked).replies[WORK].refused == {"{urn:p}thing": 404}


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("<C:calendar-timezone>nonsense</C:calendar-timezone>", "valid-calendar-data"),
        ("<C:calendar-timezone>BEGIN:VCALENDAR\nEND:X\n</C:calendar-timezone>", "valid-calendar-data"),
        ("<C:calendar-timezone-id>Mars/Olympus</C:calendar-timezone-id>", "valid-timezone"),
    ],
)
def test_time_zones_that_are_none(door: Door, value: str, condition: str) -> None:
    got = patch(door, value)
    assert list(got.replies[WORK].refused.values()) == [403]
    assert got.xml.find(f".//{caldav(condition)}") is not None
    assert door.store.collection_at("alice", "work").timezone == ""


def test_values_beyond_measure(door: Door) -> None:
    assert list(patch(door, f"<displayname>{'x' * 5000}</displayname>").replies[WORK].refused.values()) == [409]
    dead = f'<x xmlns="urn:x">{"y" * 200_000}</x>'
    assert list(patch(door, dead).replies[WORK].refused.values()) == [507]


def test_a_read_only_calendar_has_the_colour_that_its_user_likes(door: Door) -> None:
    door.make_read_only("work")
    assert (
        patch(door, "<displayname>mine</displayname><ICAL:calendar-color>#ff0000</ICAL:calendar-color>").status == 207
    )
    calendar = door.store.collection_at("alice", "work")
    assert (calendar.name, calendar.color, calendar.read_only) == ("mine", "#ff0000", True)
    privileges = door.propfind(WORK, "<current-user-privilege-set/>").text
    assert "write" not in privileges


def test_a_home_keeps_what_clients_put_there(door: Door) -> None:
    """Apple Calendar keeps its default alarms so (`default-alarm-vevent-datetime`), on every PROPFIND of it too."""
    alarm = "<C:default-alarm-vevent-datetime>BEGIN:VALARM&#13;\nEND:VALARM</C:default-alarm-vevent-datetime>"
    asked = '<C:default-alarm-vevent-datetime/><thing xmlns="urn:p"/>'
    assert (
        patch(door, f'{alarm}<thing xmlns="urn:p"><a/></thing>', path="/dav/alice/").replies["/dav/alice/"].refused
        == {}
    )
    for path, depth in (("/dav/alice/", "0"), ("/dav/", "1")):
        reply = door.propfind(path, asked, depth).replies["/dav/alice/"]
        assert reply.text(caldav("default-alarm-vevent-datetime")) == "BEGIN:VALARM\r\nEND:VALARM"
        assert reply.props["{urn:p}thing"].find("{urn:p}a") is not None
    names = door.request("PROPFIND", "/dav/alice/", f"<propfind {NAMESPACES}><propname/></propfind>", {"Depth": "0"})
    assert "{urn:p}thing" in names.replies["/dav/alice/"].props
    assert (
        door.request("PROPFIND", "/dav/bob/", user="bob").replies["/dav/bob/"].props.keys().isdisjoint({"{urn:p}thing"})
    )
    both = patch(door, '<thing xmlns="urn:p">other</thing><displayname>x</displayname>', path="/dav/alice/")
    assert sorted(both.replies["/dav/alice/"].refused.values()) == [403, 424]
    assert door.propfind("/dav/alice/", asked).replies["/dav/alice/"].refused == {}
    patch(door, removes='<thing xmlns="urn:p"/>', path="/dav/alice/")
    assert door.propfind("/dav/alice/", asked).replies["/dav/alice/"].refused == {"{urn:p}thing": 404}


@pytest.mark.parametrize("path", ["/dav/alice/work/a.ics", "/dav/"])
def test_entries_and_the_root_keep_nothing(door: Door, path: str) -> None:
    door.put("a.ics", event("a"))
    got = patch(door, '<displayname>x</displayname><thing xmlns="urn:p"/>', path=path)
    assert got.replies[path].refused == {dav("displayname"): 403, "{urn:p}thing": 403}
    assert got.xml.find(f".//{dav('cannot-modify-protected-property')}") is not None
    assert patch(door, "<displayname>x</displayname>", path="/dav/alice/work/none.ics").status == 404


def test_no_live_property_is_hidden_by_one_that_a_client_sets(door: Door, tmp_path: Path) -> None:
    """Of no resource, whatever is offered there: what cannot be set is refused by name."""
    opened = Door(tmp_path / "push", push=Offer(Vapid(Vapid.new()).public))
    opened.add_book("people")
    settable = {
        *SETTABLE,
        *SETTABLE_OF_BOOK,
        caldav("schedule-calendar-transp"),
        caldav("schedule-default-calendar-URL"),
    }
    for path in ("/dav/alice/", "/dav/alice/work/", "/dav/alice/people/", "/dav/alice/inbox/", "/dav/alice/outbox/"):
        body = f"<propfind {NAMESPACES}><propname/></propfind>"
        found = opened.request("PROPFIND", path, body, {"Depth": "0"}).replies[path].props.keys() - settable
        assert len(found) > 10
        for name in found:
            space, _, local = name.removeprefix("{").partition("}")
            refused = patch(opened, f'<x:{local} xmlns:x="{space}">x</x:{local}>', path=path).replies[path].refused
            assert refused == {name: 403}, path
    opened.store.close()
