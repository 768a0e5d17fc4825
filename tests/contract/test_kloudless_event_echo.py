"""What a GET shows of an event can be sent back and changes nothing: many clients send it whole (contract A.10)."""

import pytest

from storage.store import Store
from tests.contract.serving import Api, Json
from tests.contract.test_kloudless_event_doors import Dav
from tests.contract.test_kloudless_event_writes import ACCOUNTS, EVENTS, RAW, Emptied, api, body, emptied, series

__all__ = ["api", "emptied"]

OWNER = {"id": None, "name": None, "email": "alice@example.com"}


def without(event: Json, *names: str) -> Json:
    """An event but for these members, and for when it was changed."""
    return {name: value for name, value in event.items() if name not in {"modified", *names}}


def names_in(api: Api, calendar: str, master: str) -> list[str]:
    """The names of a series' instances."""
    found = api.get(f"cal/calendars/{calendar}/events", params={"instances": master, "start": "2019-01-01T00:00:00Z"})
    return [each["name"] for each in found["objects"]]


def folder_of(emptied: Emptied, calendar: str) -> str:
    """Where CalDAV has a calendar, without a slash at the end."""
    store = Store.open(emptied.fixture.data)
    found = store.collection(calendar)
    store.close()
    return f"/dav/{found.user}/{found.slug}"


def test_an_event_with_guests(api: Api) -> None:
    guests = [{"name": "P", "email": "p@example.org", "status": "accepted", "required": False}]
    alarm = {"minutes": 5, "method": "popup", "popup": "p"}
    made = api.post(EVENTS, body(attendees=guests, reminders=[alarm], description="d", location="l", transparent=True))
    for shown in (made, api.post(EVENTS, body())):
        before = api.get(shown["href"], headers=RAW)
        assert api.patch(f"{EVENTS}/{shown['id']}", shown, headers=RAW) == before


def test_a_series_of_which_an_instance_is_gone(api: Api) -> None:
    made = api.post(EVENTS, series())
    calendar, path = made["calendar_id"], f"{EVENTS}/{made['id']}"
    second = api.get(EVENTS, params={"instances": made["id"], "start": "2019-04-11T00:00:00Z"})["objects"][0]
    api.delete(f"{EVENTS}/{second['id']}")
    shown = api.get(path)
    assert api.patch(path, shown) == shown
    assert len(names_in(api, calendar, made["id"])) == 9


@pytest.mark.parametrize("account", [ACCOUNTS["outlook"], ACCOUNTS["exchange"]])
def test_a_series_that_is_a_pattern_shows_its_rule_and_keeps_what_is_gone(emptied: Emptied, account: int) -> None:
    api = emptied.api(account)
    made = api.post(EVENTS, series())
    second = api.get(EVENTS, params={"instances": made["id"], "start": "2019-04-11T00:00:00Z"})["objects"][0]
    api.delete(f"{EVENTS}/{second['id']}")
    path = f"{EVENTS}/{made['id']}"
    assert api.get(path)["recurrence"] == [{"rrule": "RRULE:FREQ=DAILY;COUNT=10"}]
    longer = api.patch(path, {"recurrence": [{"rrule": "FREQ=DAILY;COUNT=12"}]})
    assert longer["recurrence"] == [{"rrule": "RRULE:FREQ=DAILY;COUNT=12"}]
    assert len(names_in(api, longer["calendar_id"], made["id"])) == 11
    api.get(f"{EVENTS}/{second['id']}", 404)
    assert api.patch(path, {"recurrence": []})["recurrence_type"] == "solo"


def test_a_rule_of_exclusions_that_a_client_cannot_write(emptied: Emptied) -> None:
    api = emptied.api(ACCOUNTS["caldav"])
    made = api.post(EVENTS, series())
    dav = Dav(emptied.fixture, "carol")
    raw = api.get(f"{EVENTS}/{made['id']}", headers=RAW)["raw"]
    text = raw["data"].replace("RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY;BYDAY=SA\r\nRRULE:FREQ=DAILY")
    assert dav("PUT", raw["href"], text.encode()).is_success
    shown = api.get(f"{EVENTS}/{made['id']}")
    assert {"rrule": "EXRULE:FREQ=WEEKLY;BYDAY=SA"} in shown["recurrence"]
    assert api.patch(f"{EVENTS}/{made['id']}", shown) == shown
    api.patch(f"{EVENTS}/{made['id']}", {"recurrence": [*shown["recurrence"], {"rrule": "EXRULE:FREQ=DAILY"}]}, 400)


def test_a_rule_that_no_pattern_holds(emptied: Emptied) -> None:
    api = emptied.api(ACCOUNTS["outlook"])
    primary = api.get("cal/calendars/primary")["id"]
    made = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:hours", "SUMMARY:n"),
        *(
            "DTSTAMP:20250101T000000Z",
            "DTSTART:20250304T100000Z",
            "DTEND:20250304T103000Z",
            "RRULE:FREQ=HOURLY;COUNT=3",
        ),
        *("END:VEVENT", "END:VCALENDAR", ""),
    )
    path = f"{folder_of(emptied, primary)}/hours.ics"
    assert Dav(emptied.fixture, "bob")("PUT", path, "\r\n".join(made).encode()).is_success
    [shown] = api.get(EVENTS, params={"instances": "false"})["objects"]
    assert api.patch(f"{EVENTS}/{shown['id']}", {**shown, "name": "N"})["recurrence"] == shown["recurrence"]
    api.patch(f"{EVENTS}/{shown['id']}", {"recurrence": [{"rrule": "RRULE:FREQ=HOURLY;COUNT=4"}]}, 400)


# -- organizers on google ---------------------------------------------------------------------------------------------


def test_google_names_an_organizer_and_a_creator(emptied: Emptied) -> None:
    api = emptied.api(ACCOUNTS["google"])
    made = api.post(EVENTS, body())
    assert (made["organizer"], made["creator"], made["on_organizer_calendar"]) == (OWNER, OWNER, True)
    team = next(each for each in api.get("cal/calendars")["objects"] if each["name"] == "Team")
    made = api.post(f"cal/calendars/{team['id']}/events", body())
    assert (made["organizer"]["email"], made["creator"]) == ("team@example.com", OWNER)
    assert api.patch(made["href"], made) == made


def test_an_organizer_who_stays_moves_nothing(emptied: Emptied) -> None:
    api = emptied.api(ACCOUNTS["google"])
    place = api.post("cal/calendars", {"name": "Without an address"})
    try:
        path = f"cal/calendars/{place['id']}/events"
        made = api.post(path, body(attendees=[{"name": "P", "email": "p@example.org"}]))
        assert made["organizer"] == OWNER
        assert api.patch(f"{path}/{made['id']}", {**made, "location": "l"})["calendar_id"] == place["id"]
        moved = api.patch(f"{path}/{made['id']}", {"organizer": {"email": "team@example.com"}})
        assert moved["calendar_id"] != place["id"]
    finally:
        api.delete(f"cal/calendars/{place['id']}")


def test_an_answer_to_an_invitation_may_name_its_organizer(emptied: Emptied) -> None:
    api = emptied.api(ACCOUNTS["google"])
    dav = Dav(emptied.fixture, "alice")
    primary = api.get("cal/calendars/primary")["id"]
    lines = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:invitation"),
        *("DTSTAMP:20250101T000000Z", "DTSTART:20250304T100000Z", "DTEND:20250304T110000Z", "SUMMARY:n"),
        *("ORGANIZER;CN=Boss:mailto:boss@example.org", "ATTENDEE;CN=Boss;PARTSTAT=ACCEPTED:mailto:boss@example.org"),
        *("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alice@example.com", "END:VEVENT", "END:VCALENDAR", ""),
    )
    assert dav("PUT", f"{folder_of(emptied, primary)}/invitation.ics", "\r\n".join(lines).encode()).is_success
    shown = next(each for each in api.get(EVENTS)["objects"] if each["ical_uid"] == "invitation")
    assert (shown["creator"]["email"], shown["on_organizer_calendar"]) == ("boss@example.org", False)
    answers = [{**each, "status": "accepted"} for each in shown["attendees"]]
    answered = api.patch(f"{EVENTS}/{shown['id']}", {**shown, "attendees": answers})
    assert answered["calendar_id"] == primary
    assert without(answered, "attendees") == without(shown, "attendees")
    assert {each["status"] for each in answered["attendees"]} == {"accepted"}
