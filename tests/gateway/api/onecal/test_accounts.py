"""Accounts, calendars and busy time in the OneCal dialect (contract C.4)."""

from typing import Any

import pytest

from storage.model import CollectionKind, Level, Origin, State
from tests.contract.onecal import Json, OneCal, expected
from tests.gateway.api.contract_here import Here
from tests.storage.texts import event

ACCOUNTS, CALENDARS, BUSY = "/api/v1/endUserAccounts", "/api/v1/calendars/101", "/api/v1/freeBusy/101"


def send(alice: OneCal, method: str, path: str, json: object = None, status: int = 200) -> Json:
    """The JSON of an answer of this status."""
    return expected(alice(method, path, json=json), status)


def listed(alice: OneCal, **params: Any) -> tuple[list[Json], str]:
    """All pages of the list of calendars, and the token of what changes."""
    return alice.all(CALENDARS, **params)


# -- accounts ---------------------------------------------------------------------------------------------------------


def test_every_account_is_listed_page_by_page(alice: OneCal) -> None:
    first = alice.get(ACCOUNTS)
    assert set(first) == {"data"}
    assert [each["id"] for each in first["data"]] == ["101", "102", "103", "104", "105"]
    assert [each["providerType"] for each in first["data"]] == ["GOOGLE", "MICROSOFT", "CALDAV", "EXCHANGE", "APPLE"]
    page = alice.get(ACCOUNTS, limit=2)
    assert [each["id"] for each in page["data"]] == ["101", "102"]
    rest = alice.get(ACCOUNTS, pageSize=3, pageToken=page["nextPageToken"])
    assert [each["id"] for each in rest["data"]] == ["103", "104", "105"]
    assert "nextPageToken" not in rest


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"search": "ALICE@"}, ["101"]),
        ({"search": "aro"}, ["103"]),
        ({"search": "nobody"}, []),
        ({"statusFilter": "active", "search": "example.com"}, ["101", "102", "103", "104", "105"]),
        ({"statusFilter": "EXPIRED"}, []),
    ],
)
def test_accounts_are_searched(alice: OneCal, params: Json, found: list[str]) -> None:
    assert [each["id"] for each in alice.get(ACCOUNTS, **params)["data"]] == found


@pytest.mark.parametrize("params", [{"limit": 0}, {"pageToken": "x"}, {"statusFilter": "asleep"}, {"pageSize": 1001}])
def test_a_list_of_accounts_that_cannot_be(alice: OneCal, params: Json) -> None:
    alice.get(ACCOUNTS, 400, **params)


def test_an_account_that_its_upstream_lets_in_no_more_has_expired(here: Here, alice: OneCal) -> None:
    with here.store.db.atomic() as conn:
        conn.execute("UPDATE accounts SET state = ? WHERE id = 102", (State.NEEDS_LOGIN,))
    assert alice.get(f"{ACCOUNTS}/102")["status"] == "EXPIRED"
    assert [each["id"] for each in alice.get(ACCOUNTS, statusFilter="expired")["data"]] == ["102"]


def test_one_account(alice: OneCal) -> None:
    found = alice.get(f"{ACCOUNTS}/101")
    assert (found["email"], found["externalId"], found["status"]) == ("alice@example.com", "alice", "ACTIVE")
    assert found["deletedAt"] is None
    for unknown in ("999", "alice", "me"):
        alice.get(f"{ACCOUNTS}/{unknown}", 404)


def test_secrets_never_leave_and_accounts_are_connected_elsewhere(alice: OneCal) -> None:
    wanted = {"email": "x@example.com", "refreshToken": "r", "providerType": "GOOGLE"}
    assert send(alice, "POST", ACCOUNTS, wanted, 403)["error"] == "Forbidden"
    assert alice.get(f"{ACCOUNTS}/101/credentials", 403)["error"] == "Forbidden"
    alice.get(f"{ACCOUNTS}/999/credentials", 404)


def test_an_account_is_disconnected(alice: OneCal) -> None:
    assert send(alice, "DELETE", f"{ACCOUNTS}/105") == {"success": True}
    alice.get(f"{ACCOUNTS}/105", 404)
    assert send(alice, "DELETE", f"{ACCOUNTS}/105", status=404)["error"] == "NotFound"
    assert [each["id"] for each in alice.get(ACCOUNTS)["data"]] == ["101", "102", "103", "104"]


# -- calendars --------------------------------------------------------------------------------------------------------


def test_calendars_say_what_they_are(alice: OneCal) -> None:
    (main, team), _ = listed(alice)
    assert {name: main[name] for name in ("name", "isPrimary", "isShared", "readOnly", "timeZone", "inviteEmail")} == {
        "name": "Alice",
        "isPrimary": True,
        "isShared": False,
        "readOnly": False,
        "timeZone": "America/Los_Angeles",
        "inviteEmail": "alice@example.com",
    }
    assert (team["name"], team["isPrimary"], team["inviteEmail"]) == ("Team", False, "team@example.com")
    assert "hexColor" not in main
    assert alice.get(f"{CALENDARS}/primary") == main
    assert alice.get(f"{CALENDARS}/{team['id']}") == team
    other = alice.get("/api/v1/calendars/102/primary")
    assert (other["defaultOnlineMeetingProvider"], other["allowedOnlineMeetingProviders"][0]) == (
        "teamsForBusiness",
    ) * 2
    alice.get(f"{CALENDARS}/{other['id']}", 404)


def test_a_calendar_is_made_changed_and_deleted(alice: OneCal) -> None:
    wanted = {"name": "Mine", "hexColor": "#FF5733", "timeZone": "America/New_York"}
    made = send(alice, "POST", CALENDARS, wanted, 201)
    assert (made["name"], made["hexColor"], made["timeZone"]) == ("Mine", "#FF5733", "America/New_York")
    path = f"{CALENDARS}/{made['id']}"
    assert send(alice, "PUT", path, {"name": "Yours"}) == {**made, "name": "Yours"}
    assert "hexColor" not in send(alice, "PATCH", path, {"hexColor": None})
    assert send(alice, "DELETE", path) == {"success": True}
    alice.get(path, 404)
    send(alice, "DELETE", path, status=404)
    assert send(alice, "DELETE", f"{CALENDARS}/primary", status=403)["error"] == "Forbidden"
    assert len(listed(alice)[0]) == 2


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("name", {}),
        ("name", {"name": ""}),
        ("name", {"name": " "}),
        ("name", {"name": None}),
        ("name", {"name": 7}),
        ("hexColor", {"name": "n", "hexColor": "red"}),
        ("timeZone", {"name": "n", "timeZone": "Mars/Olympus"}),
        ("timeZone", {"name": "n", "timeZone": []}),
    ],
)
def test_a_calendar_that_cannot_be(alice: OneCal, member: str, wrong: Json) -> None:
    assert member in send(alice, "POST", CALENDARS, wrong, 400)["message"]
    if wrong:
        assert member in send(alice, "PUT", f"{CALENDARS}/primary", wrong, 400)["message"]
    assert [each["name"] for each in listed(alice)[0]] == ["Alice", "Team"]


def test_changes_of_the_list_of_calendars(here: Here, alice: OneCal) -> None:
    _, token = listed(alice, limit=1)
    assert listed(alice, syncToken=token)[0] == []
    here.put(101, event("an event is no change of its calendar"))
    made = send(alice, "POST", CALENDARS, {"name": "New"}, 201)
    team = listed(alice)[0][1]
    send(alice, "PUT", f"{CALENDARS}/{team['id']}", {"name": "Team 2"})
    found, token = listed(alice, syncToken=token, limit=1)
    assert [(each["id"], each["name"]) for each in found] == [(team["id"], "Team 2"), (made["id"], "New")]
    send(alice, "DELETE", f"{CALENDARS}/{made['id']}")
    here.store.create_collection(
        101, "book", name="Book", kind=CollectionKind.CONTACTS, components=["VCARD"], origin=Origin.CLI
    )
    assert listed(alice, syncToken=token)[0] == [{"id": made["id"], "isCancelled": True}]


def test_a_token_of_calendars_that_is_none(alice: OneCal) -> None:
    _, token = listed(alice)
    assert alice.get(CALENDARS, 410, syncToken="x")["error"] == "SyncTokenExpired"
    alice.get("/api/v1/calendars/102", 400, syncToken=token)
    alice.get(CALENDARS, 400, pageToken="x")
    page = alice.get(CALENDARS, limit=1)["nextPageToken"]
    alice.get("/api/v1/calendars/102", 400, pageToken=page)


def test_a_shared_calendar_shows_as_such(here: Here, alice: OneCal) -> None:
    here.store.share(here.calendar(103).id, "alice", Level.READ)
    seen = next(each for each in here.store.home("alice") if each.share is not None)
    shown = alice.get(f"{CALENDARS}/{seen.id}")
    assert (shown["isShared"], shown["readOnly"], shown["isPrimary"]) == (True, True, False)


def test_the_version_of_a_hidden_event_is_that_of_what_is_shown(here: Here, alice: OneCal) -> None:
    here.store.share(here.calendar(103).id, "alice", Level.READ)
    path = f"/api/v1/events/101/{next(each.id for each in here.store.home('alice') if each.share is not None)}"
    seen = []
    for summary, more in (("one", ""), ("two", ""), ("two", "STATUS:CANCELLED\r\n")):
        here.put(103, event("hidden", summary=summary, more=f"CLASS:PRIVATE\r\n{more}"), "h.ics")
        seen.append(alice.get(path)["data"][0])
    assert seen[0] == seen[1]
    assert seen[1]["etag"] != seen[2]["etag"]


# -- free and busy ----------------------------------------------------------------------------------------------------

SPAN = {"startDateTime": "2026-07-20T00:00:00", "endDateTime": "2026-07-25T00:00:00", "timeZone": "Europe/Berlin"}


def slots(alice: OneCal, **more: Any) -> list[Json]:
    """What each calendar is busy with."""
    response = alice("POST", BUSY, json={**SPAN, "calendarIds": ["primary"], **more})
    assert response.status_code == 200, response.text
    found: list[Json] = response.json()
    return found


def at(start: str, end: str) -> str:
    """The lines of an event of 21 July 2026."""
    return f"DTSTART:20260721T{start}Z\r\nDTEND:20260721T{end}Z\r\n"


def busy_event(uid: str, start: str, end: str, more: str = "") -> str:
    """An event in UTC."""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n"
        f"{at(start, end)}{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_busy_time_is_merged_and_clipped(here: Here, alice: OneCal) -> None:
    here.put(101, busy_event("a", "080000", "090000"))
    here.put(101, busy_event("b", "083000", "100000"))
    here.put(101, busy_event("c", "120000", "130000", "TRANSP:TRANSPARENT\r\n"))
    here.put(101, busy_event("d", "140000", "150000", "STATUS:CANCELLED\r\n"))
    here.put(101, busy_event("e", "200000", "210000"))
    team = listed(alice)[0][1]["id"]
    wanted = {"startDateTime": "2026-07-21T08:15:00Z", "endDateTime": "2026-07-21T22:30:00"}
    main, other = slots(alice, calendarIds=["primary", team, "primary"], **wanted)
    assert (main["calendarId"], other) == (here.calendar(101).id, {"calendarId": team, "busySlots": []})
    assert [(each["start"]["dateTime"], each["end"]["dateTime"]) for each in main["busySlots"]] == [
        ("2026-07-21T10:15:00+02:00", "2026-07-21T12:00:00+02:00"),
        ("2026-07-21T22:00:00+02:00", "2026-07-21T22:30:00+02:00"),
    ]
    assert main["busySlots"][0]["start"]["timeZone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("startDateTime", {"startDateTime": None}),
        ("startDateTime", {"startDateTime": "now"}),
        ("endDateTime", {"endDateTime": SPAN["startDateTime"]}),
        ("endDateTime", {"endDateTime": 7}),
        ("timeZone", {"timeZone": None}),
        ("timeZone", {"timeZone": "Mars/Olympus"}),
        ("calendarIds", {"calendarIds": None}),
        ("calendarIds", {"calendarIds": []}),
        ("calendarIds", {"calendarIds": "primary"}),
        ("calendarIds[0]", {"calendarIds": [7]}),
    ],
)
def test_a_question_about_busy_time_that_is_none(alice: OneCal, member: str, wrong: Json) -> None:
    body = {**SPAN, "calendarIds": ["primary"], **wrong}
    assert member in send(alice, "POST", BUSY, body, 400)["message"]


def test_nobody_asks_about_calendars_of_others(here: Here, alice: OneCal) -> None:
    body = {**SPAN, "calendarIds": ["primary", here.calendar(103).id]}
    assert send(alice, "POST", BUSY, body, 404)["error"] == "NotFound"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ACCOUNTS),
        ("POST", ACCOUNTS),
        ("DELETE", f"{ACCOUNTS}/101"),
        ("GET", f"{ACCOUNTS}/101/credentials"),
        ("GET", CALENDARS),
        ("POST", CALENDARS),
        ("DELETE", f"{CALENDARS}/primary"),
        ("POST", BUSY),
    ],
)
def test_nobody_asks_without_a_key(alice: OneCal, method: str, path: str) -> None:
    stranger = OneCal(alice.send, key="nope")
    assert expected(stranger(method, path), 401)["error"] == "Unauthorized"
