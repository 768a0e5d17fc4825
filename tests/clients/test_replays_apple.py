"""What Calendar on macOS and iOS sends, retyped: set-up, a new calendar, polls of the home and of a calendar.

Source: apple/ccs-calendarserver, `contrib/performance/loadtest/request-data/OS_X_10_11/`: startup_principal_propfind
(and …_initial_propfind, …_expand), startup_create_calendar, startup_query_events_depth1_report, poll_calendarhome_sync,
poll_calendarhome_depth1_propfind, poll_calendar_depth1_propfind; and `…/iOS_5/`.
"""

from collections.abc import Iterator

import pytest

from tests.clients.replay import BOOKS, CALENDARS, CARD, CS, ICAL, C, D, Replay, event, prop

INITIAL = (f"{D}current-user-principal", f"{D}principal-URL", f"{D}resourcetype")
PRINCIPAL = (
    *(f"{C}calendar-home-set", f"{C}calendar-user-address-set", f"{D}current-user-principal", f"{D}displayname"),
    *(f"{CS}dropbox-home-URL", f"{CS}email-address-set", f"{CS}notification-URL", f"{D}principal-collection-set"),
    *(f"{D}principal-URL", f"{D}resource-id", f"{C}schedule-inbox-URL", f"{C}schedule-outbox-URL"),
    f"{D}supported-report-set",
)
ME = "{http://me.com/_namespace/}"
HOME = (
    *(f"{D}add-member", f"{CS}allowed-sharing-modes", f"{ICAL}autoprovisioned", f"{ME}bulk-requests"),
    *(f"{C}calendar-alarm", f"{ICAL}calendar-color", f"{C}calendar-description", f"{C}calendar-free-busy-set"),
    *(f"{ICAL}calendar-order", f"{C}calendar-timezone", f"{D}current-user-privilege-set"),
    *(f"{C}default-alarm-vevent-date", f"{C}default-alarm-vevent-datetime", f"{D}displayname", f"{CS}getctag"),
    *(f"{CS}invite", f"{ICAL}language-code", f"{ICAL}location-code", f"{D}owner", f"{CS}pre-publish-url"),
    *(f"{CS}publish-url", f"{CS}push-transports", f"{CS}pushkey", f"{D}quota-available-bytes"),
    *(f"{D}quota-used-bytes", f"{ICAL}refreshrate", f"{D}resource-id", f"{D}resourcetype"),
    *(f"{C}schedule-calendar-transp", f"{C}schedule-default-calendar-URL", f"{CS}source"),
    *(f"{CS}subscribed-strip-alarms", f"{CS}subscribed-strip-attachments", f"{CS}subscribed-strip-todos"),
    *(f"{C}supported-calendar-component-set", f"{C}supported-calendar-component-sets"),
    *(f"{D}supported-report-set", f"{D}sync-token", f"{C}managed-attachments-server-URL"),
)
NEW = """<?xml version="1.0" encoding="UTF-8"?>
<B:mkcalendar xmlns:B="urn:ietf:params:xml:ns:caldav"><A:set xmlns:A="DAV:"><A:prop>
<D:calendar-order xmlns:D="http://apple.com/ns/ical/">4</D:calendar-order>
<B:supported-calendar-component-set><B:comp name="VEVENT"/></B:supported-calendar-component-set>
<D:calendar-color xmlns:D="http://apple.com/ns/ical/" symbolic-color="custom">#FD8208FF</D:calendar-color>
<B:calendar-timezone>BEGIN:VCALENDAR&#13;
VERSION:2.0&#13;
PRODID:-//Apple Inc.//Mac OS X 10.11//EN&#13;
BEGIN:VTIMEZONE&#13;
TZID:America/Los_Angeles&#13;
BEGIN:STANDARD&#13;
TZOFFSETFROM:-0700&#13;
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU&#13;
DTSTART:20071104T020000&#13;
TZNAME:PST&#13;
TZOFFSETTO:-0800&#13;
END:STANDARD&#13;
END:VTIMEZONE&#13;
END:VCALENDAR&#13;
</B:calendar-timezone><A:displayname>Neu am Mac</A:displayname>
<B:schedule-calendar-transp><B:opaque/></B:schedule-calendar-transp></A:prop></A:set></B:mkcalendar>"""


@pytest.fixture
def mac(base: str) -> Iterator[Replay]:
    agent = "macOS/15.1 (24B83) accountsd/113"
    with Replay(
        base, {"Content-Type": "text/xml", "User-Agent": agent, "Brief": "t", "Prefer": "return=minimal"}
    ) as it:
        yield it


def principal(mac: Replay, typed: str) -> str:
    """The first request of accountsd, at the well-known place and at what was typed."""
    return mac.propfind(typed, INITIAL).href(f"{D}current-user-principal")


@pytest.mark.parametrize("typed", ["/.well-known/caldav", "/", "/dav/", "/dav/alice/"])
def test_set_up_ends_with_all_calendars(mac: Replay, typed: str) -> None:
    path = principal(mac, typed)
    options = mac.request("OPTIONS", path)
    assert "calendar-access" in options.headers["dav"]
    found = mac.propfind(path, PRINCIPAL)
    assert found.href(f"{D}principal-URL") == path
    addresses = [href.text for href in found.first.props[f"{C}calendar-user-address-set"]]
    assert "mailto:alice@example.org" in addresses
    listed = mac.propfind(found.href(f"{C}calendar-home-set"), HOME, 1)
    assert set(listed.named(f"{C}calendar")) >= CALENDARS
    for path in listed.named(f"{C}calendar").values():
        reply = listed.replies[path]
        assert {f"{CS}getctag", f"{D}sync-token", f"{D}current-user-privilege-set", f"{D}owner"} <= set(reply.props)
        assert reply.refused == {}, "Brief: t leaves out what is not there"


@pytest.mark.parametrize("typed", ["/.well-known/carddav", "/", "/dav/"])
def test_set_up_ends_with_the_address_book(mac: Replay, typed: str) -> None:
    found = mac.propfind(principal(mac, typed), [f"{CARD}addressbook-home-set", f"{CARD}directory-gateway", *INITIAL])
    names = [f"{CARD}max-image-size", f"{D}displayname", f"{D}resourcetype", f"{D}sync-token", f"{CS}getctag"]
    listed = mac.propfind(found.href(f"{CARD}addressbook-home-set"), names, 1)
    assert set(listed.named(f"{CARD}addressbook")) == BOOKS


def test_the_question_for_delegates_is_answered(mac: Replay) -> None:
    one = '<A:property name="calendar-proxy-{}-for" namespace="http://calendarserver.org/ns/">{}</A:property>'
    inner = "".join(
        f'<A:property name="{name}" namespace="{space}"/>'
        for name, space in (
            ("calendar-user-address-set", C[1:-1]),
            ("email-address-set", CS[1:-1]),
            ("displayname", "DAV:"),
        )
    )
    body = "".join(one.format(kind, inner) for kind in ("read", "write"))
    answer = mac.report("/dav/alice/", f'<A:expand-property xmlns:A="DAV:">{body}</A:expand-property>', 0)
    assert list(answer.replies) == ["/dav/alice/"]


def test_a_new_calendar_keeps_everything_it_was_made_with(mac: Replay) -> None:
    path = "/dav/alice/F2DDA3B1-9F0C-4E7A-9C3E-0D1A33CAB0D5/"
    assert mac.request("MKCALENDAR", path, NEW).status == 201
    held = mac.propfind(path, HOME).first
    assert held.text(f"{D}displayname") == "Neu am Mac"
    assert held.text(f"{ICAL}calendar-order") == "4"
    assert held.text(f"{ICAL}calendar-color").upper().startswith("#FD8208")
    assert "America/Los_Angeles" in held.text(f"{C}calendar-timezone")
    assert [each.get("name") for each in held.props[f"{C}supported-calendar-component-set"]] == ["VEVENT"]
    change = (
        '<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><D:calendar-color xmlns:D="http://apple.com/ns/ical/" '
        'symbolic-color="custom">#882F00FF</D:calendar-color></A:prop></A:set></A:propertyupdate>'
    )
    assert mac.request("PROPPATCH", path, change).status in (200, 207)
    assert mac.propfind(path, [f"{ICAL}calendar-color"]).first.text(f"{ICAL}calendar-color").startswith("#882F00")
    assert mac.request("DELETE", path).status == 204


def test_a_poll_of_the_home_sees_what_changed_in_a_calendar(mac: Replay) -> None:
    answer = mac.report("/dav/alice/", sync(""), 1)
    token = answer.xml.findtext(f"{D}sync-token") or ""
    put = mac.request(
        "PUT", "/dav/alice/calendar/mac.ics", event("mac"), {"Content-Type": "text/calendar", "If-None-Match": "*"}
    )
    assert put.status == 201
    changed = mac.report("/dav/alice/", sync(token), 1).replies
    assert list(changed) == ["/dav/alice/calendar/"]
    poll = mac.propfind("/dav/alice/calendar/", [f"{D}getcontenttype", f"{D}getetag"], 1)
    assert poll.replies["/dav/alice/calendar/mac.ics"].text(f"{D}getetag") == put.headers["etag"]
    found = mac.report(
        "/dav/alice/calendar/",
        f'<B:calendar-query xmlns:B="{C[1:-1]}">{prop([f"{D}getetag", f"{D}getcontenttype"])}<B:filter>'
        '<B:comp-filter name="VCALENDAR"><B:comp-filter name="VEVENT">'
        '<B:time-range start="20260301T010101Z" end="20260321T010101Z"/></B:comp-filter></B:comp-filter></B:filter>'
        "</B:calendar-query>",
    )
    assert "/dav/alice/calendar/mac.ics" in found.replies
    assert mac.request("DELETE", "/dav/alice/calendar/mac.ics", headers={"If-Match": put.headers["etag"]}).status == 204


def sync(token: str) -> str:
    """The report with which macOS polls the home."""
    names = [name for name in HOME if not name.endswith("URL")]
    return (
        f'<A:sync-collection xmlns:A="DAV:"><A:sync-token>{token}</A:sync-token><A:sync-level>1</A:sync-level>'
        f"{prop(names)}</A:sync-collection>"
    )
