"""Subscriptions over HTTP: contract A.4 rows 19–20, A.16, B.1, and the server's setting "Track Activity"."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from storage import clock
from tests.contract.serving import FIXTURE, Api, Fixture, Json
from tests.gateway.running import serving

MEMBERS = {
    "id",
    "account",
    "type",
    "api",
    "active",
    "disable_reason",
    "subscription_type",
    "default",
    "expiry",
    "created",
    "modified",
    "monitored_resources",
    "monitored_resource_object_type",
    "monitored_resource_api",
    "last_cursor_updated_at",
    "last_cursor",
}


@pytest.fixture
def api(fixture: Fixture) -> Iterator[Api]:
    """As account 101, whose subscriptions end with the test."""
    yield fixture.api(101)
    for each in fixture.api(101).get("subscriptions")["objects"]:
        fixture.api(101).delete(f"subscriptions/{each['id']}")


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_a_subscription_as_it_is_made(api: Api) -> None:
    made = api.post("subscriptions", {})
    assert set(made) == MEMBERS
    assert isinstance(made["id"], int)
    assert made["account"] == 101
    assert (made["type"], made["api"], made["subscription_type"]) == ("subscription", "activity", "changes")
    assert (made["active"], made["disable_reason"], made["default"]) == (True, "", True)
    assert made["monitored_resources"] == []
    assert (made["monitored_resource_object_type"], made["monitored_resource_api"]) == ("calendar", "calendar")
    assert (made["last_cursor"], made["last_cursor_updated_at"]) == (None, None)
    assert made["created"] == made["modified"]
    assert timedelta() < moment(made["expiry"]) - clock.now() <= timedelta(days=1)
    assert api.get(f"subscriptions/{made['id']}") == made
    assert api.get("subscriptions/default/") == made


def test_lists_and_the_alias_of_the_default_one(api: Api) -> None:
    empty = {"count": 0, "page": "1", "next_page": None, "objects": [], "total": 0, "type": "object_list"}
    assert api.get("subscriptions/") == {**empty, "api": "activity"}
    assert api.get("subscriptions/default", 404)["error_code"] == "not_found"
    first, second = api.post("subscriptions", {}), api("POST", "subscriptions").json()
    assert second["id"] > first["id"]
    assert (first["default"], second["default"]) == (True, False)
    page = api.get("subscriptions", params={"page_size": 1})
    assert (page["objects"], page["count"], page["total"]) == ([first], 1, 2)
    rest = api.get("subscriptions", params={"page_size": 1, "page": page["next_page"]})
    assert (rest["objects"], rest["next_page"]) == ([second], None)
    assert api.get("subscriptions", 400, params={"page": "bogus"})["error_code"] == "invalid_parameters"
    api.delete("subscriptions/default")
    assert api.get("subscriptions/default")["id"] == second["id"]
    assert api.get(f"subscriptions/{second['id']}")["default"] is True
    api.get(f"subscriptions/{first['id']}", 404)
    third = api.post("subscriptions", {})
    assert third["id"] > second["id"], "no number is given again"


def test_monitored_resources(api: Api, fixture: Fixture) -> None:
    primary, team = (each["id"] for each in api.get("cal/calendars")["objects"])
    made = api.post("subscriptions", {"monitored_resources": ["primary", team, primary]})
    assert made["monitored_resources"] == [primary, team], "the real ids, each once"
    path = f"subscriptions/{made['id']}"
    assert api.patch(path, {"monitored_resources": ["primary"]})["monitored_resources"] == [primary]
    assert api.patch(path, {})["monitored_resources"] == [primary]
    assert api.patch(path, {"monitored_resources": []})["monitored_resources"] == []
    foreign = fixture.api(103).get("cal/calendars/primary")["id"]
    wrong: list[object] = [["nope"], [foreign], [primary, ""], "primary", [7], {}, [None]]
    for bad in wrong:
        refused = api.post("subscriptions", {"monitored_resources": bad}, 400)
        assert refused["error_code"] == "invalid_parameters"
        assert "monitored_resources" in refused["message"]
        assert api.patch(path, {"monitored_resources": bad, "active": False}, 400)["error_code"] == "invalid_parameters"
    assert api.get(path)["active"] is True, "one failing member fails the whole request"
    assert api.get("subscriptions")["total"] == 1


def test_what_a_client_may_set(api: Api) -> None:
    made = api.post("subscriptions", {"subscription_type": "changes", "id": 7, "default": False, "unknown": 1})
    path = f"subscriptions/{made['id']}"
    for bad in ({"subscription_type": "x"}, {"subscription_type": 1}):
        assert api.post("subscriptions", bad, 400)["error_code"] == "invalid_parameters"
    off = api.patch(path, {"active": False, "created": "2000-01-01T00:00:00Z", "last_cursor": "x"})
    assert {**off, "active": True, "expiry": made["expiry"], "modified": made["modified"]} == made
    assert (off["active"], off["expiry"]) == (False, None)
    flags: list[object] = ["no", 0, None, []]
    for bad_flag in flags:
        assert "active" in api.patch(path, {"active": bad_flag}, 400)["message"]
    assert api.patch(path, {"active": True})["expiry"] is not None
    assert api("POST", "subscriptions", content=b"{").status_code == 400


def test_ten_of_an_account(api: Api, fixture: Fixture) -> None:
    for _ in range(10):
        api.post("subscriptions", {})
    refused = api.post("subscriptions", {}, 403)
    assert refused["error_code"] in ("forbidden", "permission_denied")
    other = fixture.api(102).post("subscriptions", {})
    fixture.api(102).delete(f"subscriptions/{other['id']}")


def test_nobody_elses(api: Api, fixture: Fixture) -> None:
    made = api.post("subscriptions", {})
    path = f"subscriptions/{made['id']}"
    for method, wanted in (("GET", None), ("PATCH", {"active": False}), ("DELETE", None)):
        assert fixture.api(102)(method, path, json=wanted).status_code == 404
        assert fixture.api(102)(method, f"/v1/accounts/101/{path}", json=wanted).status_code == 403
        assert fixture.anybody()(method, f"/v1/accounts/101/{path}", json=wanted).status_code == 401
    assert fixture.app().get(f"/v1/accounts/101/{path}") == made
    for name in ("x", "0", "-1", "99999999999999999999", "٣", "1.0", str(made["id"]) + "x"):
        api.get(f"subscriptions/{name}", 404)
    assert api("PUT", path).status_code == 405


def test_new_accounts_are_followed_where_the_server_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    text = FIXTURE.read_text("utf-8").partition("[storage]")[2]
    with serving(tmp_path_factory.mktemp("tracking"), f"\n[api]\ntrack_activity = yes\n[storage]{text}") as running:
        found: Json = Api(running.url, "tb-8c2f61e3d06a4b42").get("subscriptions")
    (only,) = found["objects"]
    assert (only["default"], only["account"], only["active"], only["monitored_resources"]) == (True, 102, True, [])
