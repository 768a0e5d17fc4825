"""Events read over HTTP: cases K05, K08, K14 and K19 of the contract, for an account that begins and ends empty."""

from collections.abc import Iterator

import pytest

from tests.contract.serving import Api, Fixture, Json

EVENTS = "cal/calendars/primary/events"

ATTRIBUTES = {
    *("id", "account_id", "calendar_id", "ical_uid", "name", "description", "created", "modified", "all_day", "start"),
    *("end", "start_time_zone", "end_time_zone", "original_start", "original_start_time_zone", "organizer"),
    *("on_organizer_calendar", "creator", "attendees", "location", "attachments", "reminder", "use_default_reminder"),
    *("reminders", "recurrence", "recurrence_type", "recurring_master_id", "custom_properties", "online_meeting"),
    *("visibility", "transparent", "status", "type", "api", "href"),
}
"""Every attribute of A.6 but `raw`."""

MINIMAL = {"name": "n", "start": "2025-03-04T10:00:00Z", "end": "2025-03-04T11:00:00Z"}


@pytest.fixture
def alice(fixture: Fixture) -> Iterator[Api]:
    """The account with Google's rules."""
    yield from emptied(fixture.api(101))


@pytest.fixture
def bob(fixture: Fixture) -> Iterator[Api]:
    """The account with Outlook's rules."""
    yield from emptied(fixture.api(102))


def emptied(api: Api) -> Iterator[Api]:
    yield api
    for each in listed(api, instances="false", page_size="1000"):
        api.delete(f"{EVENTS}/{each['id']}")


def listed(api: Api, **params: str) -> list[Json]:
    found: list[Json] = api.get(EVENTS, params=params)["objects"]
    return found


def test_k05_an_event_is_found_through_the_alias_and_through_the_real_id(alice: Api) -> None:
    calendar = alice.get("cal/calendars/primary")
    made = alice.post(EVENTS, MINIMAL)
    assert made["calendar_id"] == calendar["id"]
    assert calendar["id"] in made["href"]
    assert "primary" not in made["href"]
    paths = (f"{EVENTS}/{made['id']}", f"cal/calendars/{calendar['id']}/events/{made['id']}", made["href"])
    assert [alice.get(path) for path in paths] == [made] * 3


def test_k08_a_minimal_event_has_every_attribute(alice: Api) -> None:
    made = alice.post(EVENTS, MINIMAL)
    assert set(made) == ATTRIBUTES
    expected: Json = {
        "all_day": False,
        "recurrence_type": "solo",
        "transparent": False,
        "status": "confirmed",
        **{name: [] for name in ("recurrence", "attendees", "attachments", "reminders", "custom_properties")},
        **dict.fromkeys(("online_meeting", "recurring_master_id", "original_start")),
        "type": "event",
        "api": "calendar",
        "account_id": "101",
        "name": "n",
    }
    assert {name: made[name] for name in expected} == expected
    (in_list,) = listed(alice)
    assert in_list == made


@pytest.mark.parametrize("rule", ["RRULE:FREQ=DAILY;COUNT=10", "FREQ=DAILY;COUNT=10"])
def test_k14_a_series_and_its_instances(alice: Api, rule: str) -> None:
    when = {"start": "2019-04-10T10:00:00Z", "end": "2019-04-10T11:00:00Z"}
    master = alice.post(EVENTS, {"name": "n", **when, "recurrence": [{"rrule": rule}]})
    assert master["recurrence_type"] == "recurring_master"
    april = {"start": "2019-04-01T00:00:00Z", "end": "2019-05-01T00:00:00Z"}
    instances = listed(alice, **april)
    assert len({each["id"] for each in instances}) == len(instances) == 10
    for each in instances:
        assert (each["recurrence_type"], each["recurring_master_id"]) == ("recurring", master["id"])
        assert (each["ical_uid"], each["recurrence"]) == (master["ical_uid"], [])
        assert alice.get(f"{EVENTS}/{each['id']}") == each
    (only,) = listed(alice, **april, instances="false")
    assert only["id"] == master["id"]
    assert only["recurrence"] == [{"rrule": "RRULE:FREQ=DAILY;COUNT=10"}]
    assert len(listed(alice, instances=master["id"], end="2019-04-13T00:00:00Z")) == 3


def test_k19_a_search_finds_what_the_service_looks_at(alice: Api, bob: Api) -> None:
    for api in (alice, bob):
        api.post(EVENTS, {**MINIMAL, "name": "place", "location": "Berlin"})
        api.post(EVENTS, {**MINIMAL, "name": "words", "description": "off to berlin!"})
        api.post(EVENTS, {**MINIMAL, "name": "third"})
    assert {each["name"] for each in listed(alice, q="berlin")} == {"place", "words"}
    now = {"start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}
    assert listed(bob, q="berlin", **now) == []
    assert [each["name"] for each in listed(bob, q="PLACE", **now)] == ["place"]
