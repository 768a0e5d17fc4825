"""Restricted Access keys over HTTP (D.3): levels, fields, operations, the window, the rules, linked calendars."""

import json
from collections.abc import Callable, Iterator

import pytest

from gateway.cli import main
from tests.contract.access import KEYS, READ_ONLY, RULES, WINDOW, Access, at, day, empty, key, put
from tests.contract.serving import Fixture, Json

MakeKey = Callable[..., Access]

BAD = "ATTENDEE;CN=Rival:mailto:Rival@Blocked.example"
BOSS = "ORGANIZER:mailto:boss@example.org"
ALICE = "ATTENDEE:mailto:alice@example.com"


@pytest.fixture
def full(fixture: Fixture) -> Iterator[Access]:
    yield key(fixture, "full")
    empty(fixture)


@pytest.fixture
def make_key(fixture: Fixture, capsys: pytest.CaptureFixture[str]) -> Iterator[MakeKey]:
    """Keys as an administrator makes them, beside the running server."""
    config = ["--config", str(fixture.data.parent / "contract.ini")]
    made: list[str] = []

    def make(*words: str, calendars: tuple[str, ...] = ("101/*",)) -> Access:
        capsys.readouterr()
        linked = [word for each in calendars for word in ("--calendar", each)]
        assert main(["token", "create", f"k{len(made)}", "--kind", "access", *linked, *words, "--json", *config]) == 0
        shown = json.loads(capsys.readouterr().out.splitlines()[-1])
        made.append(shown["id"])
        return Access(fixture.url, shown["token"])

    yield make
    for each in made:
        assert main(["token", "revoke", each, *config]) == 0


def info(one: Access) -> list[str | None]:
    """What every kind of GET says of restrictions, of lists, of free-busy, and of the first event if there is one."""
    said = [one.get(path).get("accessInfo") for path in ("/calendars", "/events")]
    said.append(one.get("/freebusy", **{"from": day(0), "to": day(1)}).get("accessInfo"))
    events = one.get("/events")["events"]
    return said + [one.get(f"/events/{each['id']}").get("accessInfo") for each in events[:1]]


def refuses_every_write(one: Access, full: Access, event: Json) -> None:
    """Each write is refused with ACCESS_DENIED, for what is there and for what is not, and leaves all as it was."""
    new = {"calendarId": full.calendar(), "summary": "New", "from": at(1), "to": at(1, 1)}
    for body in (new, {**new, "calendarId": 10**6}, {}):
        one.refused(403, "ACCESS_DENIED", "POST", "/events", body)
    for each in (event["id"], "nothing"):
        one.refused(403, "ACCESS_DENIED", "PATCH", f"/events/{each}", {"summary": "x"})
        one.refused(403, "ACCESS_DENIED", "PATCH", f"/events/{each}", {})
        one.refused(403, "ACCESS_DENIED", "DELETE", f"/events/{each}")
        one.refused(403, "ACCESS_DENIED", "POST", f"/events/{each}/respond", {"status": "accepted"})
    assert full.get("/events")["events"] == [event]


# -- what restricts a key is told on reading ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("full", None),
        ("rate", None),
        ("ro", READ_ONLY),
        ("win", WINDOW),
        ("blk", RULES),
        ("all", f"{WINDOW} {READ_ONLY} {RULES}"),
    ],
)
def test_what_restricts_the_fixtures_keys(fixture: Fixture, full: Access, name: str, said: str | None) -> None:
    full.make("e", at(0), at(0, 1))
    one = key(fixture, name)
    assert set(info(one)) == {said}
    assert one.get("/events/by-contact", email="x").get("accessInfo") == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--level", "view_filtered", "--field", "title"], READ_ONLY),
        (["--level", "free_busy_only"], READ_ONLY),
        (["--level", "full_access", "--past-days", "7"], "Results limited to time window: Last 7 days onward."),
        (["--level", "full_access", "--future-days", "14"], "Results limited to time window: Up to next 14 days."),
        (["--past-days", "0", "--future-days", "1"], f"{WINDOW.replace('30', '0', 1).replace('30', '1')} {READ_ONLY}"),
        (["--level", "full_access", "--rule", "free_busy_only email x@example.org"], RULES),
        (["--level", "full_access", "--rule", "full email x@example.org"], None),
        (["--level", "full_access", "--operation", "edit_title"], None),
    ],
)
def test_what_restricts_a_key(make_key: MakeKey, words: list[str], said: str | None) -> None:
    assert set(info(make_key(*words))) == {said}


# -- levels ------------------------------------------------------------------------------------------------------------


def test_p03_a_key_that_only_reads(fixture: Fixture, full: Access) -> None:
    put(fixture, "e", BOSS, ALICE, start=at(0), end=at(0, 1))
    [event] = full.get("/events")["events"]
    read_only = key(fixture, "ro")
    body = read_only.get("/events")
    assert body["accessInfo"] == READ_ONLY
    assert body["events"] == [event]
    refuses_every_write(read_only, full, event)


def test_a_filtered_key_shows_its_fields_and_no_others(fixture: Fixture, full: Access, make_key: MakeKey) -> None:
    more = [
        "LOCATION:Secret place",
        "DESCRIPTION:Secret plan",
        "CATEGORIES:red",
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://m.example",
    ]
    put(fixture, "Open title", BOSS, ALICE, *more, start=at(0), end=at(0, 1))
    [event] = full.get("/events")["events"]
    times = {"startUtc", "endUtc", "startLocal", "endLocal", "durationMinutes", "allDay"}
    members = {
        "title": {"title"},
        "location": {"location"},
        "description": {"description"},
        "attendees": {"attendees"},
        "times": times,
        "status": {"status"},
        "labels": {"labels"},
        "join_url": {"joinUrl"},
        "organizer": {"organizer"},
    }
    always = {"id", "calendarId", "isRecurringEvent"}
    for field, shown in members.items():
        one = make_key("--level", "view_filtered", "--field", field)
        [seen] = one.get("/events")["events"]
        assert seen.keys() == shown | always, field
        assert seen == {name: event[name] for name in seen}
        assert one.get(f"/events/{event['id']}")["event"] == seen
    two = make_key("--level", "view_filtered", "--field", "title", "--field", "times")
    assert two.get("/events")["events"][0].keys() == {"title"} | times | always
    everything = make_key("--level", "view_filtered", "--field", "all")
    assert everything.get("/events")["events"] == [event]
    refuses_every_write(two, full, event)


def test_hidden_fields_are_not_searched(fixture: Fixture, full: Access, make_key: MakeKey) -> None:
    put(fixture, "Open", BOSS, "LOCATION:Place", "DESCRIPTION:Plan",
        "ATTENDEE;CN=Ann:mailto:ann@example.org", start=at(0), end=at(0, 1))  # fmt: skip
    words = {"title": "open", "location": "place", "description": "plan"}
    for field, word in words.items():
        one = make_key("--level", "view_filtered", "--field", field)
        for other in words.values():
            assert len(one.get("/events", q=other)["events"]) == (other == word)
        assert one.get("/events", attendees="ann@example.org")["meta"]["totalCount"] == 0
        assert one.get("/events/by-contact", name="ann")["meta"]["totalCount"] == 0
        assert one.get("/events/by-contact", email="boss@example.org")["meta"]["totalCount"] == 0
    people = make_key("--level", "view_filtered", "--field", "attendees")
    assert people.get("/events", attendees="ann@example.org")["meta"]["totalCount"] == 1
    assert people.get("/events/by-contact", email="ann@")["meta"]["totalCount"] == 1
    assert people.get("/events/by-contact", email="boss@")["meta"]["totalCount"] == 0


def test_a_key_for_free_and_busy_alone(fixture: Fixture, full: Access, make_key: MakeKey) -> None:
    put(fixture, "Secret", BOSS, ALICE, "LOCATION:Place", "CATEGORIES:red", start=at(0), end=at(0, 1))
    put(fixture, "Free", "TRANSP:TRANSPARENT", start=at(0), end=at(0, 1))
    one = make_key("--level", "free_busy_only")
    assert one.get("/calendars")["data"] == full.get("/calendars")["data"]
    [seen] = one.get("/events")["events"]
    event = next(each for each in full.get("/events")["events"] if each["title"] == "Secret")
    names = ("id", "calendarId", "startUtc", "endUtc", "startLocal", "endLocal", "durationMinutes", "allDay")
    assert seen == {"title": "Busy", **{name: event[name] for name in names}}
    assert one.get(f"/events/{seen['id']}")["event"] == seen
    span = {"from": day(0), "to": day(1)}
    assert one.get("/freebusy", **span)["calendars"] == full.get("/freebusy", **span)["calendars"]
    for params in ({"q": "secret"}, {"q": "busy"}, {"attendees": "alice@example.com"}):
        assert one.get("/events", **params)["meta"]["totalCount"] == 0
    one.refused(403, "ACCESS_DENIED", "GET", "/events/by-contact", email="boss")
    new = {"calendarId": full.calendar(), "summary": "New", "from": at(1), "to": at(1, 1)}
    one.refused(403, "ACCESS_DENIED", "POST", "/events", new)
    one.refused(403, "ACCESS_DENIED", "DELETE", f"/events/{seen['id']}")


# -- operations --------------------------------------------------------------------------------------------------------

CHANGES: dict[str, Json] = {
    "edit_title": {"summary": "New"},
    "edit_location": {"location": "New"},
    "edit_description": {"description": "New"},
    "edit_attendees": {"addAttendees": ["new@example.org"]},
    "edit_times": {"to": at(1, 2)},
}
OPERATIONS = ("create_events", "delete_events", "respond_to_event", *CHANGES)


@pytest.mark.parametrize("allowed", OPERATIONS)
def test_each_operation_alone(full: Access, make_key: MakeKey, allowed: str) -> None:
    one = make_key("--level", "full_access", "--operation", allowed)
    made = full.make("Old", at(1), at(1, 1), attendees=["alice@example.com", "x@example.org"], sendNotifications=False)
    path = f"/events/{made['id']}"
    new = {"calendarId": full.calendar(), "summary": "New", "from": at(2), "to": at(2, 1)}
    attempts: dict[str, tuple[str, str, Json | None]] = {
        "create_events": ("POST", "/events", new),
        "respond_to_event": ("POST", f"{path}/respond", {"status": "accepted"}),
        **{operation: ("PATCH", path, body) for operation, body in CHANGES.items()},
        "delete_events": ("DELETE", path, None),
    }
    before = full.get("/events")["events"]
    for operation, (method, address, body) in attempts.items():
        if operation != allowed:
            one.refused(403, "ACCESS_DENIED", method, address, body)
    for operation, body in CHANGES.items():
        other = next(value for name, value in CHANGES.items() if name != operation)
        one.refused(403, "ACCESS_DENIED", "PATCH", path, {**body, **other})
    assert full.get("/events")["events"] == before
    assert one(*attempts[allowed]).status_code in (200, 201)
    assert full.get("/events")["events"] != before


# -- the window --------------------------------------------------------------------------------------------------------


def test_a_window_cuts_lists_and_refuses_the_rest(fixture: Fixture, full: Access) -> None:
    window = key(fixture, "win")
    made = {days: full.make(f"d{days}", at(days), at(days, 1)) for days in (-40, -20, 0, 20, 40)}
    across = full.make("across", at(29), at(32))
    wide = {"from": "2000-01-01", "to": "2100-01-01"}
    body = window.get("/events", **wide)
    assert [each["title"] for each in body["events"]] == ["d-20", "d0", "d20", "across"]
    assert body["meta"]["totalCount"] == 4
    assert body["meta"]["from"] > at(-31)
    assert body["meta"]["to"] < at(31)
    assert window.titles(**{"from": at(35), "to": at(50)}) == []
    assert [each["title"] for each in window.get("/events")["events"]] == ["d0"]
    assert window.get("/events")["meta"]["from"] >= at(-4)
    for days, event in made.items():
        path = f"/events/{event['id']}"
        if abs(days) < 30:
            assert window.get(path)["event"] == event
            assert window.patch(path, {"location": "x"})["location"] == "x"
        else:
            window.refused(403, "TIMEFRAME_DENIED", "GET", path)
            window.refused(403, "TIMEFRAME_DENIED", "PATCH", path, {"summary": "x"})
            window.refused(403, "TIMEFRAME_DENIED", "DELETE", path)
            window.refused(403, "TIMEFRAME_DENIED", "POST", f"{path}/respond", {"status": "accepted"})
    path = f"/events/{across['id']}"
    assert window.get(path)["event"] == across
    window.refused(403, "TIMEFRAME_DENIED", "PATCH", path, {"summary": "x"})
    window.refused(403, "TIMEFRAME_DENIED", "DELETE", path)
    window.refused(403, "TIMEFRAME_DENIED", "PATCH", f"/events/{made[0]['id']}", {"from": at(50), "to": at(51)})
    new = {"calendarId": full.calendar(), "summary": "New"}
    for span in ({"from": at(50), "to": at(51)}, {"from": at(29), "to": at(31)}, {"from": at(-31), "to": at(-29)}):
        window.refused(403, "TIMEFRAME_DENIED", "POST", "/events", {**new, **span})
    assert len(full.get("/events", **wide)["events"]) == 6
    [busy] = window.get("/freebusy", calendars=full.calendar(), **wide)["calendars"]
    assert len(busy["busy"]) == 4
    assert busy["free"][0]["startUtc"] > at(-31)
    assert busy["busy"][-1]["endUtc"] < at(31)


# -- the rules ---------------------------------------------------------------------------------------------------------


def test_what_is_blocked_leaves_no_trace(fixture: Fixture, full: Access) -> None:
    blocked = key(fixture, "blk")
    put(fixture, "secret", BOSS, BAD, "DESCRIPTION:hidden", start=at(0), end=at(0, 1))
    put(fixture, "from them", "ORGANIZER:mailto:x@blocked.example", ALICE, start=at(0, 2), end=at(0, 3))
    put(fixture, "below", BOSS, "ATTENDEE:mailto:x@sub.blocked.example", start=at(0, 4), end=at(0, 5))
    hidden = [each for each in full.get("/events")["events"] if each["title"] != "below"]
    body = blocked.get("/events")
    assert [each["title"] for each in body["events"]] == ["below"]
    assert (body["meta"]["count"], body["meta"]["totalCount"], body["meta"]["hasMore"]) == (1, 1, False)
    assert (
        blocked.titles(q="secret")
        == blocked.titles(q="hidden")
        == blocked.titles(attendees="rival@blocked.example")
        == []
    )
    for email in ("rival", "@blocked.example"):
        found = blocked.get("/events/by-contact", email=email)["events"]
        assert [each["title"] for each in found] == (["below"] if email == "@sub.blocked.example" else [])
    span = {"from": at(0), "to": at(0, 5), "calendars": full.calendar()}
    [busy] = blocked.get("/freebusy", **span)["calendars"]
    assert busy["busy"] == [{"startUtc": at(0, 4), "endUtc": at(0, 5), "durationMinutes": 60}]
    for event in hidden:
        path = f"/events/{event['id']}"
        absent = "/events/0123456789abcdef0123456789abcdef"
        for method, tail, json_body in (
            ("GET", "", None),
            ("PATCH", "", {"summary": "x"}),
            ("DELETE", "", None),
            ("POST", "/respond", {"status": "accepted"}),
        ):
            said = blocked.refused(404, "EVENT_NOT_FOUND", method, f"{path}{tail}", json_body)
            assert said == blocked.refused(404, "EVENT_NOT_FOUND", method, f"{absent}{tail}", json_body)
        assert full.get(path)["event"] == event
    new = {"calendarId": full.calendar(), "summary": "New", "from": at(1), "to": at(1, 1)}
    blocked.refused(403, "ACCESS_DENIED", "POST", "/events", {**new, "attendees": ["a@BLOCKED.example"]})
    own = blocked.post("/events", {**new, "attendees": ["a@sub.blocked.example"], "sendNotifications": False})
    blocked.refused(403, "ACCESS_DENIED", "PATCH", f"/events/{own['id']}", {"addAttendees": ["a@blocked.example"]})


def test_rules_that_show_less_and_the_ones_that_win(fixture: Fixture, full: Access, make_key: MakeKey) -> None:
    one = make_key(
        *(
            "--level",
            "full_access",
            "--rule",
            "read domain example.org",
            "--rule",
            "free_busy_only domain busy.example",
        ),
        *("--rule", "block email spy@example.org", "--rule", "full email friend@busy.example 5"),
    )
    people = {
        "read": "a@example.org",
        "busy": "b@busy.example",
        "gone": "spy@example.org",
        "all": "friend@busy.example",
    }
    for number, (uid, address) in enumerate(people.items()):
        put(
            fixture,
            uid,
            "ORGANIZER:mailto:alice@example.com",
            f"ATTENDEE:mailto:{address}",
            start=at(number),
            end=at(number, 1),
        )
    read, busy, friend = one.get("/events")["events"]
    assert [read["title"], busy["title"], friend["title"]] == ["read", "Busy", "all"]
    assert busy.keys().isdisjoint({"attendees", "organizer", "status", "labels", "isRecurringEvent"})
    for event in (read, busy):
        one.refused(403, "ACCESS_DENIED", "PATCH", f"/events/{event['id']}", {"summary": "x"})
        one.refused(403, "ACCESS_DENIED", "DELETE", f"/events/{event['id']}")
    one.patch(f"/events/{friend['id']}", {"summary": "x", "sendNotifications": False})
    assert one.get("/events/by-contact", email="busy.example")["meta"]["totalCount"] == 1
    assert one.get("/events", q="busy")["meta"]["totalCount"] == 0
    span = {"from": at(1), "to": at(3), "calendars": full.calendar()}
    assert [each["startUtc"] for each in one.get("/freebusy", **span)["calendars"][0]["busy"]] == [at(1)]


def test_all_restrictions_together(fixture: Fixture, full: Access) -> None:
    one = key(fixture, "all")
    put(fixture, "seen", start=at(0), end=at(0, 1))
    put(fixture, "secret", BOSS, BAD, start=at(0), end=at(0, 1))
    put(fixture, "far", start=at(60), end=at(60, 1))
    events = {each["title"]: each for each in full.get("/events", **{"from": day(0), "to": day(90)})["events"]}
    assert one.titles(**{"from": day(-90), "to": day(90)}) == ["seen"]
    one.refused(404, "EVENT_NOT_FOUND", "GET", f"/events/{events['secret']['id']}")
    one.refused(403, "TIMEFRAME_DENIED", "GET", f"/events/{events['far']['id']}")
    for event in events.values():
        one.refused(403, "ACCESS_DENIED", "DELETE", f"/events/{event['id']}")


# -- linked calendars --------------------------------------------------------------------------------------------------


def test_calendars_that_are_not_linked_are_not_there(fixture: Fixture, full: Access, make_key: MakeKey) -> None:
    one = make_key("--level", "full_access", calendars=("101/team",))
    mine, ours = (full.calendar(each) for each in ("Alice", "Team"))
    assert [each["id"] for each in one.get("/calendars")["data"]] == [ours]
    put(fixture, "mine", start=at(0), end=at(0, 1))
    put(fixture, "ours", start=at(0), end=at(0, 1), slug="team")
    assert one.titles() == ["ours"]
    assert one.get("/events")["currentUserCalendarEmail"] == "team@example.com"
    one.refused(404, "CALENDAR_NOT_FOUND", "GET", "/events", calendarId=mine)
    one.refused(404, "CALENDAR_NOT_FOUND", "GET", "/freebusy", calendars=mine, **{"from": day(0), "to": day(1)})
    new = {"calendarId": mine, "summary": "New", "from": at(1), "to": at(1, 1)}
    one.refused(404, "CALENDAR_NOT_FOUND", "POST", "/events", new)
    event = next(each for each in full.get("/events")["events"] if each["title"] == "mine")
    one.refused(404, "EVENT_NOT_FOUND", "GET", f"/events/{event['id']}")
    one.refused(404, "EVENT_NOT_FOUND", "DELETE", f"/events/{event['id']}")
    assert one.post("/events", {**new, "calendarId": ours})["calendarId"] == ours


def test_calendars_of_several_people(fixture: Fixture, make_key: MakeKey) -> None:
    one = make_key(calendars=("102/primary", "101/*"))
    found = one.get("/calendars")["data"]
    assert [(each["ownerEmail"], each["provider"], each["isOperatorOwner"]) for each in found] == [
        ("alice@example.com", "GOOGLE", False),
        ("team@example.com", "GOOGLE", False),
        ("bob@example.com", "M365", True),
    ]
    status = one.get("/api/auth/token/status")
    assert (status["email"], status["operatorName"]) == ("bob@example.com", "bob")


def test_a_key_without_any_calendar_is_told_so_everywhere(fixture: Fixture, make_key: MakeKey) -> None:
    carol = fixture.api(103)
    made = carol.post("cal/calendars", {"name": "Shortlived"})
    one = make_key("--level", "full_access", calendars=(f"103/{made['id']}",))
    assert [each["name"] for each in one.get("/calendars")["data"]] == ["Shortlived"]
    carol.delete(f"cal/calendars/{made['id']}")
    new = {"calendarId": 1, "summary": "New", "from": at(1), "to": at(1, 1)}
    for method, path, body in (
        ("GET", "/calendars", None),
        ("GET", "/events", None),
        ("GET", "/events?limit=0", None),
        ("GET", "/events/x", None),
        ("GET", "/events/by-contact", None),
        ("GET", "/freebusy", None),
        ("POST", "/events", new),
        ("POST", "/events", {}),
        ("PATCH", "/events/x", {}),
        ("DELETE", "/events/x", None),
        ("POST", "/events/x/respond", {"status": "accepted"}),
    ):
        one.refused(403, "TOKEN_DENIED", method, path, body)
    assert one.get("/api/auth/token/status")["keyTitle"] == "k0"


# -- keys come and go --------------------------------------------------------------------------------------------------


def test_a_rotated_and_a_revoked_key_are_refused_at_once(fixture: Fixture, capsys: pytest.CaptureFixture[str]) -> None:
    config = ["--config", str(fixture.data.parent / "contract.ini")]

    def run(*words: str) -> Json:
        capsys.readouterr()
        assert main([*words, *config]) == 0
        said: Json = json.loads(capsys.readouterr().out.splitlines()[-1])
        return said

    first = run("token", "create", "robot", "--kind", "access", "--calendar", "101/team", "--json")
    old = Access(fixture.url, first["token"])
    assert len(old.get("/calendars")["data"]) == 1
    second = run("token", "rotate", first["id"], "--json")
    fresh = Access(fixture.url, second["token"])
    assert old("GET", "/calendars").status_code == 401
    assert len(fresh.get("/calendars")["data"]) == 1
    assert main(["token", "revoke", first["id"], *config]) == 0
    assert fresh("GET", "/calendars").status_code == 401


@pytest.mark.parametrize("name", ["full", "ro"])
def test_a_key_finds_no_way_to_widen_itself(fixture: Fixture, name: str) -> None:
    one = key(fixture, name)
    before = one.get("/api/auth/token/status")
    grown = {"masterAccessLevel": "full_access", "timeframePastDays": None, "rules": [], "calendars": ["102/*"]}
    for path in ("", "/status", "/rules", "/resources", "/resources/bulk", f"/{before['keyId']}/rules", "/permissions"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert one(method, f"/api/auth/token{path}", grown).status_code in (404, 405), (method, path)
    assert one.get("/api/auth/token/status") == before
    assert {each["ownerEmail"] for each in one.get("/calendars")["data"]} == {"alice@example.com", "team@example.com"}
    assert KEYS[name] not in json.dumps(before)
