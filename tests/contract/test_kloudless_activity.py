"""Activity over HTTP: the case K24 of the contract, A.15, and changes that come through other doors than this API."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.serving import Api, Fixture, Json
from tests.gateway.running import PATIENCE
from tests.storage.texts import event

ACTIVITY = {
    "id",
    "account",
    "subscription",
    "type",
    "action",
    "modified",
    "ip",
    "user_id",
    "api",
    "metadata",
}
DAILY = "RRULE:FREQ=DAILY;COUNT=5\r\n"
SECOND = "20261122T100000Z"


class Phone:
    """A CalDAV client of alice's primary calendar."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/dav/alice/primary/"

    def put(self, name: str, text: str) -> None:
        self._send("PUT", name, text)

    def delete(self, name: str) -> None:
        self._send("DELETE", name, "")

    def _send(self, method: str, name: str, text: str) -> None:
        login = ("alice", "alice-password")
        done = httpx.request(method, self._url + name, content=text, auth=login, timeout=PATIENCE, trust_env=False)
        assert done.status_code in (201, 204), done.text


@pytest.fixture
def phone(fixture: Fixture) -> Phone:
    return Phone(fixture.url)


@pytest.fixture
def api(fixture: Fixture) -> Iterator[Api]:
    """As account 101, whose subscriptions end with the test."""
    yield fixture.api(101)
    for each in fixture.api(101).get("subscriptions")["objects"]:
        fixture.api(101).delete(f"subscriptions/{each['id']}")


class Follower:
    """Somebody who reads a subscription's activity, going on from where the last answer ended."""

    def __init__(self, api: Api, body: Json | None = None) -> None:
        self.api = api
        self.id = body["id"] if body and "id" in body else api.post("subscriptions", body or {})["id"]
        self.path = f"subscriptions/{self.id}/activity"
        self.cursor: str = api.get(self.path)["cursor"]

    def read(self, **params: object) -> Json:
        found = self.api.get(self.path, params={"cursor": self.cursor, **params})
        assert found["count"] == len(found["objects"])
        assert (found["type"], found["api"]) == ("object_list", "activity")
        assert found["total"] >= found["count"]
        self.cursor = found["cursor"]
        return found

    def told(self) -> list[tuple[str, str]]:
        return [(each["type"], each["metadata"]["id"]) for each in self.read()["objects"]]


def uid(name: str) -> str:
    return f"{name}@activity.example"


def series(*keys: str, more: str = "") -> str:
    """Five days, some of them under another name."""
    parts = [event(uid("series"), more=DAILY + more)]
    parts += [event(uid("series"), summary="Later", more=f"RECURRENCE-ID:{key}\r\n") for key in keys]
    inner = "".join(text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")] for text in parts)
    return parts[0][: parts[0].index("BEGIN:VEVENT")] + inner + "END:VCALENDAR\r\n"


def test_k24_a_subscription_and_an_events_life(api: Api) -> None:
    made = api.post("subscriptions", {})
    path = f"subscriptions/{made['id']}/activity"
    assert made["active"] is True
    assert [each["id"] for each in api.get("subscriptions/")["objects"]] == [made["id"]]
    empty = api.get(path)
    assert (empty["objects"], empty["count"], empty["api"]) == ([], 0, "activity")
    follower = Follower(api, made)
    new = {"name": "n", "start": "2025-03-04T10:00:00Z", "end": "2025-03-04T11:00:00Z"}
    written = api.post("cal/calendars/primary/events", new)
    (added,) = follower.read()["objects"]
    assert (added["type"], added["action"], added["account"]) == ("add", "+", 101)
    assert added["metadata"] == written
    address = f"cal/calendars/primary/events/{written['id']}"
    patched = api.patch(address, {"name": "N"})
    (updated,) = follower.read()["objects"]
    assert (updated["type"], updated["action"], updated["metadata"]) == ("update", "*", patched)
    api.delete(address)
    (deleted,) = follower.read()["objects"]
    assert (deleted["type"], deleted["metadata"]["id"]) == ("delete", written["id"])
    assert deleted["metadata"]["calendar_id"] == written["calendar_id"]
    assert follower.read()["objects"] == []


def test_the_instances_of_a_series_by_this_api(api: Api) -> None:
    follower = Follower(api)
    new = {"name": "s", "start": "2019-04-10T10:00:00Z", "end": "2019-04-10T11:00:00Z"}
    master = api.post("cal/calendars/primary/events", {**new, "recurrence": [{"rrule": "FREQ=DAILY;COUNT=10"}]})
    first = api.get("cal/calendars/primary/events", params={"instances": master["id"], "page_size": 2})["objects"]
    exception = api.patch(f"cal/calendars/primary/events/{first[0]['id']}", {"name": "moved"})
    api.delete(f"cal/calendars/primary/events/{first[1]['id']}")
    api.delete(f"cal/calendars/primary/events/{first[0]['id']}")
    api.delete(f"cal/calendars/primary/events/{master['id']}")
    objects = follower.read()["objects"]
    assert [(each["type"], each["metadata"]["id"]) for each in objects] == [
        ("add", master["id"]),
        ("update", exception["id"]),
        ("delete", first[1]["id"]),
        ("delete", exception["id"]),
        ("delete", master["id"]),
    ]
    assert objects[1]["metadata"] == exception
    assert {**objects[2]["metadata"], "modified": ""} == {**first[1], "modified": ""}, "as it was last"


def test_an_event_that_comes_changes_and_goes_in_another_program(api: Api, phone: Phone) -> None:
    follower = Follower(api)
    assert follower.read() == {
        "objects": [],
        "cursor": follower.cursor,
        "count": 0,
        "total": 0,
        "type": "object_list",
        "api": "activity",
    }
    begun = follower.cursor
    phone.put("one.ics", event(uid("one"), summary="one"))
    (added,) = follower.read()["objects"]
    assert set(added) == ACTIVITY
    assert (added["type"], added["action"], added["account"], added["subscription"]) == ("add", "+", 101, follower.id)
    assert (added["ip"], added["user_id"], added["api"]) == (None, None, "activity")
    assert added["modified"].endswith("Z")
    shown = added["metadata"]
    assert shown == api.get(shown["href"]), "the event as any other request shows it"
    assert "raw" not in api.get(follower.path, headers={"X-Kloudless-Raw-Data": "true"})["objects"][0]["metadata"]
    phone.put("one.ics", event(uid("one"), summary="two"))
    (updated,) = follower.read()["objects"]
    assert (updated["type"], updated["action"], updated["metadata"]["name"]) == ("update", "*", "two")
    phone.delete("one.ics")
    (deleted,) = follower.read()["objects"]
    assert (deleted["type"], deleted["action"]) == ("delete", "-")
    gone = deleted["metadata"]
    assert {name: gone[name] for name in gone if name != "modified"} == {
        name: value for name, value in updated["metadata"].items() if name != "modified"
    }, "the last known state"
    assert follower.read()["objects"] == []
    again = api.get(follower.path, params={"cursor": begun})
    assert [each["type"] for each in again["objects"]] == ["add", "update", "delete"], "reading consumes nothing"
    assert [each["metadata"]["name"] for each in again["objects"]] == ["one", "two", "two"], "as it was then"
    assert len({each["id"] for each in again["objects"]}) == 3
    assert api.get(follower.path)["objects"] == again["objects"], "from the creation of the subscription"


def test_one_occurrence_is_told_of_by_its_own_id(api: Api, phone: Phone) -> None:
    follower = Follower(api)
    phone.put("series.ics", series())
    (added,) = follower.read()["objects"]
    master = added["metadata"]["id"]
    assert added["metadata"]["recurrence_type"] == "recurring_master"
    phone.put("series.ics", series(SECOND))
    (updated,) = follower.read()["objects"]
    exception = updated["metadata"]
    assert (updated["type"], exception["id"], exception["name"]) == ("update", f"{master}_{SECOND}", "Later")
    assert (exception["recurring_master_id"], exception["recurrence_type"]) == (master, "recurring")
    assert exception == api.get(exception["href"])
    phone.put("series.ics", series(SECOND, more="EXDATE:20261123T100000Z\r\n"))
    (deleted,) = follower.read()["objects"]
    instance = deleted["metadata"]
    assert (deleted["type"], instance["id"]) == ("delete", f"{master}_20261123T100000Z")
    assert (instance["start"], instance["name"]) == ("2026-11-23T10:00:00Z", "Standup")
    assert instance["original_start"] == "2026-11-23T10:00:00Z"
    phone.delete("series.ics")
    assert follower.told() == [("delete", master)], "the series, once"


def test_pages_of_activity(api: Api, phone: Phone) -> None:
    follower = Follower(api)
    for n in range(5):
        phone.put(f"page-{n}.ics", event(uid(f"page-{n}")))
    whole = api.get(follower.path)
    assert (whole["count"], whole["total"]) == (5, 5)
    found = []
    for size in (2, 2, 2):
        page = follower.read(page_size=size)
        assert page["total"] == 5, "all that are stored, whatever was read of them"
        found += page["objects"]
    assert found == whole["objects"]
    assert (follower.read()["objects"], follower.read()["total"]) == ([], 5)
    assert api.get(follower.path, params={"cursor": "after-auth"})["total"] > 5
    assert follower.cursor == whole["cursor"] == found[-1]["id"], "each place right behind an object is a cursor"
    for n in range(5):
        phone.delete(f"page-{n}.ics")
    for bad in ("0", "1001", "x"):
        refused = api.get(follower.path, 400, params={"page_size": bad})
        assert refused["error_code"] == "invalid_parameters"


def test_cursors(api: Api, phone: Phone) -> None:
    follower = Follower(api)
    phone.put("cursor.ics", event(uid("cursor")))
    latest = api.get(f"{follower.path}/latest/")
    assert set(latest) == {"cursor"}
    assert api.get(follower.path, params=latest)["objects"] == []
    assert follower.read()["count"] == 1
    phone.delete("cursor.ics")
    assert [each["type"] for each in api.get(follower.path, params=latest)["objects"]] == ["delete"]
    everything = api.get(follower.path, params={"cursor": "after-auth"})["objects"]
    calendars = [each["metadata"]["name"] for each in everything if each["metadata"]["type"] == "calendar"]
    assert calendars[:2] == ["Alice", "Team"], "since the account was connected"
    for bad in ("bogus", "-1", "0", "", "99999999", "fffffffff-0-000000", "after_auth", "٣", latest["cursor"] + "0"):
        refused = api.get(follower.path, 400, params={"cursor": bad})
        assert refused["error_code"] == "invalid_parameters", bad
        assert refused["message"].startswith("cursor: ")


def test_what_the_subscription_remembers(api: Api, phone: Phone) -> None:
    follower = Follower(api)
    phone.put("kept.ics", event(uid("kept")))
    follower.read()
    shown = api.get(f"subscriptions/{follower.id}")
    assert shown["last_cursor"] == follower.cursor
    assert shown["last_cursor_updated_at"].endswith("Z")
    phone.delete("kept.ics")


def test_a_subscription_that_is_not_active_gives_nothing(api: Api, phone: Phone) -> None:
    follower = Follower(api)
    api.patch(f"subscriptions/{follower.id}", {"active": False})
    for path in (follower.path, f"{follower.path}/latest"):
        assert api.get(path, 403)["error_code"] == "forbidden"
    phone.put("silent.ics", event(uid("silent")))
    api.patch(f"subscriptions/{follower.id}", {"active": True})
    assert [each[0] for each in follower.told()] == ["add"], "what happened meanwhile is not lost"
    phone.delete("silent.ics")


def test_calendars_and_the_choice_of_some(api: Api, phone: Phone) -> None:
    team = api.get("cal/calendars")["objects"][1]["id"]
    every, some = Follower(api), Follower(api, {"monitored_resources": [team]})
    made = api.post("cal/calendars", {"name": "Crew"})
    renamed = api.patch(f"cal/calendars/{made['id']}", {"name": "Band"})
    phone.put("chosen.ics", event(uid("chosen")))
    phone.delete("chosen.ics")
    api.delete(f"cal/calendars/{made['id']}")
    objects = every.read()["objects"]
    assert [each["type"] for each in objects] == ["add", "update", "add", "delete", "delete"]
    assert [objects[at]["metadata"] for at in (0, 1, 4)] == [made, renamed, renamed]
    assert some.read()["objects"] == []


def test_nobody_reads_what_is_not_theirs(api: Api, fixture: Fixture) -> None:
    follower = Follower(api)
    for path in (follower.path, f"{follower.path}/latest"):
        fixture.api(102).get(path, 404)
        fixture.api(102).get(f"/v1/accounts/101/{path}", 403)
        fixture.anybody().get(f"/v1/accounts/101/{path}", 401)
        fixture.app().get(f"/v1/accounts/101/{path}")
        assert api("POST", path).status_code == 405
    other = Follower(fixture.api(102))
    assert other.read()["objects"] == []
    fixture.api(102).delete(f"subscriptions/{other.id}")
    api.get("subscriptions/default/activity")
    api.delete(f"subscriptions/{follower.id}")
    api.get("subscriptions/default/activity", 404)
