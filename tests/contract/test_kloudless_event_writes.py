"""Events written over HTTP: cases K09–K13, K15–K18 and K20 of the contract, and the rules of its A.9, A.10 and A.12."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.serving import Api, Fixture, Json

EVENTS = "cal/calendars/primary/events"
ACCOUNTS = {"google": 101, "outlook": 102, "caldav": 103, "exchange": 104, "icloud": 105}
RAW = {"X-Kloudless-Raw-Data": "true"}


class Emptied:
    """The fixture; the accounts that a test used have no events afterwards."""

    def __init__(self, fixture: Fixture) -> None:
        self.fixture = fixture
        self._used: set[int] = set()

    def api(self, account: int) -> Api:
        """As this account."""
        self._used.add(account)
        return self.fixture.api(account)

    def clean(self) -> None:
        """Delete every event."""
        for account in self._used:
            api = self.fixture.api(account)
            for calendar in api.get("cal/calendars")["objects"]:
                path = f"cal/calendars/{calendar['id']}/events"
                for each in api.get(path, params={"instances": "false", "page_size": 1000})["objects"]:
                    api("DELETE", f"{path}/{each['id']}")


@pytest.fixture
def emptied(fixture: Fixture) -> Iterator[Emptied]:
    """The fixture, emptied afterwards."""
    used = Emptied(fixture)
    yield used
    used.clean()


@pytest.fixture(params=ACCOUNTS)
def api(request: pytest.FixtureRequest, emptied: Emptied) -> Api:
    """As each of the five services in turn."""
    return emptied.api(ACCOUNTS[request.param])


def body(**more: Any) -> Json:
    """An event of an hour."""
    return {"name": "n", "start": "2025-03-04T10:00:00Z", "end": "2025-03-04T11:00:00Z", **more}


def series(rule: str = "RRULE:FREQ=DAILY;COUNT=10", **more: Any) -> Json:
    """The series of K14."""
    when = {"start": "2019-04-10T10:00:00Z", "end": "2019-04-10T11:00:00Z"}
    return body(**when, recurrence=[{"rrule": rule}], **more)


def instances(api: Api, **more: str) -> list[Json]:
    """The instances of April 2019."""
    window = {"start": "2019-04-01T00:00:00Z", "end": "2019-05-01T00:00:00Z", **more}
    found: list[Json] = api.get(EVENTS, params=window)["objects"]
    return found


def people(*names: str) -> list[Json]:
    """Attendees."""
    return [{"name": each.upper(), "email": f"{each}@example.org"} for each in names]


# -- the listed cases -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"start": None},
        {"end": None},
        {"end": "2025-03-04T09:00:00Z"},
        {"attendees": [{"name": "x"}]},
        {"attendees": [{"email": "x@example.com"}]},
        {"start": "tomorrow"},
    ],
)
def test_k09_what_is_no_event(api: Api, wrong: Json) -> None:
    given = {name: value for name, value in body(**wrong).items() if value is not None}
    error = api.post(EVENTS, given, 400)
    assert error["error_code"] == "invalid_parameters"
    assert next(iter(wrong)) in error["message"]
    assert api.get(EVENTS)["total"] == 0


def test_k09_what_is_no_json(api: Api) -> None:
    assert api("POST", EVENTS, content=b"{").status_code == 400
    assert api("POST", EVENTS, content=b"[]").status_code == 400
    assert api.get(EVENTS)["total"] == 0


def test_k10_a_time_by_the_clock_of_its_zone(emptied: Emptied) -> None:
    zones = {"start_time_zone": "Europe/Paris", "end_time_zone": "Europe/Paris"}
    made = emptied.api(103).post(EVENTS, body(start="2024-03-31T03:30:00", end="2024-03-31T04:30:00", **zones))
    assert (made["start"], made["start_time_zone"]) == ("2024-03-31T03:30:00+02:00", "Europe/Paris")


def test_k11_what_is_read_only_is_ignored(api: Api) -> None:
    made = api.post(EVENTS, body())
    read_only = {"id": "x", "ical_uid": "x", "created": "2000-01-01T00:00:00Z", "status": "cancelled", "name": "N"}
    changed = api.patch(f"{EVENTS}/{made['id']}", read_only)
    assert changed == {**made, "name": "N", "modified": changed["modified"]}


@pytest.mark.parametrize("account", [103, 105])
def test_k12_properties_of_the_text_stay(emptied: Emptied, account: int) -> None:
    api = emptied.api(account)
    made = api.post(EVENTS, body(raw={"object": {"X-TEST": "hello"}}))
    assert "raw" not in made
    path = f"{EVENTS}/{made['id']}"
    assert "X-TEST:hello\r\n" in api.get(path, headers=RAW)["raw"]["data"]
    api.patch(path, {"name": "N"})
    raw = api.get(path, headers=RAW)["raw"]
    assert "X-TEST:hello\r\n" in raw["data"]
    assert [each["raw"] for each in api.get(EVENTS, headers=RAW)["objects"]] == [raw]
    detailed = {"value": "1\n2", "params": {"X-P": "a:b"}}
    api.patch(path, {"raw": {"object": {"X-TEST": None, "x-other": detailed, "SUMMARY": "no", "UID": "no"}}})
    shown = api.get(path, headers=RAW)
    assert 'X-OTHER;X-P="a:b":1\\n2' in shown["raw"]["data"]
    assert "X-TEST" not in shown["raw"]["data"]
    assert (shown["name"], shown["ical_uid"]) == ("N", made["ical_uid"])


@pytest.mark.parametrize(("account", "name"), [(101, "colorId"), (102, "importance")])
def test_attributes_of_a_service_stay(emptied: Emptied, account: int, name: str) -> None:
    api = emptied.api(account)
    made = api.post(EVENTS, body(raw={"object": {name: "high", "other": {"a": [1]}, "start": "no"}}))
    path = f"{EVENTS}/{made['id']}"
    api.patch(path, {"name": "N"})
    raw = api.get(path, headers=RAW)["raw"]
    assert (raw[name], raw["other"]) == ("high", {"a": [1]})
    assert raw["start"] != "no"
    api.patch(path, {"raw": {"object": {"other": None}}})
    raw = api.get(path, headers=RAW)["raw"]
    assert raw[name] == "high"
    assert "other" not in raw


def test_k13_custom_properties_are_merged(emptied: Emptied) -> None:
    api = emptied.api(101)
    made = api.post(EVENTS, body(custom_properties=[{"key": "color", "value": "green"}, {"key": "x", "value": None}]))
    green = {"key": "color", "value": "green", "private": True}
    assert made["custom_properties"] == [green]
    path = f"{EVENTS}/{made['id']}"

    def properties(*given: Json) -> dict[str, str]:
        changed = api.patch(path, {"custom_properties": list(given)})
        return {each["key"]: each["value"] for each in changed["custom_properties"]}

    assert properties({"key": "opacity", "value": "0.5"}) == {"color": "green", "opacity": "0.5"}
    assert properties({"key": "color", "value": "red"}) == {"color": "red", "opacity": "0.5"}
    assert properties({"key": "color", "value": None}, {"key": "none", "value": None}) == {"opacity": "0.5"}
    api.patch(path, {"custom_properties": [{"key": "shared", "value": "1", "private": False}]})
    api.patch(path, {"custom_properties": [{"key": "shared", "value": "2"}]})
    shared = [each for each in api.get(path)["custom_properties"] if each["key"] == "shared"]
    assert shared == [{"key": "shared", "value": "2", "private": False}]
    assert api.patch(path, {"custom_properties": None})["custom_properties"] == []


def test_k15_one_instance_is_deleted_and_then_the_series(api: Api) -> None:
    master = api.post(EVENTS, series())
    third = instances(api)[2]
    api.delete(f"{EVENTS}/{third['id']}")
    assert third["start"] not in [each["start"] for each in instances(api)]
    assert len(instances(api)) == 9
    api.get(f"{EVENTS}/{third['id']}", 404)
    api.delete(f"{EVENTS}/{third['id']}", 404)
    api.patch(f"{EVENTS}/{third['id']}", {"name": "x"}, 404)
    assert api.get(f"{EVENTS}/{master['id']}")["recurrence_type"] == "recurring_master"
    api.delete(f"{EVENTS}/{master['id']}")
    assert instances(api) == []
    api.get(f"{EVENTS}/{master['id']}", 404)
    api.delete(f"{EVENTS}/{master['id']}", 404)


def test_k16_attendees_are_replaced_by_the_organizer(api: Api) -> None:
    given = [{**people("p")[0], "status": "accepted", "required": False}, *people("q")]
    made = api.post(EVENTS, body(attendees=given))
    assert [each["status"] for each in made["attendees"]] == ["accepted", "pending"]
    changed = api.patch(f"{EVENTS}/{made['id']}", {"attendees": people("p", "r")})["attendees"]
    assert changed[0] == made["attendees"][0]
    assert [(each["email"], each["status"], each["required"]) for each in changed] == [
        ("p@example.org", "accepted", False),
        ("r@example.org", "pending", True),
    ]
    assert made["organizer"]["email"].endswith("@example.com")
    assert api.patch(f"{EVENTS}/{made['id']}", {"attendees": []})["attendees"] == []


def test_k17_as_many_reminders_as_the_service_has(emptied: Emptied) -> None:
    google, outlook, caldav = (emptied.api(account) for account in (101, 102, 103))
    google.post(EVENTS, body(reminders=[{"minutes": n} for n in range(6)]), 400)
    made = google.post(EVENTS, body(reminders=[{"minutes": n} for n in range(5)]))
    assert [each["minutes"] for each in made["reminders"]] == [0, 1, 2, 3, 4]
    assert made["use_default_reminder"] is False
    outlook.post(EVENTS, body(reminders=[{"minutes": 1}, {"minutes": 2}]), 400)
    assert outlook.post(EVENTS, body(reminders=[{"minutes": 7}]))["reminder"] == 7
    outlook.post(EVENTS, body(reminders=[{"minutes": 7, "method": "email"}]), 400)
    outlook.post(EVENTS, body(reminders=[{"minutes": -1}]), 400)
    caldav.post(EVENTS, body(reminders=[{"minutes": 7}]), 400)
    caldav.post(EVENTS, body(reminders=[{"minutes": 7, "method": "email", "popup": "x"}]), 400)
    mail = {"summary": "S", "description": "D\nE", "to": ["a@example.org", "b@example.org"]}
    wanted = [
        *({"minutes": n, "method": "popup", "popup": f"in {n}", "email": None} for n in range(8)),
        {"minutes": 30, "method": "email", "popup": None, "email": mail},
    ]
    assert caldav.post(EVENTS, body(reminders=wanted))["reminders"] == wanted


def test_k18_visibility_and_transparency(emptied: Emptied) -> None:
    api = emptied.api(101)
    made = api.post(EVENTS, body(visibility="private", transparent=True))
    assert (made["visibility"], made["transparent"]) == ("private", True)
    path = f"{EVENTS}/{made['id']}"
    assert api.get(path) == made
    api.post(EVENTS, body(visibility="secret"), 400)
    api.patch(path, {"visibility": "secret"}, 400)
    assert api.get(path) == made
    changed = api.patch(path, {"visibility": "default", "transparent": False})
    assert (changed["visibility"], changed["transparent"]) == (None, False)
    for ignoring in (102, 104):
        assert emptied.api(ignoring).post(EVENTS, body(visibility="secret"))["visibility"] is None


def test_k20_rules_that_a_service_has(emptied: Emptied) -> None:
    outlook, caldav = emptied.api(102), emptied.api(103)
    for api in (outlook, emptied.api(104)):
        api.post(EVENTS, series("FREQ=HOURLY"), 400)
        api.post(EVENTS, body(recurrence=[{"rrule": "FREQ=DAILY"}, {"rrule": "EXDATE:20250305T100000Z"}]), 400)
        made = api.post(EVENTS, series("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"))
        assert api.post(EVENTS, series("FREQ=MONTHLY;BYDAY=2TU"))["recurrence"] == made["recurrence"]
    hourly = caldav.post(EVENTS, series("FREQ=HOURLY;COUNT=3"))
    assert hourly["recurrence"] == [{"rrule": "RRULE:FREQ=HOURLY;COUNT=3"}]
    assert len(instances(caldav)) == 3
    caldav.post(EVENTS, series("FREQ=DAILY;COUNT=3;UNTIL=20190420T000000Z"), 400)


# -- times ------------------------------------------------------------------------------------------------------------


def test_a_series_posted_in_z_keeps_the_clock_of_the_calendar(emptied: Emptied) -> None:
    api = emptied.api(101)
    when = {"start": "2019-03-08T18:00:00Z", "end": "2019-03-08T19:00:00Z"}
    made = api.post(EVENTS, body(**when, recurrence=[{"rrule": "FREQ=DAILY;COUNT=4"}]))
    assert (made["start"], made["start_time_zone"]) == ("2019-03-08T10:00:00-08:00", "America/Los_Angeles")
    window = {"start": "2019-03-01T00:00:00Z", "end": "2019-04-01T00:00:00Z"}
    assert [each["start"][10:] for each in api.get(EVENTS, params=window)["objects"]] == [
        "T10:00:00-08:00",
        "T10:00:00-08:00",
        "T10:00:00-07:00",
        "T10:00:00-07:00",
    ]


def test_an_offset_decides_and_the_zone_only_labels(api: Api) -> None:
    zones = {"start_time_zone": "America/Los_Angeles", "end_time_zone": "America/Los_Angeles"}
    when = {"start": "2024-09-01T10:00:00-08:00", "end": "2024-09-01T11:00:00-08:00"}
    made = api.post(EVENTS, body(**when, **zones))
    assert (made["start"], made["end"]) == ("2024-09-01T11:00:00-07:00", "2024-09-01T12:00:00-07:00")
    assert api.post(EVENTS, body(start_time_zone="Pacific Standard Time"))["start_time_zone"] == "America/Los_Angeles"


def test_days(api: Api) -> None:
    made = api.post(EVENTS, body(start="2025-01-01", end="2025-01-03", all_day=True))
    assert (made["start"], made["end"], made["all_day"]) == ("2025-01-01", "2025-01-03", True)
    assert (made["start_time_zone"], made["end_time_zone"]) == (None, None)
    api.post(EVENTS, body(start="2025-01-01", end="2025-01-01", all_day=True), 400)
    path = f"{EVENTS}/{made['id']}"
    assert api.patch(path, {"start": "2025-01-02"})["end"] == "2025-01-03"
    api.patch(path, {"start": "2025-01-03"}, 400)
    one = api.post(EVENTS, body(start="2025-01-01T08:00:00+01:00", end="2025-01-01T09:00:00+01:00", all_day=True))
    assert (one["start"], one["end"]) == ("2025-01-01", "2025-01-02")
    timed = api.patch(path, {"all_day": False, "start_time_zone": "Asia/Tokyo", "end_time_zone": "Asia/Tokyo"})
    assert (timed["start"], timed["end"]) == ("2025-01-02T00:00:00+09:00", "2025-01-03T00:00:00+09:00")
    assert api.patch(path, {"all_day": True})["start"] == "2025-01-02"


def test_a_time_without_length_is_one_and_an_end_before_the_start_is_none(api: Api) -> None:
    made = api.post(EVENTS, body(end="2025-03-04T10:00:00Z"))
    assert made["start"] == made["end"]
    api.patch(f"{EVENTS}/{made['id']}", {"end": "2025-03-04T09:59:59Z"}, 400)
    assert api.get(f"{EVENTS}/{made['id']}") == made


# -- people -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("account", "name"), [(102, "bob"), (103, "carol"), (104, "dave"), (105, "erin")])
def test_a_guest_changes_nothing_but_their_own_answer(emptied: Emptied, account: int, name: str) -> None:
    api = emptied.api(account)
    me = {"name": name, "email": f"{name.upper()}@example.com"}
    boss = {"name": "Boss", "email": "boss@example.org"}
    made = api.post(EVENTS, body(organizer=boss, attendees=[me, *people("x")]))
    assert made["organizer"]["email"] == "boss@example.org"
    path = f"{EVENTS}/{made['id']}"
    answer = [{**me, "status": "tentative", "required": False}, {"email": "x@example.org", "status": "declined"}]
    changed = api.patch(path, {"attendees": answer})["attendees"]
    assert changed == [{**made["attendees"][0], "status": "tentative"}, made["attendees"][1]]
    api.patch(path, {"attendees": people("x")}, 400)
    api.patch(path, {"attendees": []}, 400)
    api.patch(path, {"attendees": [{**me, "status": "maybe"}]}, 400)
    stranger = api.post(EVENTS, body(organizer=boss, attendees=people("x")))
    error = api.patch(f"{EVENTS}/{stranger['id']}", {"attendees": [{**me, "status": "accepted"}]}, 403)
    assert error["error_code"] == "permission_denied"
    assert api.patch(path, {"organizer": {"email": "other@example.org"}})["organizer"] == made["organizer"]


def test_another_organizer_moves_an_event_on_google(emptied: Emptied) -> None:
    api = emptied.api(101)
    team = next(each for each in api.get("cal/calendars")["objects"] if each["name"] == "Team")
    made = api.post(EVENTS, body(attendees=people("p"), organizer={"name": "ignored", "email": "x@example.org"}))
    assert made["organizer"]["email"] == "alice@example.com"
    path = f"{EVENTS}/{made['id']}"
    api.patch(path, {"organizer": {"email": "nobody@example.org"}}, 400)
    api.patch(path, {"organizer": {"email": 1}}, 400)
    same = api.patch(path, {"organizer": {"email": "alice@example.com"}})
    assert same["calendar_id"] == made["calendar_id"]
    follower = f"subscriptions/{api.post('subscriptions', {})['id']}"
    moved = api.patch(path, {"organizer": {"email": "Team@example.com"}, "name": "N"})
    assert (moved["calendar_id"], moved["ical_uid"], moved["name"]) == (team["id"], made["ical_uid"], "N")
    assert moved["organizer"]["email"] == "team@example.com"
    api.get(path, 404)
    assert api.get(moved["href"]) == moved
    told = api.get(f"{follower}/activity")["objects"]
    api.delete(follower)
    assert [(each["type"], each["metadata"]["calendar_id"], each["metadata"]["name"]) for each in told] == [
        ("delete", made["calendar_id"], made["name"]),
        ("add", team["id"], "N"),
    ]


# -- reminders, meetings, descriptions --------------------------------------------------------------------------------


def test_default_reminders_on_google(emptied: Emptied) -> None:
    api = emptied.api(101)
    assert api.post(EVENTS, body())["use_default_reminder"] is True
    given = api.post(EVENTS, body(use_default_reminder=True, reminders=[{"minutes": 5}]))
    assert (given["use_default_reminder"], given["reminders"]) == (True, [])
    path = f"{EVENTS}/{given['id']}"
    own = api.patch(path, {"reminders": [{"minutes": 5}]})
    assert (own["use_default_reminder"], own["reminders"][0]["minutes"]) == (False, 5)
    none = api.patch(path, {"reminders": []})
    assert (none["use_default_reminder"], none["reminders"]) == (False, [])
    assert api.patch(path, {"use_default_reminder": True})["use_default_reminder"] is True


def test_the_old_reminder_stands_for_the_list(emptied: Emptied) -> None:
    for account in (102, 104):
        api = emptied.api(account)
        made = api.post(EVENTS, body(reminder=15))
        assert (made["reminder"], [each["minutes"] for each in made["reminders"]]) == (15, [15])
        path = f"{EVENTS}/{made['id']}"
        assert api.patch(path, {"reminder": 15, "reminders": [{"minutes": 20}]})["reminder"] == 20
        assert api.patch(path, {"reminder": None})["reminders"] == []


def test_an_online_meeting_is_added_or_removed_but_not_changed(emptied: Emptied) -> None:
    google = emptied.api(101)
    points = [{"uri": "https://meet.example.org/a", "entry_point_type": "video", "pin": "12"}, {"uri": "tel:+1-2"}]
    meeting = {"online_meeting_provider": "addOn", "entry_points": points, "notes": "n"}
    made = google.post(EVENTS, body(online_meeting=meeting))
    assert made["online_meeting"]["notes"] == "n"
    assert [each["pin"] for each in made["online_meeting"]["entry_points"]] == ["12", None]
    path = f"{EVENTS}/{made['id']}"
    assert google.patch(path, {"online_meeting": made["online_meeting"]}) == made
    google.patch(path, {"online_meeting": {"online_meeting_provider": "hangoutsMeet"}, "name": "N"}, 400)
    assert google.get(path) == made
    assert google.patch(path, {"online_meeting": None})["online_meeting"] is None
    added = google.patch(path, {"online_meeting": {"online_meeting_provider": "hangoutsMeet"}})["online_meeting"]
    assert (added["conference_id"], added["entry_points"]) == (None, [])
    google.post(EVENTS, body(online_meeting={"online_meeting_provider": "zoom"}), 400)
    outlook = emptied.api(102).post(EVENTS, body(online_meeting={"online_meeting_provider": "teamsForBusiness"}))
    assert outlook["online_meeting"]["online_meeting_provider"] == "teamsForBusiness"
    caldav = emptied.api(103)
    assert caldav.post(EVENTS, body(online_meeting={"online_meeting_provider": "x"}))["online_meeting"] is None
    wanted = {"online_meeting_provider": "x", "entry_points": [{"uri": "https://meet.example.org/a"}]}
    kept = caldav.post(EVENTS, body(online_meeting=wanted))
    assert kept["online_meeting"]["entry_points"][0]["uri"] == "https://meet.example.org/a"
    assert caldav.patch(f"{EVENTS}/{kept['id']}", {"online_meeting": kept["online_meeting"]}) == kept
    wanted["entry_points"] = [{"uri": "ftp://meet.example.org"}]
    caldav.post(EVENTS, body(online_meeting=wanted), 400)
    assert emptied.api(104).post(EVENTS, body(online_meeting=wanted))["online_meeting"] is None


def test_descriptions_in_html(emptied: Emptied) -> None:
    html = "<p>Hello &amp; <b>you</b></p>"
    outlook = emptied.api(102)
    made = outlook.post(EVENTS, body(description=html))
    assert made["description"] == "Hello & you"
    wish = {"X-Kloudless-Raw-Headers": '{"Prefer": "outlook.body-content-type=\\"html\\""}'}
    assert outlook.get(f"{EVENTS}/{made['id']}", headers=wish)["description"] == html
    assert outlook.patch(f"{EVENTS}/{made['id']}", {"description": "plain"}, headers=wish)["description"] == "plain"
    for account in (101, 103, 104, 105):
        assert emptied.api(account).post(EVENTS, body(description=html))["description"] == html


def test_what_is_cleared_is_null(api: Api) -> None:
    made = api.post(EVENTS, body(description="d", location="l"))
    changed = api.patch(f"{EVENTS}/{made['id']}", {"description": None, "location": ""})
    assert (changed["description"], changed["location"]) == (None, None)


# -- series -----------------------------------------------------------------------------------------------------------


def test_one_instance_is_changed_alone(api: Api) -> None:
    master = api.post(EVENTS, series())
    before = instances(api)
    path = f"{EVENTS}/{before[3]['id']}"
    moved = {"name": "once", "start": "2019-04-13T15:00:00Z", "end": "2019-04-13T16:00:00Z"}
    changed = api.patch(path, moved)
    assert (changed["id"], changed["name"], changed["recurrence_type"]) == (before[3]["id"], "once", "recurring")
    assert changed["recurring_master_id"] == master["id"]
    assert [each for each in instances(api) if each["id"] != changed["id"]] == before[:3] + before[4:]
    assert api.get(f"{EVENTS}/{master['id']}") == master
    assert api.get(path) == changed
    api.patch(path, {"recurrence": [{"rrule": "FREQ=DAILY"}]}, 400)
    api.delete(path)
    assert len(instances(api)) == 9


def test_a_series_moves_and_its_exceptions_stay_where_their_start_still_occurs(api: Api) -> None:
    master = api.post(EVENTS, series())
    path = f"{EVENTS}/{master['id']}"
    fourth = instances(api)[3]
    api.patch(f"{EVENTS}/{fourth['id']}", {"name": "once"})
    api.patch(path, {"recurrence": [{"rrule": "FREQ=DAILY;COUNT=5"}]})
    assert [each["name"] for each in instances(api)] == ["n", "n", "n", "once", "n"]
    api.patch(path, {"end": "2019-04-10T12:00:00Z"})
    assert [each["name"] for each in instances(api)] == ["n", "n", "n", "once", "n"]
    api.patch(path, {"start": "2019-04-10T09:00:00Z"})
    assert [each["name"] for each in instances(api)] == ["n"] * 5


def test_no_recurrence_makes_one_event_of_a_series(api: Api) -> None:
    master = api.post(EVENTS, series())
    solo = api.patch(f"{EVENTS}/{master['id']}", {"recurrence": []})
    assert (solo["recurrence_type"], solo["recurrence"], solo["id"]) == ("solo", [], master["id"])
    assert len(instances(api)) == 1


@pytest.mark.parametrize("key", ["x", "20190411", "20190411T100001Z", "20190411T100000", "", "20190411T100000Z_1"])
def test_what_is_no_instance_is_not_found(api: Api, key: str) -> None:
    master = api.post(EVENTS, series())
    api.get(f"{EVENTS}/{master['id']}_{key}", 404)
    api.patch(f"{EVENTS}/{master['id']}_{key}", {"name": "x"}, 404)
    api.delete(f"{EVENTS}/{master['id']}_{key}", 404)
    assert len(instances(api)) == 10


def test_a_failing_member_fails_the_whole(api: Api) -> None:
    made = api.post(EVENTS, body(attendees=people("p")))
    path = f"{EVENTS}/{made['id']}"
    faults: list[Json] = [{"start": "x"}, {"attendees": [{}]}, {"recurrence": [{"rrule": "x"}]}, {"reminders": [{}]}]
    for wrong in faults:
        api.patch(path, {"name": "changed", "location": "changed", **wrong}, 400)
    assert api.get(path) == made
    assert api.patch(path, {}) == made
