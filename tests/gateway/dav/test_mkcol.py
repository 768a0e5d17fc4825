"""MKCALENDAR and extended MKCOL: new calendars in the default account, with their properties or not at all."""

import pytest

from gateway.dav.names import caldav, dav
from gateway.dav.places import default_account
from storage.model import Account, CollectionKind
from tests.gateway.dav.door import NAMESPACES, Door, event

KIND = "<resourcetype><collection/><C:calendar/></resourcetype>"


def make(props: str) -> str:
    return f"<C:mkcalendar {NAMESPACES}><set><prop>{props}</prop></set></C:mkcalendar>"


def test_a_calendar_without_a_body_is_named_after_its_path(door: Door) -> None:
    assert door.request("MKCALENDAR", "/dav/alice/Urlaub%20%26%20Reisen/").status == 201
    made = door.store.collection_at("alice", "Urlaub & Reisen")
    assert (made.name, made.kind) == ("Urlaub & Reisen", CollectionKind.CALENDAR)
    assert door.request("PUT", "/dav/alice/Urlaub%20%26%20Reisen/a.ics", event("a")).status == 201


def test_properties_are_set_with_it(door: Door) -> None:
    body = make(
        "<displayname>Aufgaben</displayname><ICAL:calendar-color>#123456</ICAL:calendar-color>"
        '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
        "<C:calendar-timezone-id>Europe/Paris</C:calendar-timezone-id>"
    )
    assert door.request("MKCALENDAR", "/dav/alice/tasks/", body).status == 201
    made = door.store.collection_at("alice", "tasks")
    assert (made.name, made.color, made.timezone) == ("Aufgaben", "#123456", "Europe/Paris")
    assert (made.kind, made.components) == (CollectionKind.TASKS, ("VTODO",))


def test_extended_mkcol(door: Door) -> None:
    body = f"<mkcol {NAMESPACES}><set><prop>{KIND}<displayname>N</displayname></prop></set></mkcol>"
    assert door.request("MKCOL", "/dav/alice/new/", body).status == 201
    assert door.store.collection_at("alice", "new").name == "N"


def test_one_wrong_property_makes_nothing(door: Door) -> None:
    body = make("<displayname>N</displayname><getetag>x</getetag>")
    got = door.request("MKCALENDAR", "/dav/alice/new/", body)
    assert got.status == 403
    assert got.xml.tag == caldav("mkcalendar-response")
    assert got.xml.find(f".//{dav('cannot-modify-protected-property')}") is not None
    assert [each.slug for each in door.store.collections(user="alice")] == ["work"]


@pytest.mark.parametrize("kind", ["", "<resourcetype><collection/></resourcetype>"])
def test_a_collection_of_another_kind_is_refused(door: Door, kind: str) -> None:
    body = f"<mkcol {NAMESPACES}><set><prop>{kind}<displayname>N</displayname></prop></set></mkcol>"
    got = door.request("MKCOL", "/dav/alice/new/", body)
    assert (got.status, got.conditions) == (403, {dav("valid-resourcetype")})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("MKCALENDAR", "/dav/alice/work/", 409),
        ("MKCOL", "/dav/alice/work/", 405),
        ("MKCALENDAR", "/dav/alice/", 409),
        ("MKCALENDAR", "/dav/alice/work/inside/", 403),
        ("MKCALENDAR", "/dav/alice/a%2Fb/", 403),
        ("MKCALENDAR", "/dav/alice/" + "x" * 300 + "/", 403),
        ("MKCALENDAR", "/dav/bob/new/", 403),
        ("MKCALENDAR", "/dav/nobody/new/", 403),
    ],
)
def test_places_where_no_calendar_can_be(door: Door, method: str, path: str, status: int) -> None:
    assert door.request(method, path, make("<displayname>x</displayname>")).status == status
    assert len(door.store.collections()) == 2


@pytest.mark.parametrize("body", ["<x/>", "<C:mkcalendar"])
def test_bodies_that_are_none(door: Door, body: str) -> None:
    assert door.request("MKCALENDAR", "/dav/alice/new/", body).status == 400


def test_the_default_account(door: Door) -> None:
    assert default_account(door.store, "alice").name == "home-alice"
    chosen = Account(0, "cloud", "alice", "caldav", settings={"default": "yes"})
    door.store.save_account(chosen)
    assert default_account(door.store, "alice").name == "cloud"
    door.store.save_user("carol", None)
    door.store.save_account(Account(0, "far", "carol", "caldav"))
    assert default_account(door.store, "carol").name == "far"
