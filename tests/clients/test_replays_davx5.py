"""What DAVx5 sends, retyped: detection, the refresh of its collections, and a sync.

Sources: bitfireAT/davx5-ose, `servicedetection/DavResourceFinder.kt` (checkBaseURL, providesService,
queryEmailAddress) and `…/{ServiceRefresher,HomeSetRefresher,ServiceDetectionUtils}.kt`, `sync/CalendarSyncManager.kt`;
bitfireAT/dav4jvm for the form of the requests.
"""

from collections.abc import Iterator

import pytest

from tests.clients.replay import BOOKS, CALENDARS, CARD, CS, ICAL, PUSH, C, D, Replay, card, event, prop

BASE = {
    "caldav": (
        *(f"{D}resourcetype", f"{D}displayname", f"{ICAL}calendar-color", f"{C}calendar-description"),
        *(f"{C}calendar-timezone", f"{D}current-user-privilege-set", f"{C}supported-calendar-component-set"),
        *(f"{C}calendar-home-set", f"{D}current-user-principal"),
    ),
    "carddav": (
        *(f"{D}resourcetype", f"{D}displayname", f"{CARD}addressbook-description"),
        *(f"{CARD}addressbook-home-set", f"{D}current-user-principal"),
    ),
}
LISTED = (
    *(f"{D}current-user-privilege-set", f"{D}displayname", f"{D}owner", f"{D}resourcetype"),
    *(f"{PUSH}transports", f"{PUSH}topic"),
)
CALENDAR = (
    *(f"{ICAL}calendar-color", f"{C}calendar-description", f"{C}calendar-timezone", f"{C}calendar-timezone-id"),
    *(f"{C}supported-calendar-component-set", f"{CS}source"),
)
ABILITY = {"caldav": "calendar-access", "carddav": "addressbook"}
HOME = {"caldav": f"{C}calendar-home-set", "carddav": f"{CARD}addressbook-home-set"}


@pytest.fixture
def phone(base: str) -> Iterator[Replay]:
    headers = {"Content-Type": "application/xml; charset=utf-8", "User-Agent": "DAVx5/4.5 (dav4jvm; okhttp) Android/16"}
    with Replay(base, headers) as program:
        yield program


def principal(phone: Replay, typed: str, service: str) -> str:
    """Detection: the place that was typed, or the well-known one, names a principal that offers the service."""
    for address in (typed, f"/.well-known/{service}"):
        answer = phone.propfind(address, BASE[service])
        if answer.status == 207 and f"{D}current-user-principal" in answer.first.props:
            found = answer.href(f"{D}current-user-principal")
            options = phone.request("OPTIONS", found)
            assert ABILITY[service] in [each.strip() for each in options.headers["dav"].split(",")]
            return found
    raise AssertionError(f"no principal from {typed}")


@pytest.mark.parametrize("typed", ["/", "/dav", "/dav/", "/dav/alice/", "/dav/alice/calendar/"])
def test_every_address_that_can_be_typed_leads_to_all_calendars(phone: Replay, typed: str) -> None:
    found = principal(phone, typed, "caldav")
    addresses = phone.propfind(found, [f"{C}calendar-user-address-set"]).first.props[f"{C}calendar-user-address-set"]
    assert "mailto:alice@example.org" in [href.text for href in addresses]
    home = phone.propfind(found, [HOME["caldav"], f"{D}displayname"]).href(HOME["caldav"])
    listed = phone.propfind(home, (*LISTED, *CALENDAR), 1)
    assert set(listed.named(f"{C}calendar")) == CALENDARS
    for path in listed.named(f"{C}calendar").values():
        owner = listed.replies[path].props[f"{D}owner"].findtext(f"{D}href") or ""
        assert listed.to(owner) == found, "it would not count as the user's own"


@pytest.mark.parametrize("typed", ["/", "/dav/", "/dav/alice/", "/dav/alice/people/"])
def test_every_address_leads_to_the_address_book(phone: Replay, typed: str) -> None:
    found = principal(phone, typed, "carddav")
    home = phone.propfind(found, [HOME["carddav"], f"{D}displayname"]).href(HOME["carddav"])
    listed = phone.propfind(home, (*LISTED, f"{CARD}addressbook-description"), 1)
    assert set(listed.named(f"{CARD}addressbook")) == BOOKS


def test_a_sync_of_events(phone: Replay) -> None:
    """`queryCapabilities`, `uploadDirty`, `listAllRemote` by calendar-query, `downloadRemote` by multiget."""
    path = "/dav/alice/calendar/"
    asked = (f"{D}max-resource-size", f"{D}supported-report-set", f"{CS}getctag", f"{D}sync-token")
    first = phone.propfind(path, asked).first
    put = phone.request(
        "PUT", f"{path}d5.ics", event("d5"), {"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"}
    )
    assert put.status == 201
    found = phone.report(
        path,
        f'<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav">{prop([f"{D}getetag"])}<C:filter>'
        '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260101T000000Z"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
    )
    assert found.replies[f"{path}d5.ics"].text(f"{D}getetag") == put.headers["etag"]
    data = '<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav" content-type="text/calendar" version="2.0"/>'
    got = phone.report(
        path,
        '<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns="DAV:"><prop><getcontenttype/><getetag/>'
        f"<C:schedule-tag/>{data}</prop><href>{path}d5.ics</href></C:calendar-multiget>",
        0,
    )
    assert "SUMMARY:Hafenfest" in got.replies[f"{path}d5.ics"].text(f"{C}calendar-data")
    after = phone.propfind(path, asked).first
    assert after.text(f"{D}sync-token") != first.text(f"{D}sync-token")
    stale = {"If-Match": '"stale"', "Content-Type": "text/calendar; charset=utf-8"}
    assert phone.request("PUT", f"{path}d5.ics", event("d5", "x"), stale).status == 412
    assert phone.request("DELETE", f"{path}d5.ics", headers={"If-Match": put.headers["etag"]}).status in (200, 204)


def test_a_sync_of_contacts(phone: Replay) -> None:
    path = "/dav/alice/people/"
    types = phone.propfind(path, [f"{CARD}supported-address-data", f"{D}supported-report-set"]).first
    versions = {each.get("version") for each in types.props[f"{CARD}supported-address-data"]}
    assert {"3.0", "4.0"} <= versions
    put = phone.request(
        "PUT", f"{path}ada.vcf", card("ada"), {"Content-Type": "text/vcard; charset=utf-8", "If-None-Match": "*"}
    )
    assert put.status == 201
    answer = phone.report(
        path,
        '<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>'
        f"{prop([f'{D}getetag'])}</sync-collection>",
        0,
    )
    assert f"{path}ada.vcf" in answer.replies
    got = phone.report(
        path,
        '<R:addressbook-multiget xmlns:R="urn:ietf:params:xml:ns:carddav" xmlns="DAV:"><prop><getcontenttype/>'
        f'<getetag/><R:address-data content-type="text/vcard" version="4.0"/></prop><href>{path}ada.vcf</href>'
        "</R:addressbook-multiget>",
        0,
    )
    assert "VERSION:4.0" in got.replies[f"{path}ada.vcf"].text(f"{CARD}address-data")
