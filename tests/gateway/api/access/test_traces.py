"""Two worlds that differ only in what a key may not see answer alike over HTTP: statuses, headers, bodies."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from gateway.http.tokens import token_hash
from storage import clock
from storage.model import Origin, TokenKind
from storage.permits.permit import MasterLevel
from tests.gateway.api.contract_here import Here
from tests.storage.permits.desks import NOW, place
from tests.storage.permits.worlds import (
    EVERYWHERE,
    PEOPLE,
    altered,
    permit_of,
    random_entry,
    random_grant,
    sight,
    write,
)

SECRET = "cg_observer_of_two_worlds"
BASE = "/api/access/calendar"
ABSENT = "0" * 32


@pytest.fixture(autouse=True)
def at_a_fixed_time() -> Iterator[None]:
    with clock.use(lambda: NOW):
        yield


def _day(days: int) -> str:
    return f"{datetime.fromtimestamp(NOW, UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def _reads(random: Random, numbers: Sequence[int], ids: Sequence[str]) -> Iterator[str]:
    """Every read route, with parameters of every kind."""
    yield "/calendars"
    yield "/events"
    yield "/events?includeCancelled=true&limit=2"
    for _ in range(6):
        first = random.randrange(-45, 40)
        wanted = [f"from={_day(first)}&to={_day(first + random.choice([1, 9, 60]))}"]
        wanted += random.sample([f"calendarId={random.choice(numbers)}", "includeCancelled=true", "offset=1"], 1)
        wanted += random.sample(
            ["q=lunch", "q=secret%20plan", f"q={EVERYWHERE.split()[0]}", f"attendees={PEOPLE[1]}"], 1
        )
        yield f"/events?limit={random.choice([1, 50])}&{'&'.join(wanted[: random.choice([1, 2, 3])])}"
    for one in ("email=blocked.example", "email=x.example&offset=1", "name=Dee", "email=example&limit=1"):
        yield f"/events/by-contact?{one}"
    yield f"/freebusy?from={_day(-40)}&to={_day(40)}"
    yield f"/freebusy?from={_day(0)}&to={_day(3)}&calendars={numbers[0]}"
    yield "/events?calendarId=999"
    for each in ids:
        yield f"/events/{each}"


def _told(here: Here, method: str, path: str, json: object = None) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of an answer, without what every answer has of its own."""
    answer = here.request(SECRET, method, BASE + path, json=json)
    body = answer.json()
    if isinstance(body.get("meta"), dict):
        del body["meta"]["timestamp"]
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in ("date", "x-request-id")}
    return answer.status_code, headers, body


def _writes(here: Here, hidden: Sequence[str]) -> None:
    """Writing to what is hidden is answered as writing to what is not there, whatever is asked."""
    for method, more, json in (
        ("PATCH", "", {"summary": "x"}),
        ("PATCH", "", {"from": _day(1), "to": _day(2)}),
        ("PATCH", "", {"addAttendees": ["bob@blocked.example"]}),
        ("PATCH", "", {}),
        ("DELETE", "", None),
        ("POST", "/respond", {"status": "accepted"}),
    ):
        absent = _told(here, method, f"/events/{ABSENT}{more}", json)
        assert absent[0] in (403, 404)
        for each in hidden:
            assert _told(here, method, f"/events/{each}{more}", json) == absent


def _made(here: Here, number: int, at: str, until: str) -> object:
    """What is answered to an event at the time of another one, without its id; it is gone again afterwards."""
    status, headers, body = _told(
        here, "POST", "/events", {"calendarId": number, "summary": "Mine", "from": at, "to": until}
    )
    if status == 201:
        entry = here.store.entry(body.pop("id"))
        here.store.delete_entry(place(here.store).id, entry.href, origin=Origin.CLI)
    return status, headers["content-type"], body


@pytest.mark.parametrize("seed", range(12))
def test_a_hidden_event_leaves_no_trace_over_http(here: Here, seed: int) -> None:
    random = Random(seed)
    given = {**random_grant(random), **({"level": MasterLevel.FULL} if seed % 3 == 0 else {})}
    here.store.add_token("observer", TokenKind.ACCESS, token_hash(SECRET), grant=given)
    permit = permit_of(given)
    entries = [random_entry(random, f"event{n}") for n in range(8)]
    known = write(here.store, entries, entries)
    numbers = [place(here.store, key).n for key in ("primary", "team")]
    form = "%Y%m%dT%H%M%SZ"
    ids = [ABSENT, *known.values(), *(f"{known[each.name]}_{each.start:{form}}" for each in entries if each.rule)]
    paths = list(_reads(random, numbers, ids))
    start = entries[0].start
    mine = numbers[0], f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    before = [_told(here, "GET", path) for path in paths], _made(here, *mine)
    others = [altered(each, permit, random) for each in entries]
    hidden = [
        known[each.name]
        for each in entries
        if each.master and sight(each.master, permit) == "hidden"
        if not each.override or sight(each.override, permit) == "hidden"
    ]
    _writes(here, hidden)
    write(here.store, others, entries)
    assert ([_told(here, "GET", path) for path in paths], _made(here, *mine)) == before
    assert EVERYWHERE not in repr(before)
    _writes(here, hidden)
