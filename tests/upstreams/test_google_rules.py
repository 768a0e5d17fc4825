"""The rules of Google that the fake keeps for calendars and events, one by one; sources: providers.md §1."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.upstreams.google.server import Google, running_google
from tests.upstreams.google.short import EVENTS, GUESTS, ZONE, copied, insert, meeting, patch, put, recipients, refused

Json = dict[str, Any]


@pytest.fixture
def google() -> Iterator[Google]:
    with running_google() as running:
        running.account.google_users.add("cy@gmail.com")
        yield running


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            {"start": {"dateTime": "2026-01-05T10:00:00"}},
            {"start": {"dateTime": "2026-01-05T12:00:00+01:00"}},
            {"start": {"date": "2026-01-05"}},
            {"start": {"date": "2026-01-05", "dateTime": "2026-01-05T10:00:00Z"}},
            {"start": {"dateTime": "2026-01-05T10:00:00+01:00", "timeZone": "W. Europe Standard Time"}},
            {"start": {"dateTime": "2026-01-05T10:00:00+01:00"}, "recurrence": ["RRULE:FREQ=DAILY"]},
            {"recurrence": ["DTSTART:20260105T100000"]},
            {"recurrence": ["RRULE:FREQ=SOMETIMES"]},
            {"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 1}]}},
            {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 1}] * 6}},
            {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 40321}]}},
            {"reminders": {"useDefault": False, "overrides": [{"method": "sms", "minutes": 1}]}},
            {"attendees": [{"email": "nobody"}]},
            {"attendees": [{"email": "bo@other.example", "responseStatus": "maybe"}]},
            {"status": "done"},
            {"visibility": "secret"},
            {"transparency": "glass"},
            {"colorId": "12"},
            {"eventType": "fromGmail"},
            {"eventType": "party"},
            {"id": "abcde12345", "iCalUID": "x@y"},
        ],
    )
    def test_what_is_refused(self, google: Google, body: Json) -> None:
        assert refused(google, "POST", EVENTS, meeting() | body)[0] == 400

    def test_what_the_document_does_not_know_is_refused_and_noted(self, google: Google) -> None:
        assert refused(google, "POST", EVENTS, meeting(sumary="typo")) == (400, "badRequest")
        assert refused(google, "POST", EVENTS, meeting(summary=7)) == (400, "badRequest")
        assert refused(google, "GET", f"{EVENTS}?max=1") == (400, "invalidParameter")
        assert refused(google, "GET", f"{EVENTS}?maxResults=0") == (400, "invalidParameter")
        assert refused(google, "GET", f"{EVENTS}?singleEvents=1") == (400, "invalidParameter")
        assert len(google.contradictions) == 5
        google.contradictions.clear()

    def test_times_have_the_offset_of_the_calendar_and_the_zone_of_the_event(self, google: Google) -> None:
        start = {"dateTime": "2026-01-05T10:00:00", "timeZone": "America/New_York"}
        end = {"dateTime": "2026-01-05T16:00:00Z"}
        made = google.ask("POST", EVENTS, {"start": start, "end": end})
        assert made["start"] == {"dateTime": "2026-01-05T16:00:00+01:00", "timeZone": "America/New_York"}
        assert made["end"] == {"dateTime": "2026-01-05T17:00:00+01:00", "timeZone": ZONE}
        path = f"{EVENTS}/{made['id']}?timeZone=UTC"
        assert google.ask("GET", path)["start"]["dateTime"] == "2026-01-05T15:00:00Z"
        whole = {"start": {"date": "2026-01-05"}, "end": {"date": "2026-01-06"}}
        assert refused(google, "PATCH", f"{EVENTS}/{made['id']}", whole)[0] == 400
        nulls = {side: day | {"dateTime": None, "timeZone": None} for side, day in whole.items()}
        assert patch(google, made, nulls)["start"] == {"date": "2026-01-05"}

    def test_a_put_clears_what_it_leaves_out_a_patch_does_not(self, google: Google) -> None:
        extended = {"private": {"a": "1", "b": "2"}}
        made = insert(google, summary="S", location="L", attendees=GUESTS, extendedProperties=extended)
        body = {"summary": None, "attendees": GUESTS[:1], "extendedProperties": {"private": {"a": None}}}
        patched = patch(google, made, body)
        assert (patched["location"], "summary" in patched) == ("L", False)
        assert [each["email"] for each in patched["attendees"]] == ["bo@other.example"]
        assert patched["extendedProperties"] == {"private": {"b": "2"}}
        replaced = put(google, made, meeting(summary="T"))
        assert "location" not in replaced
        assert "attendees" not in replaced
        assert "extendedProperties" not in replaced
        assert (replaced["iCalUID"], replaced["created"]) == (made["iCalUID"], made["created"])

    def test_a_write_that_changes_nothing_gives_no_new_version(self, google: Google) -> None:
        made = insert(google, summary="S")
        assert patch(google, made, {"summary": "S"})["etag"] == made["etag"]

    def test_sequence(self, google: Google) -> None:
        made = insert(google)
        later = {"start": {"dateTime": "2026-01-05T10:30:00+01:00"}}
        assert patch(google, made, later)["sequence"] == 1
        assert patch(google, made, {"summary": "S"})["sequence"] == 1
        assert refused(google, "PUT", f"{EVENTS}/{made['id']}", meeting()) == (400, "invalid")
        assert put(google, made, meeting(sequence=5))["sequence"] == 5

    def test_extended_properties_have_limits(self, google: Google) -> None:
        values = {"k" * 45: "lost", "k" * 44: "v" * 2000}
        made = insert(google, extendedProperties={"private": values, "shared": {"x" * 50: "lost"}})
        assert made["extendedProperties"] == {"private": {"k" * 44: "v" * 1024}}

    def test_attachments_need_a_word(self, google: Google) -> None:
        files = [{"fileUrl": "https://drive.google.com/x", "title": "X"}]
        made = insert(google, attachments=files)
        assert "attachments" not in made
        assert patch(google, made, {"attachments": files}, "supportsAttachments=true")["attachments"] == files
        assert put(google, made, meeting())["attachments"] == files
        assert "attachments" not in put(google, made, meeting(), "supportsAttachments=true")

    def test_types_do_not_change(self, google: Google) -> None:
        made = insert(google, eventType="focusTime", focusTimeProperties={"chatStatus": "doNotDisturb"})
        assert patch(google, made, {"summary": "S"})["focusTimeProperties"] == {"chatStatus": "doNotDisturb"}
        assert refused(google, "PATCH", f"{EVENTS}/{made['id']}", {"eventType": "default"})[0] == 400
        copy = copied(google, eventType="focusTime", focusTimeProperties={"chatStatus": "doNotDisturb"})
        assert (copy["eventType"], "focusTimeProperties" in copy) == ("default", False)
        assert [each["id"] for each in google.ask("GET", f"{EVENTS}?eventTypes=focusTime")["items"]] == [made["id"]]

    def test_labels(self, google: Google) -> None:
        label = {"id": "11111111-2222-3333-4444-555555555555", "name": "Deep", "backgroundColor": "#039be5"}
        google.ask("PATCH", "calendars/primary", {"labelProperties": {"eventLabels": [label]}})
        made = insert(google, "eventLabelVersion=1", eventLabelId=label["id"], colorId="3")
        assert (made["eventLabelId"], "colorId" in made) == (label["id"], False)
        assert patch(google, made, {"colorId": "4"})["eventLabelId"] == label["id"]
        assert "eventLabelId" not in patch(google, made, {"summary": "S"}, "eventLabelVersion=1")
        assert refused(google, "PATCH", f"{EVENTS}/{made['id']}?eventLabelVersion=1", {"eventLabelId": "no"})[0] == 400

    def test_a_conference_comes_later(self, google: Google) -> None:
        asked = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
        assert "conferenceData" not in insert(google, conferenceData=asked)
        google.account.hold_conferences = True
        made = insert(google, "conferenceDataVersion=1", conferenceData=asked)
        assert made["conferenceData"]["createRequest"]["status"] == {"statusCode": "pending"}
        assert "hangoutLink" not in google.ask("GET", f"{EVENTS}/{made['id']}")
        google.account.hold_conferences = False
        ready = google.ask("GET", f"{EVENTS}/{made['id']}")
        assert ready["hangoutLink"] == ready["conferenceData"]["entryPoints"][0]["uri"]
        assert ready["etag"] != made["etag"]
        again = patch(google, made, {"conferenceData": asked}, "conferenceDataVersion=1")
        assert again["hangoutLink"] == ready["hangoutLink"]
        assert put(google, made, meeting())["hangoutLink"] == ready["hangoutLink"]
        assert "hangoutLink" not in put(google, made, meeting(), "conferenceDataVersion=1")


class TestSeries:
    def test_more_private_for_all_less_private_for_none(self, google: Google) -> None:
        master = insert(google, recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
        instance = {"id": f"{master['id']}_20260106T090000Z"}
        patch(google, instance, {"visibility": "private"})
        assert google.ask("GET", f"{EVENTS}/{master['id']}")["visibility"] == "private"
        assert patch(google, instance, {"visibility": "public"})["visibility"] == "private"

    def test_days_and_changes_of_the_clocks(self, google: Google) -> None:
        days = {"start": {"date": "2026-03-28"}, "end": {"date": "2026-03-30"}, "recurrence": ["RRULE:FREQ=WEEKLY"]}
        master = google.ask("POST", EVENTS, days)
        query = "timeMin=2026-04-05T00:00:00Z&timeMax=2026-04-12T00:00:00Z"
        found = google.ask("GET", f"{EVENTS}/{master['id']}/instances?{query}")["items"]
        assert [each["id"] for each in found] == [f"{master['id']}_20260404", f"{master['id']}_20260411"]
        assert found[0]["originalStartTime"] == {"date": "2026-04-04"}
        start, end = ({"dateTime": f"2026-03-28T{hour}:30:00", "timeZone": ZONE} for hour in ("01", "04"))
        master = google.ask("POST", EVENTS, {"start": start, "end": end, "recurrence": ["RRULE:FREQ=DAILY;COUNT=2"]})
        last = google.ask("GET", f"{EVENTS}/{master['id']}/instances")["items"][-1]
        assert last["start"]["dateTime"] == "2026-03-29T01:30:00+01:00"
        assert last["end"]["dateTime"] == "2026-03-29T05:30:00+02:00"

    def test_a_moved_series_takes_its_exceptions_along_and_leaves_bare_tombstones(self, google: Google) -> None:
        work = google.ask("POST", "calendars", {"summary": "Work"})["id"]
        token = google.ask("GET", EVENTS)["nextSyncToken"]
        master = insert(google, recurrence=["RRULE:FREQ=DAILY;COUNT=3"], summary="S")
        instance = patch(google, {"id": f"{master['id']}_20260106T090000Z"}, {"summary": "Other"})
        moved = google.ask("POST", f"{EVENTS}/{master['id']}/move?{urlencode({'destination': work})}")
        assert moved["organizer"] == {"email": work, "self": True, "displayName": "Work"}
        there = google.ask("GET", f"calendars/{work}/events")["items"]
        assert {each["id"]: each["summary"] for each in there} == {master["id"]: "S", instance["id"]: "Other"}
        here = google.ask("GET", f"{EVENTS}?syncToken={token}")["items"]
        assert {(each["id"], each["status"], "summary" in each) for each in here} == {
            (master["id"], "cancelled", False),
            (instance["id"], "cancelled", False),
        }
        focus = insert(google, eventType="focusTime")
        assert refused(google, "POST", f"{EVENTS}/{focus['id']}/move?{urlencode({'destination': work})}")[0] == 400


class TestPeople:
    def test_who_is_told(self, google: Google) -> None:
        made = insert(google, attendees=GUESTS)
        patch(google, made, {"summary": "silent"}, "sendUpdates=none")
        assert recipients(google) == []
        patch(google, made, {"summary": "loud"}, "sendUpdates=all")
        assert recipients(google) == [("update", "bo@other.example"), ("update", "cy@gmail.com")]
        patch(google, made, {"summary": "to few"}, "sendUpdates=externalOnly")
        assert recipients(google) == [("update", "bo@other.example")]
        google.ask("DELETE", f"{EVENTS}/{made['id']}?sendUpdates=all")
        assert len(recipients(google)) == 2
        insert(google, "sendNotifications=true", attendees=GUESTS)
        assert len(recipients(google)) == 2

    def test_an_import_is_by_somebody_else_and_tells_nobody(self, google: Google) -> None:
        copy = copied(google, sequence=3)
        assert copy["organizer"] == {"email": "bo@other.example"}
        assert [each.get("self", False) for each in copy["attendees"]] == [False, False, True]
        assert [each.get("organizer", False) for each in copy["attendees"]] == [True, False, False]
        assert copied(google, sequence=3, summary="Again")["id"] == copy["id"]
        body = meeting(iCalUID=copy["iCalUID"], organizer={"email": "bo@other.example"})
        assert refused(google, "POST", f"{EVENTS}/import", body) == (400, "invalid")
        assert refused(google, "POST", f"{EVENTS}/import", meeting()) == (400, "required")
        assert google.ask("GET", f"{EVENTS}?{urlencode({'iCalUID': copy['iCalUID']})}")["items"][0]["id"] == copy["id"]
        assert recipients(google) == []

    def test_a_guest_answers_for_themselves_alone(self, google: Google) -> None:
        copy = copied(google)
        people = [each | {"responseStatus": "accepted"} for each in copy["attendees"]]
        answered = patch(google, copy, {"attendees": people}, "sendUpdates=all")
        assert [each["responseStatus"] for each in answered["attendees"]] == ["needsAction", "needsAction", "accepted"]
        assert recipients(google) == [("reply", "bo@other.example")]
        path = f"{EVENTS}/{copy['id']}"
        assert refused(google, "PATCH", path, {"guestsCanModify": True}) == (403, "forbiddenForNonOrganizer")
        shared = {"extendedProperties": {"shared": {"a": "b"}}}
        assert refused(google, "PATCH", path, shared) == (403, "forbiddenForNonOrganizer")
        assert patch(google, copy, {"reminders": {"useDefault": False}, "colorId": "3"})["colorId"] == "3"

    def test_what_a_role_may_do_and_see(self, google: Google) -> None:
        shared = google.account.add_calendar("team@group.calendar.google.com", "Team")
        path = f"calendars/{shared.id}/events"
        made = google.ask("POST", path, meeting(summary="Secret", visibility="private"))
        google.account.grant(shared, "reader")
        assert refused(google, "POST", path, meeting())[0] == 403
        assert refused(google, "DELETE", f"{path}/{made['id']}")[0] == 403
        assert refused(google, "PATCH", f"calendars/{shared.id}", {"summary": "Mine"})[0] == 403
        assert "summary" not in google.ask("GET", path)["items"][0]
        assert google.ask("GET", path)["accessRole"] == "reader"
        google.account.grant(shared, "none")
        assert refused(google, "GET", path) == (404, "notFound")

    def test_busy_times(self, google: Google) -> None:
        insert(google, recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
        insert(google, end={"dateTime": "2026-01-05T11:30:00+01:00"})
        insert(google, transparency="transparent", start={"dateTime": "2026-01-04T10:00:00Z"})
        bounds = {"timeMin": "2026-01-05T09:30:00Z", "timeMax": "2026-01-07T00:00:00Z"}
        items = [{"id": "primary"}, {"id": "nobody@example.com"}]
        found = google.ask("POST", "freeBusy", bounds | {"items": items})["calendars"]
        assert found["primary"]["busy"] == [
            {"start": "2026-01-05T09:30:00Z", "end": "2026-01-05T10:30:00Z"},
            {"start": "2026-01-06T09:00:00Z", "end": "2026-01-06T10:00:00Z"},
        ]
        assert found["nobody@example.com"]["errors"] == [{"domain": "global", "reason": "notFound"}]
