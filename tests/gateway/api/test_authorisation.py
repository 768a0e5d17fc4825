"""Nobody sees or changes what is not theirs: every route of the OpenAPI description, with whatever a stranger may try.

The requests are made from the description, so that no new route can be forgotten: one with a path parameter or a body
that this file does not know fails here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from gateway.http.tokens import token_hash
from storage.model import CollectionKind, Origin, TokenKind
from tests.contract.serving import TOKENS
from tests.gateway.api.contract_here import Here
from tests.storage.texts import event
from tests.storage.vcard.cards import card

OWNER, STRANGER = 103, 105
"""Both with CalDAV rules, which have every kind of thing."""

SERIES = "RRULE:FREQ=DAILY;COUNT=3\r\nATTACH;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=text/plain:c2VjcmV0\r\n"
TIMES = {"start": "2026-11-21T10:00:00Z", "end": "2026-11-21T11:00:00Z"}
BODIES: Mapping[str, Any] = {
    "create_calendar": {"name": "Taken"},
    "update_calendar": {"name": "Taken"},
    "create_event": {"name": "Taken", **TIMES},
    "update_event": {"name": "Taken"},
    "create_contact": {"name_details": {"given": "Taken"}},
    "update_contact": {"initials": "T"},
    "create_subscription": {},
    "update_subscription": {"active": True},
    "encode_raw_id": {"raw_id": "secret"},
    "find_availability": {"meeting_duration": "PT1H", "time_windows": [TIMES]},
}
"""What each route with a body takes, by its operation id."""

WITHOUT_UPSTREAM = {
    "pass_through": (503,),
    "encode_raw_id": (404,),
    "list_resources": (501,),
    "list_users": (501,),
    "get_user": (501,),
}
"""What the owner of a local account with CalDAV rules is answered where there is nothing to be had."""


@dataclass(frozen=True)
class Route:
    """One operation of the description."""

    path: str
    method: str
    name: str
    media: tuple[str, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))


class World:
    """Two accounts that have one of everything each."""

    def __init__(self, folder: Path) -> None:
        self.here = Here(folder)
        self.ids = {account: self._furnish(account) for account in (OWNER, STRANGER)}
        document = self.here.get(OWNER, "/openapi.json")
        self.routes = [
            Route(path, method, said["operationId"], tuple(said["responses"].get("200", {}).get("content", {})))
            for path, methods in document["paths"].items()
            for method, said in methods.items()
            if path.startswith("/v1/")
        ]
        self.bodies = {
            said["operationId"]: BODIES[said["operationId"]]
            for path, methods in document["paths"].items()
            for said in methods.values()
            if "requestBody" in said and path.startswith("/v1/")
        }

    def _furnish(self, account: int) -> Mapping[str, str]:
        store = self.here.store
        entry = self.here.put(
            account, event(f"secret-{account}", summary=f"Secret {account}", more=SERIES), "secret.ics"
        )
        book = store.create_collection(
            account,
            f"book-{account}",
            name="Book",
            kind=CollectionKind.CONTACTS,
            components=["VCARD"],
            origin=Origin.CLI,
        )
        vcard = card(uid=f"card-{account}", fn=f"Secret {account}")
        person = store.put_entry(book.id, "secret.vcf", vcard, origin=Origin.DAV).entry
        calendar = self.here.calendar(account).id
        (file,) = self.here.get(account, f"events/{entry.id}")["attachments"]
        return {
            "account": str(account),
            "accounts": str(account),
            "calendar": calendar,
            "event": entry.id,
            "attachment": file["id"],
            "contact": person.id,
            "subscription": str(store.subscribe(account, ()).n),
            "user": str(account),
        }

    def ask(self, route: Route, values: Mapping[str, str], token: str | None) -> Any:
        """The response to one request."""
        path = route.path.format(**values)
        return self.here.request(token, route.method.upper(), path, json=self.bodies.get(route.name))

    def strange(self, route: Route) -> Iterator[Mapping[str, str]]:
        """All ways to mix what is the stranger's with what is not."""
        mine, theirs = self.ids[STRANGER], self.ids[OWNER]
        names = [name for name in route.parameters if name != "attachment"]
        for choice in product((False, True), repeat=len(names)):
            if any(choice):
                chosen = {
                    name: (theirs if foreign else mine)[name] for name, foreign in zip(names, choice, strict=True)
                }
                yield {"attachment": theirs["attachment"], **chosen}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.here.store.close()


def secrets(world: World) -> list[str]:
    """Words that no stranger may read."""
    ids = world.ids[OWNER]
    return [f"Secret {OWNER}", f"secret-{OWNER}", "carol", *(ids[name] for name in ("calendar", "event", "contact"))]


def test_a_stranger_gets_nothing_and_changes_nothing(world: World) -> None:
    before = world.here.store.head()
    asked = 0
    for route in world.routes:
        for values in world.strange(route):
            response = world.ask(route, values, TOKENS[STRANGER])
            where = f"{route.method} {route.path} {values}"
            assert response.status_code in (400, 403, 404, 501), f"{where}: {response.status_code} {response.text}"
            foreign = values.get("account", values.get("accounts")) == str(OWNER)
            assert response.status_code == 403 or not foreign, where
            sent = set(values.values())
            told = [each for each in secrets(world) if each in response.text and each not in sent]
            assert told == [], where
            asked += 1
    assert asked > len(world.routes)
    assert world.here.store.head() == before
    mine = {each.n for each in world.here.store.subscriptions(OWNER)}
    assert mine == {int(world.ids[OWNER]["subscription"])}


def test_lists_and_aliases_show_a_stranger_only_what_is_theirs(world: World) -> None:
    own = {**world.ids[STRANGER], "account": "me", "accounts": "me", "calendar": "primary", "subscription": "default"}
    for route in world.routes:
        if route.method == "get" and "text/event-stream" not in route.media:
            response = world.ask(route, own, TOKENS[STRANGER])
            assert response.status_code in (200, 501), f"{route.path}: {response.text}"
            assert [each for each in secrets(world) if each in response.text] == [], route.path


def test_several_accounts_need_several_tokens(world: World) -> None:
    path = f"/v1/accounts/{STRANGER},{OWNER}/cal/availability"
    body = BODIES["find_availability"]
    assert world.here.request(TOKENS[STRANGER], "POST", path, json=body).status_code == 403
    assert world.here.request(f"{TOKENS[STRANGER]},{TOKENS[STRANGER]}", "POST", path, json=body).status_code == 403
    assert world.here.request(f"{TOKENS[STRANGER]},nope", "POST", path, json=body).status_code == 401
    assert world.here.request(f"{TOKENS[STRANGER]},{TOKENS[OWNER]}", "POST", path, json=body).status_code == 200
    foreign = {**body, "calendars": [world.ids[OWNER]["calendar"]]}
    response = world.here.request(TOKENS[STRANGER], "POST", f"/v1/accounts/{STRANGER}/cal/availability", json=foreign)
    assert response.status_code in (400, 404)
    watched = {"monitored_resources": [world.ids[OWNER]["calendar"]]}
    response = world.here.request(TOKENS[STRANGER], "POST", f"/v1/accounts/{STRANGER}/subscriptions", json=watched)
    assert response.status_code == 400


def test_without_a_token_that_counts_nobody_gets_anything(world: World) -> None:
    store = world.here.store
    revoked = store.add_token("revoked", TokenKind.ACCOUNT, token_hash("revoked-secret"), account=OWNER)
    store.revoke_token(revoked.id)
    past = "2020-01-01T00:00:00.000Z"
    store.add_token("expired", TokenKind.ACCOUNT, token_hash("expired-secret"), account=OWNER, expires=past)
    tokens = (
        *(None, "", "nope", TOKENS[OWNER][:-1], TOKENS[OWNER].upper(), f"{TOKENS[OWNER]}x", f"{TOKENS[OWNER]},nope"),
        *(
            "revoked-secret",
            "expired-secret",
            "app-5f1d0c9e7b3a4826",
            "cg_full_c063a5c714ae4f86",
            token_hash(TOKENS[OWNER]),
        ),
    )
    before = store.head()
    for route in world.routes:
        for token in tokens:
            response = world.ask(route, world.ids[OWNER], token)
            where = f"{route.method} {route.path} {token}"
            assert response.status_code == 401, where
            assert "www-authenticate" in response.headers, where
            assert [each for each in secrets(world) if each in response.text] == [], where
    assert store.head() == before


def test_the_owner_may_do_all_of_it(world: World) -> None:
    """What the stranger was refused is what succeeds for the owner: the requests were good ones."""
    order = {"get": 0, "post": 1, "patch": 2, "delete": 3}
    routes = sorted(world.routes, key=lambda route: (order[route.method], -len(route.path)))
    for route in routes:
        if "text/event-stream" in route.media:
            continue
        ids = dict(world.ids[OWNER])
        if route.name == "delete_calendar":
            place = world.here.store.create_collection(
                OWNER, "c", name="C", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.CLI
            )
            ids["calendar"] = place.id
        response = world.ask(route, ids, TOKENS[OWNER])
        allowed = WITHOUT_UPSTREAM.get(route.name, (200, 201, 204))
        assert response.status_code in allowed, f"{route.method} {route.path}: {response.status_code} {response.text}"
