"""`calendar-data`: expanded, limited, in part; and multiget and free-busy, which use the same occurrences."""

import pytest

from gateway.dav.names import caldav
from storage.ical.lines import Component, parse
from tests.gateway.dav.door import NAMESPACES, Door, Got, component, event

ALL = '<C:comp-filter name="VEVENT"/>'


def expand(start: str, end: str) -> str:
    return f'<C:calendar-data><C:expand start="{start}" end="{end}"/></C:calendar-data>'


def week(start: str, end: str) -> str:
    return f'<C:comp-filter name="VEVENT"><C:time-range start="{start}" end="{end}"/></C:comp-filter>'


def parts(got: Got, name: str = "VEVENT") -> list[Component]:
    """Every component of this name in every calendar-data of an answer."""
    texts = [reply.text(caldav("calendar-data")) for reply in got.replies.values()]
    return [each for text in texts for calendar in parse(text).components() for each in calendar.components(name)]


def values(found: list[Component], name: str) -> list[str]:
    return [line.value if (line := each.first(name)) else "" for each in found]


def series(*overrides: str, lines: str = "RRULE:FREQ=DAILY;COUNT=5", zone: str = ";TZID=Europe/Berlin") -> str:
    text = event("s", f"SUMMARY:usual\n{lines}", f"DTSTART{zone}:20260327T100000", f"DTEND{zone}:20260327T110000")
    more = "".join(f"BEGIN:VEVENT\nUID:s\n{each}\nEND:VEVENT\n" for each in overrides).replace("\n", "\r\n")
    return text.replace("END:VCALENDAR", f"{more}END:VCALENDAR")


def test_each_occurrence_in_utc_across_a_change_of_clocks(door: Door) -> None:
    door.put("s", series())
    found = parts(door.query(ALL, expand("20260328T000000Z", "20260331T000000Z")))
    assert values(found, "DTSTART") == ["20260328T090000Z", "20260329T080000Z", "20260330T080000Z"]
    assert values(found, "DTEND") == ["20260328T100000Z", "20260329T090000Z", "20260330T090000Z"]
    assert values(found, "RECURRENCE-ID") == values(found, "DTSTART")
    assert not any(each.first("RRULE") for each in found)


def test_an_override_moved_out_of_the_window_is_not_in_it(door: Door) -> None:
    """F8: stock Radicale still returns it, and the object even where only the vacated slot is asked for."""
    moved = "RECURRENCE-ID;TZID=Europe/Berlin:20260329T100000\nDTSTART:20260405T120000Z\nDTEND:20260405T130000Z"
    door.put("s", series(moved))
    days = ("20260328T000000Z", "20260331T000000Z")
    assert values(parts(door.query(week(*days), expand(*days))), "DTSTART") == ["20260328T090000Z", "20260330T080000Z"]
    vacated = ("20260329T000000Z", "20260330T000000Z")
    assert door.query(week(*vacated)).replies == {}
    later = ("20260405T000000Z", "20260406T000000Z")
    [found] = parts(door.query(week(*later), expand(*later)))
    assert values([found], "RECURRENCE-ID") == ["20260329T080000Z"]


SPANS = [
    ("20260101T000000Z", "20270101T000000Z"),
    ("20260328T083000Z", "20260329T083000Z"),
    ("20990301T000000Z", "20990315T000000Z"),
]


@pytest.mark.parametrize("span", SPANS)
def test_what_is_expanded_from_the_index_is_what_is_computed(door: Door, span: tuple[str, str]) -> None:
    moved = "RECURRENCE-ID;TZID=Europe/Berlin:20260329T100000\nDTSTART:20260405T120000Z\nDTEND:20260405T130000Z"
    future = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260330T100000\nDTSTART:20260330T120000Z"
    texts = {
        "single": event("single", "SUMMARY:one", "DTSTART:20260328T100000Z", "DTEND:20260328T110000Z"),
        "long": event("long", "", "DTSTART;VALUE=DATE:20260301", "DTEND;VALUE=DATE:20260601"),
        "floating": event("floating", "RRULE:FREQ=WEEKLY", "DTSTART:20260320T100000", "DTEND:20260320T110000"),
        "days": event("days", "RRULE:FREQ=MONTHLY", "DTSTART;VALUE=DATE:20260331", "DTEND;VALUE=DATE:20260402"),
        "s": series(moved, future, lines="RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:20260328T100000"),
        "due": component("VTODO", "due", "DUE:20260328T090000Z"),
        "undated": component("VTODO", "undated", "SUMMARY:some day"),
    }
    for name, text in texts.items():
        assert door.put(name, text).status == 201
    every = door.report(
        f"<C:calendar-query {NAMESPACES}><prop>{expand(*span)}</prop><C:filter><C:comp-filter name='VCALENDAR'/>"
        "</C:filter></C:calendar-query>"
    )
    hrefs = "".join(f"<href>/dav/alice/work/{name}</href>" for name in texts)
    named = door.report(f"<C:calendar-multiget {NAMESPACES}><prop>{expand(*span)}</prop>{hrefs}</C:calendar-multiget>")
    data = caldav("calendar-data")
    assert {href: reply.text(data) for href, reply in every.replies.items()} == {
        href: reply.text(data) for href, reply in named.replies.items()
    }
    assert len(every.replies) == len(texts)


def test_an_invitation_to_one_occurrence_alone(door: Door) -> None:
    """F2: stock Radicale fails the whole report."""
    door.put("lone", component("VEVENT", "lone", "RECURRENCE-ID:20260329T080000Z\nDTSTART:20260329T090000Z\nSUMMARY:x"))
    door.put("s", series())
    days = ("20260329T000000Z", "20260330T000000Z")
    found = parts(door.query(week(*days), expand(*days)))
    assert sorted(values(found, "UID")) == ["lone", "s"]
    assert values(found, "RECURRENCE-ID") == ["20260329T080000Z"] * 2


def test_this_and_future_describes_what_follows(door: Door) -> None:
    change = (
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260329T100000\n"
        "DTSTART;TZID=Europe/Berlin:20260329T150000\nSUMMARY:new"
    )
    door.put("s", series(change))
    found = parts(door.query(ALL, expand("20260328T000000Z", "20260331T000000Z")))
    assert values(found, "SUMMARY") == ["usual", "new", "new"]
    assert values(found, "DTSTART") == ["20260328T090000Z", "20260329T130000Z", "20260330T130000Z"]


def test_dates_alone_make_a_series(door: Door) -> None:
    door.put("s", series(lines="RDATE;TZID=Europe/Berlin:20260401T100000\nEXDATE;TZID=Europe/Berlin:20260327T100000"))
    found = parts(door.query(ALL, expand("20260301T000000Z", "20260501T000000Z")))
    assert values(found, "DTSTART") == ["20260401T080000Z"]


def test_floating_and_whole_days_stay_what_they_are(door: Door) -> None:
    door.put("s", series(zone=""))
    door.put("d", event("d", "RRULE:FREQ=DAILY;COUNT=2", "DTSTART;VALUE=DATE:20260327", ""))
    found = parts(door.query(ALL, expand("20260327T000000Z", "20260329T000000Z")))
    lines = sorted(line.raw.strip() for each in found for line in each.lines("DTSTART"))
    assert lines == [
        "DTSTART:20260327T100000",
        "DTSTART:20260328T100000",
        "DTSTART;VALUE=DATE:20260327",
        "DTSTART;VALUE=DATE:20260328",
    ]
    assert set(values(found, "RECURRENCE-ID")) == {
        "20260327T100000",
        "20260328T100000",
        "20260327",
        "20260328",
    }


def test_recurring_tasks(door: Door) -> None:
    """F18: stock Radicale returns nothing useful."""
    door.put("t", component("VTODO", "t", "DTSTART:20260310T080000Z\nDUE:20260310T090000Z\nRRULE:FREQ=DAILY;COUNT=3"))
    got = door.query('<C:comp-filter name="VTODO"/>', expand("20260311T000000Z", "20260313T000000Z"))
    assert values(parts(got, "VTODO"), "DUE") == ["20260311T090000Z", "20260312T090000Z"]


def test_a_window_needs_both_ends(door: Door) -> None:
    got = door.query(ALL, '<C:calendar-data><C:expand start="20260311T000000Z"/></C:calendar-data>')
    assert (got.status, got.conditions) == (403, {caldav("valid-filter")})


def test_alarms_and_unknown_lines_come_along(door: Door) -> None:
    alarm = "X-THING;A=1:x,y\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT5M\nEND:VALARM"
    door.put("s", series(lines=f"RRULE:FREQ=DAILY;COUNT=2\n{alarm}"))
    for each in parts(door.query(ALL, expand("20260301T000000Z", "20260501T000000Z"))):
        assert values([each], "X-THING") == ["x,y"]
        assert len(each.components("VALARM")) == 1


def test_only_the_overrides_of_a_window(door: Door) -> None:
    """F7."""
    overrides = [
        f"RECURRENCE-ID;TZID=Europe/Berlin:202603{day}T100000\nDTSTART:202603{day}T120000Z\nSUMMARY:{day}"
        for day in (28, 29, 30)
    ]
    door.put("s", series(*overrides))
    limit = (
        '<C:calendar-data><C:limit-recurrence-set start="20260329T000000Z" end="20260330T000000Z"/></C:calendar-data>'
    )
    assert values(parts(door.query(ALL, limit)), "SUMMARY") == ["usual", "29"]


def test_parts_of_a_text(door: Door) -> None:
    """F7."""
    door.put("s", series(lines="DESCRIPTION:long\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT5M\nEND:VALARM"))
    wanted = (
        '<C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="UID"/>'
        '<C:prop name="DESCRIPTION" novalue="yes"/></C:comp></C:comp></C:calendar-data>'
    )
    [reply] = door.query(ALL, wanted).replies.values()
    assert reply.text(caldav("calendar-data")).splitlines() == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "UID:s",
        "DESCRIPTION:",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    whole = '<C:calendar-data><C:comp name="VCALENDAR"><C:allprop/><C:allcomp/></C:comp></C:calendar-data>'
    [reply] = door.query(ALL, whole).replies.values()
    assert reply.text(caldav("calendar-data")) == door.request("GET", "/dav/alice/work/s").text


def multiget(door: Door, *hrefs: str, props: str = "<getetag/><C:calendar-data/>") -> Got:
    asked = "".join(f"<href>{each}</href>" for each in hrefs)
    return door.report(f"<C:calendar-multiget {NAMESPACES}><prop>{props}</prop>{asked}</C:calendar-multiget>")


def test_a_multiget_answers_each_href_once_and_in_order(door: Door) -> None:
    door.put("a%20b.ics", event("a"))
    door.put("c.ics", event("c"))
    door.add_calendar("second")
    door.request("PUT", "/dav/alice/second/x.ics", event("x"))
    got = multiget(
        door,
        "/dav/alice/work/c.ics",
        "http://localhost/dav/alice/work/a%20b.ics",
        "/dav/alice/work/none.ics",
        "/dav/alice/second/x.ics",
        "/dav/alice/work/",
        "/elsewhere/a.ics",
        "",
        "/dav/alice/work/c.ics",
    )
    assert {href: reply.status for href, reply in got.replies.items()} == {
        "/dav/alice/work/c.ics": 207,
        "/dav/alice/work/a%20b.ics": 207,
        "/dav/alice/work/none.ics": 404,
        "/dav/alice/second/x.ics": 404,
        "/dav/alice/work/": 404,
        "/elsewhere/a.ics": 404,
        "": 404,
    }
    assert list(got.replies)[:2] == ["/dav/alice/work/c.ics", "/dav/alice/work/a%20b.ics"]


def test_a_multiget_of_all_properties(door: Door) -> None:
    door.put("c.ics", event("c"))
    got = door.report(
        f"<C:calendar-multiget {NAMESPACES}><allprop/><href>/dav/alice/work/c.ics</href></C:calendar-multiget>"
    )
    assert "{DAV:}getetag" in got.replies["/dav/alice/work/c.ics"].props


def test_characters_that_xml_cannot_hold(door: Door) -> None:
    text = event("ctl", "SUMMARY:bell\x07 esc\x1b \ufffe\uffff end")
    assert door.put("ctl.ics", text).status == 201
    assert door.request("GET", "/dav/alice/work/ctl.ics").text == text
    reply = multiget(door, "/dav/alice/work/ctl.ics").replies["/dav/alice/work/ctl.ics"]
    assert "SUMMARY:bell esc  end" in reply.text(caldav("calendar-data"))


def busy(door: Door, start: str, end: str, more: str = "") -> list[str]:
    got = door.report(
        f'<C:free-busy-query {NAMESPACES}><C:time-range start="{start}" end="{end}"/>{more}</C:free-busy-query>'
    )
    assert got.status == 200
    assert got.headers["content-type"] == "text/calendar; charset=utf-8; component=VFREEBUSY"
    [free] = [each for calendar in parse(got.text).components() for each in calendar.components("VFREEBUSY")]
    return [f"{line.param('FBTYPE')} {line.value}" for line in free.lines("FREEBUSY")]


def test_when_a_calendar_is_busy(door: Door) -> None:
    """F2 and F11: overlaps merged, clipped to the window; cancelled, transparent and free times absent."""
    hour = ("DTSTART:20260310T100000Z", "DTEND:20260310T110000Z")
    door.put("a", event("a", "", *hour))
    door.put("b", event("b", "", "DTSTART:20260310T103000Z", "DTEND:20260310T120000Z"))
    door.put("c", event("c", "STATUS:TENTATIVE", "DTSTART:20260310T180000Z", "DTEND:20260311T060000Z"))
    door.put("d", event("d", "STATUS:CANCELLED", "DTSTART:20260310T130000Z", "DTEND:20260310T140000Z"))
    door.put("e", event("e", "TRANSP:TRANSPARENT", "DTSTART:20260310T130000Z", "DTEND:20260310T140000Z"))
    door.put("f", component("VEVENT", "f", "RECURRENCE-ID:20260310T150000Z\nDTSTART:20260310T150000Z\nDURATION:PT30M"))
    assert busy(door, "20260310T000000Z", "20260311T000000Z") == [
        "BUSY 20260310T100000Z/20260310T120000Z,20260310T150000Z/20260310T153000Z",
        "BUSY-TENTATIVE 20260310T180000Z/20260311T000000Z",
    ]
    assert busy(door, "20260401T000000Z", "20260402T000000Z") == []


@pytest.mark.parametrize(("zone", "hours"), [("", "10"), ("America/New_York", "14")])
def test_floating_time_is_busy_in_a_zone(door: Door, zone: str, hours: str) -> None:
    door.put("f", event("f", start="DTSTART:20260310T100000", end="DURATION:PT1H"))
    more = f"<C:timezone-id>{zone}</C:timezone-id>" if zone else ""
    [line] = busy(door, "20260310T000000Z", "20260311T000000Z", more)
    assert line.startswith(f"BUSY 20260310T{hours}0000Z/")


def test_a_free_busy_query_without_a_window(door: Door) -> None:
    assert door.report(f"<C:free-busy-query {NAMESPACES}/>").status == 400
