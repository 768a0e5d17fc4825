"""Requests with the fixture's Access keys, and what stands in Alice's calendars for them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.contract.serving import Fixture, Json
from tests.gateway.running import PATIENCE

BASE = "/api/access/calendar"

KEYS: Mapping[str, str] = {
    "full": "cg_full_c063a5c714ae4f86",
    "ro": "cg_ro_d174b6d825bf4097",
    "win": "cg_win_e285c7e936c041a8",
    "blk": "cg_blk_f396d8fa47d142b9",
    "all": "cg_all_04a7e90b58e243ca",
    "rate": "cg_rate_15b8fa1c69f344db",
}

READ_ONLY = "Read-only access, cannot create or modify events."
WINDOW = "Results limited to time window: Last 30 days to next 30 days."
RULES = "Some contacts or domains are blocked from results."

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def at(days: float, hours: float = 0) -> str:
    """A time so far from today's noon."""
    return f"{NOON + timedelta(days=days, hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def day(days: int) -> str:
    """A date so far from today."""
    return f"{NOON + timedelta(days=days):%Y-%m-%d}"


class Access:
    """Requests with one key, or (None) with none."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def __call__(self, method: str, path: str, json: object = None, **options: Any) -> httpx.Response:
        """One request below the dialect's base."""
        if json is not None:
            options["json"] = json
        address = self.url + (path if path.startswith("/api") else BASE + path)
        options = {"headers": self.headers, "timeout": PATIENCE, "trust_env": False, "verify": False, **options}
        return httpx.request(method, address, **options)

    def get(self, path: str, **params: Any) -> Json:
        """The JSON of a GET that answers 200."""
        return _expected(self("GET", path, params=params), 200)

    def post(self, path: str, json: object, status: int = 201) -> Json:
        """The JSON of a POST that answers so; what is written never says what restricts the key."""
        return _without_info(_expected(self("POST", path, json), status))

    def patch(self, path: str, json: object) -> Json:
        """The same of a PATCH that answers 200."""
        return _without_info(_expected(self("PATCH", path, json), 200))

    def delete(self, path: str, **params: Any) -> Json:
        """The same of a DELETE that answers 200."""
        return _without_info(_expected(self("DELETE", path, params=params), 200))

    def refused(self, status: int, code: str, method: str, path: str, json: object = None, **params: Any) -> Json:
        """The JSON of a request that is refused with this status and code, in the shape of D86."""
        body = _without_info(_expected(self(method, path, json, params=params), status))
        assert body.keys() == {"code", "message", "error"}, body
        assert body["code"] == code, body
        assert body["message"] == body["error"] != ""
        return body

    def calendar(self, name: str = "Alice") -> int:
        """The number of a calendar."""
        found: int = next(each["id"] for each in self.get("/calendars")["data"] if each["name"] == name)
        return found

    def make(self, summary: str, start: str, end: str, **more: Any) -> Json:
        """An event of Alice's primary calendar, made with this key."""
        return self.post(
            "/events", {"calendarId": self.calendar(), "summary": summary, "from": start, "to": end, **more}
        )

    def titles(self, **params: Any) -> list[str | None]:
        """The titles in a list, in its order."""
        return [each.get("title") for each in self.get("/events", **params)["events"]]


def _expected(response: httpx.Response, status: int) -> Json:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    body: Json = response.json()
    return body


def _without_info(body: Json) -> Json:
    assert "accessInfo" not in body
    return body


def key(fixture: Fixture, name: str) -> Access:
    """Requests with this key of the fixture."""
    return Access(fixture.url, KEYS[name])


@contextmanager
def dav(fixture: Fixture) -> Iterator[httpx.Client]:
    """Alice's calendars over CalDAV."""
    with httpx.Client(base_url=fixture.url, auth=("alice", "alice-password"), trust_env=False, timeout=PATIENCE) as one:
        yield one


def put(fixture: Fixture, uid: str, *lines: str, start: str = "", end: str = "", slug: str = "primary") -> None:
    """Put an event into a calendar as a calendar client does; `start` and `end` as `at` gives them."""
    stamps = [
        f"{name}:{text.replace('-', '').replace(':', '')}"
        for name, text in (("DTSTART", start), ("DTEND", end))
        if text
    ]
    text = "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}"),
            *("DTSTAMP:20260101T000000Z", f"SUMMARY:{uid}", *stamps, *lines, "END:VEVENT", "END:VCALENDAR", ""),
        ]
    )
    with dav(fixture) as client:
        answer = client.put(f"/dav/alice/{slug}/{uid}.ics", content=text, headers={"Content-Type": "text/calendar"})
        assert answer.status_code in (201, 204), answer.text


def empty(fixture: Fixture) -> None:
    """Leave Alice's calendars as they are found: without events."""
    full = key(fixture, "full")
    while found := full.get(
        "/events", **{"from": "2000-01-01", "to": "2100-01-01", "limit": 1000, "includeCancelled": "true"}
    ):
        entries = {each["id"].partition("_")[0] for each in found["events"]}
        for each in entries:
            full.delete(f"/events/{each}", notifyAttendees="false")
        if not entries:
            break
