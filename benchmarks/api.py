"""What an application's requests cost over the JSON API: a month, one event, activity, free time, a search.

Each is measured twice: as it takes a client of `calharbor serve`, over one connection that is kept alive, and as the
server's own processor time, in one process with nobody else. The goals are the budgets of the project and mean the
latter; each measure stands beside the same of a calendar a hundredth of the size.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple, Protocol

from benchmarks import doors
from benchmarks.corpus import edited, years
from benchmarks.measure import Row, settle
from benchmarks.wire import Address, Client
from benchmarks.within import Within
from gateway.http.access import hash_password
from gateway.http.tokens import token_hash
from storage.model import Account, TokenKind
from storage.store import Store

SIZES = (1_000, 100_000)
RUNS = 15
BUSY = 1_500
"""About so many events fall into the month that is asked for."""

CALENDARS = 20
PAGE = 100
TOKEN, KEY, FENCED = "ch_benchmark", "ch_onecal", "cg_access"
MONTH = "start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z"
WEEK = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-12T00:00:00Z"}
SPAN = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-02-01T00:00:00Z&expandRecurrences=true"
FEW, LINKED = 50, 10
"""Events of a list of the Access dialect; the calendars that its key opens."""

LIST = f"/api/access/calendar/events?from={WEEK['start']}&to={WEEK['end']}&limit={FEW}"
FREE = "/api/access/calendar/freebusy?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"

RESTRICTED = {
    "level": "view_filtered",
    "operations": ["all"],
    "fields": ["title", "times", "location", "description", "status", "organizer", "attendees"],
    "past_days": 3650,
    "future_days": 3650,
    "rules": [["block", "domain", "blocked.example", 0], ["free_busy_only", "email", "person12@example.com", 1]],
}
"""What restricts that key, in every way that there is."""

ODD = "Zauberwort"
"""A word of twenty events."""

GOALS = (
    ("month", "a month of instances", 40.0),
    ("one", "one event", 2.0),
    ("activity", f"{PAGE} activities", 5.0),
    ("availability", f"a week's free time in {CALENDARS} calendars", 30.0),
    ("search", "a search for a word", 30.0),
    ("occurrences", "OneCal: a month expanded", 60.0),
    ("changes", f"OneCal: {PAGE} changes since a token", 10.0),
    ("fenced", f"Access: {FEW} events with all restrictions", 15.0),
    ("busy", f"Access: a month of {LINKED} calendars, free and busy", 30.0),
)


def rows(sizes: Sequence[int] = SIZES, runs: int = RUNS) -> list[Row]:
    """Each measure at each size, beside the same at the smallest."""
    found = {}
    for size in sizes:
        with TemporaryDirectory(prefix="calharbor-bench-") as name:
            found[size] = measured(Path(name), size, runs)
    small, table = sizes[0], []
    for measure, label, goal in GOALS:
        for size in sizes:
            wire, server = found[size][measure]
            same = found[small][measure]
            beside = partial(Row, unit="ms", peer_name=f"N = {small:,}", note=f"{wire.objects} objects")
            for words, taken, other, limit in (
                ("processor time", server.processor, same[1].processor, goal),
                ("with a client", wire.wall, same[0].wall, None),
            ):
                what = f"{label}, N = {size:,}, {words}"
                table.append(beside(what, taken, peer=other if size != small else None, goal=limit))
    return table


class Taken(NamedTuple):
    """The medians in milliseconds, and how many objects the answer has."""

    wall: float
    processor: float
    objects: int


def measured(folder: Path, size: int, runs: int) -> dict[str, tuple[Taken, Taken]]:
    """Each measure at one size: with a client, and in this process."""
    data = folder / "data"
    with closing(Store.open(data)) as store:
        store.save_user("alice", hash_password(doors.PASSWORD))
        account = store.save_account(Account(0, "home", "alice", "local", mirrored=False, service="google_calendar"))
        store.add_token("benchmark", TokenKind.ACCOUNT, token_hash(TOKEN), account=account.id)
        store.add_token("onecal", TokenKind.APP, token_hash(KEY))
        corpus = partial(years, busy=BUSY)
        large = doors.fill_mirror(store, account.id, doors.NAME, size, corpus)
        others = [doors.fill_mirror(store, account.id, f"other-{n}", 50, corpus).id for n in range(CALENDARS - 1)]
        linked = {"calendars": [f"{account.id}/{each}" for each in [large.id, *others][:LINKED]]}
        store.add_token("access", TokenKind.ACCESS, token_hash(FENCED), grant={**RESTRICTED, **linked})
        first = [entry for entry, _ in zip(store.iter_entries(large.id), range(20 + PAGE), strict=False)]
        some, changed = first[:20], first[20:]
        while store.index_words(1000):  # what a server does behind the writers, before anybody measures
            pass
    with doors.serving(folder, f"[storage]\npath = {data}\nvdir = no\n") as (pid, port):
        dav = Address("127.0.0.1", port, f"/dav/alice/{doors.NAME}/", "alice", doors.PASSWORD)
        with (
            Client(dav) as client,
            Client(Address("127.0.0.1", port, "/", token=TOKEN)) as application,
            Client(Address("127.0.0.1", port, "/", token=FENCED)) as agent,
        ):
            api = Application(application)
            subscription = json.loads(api.ask("POST", "subscriptions", b"{}"))["id"]
            for entry in some:
                text = entry.text.replace("SUMMARY:", f"SUMMARY:{ODD} ", 1)
                for _ in range(PAGE // len(some)):
                    text = edited(text) if "Changed: " not in text else text.replace("Changed: ", "", 1)
                    client.ask("PUT", f"{dav.calendar}{entry.href}", text.encode())
            span = f"/api/v1/events/{account.id}/{large.id}"
            since = OneCal(application, span).read("limit=1000")[1]
            for entry in changed:
                client.ask("PUT", f"{dav.calendar}{entry.href}", edited(entry.text).encode())
            settle(pid)
            events = f"cal/calendars/{large.id}/events"

            def wanted(asks: Asks, fenced: Asks) -> dict[str, Callable[[], int]]:
                api, onecal = Application(asks), OneCal(asks, span)
                activity = f"subscriptions/{subscription}/activity?page_size={PAGE}"
                return {
                    "month": lambda: api.count(f"{events}?{MONTH}&page_size=1000"),
                    "one": lambda: api.ask("GET", f"{events}/{some[0].id}").count(b'"type":"event"'),
                    "activity": lambda: api.ask("GET", activity).count(b'"user_id"'),
                    "availability": lambda: api.free([large.id, *others]),
                    "search": lambda: api.count(f"{events}?q={ODD}&page_size=1000"),
                    "occurrences": lambda: onecal.read(f"{SPAN}&limit=1000")[0],
                    "changes": lambda: onecal.read(f"syncToken={since}&limit={PAGE}")[0],
                    "fenced": lambda: fenced.ask("GET", LIST).count(b'"startUtc":'),
                    "busy": lambda: fenced.ask("GET", FREE).count(b'"startUtc":'),
                }

            wire = {measure: timed(ask, runs) for measure, ask in wanted(application, agent).items()}
    with (
        closing(Store.open(data)) as store,
        closing(Within(store, TOKEN)) as within,
        closing(Within(store, FENCED)) as inside,
    ):
        server = {measure: timed(ask, runs) for measure, ask in wanted(within, inside).items()}
    return {measure: (wire[measure], server[measure]) for measure in wire}


class Asks(Protocol):
    """Whatever carries requests and answers."""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """The body of the answer."""


class Application:
    """One that speaks the Kloudless dialect, about its own account; answers are read, but not understood."""

    def __init__(self, client: Asks) -> None:
        self._client = client

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer."""
        return self._client.ask(method, f"/v1/accounts/me/{path}", body)

    def count(self, path: str) -> int:
        """How many objects a list has, all of its pages."""
        objects, page = 0, ""
        while True:
            answer = self.ask("GET", f"{path}{page}")
            objects += answer.count(b'"type":"event"')
            begin = answer.find(b'"next_page":"')
            if begin < 0:
                return objects
            end = answer.index(b'"', begin + 13)
            page = f"&page={answer[begin + 13 : end].decode()}"

    def free(self, calendars: Sequence[str]) -> int:
        """How many free times a week has."""
        wanted = {"meeting_duration": "PT30M", "time_windows": [WEEK], "calendars": list(calendars)}
        return self.ask("POST", "cal/availability", json.dumps(wanted).encode()).count(b'"start"')


class OneCal:
    """An application that speaks the OneCal dialect."""

    def __init__(self, client: Asks, path: str) -> None:
        self._client = client
        self._path = path

    def read(self, query: str) -> tuple[int, str]:
        """How many events a list has, all of its pages, and the token behind it; the answers are not understood."""
        events, page = 0, ""
        while True:
            answer = self._client.ask("GET", f"{self._path}?{query}{page}", x_api_key=KEY)
            events += answer.count(b'"eventType":')
            _, name, rest = answer.rpartition(b'"nextPageToken":"')
            if not name:
                return events, answer.rpartition(b'"nextSyncToken":"')[2].partition(b'"')[0].decode()
            token = rest.partition(b'"')[0].decode()
            page = f"&pageToken={token}"


def timed(ask: Callable[[], int], runs: int) -> Taken:
    """What a request takes, after a first time that does not count; `processor` is that of this process."""
    objects = ask()
    walls, processors = [], []
    for _ in range(runs):
        begun, used = perf_counter(), process_time()
        ask()
        walls.append(perf_counter() - begun)
        processors.append(process_time() - used)
    return Taken(median(walls) * 1e3, median(processors) * 1e3, objects)
