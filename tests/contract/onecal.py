"""Requests of an application in the OneCal dialect, and a copy of a calendar as its client would keep one."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.contract.serving import APP_KEY
from tests.gateway.running import PATIENCE

Json = dict[str, Any]
Send = Callable[..., httpx.Response]
"""Sends a request: method, path, and by name `headers`, `params` and `json`."""


def over(url: str) -> Send:
    """Requests to a server."""

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        # Nothing is encrypted here, and to read all certificates takes 20 ms.
        return httpx.request(method, url + path, timeout=PATIENCE, trust_env=False, verify=False, **options)

    return send


class OneCal:
    """Requests about one calendar of an account; `key` None: without any credentials."""

    def __init__(
        self, send: Send, account: int | str = 101, calendar: str = "primary", key: str | None = APP_KEY
    ) -> None:
        self.send = send
        self.base = f"/api/v1/events/{account}/{calendar}"
        self.headers = {} if key is None else {"x-api-key": key}

    def __call__(self, method: str, path: str = "", *, json: object = None, **params: Any) -> httpx.Response:
        """One request; a path that begins with `/api` stands for itself, another is below the calendar."""
        address = path if path.startswith("/api") else self.base + path
        options: Json = {} if json is None else {"json": json}
        wanted = {name: str(value).lower() if isinstance(value, bool) else value for name, value in params.items()}
        return self.send(method, address, headers=self.headers, params=wanted, **options)

    def get(self, path: str = "", status: int = 200, **params: Any) -> Json:
        """The JSON of a GET that answers with this status."""
        return expected(self("GET", path, **params), status)

    def data(self, path: str = "", **params: Any) -> list[Json]:
        """The events of a list, all of its pages."""
        return self.all(path, **params)[0]

    def all(self, path: str = "", **params: Any) -> tuple[list[Json], str]:
        """The events of a list, all of its pages, and the token of what changes from then on."""
        found: list[Json] = []
        page: Json = {}
        while True:
            answer = self.get(path, **params, **page)
            assert set(answer) in ({"data", "nextPageToken"}, {"data", "nextSyncToken"})
            found += answer["data"]
            if "nextSyncToken" in answer:
                return found, answer["nextSyncToken"]
            page = {"pageToken": answer["nextPageToken"]}


def expected(response: httpx.Response, status: int) -> Json:
    """The JSON of a response of this status; an error has the dialect's shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    body: Json = response.json()
    if status >= 400:
        assert set(body) == {"error", "message", "requestId"}
        assert all(isinstance(value, str) and value for value in body.values()), body
    return body


class Copy:
    """A calendar as a client keeps it that knows nothing but what it is told."""

    def __init__(self, api: OneCal, path: str = "", **params: Any) -> None:
        self.api, self.path, self.params = api, path, params
        self.events: dict[str, Json] = {}
        self.token = ""

    def read(self) -> None:
        """Everything anew."""
        self.events = {}
        found, self.token = self.api.all(self.path, **self.params)
        self.take(found)

    def follow(self, **params: Any) -> list[Json]:
        """What has changed; all of it anew where the token is too old."""
        first = self.api("GET", self.path, syncToken=self.token, **params)
        if first.status_code == 410:
            assert expected(first, 410)["error"] == "SyncTokenExpired"
            self.read()
            return []
        found, self.token = self.api.all(self.path, syncToken=self.token, **params)
        self.take(found)
        return found

    def take(self, told: list[Json]) -> None:
        """Replace what is told, and drop what is gone, of which there is nothing but that."""
        for each in told:
            if set(each) == {"id", "isCancelled"}:
                assert each["isCancelled"] is True
                self.events.pop(each["id"], None)
            else:
                self.events[each["id"]] = each


def full(api: OneCal, path: str = "", **params: Any) -> Mapping[str, Json]:
    """What a list answers now, by id; nothing stands in it twice."""
    found = api.data(path, **params)
    by_id = {each["id"]: each for each in found}
    assert len(by_id) == len(found)
    return by_id
