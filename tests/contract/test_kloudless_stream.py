"""Activity as it happens, over Server-Sent Events: nothing missed, nothing twice, and over when the token is."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Queue
from threading import Thread

import httpx
import pytest

from gateway.http.tokens import token_hash
from storage.model import TokenKind
from storage.store import Store
from tests.contract.serving import Api, Fixture, Json, contract
from tests.gateway.running import PATIENCE
from tests.storage.texts import event

SECRET = "a-token-that-will-be-revoked"
OVER = None


class Served:
    """A server of this test's own, with the store behind it."""

    def __init__(self, fixture: Fixture, store: Store) -> None:
        self.fixture = fixture
        self.store = store
        self.api = fixture.api(101)

    def write(self, name: str) -> None:
        address = f"{self.fixture.url}/dav/alice/primary/{name}.ics"
        done = httpx.put(
            address, content=event(name), auth=("alice", "alice-password"), timeout=PATIENCE, trust_env=False
        )
        assert done.status_code == 201


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("streams")
    with contract(folder) as fixture:
        store = Store.open(folder / "data")
        store.add_token("passing", TokenKind.ACCOUNT, token_hash(SECRET), account=101)
        yield Served(fixture, store)
        store.close()


class Listener:
    """Reads a stream in a thread; `next` gives its events, None when it is over."""

    def __init__(self, response: httpx.Response) -> None:
        self.events: Queue[Json | None] = Queue()
        self._response = response
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        found: dict[str, str] = {}
        with suppress(httpx.HTTPError, httpx.StreamError):
            for line in self._response.iter_lines():
                name, _, value = line.partition(": ")
                if not line and "data" in found:
                    self.events.put({**found, "data": json.loads(found["data"])})
                found = {**found, name: value} if line else {}
        self.events.put(OVER)

    def next(self) -> Json | None:
        return self.events.get(timeout=PATIENCE)

    def told(self) -> tuple[str, str]:
        found = self.next()
        assert found is not None
        assert found["event"] == "activity"
        assert found["id"] == found["data"]["id"]
        return found["id"], found["data"]["metadata"]["ical_uid"]


@contextmanager
def listening(served: Served, path: str, secret: str = "", **options: object) -> Iterator[Listener]:
    token = {"Authorization": f"Bearer {secret}"} if secret else dict(served.api.headers)
    headers = {**token, **({"Last-Event-ID": str(options["last"])} if "last" in options else {})}
    client = httpx.Client(timeout=PATIENCE, trust_env=False)
    with client, client.stream("GET", served.fixture.url + path, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Listener(response)


def subscribed(api: Api) -> str:
    return f"/v1/accounts/101/subscriptions/{api.post('subscriptions', {})['id']}"


def test_what_happens_arrives_and_whoever_comes_back_misses_nothing(served: Served) -> None:
    path = subscribed(served.api)
    served.write("before")
    with listening(served, f"{path}/activity/stream") as stream:
        first, uid = stream.told()
        assert uid == "before", "since the subscription was made"
        served.write("during")
        last, uid = stream.told()
        assert uid == "during"
    served.write("meanwhile")
    with listening(served, f"{path}/activity/stream?cursor={first}", last=last) as stream:
        served.write("after")
        assert [stream.told()[1], stream.told()[1]] == ["meanwhile", "after"]
    listed = served.api.get(f"{path}/activity")
    with listening(served, f"{path}/activity/stream/") as stream:
        for each in listed["objects"]:
            found = stream.next()
            assert found is not None
            assert found["data"] == each, "the same objects as in the list"
    shown = served.api.get(path)
    assert shown["last_cursor"] == listed["cursor"]
    served.api.delete(path)


def test_a_stream_ends_with_its_token_and_with_its_subscription(served: Served) -> None:
    path = subscribed(served.api)
    with (
        listening(served, f"{path}/activity/stream", SECRET) as passing,
        listening(served, f"{path}/activity/stream") as staying,
    ):
        (token,) = [each for each in served.store.tokens() if each.label == "passing"]
        served.store.revoke_token(token.id)
        assert passing.next() is OVER
        served.write("still")
        assert staying.told()[1] == "still"
        served.api.patch(path, {"active": False})
        served.write("wakes")
        assert staying.next() is OVER
    served.api.delete(path)


def test_a_server_that_ends_waits_for_no_stream(tmp_path: Path) -> None:
    with contract(tmp_path) as fixture, closing(Store.open(tmp_path / "data")) as store:
        served = Served(fixture, store)
        with listening(served, f"{subscribed(served.api)}/activity/stream") as stream:
            assert fixture.running.stop() == 0
            assert stream.next() is OVER
    assert [line for line in fixture.running.lines if line["level"] == "error"] == [], "nothing had to be cut off"


def test_what_is_wrong_is_said_before_a_stream_begins(served: Served) -> None:
    path = subscribed(served.api)
    served.api.get(f"{path}/activity/stream?cursor=bogus", 400)
    served.api.get(f"{path}/activity/stream", 400, headers={"Last-Event-ID": "bogus"})
    served.fixture.api(102).get(f"{path}/activity/stream", 403)
    served.fixture.anybody().get(f"{path}/activity/stream", 401)
    served.api.patch(path, {"active": False})
    assert served.api.get(f"{path}/activity/stream", 403)["error_code"] == "forbidden"
    served.api.delete(path)
    served.api.get(f"{path}/activity/stream", 404)


def test_those_who_wait_hold_no_threads(served: Served) -> None:
    path = subscribed(served.api)
    pid = served.fixture.running.pid_of("http")

    def threads() -> int:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))

    served.api.get("subscriptions")
    streams = [listening(served, f"{path}/activity/stream") for _ in range(60)]
    opened = [stream.__enter__() for stream in streams]
    assert threads() < 60, "a pool of 40 for requests, and what the server has anyway"
    served.write("all")
    assert {stream.told()[1] for stream in opened} == {"all"}
    for stream in streams:
        stream.__exit__(None, None, None)
    served.api.delete(path)
