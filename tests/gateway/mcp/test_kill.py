"""Kill -9 in the middle of calls: each of them is done or is not, and what was answered is there."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx
import pytest

from storage.store import Store
from storage.verify import verify
from tests.contract.serving import FIXTURE, Fixture, contract
from tests.gateway.running import PATIENCE

SECRET = "cg_full_c063a5c714ae4f86"
KILLS = 3


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Fixture]:
    text = FIXTURE.read_text("utf-8").replace("port = 5243", "port = 0")
    limits = "[api]\naccess_requests_per_minute = 0\naccess_requests_per_hour = 0\n"
    with contract(tmp_path, text + limits) as fixture:
        yield fixture


class Agent:
    """One that writes and goes on, whether it is answered or not."""

    def __init__(self, url: str, name: str) -> None:
        headers = {"Authorization": f"Bearer {SECRET}", "Accept": "application/json, text/event-stream"}
        self.http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE)
        self.name = name
        self.asked: list[str] = []
        self.answered: dict[str, str] = {}
        self.deleted: dict[str, str | None] = {}
        self.stopped = False

    def call(self, tool: str, **arguments: object) -> Any:
        """What a call gives."""
        params = {"name": tool, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = self.http.post("/mcp", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]["structuredContent"]

    def run(self, calendar: int) -> None:
        """Make events, and delete every third with its plan."""
        while not self.stopped:
            title = f"{self.name} {len(self.asked)}"
            self.asked.append(title)
            with suppress(httpx.TransportError):
                self._one(calendar, title)

    def _one(self, calendar: int, title: str) -> None:
        span = {"start": "2026-12-02T12:00:00Z", "end": "2026-12-02T13:00:00Z"}
        event = self.call("create_event", calendar_id=calendar, title=title, **span)["event"]["id"]
        self.answered[title] = event
        if len(self.asked) % 3 == 0:
            plan = self.call("delete_event", event_id=event)["plan"]
            self.deleted[title] = None
            self.deleted[title] = self.call("delete_event", event_id=event, confirm=plan["hash"])["state"]


def test_a_call_is_done_or_it_is_not(served: Fixture) -> None:
    agents = [Agent(served.url, name) for name in ("one", "two")]
    calendar = agents[0].call("list_calendars")["calendars"][0]["id"]
    threads = [Thread(target=agent.run, args=(calendar,)) for agent in agents]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        wanted = len(agents[0].answered) + 5
        while len(agents[0].answered) < wanted:
            assert all(thread.is_alive() for thread in threads)
            sleep(0.05)
        os.kill(served.running.pid_of("http"), signal.SIGKILL)
        served.running.wait_for("process started", role="http")
    for agent in agents:
        agent.stopped = True
    for thread in threads:
        thread.join(PATIENCE)
    store = Store.open(served.data)
    texts = [each.text for place in store.collections(account=101) for each in store.iter_entries(place.id)]
    there = {text.partition("SUMMARY:")[2].partition("\r")[0] for text in texts}
    assert verify(store, None).problems == []
    store.close()
    for agent in agents:
        gone = {title for title, state in agent.deleted.items() if state == "done"}
        perhaps = {title for title, state in agent.deleted.items() if state is None}
        assert set(agent.answered) - gone - perhaps <= there
        assert gone.isdisjoint(there)
    assert there <= {title for agent in agents for title in agent.asked}
    assert len(there) == len(texts), "nothing is there twice"
