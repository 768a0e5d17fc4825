"""What Thunderbird sends, retyped from its modules: CalDavProvider, CalDavRequestHandlers and CardDAVUtils.

Sources: comm-central, `calendar/providers/caldav/CalDavProvider.sys.mjs` (`CalDavDetector`: attemptLocation, wellKnown,
attemptRoot, detectCollection, handlePrincipal, handleHomeSet) and `mailnews/addrbook/modules/CardDAVUtils.sys.mjs`
(`detectAddressBooks`), both as of version 153.
"""

from collections.abc import Iterator

import pytest

from tests.clients.replay import BOOKS, CALENDARS, CARD, CS, ICAL, C, D, Replay, event, prop

COLLECTION = (
    *(f"{D}resourcetype", f"{D}owner", f"{D}displayname", f"{D}current-user-principal"),
    *(f"{D}current-user-privilege-set", f"{ICAL}calendar-color", f"{C}calendar-home-set"),
)
IN_HOME = (f"{D}resourcetype", f"{D}displayname", f"{D}current-user-privilege-set", f"{ICAL}calendar-color")
WRITABLE = {f"{D}write", f"{D}write-content", f"{D}write-properties", f"{D}all"}


@pytest.fixture
def bird(base: str) -> Iterator[Replay]:
    with Replay(base, {"Content-Type": "text/xml; charset=utf-8", "User-Agent": "Thunderbird/153.0"}) as program:
        yield program


@pytest.mark.parametrize("typed", ["/dav/", "/dav/alice/", "/dav/alice", "/.well-known/caldav", "/"])
def test_every_address_that_can_be_typed_leads_to_all_calendars(bird: Replay, typed: str) -> None:
    found = bird.propfind(typed, COLLECTION)
    if f"{C}calendar-home-set" not in found.first.props:
        principal = found.href(f"{D}current-user-principal")
        found = bird.propfind(principal, [f"{C}calendar-home-set"])
    listed = bird.propfind(found.href(f"{C}calendar-home-set"), IN_HOME, 1)
    assert set(listed.named(f"{C}calendar")) == CALENDARS
    for path in listed.named(f"{C}calendar").values():
        granted = {each.tag for each in listed.replies[path].props[f"{D}current-user-privilege-set"].iter()}
        assert granted & WRITABLE, "Thunderbird would show it read-only"


def test_the_address_of_a_calendar_is_that_calendar(bird: Replay) -> None:
    assert bird.propfind("/dav/alice/tasks/", COLLECTION).named(f"{C}calendar") == {"Aufgaben": "/dav/alice/tasks/"}


@pytest.mark.parametrize("typed", ["/dav/", "/.well-known/carddav", "/"])
def test_every_address_leads_to_the_address_book(bird: Replay, typed: str) -> None:
    first = bird.propfind(
        typed, [f"{D}resourcetype", f"{D}displayname", f"{D}current-user-principal", f"{D}current-user-privilege-set"]
    )
    home = bird.propfind(first.href(f"{D}current-user-principal"), [f"{CARD}addressbook-home-set"])
    names = [f"{D}resourcetype", f"{D}displayname", f"{D}current-user-privilege-set"]
    listed = bird.propfind(home.href(f"{CARD}addressbook-home-set"), names, 1)
    assert set(listed.named(f"{CARD}addressbook")) == BOOKS


def test_the_first_sync_of_a_calendar_and_the_next(bird: Replay) -> None:
    """`checkDavResourceType`, `getItemsViaWebDavSync` and `CalDavMultigetSyncHandler`."""
    path = "/dav/alice/calendar/"
    asked = (
        *(f"{D}resourcetype", f"{D}owner", f"{D}current-user-principal", f"{D}current-user-privilege-set"),
        *(f"{D}supported-report-set", f"{C}supported-calendar-component-set", f"{CS}getctag", f"{D}sync-token"),
    )
    found = bird.propfind(path, asked).first
    reports = {each.tag for each in found.props[f"{D}supported-report-set"].iter()}
    assert {f"{D}sync-collection", f"{C}calendar-multiget"} <= reports
    options = bird.request("OPTIONS", found.props[f"{D}owner"].findtext(f"{D}href") or "")
    assert "calendar-access" in options.headers["dav"]
    new = {"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"}
    assert bird.request("PUT", f"{path}one.ics", event("one"), new).status == 201
    assert bird.request("PUT", f"{path}one.ics", event("one"), new).status == 412
    answer = bird.report(path, sync(""))
    assert f"{path}one.ics" in answer.replies
    hrefs = "".join(f"<D:href>{href}</D:href>" for href in answer.replies if href.endswith(".ics"))
    multiget = bird.report(
        path,
        '<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        f"{prop([f'{D}getetag', f'{C}calendar-data'])}{hrefs}</C:calendar-multiget>",
    )
    held = multiget.replies[f"{path}one.ics"]
    assert held.text(f"{C}calendar-data").replace("\r\n", "\n") == event("one").replace("\r\n", "\n")
    etag = held.text(f"{D}getetag")
    assert bird.request("DELETE", f"{path}one.ics", headers={"If-Match": etag}).status in (200, 204)
    token = answer.xml.findtext(f"{D}sync-token") or ""
    assert bird.report(path, sync(token)).replies[f"{path}one.ics"].status == 404


def sync(token: str) -> str:
    """The sync-collection report of CalDavWebDavSyncHandler."""
    return (
        f'<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
        f"{prop([f'{D}getcontenttype', f'{D}getetag'])}</sync-collection>"
    )
