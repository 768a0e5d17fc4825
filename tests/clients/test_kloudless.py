"""Kloudless' own public client (`kloudless` 2.0, PyPI), with nothing but its base URL changed."""

from collections.abc import Iterator

import pytest
from kloudless import Account, Client, configuration, get_verified_account
from kloudless.exceptions import APIException, AuthorizationException, ForbiddenException, NotFoundException

from tests.contract.serving import APP_KEY, TOKENS, Fixture, contract

EVENT = {"name": "Planning", "start": "2026-03-04T10:00:00Z", "end": "2026-03-04T11:00:00Z"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    """The contract's fixture, which is where this client sends its requests now."""
    before = dict(configuration)
    with contract(tmp_path_factory.mktemp("kloudless")) as fixture:
        configuration["base_url"] = fixture.url
        yield fixture
    configuration.update(before)


@pytest.fixture
def alice(served: Fixture) -> Account:
    return own(TOKENS[101], served)


def own(token: str, _served: Fixture) -> Account:
    """The account of a token; whatever proxy the environment names is not asked."""
    account = Account(token=token)
    account.trust_env = False
    return account


def test_calendars_are_listed_page_by_page(alice: Account) -> None:
    found = alice.get("cal/calendars", params={"page_size": 1})
    assert [each.data["name"] for each in found.get_paging_iterator()] == ["Alice", "Team"]
    primary = alice.get("cal/calendars/primary")
    primary.refresh()
    assert primary.data["name"] == "Alice"


def test_an_event_lives_and_dies(alice: Account) -> None:
    primary = alice.get("cal/calendars/primary")
    made = primary.post("events", json={**EVENT, "attendees": [{"name": "Bob", "email": "bob@example.com"}]})
    assert made.data["name"] == "Planning"
    assert made.data["id"] in [each.data["id"] for each in primary.get("events", params={"page_size": 1000})]
    assert made.patch(json={"location": "Here"}).data["location"] == "Here"
    made.refresh()
    assert made.data["location"] == "Here"
    assert made.get(get_raw_data=True).data["raw"]
    made.delete()
    with pytest.raises(NotFoundException):
        made.refresh()


def test_activity_is_read_from_a_cursor_on(alice: Account) -> None:
    subscription = alice.post("subscriptions", json={})
    stream = subscription.get("activity")
    assert list(stream) == []
    made = alice.post("cal/calendars/primary/events", json=EVENT)
    made.patch(json={"name": "Changed"})
    made.delete()
    found = subscription.get("activity", params={"cursor": stream.data["cursor"]})
    assert [each.data["type"] for each in found] == ["add", "update", "delete"]
    assert {each.data["metadata"]["id"] for each in found} == {made.data["id"]}
    assert [each.data["metadata"]["name"] for each in found][:2] == ["Planning", "Changed"]
    subscription.delete()


def test_an_application_and_its_accounts(served: Fixture) -> None:
    client = Client(api_key=APP_KEY)
    client.trust_env = False
    assert [each.data["id"] for each in client.get("accounts", params={"page_size": 2}).get_paging_iterator()] == list(
        TOKENS
    )
    of_carol = Account(api_key=APP_KEY, account_id=103)
    of_carol.trust_env = False
    assert of_carol.get("cal/calendars").data["total"] == 2
    application = client.get("accounts/103").data
    token = own(TOKENS[103], served)
    assert application["account"] == "carol@example.com"
    assert token.get("../../oauth/token").data["account_id"] == "103"


def test_a_token_is_verified_for_its_application(served: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client_id = served.api(101).get("/v1/oauth/token")["client_id"]
    assert get_verified_account(client_id, TOKENS[101]).get("").data["account"] == "alice@example.com"


def test_errors_are_the_ones_that_it_knows(served: Fixture, alice: Account) -> None:
    with pytest.raises(AuthorizationException) as refused:
        own("nope", served).get("cal/calendars")
    assert refused.value.status == 401
    with pytest.raises(ForbiddenException):
        Account(token=TOKENS[101]).get(f"{served.url}/v1/accounts/102/cal/calendars")
    with pytest.raises(APIException) as bad:
        alice.post("cal/calendars/primary/events", json={"name": "x"})
    assert bad.value.error_data["error_code"] == "invalid_parameters"
