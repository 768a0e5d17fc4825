"""Availability over HTTP: the cases K21–K23 of the contract, every rule of A.14, and input that names what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.contract.serving import Fixture, Json
from tests.gateway.running import PATIENCE
from tests.storage.texts import event

USERS = {101: "alice", 102: "bob", 103: "carol", 104: "dave", 105: "erin"}
WINDOW = {"start": "2017-05-20T08:00:00+07:00", "end": "2017-05-20T12:00:00+07:00"}
K21 = {"meeting_duration": "PT1H", "time_windows": [WINDOW]}
PRIMARY = "primary"

Book = Callable[..., None]
"""Book an event in a calendar of an account, named by its id; what was booked is gone after the test."""


@pytest.fixture
def book(fixture: Fixture) -> Iterator[Book]:
    made: list[tuple[int, str]] = []

    def request(method: str, account: int, path: str, text: str = "") -> httpx.Response:
        user = USERS[account]
        url = f"{fixture.url}/dav/{user}/{path}"
        auth = (user, f"{user}-password")
        return httpx.request(method, url, auth=auth, content=text.encode(), timeout=PATIENCE, trust_env=False)

    def put(account: int, start: str, end: str = "", *, more: str = "", slug: str = PRIMARY) -> None:
        path = f"{slug}/{len(made)}-availability.ics"
        text = event(f"availability-{len(made)}", start=start, end=end, more=more)
        assert request("PUT", account, path, text).status_code == 201
        made.append((account, path))

    yield put
    for account, path in made:
        with suppress(httpx.HTTPError):
            request("DELETE", account, path)


def ask(fixture: Fixture, body: object, *, accounts: str = "101", status: int = 200, token: int | None = 101) -> Json:
    api = fixture.app() if token is None else fixture.api(token)
    return api.post(f"/v1/accounts/{accounts}/cal/availability", body, status)


def times(found: Json) -> list[tuple[str, str]]:
    assert (found["type"], found["api"]) == ("availability", "calendar")
    return [(each["start"][11:16], each["end"][11:16]) for each in found["time_windows"]]


@pytest.fixture
def busy_morning(fixture: Fixture) -> Iterator[None]:
    """The events of K21, made over the API."""
    api, path = fixture.api(101), "cal/calendars/primary/events"
    times = (("08:00", "09:00"), ("11:15", "12:00"))
    stamps = [{"start": f"2017-05-20T{start}:00+07:00", "end": f"2017-05-20T{end}:00+07:00"} for start, end in times]
    made = [api.post(path, {"name": "busy", **each})["id"] for each in stamps]
    yield
    for each in made:
        api.delete(f"{path}/{each}")


@pytest.mark.usefixtures("busy_morning")
def test_k21_ranges(fixture: Fixture) -> None:
    assert ask(fixture, K21) == {
        "time_windows": [{"start": "2017-05-20T09:00:00+07:00", "end": "2017-05-20T11:15:00+07:00"}],
        "type": "availability",
        "api": "calendar",
    }
    assert ask(fixture, K21, accounts="me") == ask(fixture, K21, accounts="101", token=None)
    assert ask(fixture, {**K21, "time_windows": None, "constraints": {"time_windows": [WINDOW]}}) == ask(fixture, K21)


@pytest.mark.usefixtures("busy_morning")
def test_k22_slots(fixture: Fixture) -> None:
    found = times(ask(fixture, {**K21, "time_slot_increment": 15}))
    starts = ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15"]
    assert found == [(each, f"{int(each[:2]) + 1:02}{each[2:]}") for each in starts]


@pytest.mark.usefixtures("busy_morning")
def test_slots_are_counted_from_the_start_of_the_window(fixture: Fixture) -> None:
    """D49: not from the start of the free time."""
    found = times(ask(fixture, {**K21, "time_slot_increment": 50}))
    assert found == [("09:40", "10:40")]
    assert times(ask(fixture, {**K21, "meeting_duration": "PT2H15M", "time_slot_increment": 60})) == [
        ("09:00", "11:15")
    ]
    assert ask(fixture, {**K21, "meeting_duration": "PT2H16M"})["time_windows"] == []


@pytest.mark.usefixtures("busy_morning")
def test_each_window_for_itself_and_in_its_own_offset(fixture: Fixture) -> None:
    """D50: no merge, no order but that of the question."""
    windows = [
        {"start": "2017-05-20T03:30:00Z", "end": "2017-05-20T04:30:00Z"},
        {"start": "2017-05-19T19:00:00-07:00", "end": "2017-05-19T21:00:00-07:00"},
        WINDOW,
        WINDOW,
    ]
    found = ask(fixture, {"meeting_duration": "PT30M", "time_windows": windows})["time_windows"]
    assert [(each["start"], each["end"]) for each in found] == [
        ("2017-05-20T03:30:00Z", "2017-05-20T04:15:00Z"),
        ("2017-05-19T19:00:00-07:00", "2017-05-19T21:00:00-07:00"),
        ("2017-05-20T09:00:00+07:00", "2017-05-20T11:15:00+07:00"),
        ("2017-05-20T09:00:00+07:00", "2017-05-20T11:15:00+07:00"),
    ]


def test_what_counts_as_busy(fixture: Fixture, book: Book) -> None:
    host = "ORGANIZER:mailto:host@example.net\r\n"
    book(101, ":20170520T010000Z", ":20170520T013000Z", more="TRANSP:TRANSPARENT\r\n")
    book(101, ":20170520T013000Z", ":20170520T020000Z", more="STATUS:CANCELLED\r\n")
    declined = f"{host}ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.com\r\n"
    book(101, ":20170520T020000Z", ":20170520T023000Z", more=declined)
    book(101, ":20170520T023000Z", ":20170520T030000Z", more="STATUS:TENTATIVE\r\n")
    tentative = f"{host}ATTENDEE;PARTSTAT=TENTATIVE:mailto:alice@example.com\r\n"
    book(101, ":20170520T033000Z", ":20170520T040000Z", more=tentative)
    others = f"{host}ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com\r\n"
    book(101, ":20170520T043000Z", ":20170520T050000Z", more=others)
    found = times(ask(fixture, {**K21, "meeting_duration": "PT1M"}))
    assert found == [("08:00", "09:30"), ("10:00", "10:30"), ("11:00", "11:30")]


def test_whole_days_floating_times_and_series_in_the_zone_of_the_calendar(fixture: Fixture, book: Book) -> None:
    """The primary calendar of 101 is in Los Angeles, where clocks change on 2017-03-12."""
    book(101, ";VALUE=DATE:20170312", ";VALUE=DATE:20170313")
    book(101, ":20170313T090000", ":20170313T100000")
    book(101, ":20170310T200000Z", ":20170310T210000Z", more="RRULE:FREQ=DAILY\r\n")
    window = {"start": "2017-03-12T00:00:00Z", "end": "2017-03-14T00:00:00Z"}
    found = ask(fixture, {"meeting_duration": "PT1M", "time_windows": [window]})["time_windows"]
    assert [(each["start"][8:16], each["end"][8:16]) for each in found] == [
        ("12T00:00", "12T08:00"),
        ("13T07:00", "13T16:00"),
        ("13T17:00", "13T20:00"),
        ("13T21:00", "14T00:00"),
    ]


def test_a_series_without_end_far_away(fixture: Fixture, book: Book) -> None:
    book(101, ":20170520T000000Z", ":20170520T120000Z", more="RRULE:FREQ=DAILY\r\n")
    window = {"start": "2117-05-20T00:00:00Z", "end": "2117-05-21T06:00:00Z"}
    found = ask(fixture, {"meeting_duration": "PT1H", "time_windows": [window]})
    assert found["time_windows"] == [{"start": "2117-05-20T12:00:00Z", "end": "2117-05-21T00:00:00Z"}]


def _ids(fixture: Fixture, account: int) -> list[str]:
    return [each["id"] for each in fixture.api(account).get("cal/calendars")["objects"]]


def test_which_calendars(fixture: Fixture, book: Book) -> None:
    primary, work = _ids(fixture, 103)
    book(103, ":20170520T010000Z", ":20170520T020000Z", slug=PRIMARY)
    book(103, ":20170520T030000Z", ":20170520T040000Z", slug="work")
    only_primary, only_work = [("09:00", "12:00")], [("08:00", "10:00"), ("11:00", "12:00")]
    both = [("09:00", "10:00"), ("11:00", "12:00")]
    asked: list[tuple[object, list[tuple[str, str]]]] = [
        (None, only_primary),
        ([], only_primary),
        ([primary], only_primary),
        ([PRIMARY], only_primary),
        ([work], only_work),
        ([work, PRIMARY, primary], both),
        ({}, only_primary),
        ({"103": [work]}, only_work),
        ({"103": []}, only_primary),
        ({"me": [work]}, only_work),
    ]
    for calendars, wanted in asked:
        assert times(ask(fixture, {**K21, "calendars": calendars}, accounts="103", token=103)) == wanted, calendars


def test_several_accounts(fixture: Fixture, book: Book) -> None:
    team = _ids(fixture, 101)[1]
    book(101, ":20170520T010000Z", ":20170520T020000Z")
    book(101, ":20170520T023000Z", ":20170520T030000Z", slug="team")
    book(102, ":20170520T030000Z", ":20170520T033000Z")
    both = _bearer(fixture, 102, 101)
    path = "/v1/accounts/101,102/cal/availability"
    assert times(both.post(path, K21, 200)) == [("09:00", "10:00"), ("10:30", "12:00")]
    named = {**K21, "meeting_duration": "PT30M", "calendars": {"101": [team]}}
    assert times(both.post(path, named, 200)) == [("08:00", "09:30"), ("10:30", "12:00")], "D48: 102 by its primary"
    assert times(ask(fixture, K21, accounts="102,101", token=None)) == [("09:00", "10:00"), ("10:30", "12:00")]
    assert times(both.post("/v1/accounts/102/cal/availability", K21, 200)) == [("08:00", "10:00"), ("10:30", "12:00")]
    for accounts, status, code in [
        ("101,103", 403, "forbidden"),
        ("101,999", 403, "forbidden"),
        ("me,101", 400, "bad_request"),
        ("101,", 403, "forbidden"),
    ]:
        assert both.post(f"/v1/accounts/{accounts}/cal/availability", K21, status)["error_code"] == code
    assert ask(fixture, K21, accounts="101,102", status=403)["error_code"] == "forbidden"
    assert ask(fixture, K21, accounts="101,999", token=None, status=404)["error_code"] == "not_found"
    fixture.anybody().post(path, K21, 401)
    refused = both.post(path, {**K21, "calendars": [team]}, 400)
    assert (refused["error_code"], "calendars" in refused["message"]) == ("invalid_parameters", True), "D47"


def _bearer(fixture: Fixture, *accounts: int) -> Any:
    found = fixture.api(accounts[0])
    found.headers = {
        "Authorization": "Bearer " + ",".join(fixture.api(n).headers["Authorization"][7:] for n in accounts)
    }
    return found


def test_times_without_an_offset_are_those_of_the_calendar_and_dates_are_midnights(fixture: Fixture) -> None:
    local = {"start": "2017-05-20T08:00:00", "end": "2017-05-20T09:00:00"}
    found = ask(fixture, {"meeting_duration": "PT1H", "time_windows": [local]})["time_windows"]
    assert found == [{"start": "2017-05-20T08:00:00-07:00", "end": "2017-05-20T09:00:00-07:00"}]
    dates = {"start": "2017-05-20", "end": "2017-05-21"}
    found = ask(fixture, {"meeting_duration": "P1D", "time_windows": [dates]})["time_windows"]
    assert found == [{"start": "2017-05-20T00:00:00Z", "end": "2017-05-21T00:00:00Z"}]
    fraction = {"start": "2017-05-20T08:00:00.000Z", "end": "2017-05-20 09:00:00Z"}
    found = ask(fixture, {"meeting_duration": "PT3600S", "time_windows": [fraction]})["time_windows"]
    assert found == [{"start": "2017-05-20T08:00:00Z", "end": "2017-05-20T09:00:00Z"}]


def _window(**members: object) -> dict[str, object]:
    return {"time_windows": [WINDOW, {**WINDOW, **members}]}


def _each(name: str, *values: object) -> list[tuple[dict[str, object], str]]:
    return [({name: value}, name) for value in values]


@pytest.mark.parametrize(
    ("change", "member"),
    [
        *_each("meeting_duration", None, "1 hour", "", "PT0M", "P1M", "P1Y", "-PT1H", 60, ["PT1H"], "x" * 1_000_001),
        *_each("time_windows", None, [], {}, "x", 1, [WINDOW] * 1001),
        *_each("time_slot_increment", -5, 1.5, "15", True, 10**12, []),
        *_each("calendars", "x", 1, True),
        ({"time_windows": [WINDOW, None]}, "time_windows[1]"),
        ({"time_windows": [WINDOW, "x"]}, "time_windows[1]"),
        ({"time_windows": [WINDOW, {"start": WINDOW["start"]}]}, "time_windows[1].end"),
        ({"time_windows": [WINDOW, {"end": WINDOW["end"]}]}, "time_windows[1].start"),
        (_window(start="tomorrow"), "time_windows[1].start"),
        (_window(start=1495242000), "time_windows[1].start"),
        (_window(end="2017-02-30T00:00:00Z"), "time_windows[1].end"),
        (_window(end=WINDOW["start"]), "time_windows[1].end"),
        (_window(start="2017-05-21T00:00:00Z"), "time_windows[1].end"),
        (_window(end="9999-12-31T23:59:59Z"), "time_windows[1].end"),
        ({"calendars": ["primary", 1]}, "calendars[1]"),
        ({"calendars": ["primary", "nothing"]}, "calendars[1]"),
        ({"calendars": ["primary", ""]}, "calendars[1]"),
        ({"calendars": {"101": "primary"}}, "calendars.101"),
        ({"calendars": {"101": ["primary", "nothing"]}}, "calendars.101[1]"),
        ({"calendars": {"102": ["primary"]}}, "calendars.102"),
        ({"calendars": {"primary": ["primary"]}}, "calendars.primary"),
        ({"time_windows": None, "constraints": {"time_windows": []}}, "constraints.time_windows"),
        ({"time_windows": None, "constraints": 1}, "constraints"),
        ({"time_slot_increment": 1, **_window(end="2057-05-20T12:00:00Z")}, "time_windows"),
    ],
)
def test_k23_what_is_wrong_is_named(fixture: Fixture, change: dict[str, object], member: str) -> None:
    refused = ask(fixture, {**K21, **change}, status=400)
    assert refused["error_code"] == "invalid_parameters"
    assert refused["message"].startswith(f"{member}: "), refused["message"]


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b'"x"', b"{'a': 1}", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object(fixture: Fixture, content: bytes) -> None:
    response = fixture.api(101)("POST", "cal/availability", content=content)
    assert (response.status_code, response.json()["error_code"]) == (400, "bad_request")


def test_a_calendar_of_another_account_is_none(fixture: Fixture) -> None:
    for foreign in _ids(fixture, 102):
        for calendars in ([foreign], {"101": [foreign]}):
            assert foreign in ask(fixture, {**K21, "calendars": calendars}, status=400)["message"]


def test_other_methods(fixture: Fixture) -> None:
    assert fixture.api(101).get("cal/availability", 405)["error_code"] == "method_not_allowed"
