"""The contract's fixture as a user would serve it, and requests of its accounts and applications."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.gateway.running import PATIENCE, Running

FIXTURE = Path(__file__).parent / "contract.ini"

UNLIMITED = "[api]\naccess_requests_per_minute = 0\naccess_requests_per_hour = 0\n"
"""As many requests of an Access key as a suite makes."""

APP_KEY = "app-5f1d0c9e7b3a4826"

TOKENS: Mapping[int, str] = {
    101: "ta-1b7e40d2c95f4a31",
    102: "tb-8c2f61e3d06a4b42",
    103: "tc-9d3072f4e17b4c53",
    104: "td-ae4183a5f28c4d64",
    105: "te-bf5294b6039d4e75",
}
"""The bearer token of each account: Google, Outlook, CalDAV, Exchange and iCloud rules, in this order."""

Json = dict[str, Any]


class Api:
    """Requests of one account below `/v1/accounts/me`, or (`token` None) without any credentials."""

    def __init__(self, url: str, token: str | None, *, scheme: str = "Bearer") -> None:
        self.url = url
        self.headers = {"Authorization": f"{scheme} {token}"} if token else {}

    def __call__(
        self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """One request; a path without a leading slash is below the token's own account."""
        address = path if path.startswith(("/", "http")) else f"/v1/accounts/me/{path}"
        if json is not None:
            options["json"] = json
        return httpx.request(
            method,
            address if address.startswith("http") else self.url + address,
            headers={**self.headers, **(headers or {})},
            timeout=PATIENCE,
            trust_env=False,
            verify=False,  # nothing is encrypted here, and to read all certificates takes 20 ms
            **options,
        )

    def get(self, path: str, status: int = 200, **options: Any) -> Json:
        """The JSON of a GET that answers with this status."""
        return expected(self("GET", path, **options), status)

    def post(self, path: str, json: object, status: int = 201, **options: Any) -> Json:
        """The JSON of a POST that answers with this status."""
        return expected(self("POST", path, json=json, **options), status)

    def patch(self, path: str, json: object, status: int = 200, **options: Any) -> Json:
        """The JSON of a PATCH that answers with this status."""
        return expected(self("PATCH", path, json=json, **options), status)

    def delete(self, path: str, status: int = 204) -> httpx.Response:
        """A DELETE that answers with this status; 204 has no body."""
        response = self("DELETE", path)
        assert response.status_code == status, response.text
        assert status != 204 or not response.content
        return response


def expected(response: httpx.Response, status: int) -> Json:
    """The JSON of a response of this status; an error has the dialect's shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    body: Json = response.json()
    if status >= 400:
        assert body["status_code"] == status
        assert all(isinstance(body[name], str) and body[name] for name in ("error_code", "message", "id")), body
    return body


class Fixture:
    """The running server; `data` is its data folder."""

    def __init__(self, running: Running, data: Path) -> None:
        self.running = running
        self.url = running.url
        self.data = data

    def api(self, account: int) -> Api:
        """As this account."""
        return Api(self.url, TOKENS[account])

    def app(self) -> Api:
        """As the application."""
        return Api(self.url, APP_KEY, scheme="APIKey")

    def anybody(self) -> Api:
        """Without credentials."""
        return Api(self.url, None)


def served(more: str = "") -> str:
    """The fixture's configuration, on a free port, with more sections."""
    return FIXTURE.read_text("utf-8").replace("port = 5243", "port = 0") + f"\n{more}"


@contextmanager
def contract(folder: Path, text: str = "") -> Iterator[Fixture]:
    """Serve the fixture from `folder`, or another configuration, on a free port."""
    config = folder / "contract.ini"
    config.write_text(text or served(UNLIMITED), "utf-8")
    with Running(config) as running:
        yield Fixture(running, folder / "data")
