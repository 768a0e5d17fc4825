"""What an application's requests cost over the JSON API: a month, one event, activity, free time, a search.

`calharbor serve` answers, beside its DAV endpoint, over one connection that is kept alive. The goals are the budgets of
the project; each measure stands beside the same of a calendar a hundredth of the size.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks import doors
from benchmarks.corpus import edited, years
from benchmarks.measure import Row, settle
from benchmarks.wire import Address, Client
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
TOKEN, KEY = "ch_benchmark", "ch_onecal"
MONTH = "start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z"
WEEK = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-12T00:00:00Z"}
SPAN = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-02-01T00:00:00Z&expandRecurrences=true"
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
            taken, objects = found[size][measure]
            same = found[small][measure][0] if size != small else None
            note = f"{objects} objects"
            table.append(Row(f"{label}, N = {size:,}", taken, "ms", same, f"N = {small:,}", goal, note))
    return table


def measured(folder: Path, size: int, runs: int) -> dict[str, tuple[float, int]]:
    """Each measure at one size: the median in milliseconds, and how many objects the answer has."""
    data = folder / "data"
    with closing(Store.open(data)) as store:
        store.save_user("alice", hash_password(doors.PASSWORD))
        account = store.save_account(Account(0, "home", "alice", "local", mirrored=False, service="google_calendar"))
        store.add_token("benchmark", TokenKind.ACCOUNT, token_hash(TOKEN), account=account.id)
        store.add_token("onecal", TokenKind.APP, token_hash(KEY))
        corpus = partial(years, busy=BUSY)
        large = doors.fill_mirror(store, account.id, doors.NAME, size, corpus)
        others = [doors.fill_mirror(store, account.id, f"other-{n}", 50, corpus).id for n in range(CALENDARS - 1)]
        first = [entry for entry, _ in zip(store.iter_entries(large.id), range(20 + PAGE), strict=False)]
        some, changed = first[:20], first[20:]
        while store.index_words(1000):  # what a server does behind the writers, before anybody measures
            pass
    with doors.serving(folder, f"[storage]\npath = {data}\nvdir = no\n") as (pid, port):
        dav = Address("127.0.0.1", port, f"/dav/alice/{doors.NAME}/", "alice", doors.PASSWORD)
        with Client(dav) as client, Client(Address("127.0.0.1", port, "/", token=TOKEN)) as application:
            api = Application(application, "/v1/accounts/me")
            subscription = api.post("subscriptions", {})["id"]
            for entry in some:
                text = entry.text.replace("SUMMARY:", f"SUMMARY:{ODD} ", 1)
                for _ in range(PAGE // len(some)):
                    text = edited(text) if "Changed: " not in text else text.replace("Changed: ", "", 1)
                    client.ask("PUT", f"{dav.calendar}{entry.href}", text.encode())
            onecal = OneCal(application, f"/api/v1/events/{account.id}/{large.id}")
            since = onecal.read("limit=1000")[1]
            for entry in changed:
                client.ask("PUT", f"{dav.calendar}{entry.href}", edited(entry.text).encode())
            settle(pid)
            events = f"cal/calendars/{large.id}/events"
            wanted: dict[str, Callable[[], int]] = {
                "month": lambda: api.count(f"{events}?{MONTH}&page_size=1000"),
                "one": lambda: len([api.get(f"{events}/{some[0].id}")]),
                "activity": lambda: len(api.get(f"subscriptions/{subscription}/activity?page_size={PAGE}")["objects"]),
                "availability": lambda: api.free([large.id, *others]),
                "search": lambda: api.count(f"{events}?q={ODD}&page_size=1000"),
                "occurrences": lambda: onecal.read(f"{SPAN}&limit=1000")[0],
                "changes": lambda: onecal.read(f"syncToken={since}&limit={PAGE}")[0],
            }
            return {measure: timed(ask, runs) for measure, ask in wanted.items()}


class Application:
    """One that speaks the Kloudless dialect."""

    def __init__(self, client: Client, root: str) -> None:
        self._client = client
        self._root = root

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of a GET."""
        found: dict[str, Any] = json.loads(self._client.ask("GET", f"{self._root}/{path}"))
        return found

    def post(self, path: str, body: object) -> dict[str, Any]:
        """The JSON of a POST."""
        found: dict[str, Any] = json.loads(self._client.ask("POST", f"{self._root}/{path}", json.dumps(body).encode()))
        return found

    def count(self, path: str) -> int:
        """How many objects a list has, all of its pages; the answers are read, but not understood."""
        objects, page = 0, ""
        while True:
            answer = self._client.ask("GET", f"{self._root}/{path}{page}")
            objects += answer.count(b'"type":"event"')
            begin = answer.find(b'"next_page":"')
            if begin < 0:
                return objects
            end = answer.index(b'"', begin + 13)
            page = f"&page={answer[begin + 13 : end].decode()}"

    def free(self, calendars: Sequence[str]) -> int:
        """How many free times a week has."""
        wanted = {"meeting_duration": "PT30M", "time_windows": [WEEK], "calendars": list(calendars)}
        return len(self.post("cal/availability", wanted)["time_windows"])


class OneCal:
    """An application that speaks the OneCal dialect."""

    def __init__(self, client: Client, path: str) -> None:
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


def timed(ask: Callable[[], int], runs: int) -> tuple[float, int]:
    """The median in milliseconds, after a first time that does not count, and what was answered."""
    objects = ask()
    taken = []
    for _ in range(runs):
        begun = perf_counter()
        ask()
        taken.append(perf_counter() - begun)
    return median(taken) * 1e3, objects
