"""A real Radicale that holds the corpus: filled through its folder and warmed, so that every tool meets the same."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx

from benchmarks.corpus import edited, events
from benchmarks.measure import child_processes, cpu_of
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server

NAME = "calendar"
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_SYNC = (
    '<?xml version="1.0"?><sync-collection xmlns="DAV:"><sync-token>{token}</sync-token>'
    "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
)


@dataclass
class Upstream:
    """The server, its one calendar of `size` events, and the process id of it (0 where /proc does not tell)."""

    server: Server
    size: int
    pid: int
    client: httpx.Client
    edits: int = 0

    @property
    def url(self) -> str:
        """The calendar."""
        return f"{self.server.home}{NAME}/"

    def cpu(self) -> float:
        """CPU seconds that the server has used so far."""
        return cpu_of(self.pid)

    def edit_one(self) -> None:
        """Change one event as another client would; a different one each time."""
        number = self.edits % self.size
        self.edits += 1
        uid, text = next(pair for index, pair in enumerate(events(number + 1)) if index == number)
        for _ in range(1 + (self.edits - 1) // self.size):
            text = edited(text)
        answer = self.client.put(
            f"{self.url}{uid}.ics", content=text.encode(), headers={"Content-Type": "text/calendar"}
        )
        answer.raise_for_status()

    def sync_token(self) -> str:
        """The calendar's current token."""
        body = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><sync-token/></prop></propfind>'
        answer = self.client.request("PROPFIND", self.url, content=body, headers={"Depth": "0", **_XML})
        return answer.text.partition("<sync-token>")[2].partition("</sync-token>")[0]

    def own_time(self, runs: int) -> float:
        """Seconds that the server needs to say that nothing changed: what no client can be faster than."""
        token = self.sync_token()
        taken = []
        for _ in range(runs):
            begun = perf_counter()
            self.client.request("REPORT", self.url, content=_SYNC.format(token=token), headers=_XML).raise_for_status()
            taken.append(perf_counter() - begun)
        return median(taken)


@contextmanager
def filled_radicale(folder: Path, size: int) -> Iterator[Upstream]:
    """Run a Radicale with `size` events of the corpus in one calendar, all in its own cache."""
    calendar = folder / "collections" / "collection-root" / "up" / NAME
    calendar.mkdir(parents=True)
    (calendar / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR", "D:displayname": "Calendar"}))
    for uid, text in events(size):
        (calendar / f"{uid}.ics").write_bytes(text.encode())
    before = child_processes()
    with (
        running_radicale(folder) as server,
        httpx.Client(auth=server.auth, trust_env=False, timeout=3600) as client,
    ):
        pid = next(iter(child_processes() - before), 0)
        upstream = Upstream(server, size, pid, client)
        # The first request parses every event into the server's cache, the second writes down the history of each.
        client.request("PROPFIND", upstream.url, headers={"Depth": "1"}).raise_for_status()
        client.request("REPORT", upstream.url, content=_SYNC.format(token=""), headers=_XML).raise_for_status()
        yield upstream
