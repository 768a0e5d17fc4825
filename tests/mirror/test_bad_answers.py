"""Promise 2: whatever an upstream answers, nothing is deleted here unseen; and no fault ends in fresh."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.model import State
from storage.sync import inbox
from storage.tables import held
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.mirror.test_upstreams import event, uid
from tests.upstreams.faults import Fault, FaultyProxy
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server

COUNT = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@dataclass
class Scene:
    server: Server
    proxy: FaultyProxy
    mirror: Mirror
    upstream: Upstream
    calendar: str

    def expire(self) -> None:
        """Make the next round list everything."""
        with self.mirror.store.db.atomic() as conn:
            conn.execute("UPDATE collections SET remote_cursor = NULL, verified = 0")

    def wake(self) -> None:
        with self.mirror.store.db.atomic() as conn:
            conn.execute("UPDATE collections SET next_due = 0, failures = 0")

    @property
    def state(self) -> State:
        return self.mirror.collection(self.calendar).state


@pytest.fixture
def scene(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    calendar = server.make_calendar(f"c{abs(hash(request.node.name))}")
    upstream = Upstream(server)
    for index in range(COUNT):
        upstream.put(calendar, f"e{index}.ics", event(f"e{index}", f"event {index}"))
    with FaultyProxy(server.url) as proxy, mirror_of(proxy.server(server), tmp_path / "mirror") as mirror:
        assert mirror.sync().converged
        assert len(mirror.texts(calendar)) == COUNT
        yield Scene(server, proxy, mirror, upstream, calendar)
    upstream.http.delete(calendar)
    upstream.http.close()


LISTING_FAULTS = [Fault.EMPTY_LISTING, Fault.EMPTY_MULTISTATUS, Fault.HALF_LISTING]
OTHER_FAULTS = [
    Fault.TRUNCATED_XML,
    Fault.HTML_MULTISTATUS,
    Fault.LOGIN_PAGE,
    Fault.NOT_FOUND,
    Fault.FORBIDDEN,
    Fault.UNAUTHORIZED,
    Fault.SERVER_ERROR,
    Fault.CUT_CONNECTION,
    Fault.RATE_LIMITED,
    Fault.REDIRECT_AWAY,
]


def befall(scene: Scene, fault: Fault, *, discovery: bool) -> None:
    """Let the fault hit the collection, or the account's home as well."""
    path = scene.calendar.removeprefix(scene.server.url)
    scene.proxy.inject(fault, where=lambda r: discovery or path.rstrip("/") in r.path)


@pytest.mark.parametrize("incremental", [True, False], ids=["with cursor", "full listing"])
@pytest.mark.parametrize("discovery", [True, False], ids=["everywhere", "on the collection"])
@pytest.mark.parametrize("fault", LISTING_FAULTS + OTHER_FAULTS, ids=lambda f: f.name.lower())
def test_nothing_is_deleted(scene: Scene, fault: Fault, discovery: bool, incremental: bool) -> None:
    before = scene.mirror.texts(scene.calendar)
    head = scene.mirror.store.head()
    if not incremental:
        scene.expire()
    befall(scene, fault, discovery=discovery)
    outcome = scene.mirror.sync()
    assert scene.mirror.texts(scene.calendar) == before
    assert not any(change.action == "delete" for change in scene.mirror.store.changes(head))
    harmless = incremental and fault in LISTING_FAULTS and not discovery
    if not harmless:
        assert not outcome.converged
        assert outcome.errors or outcome.waiting

    scene.proxy.clear()
    with scene.mirror.store.db.atomic() as conn:
        conn.execute("UPDATE accounts SET failures = 0, next_due = 0")
    scene.expire()
    assert scene.mirror.sync().converged, "everything is fine again once the upstream is"
    assert scene.mirror.texts(scene.calendar) == before
    assert scene.state is State.FRESH
    assert held.every(scene.mirror.store.db.reader()) == []


@pytest.mark.parametrize("fault", LISTING_FAULTS, ids=lambda f: f.name.lower())
def test_what_a_thin_listing_left_out_is_held_with_a_reason(scene: Scene, fault: Fault) -> None:
    scene.expire()
    befall(scene, fault, discovery=False)
    outcome = scene.mirror.sync()
    stopped = held.every(scene.mirror.store.db.reader())
    if fault is Fault.EMPTY_MULTISTATUS and not stopped:
        assert outcome.errors, "an answer without even the collection may also be refused as a whole"
        return
    (found,) = stopped
    assert found.reason
    assert len(found.entries) == (COUNT if fault is not Fault.HALF_LISTING else COUNT // 2)
    assert all(entry.uid and entry.summary for entry in found.entries)
    assert scene.state is State.HELD
    assert any("approval" in words for words in outcome.waiting)


def test_a_mass_deletion_is_held_and_happens_when_approved(scene: Scene) -> None:
    for index in range(8):
        scene.upstream.delete(scene.calendar, f"e{index}.ics")
    scene.upstream.put(scene.calendar, "e9.ics", event("e9", "edited"))
    outcome = scene.mirror.sync()
    texts = scene.mirror.texts(scene.calendar)
    assert len(texts) == COUNT
    assert "edited" in texts[uid("e9")], "the rest of the round is carried out"
    (found,) = held.every(scene.mirror.store.db.reader())
    assert found.reason == f"8 of {COUNT} entries would be deleted in one round"
    assert not outcome.converged

    assert inbox.approve(scene.mirror.store, found.n) == 8
    assert scene.mirror.sync().converged
    assert scene.mirror.texts(scene.calendar) == scene.upstream.texts(scene.calendar)
    assert scene.state is State.FRESH


def test_a_rejected_deletion_is_restored_upstream(scene: Scene) -> None:
    for index in range(8):
        scene.upstream.delete(scene.calendar, f"e{index}.ics")
    scene.mirror.sync()
    (found,) = held.every(scene.mirror.store.db.reader())
    assert inbox.reject(scene.mirror.store, found.n) == 8
    assert scene.mirror.sync().converged
    assert len(scene.upstream.texts(scene.calendar)) == COUNT
    assert scene.mirror.texts(scene.calendar) == scene.upstream.texts(scene.calendar)


def test_a_collection_that_vanishes_waits_as_a_whole(scene: Scene) -> None:
    assert scene.upstream.http.delete(scene.calendar).status_code in (200, 204)
    outcome = scene.mirror.sync()
    assert len(scene.mirror.texts(scene.calendar)) == COUNT
    (found,) = held.every(scene.mirror.store.db.reader())
    assert found.whole
    assert len(found.entries) == COUNT
    assert "no longer lists" in " ".join(outcome.waiting)
    collection = scene.mirror.collection(scene.calendar)
    inbox.approve(scene.mirror.store, found.n)
    assert collection.id not in {c.id for c in scene.mirror.store.collections()}


def test_a_lost_answer_to_a_write_makes_no_duplicate(scene: Scene) -> None:
    scene.proxy.inject(Fault.LOST_ANSWER, methods=["PUT"], times=1)
    scene.mirror.put(scene.calendar, "new.ics", event("new", "once"))
    scene.mirror.sync()
    scene.wake()
    with scene.mirror.store.db.atomic() as conn:
        conn.execute("UPDATE outbox SET next_try = 0")
    assert scene.mirror.sync().converged
    assert scene.upstream.names(scene.calendar).count("new.ics") == 1
    assert scene.mirror.texts(scene.calendar) == scene.upstream.texts(scene.calendar)


def test_an_upstream_that_names_no_version_is_read_back(scene: Scene) -> None:
    scene.proxy.inject(Fault.NO_ETAG)
    scene.mirror.put(scene.calendar, "e1.ics", event("e1", "edited here"))
    assert scene.mirror.sync().converged
    writes = scene.proxy.writes
    assert scene.mirror.sync().converged
    assert scene.proxy.writes == writes
    scene.proxy.clear()
    scene.mirror.put(scene.calendar, "e1.ics", event("e1", "edited again"))
    assert scene.mirror.sync().converged
    assert "edited again" in scene.upstream.get(scene.calendar, "e1.ics")


def test_paging_and_dead_cursors_lose_nothing(scene: Scene) -> None:
    scene.proxy.inject(Fault.PAGING)
    for index in range(COUNT, 2 * COUNT):
        scene.upstream.put(scene.calendar, f"e{index}.ics", event(f"e{index}", "more"))
    assert scene.mirror.sync().converged
    assert len(scene.mirror.texts(scene.calendar)) == 2 * COUNT
    scene.proxy.clear()
    scene.proxy.inject(Fault.DEAD_TOKEN, where=lambda r: b"<sync-token/>" not in r.body and b"sync-token>" in r.body)
    scene.upstream.delete(scene.calendar, "e0.ics")
    scene.mirror.sync()
    assert uid("e1") in scene.mirror.texts(scene.calendar)
