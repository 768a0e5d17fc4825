"""429 over HTTP: a server that allows five requests a minute to each token, answered by two processes."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.serving import FIXTURE, Fixture, contract

MOST = 5


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    text = FIXTURE.read_text("utf-8").replace("port = 5243", "port = 0\nworkers = 2")
    with contract(tmp_path_factory.mktemp("limited"), f"{text}\n[api]\nrequests_per_minute = {MOST}\n") as served:
        yield served


def test_the_request_beyond_the_limit(limited: Fixture) -> None:
    api = limited.api(101)
    for number in range(MOST):
        api.get("cal/calendars", 403 if number == 1 else 200, headers={"X-Kloudless-As-User": "1" * (number == 1)})
    refused = api("GET", "cal/calendars")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    body = api.get("cal/calendars", 429)
    assert body["error_code"] == "too_many_requests"
    api.post("cal/availability", {}, 429)
    limited.api(102).get("cal/calendars")
    limited.app().get("/v1/accounts/101/cal/calendars")


def test_who_is_nobody_is_not_counted_and_several_tokens_are_all(limited: Fixture) -> None:
    for _ in range(2 * MOST):
        limited.anybody().get("/v1/accounts", 401)
    both = limited.api(103)
    both.headers = {"Authorization": f"{both.headers['Authorization']},{limited.api(104).headers['Authorization'][7:]}"}
    for _ in range(MOST):
        both.get("/v1/accounts/103")
    both.get("/v1/accounts/103", 429)
    limited.api(104).get("/v1/accounts/104", 429)


def test_what_needs_no_token_has_no_limit(limited: Fixture) -> None:
    for _ in range(2 * MOST):
        assert httpx.get(f"{limited.url}/healthz", trust_env=False).status_code == 200
