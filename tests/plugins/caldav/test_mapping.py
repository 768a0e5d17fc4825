"""WebDAV properties become collections, and edits become property requests."""

from collections.abc import Mapping
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.caldav import mapping
from plugins.caldav.client import BOOKS, CALENDARS
from plugins.caldav.multistatus import Multistatus, Response
from storage.model import CollectionKind
from storage.provider import CollectionEdit

CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
SYNC = (
    "<D:supported-report-set><D:supported-report><D:report><D:{}/></D:report></D:supported-report>"
    "</D:supported-report-set>"
)


def response(props: str) -> Response:
    """A response for `/cal/x/` with these properties found."""
    body = (
        '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:R="urn:ietf:params:xml:ns:carddav" xmlns:A="http://apple.com/ns/ical/"'
        ' xmlns:S="http://calendarserver.org/ns/"><D:response><D:href>/cal/x/</D:href><D:propstat><D:prop>'
        f"{props}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
    )
    return next(iter(Multistatus([body.encode()], "test")))


@pytest.mark.parametrize(
    ("types", "mirrored"),
    [
        ("<D:collection/><C:calendar/>", True),
        ("<D:collection/>", False),
        ("", False),
        ("<D:collection/><C:schedule-inbox/>", False),
        ("<D:collection/><C:calendar/><C:schedule-outbox/>", False),
        ("<D:collection/><C:calendar/><S:subscribed/>", False),
        ("<D:collection/><S:notification/>", False),
    ],
)
def test_what_is_mirrored(types: str, mirrored: bool) -> None:
    found = response(f"<D:resourcetype>{types}</D:resourcetype>")
    assert mapping.is_mirrored(found, CALENDARS) is mirrored


@pytest.mark.parametrize(
    ("inner", "kinds", "kind"),
    [
        (None, ("VEVENT", "VTODO", "VJOURNAL"), CollectionKind.CALENDAR),
        ('<C:comp name="VTODO"/>', ("VTODO",), CollectionKind.TASKS),
        ('<C:comp name="vevent"/><C:comp name="VFREEBUSY"/>', ("VEVENT",), CollectionKind.CALENDAR),
        ("", ("VEVENT", "VTODO", "VJOURNAL"), CollectionKind.CALENDAR),
    ],
)
def test_components(inner: str | None, kinds: tuple[str, ...], kind: CollectionKind) -> None:
    named = f"<C:supported-calendar-component-set>{inner}</C:supported-calendar-component-set>"
    found = mapping.collection(response(CALENDAR + (named if inner is not None else "")), "/cal/x/", CALENDARS)
    assert (found.components, found.kind) == (kinds, kind)


def test_a_collection_of_something_else_is_left_out() -> None:
    polls = '<C:supported-calendar-component-set><C:comp name="VPOLL"/></C:supported-calendar-component-set>'
    assert not mapping.is_mirrored(response(CALENDAR + polls), CALENDARS)


@pytest.mark.parametrize(
    ("privileges", "read_only"),
    [
        (None, False),
        ("", True),
        ("<D:privilege><D:read/></D:privilege>", True),
        ("<D:privilege><D:read/></D:privilege><D:privilege><D:write-content/></D:privilege>", False),
        ("<D:privilege><D:all/></D:privilege>", False),
        ("<D:privilege><D:write-properties/></D:privilege>", True),
    ],
)
def test_privileges(privileges: str | None, read_only: bool) -> None:
    named = f"<D:current-user-privilege-set>{privileges}</D:current-user-privilege-set>"
    found = mapping.collection(response(CALENDAR + (named if privileges is not None else "")), "/cal/x/", CALENDARS)
    assert found.read_only is read_only


@pytest.mark.parametrize(
    ("props", "zone"),
    [
        ("<C:calendar-timezone-id>Europe/Paris</C:calendar-timezone-id>", "Europe/Paris"),
        (
            "<C:calendar-timezone>BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE</C:calendar-timezone>",
            "Europe/Berlin",
        ),
        ("<C:calendar-timezone>TZID:W. Europe Standard Time\n</C:calendar-timezone>", "Europe/Berlin"),
        ("<C:calendar-timezone>TZID:/mozilla.org/20070129_1/Asia/Tokyo\n</C:calendar-timezone>", "Asia/Tokyo"),
        ("<C:calendar-timezone>TZID:My own zone\n</C:calendar-timezone>", ""),
        ("<C:calendar-timezone/>", ""),
        ("", ""),
    ],
)
def test_zones(props: str, zone: str) -> None:
    assert mapping.collection(response(CALENDAR + props), "/cal/x/", CALENDARS).timezone == zone


@pytest.mark.parametrize(
    ("props", "version"),
    [
        ("<D:sync-token>t1</D:sync-token>", "sync:t1"),
        ("<D:sync-token>t1</D:sync-token>" + SYNC.format("sync-collection"), "sync:t1"),
        ("<D:sync-token>t1</D:sync-token><S:getctag>c1</S:getctag>" + SYNC.format("expand-property"), "ctag:c1"),
        ("<S:getctag>c1</S:getctag>", "ctag:c1"),
        ("", ""),
    ],
)
def test_versions(props: str, version: str) -> None:
    assert mapping.version(response(props)) == version


def test_a_collection_without_a_name_is_called_by_its_path() -> None:
    assert mapping.collection(response(CALENDAR), "/cal/x/", CALENDARS).name == "x"


@given(st.dictionaries(st.sampled_from(["name", "description", "color", "order"]), st.text(max_size=40)))
def test_an_edit_arrives_as_it_was_meant(edit: Mapping[str, str]) -> None:
    tags = {
        "name": "{DAV:}displayname",
        "description": "{urn:ietf:params:xml:ns:caldav}calendar-description",
        "color": "{http://apple.com/ns/ical/}calendar-color",
        "order": "{http://apple.com/ns/ical/}calendar-order",
    }
    values = mapping.property_values(CollectionEdit(**edit), lambda zone: zone, CALENDARS)
    root = ElementTree.fromstring(mapping.update_body(values))
    found = {element.tag: element.text or "" for element in root.iterfind("{DAV:}set/{DAV:}prop/*")}
    allowed = {name: "".join(c for c in value if c >= " " or c in "\t\n\r") for name, value in edit.items()}
    assert found == {tags[name]: value for name, value in allowed.items()}


def test_a_zone_is_written_out_and_removed() -> None:
    values = mapping.property_values(CollectionEdit(timezone="Europe/Berlin"), lambda zone: f"<{zone}>", CALENDARS)
    assert values == {mapping.TIMEZONE: "&lt;Europe/Berlin&gt;"}
    cleared = mapping.update_body(mapping.property_values(CollectionEdit(timezone=""), str, CALENDARS))
    assert ElementTree.fromstring(cleared).find("{DAV:}remove/{DAV:}prop/*") is not None


def test_a_creation_names_its_components() -> None:
    method, body = mapping.creation(CALENDARS, ("VEVENT", "VTODO"), {mapping.NAME: "N"})
    assert method == "MKCALENDAR"
    root = ElementTree.fromstring(body)
    assert root.tag == "{urn:ietf:params:xml:ns:caldav}mkcalendar"
    assert [element.get("name") for element in root.iter("{urn:ietf:params:xml:ns:caldav}comp")] == ["VEVENT", "VTODO"]


def test_what_a_report_asks_for() -> None:
    root = ElementTree.fromstring(mapping.multiget_body(CALENDARS, ["/a&b.ics", "/c%20d.ics"]))
    assert [element.text for element in root.iter("{DAV:}href")] == ["/a&b.ics", "/c%20d.ics"]
    changes = ElementTree.fromstring(mapping.sync_body("urn:t?a=1&b=2"))
    assert changes.findtext("{DAV:}sync-token") == "urn:t?a=1&b=2"
    assert changes.find("{DAV:}limit") is None


BOOK = "<D:resourcetype><D:collection/><R:addressbook/></D:resourcetype>"


def test_an_address_book_is_one() -> None:
    found = response(
        f"{BOOK}<D:displayname>People</D:displayname><R:addressbook-description>d</R:addressbook-description>"
    )
    assert mapping.is_mirrored(found, BOOKS)
    assert not mapping.is_mirrored(found, CALENDARS)
    book = mapping.collection(found, "/cal/x/", BOOKS)
    assert (book.kind, book.components) == (CollectionKind.CONTACTS, ("VCARD",))
    assert (book.name, book.description) == ("People", "d")


def test_an_address_book_is_made_by_extended_mkcol() -> None:
    edit = CollectionEdit("N", "D", "#336699", "Europe/Berlin", "4")
    method, body = mapping.creation(BOOKS, ("VCARD",), mapping.property_values(edit, str, BOOKS))
    assert method == "MKCOL"
    root = ElementTree.fromstring(body)
    props = root.find("{DAV:}set/{DAV:}prop")
    assert root.tag == "{DAV:}mkcol"
    assert props is not None
    assert [element.tag for element in props] == [
        "{DAV:}resourcetype",
        "{DAV:}displayname",
        "{urn:ietf:params:xml:ns:carddav}addressbook-description",
    ]
