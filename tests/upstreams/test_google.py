"""The fake of Google, driven by clients that know nothing of it: Google's own, and Home Assistant's `gcal_sync`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

import aiohttp
import httplib2
import pytest
from gcal_sync.api import CalendarListRequest, GoogleCalendarService, ListEventsRequest
from gcal_sync.auth import AbstractAuth
from gcal_sync.model import DateOrDatetime, Event
from gcal_sync.sync import CalendarEventSyncManager, CalendarListSyncManager
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.upstreams.google.faults import Fault
from tests.upstreams.google.server import Google, running_google

Json = dict[str, Any]


@pytest.fixture
def google() -> Iterator[Google]:
    with running_google() as running:
        yield running


@pytest.fixture
def calendar(google: Google) -> Any:
    """Google's own client, logged in."""
    return client(google)


def client(google: Google, credentials: Any = None) -> Any:
    http = AuthorizedHttp(credentials or Credentials(google.token), http=httplib2.Http(proxy_info=None))
    options = {"api_endpoint": f"{google.url}calendar/v3/"}
    return build("calendar", "v3", http=http, client_options=options, static_discovery=True)


def meeting(summary: str = "Meeting", **more: Any) -> Json:
    zone = "Europe/Zurich"
    times = {"start": {"dateTime": "2026-01-05T10:00:00", "timeZone": zone}}
    times["end"] = {"dateTime": "2026-01-05T11:00:00", "timeZone": zone}
    return times | {"summary": summary} | more


WEEKLY: Json = {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"]}


def fails(request: Any) -> tuple[int, str]:
    """The status and the reason of a refusal."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    return int(caught.value.resp.status), str(caught.value.error_details[0]["reason"])


def sync(calendar: Any, token: str | None = None, **more: Any) -> tuple[list[Json], str]:
    """All items of a round, and the token for the next."""
    items: list[Json] = []
    request = calendar.events().list(calendarId="primary", syncToken=token, **more)
    while True:
        page = request.execute()
        items += page["items"]
        following = calendar.events().list_next(request, page)
        assert (following is None) == ("nextSyncToken" in page)
        if following is None:
            return items, str(page["nextSyncToken"])
        request = following


class TestGooglesOwnClient:
    def test_calendars(self, google: Google, calendar: Any) -> None:
        google.account.add_calendar("holidays@group.v.calendar.google.com", "Holidays", role="reader")
        found = calendar.calendarList().list(maxResults=1).execute()
        assert [each["primary"] for each in found["items"]] == [True]
        rest = calendar.calendarList().list(maxResults=1, pageToken=found["nextPageToken"]).execute()
        assert [each["accessRole"] for each in rest["items"]] == ["reader"]
        made = calendar.calendars().insert(body={"summary": "Work"}).execute()
        news = calendar.calendarList().list(syncToken=rest["nextSyncToken"]).execute()
        assert [each["summary"] for each in news["items"]] == ["Work"]
        calendar.calendars().patch(calendarId=made["id"], body={"summary": "Job"}).execute()
        assert calendar.calendarList().list(syncToken=news["nextSyncToken"]).execute()["items"] == []
        body = {"backgroundColor": "#112233", "foregroundColor": "#ffffff"}
        patch = calendar.calendarList().patch(calendarId=made["id"], colorRgbFormat=True, body=body).execute()
        assert (patch["backgroundColor"], patch["summary"]) == ("#112233", "Job")
        calendar.calendars().delete(calendarId=made["id"]).execute()
        news = calendar.calendarList().list(syncToken=news["nextSyncToken"]).execute()
        assert [(each["id"], each["deleted"]) for each in news["items"]] == [(made["id"], True)]
        assert len(calendar.colors().get().execute()["event"]) == 11
        assert calendar.settings().get(setting="timezone").execute()["value"] == "Europe/Zurich"

    def test_pages_and_rounds(self, google: Google, calendar: Any) -> None:
        made = {
            calendar.events().insert(calendarId="primary", body=meeting(f"No. {number}")).execute()["id"]
            for number in range(5)
        }
        google.faults.inject(Fault.EMPTY_PAGE, times=1)
        items, token = sync(calendar, maxResults=2)
        assert {each["id"] for each in items} == made
        assert len(items) == 5
        assert google.calls.count("events.list") == 4
        assert sync(calendar, token)[0] == []
        gone, other, *_rest = sorted(made)
        calendar.events().delete(calendarId="primary", eventId=gone).execute()
        calendar.events().patch(calendarId="primary", eventId=other, body={"summary": "Other"}).execute()
        items, token = sync(calendar, token)
        assert {each["id"]: each.get("summary", each["status"]) for each in items} == {
            gone: "cancelled",
            other: "Other",
        }
        assert [each["id"] for each in items if "start" not in each] == [gone]
        assert len(sync(calendar)[0]) == 4
        assert len(sync(calendar, showDeleted=True)[0]) == 5

    def test_what_no_token_may_come_with(self, google: Google, calendar: Any) -> None:
        _, token = sync(calendar)
        more: Json
        for more in (
            {"timeMin": "2026-01-01T00:00:00Z"},
            {"timeMax": "2026-01-01T00:00:00Z"},
            {"updatedMin": "2026-01-01T00:00:00Z"},
            {"q": "x"},
            {"iCalUID": "x"},
            {"orderBy": "updated"},
            {"privateExtendedProperty": "a=b"},
            {"sharedExtendedProperty": "a=b"},
            {"showDeleted": False},
        ):
            assert fails(calendar.events().list(calendarId="primary", syncToken=token, **more))[0] == 400

    def test_each_end_of_a_token(self, google: Google, calendar: Any) -> None:
        _, token = sync(calendar)
        request = calendar.events().list(calendarId="primary", syncToken=token)
        google.faults.inject(Fault.TOKEN_TOO_OLD, times=1)
        assert fails(request) == (410, "updatedMinTooLongAgo")
        google.account.grant(google.account.calendars[google.account.email], "writer")
        assert fails(request) == (410, "fullSyncRequired")
        _, token = sync(calendar)
        google.account.generation += 1
        assert fails(calendar.events().list(calendarId="primary", syncToken=token)) == (410, "fullSyncRequired")
        old = calendar.events().list(calendarId="primary", updatedMin="2020-01-01T00:00:00Z")
        assert fails(old) == (410, "updatedMinTooLongAgo")

    def test_versions(self, calendar: Any) -> None:
        events = calendar.events()
        made = events.insert(calendarId="primary", body=meeting()).execute()
        assert made["etag"].strip('"').isdigit()
        request = events.patch(calendarId="primary", eventId=made["id"], body={"summary": "Two"})
        request.headers["If-Match"] = made["etag"]
        second = request.execute()
        request.headers["If-Match"] = made["etag"]
        assert fails(request) == (412, "conditionNotMet")
        request = events.get(calendarId="primary", eventId=made["id"])
        request.headers["If-None-Match"] = second["etag"]
        with pytest.raises(HttpError, match="304"):
            request.execute()
        reminders = {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}}
        third = events.patch(calendarId="primary", eventId=made["id"], body=reminders).execute()
        assert third["updated"] == second["updated"]
        assert third["etag"] != second["etag"]

    def test_ids_and_the_end_of_an_event(self, calendar: Any) -> None:
        events = calendar.events()
        made = events.insert(calendarId="primary", body=meeting(id="abcde12345")).execute()
        assert made["iCalUID"] == "abcde12345@google.com"
        again = events.insert(calendarId="primary", body=meeting(id="abcde12345"))
        assert fails(again) == (409, "duplicate")
        assert fails(events.insert(calendarId="primary", body=meeting(id="UPPER")))[0] == 400
        events.delete(calendarId="primary", eventId="abcde12345").execute()
        assert fails(events.delete(calendarId="primary", eventId="abcde12345")) == (410, "deleted")
        assert fails(events.delete(calendarId="primary", eventId="never12345")) == (404, "notFound")
        assert fails(again) == (409, "duplicate")
        assert events.get(calendarId="primary", eventId="abcde12345").execute()["status"] == "cancelled"
        revived = events.update(calendarId="primary", eventId="abcde12345", body=meeting("Again")).execute()
        assert (revived["status"], revived["summary"]) == ("confirmed", "Again")

    def test_a_series_and_its_exceptions(self, calendar: Any) -> None:
        events = calendar.events()
        master = events.insert(calendarId="primary", body=meeting(**WEEKLY)).execute()
        instances = events.instances(calendarId="primary", eventId=master["id"], maxResults=3).execute()
        assert [each["id"].rpartition("_")[2] for each in instances["items"]] == [
            *("20260105T090000Z", "20260112T090000Z", "20260119T090000Z")
        ]
        assert {each["iCalUID"] for each in instances["items"]} == {master["iCalUID"]}
        _, token = sync(calendar)
        first, second, third = (each["id"] for each in instances["items"])
        body = {"start": {"dateTime": "2026-01-13T15:00:00+01:00"}, "end": {"dateTime": "2026-01-13T16:00:00+01:00"}}
        moved = events.patch(calendarId="primary", eventId=second, body=body).execute()
        assert moved["originalStartTime"]["dateTime"] == "2026-01-12T10:00:00+01:00"
        events.delete(calendarId="primary", eventId=third).execute()
        items, token = sync(calendar, token)
        cancelled = next(each for each in items if each["id"] == third)
        assert cancelled.keys() >= {"recurringEventId", "originalStartTime"}
        assert {each["id"]: each["status"] for each in items} == {second: "confirmed", third: "cancelled"}
        assert {each["id"] for each in sync(calendar)[0]} == {master["id"], second, third}
        single = sync(calendar, singleEvents=True, timeMin="2026-01-10T00:00:00Z", timeMax="2026-01-27T00:00:00Z")[0]
        assert [each["start"]["dateTime"][:10] for each in sorted(single, key=lambda it: str(it["start"]))] == [
            *("2026-01-13", "2026-01-26")
        ]
        assert fails(events.get(calendarId="primary", eventId=f"{master['id']}_20260106T090000Z")) == (404, "notFound")
        events.delete(calendarId="primary", eventId=master["id"]).execute()
        assert {each["status"] for each in sync(calendar, token)[0]} == {"cancelled"}
        assert first not in {each["id"] for each in sync(calendar, showDeleted=True)[0]}

    def test_it_refreshes_its_token_until_the_consent_is_taken_back(self, google: Google) -> None:
        google.issuer.refresh["1//0first"] = (float("inf"), "https://www.googleapis.com/auth/calendar")
        application = {"client_id": google.issuer.client_id, "client_secret": google.issuer.client_secret}
        token_uri = f"{google.url}token"
        stale = Credentials("stale", refresh_token="1//0first", token_uri=token_uri, **application)
        colours = client(google, stale).colors().get()
        assert colours.execute()["kind"] == "calendar#colors"
        assert google.issuer.valid(stale.token)
        google.issuer.revoke()
        with pytest.raises(RefreshError, match="invalid_grant"):
            colours.execute()


class _Auth(AbstractAuth):
    async def async_get_access_token(self) -> str:
        return Google.token


class TestHomeAssistantsClient:
    def test_rounds_through_pages_and_a_dead_token(self, google: Google) -> None:
        async def run(session: aiohttp.ClientSession) -> None:
            api = GoogleCalendarService(_Auth(session, f"{google.url}calendar/v3"))
            calendars = CalendarListSyncManager(api)
            await calendars.run()
            listed = await calendars.store_service.async_list_calendars()
            assert [each.id for each in listed.calendars] == [google.account.email]
            manager = CalendarEventSyncManager(api, google.account.email)
            start = DateOrDatetime.parse(at("2026-01-05T10:00:00+01:00"))
            end = DateOrDatetime.parse(at("2026-01-05T11:00:00+01:00"))
            await api.async_create_event(google.account.email, Event(summary="One", start=start, end=end))
            google.faults.inject(Fault.EMPTY_PAGE, times=1)
            await manager.run()
            timeline = await manager.store_service.async_get_timeline()
            assert [each.summary for each in timeline] == ["One"]
            (one,) = google.account.calendars[google.account.email].events
            await api.async_patch_event(google.account.email, one, {"summary": "Two"})
            google.faults.inject(Fault.TOKEN_GONE, times=1)
            await manager.run()
            assert [each.summary for each in await manager.store_service.async_get_timeline()] == ["Two"]
            await api.async_delete_event(google.account.email, one)
            await manager.run()
            assert list(await manager.store_service.async_get_timeline()) == []

        asyncio.run(with_session(run))

    def test_its_listing_is_of_single_events_in_order(self, google: Google) -> None:
        google.ask("POST", "calendars/primary/events", meeting(**WEEKLY))

        async def run(session: aiohttp.ClientSession) -> None:
            api = GoogleCalendarService(_Auth(session, f"{google.url}calendar/v3"))
            assert len((await api.async_list_calendars(CalendarListRequest())).items) == 1
            start, end = at("2026-01-06T00:00:00+00:00"), at("2026-02-01T00:00:00+00:00")
            request = ListEventsRequest(calendarId="primary", timeMin=start, timeMax=end)
            found = await api.async_list_events(request)
            assert [str(each.start.value)[:10] for each in found.items] == ["2026-01-12", "2026-01-19", "2026-01-26"]

        asyncio.run(with_session(run))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def with_session(run: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    async with aiohttp.ClientSession() as session:
        await run(session)
