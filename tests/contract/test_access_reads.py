"""The Access dialect read over HTTP by a key that is not restricted: every row of D.1 and D.2 that is about reading."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.contract.access import BASE, Access, at, day, empty, key, put
from tests.contract.serving import Fixture


@pytest.fixture
def full(fixture: Fixture) -> Iterator[Access]:
    yield key(fixture, "full")
    empty(fixture)


def test_p01_calendars(fixture: Fixture, full: Access) -> None:
    nobody = Access(fixture.url, None)
    answer = nobody("GET", "/calendars")
    assert answer.status_code == 401
    assert {"error", "message"} <= answer.json().keys()
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    body = full.get("/calendars")
    assert body.keys() == {"data"}
    alice, team = body["data"]
    assert isinstance(alice["id"], int)
    assert [each["isPrimary"] for each in (alice, team)] == [True, False]
    assert {name: value for name, value in alice.items() if name != "id"} == {
        "externalId": "alice@example.com",
        "name": "Alice",
        "provider": "GOOGLE",
        "timezone": "America/Los_Angeles",
        "isPrimary": True,
        "isOperatorOwner": True,
        "ownerEmail": "alice@example.com",
        "lastSyncedAt": None,
    }
    assert (team["name"], team["timezone"], team["ownerEmail"]) == ("Team", "Europe/Berlin", "team@example.com")
    assert full.get(f"{BASE}/calendars/") == body


def test_an_event_shows_all_that_it_has(fixture: Fixture, full: Access) -> None:
    put(
        fixture,
        "whole",
        "LOCATION:Room 7",
        "DESCRIPTION:Line one\\nline two",
        "ORGANIZER;CN=Boss:mailto:boss@example.org",
        "ATTENDEE;CN=Alice A;PARTSTAT=TENTATIVE:mailto:Alice@example.com",
        "ATTENDEE;PARTSTAT=DELEGATED:mailto:x@example.org",
        "CATEGORIES:red,blue",
        "CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1-555",
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://meet.example/abc",
        start=at(0),
        end=at(0, 1.5),
    )
    [event] = full.get("/events")["events"]
    assert event.pop("id").isalnum()
    assert event.pop("startLocal")[19:] in ("-08:00", "-07:00")
    assert event.pop("endLocal")[19:] in ("-08:00", "-07:00")
    assert event == {
        "calendarId": full.calendar(),
        "title": "whole",
        "description": "Line one\nline two",
        "location": "Room 7",
        "startUtc": at(0),
        "endUtc": at(0, 1.5),
        "durationMinutes": 90,
        "allDay": False,
        "isRecurringEvent": False,
        "status": "tentative",
        "organizer": "boss@example.org",
        "attendees": [
            {"email": "Alice@example.com", "name": "Alice A", "response": "tentative"},
            {"email": "x@example.org", "response": "needsAction"},
        ],
        "joinUrl": "https://meet.example/abc",
        "labels": ["red", "blue"],
    }


def test_what_an_event_has_not_is_left_out(fixture: Fixture, full: Access) -> None:
    put(fixture, "bare", start=at(0), end=at(0, 1))
    [event] = full.get("/events")["events"]
    assert event.keys().isdisjoint({"description", "location", "organizer", "joinUrl"})
    assert (event["attendees"], event["labels"], event["status"]) == ([], [], "confirmed")
    assert full.get(f"/events/{event['id']}") == {"event": event, "currentUserCalendarEmail": "alice@example.com"}


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["STATUS:CANCELLED"], "cancelled"),
        (["STATUS:TENTATIVE"], "confirmed"),
        (["STATUS:TENTATIVE", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com"], "confirmed"),
        (["STATUS:CANCELLED", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com"], "cancelled"),
        (["ATTENDEE;PARTSTAT=ACCEPTED:mailto:ALICE@example.com"], "confirmed"),
        (["ATTENDEE;PARTSTAT=TENTATIVE:mailto:alice@example.com"], "tentative"),
        (["ATTENDEE:mailto:alice@example.com"], "needsAction"),
        (["ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.com"], "declined"),
        (["ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com"], "confirmed"),
    ],
)
def test_the_status_is_the_owners_own(fixture: Fixture, full: Access, lines: list[str], status: str) -> None:
    more = ["ORGANIZER:mailto:boss@example.org"] if any("ATTENDEE" in each for each in lines) else []
    put(fixture, "e", *lines, *more, start=at(0), end=at(0, 1))
    [event] = full.get("/events", includeCancelled="true")["events"]
    assert event["status"] == status
    assert full.get(f"/events/{event['id']}")["event"]["status"] == status
    assert full.titles() == ([] if status == "cancelled" else ["e"])


def test_the_span_of_a_list(fixture: Fixture, full: Access) -> None:
    for days in (-1, 0, 1, 6, 7, 8):
        put(fixture, f"d{days}", start=at(days), end=at(days, 1))
    today = {day(0), f"{datetime.now(UTC):%Y-%m-%d}"}
    body = full.get("/events")
    assert body["meta"]["from"][:10] in today
    assert body["meta"]["from"][10:] == body["meta"]["to"][10:] == "T00:00:00Z"
    assert [each["title"] for each in body["events"]] == ["d0", "d1", "d6"]
    assert full.titles(**{"from": day(7)}) == ["d7", "d8"]
    assert full.titles(**{"from": at(1, 1)}) == ["d6", "d7", "d8"]  # what ends then is over
    assert full.titles(**{"from": at(0, 0.5), "to": at(1)}) == ["d0"]  # what starts then is later
    assert full.titles(**{"from": day(-1), "to": day(0)}) == ["d-1"]
    assert full.titles(to=at(1, 0.5)) == ["d0", "d1"]
    west = at(0, -6).replace("Z", "-06:00")
    assert full.titles(**{"from": west, "to": west.replace("-06:00", "").replace("T06", "T13")}) == ["d0"]


def test_a_blank_stands_for_the_plus_of_an_offset(fixture: Fixture, full: Access) -> None:
    put(fixture, "e", start=at(0), end=at(0, 1))
    east = at(0, 7).removesuffix("Z")
    response = full("GET", f"/events?from={east}+07:00&to={day(2)}")
    assert [each["title"] for each in response.json()["events"]] == ["e"]


def test_occurrences_are_listed_one_by_one_under_ids_of_their_own(full: Access) -> None:
    made = full.make("Daily", at(0), at(0, 1), recurrence=["RRULE:FREQ=DAILY;COUNT=5"])
    assert made["isRecurringEvent"] is True
    found = full.get("/events", **{"from": day(0), "to": day(3)})["events"]
    assert [each["startUtc"] for each in found] == [at(0), at(1), at(2)]
    assert len({each["id"] for each in found}) == 3
    assert all(each["isRecurringEvent"] for each in found)
    for each in found:
        assert full.get(f"/events/{each['id']}")["event"] == each


def test_order_and_paging(fixture: Fixture, full: Access) -> None:
    for number in range(5):
        put(fixture, f"e{number}", start=at(1, -number), end=at(2))
    put(fixture, "t", start=at(1, -1.5), end=at(2), slug="team")
    everything = full.get("/events")
    assert [each["title"] for each in everything["events"]] == ["e4", "e3", "e2", "t", "e1", "e0"]
    assert {name: everything["meta"][name] for name in ("count", "offset", "hasMore", "totalCount")} == {
        "count": 6,
        "offset": 0,
        "hasMore": False,
        "totalCount": 6,
    }
    datetime.fromisoformat(everything["meta"]["timestamp"])
    paged = []
    for offset in range(0, 8, 2):
        page = full.get("/events", limit=2, offset=offset)
        assert page["meta"]["totalCount"] == 6
        assert page["meta"]["hasMore"] is (offset < 4)
        assert page["meta"]["count"] == len(page["events"])
        paged += page["events"]
    assert paged == everything["events"]
    same = [full.make(f"s{number}", at(3), at(3, 1))["id"] for number in range(4)]
    assert [each["id"] for each in full.get("/events", **{"from": day(3)})["events"]] == sorted(same)


def test_searching(fixture: Fixture, full: Access) -> None:
    put(fixture, "Budget review", start=at(0), end=at(0, 1))
    put(fixture, "b", "LOCATION:Berlin", "DESCRIPTION:the BUDGET", start=at(1), end=at(1, 1))
    put(fixture, "c", "CATEGORIES:budget", "ATTENDEE;CN=Budget:mailto:budget@example.org", start=at(2), end=at(2, 1))
    assert full.titles(q="budget") == ["Budget review", "b"]
    assert full.titles(q="REVIEW bud") == ["Budget review"]
    assert full.titles(q="berlin the") == ["b"]
    assert full.titles(q="budget review berlin") == []
    assert full.titles(q=" ") == ["Budget review", "b", "c"]
    assert full.titles(q="%") == full.titles(q="_") == []


def test_attendees(fixture: Fixture, full: Access) -> None:
    for number, people in enumerate((["ann@example.org"], ["Bob@example.org"], ["joann@example.org"])):
        lines = [f"ATTENDEE:mailto:{each}" for each in people]
        put(fixture, f"e{number}", "ORGANIZER:mailto:boss@example.org", *lines, start=at(0, number), end=at(1))
    assert full.titles(attendees="ann@example.org") == ["e0"]
    assert full.titles(attendees="ANN@example.org, bob@example.org,x@example.org") == ["e0", "e1"]
    assert full.titles(attendees="x@example.org") == []
    assert full.titles(attendees="bob@example.org", q="e1") == ["e1"]


def test_one_calendar(fixture: Fixture, full: Access) -> None:
    put(fixture, "mine", start=at(0), end=at(0, 1))
    put(fixture, "ours", start=at(0), end=at(0, 1), slug="team")
    body = full.get("/events", calendarId=full.calendar("Team"))
    assert [each["title"] for each in body["events"]] == ["ours"]
    assert body["events"][0]["startLocal"][19:] in ("+01:00", "+02:00")
    assert body["currentUserCalendarEmail"] == "team@example.com"
    assert full.get("/events", calendarId=full.calendar())["currentUserCalendarEmail"] == "alice@example.com"
    assert full.get("/events")["currentUserCalendarEmail"] == "alice@example.com"
    full.refused(404, "CALENDAR_NOT_FOUND", "GET", "/events", calendarId=10**6)


def test_by_contact(fixture: Fixture, full: Access) -> None:
    ann, bob = "ATTENDEE;CN=Ann Able:mailto:ann@acme.example", "ATTENDEE;CN=Bob Baker:mailto:bob@acme.example"
    boss = "ORGANIZER;CN=Ann Boss:mailto:boss@example.org"
    put(fixture, "a", boss, ann, start=at(-400), end=at(-400, 1))
    put(fixture, "b", boss, ann, bob, start=at(0), end=at(0, 1))
    put(fixture, "c", boss, "ATTENDEE:mailto:zoe@example.net", start=at(400), end=at(400, 1))
    put(fixture, "d", start=at(0), end=at(0, 1))

    def titles(**params: str | int) -> list[str]:
        return [each["title"] for each in full.get("/events/by-contact", **params)["events"]]

    assert titles(email="@ACME.example") == ["a", "b"]
    assert titles(name="baker") == ["b"]
    assert titles(email="acme", name="ann") == ["a", "b"]
    assert titles(email="boss@") == titles(name="Boss") == ["a", "b", "c"]
    assert titles(email="bob", name="ann") == []
    assert titles(email="acme", limit=1) == ["a"]
    assert titles(email="acme", limit=1, offset=1) == ["b"]
    assert titles(email="nobody") == []
    body = full.get("/events/by-contact", email="acme", limit=1)
    assert (body["meta"]["totalCount"], body["meta"]["hasMore"]) == (2, True)
    assert body["meta"].keys().isdisjoint({"from", "to"})
    assert body["currentUserCalendarEmail"] == "alice@example.com"


def test_free_and_busy(fixture: Fixture, full: Access) -> None:
    put(fixture, "a", start=at(0), end=at(0, 1))
    put(fixture, "b", start=at(0, 1), end=at(0, 2))
    put(fixture, "c", start=at(0, 1.5), end=at(0, 3))
    put(fixture, "free", "TRANSP:TRANSPARENT", start=at(0, 4), end=at(0, 5))
    put(fixture, "off", "STATUS:CANCELLED", start=at(0, 4), end=at(0, 5))
    no = "ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.com"
    put(fixture, "no", "ORGANIZER:mailto:boss@example.org", no, start=at(0, 4), end=at(0, 5))
    put(fixture, "late", start=at(0, 7), end=at(0, 9))
    put(fixture, "t", start=at(0), end=at(1), slug="team")
    body = full.get("/freebusy", **{"from": at(0, -1), "to": at(0, 8)})
    alice, team = body["calendars"]
    assert body.keys() == {"calendars"}
    assert (alice["calendarId"], alice["calendarName"]) == (full.calendar(), "Alice")
    assert alice["busy"] == [
        {"startUtc": at(0), "endUtc": at(0, 3), "durationMinutes": 180},
        {"startUtc": at(0, 7), "endUtc": at(0, 8), "durationMinutes": 60},
    ]
    assert alice["free"] == [
        {"startUtc": at(0, -1), "endUtc": at(0), "durationMinutes": 60},
        {"startUtc": at(0, 3), "endUtc": at(0, 7), "durationMinutes": 240},
    ]
    assert team["free"] == [{"startUtc": at(0, -1), "endUtc": at(0), "durationMinutes": 60}]
    params = {"from": at(0), "to": at(0, 1), "calendars": f"{team['calendarId']},{team['calendarId']}"}
    assert [each["calendarName"] for each in full.get("/freebusy", **params)["calendars"]] == ["Team"]
    params["calendars"] = f"{team['calendarId']},999999"
    full.refused(404, "CALENDAR_NOT_FOUND", "GET", "/freebusy", **params)


def test_ids_that_are_none(full: Access) -> None:
    made = full.make("e", at(0), at(0, 1))["id"]
    for each in ("x", "01a2", f"{made}_", f"{made}_20200101T000000Z", "%20", "a.b", "0" * 300, f"{made}x"):
        full.refused(404, "EVENT_NOT_FOUND", "GET", f"/events/{each}")
        full.refused(404, "EVENT_NOT_FOUND", "DELETE", f"/events/{each}")
        full.refused(404, "EVENT_NOT_FOUND", "PATCH", f"/events/{each}", {"summary": "x"})
        full.refused(404, "EVENT_NOT_FOUND", "POST", f"/events/{each}/respond", {"status": "accepted"})
