"""Meetings over the Access dialect between users of this server: of calendars with an address, answers and comments."""

from typing import Any

from storage.ical.lines import parse, unescape
from storage.ical.write import calendar_of
from storage.model import CollectionKind
from storage.tables import collections
from tests.contract.serving import TOKENS
from tests.gateway.api.contract_here import Here, Json

FULL = "cg_full_c063a5c714ae4f86"
EVENTS = "/api/access/calendar/events"
BOBS = "/v1/accounts/me/cal/calendars/primary/events"
AT: Json = {"from": "2026-11-25T10:00:00Z", "to": "2026-11-25T11:00:00Z"}
TEAM = "team@example.com"


def asked(here: Here, token: str, method: str, path: str, status: int, body: Any = None) -> Json:
    answer = here.request(token, method, path, json=body)
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


def team(here: Here) -> int:
    """The number of the calendar that has an address of its own."""
    found = asked(here, FULL, "GET", "/api/access/calendar/calendars", 200)["data"]
    return next(int(each["id"]) for each in found if each["externalId"] == TEAM)


def invited(here: Here, *guests: str) -> Json:
    """What is in alice's calendars after an invitation by bob."""
    times = {"start": AT["from"], "end": AT["to"]}
    guests_of_bob = [{"email": each, "name": each} for each in guests]
    asked(here, TOKENS[102], "POST", BOBS, 201, {"name": "Bob's", **times, "attendees": guests_of_bob})
    [event] = asked(here, FULL, "GET", f"{EVENTS}?from=2026-11-25&to=2026-11-26", 200)["events"]
    return dict(event)


def comments(here: Here, user: str) -> list[list[str]]:
    """What is said to the answers in somebody's inbox."""
    inbox = collections.mailbox(here.store.db.reader(), user, CollectionKind.INBOX)
    assert inbox is not None
    events = [calendar_of(parse(each.text)).components("VEVENT")[0] for each in here.store.iter_entries(inbox.id)]
    return [[unescape(line.value) for line in each.lines("COMMENT")] for each in events]


def test_guests_of_a_calendar_with_its_own_address_are_invited_and_answer(here: Here) -> None:
    body = {"calendarId": team(here), "summary": "Team", **AT, "attendees": ["bob@example.com"]}
    made = asked(here, FULL, "POST", EVENTS, 201, body)
    assert made["organizer"] == TEAM
    [theirs] = asked(here, TOKENS[102], "GET", BOBS, 200)["objects"]
    accepted = [{"email": "bob@example.com", "name": "b", "status": "accepted"}]
    asked(here, TOKENS[102], "PATCH", f"{BOBS}/{theirs['id']}", 200, {"attendees": accepted})
    event = asked(here, FULL, "GET", f"{EVENTS}/{made['id']}", 200)["event"]
    assert [each["response"] for each in event["attendees"]] == ["accepted"]
    asked(here, FULL, "DELETE", f"{EVENTS}/{made['id']}", 200)
    [theirs] = asked(here, TOKENS[102], "GET", BOBS, 200)["objects"]
    assert theirs["status"] == "cancelled"


def test_who_invites_such_an_address_finds_that_calendar(here: Here) -> None:
    event = invited(here, TEAM)
    assert (event["calendarId"], event["status"]) == (team(here), "needsAction")
    asked(here, FULL, "POST", f"{EVENTS}/{event['id']}/respond", 200, {"status": "accepted"})
    [theirs] = asked(here, TOKENS[102], "GET", BOBS, 200)["objects"]
    assert [each["status"] for each in theirs["attendees"]] == ["accepted"]


def test_what_is_said_to_an_answer_goes_to_the_organizer_with_it(here: Here) -> None:
    path = f"{EVENTS}/{invited(here, 'alice@example.com')['id']}/respond"
    asked(here, FULL, "POST", path, 200, {"status": "declined", "comment": "Away;\nsorry, all week"})
    assert comments(here, "bob") == [["Away;\nsorry, all week"]]
    asked(here, FULL, "POST", path, 200, {"status": "accepted"})
    assert sorted(comments(here, "bob")) == [[], ["Away;\nsorry, all week"]], "nothing is said twice"
