"""Bad input to every parameter and member of the Access dialect over HTTP: 400 names it, and nothing is written."""

from collections.abc import Iterator

import pytest

from tests.contract.access import KEYS, Access, at, empty, key, put
from tests.contract.serving import Fixture, Json


@pytest.fixture
def full(fixture: Fixture) -> Iterator[Access]:
    yield key(fixture, "full")
    empty(fixture)


BAD_NUMBERS = ("", "x", "0", "-1", "1.5", "1e3", "٣", "9" * 40)
SPAN = {"from": "2026-01-01", "to": "2026-01-02"}


@pytest.mark.parametrize(
    ("params", "named"),
    [
        *(({"limit": each}, "limit") for each in (*BAD_NUMBERS, "1001")),
        *(({"offset": each}, "offset") for each in BAD_NUMBERS if each != "0"),
        *(({"calendarId": each}, "calendarId") for each in BAD_NUMBERS if each not in ("0", "-1")),
        *(({"from": each}, "from") for each in ("", "tomorrow", "2026-02-30", "2026-13-01T00:00:00Z", "5")),
        *(({"to": each}, "to") for each in ("", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00+99:00")),
        *(({"includeCancelled": each}, "includeCancelled") for each in ("", "1", "yes")),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "from"),
        ({"from": "2026-01-02", "to": "2026-01-02T00:00:00Z"}, "from"),
        ({"to": "2020-01-01"}, "to"),
        ({"q": "x" * 1001}, "q"),
        ({"q": "\0"}, "q"),
        ({"attendees": ",".join(["a"] * 1001)}, "attendees"),
    ],
)
def test_parameters_of_a_list(full: Access, params: dict[str, str], named: str) -> None:
    body = full.refused(400, "VALIDATION_ERROR", "GET", "/events", **params)
    assert body["message"].startswith(f"{named}: ")


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "email"),
        ({"email": "", "name": " "}, "email"),
        ({"email": "x" * 1001}, "email"),
        ({"name": "\0"}, "name"),
        *(({"email": "x", "limit": each}, "limit") for each in BAD_NUMBERS),
        *(({"email": "x", "offset": each}, "offset") for each in ("-1", "x")),
    ],
)
def test_parameters_of_a_list_by_contact(full: Access, params: dict[str, str], named: str) -> None:
    body = full.refused(400, "VALIDATION_ERROR", "GET", "/events/by-contact", **params)
    assert body["message"].startswith(f"{named}: ")


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "from"),
        ({"from": "2026-01-01"}, "to"),
        ({"to": "2026-01-01"}, "from"),
        ({"from": "x", "to": "2026-01-01"}, "from"),
        ({"from": "2026-01-01", "to": "x"}, "to"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "from"),
        ({"from": "2026-01-01", "to": "2026-01-01"}, "from"),
        *(({**SPAN, "calendars": each}, "calendars") for each in ("x", "1,x", "9" * 30)),
    ],
)
def test_parameters_of_free_and_busy(full: Access, params: dict[str, str], named: str) -> None:
    body = full.refused(400, "VALIDATION_ERROR", "GET", "/freebusy", **params)
    assert body["message"].startswith(f"{named}: ")


WRONG: dict[str, tuple[object, ...]] = {
    "summary": (5, ["x"], {}, "x" * 256, "a\0b", "a\x07b", True),
    "description": (5, [], "x" * 2001, "\0"),
    "location": (5, {}, "x" * 256, "\x1b[0m"),
    "from": (5, "", "noon", "2026-02-30T10:00:00Z", [], "0000-01-01T00:00:00Z", at(9)),
    "to": (5, "", "noon", "2026-01-01T10:00:00+25:00", {}, at(-9), at(1)),
    "isAllDay": ("true", 1, [], {}),
    "sendNotifications": ("no", 0, []),
    "title": (5, "x" * 256),
    "startUtc": (5, "never"),
    "endUtc": (5, "never"),
    "allDay": ("yes",),
}
LISTS: tuple[object, ...] = (
    "a@example.com",
    {},
    5,
    [5],
    [None],
    ["nobody"],
    ["a@b@c"],
    ["a b@example.com"],
    [""],
    ["x" * 400],
)
NUMBERS: tuple[object, ...] = ("1", 1.5, True, 2**60, [], {})
RULES: tuple[object, ...] = (
    "RRULE:FREQ=DAILY",
    [5],
    ["FREQ=SOMETIMES"],
    ["RRULE:COUNT=3"],
    ["DTSTART:20260101"],
    ["x"],
)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *((member, value) for member, values in WRONG.items() for value in values),
        *(("attendees", value) for value in LISTS),
        *(("recurrence", value) for value in RULES),
        *(("calendarId", value) for value in NUMBERS),
        *((member, None) for member in ("summary", "from", "to", "calendarId")),
        ("summary", ""),
        ("summary", "  \n"),
        ("eventType", 5),
    ],
)
def test_members_of_a_new_event(full: Access, member: str, value: object) -> None:
    body: Json = {"calendarId": full.calendar(), "summary": "New", "from": at(1), "to": at(1, 1)}
    aliases = {"title": "summary", "startUtc": "from", "endUtc": "to"}
    body.pop(aliases.get(member, ""), None)
    if member == "from" and value == at(9):
        body["to"] = at(8)
    refusal = full.refused(400, "VALIDATION_ERROR", "POST", "/events", {**body, member: value})
    assert refusal["message"].startswith((f"{member}: ", f"{member}[", "from: ", "to: ")), refusal
    assert full.titles(**{"from": "2020-01-01", "to": "2030-01-01"}) == []


@pytest.mark.parametrize("member", ["calendarId", "summary", "from", "to"])
def test_members_that_a_new_event_needs(full: Access, member: str) -> None:
    body = {"calendarId": full.calendar(), "summary": "New", "from": at(1), "to": at(1, 1)}
    del body[member]
    refusal = full.refused(400, "VALIDATION_ERROR", "POST", "/events", body)
    assert refusal["message"] == f"{member}: is required"
    for number in (10**9, 0, -1):
        full.refused(404, "CALENDAR_NOT_FOUND", "POST", "/events", {**body, "calendarId": number})
        full.refused(404, "CALENDAR_NOT_FOUND", "GET", "/events", calendarId=str(number))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *((member, value) for member, values in WRONG.items() for value in values if value != at(9)),
        *((member, value) for member in ("addAttendees", "removeAttendees") for value in LISTS),
    ],
)
def test_members_of_a_change(fixture: Fixture, full: Access, member: str, value: object) -> None:
    made = full.make("Old", at(1), at(1, 1))
    refusal = full.refused(400, "VALIDATION_ERROR", "PATCH", f"/events/{made['id']}", {"location": "x", member: value})
    assert refusal["message"].startswith((f"{member}: ", f"{member}[", "from: ", "to: ")), refusal
    assert full.get(f"/events/{made['id']}")["event"] == made


COMMENTS: tuple[object, ...] = (5, [], "x" * 2001)
ANSWERS: tuple[Json, ...] = (
    {},
    *({"status": status} for status in (None, "", "ACCEPTED", "needsAction", 5, ["accepted"])),
    *({"status": "accepted", "comment": comment} for comment in COMMENTS),
)


@pytest.mark.parametrize("body", ANSWERS)
def test_answers_that_are_none(fixture: Fixture, full: Access, body: Json) -> None:
    put(
        fixture,
        "e",
        "ORGANIZER:mailto:boss@example.org",
        "ATTENDEE:mailto:alice@example.com",
        start=at(0),
        end=at(0, 1),
    )
    [event] = full.get("/events")["events"]
    full.refused(400, "VALIDATION_ERROR", "POST", f"/events/{event['id']}/respond", body)
    assert full.get(f"/events/{event['id']}")["event"] == event


@pytest.mark.parametrize("value", ["", "1", "no", "maybe"])
def test_whether_attendees_are_told(full: Access, value: str) -> None:
    made = full.make("Old", at(1), at(1, 1))
    full.refused(400, "VALIDATION_ERROR", "DELETE", f"/events/{made['id']}", notifyAttendees=value)
    assert full.get(f"/events/{made['id']}")["event"] == made


@pytest.mark.parametrize("content", [b"{", b"[]", b"5", b'"x"', b"null", b"\xff\xfe", b'{"summary": NaN}', b"x" * 100])
def test_bodies_that_are_no_objects(fixture: Fixture, full: Access, content: bytes) -> None:
    made = full.make("Old", at(1), at(1, 1))
    for method, path in (
        ("POST", "/events"),
        ("PATCH", f"/events/{made['id']}"),
        ("POST", f"/events/{made['id']}/respond"),
    ):
        answer = full(method, path, content=content)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert full.titles() == ["Old"]


HEADERS = (
    "Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ=",
    "Bearer",
    "Bearer nope",
    f"APIKey {KEYS['full']}",
    KEYS["full"],
    f"Bearer {KEYS['full']},{KEYS['ro']}",
    "Bearer ta-1b7e40d2c95f4a31",
    "Bearer app-5f1d0c9e7b3a4826",
)


@pytest.mark.parametrize("path", ["/calendars", "/events", "/events/x", "/events/by-contact", "/freebusy"])
def test_keys_that_do_not_count(full: Access, path: str) -> None:
    for header in HEADERS:
        answer = full("GET", path, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]) == (401, "API authentication failed"), header
    answer = full("GET", path, headers={})
    assert (answer.status_code, answer.json()["error"]) == (401, "API authentication required")
    assert full("GET", "/calendars", headers={"Authorization": f"bearer  {KEYS['full']}"}).status_code == 200


def test_paths_and_methods_that_are_none(full: Access) -> None:
    full.refused(404, "NOT_FOUND", "GET", "")
    full.refused(404, "NOT_FOUND", "GET", "/calendars/1")
    full.refused(404, "NOT_FOUND", "GET", "/events/x/y")
    for path, method, allowed in (
        ("/calendars", "POST", "GET"),
        ("/events", "DELETE", "GET, POST"),
        ("/events/x", "PUT", "DELETE, GET, PATCH"),
        ("/events/x/respond", "GET", "POST"),
        ("/freebusy", "POST", "GET"),
    ):
        answer = full(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed), path
        assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
