"""Who has no key of an application gets nothing, and a path leads only to what is below it: every route described.

An application sees every account; an account's path shows and changes nothing of another's all the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from gateway.api.onecal.routes import PREFIX
from gateway.http.tokens import token_hash
from storage.model import TokenKind
from tests.contract.onecal import OneCal
from tests.contract.serving import APP_KEY, TOKENS
from tests.gateway.api.contract_here import Here
from tests.gateway.api.onecal.conftest import inside
from tests.storage.texts import event

OWNER, STRANGER = 103, 105
SPAN: Mapping[str, Any] = {"startDateTime": "2026-11-21T00:00:00Z", "endDateTime": "2026-12-01T00:00:00Z"}
TIME = {"dateTime": "2026-11-21T10:00:00Z", "timeZone": "Etc/UTC"}
BODY = {"title": "Taken", "name": "Taken", "start": TIME, "responseStatus": "accepted"}
"""What any route with a body takes, or refuses."""


@dataclass(frozen=True)
class Route:
    """One operation of the description."""

    path: str
    method: str
    takes: bool

    @property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"{(\w+)}", self.path)


class World:
    """Two accounts with a series each."""

    def __init__(self, here: Here) -> None:
        self.here = here
        self.ids = {account: self._furnish(account) for account in (OWNER, STRANGER)}
        document = here.get(OWNER, "/openapi.json")
        self.routes = [
            Route(path, method, "requestBody" in said)
            for path, methods in document["paths"].items()
            for method, said in methods.items()
            if path.startswith(f"{PREFIX}/")
        ]

    def _furnish(self, account: int) -> Mapping[str, str]:
        text = event(f"secret-{account}", summary=f"Secret {account}", more="RRULE:FREQ=DAILY;COUNT=3\r\n")
        entry = self.here.put(account, text)
        return {"account": str(account), "calendar": self.here.calendar(account).id, "event": entry.id}

    def ask(self, route: Route, values: Mapping[str, str], key: str | None, **headers: str) -> Any:
        """The response to one request."""
        path = route.path.format_map(dict.fromkeys(route.parameters, "x") | dict(values))
        options: dict[str, Any] = {"json": BODY} if route.takes else {}
        given = {} if key is None else {"x-api-key": key}
        return inside(self.here)(route.method.upper(), path, headers={**given, **headers}, params=SPAN, **options)

    def strange(self, route: Route) -> Iterator[Mapping[str, str]]:
        """All ways to mix what belongs to two accounts below one path."""
        names = [name for name in route.parameters if name in self.ids[OWNER]]
        for choice in product((OWNER, STRANGER), repeat=len(names)):
            if len(set(choice)) > 1:
                yield {name: self.ids[of][name] for name, of in zip(names, choice, strict=True)}


@pytest.fixture
def world(here: Here) -> World:
    return World(here)


def test_without_the_key_of_an_application_nobody_gets_anything(world: World) -> None:
    store = world.here.store
    store.revoke_token(store.add_token("revoked", TokenKind.APP, token_hash("revoked-secret")).id)
    store.add_token("expired", TokenKind.APP, token_hash("expired-secret"), expires="2020-01-01T00:00:00.000Z")
    keys = (
        *(
            None,
            "",
            " ",
            "nope",
            APP_KEY[:-1],
            APP_KEY.upper(),
            f"{APP_KEY}x",
            f"{APP_KEY},{APP_KEY}",
        ),
        *(TOKENS[OWNER], "cg_full_c063a5c714ae4f86", "revoked-secret", "expired-secret", token_hash(APP_KEY)),
    )
    before = store.head()
    assert len(world.routes) > 3
    for route in world.routes:
        for key in keys:
            response = world.ask(route, world.ids[OWNER], key, Authorization=f"APIKey {APP_KEY}")
            where = f"{route.method} {route.path} {key!r}"
            assert response.status_code == 401, where
            assert set(response.json()) == {"error", "message", "requestId"}, where
            assert "www-authenticate" in response.headers, where
            assert "Secret" not in response.text, where
    assert store.head() == before


def test_a_path_leads_to_nothing_of_another_account(world: World) -> None:
    before = world.here.store.head()
    asked = 0
    for route in world.routes:
        for values in world.strange(route):
            response = world.ask(route, values, APP_KEY)
            where = f"{route.method} {route.path} {values}"
            assert response.status_code == 404, f"{where}: {response.status_code} {response.text}"
            assert "Secret" not in response.text, where
            asked += 1
    assert asked > len(world.routes)
    assert world.here.store.head() == before


def test_a_token_leads_to_nothing_of_another_calendar(world: World) -> None:
    mine, theirs = (OneCal(inside(world.here), account) for account in (STRANGER, OWNER))
    page = theirs.get("", limit=1, expandRecurrences=True, **SPAN)["nextPageToken"]
    sync = theirs.all()[1]
    assert mine.get("", 400, pageToken=page)["error"] == "BadRequest"
    assert mine.get("", 410, syncToken=sync)["error"] == "SyncTokenExpired"
    event_id = world.ids[STRANGER]["event"]
    mine.get(f"/{event_id}/occurrences", 400, pageToken=page)
    mine.get(f"/{event_id}/occurrences", 410, syncToken=sync)
