"""Resources and users of a team over HTTP: the case K26 of the contract, A.13b, B.1, and who sees whom."""

import pytest

from storage.model import Level
from storage.store import Store
from tests.contract.serving import APP_KEY, Api, Fixture

DAY = {"start": "2017-05-20T00:00:00Z", "end": "2017-05-21T00:00:00Z"}
EMPTY = {"count": 0, "page": "1", "next_page": None, "objects": [], "total": 0, "type": "object_list"}


def test_k26_resources(fixture: Fixture) -> None:
    for account in (102, 104):
        assert fixture.api(account).get("cal/resources") == {**EMPTY, "api": "calendar"}
    assert fixture.api(101).get("cal/resources", 403)["error_code"] == "permission_denied"
    for account in (103, 105):
        assert fixture.api(account).get("cal/resources", 501)["error_code"] == "not_implemented"
    assert fixture.app().get("/v1/accounts/102/cal/resources")["count"] == 0
    fixture.anybody().get("/v1/accounts/102/cal/resources", 401)
    fixture.api(101).get("/v1/accounts/102/cal/resources", 403)
    for bad in ({"page_size": 0}, {"page": "bogus"}):
        fixture.api(102).get("cal/resources", 400, params=bad)


def test_nobody_acts_as_somebody_else(fixture: Fixture) -> None:
    as_bob = {"X-Kloudless-As-User": "102"}
    assert fixture.api(101).get("cal/calendars", 403, headers=as_bob)["error_code"] == "forbidden"
    fixture.app().get("/v1/accounts/101/cal/calendars", 403, headers=as_bob)
    fixture.anybody().get("/v1/accounts/101/cal/calendars", 401, headers=as_bob)
    fixture.api(101).get("cal/calendars", headers={"X-Kloudless-As-User": ""})


def _user(fixture: Fixture, account: int, name: str, calendar_id: str | None = None) -> dict[str, object]:
    own = fixture.api(account).get("cal/calendars/primary")["id"]
    return {
        "id": str(account),
        "name": name,
        "email": f"{name}@example.com",
        "calendar_id": calendar_id or own,
        "type": "user",
        "api": "team",
    }


def test_one_sees_oneself_and_who_shares_a_calendar(fixture: Fixture) -> None:
    api = fixture.api(101)
    alone = api.get("team/users")
    assert alone == {**EMPTY, "count": 1, "total": 1, "api": "team", "objects": [_user(fixture, 101, "alice")]}
    store = Store.open(fixture.data)
    carols = [each["id"] for each in fixture.api(103).get("cal/calendars")["objects"]]
    try:
        work = store.share(carols[1], "alice", Level.BUSY).id
        assert api.get("team/users/103") == _user(fixture, 103, "carol", work)
        primary = store.share(carols[0], "alice", Level.READ).id
        daves = store.share(fixture.api(104).get("cal/calendars/primary")["id"], "alice", Level.READ).id
        wanted = [
            _user(fixture, 101, "alice"),
            _user(fixture, 103, "carol", primary),
            _user(fixture, 104, "dave", daves),
        ]
        assert api.get("team/users")["objects"] == wanted
        assert Api(fixture.url, APP_KEY, scheme="APIKey").get("/v1/accounts/101/team/users")["objects"] == wanted
        for each in wanted:
            path = f"cal/calendars/{each['calendar_id']}"
            assert api.get(path)["id"] == each["calendar_id"]
            assert api.get(f"{path}/events")["objects"] == []
            asked = {"meeting_duration": "PT1H", "time_windows": [DAY], "calendars": [each["calendar_id"]]}
            assert api.post("cal/availability", asked, 200)["time_windows"] == [DAY]
        first = api.get("team/users", params={"page_size": 2})
        second = api.get("team/users", params={"page_size": 2, "page": first["next_page"]})
        assert [*first["objects"], *second["objects"]] == wanted
        assert (first["total"], second["total"], second["next_page"]) == (3, 3, None)
        assert fixture.api(104).get("team/users")["objects"] == [_user(fixture, 104, "dave")], "showing is not seeing"
    finally:
        for each in (*carols, fixture.api(104).get("cal/calendars/primary")["id"]):
            if any(grant.user == "alice" for grant in store.grants(collection=store.collection(each))):
                store.unshare(each, "alice")
        store.close()
    assert api.get("team/users") == alone


@pytest.mark.parametrize("user", ["102", "103", "bob", "me", "0", "999", "-1", "1" * 50])
def test_others_do_not_exist(fixture: Fixture, user: str) -> None:
    assert fixture.api(101).get(f"team/users/{user}", 404)["error_code"] == "not_found"


def test_which_services_have_a_team(fixture: Fixture) -> None:
    for account in (103, 105):
        for path in ("team/users", "team/users/103"):
            assert fixture.api(account).get(path, 501)["error_code"] == "not_implemented"
    assert fixture.api(102).get("team/users", 403)["error_code"] == "permission_denied", "an administrator's, by S0"
    assert fixture.api(104).get("team/users/104") == _user(fixture, 104, "dave")
