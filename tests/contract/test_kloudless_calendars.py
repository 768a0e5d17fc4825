"""The cases K01–K07 of the contract, and what its sections A.1–A.5 say beyond them, over HTTP."""

import re

import httpx
import pytest

from tests.contract.serving import TOKENS, Api, Fixture, expected

CALENDAR = {"id", "account_id", "name", "description", "location", "timezone", "type", "api", "href"}


def test_k01_no_token_and_a_wrong_one(fixture: Fixture) -> None:
    path = "/v1/accounts/me/cal/calendars"
    assert fixture.anybody().get(path, 401)["error_code"] in ("authentication_required", "unauthorized")
    for scheme, token in (("Bearer", "nope"), ("APIKey", "nope"), ("Basic", "bm9wZTpub3Bl"), ("Bearer", ",")):
        Api(fixture.url, token, scheme=scheme).get(path, 401)


def test_a_token_of_one_kind_is_none_of_another(fixture: Fixture) -> None:
    Api(fixture.url, TOKENS[101], scheme="APIKey").get("/v1/accounts/101", 401)
    Api(fixture.url, "app-5f1d0c9e7b3a4826").get("/v1/accounts/101", 401)
    Api(fixture.url, "cg_full_c063a5c714ae4f86").get("/v1/accounts/101", 401)


def test_k02_accounts_by_number_and_by_alias(fixture: Fixture) -> None:
    api = fixture.api(101)
    by_number = api.get("/v1/accounts/101/cal/calendars")
    assert by_number == api.get("/v1/accounts/me/cal/calendars/")
    assert api.get("/v1/accounts/102/cal/calendars", 403)["error_code"] == "forbidden"
    assert api.get("/v1/accounts/x/cal/calendars", 403)["error_code"] == "forbidden"
    assert fixture.app().get("/v1/accounts/101/cal/calendars") == by_number
    assert fixture.app().get("/v1/accounts/me/cal/calendars", 400)["error_code"] == "bad_request"
    assert api.get("/v1/accounts/me,101/cal/calendars", 400)["error_code"] == "bad_request"
    assert api.get("/v1/accounts/101,102/cal/calendars", 403)["error_code"] == "forbidden"
    assert fixture.app().get("/v1/accounts/101,102/cal/calendars", 400)["error_code"] == "bad_request"
    assert fixture.app().get("/v1/accounts/999/cal/calendars", 404)["error_code"] == "not_found"


def test_k03_the_envelope_and_the_objects(fixture: Fixture) -> None:
    api = fixture.api(101)
    found = api.get("cal/calendars")
    objects = found.pop("objects")
    assert found == {
        "count": 2,
        "page": "1",
        "next_page": None,
        "total": 2,
        "type": "object_list",
        "api": "calendar",
    }
    for each in objects:
        assert set(each) == CALENDAR
        assert (each["account_id"], each["type"], each["api"]) == ("101", "calendar", "calendar")
        assert api.get(each["href"]) == each
    assert [(each["name"], each["timezone"]) for each in objects] == [
        ("Alice", "America/Los_Angeles"),
        ("Team", "Europe/Berlin"),
    ]


def test_k04_pages(fixture: Fixture) -> None:
    api = fixture.api(101)
    for bad in ("0", "1001", "x", "-1", "1.5", "", "٣"):
        found = api.get("cal/calendars", 400, params={"page_size": bad})
        assert found["error_code"] == "invalid_parameters"
    first = api.get("cal/calendars", params={"page_size": 1})
    assert first["count"] == 1
    second = api.get("cal/calendars", params={"page_size": 1, "page": first["next_page"]})
    assert (second["next_page"], second["page"], second["total"]) == (None, first["next_page"], 2)
    assert {each["id"] for each in (*first["objects"], *second["objects"])} == {
        each["id"] for each in api.get("cal/calendars")["objects"]
    }
    elsewhere = fixture.app().get("/v1/accounts", params={"page_size": 1})["next_page"]
    for bad in ("bogus", "2", "", elsewhere, "W10", "bnVsbA"):
        api.get("cal/calendars", 400, params={"page": bad})


def test_k05_primary_is_an_alias_on_the_way_in(fixture: Fixture) -> None:
    for account in TOKENS:
        api = fixture.api(account)
        primary = api.get("cal/calendars/primary")
        assert primary["id"] != "primary"
        assert api.get(f"cal/calendars/{primary['id']}") == primary
        assert api.delete("cal/calendars/primary", 403).json()["error_code"] == "permission_denied"


def test_k06_a_caldav_calendar_from_birth_to_death(fixture: Fixture) -> None:
    api = fixture.api(103)
    wanted = {"name": "C1", "description": "d", "timezone": "Europe/Paris", "location": "x"}
    made = api.post("cal/calendars", wanted)
    assert [made[name] for name in wanted] == ["C1", "d", "Europe/Paris", None]
    path = f"cal/calendars/{made['id']}"
    changed = api.patch(path, {"name": "C2"})
    assert changed == {**made, "name": "C2"}
    assert api.patch(path, {"description": None})["description"] is None
    api.delete(path)
    assert api.get(path, 404)["error_code"] == "not_found"
    assert api.get("cal/calendars")["total"] == 2


def test_k07_what_each_service_has_of_a_calendar(fixture: Fixture) -> None:
    wanted = {"name": "N", "description": "d", "location": "x", "timezone": "US/Pacific"}
    shown = {
        101: ["N", "d", "x", "US/Pacific"],
        102: ["N", None, None, None],
        103: ["N", "d", None, "US/Pacific"],
        104: ["N", None, None, None],
        105: ["N", "d", None, "US/Pacific"],
    }
    for account, values in shown.items():
        api = fixture.api(account)
        made = api.post("cal/calendars", wanted)
        assert [made[name] for name in wanted] == values
        if account == 104:
            refused = api.patch(f"cal/calendars/{made['id']}", {"name": "M"}, 501)
            assert refused["error_code"] == "not_implemented"
        api.delete(f"cal/calendars/{made['id']}")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " "},
        {"name": None},
        {"name": 5},
        {"name": ["x"]},
        {"name": "x" * 10_001},
        {"name": "a\0b"},
        {"name": "x", "timezone": "Mars/Olympus"},
        {"name": "x", "timezone": 3},
        {"name": "x", "description": {}},
        {"name": "x", "raw": 1},
        {"name": "x", "raw": {"object": []}},
        [],
        "x",
    ],
)
def test_what_no_calendar_can_be_made_of_makes_none(fixture: Fixture, body: object) -> None:
    api = fixture.api(101)
    before = api.get("cal/calendars")
    refused = api.post("cal/calendars", body, 400)
    wrong = [name for name, value in body.items() if value != "x"] if isinstance(body, dict) else []
    assert not wrong or wrong[0] in refused["message"]
    assert api.get("cal/calendars") == before


def test_a_body_that_is_no_json(fixture: Fixture) -> None:
    for text in ("{", "nonsense", '{"name": "x"', '{"name": NaN}', '{"name": "\ud800"}'):
        response = fixture.api(101)("POST", "cal/calendars", content=text.encode("utf-8", "surrogatepass"))
        assert expected(response, 400)["error_code"] == "bad_request"


def test_unknown_paths_and_methods(fixture: Fixture) -> None:
    api = fixture.api(101)
    assert api.get("nothing/here", 404)["error_code"] == "not_found"
    assert expected(api("PUT", "cal/calendars"), 405)["error_code"] == "method_not_allowed"
    for other in ("0", "primary2", "../102", fixture.api(102).get("cal/calendars/primary")["id"]):
        assert api.get(f"cal/calendars/{other}", 404)["error_code"] == "not_found"


def test_the_raw_side_of_a_calendar_is_shown_on_request_and_kept(fixture: Fixture) -> None:
    raw = {"X-Kloudless-Raw-Data": "true"}
    for account in TOKENS:
        api = fixture.api(account)
        made = api.post(
            "cal/calendars", {"name": "R", "raw": {"object": {"shade": "teal", "name": "other", "summary": "other"}}}
        )
        assert "raw" not in made
        path = f"cal/calendars/{made['id']}"
        if account != 104:
            api.patch(path, {"name": "R2"})
            assert api.get(path, headers=raw)["raw"]["shade"] == "teal"
            api.patch(path, {"raw": {"object": {"shade": None}}})
        found = api.get("cal/calendars", headers=raw)["objects"][-1]
        assert "shade" not in found["raw"]
        assert "other" not in found["raw"].values()
        assert found["name"] == ("R" if account == 104 else "R2")
        assert all(
            "raw" not in api.get(path, headers={"X-Kloudless-Raw-Data": each}) for each in ("false", "True", "1")
        )
        api.delete(path)
    fixture.api(101).get("cal/calendars", 400, headers={"X-Kloudless-Raw-Headers": "[]"})


def test_accounts_and_whose_a_token_is(fixture: Fixture) -> None:
    own = fixture.api(103).get("/v1/accounts")
    assert [each["id"] for each in own["objects"]] == [103]
    assert own["api"] == "core"
    every = fixture.app().get("/v1/accounts")
    assert [each["id"] for each in every["objects"]] == list(TOKENS)
    assert fixture.app().get("/v1/accounts?active=true&enabled=True&admin=false") == every
    for none in ("active=false", "enabled=false", "admin=true", "active=true&admin=true"):
        assert fixture.app().get(f"/v1/accounts?{none}")["total"] == 0
    assert "admin" in fixture.app().get("/v1/accounts?admin=perhaps", 400)["message"]
    services = [each["service"] for each in every["objects"]]
    assert services == ["google_calendar", "outlook_calendar", "caldav", "exchange", "icloud_calendar"]
    carol = fixture.api(103).get("/v1/accounts/me")
    assert (carol["account"], carol["active"], carol["type"]) == ("carol@example.com", True, "account")
    assert "contact" in every["objects"][0]["apis"]
    assert "contact" not in carol["apis"]
    token = fixture.api(103).get("/v1/oauth/token")
    assert (token["account_id"], token["type"], token["api"]) == ("103", "token", "core")


def test_a_calendar_of_the_api_is_one_over_dav(fixture: Fixture) -> None:
    api = fixture.api(101)
    made = api.post("cal/calendars", {"name": "Seen"})
    found = httpx.request(
        "PROPFIND",
        f"{fixture.url}/dav/alice/",
        auth=("alice", "alice-password"),
        headers={"Depth": "1"},
        trust_env=False,
    )
    assert ">Seen<" in found.text
    api.delete(f"cal/calendars/{made['id']}")


def test_the_page_of_the_description_loads_nothing_from_elsewhere(fixture: Fixture) -> None:
    page = fixture.anybody()("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    addresses = re.findall(r'(?:src|href)="([^"]+)"|url: .([^"\']+)', page.text)
    loaded = {first or second for first, second in addresses}
    assert {"/openapi.json", "/docs/parts/swagger-ui-bundle.js", "/docs/parts/swagger-ui.css"} <= loaded
    assert all(fixture.anybody()("GET", address).status_code == 200 for address in loaded), loaded
    assert not re.search(r"https?://", page.text)
