"""The quickstart on activity with a real server behind the mirror: one activity for each change, by any door."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.store import Store
from tests.contract.serving import Api, Json
from tests.gateway.running import PATIENCE, Running, serving
from tests.mirror.rig import Upstream
from tests.storage.texts import event
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server

TOKEN = "ta-1b7e40d2c95f4a31"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_radicale(tmp_path_factory.mktemp("upstream")) as running:
        yield running


@pytest.fixture
def running(server: Server, tmp_path: Path) -> Iterator[Running]:
    """Our server with that one as an account's upstream, which it looks at when it is told to."""
    text = (
        "[sync]\ninterval = 3600\n[user alice]\npassword = secret\n"
        "[account up]\nuser = alice\nprovider = caldav\nid = 101\n"
        f"url = {server.url}\nusername = {server.username}\npassword = {server.password}\n"
        f"[token ta]\nkind = account\naccount = 101\nsecret = {TOKEN}\n"
    )
    with serving(tmp_path, text) as found:
        yield found


class Reader:
    """Who follows the account, and lets the sync go on until nothing is left to do before each look."""

    def __init__(self, api: Api, folder: Path) -> None:
        self._api = api
        self._folder = folder
        self._path = f"subscriptions/{api.post('subscriptions', {})['id']}/activity"
        self._cursor = api.get(self._path)["cursor"]

    def one(self) -> Json:
        """The only activity since the last look."""
        sync(self._folder)
        found = self._api.get(self._path, params={"cursor": self._cursor})
        self._cursor = found["cursor"]
        (only,) = found["objects"]
        told: Json = only
        return told

    def rest(self) -> list[Json]:
        """What there is still."""
        found: list[Json] = self._api.get(self._path, params={"cursor": self._cursor})["objects"]
        return found


def sync(folder: Path) -> None:
    command = [sys.executable, "-m", "gateway", "sync", "--once", "--config", str(folder / "config.ini")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr


def test_a_change_by_each_door_is_one_activity(
    server: Server, upstream: Upstream, running: Running, tmp_path: Path
) -> None:
    there = server.make_calendar("followed")
    upstream.put(there, "before.ics", event("before"))
    sync(tmp_path)
    api = Api(running.url, TOKEN)
    (calendar,) = api.get("cal/calendars")["objects"]
    events = f"cal/calendars/{calendar['id']}/events"
    reader = Reader(api, tmp_path)
    (initial,) = api.get(events)["objects"]
    assert initial["ical_uid"] == "before", "the initial data"

    upstream.put(there, "theirs.ics", event("theirs", summary="Theirs"))
    found = reader.one()
    assert (found["type"], found["metadata"]["ical_uid"], found["metadata"]["name"]) == ("add", "theirs", "Theirs")
    upstream.put(there, "theirs.ics", event("theirs", summary="Theirs again"))
    found = reader.one()
    assert (found["type"], found["metadata"]["name"]) == ("update", "Theirs again")
    upstream.delete(there, "theirs.ics")
    assert reader.one()["type"] == "delete"

    store = Store.open(tmp_path / "data")
    address = f"{running.url}/dav/alice/{store.collection(calendar['id']).slug}/mine.ics"
    store.close()
    with httpx.Client(auth=("alice", "secret"), timeout=PATIENCE, trust_env=False) as phone:
        assert phone.put(address, content=event("mine")).status_code == 201
        assert (reader.one()["type"], len(upstream.names(there))) == ("add", 2)
        assert phone.delete(address).status_code == 204
        assert (reader.one()["type"], len(upstream.names(there))) == ("delete", 1)

    new = {"name": "n", "start": "2026-11-21T10:00:00Z", "end": "2026-11-21T11:00:00Z"}
    made = api.post(events, new)
    found = reader.one()
    assert (found["type"], found["metadata"]["id"]) == ("add", made["id"])
    api.patch(f"{events}/{made['id']}", {"name": "N"})
    assert (reader.one()["type"], len(upstream.names(there))) == ("update", 2)
    api.delete(f"{events}/{made['id']}")
    assert (reader.one()["type"], len(upstream.names(there))) == ("delete", 1)
    sync(tmp_path)
    assert reader.rest() == [], "and nothing comes back from there"
