"""calendar-query: every filter of RFC 4791 §9.7, on what real calendars hold."""

import pytest

from gateway.dav import render
from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import NAMESPACES, Door, component, event

DAY = '<C:time-range start="20260310T000000Z" end="20260311T000000Z"/>'
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:x\nEND:VALARM"


def comp(name: str, inner: str = "", **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<C:comp-filter name="{name}"{more}>{inner}</C:comp-filter>'


def prop(name: str, inner: str = "", **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<C:prop-filter name="{name}"{more}>{inner}</C:prop-filter>'


def match(text: str, **attributes: str) -> str:
    more = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<C:text-match{more}>{text}</C:text-match>"


def span(start: str, end: str) -> str:
    return f'<C:time-range start="{start}" end="{end}"/>'


NOT = "<C:is-not-defined/>"


@pytest.fixture
def full(door: Door) -> Door:
    """One of everything; the names say what is special about each."""
    texts = {
        "plain": event("plain", "SUMMARY:Frühstück\\, Kaffee\nCATEGORIES:Work,Food"),
        "alarm": event("alarm", f"SUMMARY:Ring\nLOCATION:Café\n{ALARM}"),
        "other-day": event("other-day", "SUMMARY:later", "DTSTART:20260312T100000Z", "DTEND:20260312T110000Z"),
        "series": event("series", "SUMMARY:Daily\nRRULE:FREQ=DAILY", "DTSTART:20250101T080000Z", "DURATION:PT1H"),
        "all-day": event("all-day", "SUMMARY:Whole", "DTSTART;VALUE=DATE:20260310", ""),
        "zoned": event("zoned", "STATUS:CANCELLED", "DTSTART;TZID=Europe/Berlin:20260310T003000", "DURATION:PT15M"),
        "task": component("VTODO", "task", "SUMMARY:todo\nDUE:20260310T120000Z"),
        "undated": component("VTODO", "undated", "SUMMARY:someday"),
        "done": component("VTODO", "done", "SUMMARY:done\nSTATUS:COMPLETED\nCOMPLETED:20260301T120000Z"),
        "note": component("VJOURNAL", "note", "DTSTART:20260310T120000Z\nSUMMARY:diary"),
    }
    for name, text in texts.items():
        assert door.put(name, text).status == 201
    return door


EVENTS = {"plain", "alarm", "other-day", "series", "all-day", "zoned"}
TASKS = {"task", "undated", "done"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", EVENTS | TASKS | {"note"}),
        (comp("VEVENT"), EVENTS),
        (comp("VTODO"), TASKS),
        (comp("VJOURNAL"), {"note"}),
        (comp("VFREEBUSY"), set()),
        (comp("VEVENT", NOT), TASKS | {"note"}),
        (comp("VEVENT", DAY), {"plain", "alarm", "series", "all-day"}),
        (comp("VTODO", DAY), {"task", "undated"}),
        (comp("VJOURNAL", DAY), {"note"}),
        (comp("VEVENT", '<C:time-range start="20260311T000000Z"/>'), {"other-day", "series"}),
        (comp("VEVENT", '<C:time-range end="20260101T000000Z"/>'), {"series"}),
        (comp("VEVENT", comp("VALARM")), {"alarm"}),
        (comp("VEVENT", comp("VALARM", NOT)), EVENTS - {"alarm"}),
        (comp("VEVENT", prop("SUMMARY", match("frÜhstück, k"))), set()),
        (comp("VEVENT", prop("SUMMARY", match("FRüHSTüCK, k"))), {"plain"}),
        (comp("VEVENT", prop("SUMMARY", match("FRÜHSTÜCK", collation="i;unicode-casemap"))), {"plain"}),
        (comp("VEVENT", prop("SUMMARY", match("daily", collation="i;octet"))), set()),
        (comp("VEVENT", prop("SUMMARY", match("Daily", collation="i;octet"))), {"series"}),
        (comp("VEVENT", prop("SUMMARY", match("a", match_type="starts-with"))), set()),
        (comp("VEVENT", prop("SUMMARY", match("whole", match_type="equals"))), {"all-day"}),
        (comp("VEVENT", prop("SUMMARY", match("ly", match_type="ends-with"))), {"series"}),
        (comp("VEVENT", prop("SUMMARY", match("a", negate_condition="yes"))), {"alarm", "all-day"}),
        (comp("VEVENT", prop("SUMMARY", NOT)), {"zoned"}),
        (comp("VEVENT", prop("SUMMARY", match("daily")) + prop("LOCATION"), test="anyof"), {"alarm", "series"}),
        (comp("VEVENT", prop("SUMMARY", match("daily") + match("whole"), test="anyof")), {"series", "all-day"}),
        (comp("VEVENT", prop("SUMMARY", match("daily") + match("whole"))), set()),
        (comp("VEVENT", prop("CATEGORIES", match("food"))), {"plain"}),
        (comp("VEVENT", DAY + prop("STATUS", NOT) + prop("RRULE", NOT)), {"plain", "alarm", "all-day"}),
        (comp("VTODO", prop("COMPLETED", NOT) + prop("STATUS", match("x", negate_condition="yes"))), set()),
        (comp("VTODO", prop("COMPLETED", span("20260301T000000Z", "20260302T000000Z"))), {"done"}),
        (comp("VEVENT", prop("DTSTART", span("20260312T000000Z", "20260313T000000Z"))), {"other-day"}),
        (comp("VEVENT", prop("SUMMARY", span("20260312T000000Z", "20260313T000000Z"))), set()),
        (prop("VERSION", match("2.0")), EVENTS | TASKS | {"note"}),
        (prop("METHOD"), set()),
        (comp("VEVENT", DAY) + comp("VEVENT", prop("RRULE")), {"series"}),
    ],
)
def test_filters(full: Door, filters: str, expected: set[str]) -> None:
    for props in ("<getetag/>", "<getetag/><C:calendar-data/>"):
        got = full.query(filters, props)
        assert got.names == expected
        assert all(not reply.refused for reply in got.replies.values())


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (match("Europe/Berlin"), {"zoned"}),
        (match("europe/berlin", collation="i;octet"), set()),
        (match("europe/berlin", collation="i;octet", negate_condition="yes"), {"zoned"}),
        (NOT, EVENTS - {"zoned"}),
    ],
)
def test_parameters(full: Door, inner: str, expected: set[str]) -> None:
    """F9: stock Radicale's parsed objects have lost the TZID."""
    filters = comp("VEVENT", prop("DTSTART", f'<C:param-filter name="TZID">{inner}</C:param-filter>'))
    assert full.query(filters).names == expected


@pytest.mark.parametrize(
    ("lines", "window", "rings"),
    [
        ("TRIGGER:-PT15M", ("20260310T094000Z", "20260310T095000Z"), True),
        ("TRIGGER:-PT15M", ("20260310T095000Z", "20260310T100000Z"), False),
        ("TRIGGER;RELATED=END:PT5M", ("20260310T110000Z", "20260310T111000Z"), True),
        ("TRIGGER;VALUE=DATE-TIME:20260309T080000Z", ("20260309T000000Z", "20260310T000000Z"), True),
        ("TRIGGER:-PT15M\nREPEAT:4\nDURATION:PT1H", ("20260310T133000Z", "20260310T140000Z"), True),
        ("TRIGGER:-PT15M\nREPEAT:4\nDURATION:PT1H", ("20260310T140000Z", "20260310T150000Z"), False),
        ("TRIGGER:-P2D", ("20260308T090000Z", "20260308T110000Z"), True),
    ],
)
@pytest.mark.parametrize("rule", ["", "RRULE:FREQ=WEEKLY\n"])
def test_when_alarms_ring(door: Door, lines: str, window: tuple[str, str], rings: bool, rule: str) -> None:
    """F8b, with one alarm of each kind."""
    door.put("a", event("a", f"{rule}BEGIN:VALARM\nACTION:AUDIO\n{lines}\nEND:VALARM"))
    assert bool(door.query(comp("VEVENT", comp("VALARM", span(*window)))).replies) is rings


def test_a_time_and_a_text_are_asked_of_the_same_occurrence(door: Door) -> None:
    master = event("s", "SUMMARY:usual\nRRULE:FREQ=WEEKLY;COUNT=3")
    override = (
        "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:20260317T100000Z\nDTSTART:20260317T120000Z\nSUMMARY:special\nEND:VEVENT\n"
    )
    door.put("s", master.replace("END:VCALENDAR", override.replace("\n", "\r\n") + "END:VCALENDAR"))
    for day, text, found in (
        ("17", "special", True),
        ("17", "usual", False),
        ("24", "usual", True),
        ("24", "special", False),
    ):
        when = span(f"202603{day}T000000Z", f"202603{day}T235959Z")
        assert bool(door.query(comp("VEVENT", when + prop("SUMMARY", match(text)))).replies) is found


def test_floating_time_is_read_in_the_calendars_zone_or_the_querys(door: Door) -> None:
    """F10: stock Radicale reads it as UTC."""
    door.put("f", event("f", start="DTSTART:20260310T100000", end="DURATION:PT1H"))
    at_14z, at_10z = (comp("VEVENT", span(f"20260310T{hour}0000Z", f"20260310T{hour}3000Z")) for hour in (14, 10))
    assert (door.query(at_10z).names, door.query(at_14z).names) == ({"f"}, set())
    new_york = "<C:timezone-id>America/New_York</C:timezone-id>"
    assert (door.query(at_10z, more=new_york).names, door.query(at_14z, more=new_york).names) == (set(), {"f"})
    prop_zone = "<C:calendar-timezone-id>America/New_York</C:calendar-timezone-id>"
    body = f"<propertyupdate {NAMESPACES}><set><prop>{prop_zone}</prop></set></propertyupdate>"
    door.request("PROPPATCH", "/dav/alice/work/", body)
    assert (door.query(at_10z).names, door.query(at_14z).names) == (set(), {"f"})
    zone = (
        "<C:timezone>BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Europe/London\nEND:VTIMEZONE\nEND:VCALENDAR\n</C:timezone>"
    )
    assert (door.query(at_10z, more=zone).names, door.query(at_14z, more=zone).names) == ({"f"}, set())


@pytest.mark.parametrize(
    ("filters", "more", "condition"),
    [
        (comp("VEVENT", prop("SUMMARY", match("x", collation="i;bogus"))), "", "supported-collation"),
        (comp("VEVENT", prop("SUMMARY", match("x", match_type="like"))), "", "valid-filter"),
        (comp("VEVENT", '<C:time-range start="yesterday"/>'), "", "valid-filter"),
        (comp("VEVENT", span("20260311T000000Z", "20260310T000000Z")), "", "valid-filter"),
        (comp("VEVENT", "<C:time-range/>"), "", "valid-filter"),
        (comp(""), "", "valid-filter"),
        (comp("VEVENT", NOT + prop("SUMMARY")), "", "valid-filter"),
        (DAY, "", "valid-filter"),
        (comp("VEVENT", "<C:nonsense/>"), "", "supported-filter"),
        (comp("VEVENT", comp("X") * 600), "", "valid-filter"),
        ("", "<C:timezone-id>Mars/Olympus</C:timezone-id>", "valid-timezone"),
        ("", "<C:timezone>junk</C:timezone>", "valid-calendar-data"),
    ],
)
def test_filters_that_are_none_are_refused_by_name(door: Door, filters: str, more: str, condition: str) -> None:
    """F19: stock Radicale guesses and answers 207."""
    got = door.query(filters, more=more)
    assert (got.status, got.conditions) == (403, {caldav(condition)})


def test_other_forms_of_calendar_data_are_refused(door: Door) -> None:
    got = door.query("", '<C:calendar-data content-type="application/calendar+json"/>')
    assert (got.status, got.conditions) == (403, {caldav("supported-calendar-data")})


def test_properties_that_no_entry_has(full: Door) -> None:
    reply = next(iter(full.query(comp("VJOURNAL"), "<displayname/><getlastmodified/><creationdate/>").replies.values()))
    assert reply.refused == {"{DAV:}displayname": 404}
    assert len(reply.props) == 2


def test_a_report_without_a_body_or_a_name(door: Door) -> None:
    assert door.report("").status == 400
    assert door.report("<C:calendar-query").status == 400
    assert door.report(f"<C:calendar-query {NAMESPACES}/>", "/dav/alice/").status == 403


def test_an_entry_is_asked_about_by_itself(full: Door) -> None:
    """RFC 4791 §7.8: the report on an entry is about that one alone."""
    body = (
        f'<C:calendar-query {NAMESPACES}><prop><getetag/></prop><C:filter><C:comp-filter name="VCALENDAR">{{}}'
        "</C:comp-filter></C:filter></C:calendar-query>"
    )
    for name, inner, found in (
        ("plain", comp("VEVENT", DAY), {"plain"}),
        ("plain", "", {"plain"}),
        ("plain", comp("VTODO"), set()),
        ("other-day", comp("VEVENT", DAY), set()),
    ):
        assert full.report(body.format(inner), f"/dav/alice/work/{name}").names == found
    assert full.report(body.format(""), "/dav/alice/work/none").status == 404
    asked = "<href>/dav/alice/work/plain</href>"
    multiget = f"<C:calendar-multiget {NAMESPACES}><prop><getetag/></prop>{asked}</C:calendar-multiget>"
    assert full.report(multiget, "/dav/alice/work/plain").names == {"plain"}


@pytest.mark.parametrize("report", ["calendar-query", "calendar-multiget"])
def test_an_answer_that_makes_too_much_of_little_ends(door: Door, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 4791 §7.8: `number-of-matches-within-limits`, for rules of a few octets that stand for gigabytes."""
    monkeypatch.setattr(render, "MOST", 50_000)
    for uid in "abc":
        door.put(uid, event(uid, "RRULE:FREQ=HOURLY"))
    hrefs = "".join(f"<href>/dav/alice/work/{uid}</href>" for uid in "abc") if "multi" in report else ""
    window = 'start="20260310T000000Z" end="20260610T000000Z"'
    got = door.report(
        f"<C:{report} {NAMESPACES}><prop><C:calendar-data><C:expand {window}/></C:calendar-data></prop>"
        f"{hrefs}</C:{report}>"
    )
    assert {href: reply.status for href, reply in got.replies.items()} == {
        "/dav/alice/work/a": 207,
        "/dav/alice/work/": 507,
    }
    assert "number-of-matches-within-limits" in got.text


def test_the_bare_listing_of_one_kind_reads_no_texts(door: Door) -> None:
    door.put("e.ics", event("e"))
    door.put("t%20%C3%B6.ics", component("VTODO", "t", "DUE:20260310T100000Z"))
    assert door.query('<C:comp-filter name="VEVENT"/>').names == {"e.ics"}
    assert door.query('<C:comp-filter name="VTODO"/>').names == {"t ö.ics"}
    assert door.query('<C:comp-filter name="VTODO"/>', "<getetag/><getcontenttype/>").names == {"t ö.ics"}
    assert door.query("").names == {"e.ics", "t ö.ics"}
    etags = {href: reply.text(dav("getetag")) for href, reply in door.query("").replies.items()}
    for other in (door.sync(), door.propfind("/dav/alice/work/", "<getetag/>", "1")):
        assert etags.items() <= {h: r.text(dav("getetag")) for h, r in other.replies.items() if r.props}.items()
    assert door.propfind("/dav/alice/work/", "<getetag/><displayname/>", "1").names >= {"e.ics", "t ö.ics"}
