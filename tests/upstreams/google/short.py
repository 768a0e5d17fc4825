"""Short ways to write events at the fake as its user does, without a network."""

from typing import Any

import pytest

from tests.upstreams.google.refusal import Refused
from tests.upstreams.google.server import Google

Json = dict[str, Any]

EVENTS = "calendars/primary/events"
ZONE = "Europe/Zurich"
GUESTS = [{"email": "bo@other.example"}, {"email": "cy@gmail.com"}, {"email": "ada@example.com"}]


def meeting(**more: Any) -> Json:
    start = {"dateTime": "2026-01-05T10:00:00+01:00", "timeZone": ZONE}
    return {"start": start, "end": {"dateTime": "2026-01-05T11:00:00+01:00", "timeZone": ZONE}} | more


def insert(google: Google, query: str = "", **more: Any) -> Json:
    return google.ask("POST", f"{EVENTS}?{query}", meeting(**more))


def patch(google: Google, event: Json, body: Json, query: str = "") -> Json:
    return google.ask("PATCH", f"{EVENTS}/{event['id']}?{query}", body)


def put(google: Google, event: Json, body: Json, query: str = "") -> Json:
    return google.ask("PUT", f"{EVENTS}/{event['id']}?{query}", body)


def copied(google: Google, **more: Any) -> Json:
    """An event of somebody else, to whom the user is a guest."""
    body = meeting(iCalUID="theirs@other.example", organizer={"email": "bo@other.example"}, attendees=GUESTS)
    return google.ask("POST", f"{EVENTS}/import", body | more)


def refused(google: Google, http: str, path: str, body: Json | None = None) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        google.ask(http, path, body)
    return caught.value.status, str(caught.value.body["error"]["errors"][0]["reason"])


def recipients(google: Google) -> list[tuple[str, str]]:
    """Who has been told what since the last time this was asked."""
    found = [(each.what, each.to) for each in google.account.mails]
    google.account.mails.clear()
    return found
