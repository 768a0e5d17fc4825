"""Bad input, member by member: 400 in the dialect's error shape naming the member, and nothing written."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.api.kloudless.events_parse import ACCEPTED
from gateway.api.service import Service
from tests.contract.serving import Api, Json
from tests.contract.test_kloudless_event_writes import ACCOUNTS, EVENTS, Emptied, body, emptied

__all__ = ["emptied"]

SERVICES = dict(zip(ACCOUNTS, Service, strict=True))
HUGE = "x" * 600_000
PERSON = {"name": "P", "email": "p@example.org"}
POINT = {"uri": "https://meet.example.org/a"}
MEETING = {"online_meeting_provider": "hangoutsMeet"}

KINDS: dict[str, tuple[Any, ...]] = {
    "text": (1, True, 1.5, [], {}, ["x"], HUGE, "a\x01b", "a\0b"),
    "flag": (0, 1, "true", [], {}, 1.5),
    "list": (1, True, "x", {}, 1.5, [1], ["x"], [[]], [None]),
    "time": (1, True, [], {}, "", "tomorrow", "2025-13-01", "2025-02-30T00:00:00Z", "2025-01-01T25:00:00Z", HUGE),
    "zone": (1, True, [], {}, "", "Mars/Base", "+02:00", "Europe/Berlin\r\nX:1", HUGE),
    "object": (1, True, "x", [], 1.5),
}
"""Values that a member of each kind never has."""

OF_KIND: dict[str, str] = {
    "name": "text",
    "description": "text",
    "location": "text",
    "start": "time",
    "end": "time",
    "start_time_zone": "zone",
    "end_time_zone": "zone",
    "all_day": "flag",
    "transparent": "flag",
    "use_default_reminder": "flag",
    "attendees": "list",
    "reminders": "list",
    "recurrence": "list",
    "custom_properties": "list",
    "organizer": "object",
    "online_meeting": "object",
    "raw": "object",
}

MINUTES: tuple[Any, ...] = (None, "5", -1, 1.5, True, [], 10**30)
ADDRESSES: tuple[Any, ...] = (1, "", "x", "a@b@c", "a b@c", "a@b\r\nX:1", "@", HUGE)
KEYS: tuple[Any, ...] = (None, 1, "", " ", "a\nb", "a\x01", HUGE)
VALUES: tuple[Any, ...] = (1, True, [], {}, HUGE)
URIS: tuple[Any, ...] = (1, "", "x", "ftp://a", "https://a b", "https://a\r\nX:1", HUGE)
RULES: tuple[Any, ...] = (None, 1, "", "x", "FREQ=", "FREQ=NEVER", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;COUNT=-1", HUGE)

MORE: dict[str, tuple[Any, ...]] = {
    "name": (None,),
    "start": (None, "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"),
    "end": (None, "2025-03-04T09:59:59Z", "2024-01-01"),
    "all_day": (None,),
    "transparent": (None,),
    "visibility": (1, True, [], {}, "", "secret", "PRIVATE", HUGE),
    "reminder": ("5", True, [], {}, -1, 1.5, 10**30),
    "attendees": (
        None,
        [{}],
        [{"name": "P"}],
        [{"name": "P", "email": None}],
        *([{"name": "P", "email": each}] for each in ADDRESSES),
        [{**PERSON, "name": 1}],
        [{**PERSON, "name": HUGE}],
        [{**PERSON, "status": "maybe"}],
        [{**PERSON, "status": 1}],
        [{**PERSON, "required": "yes"}],
        [PERSON, {**PERSON, "email": "P@example.org"}],
        [PERSON] * 2_000,
    ),
    "reminders": (
        None,
        [{}],
        *([{"minutes": each, "popup": "x"}] for each in MINUTES),
        [{"minutes": 5, "method": "sms", "popup": "x"}],
        [{"minutes": 5, "method": 1, "popup": "x"}],
        [{"minutes": 5, "popup": "x"}] * 1_001,
    ),
    "recurrence": (
        None,
        [{}],
        *([{"rrule": each}] for each in RULES),
        [{"rrule": "FREQ=DAILY;COUNT=2;UNTIL=20250401"}],
        [{"rrule": "FREQ=DAILY;BYDAY=XX"}],
        [{"rrule": "FREQ=DAILY;INTERVAL=0"}],
        [{"rrule": "FREQ=DAILY\r\nX-EVIL:1"}],
        [{"rrule": "SUMMARY:x"}],
        [{"rrule": "FREQ=DAILY"}, {"rrule": "FREQ=WEEKLY"}],
        [{"rrule": "FREQ=DAILY"}, {"rrule": "EXDATE:yesterday"}],
        [{"rrule": "EXDATE:20250305T100000Z"}],
        [{"rrule": "FREQ=DAILY"}] * 2_000,
    ),
    "custom_properties": (
        [{}],
        [{"key": "a"}],
        [{"value": "a"}],
        *([{"key": each, "value": "v"}] for each in KEYS),
        *([{"key": "a", "value": each}] for each in VALUES),
        [{"key": "a", "value": "v", "private": "yes"}],
        [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}],
    ),
    "organizer": ({}, {"name": "x"}, {"email": 1}, {"email": "x"}, {"email": "a@example.org", "name": 1}),
    "online_meeting": (
        {"online_meeting_provider": 1},
        {"online_meeting_provider": HUGE},
        {**MEETING, "notes": 1},
        {**MEETING, "entry_points": 1},
        {**MEETING, "entry_points": [1]},
        {**MEETING, "entry_points": [{}]},
        *({**MEETING, "entry_points": [{**POINT, "uri": each}]} for each in URIS),
        {**MEETING, "entry_points": [{**POINT, "entry_point_type": "x"}]},
    ),
    "raw": (None, {"object": 1}, {"object": []}, {"object": {f"X-{n}": "1" for n in range(300)}}),
}
"""Further values that a member never has: too much, contradictory, breaking out of its line."""


@pytest.fixture(params=ACCOUNTS)
def service(request: pytest.FixtureRequest) -> str:
    """Each of the five services in turn."""
    name: str = request.param
    return name


def faults(service: str) -> Iterator[tuple[str, Any]]:
    """Each member that the service has, with each value that it never has."""
    for name, services in ACCEPTED.items():
        if SERVICES[service] not in services:
            continue
        wrong = [*KINDS.get(OF_KIND.get(name, ""), ()), *MORE.get(name, ())]
        for value in wrong:
            yield name, value


def refused(api: Api, method: str, path: str, name: str, value: Any) -> None:
    """The request is refused, and the error names the member."""
    given: Json = {**(body() if method == "POST" else {"location": "written"}), name: value}
    response = api(method, path, json=given)
    told = f"{method} {name} = {str(value)[:80]!r}: {response.status_code} {response.text[:200]}"
    assert response.status_code == 400, told
    error = response.json()
    assert error["status_code"] == 400, told
    assert error["error_code"] in ("invalid_parameters", "bad_request"), told
    assert error["id"], told
    about = ("start", "end") if name in ("start", "end") else (name,)
    assert any(each in error["message"] for each in about) or "JSON" in error["message"], told


def test_every_member_of_a_new_event(emptied: Emptied, service: str) -> None:
    api = emptied.api(ACCOUNTS[service])
    for name, value in faults(service):
        refused(api, "POST", EVENTS, name, value)
    assert api.get(EVENTS)["total"] == 0


def test_every_member_of_a_change(emptied: Emptied, service: str) -> None:
    api = emptied.api(ACCOUNTS[service])
    made = api.post(EVENTS, body())
    path = f"{EVENTS}/{made['id']}"
    for name, value in faults(service):
        if name != "organizer":
            refused(api, "PATCH", path, name, value)
    assert api.get(path) == made


@pytest.mark.parametrize("service", ["google", "caldav"])
def test_every_member_of_a_change_of_one_instance(emptied: Emptied, service: str) -> None:
    api = emptied.api(ACCOUNTS[service])
    api.post(EVENTS, body(recurrence=[{"rrule": "FREQ=DAILY;COUNT=3"}]))
    window = {"start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}
    before = api.get(EVENTS, params=window)["objects"]
    path = f"{EVENTS}/{before[1]['id']}"
    for name, value in faults(service):
        if name not in ("organizer", "end"):
            refused(api, "PATCH", path, name, value)
    refused(api, "PATCH", path, "end", "2025-03-05T09:59:59Z")
    assert api.get(EVENTS, params=window)["objects"] == before


def test_what_a_service_does_not_have_is_ignored_whatever_it_holds(emptied: Emptied, service: str) -> None:
    api = emptied.api(ACCOUNTS[service])
    missing = [name for name, services in ACCEPTED.items() if SERVICES[service] not in services]
    later = [name for name in missing if name != "organizer"]  # on google another organizer means another calendar
    made = api.post(EVENTS, body(**{name: [1] for name in (*missing, "status", "id", "nonsense")}))
    assert api.patch(f"{EVENTS}/{made['id']}", {name: {"x": 1} for name in (*later, "status", "href")}) == made


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff", b'{"name": "\\ud800"}', b"[" * 100_000]
)
def test_a_body_that_is_no_object(emptied: Emptied, content: bytes) -> None:
    api = emptied.api(101)
    response = api("POST", EVENTS, content=content)
    assert response.status_code == 400
    assert set(response.json()) == {"status_code", "error_code", "message", "id"}
    assert api.get(EVENTS)["total"] == 0


def test_a_calendar_or_an_event_of_somebody_else(emptied: Emptied) -> None:
    alice, bob = emptied.api(101), emptied.api(102)
    made = alice.post(EVENTS, body())
    path = f"cal/calendars/{made['calendar_id']}/events"
    for method, rest, given in (("POST", "", body()), ("PATCH", f"/{made['id']}", {"name": "x"})):
        assert bob(method, f"{path}{rest}", json=given).status_code == 404
        assert bob(method, f"/v1/accounts/101/{path}{rest}", json=given).status_code == 403
    assert bob("PATCH", f"{EVENTS}/{made['id']}", json={"name": "x"}).status_code == 404
    assert bob("DELETE", f"{EVENTS}/{made['id']}").status_code == 404
    assert bob("DELETE", f"{path}/{made['id']}").status_code == 404
    assert alice.get(f"{EVENTS}/{made['id']}") == made
