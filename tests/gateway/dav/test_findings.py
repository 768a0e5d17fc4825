"""One test for each thing that stock Radicale 3.9.0 gets wrong and real users meet (F0 to F23), by its number.

Many have more tests where their subject is tested; here each is asked the way a client would.
"""

import pytest

from gateway.dav.names import apple, caldav, dav
from storage.ical.lines import parse
from tests.gateway.dav.door import NAMESPACES, Door, Got, component, event

WORK = "/dav/alice/work/"
MARCH = 'start="20260301T000000Z" end="20260401T000000Z"'


def patch(door: Door, prop: str) -> Got:
    body = f"<propertyupdate {NAMESPACES}><set><prop>{prop}</prop></set></propertyupdate>"
    return door.request("PROPPATCH", WORK, body)


def in_range(door: Door, window: str, props: str = "<getetag/>", inner: str = "") -> Got:
    return door.query(f'<C:comp-filter name="VEVENT"><C:time-range {window}/>{inner}</C:comp-filter>', props)


def expanded(door: Door, window: str, name: str = "VEVENT") -> list[str]:
    """The starts that an expanding query shows."""
    data = f"<C:calendar-data><C:expand {window}/></C:calendar-data>"
    got = door.query(f'<C:comp-filter name="{name}"><C:time-range {window}/></C:comp-filter>', data)
    texts = [reply.text(caldav("calendar-data")) for reply in got.replies.values()]
    return sorted(line.partition(":")[2] for text in texts for line in text.splitlines() if line.startswith("DTSTART"))


def test_f0_values_with_commas_stay_whole(door: Door) -> None:
    lines = (
        'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Here, there":geo:52.51,13.37\n'
        "X-Foo:one,two\nX-ABLabel;type=A;type=B:c"
    )
    text = event("a", lines)
    got = door.put("a.ics", text)
    assert got.headers["etag"]
    assert door.request("GET", f"{WORK}a.ics").text == text


def test_f1_the_type_of_a_calendar_cannot_be_set_or_lost(door: Door) -> None:
    before = door.store.collection_at("alice", "work")
    got = patch(door, "<resourcetype><collection/></resourcetype><displayname>lost</displayname>")
    assert got.replies[WORK].refused == {dav("resourcetype"): 403, dav("displayname"): 424}
    assert got.xml.find(f".//{dav('cannot-modify-protected-property')}") is not None
    assert door.store.collection_at("alice", "work") == before
    assert door.put("a.ics", event("a")).status == 201


def test_f2_an_invitation_to_one_occurrence_fails_no_report(door: Door) -> None:
    door.put("lone.ics", component("VEVENT", "lone", "RECURRENCE-ID:20260310T080000Z\nDTSTART:20260310T090000Z"))
    door.put("a.ics", event("a"))
    assert expanded(door, MARCH) == ["20260310T090000Z", "20260310T100000Z"]
    assert door.report(f"<C:free-busy-query {NAMESPACES}><C:time-range {MARCH}/></C:free-busy-query>").status == 200


def test_f3_invitations_are_delivered(door: Door) -> None:
    head = door.propfind("/dav/alice/", "<C:schedule-inbox-URL/><C:schedule-outbox-URL/>").replies["/dav/alice/"]
    assert head.refused == {}
    assert "calendar-auto-schedule" in door.request("OPTIONS", "/dav/alice/").headers["dav"]
    door.put("a.ics", event("a", "ORGANIZER:mailto:alice@example.org\nATTENDEE:mailto:bob@example.org"))
    [entry] = door.store.listing(door.store.collection_at("bob", "work").id)
    assert door.store.entry(entry.id).uid == "a"


def test_f4_the_bytes_come_back_as_they_went(door: Door) -> None:
    """No order changed, no name in other letters, no time zone invented; so the ETag is true."""
    text = event(
        "a", "x-lower;Param=Value:kept\nSUMMARY;LANGUAGE=de:b\\, c\nDESCRIPTION:a\n  folded", "DTSTART:20260310T100000"
    )
    etag = door.put("a.ics", text).headers["etag"]
    got = door.request("GET", f"{WORK}a.ics")
    assert (got.text, got.headers["etag"]) == (text, etag)


def test_f5_a_first_synchronisation_lists_what_is_there_and_nothing_else(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.put("b.ics", event("b"))
    door.request("DELETE", f"{WORK}b.ics")
    for props in ("<getetag/>", ""):
        assert {href: reply.status for href, reply in door.sync(props=props).replies.items()} == {f"{WORK}a.ics": 207}


@pytest.mark.parametrize(
    "text",
    [
        event("a", start="DTSTART:20260310T100000Z", end="DTEND;VALUE=DATE:20260311"),
        component("VTODO", "a", "SUMMARY:x\nRRULE:FREQ=DAILY"),
        "\ufeff" + event("a"),
    ],
)
def test_f6_what_providers_send_is_held(door: Door, text: str) -> None:
    assert door.put("a.ics", text).status == 201
    assert door.request("GET", f"{WORK}a.ics").text == text


def test_f7_phones_get_only_what_they_ask_for(door: Door) -> None:
    override = (
        "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:{0}\nDTSTART:{0}\nSUMMARY:override\nEND:VEVENT\nEND:VCALENDAR"
    ).replace("\n", "\r\n")
    text = event("a", "RRULE:FREQ=MONTHLY\nDESCRIPTION:long")
    text = text.replace("END:VCALENDAR", override.format("20260410T100000Z"))
    door.put("a.ics", text.replace("END:VCALENDAR", override.format("20260310T100000Z"), 1))
    limited = f"<C:calendar-data><C:limit-recurrence-set {MARCH}/></C:calendar-data>"
    [reply] = in_range(door, MARCH, limited).replies.values()
    data = reply.text(caldav("calendar-data"))
    assert ("RECURRENCE-ID:20260310" in data, "RECURRENCE-ID:20260410" in data) == (True, False)
    part = '<C:comp name="VCALENDAR"><C:comp name="VEVENT"><C:prop name="UID"/></C:comp></C:comp>'
    [reply] = in_range(door, MARCH, f"<C:calendar-data>{part}</C:calendar-data>").replies.values()
    assert "DESCRIPTION" not in reply.text(caldav("calendar-data"))


def test_f8_an_occurrence_is_where_it_was_moved_to(door: Door) -> None:
    moved = "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260312T100000Z\r\nDTSTART:20260320T100000Z\r\nEND:VEVENT\r\n"
    text = event("a", "RRULE:FREQ=DAILY;COUNT=5")
    door.put("a.ics", text.replace("END:VCALENDAR", f"{moved}END:VCALENDAR"))
    assert expanded(door, 'start="20260311T000000Z" end="20260314T000000Z"') == ["20260311T100000Z", "20260313T100000Z"]
    assert in_range(door, 'start="20260312T000000Z" end="20260313T000000Z"').replies == {}
    assert expanded(door, 'start="20260320T000000Z" end="20260321T000000Z"') == ["20260320T100000Z"]


def test_f8_what_follows_a_change_is_found_where_it_then_is(door: Door) -> None:
    change = (
        "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260312T100000Z\r\n"
        "DTSTART:20260312T200000Z\r\nEND:VEVENT\r\n"
    )
    text = event("a", "RRULE:FREQ=DAILY;COUNT=5")
    door.put("a.ics", text.replace("END:VCALENDAR", f"{change}END:VCALENDAR"))
    assert in_range(door, 'start="20260313T190000Z" end="20260313T210000Z"').names == {"a.ics"}
    assert in_range(door, 'start="20260313T090000Z" end="20260313T110000Z"').replies == {}


def test_f8b_alarms_ring_again_in_series_and_overrides(door: Door) -> None:
    alarm = "BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:{}\nREPEAT:2\nDURATION:PT1H\nEND:VALARM"
    text = event("a", "RRULE:FREQ=DAILY;COUNT=3\n" + alarm.format("-PT10M"))
    override = component(
        "VEVENT", "a", f"RECURRENCE-ID:20260311T100000Z\nDTSTART:20260311T100000Z\n{alarm.format('-PT5H')}"
    )
    own = override[override.index("BEGIN:VEVENT") : override.index("END:VCALENDAR")]
    door.put("a.ics", text.replace("END:VCALENDAR", f"{own}END:VCALENDAR"))
    door.put("b.ics", event("b"))

    def ringing(start: str, end: str) -> set[str]:
        window = f'<C:time-range start="{start}" end="{end}"/>'
        alarms = f'<C:comp-filter name="VALARM">{window}</C:comp-filter>'
        return door.query(f'<C:comp-filter name="VEVENT">{alarms}</C:comp-filter>').names

    assert ringing("20260310T094900Z", "20260310T095100Z") == {"a.ics"}  # the first of the series
    assert ringing("20260312T114900Z", "20260312T115100Z") == {"a.ics"}  # its last repetition on the last day
    assert ringing("20260311T045900Z", "20260311T050100Z") == {"a.ics"}  # the override's own
    assert ringing("20260311T094900Z", "20260311T095100Z") == set()  # which is the only one on that day
    no_alarm = '<C:comp-filter name="VALARM"><C:is-not-defined/></C:comp-filter>'
    assert door.query(f'<C:comp-filter name="VEVENT">{no_alarm}</C:comp-filter>').names == {"b.ics"}


def test_f9_parameters_are_there_to_be_asked_for(door: Door) -> None:
    door.put("a.ics", event("a", start="DTSTART;TZID=Europe/Berlin:20260310T100000", end="DURATION:PT1H"))
    door.put("b.ics", event("b"))
    for match, found in (
        ("<C:text-match>Europe/Berlin</C:text-match>", {"a.ics"}),
        ('<C:text-match negate-condition="yes">Berlin</C:text-match>', set()),
        ("<C:is-not-defined/>", {"b.ics"}),
    ):
        inner = f'<C:prop-filter name="DTSTART"><C:param-filter name="TZID">{match}</C:param-filter></C:prop-filter>'
        assert door.query(f'<C:comp-filter name="VEVENT">{inner}</C:comp-filter>').names == found


def test_f10_a_clock_without_a_zone_is_read_in_the_calendars(door: Door) -> None:
    door.put("a.ics", event("a", start="DTSTART:20260310T100000", end="DURATION:PT30M"))
    patch(door, "<C:calendar-timezone-id>America/New_York</C:calendar-timezone-id>")
    assert in_range(door, 'start="20260310T140000Z" end="20260310T143000Z"').names == {"a.ics"}
    assert in_range(door, 'start="20260310T100000Z" end="20260310T103000Z"').replies == {}
    got = patch(door, "<C:calendar-timezone>BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n</C:calendar-timezone>")
    assert got.replies[WORK].refused == {caldav("calendar-timezone"): 403}
    custom = (
        "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n"
        "TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    )
    zoned = event("b", start="DTSTART;TZID=Mine:20260310T100000", end="DURATION:PT1H")
    door.put("b.ics", zoned.replace("BEGIN:VEVENT", custom))
    busy = door.report(f"<C:free-busy-query {NAMESPACES}><C:time-range {MARCH}/></C:free-busy-query>").text
    busy = busy.replace("\r\n ", "")
    assert "20260310T070000Z/20260310T080000Z" in busy
    assert "20260310T140000Z/20260310T143000Z" in busy


def test_f11_cancelled_events_are_no_free_periods(door: Door) -> None:
    door.put("a.ics", event("a", "STATUS:CANCELLED"))
    got = door.report(f"<C:free-busy-query {NAMESPACES}><C:time-range {MARCH}/></C:free-busy-query>")
    assert "FREEBUSY" not in {
        line.name for each in parse(got.text).components()[0].components() for line in each.children
    }


def test_f12_a_limit_is_kept_and_says_so(door: Door) -> None:
    for uid in "abc":
        door.put(f"{uid}.ics", event(uid))
    got = door.sync(more="<limit><nresults>2</nresults></limit>")
    assert sorted(reply.status for reply in got.replies.values()) == [207, 207, 507]
    rest = door.sync(got.xml.findtext(dav("sync-token")) or "")
    assert set(rest.replies) | set(got.replies) == {WORK, *(f"{WORK}{uid}.ics" for uid in "abc")}


def test_f13_entries_are_copied_and_moved(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.add_calendar("second")
    target = {"Destination": "/dav/alice/second/a.ics"}
    assert door.request("COPY", f"{WORK}a.ics", headers=target).status == 201
    assert door.request("MOVE", f"{WORK}a.ics", headers={"Destination": f"{WORK}b.ics"}).status == 201


def test_f14_a_known_version_is_not_sent_again(door: Door) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    assert door.request("GET", f"{WORK}a.ics", headers={"If-None-Match": etag}).status == 304
    modified = door.request("GET", f"{WORK}a.ics").headers["last-modified"]
    assert door.query("", "<getlastmodified/>").replies[f"{WORK}a.ics"].text(dav("getlastmodified")) == modified


def test_f15_a_body_may_come_in_pieces(door: Door) -> None:
    headers = {"Transfer-Encoding": "chunked"}
    assert door.request("PUT", f"{WORK}a.ics", event("a"), headers, chunks=7).status == 201
    assert door.request("GET", f"{WORK}a.ics").text == event("a")


def test_f16_people_can_be_looked_for(door: Door) -> None:
    body = (
        f"<principal-property-search {NAMESPACES}><property-search><prop><displayname/></prop><match>ali</match>"
        "</property-search><prop><displayname/></prop></principal-property-search>"
    )
    assert set(door.report(body, "/dav/").replies) == {"/dav/alice/"}


def test_f17_structured_values_keep_their_structure(door: Door) -> None:
    got = patch(door, '<x:p xmlns:x="urn:x" xml:lang="de"><x:q a="1">text</x:q></x:p>')
    assert got.replies[WORK].refused == {}
    kept = door.propfind(WORK, '<x:p xmlns:x="urn:x"/>').replies[WORK].props["{urn:x}p"]
    assert (kept[0].tag, kept[0].get("a"), kept[0].text) == ("{urn:x}q", "1", "text")
    assert kept.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    refused = patch(door, "<getetag>x</getetag><ICAL:calendar-color>#fff</ICAL:calendar-color>").replies[WORK].refused
    assert refused == {dav("getetag"): 403, apple("calendar-color"): 424}


def test_f18_recurring_tasks_are_expanded(door: Door) -> None:
    door.put("t.ics", component("VTODO", "t", "DTSTART:20260310T080000Z\nDUE:20260310T090000Z\nRRULE:FREQ=DAILY"))
    found = expanded(door, 'start="20260312T000000Z" end="20260314T000000Z"', "VTODO")
    assert found == ["20260312T080000Z", "20260313T080000Z"]


def test_f19_what_cannot_be_asked_is_refused_by_name(door: Door) -> None:
    match = '<C:prop-filter name="SUMMARY"><C:text-match collation="{}">x</C:text-match></C:prop-filter>'
    for inner, condition in (
        (match.format("i;bogus"), "supported-collation"),
        ("<C:bogus/>", "supported-filter"),
        ('<C:time-range start="bogus"/>', "valid-filter"),
    ):
        got = door.query(f'<C:comp-filter name="VEVENT">{inner}</C:comp-filter>')
        assert (got.status, got.conditions) == (403, {caldav(condition)})
    got = door.query("", '<C:calendar-data content-type="application/x"/>')
    assert got.conditions == {caldav("supported-calendar-data")}


def test_f20_a_calendar_of_tasks_takes_no_events(door: Door) -> None:
    comps = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
    body = f"<C:mkcalendar {NAMESPACES}><set><prop>{comps}</prop></set></C:mkcalendar>"
    assert door.request("MKCALENDAR", "/dav/alice/tasks/", body).status == 201
    got = door.request("PUT", "/dav/alice/tasks/a.ics", event("a"))
    assert (got.status, got.conditions) == (403, {caldav("supported-calendar-component")})


def test_f21_properties_that_clients_look_for_are_there(door: Door) -> None:
    calendar = (
        "<C:schedule-calendar-transp/><C:supported-calendar-data/><C:supported-collation-set/><C:min-date-time/>"
        "<C:max-date-time/><C:max-instances/><C:max-resource-size/><C:max-attendees-per-instance/><resource-id/>"
        "<quota-available-bytes/><quota-used-bytes/><supported-report-set/><acl/><owner/><sync-token/>"
    )
    assert door.propfind(WORK, calendar).replies[WORK].refused == {}


def test_f22_no_class_is_claimed_that_is_not_there(door: Door) -> None:
    assert "2" not in door.request("OPTIONS", "/dav/").headers["dav"].replace(" ", "").split(",")
    assert door.request("LOCK", f"{WORK}a.ics").status == 405


def test_f23_a_name_may_hold_a_line_break(door: Door) -> None:
    assert door.put("a%0Ab.ics", event("a")).status == 201
    assert f"{WORK}a%0Ab.ics" in door.propfind(WORK, "<getetag/>", "1").replies
    assert door.request("GET", f"{WORK}a%0Ab.ics").status == 200
