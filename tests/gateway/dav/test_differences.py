"""Where we differ from stock Radicale 3.9.0 on purpose: what it answers, what we answer, and why, one test each.

If a test fails because stock Radicale has learned something, the difference can go.
"""

from collections.abc import Iterator

import pytest

from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import NAMESPACES, Got, component, event
from tests.gateway.dav.stock import DATA, Pair, comp, query

WORK = "/alice/work/"
LEVEL = "<sync-token/><sync-level>1</sync-level>"
SYNC = f"<sync-collection {NAMESPACES}>{LEVEL}{{}}<prop><getetag/></prop></sync-collection>"
MARCH = 'start="20260301T000000Z" end="20260401T000000Z"'


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("pair"))
    yield made
    made.ours.store.close()


@pytest.fixture
def place(pair: Pair, request: pytest.FixtureRequest) -> str:
    """A calendar of its own for a test that writes."""
    path = f"/alice/{abs(hash(request.node.name))}/"
    assert pair.statuses("MKCALENDAR", path) == (201, 201)
    return path


def patch(prop: str) -> str:
    return f"<propertyupdate {NAMESPACES}><set><prop>{prop}</prop></set></propertyupdate>"


def count(got: Got) -> int:
    return len(got.xml.findall(dav("response")))


def test_infinite_depth_is_refused_where_stock_takes_it_for_one(pair: Pair) -> None:
    """RFC 4918 §9.1: `propfind-finite-depth`."""
    body = f"<propfind {NAMESPACES}><prop><getetag/></prop></propfind>"
    ours, stock = pair.ask("PROPFIND", body, {"Depth": "infinity"})
    assert (ours.status, stock.status) == (403, 207)
    assert ours.conditions == {dav("propfind-finite-depth")}


def test_a_deletion_is_answered_with_nothing(pair: Pair, place: str) -> None:
    """RFC 9110 §9.3.5: 204; a multistatus is for what could not be deleted (RFC 4918 §9.6.1)."""
    pair.ask("PUT", event("a"), path=f"{place}a.ics")
    assert pair.statuses("DELETE", f"{place}a.ics") == (204, 200)


def test_the_bytes_are_kept_which_stock_rewrites(pair: Pair, place: str) -> None:
    """RFC 4791 §5.3.4: a strong ETag on PUT says that the bytes are those sent."""
    text = event("a", "X-Foo:one,two\nCATEGORIES:b,a")
    ours, stock = pair.ask("PUT", text, path=f"{place}a.ics")
    assert ours.headers["etag"]
    assert stock.headers["ETag"]
    ours, stock = pair.ask("GET", path=f"{place}a.ics")
    assert ours.text == text
    assert stock.text != text
    assert "one,two" not in stock.text


def test_the_type_of_a_calendar_stays_which_stock_loses(pair: Pair, place: str) -> None:
    ours, stock = pair.ask("PROPPATCH", patch("<resourcetype><collection/></resourcetype>"), path=place)
    assert (ours.status, stock.status) == (207, 400)
    asked = f"<propfind {NAMESPACES}><prop><resourcetype/></prop></propfind>"
    ours, stock = pair.ask("PROPFIND", asked, {"Depth": "0"}, place)
    assert caldav("calendar") in ours.text or "C:calendar" in ours.text
    assert "calendar" not in stock.text.replace("urn:ietf:params:xml:ns:caldav", "")


def test_a_protected_property_is_refused_which_stock_claims_to_set(pair: Pair, place: str) -> None:
    ours, stock = pair.ask("PROPPATCH", patch("<getetag>x</getetag>"), path=place)
    assert next(iter(ours.replies.values())).refused == {dav("getetag"): 403}
    assert next(iter(stock.replies.values())).refused == {}


def test_a_lone_override_is_expanded_over_which_stock_stumbles(pair: Pair, place: str) -> None:
    lone = component("VEVENT", "lone", "RECURRENCE-ID:20260310T080000Z\nDTSTART:20260310T090000Z")
    pair.ask("PUT", lone, path=f"{place}lone.ics")
    body = query(f"<C:calendar-data><C:expand {MARCH}/></C:calendar-data>", comp("VEVENT", f"<C:time-range {MARCH}/>"))
    ours, stock = pair.ask("REPORT", body, path=place)
    assert (ours.status, stock.status) == (207, 400)


def test_a_moved_occurrence_is_where_it_was_moved_to(pair: Pair, place: str) -> None:
    moved = "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260312T100000Z\r\nDTSTART:20260320T100000Z\r\nEND:VEVENT\r\n"
    text = event("a", "RRULE:FREQ=DAILY;COUNT=5").replace("END:VCALENDAR", f"{moved}END:VCALENDAR")
    pair.ask("PUT", text, path=f"{place}a.ics")
    window = 'start="20260311T000000Z" end="20260314T000000Z"'
    data = f"<C:calendar-data><C:expand {window}/></C:calendar-data>"
    ours, stock = pair.ask("REPORT", query(data, comp("VEVENT", f"<C:time-range {window}/>")), path=place)
    assert [got.text.count("BEGIN:VEVENT") for got in (ours, stock)] == [2, 3]


def test_a_first_synchronisation_lists_nothing_deleted(pair: Pair, place: str) -> None:
    """RFC 6578 §3.4."""
    body = SYNC.format("")
    for uid in "ab":
        pair.ask("PUT", event(uid), path=f"{place}{uid}.ics")
    pair.ask("REPORT", body, path=place)
    pair.ask("DELETE", path=f"{place}b.ics")
    ours, stock = pair.ask("REPORT", body, path=place)
    assert (count(ours), count(stock)) == (1, 2)


def test_a_limit_is_kept_which_stock_ignores(pair: Pair) -> None:
    body = SYNC.format("<limit><nresults>2</nresults></limit>")
    ours, stock = pair.ask("REPORT", body)
    assert count(ours) == 3  # two, and 507 for the calendar
    assert count(stock) > 3


def test_a_known_version_is_not_sent_again(pair: Pair) -> None:
    ours, stock = pair.ask("GET", path=f"{WORK}day.ics")
    known = {"If-None-Match": f"{ours.headers['etag']}, {stock.headers['ETag']}"}
    assert pair.statuses("GET", f"{WORK}day.ics", headers=known) == (304, 200)
    alone = {"If-None-Match": stock.headers["ETag"]}
    assert pair.stock.request("GET", f"{WORK}day.ics", headers=alone).status == 200


def test_copies_are_made(pair: Pair, place: str) -> None:
    target = {"Destination": f"/dav{place}day.ics"}
    assert pair.statuses("COPY", f"{WORK}day.ics", headers=target) == (201, 405)


def test_a_collation_that_nobody_knows_is_refused(pair: Pair) -> None:
    match = '<C:prop-filter name="SUMMARY"><C:text-match collation="i;bogus">x</C:text-match></C:prop-filter>'
    ours, stock = pair.ask("REPORT", query(DATA, comp("VEVENT", match)))
    assert (ours.status, stock.status) == (403, 207)
    assert ours.conditions == {caldav("supported-collation")}


def test_a_phone_gets_the_part_it_asks_for(pair: Pair) -> None:
    part = '<C:comp name="VCALENDAR"><C:comp name="VEVENT"><C:prop name="UID"/></C:comp></C:comp>'
    ours, stock = pair.ask("REPORT", query(f"<C:calendar-data>{part}</C:calendar-data>", comp("VEVENT")))
    assert ("SUMMARY" in ours.text, "SUMMARY" in stock.text) == (False, True)


def test_reports_give_any_property(pair: Pair) -> None:
    ours, stock = pair.ask("REPORT", query("<getlastmodified/><resourcetype/>", comp("VJOURNAL")))
    assert next(iter(ours.replies.values())).refused == {}
    assert set(next(iter(stock.replies.values())).refused.values()) == {404}


def test_a_minimal_answer_leaves_out_what_is_not_there(pair: Pair) -> None:
    body = f"<propfind {NAMESPACES}><prop><displayname/><nonsense/></prop></propfind>"
    ours, stock = pair.ask("PROPFIND", body, {"Depth": "0", "Prefer": "return=minimal"})
    assert ("nonsense" in ours.text, "nonsense" in stock.text) == (False, True)


def test_only_what_is_done_is_claimed(pair: Pair) -> None:
    ours, stock = (
        {name.lower(): value for name, value in got.headers.items()}["dav"].replace(" ", "").split(",")
        for got in pair.ask("OPTIONS")
    )
    assert ("2" in ours, "2" in stock) == (False, True)
    assert pair.statuses("LOCK", f"{WORK}day.ics") == (405, 405)


def test_people_are_found_by_name(pair: Pair) -> None:
    body = (
        f"<principal-property-search {NAMESPACES}><property-search><prop><displayname/></prop><match>alice</match>"
        "</property-search><prop><displayname/></prop></principal-property-search>"
    )
    ours, stock = pair.ask("REPORT", body, path="/alice/")
    assert (count(ours), count(stock)) == (1, 0)


def test_a_calendar_of_tasks_takes_no_events(pair: Pair) -> None:
    comps = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
    body = f"<C:mkcalendar {NAMESPACES}><set><prop>{comps}</prop></set></C:mkcalendar>"
    assert pair.statuses("MKCALENDAR", "/alice/tasks/", body) == (201, 201)
    assert pair.statuses("PUT", "/alice/tasks/a.ics", event("a")) == (403, 201)


def test_a_floating_clock_is_read_in_the_calendars_zone(pair: Pair, place: str) -> None:
    pair.ask("PUT", event("a", start="DTSTART:20260310T100000", end="DURATION:PT30M"), path=f"{place}a.ics")
    zone = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nBEGIN:STANDARD\r\n"
        "DTSTART:19700101T000000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        "END:VCALENDAR\r\n"
    )
    pair.ask("PROPPATCH", patch(f"<C:calendar-timezone>{zone}</C:calendar-timezone>"), path=place)
    window = '<C:time-range start="20260310T140000Z" end="20260310T143000Z"/>'
    ours, stock = pair.ask("REPORT", query("<getetag/>", comp("VEVENT", window)), path=place)
    assert (count(ours), count(stock)) == (1, 0)


def test_events_with_an_alarm_are_found(pair: Pair) -> None:
    ours, stock = pair.ask("REPORT", query(DATA, comp("VEVENT", comp("VALARM"))))
    assert (ours.names, stock.names) == ({"alarm.ics"}, set())


def test_a_zone_can_be_asked_for(pair: Pair) -> None:
    param = '<C:param-filter name="TZID"><C:text-match>Europe/Berlin</C:text-match></C:param-filter>'
    body = query("<getetag/>", comp("VEVENT", f'<C:prop-filter name="DTSTART">{param}</C:prop-filter>'))
    ours, stock = pair.ask("REPORT", body)
    assert (ours.names, stock.names) == ({"weekly.ics"}, set())
