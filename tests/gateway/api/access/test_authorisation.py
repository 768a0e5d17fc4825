"""No Access key sees or changes what is not linked to it: every route of the description, with whatever one may try.

The requests are made from the description, so that no new route can be forgotten: one that this file does not know
fails here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.api.access.described import DIALECTS
from gateway.http.tokens import token_hash
from storage.model import TokenKind
from tests.contract.serving import APP_KEY, TOKENS
from tests.gateway.api.contract_here import Here
from tests.storage.texts import event

OWNER, STRANGER = 103, 105
SPAN = {"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}
WIDE = "from=2026-11-01&to=2026-12-01"
PEOPLE = "".join(
    f"{line}\r\n"
    for line in (
        "ORGANIZER:mailto:secret-boss@example.org",
        "ATTENDEE:mailto:carol@example.com",
        "ATTENDEE:mailto:erin@example.com",
    )
)


@dataclass(frozen=True)
class Try:
    """How a route is asked, `{calendar}` standing for a number, and the status of the answer to its owner."""

    query: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


TRIES: Mapping[str, Try] = {
    "access_list_calendars": Try(),
    "access_get_freebusy": Try("from=2026-11-21&to=2026-11-22&calendars={calendar}"),
    "access_list_events": Try(f"{WIDE}&calendarId={{calendar}}"),
    "access_list_events_by_contact": Try("email=secret-boss"),
    "access_get_event": Try(),
    "access_create_event": Try(body={"calendarId": "{calendar}", "summary": "Taken", **SPAN}, status=201),
    "access_update_event": Try(body={"summary": "Taken"}),
    "access_respond_to_event": Try(body={"status": "accepted"}),
    "access_delete_event": Try(),
    "access_key_status": Try(),
    "access_key_logout": Try(),
}
"""What each route takes, by its operation id, in an order in which all of it can succeed."""

OF_NOTHING = ("access_list_calendars", "access_list_events_by_contact", "access_key_status", "access_key_logout")
"""Routes that name nothing that could be somebody else's."""


class World:
    """Two accounts with an event each, and a key with full access to each."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.here = Here(folder, template)
        self.keys, self.events, self.numbers = dict[int, str](), dict[int, str](), dict[int, int]()
        for account in (OWNER, STRANGER):
            self.keys[account] = f"cg_of_{account}"
            grant = {"calendars": [f"{account}/*"], "level": "full_access", "operations": ["all"], "fields": []}
            whole = {**grant, "past_days": None, "future_days": None, "rules": []}
            self.here.store.add_token("key", TokenKind.ACCESS, token_hash(self.keys[account]), grant=whole)
            text = event(f"secret-{account}", summary=f"Secret {account}", more=PEOPLE)
            self.events[account] = self.here.put(account, text).id
            self.numbers[account] = self.here.calendar(account).n
        document = self.here.get(OWNER, "/openapi.json")
        described = {
            said["operationId"]: (method.upper(), path)
            for path, methods in document["paths"].items()
            for method, said in methods.items()
            if path.startswith(("/api/access/", "/api/auth/"))
        }
        assert described.keys() == TRIES.keys()
        self.routes = {name: described[name] for name in TRIES}

    def ask(self, name: str, token: str | None, account: int) -> Any:
        """One request about what is `account`'s."""
        method, path = self.routes[name]
        one, number = TRIES[name], self.numbers[account]
        body = {member: number if value == "{calendar}" else value for member, value in one.body.items()}
        address = f"{path.format(event=self.events[account])}?{one.query.format(calendar=number)}"
        return self.here.request(token, method, address, json=body or None)

    def secrets(self, account: int) -> list[str]:
        """Words that no stranger may read."""
        return [f"Secret {account}", f"secret-{account}", self.events[account], "secret-boss@"]


@pytest.fixture
def world(tmp_path: Path, template: Path) -> Iterator[World]:
    made = World(tmp_path, template)
    yield made
    made.here.store.close()


def test_a_stranger_gets_nothing_and_changes_nothing(world: World) -> None:
    before = world.here.store.head()
    for name in TRIES:
        if name in OF_NOTHING:
            continue
        response = world.ask(name, world.keys[STRANGER], OWNER)
        assert response.status_code == 404, f"{name}: {response.text}"
        assert response.json()["code"] in ("CALENDAR_NOT_FOUND", "EVENT_NOT_FOUND"), name
        assert [each for each in world.secrets(OWNER) if each in response.text] == [], name
    assert world.here.store.head() == before


def test_lists_show_a_stranger_only_what_is_theirs(world: World) -> None:
    theirs = [*world.secrets(OWNER)[:3], "Personal", "Work", "carol"]
    for query in (
        "/calendars",
        f"/events?{WIDE}",
        f"/events?{WIDE}&q=secret",
        "/freebusy?from=2026-11-21&to=2026-11-22",
    ):
        response = world.here.request(world.keys[STRANGER], "GET", f"/api/access/calendar{query}")
        assert response.status_code == 200
        shown = response.text.replace("carol@example.com", "")  # who is invited to the stranger's own event as well
        assert [each for each in theirs if each in shown] == [], query
    found = world.here.request(world.keys[STRANGER], "GET", "/api/access/calendar/events/by-contact?email=secret-boss")
    assert [each["id"] for each in found.json()["events"]] == [world.events[STRANGER]]


def test_without_a_key_that_counts_nobody_gets_anything(world: World) -> None:
    store = world.here.store
    grant = {"calendars": [f"{OWNER}/*"]}
    revoked = store.add_token("revoked", TokenKind.ACCESS, token_hash("cg_revoked"), grant=grant)
    store.revoke_token(revoked.id)
    past = "2020-01-01T00:00:00.000Z"
    store.add_token("expired", TokenKind.ACCESS, token_hash("cg_expired"), grant=grant, expires=past)
    key = world.keys[OWNER]
    tokens = (None, "", "nope", key[:-1], key.upper(), f"{key}x", f"{key},nope", f"{key},{world.keys[STRANGER]}")
    others = (TOKENS[OWNER], APP_KEY, token_hash(key), "cg_revoked", "cg_expired")
    before = store.head()
    for name in TRIES:
        for token in (*tokens, *others):
            response = world.ask(name, token, OWNER)
            assert response.status_code == 401, f"{name} {token}"
            assert "www-authenticate" in response.headers
            assert [each for each in world.secrets(OWNER) if each in response.text] == [], name
    assert store.head() == before


def test_a_key_opens_nothing_but_its_own_dialect(world: World) -> None:
    key = world.keys[OWNER]
    for path in ("/v1/accounts", f"/v1/accounts/{OWNER}/cal/calendars", "/v1/accounts/me/cal/calendars"):
        assert world.here.request(key, "GET", path).status_code == 401


def test_the_owner_may_do_all_of_it(world: World) -> None:
    """What the stranger was refused is what succeeds for the owner: the requests were good ones."""
    for name, one in TRIES.items():
        response = world.ask(name, world.keys[OWNER], OWNER)
        assert response.status_code == one.status, f"{name}: {response.text}"


def test_every_operation_says_what_it_takes_and_gives(world: World) -> None:
    document = world.here.get(OWNER, "/openapi.json")
    assert {name for dialect in DIALECTS for name in dialect.operations} == TRIES.keys()
    for name, (method, path) in world.routes.items():
        said = document["paths"][path][method.lower()]
        assert said["summary"], name
        assert said["description"], name
        assert said["security"] == [{"access": []}], name
        assert set(said["responses"]) >= {"401", "429", "503"}, name
        assert "422" not in said["responses"], name
        assert ("requestBody" in said) == bool(TRIES[name].body), name
        for each in said.get("parameters", []):
            assert "null" not in str(each.get("schema")), name
            assert each["in"] == "path" or each["description"], name
    links = document["paths"]["/api/access/calendar/events"]["post"]["responses"]["201"]["links"]
    assert set(links) == {
        f"access_{name}" for name in ("get_event", "update_event", "delete_event", "respond_to_event")
    }
