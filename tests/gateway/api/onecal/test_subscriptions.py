"""Webhooks in the OneCal dialect, as an application asks for them (contract C.4)."""

import pytest

from storage.model import Level
from tests.contract.onecal import Json, OneCal, expected
from tests.gateway.api.contract_here import Here

PATH = "/api/v1/calendarSubscriptions/101"
HOOK = "https://example.com/hook"


def make(alice: OneCal, status: int = 201, **more: object) -> Json:
    """The answer to a POST."""
    body = {"webhookUrl": HOOK, "subscriptionType": "event", "calendarId": "primary", **more}
    return expected(alice("POST", PATH, json=body), status)


def test_an_address_is_subscribed_listed_and_forgotten(here: Here, alice: OneCal) -> None:
    made = make(alice, rateLimit=100)
    assert set(made) == {"webhookSubscriptionId", "endpointSecret"}
    assert made["endpointSecret"].startswith("whsec_")
    other = make(alice, subscriptionType="calendar", calendarId=None)
    page = alice.get(PATH, limit=1)
    [first] = page["data"]
    assert (first["webhookSubscriptionId"], first["url"]) == (made["webhookSubscriptionId"], HOOK)
    assert (first["calendarId"], first["rateLimit"]) == (here.calendar(101).id, 100)
    assert "endpointSecret" not in first, "it was said once"
    [second] = alice.get(PATH, pageToken=page["nextPageToken"])["data"]
    assert (second["id"], second["subscriptionType"]) == (other["webhookSubscriptionId"], "calendar")
    assert alice.get("/api/v1/calendarSubscriptions/102")["data"] == []
    for each in ({"subscriptionId": first["id"]}, {"data": {"subscriptionId": second["id"]}}):
        assert expected(alice("DELETE", PATH, json=each), 200) == {"success": True}
        assert expected(alice("DELETE", PATH, json=each), 404)["error"] == "NotFound"
    assert alice.get(PATH) == {"data": []}


def test_nothing_secret_stands_in_the_mirror(here: Here, alice: OneCal) -> None:
    secret = make(alice)["endpointSecret"]
    for path in here.store.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("webhookUrl", {"webhookUrl": None}),
        ("webhookUrl", {"webhookUrl": "ftp://example.com"}),
        ("webhookUrl", {"webhookUrl": "https://"}),
        ("webhookUrl", {"webhookUrl": "https://[x"}),
        ("webhookUrl", {"webhookUrl": "https://example.com/a b"}),
        ("webhookUrl", {"webhookUrl": f"https://example.com/{'x' * 2000}"}),
        ("subscriptionType", {"subscriptionType": None}),
        ("subscriptionType", {"subscriptionType": "everything"}),
        ("calendarId", {"calendarId": None}),
        ("rateLimit", {"rateLimit": 0}),
        ("rateLimit", {"rateLimit": "fast"}),
    ],
)
def test_a_subscription_that_cannot_be(alice: OneCal, member: str, wrong: Json) -> None:
    assert member in make(alice, 400, **wrong)["message"]
    assert alice.get(PATH) == {"data": []}


def test_only_calendars_of_the_account(here: Here, alice: OneCal) -> None:
    make(alice, 404, calendarId=here.calendar(103).id)
    here.store.share(here.calendar(103).id, "alice", Level.READ)
    seen = next(each for each in here.store.home("alice") if each.share is not None)
    make(alice, 400, calendarId=seen.id)


def test_an_end_names_what_it_ends(alice: OneCal) -> None:
    assert "subscriptionId" in expected(alice("DELETE", PATH, json={}), 400)["message"]
