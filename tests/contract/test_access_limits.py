"""How often an Access key may ask (D87) over HTTP: 100 requests a minute, counted together by two processes."""

from collections.abc import Iterator

import pytest

from tests.contract.access import Access, key
from tests.contract.serving import Fixture, contract, served


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    """The fixture as it is declared, with nothing said of limits."""
    text = served().replace("port = 0", "port = 0\nworkers = 2")
    with contract(tmp_path_factory.mktemp("limited"), text) as running:
        yield running


def test_the_hundred_and_first_request_of_a_minute(limited: Fixture) -> None:
    rate, full = key(limited, "rate"), key(limited, "full")
    for number in range(100):
        answer = rate("GET", ("/calendars", "/events/x", "/events?limit=0")[number % 3])
        assert answer.status_code == (200, 404, 400)[number % 3]
    for method, path in (("GET", "/calendars"), ("POST", "/events"), ("GET", "/api/auth/token/status")):
        answer = rate(method, path)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.json()["code"] == "RATE_LIMITED"
        assert answer.json()["message"] == answer.json()["error"]
    assert full("GET", "/calendars").status_code == 200
    for one in (Access(limited.url, None), Access(limited.url, "nobody")):
        assert all(one("GET", "/calendars").status_code == 401 for _ in range(110))
    limited.api(101).get("cal/calendars")
