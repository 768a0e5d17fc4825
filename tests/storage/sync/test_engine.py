"""The engine with the memory upstream: conflicts, deletions, refusals, quarantine, renames, logins, and the lease."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage import clock
from storage.errors import LeaseLost, NeedsLogin, Rejected, Unreachable
from storage.model import State
from storage.provider import Known, Page, Push, PushAction, Receipt, RemoteCollection
from storage.store import Store
from storage.sync import inbox
from storage.sync.lease import TTL, SyncLease
from storage.sync.ledger import Ledger
from storage.sync.once import sync_once
from storage.sync.worker import Worker
from storage.tables import held, outbox, quarantine, remotes
from tests.simulation.texts import event
from tests.storage.sync.scene import Scene, mirrored


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with mirrored(tmp_path, {uid: event(uid, 1, "base") for uid in ("a", "b", "c")}) as found:
        yield found


def test_a_conflict_keeps_theirs_live_and_ours_whole_in_the_inbox(scene: Scene) -> None:
    ours, theirs = event("a", 2, "ours"), event("a", 3, "theirs")
    scene.ours("a.ics", ours)
    scene.theirs("a", theirs)
    outcome = scene.sync()
    assert outcome.waiting
    assert not outcome.errors
    assert scene.here()["a"] == theirs
    (found,) = scene.inbox()
    assert (found.cause, found.base, found.ours, found.theirs) == ("edit", event("a", 1, "base"), ours, theirs)
    assert outbox.count(scene.store.db.reader()) == 0


def test_the_same_edit_on_both_sides_is_no_conflict(scene: Scene) -> None:
    scene.ours("a.ics", event("a", 2, "same"))
    scene.theirs("a", event("a", 2, "same").replace("\r\n", "\n"))
    writes = scene.upstream.writes
    assert scene.sync().converged
    assert scene.inbox() == []
    assert scene.upstream.writes == writes


def test_an_edit_upstream_wins_over_our_deletion_which_stands_in_the_inbox(scene: Scene) -> None:
    entry_id = scene.store.entry_at(scene.collection.id, "a.ics").id
    scene.delete("a.ics")
    scene.theirs("a", event("a", 2, "edited"))
    scene.sync()
    assert scene.here()["a"] == event("a", 2, "edited")
    assert scene.store.entry_at(scene.collection.id, "a.ics").id == entry_id, "the id never changes"
    (found,) = scene.inbox()
    assert (found.cause, found.ours) == ("delete", None)


def test_our_edit_wins_over_a_deletion_upstream_and_is_made_anew(scene: Scene) -> None:
    scene.ours("a.ics", event("a", 2, "edited"))
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    scene.sync()
    assert scene.there()[f"{scene.remote.href}a.ics"] == event("a", 2, "edited")
    (found,) = scene.inbox()
    assert (found.cause, found.theirs) == ("delete", None)


def test_deleted_on_both_sides_is_gone(scene: Scene) -> None:
    scene.delete("a.ics")
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    assert scene.sync().converged
    assert set(scene.here()) == {"b", "c"}


class Refusing(MemoryProvider):
    """An upstream that refuses every write of one kind for good."""

    def __init__(self, upstream: MemoryUpstream, action: PushAction) -> None:
        super().__init__(upstream)
        self.action = action

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        if push.action is self.action:
            raise Rejected("the property X-SECRET is not allowed here", status=403)
        return super().push(collection, push)


@pytest.mark.parametrize("action", list(PushAction))
def test_a_refused_write_stands_in_the_inbox_and_the_upstreams_is_live_again(scene: Scene, action: PushAction) -> None:
    scene.make = lambda _account: Refusing(scene.upstream, action)
    before = dict(scene.there())
    match action:
        case PushAction.CREATE:
            scene.ours("new.ics", event("new", 2, "ours"))
        case PushAction.UPDATE:
            scene.ours("a.ics", event("a", 2, "ours"))
        case PushAction.DELETE:
            scene.delete("a.ics")
    scene.ours("b.ics", event("b", 5, "another")) if action is not PushAction.UPDATE else None
    outcome = scene.sync()
    assert outcome.waiting
    (found,) = scene.inbox()
    assert found.cause == "rejected"
    assert found.reason == "the property X-SECRET is not allowed here"
    wanted = {"create": event("new", 2, "ours"), "update": event("a", 2, "ours"), "delete": None}[action]
    assert found.ours == wanted
    assert scene.here()["a"] == event("a", 1, "base")
    assert "new" not in scene.here()
    assert scene.there()[f"{scene.remote.href}a.ics"] == before[f"{scene.remote.href}a.ics"]
    if action is not PushAction.UPDATE:
        assert scene.there()[f"{scene.remote.href}b.ics"] == event("b", 5, "another"), "nobody else waits for it"
    writes, head = scene.upstream.writes, scene.store.head()
    scene.sync()
    assert (scene.upstream.writes, scene.store.head()) == (writes, head)


BROKEN: Mapping[str, str | bytes] = {
    "not a calendar": "hello",
    "a web page": "<html><body>sign in</body></html>",
    "invalid UTF-8": b"BEGIN:VCALENDAR\r\n\xff\xfe\r\nEND:VCALENDAR\r\n",
    "a NUL": event("n", 1, "x").replace("x 1", "x\x00"),
    "no UID": event("n", 1, "x").replace("UID:n\r\n", ""),
    "two entries in one": event("n", 1, "x").replace("END:VCALENDAR\r\n", "") + "BEGIN:VEVENT\r\nUID:m\r\n"
    "DTSTART:20260101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "cut off": event("n", 1, "x")[:120],
    "nested a hundred thousand deep": "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 100_000,
    "twenty megabytes": event("n", 1, "x" * 20_000_000),
    "a UID that is taken": event("a", 9, "twin"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_one_bad_item_is_quarantined_with_its_bytes_and_blocks_nobody(scene: Scene, what: str) -> None:
    data = BROKEN[what]
    href = scene.theirs("bad", data)
    scene.theirs("good", event("good", 2, "arrives"))
    assert scene.sync().converged
    assert set(scene.here()) == {"a", "b", "c", "good"}
    (item,) = quarantine.every(scene.store.db.reader())
    assert item.href == href
    assert item.body == (data if isinstance(data, bytes) else data.encode())
    assert item.reason
    head = scene.store.head()
    assert scene.sync().converged
    assert scene.store.head() == head

    scene.theirs("bad", event("bad", 3, "repaired"))
    assert scene.sync().converged
    assert quarantine.every(scene.store.db.reader()) == []
    assert scene.here()["bad"] == event("bad", 3, "repaired")


@pytest.mark.parametrize(
    "text",
    [
        event("odd", 2, "x" * 1_000_000),
        event("odd", 2, "x").replace("SUMMARY", "RRULE:FREQ=SECONDLY\r\nSUMMARY"),
        event("odd", 2, "x").replace("DTSTART:", "DTSTART;TZID=Nowhere/Land:"),
    ],
    ids=["a line of a megabyte", "every second for ever", "an unknown zone"],
)
def test_what_is_odd_but_readable_is_mirrored(scene: Scene, text: str) -> None:
    scene.theirs("odd", text)
    assert scene.sync().converged
    assert scene.here()["odd"] == text


def test_a_rename_upstream_keeps_the_entry(scene: Scene) -> None:
    entry_id = scene.store.entry_at(scene.collection.id, "a.ics").id
    scene.upstream.remove(scene.remote.href, f"{scene.remote.href}a.ics")
    scene.theirs("a", event("a", 1, "base"), f"{scene.remote.href}renamed.ics")
    head = scene.store.head()
    assert scene.sync().converged
    assert scene.store.entry_by_uid(scene.collection.id, "a").id == entry_id
    assert scene.store.head() == head, "nothing that a client can see has changed"
    scene.ours("a.ics", event("a", 2, "after"))
    assert scene.sync().converged
    assert scene.there()[f"{scene.remote.href}renamed.ics"] == event("a", 2, "after")


def test_a_page_may_show_a_uid_or_a_name_twice(scene: Scene) -> None:
    scene.theirs("twin", event("twin", 1, "first"), f"{scene.remote.href}first.ics")
    scene.theirs("twin", event("twin", 1, "second"), f"{scene.remote.href}second.ics")
    for uid in ("this", "that"):
        scene.theirs(uid, event(uid, 1, uid), f"{scene.remote.href}{uid}/same.ics")
    scene.sync()
    here = scene.here()
    assert here["twin"] == event("twin", 1, "first")
    assert {uid: here[uid] for uid in ("this", "that")} == {uid: event(uid, 1, uid) for uid in ("this", "that")}
    assert [item.href for item in quarantine.every(scene.store.db.reader())] == [f"{scene.remote.href}second.ics"]


class Locked(MemoryProvider):
    """An upstream whose password has changed."""

    def collections(self) -> list[RemoteCollection]:
        raise NeedsLogin("the password is refused", hint="calharbor account login up")


def test_a_refused_login_is_said_and_loses_nothing(scene: Scene) -> None:
    good = scene.make
    scene.make = lambda _account: Locked(scene.upstream)
    scene.ours("a.ics", event("a", 2, "waits"))
    outcome = scene.sync()
    assert outcome.waiting == ["up: the password is refused: calharbor account login up"]
    states = [scene.account.state]
    assert len(scene.here()) == 3
    scene.make = good
    assert scene.sync().converged
    assert scene.there()[f"{scene.remote.href}a.ics"] == event("a", 2, "waits")
    assert [*states, scene.account.state] == [State.NEEDS_LOGIN, State.FRESH]


class Down(MemoryProvider):
    """An upstream that cannot be reached."""

    def collections(self) -> list[RemoteCollection]:
        raise Unreachable("no connection")


def test_an_upstream_that_is_down_leaves_reads_and_writes_working(scene: Scene) -> None:
    scene.make = lambda _account: Down(scene.upstream)
    outcome = scene.sync()
    assert outcome.errors == ["up: no connection"]
    scene.ours("a.ics", event("a", 2, "meanwhile"))
    assert scene.here()["a"] == event("a", 2, "meanwhile")
    assert scene.account.state is State.STALE


def test_the_upstreams_projection_is_the_base_and_our_richer_text_stays(tmp_path: Path) -> None:
    def drop_extras(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("X-"))

    class Claiming(MemoryProvider):
        """Drops what it does not know and names a version all the same."""

        def push(self, collection: RemoteCollection, push: Push) -> Receipt:
            receipt = super().push(collection, push)
            return Receipt(receipt.href, self.listing(collection)[receipt.href])

    scene = Scene(tmp_path / "mirror", MemoryUpstream(rewrite=drop_extras))
    scene.make = lambda _account: Claiming(scene.upstream)
    assert scene.sync().converged
    rich = event("rich", 1, "kept").replace("SUMMARY", "X-MINE:precious\r\nSUMMARY")
    scene.ours("rich.ics", rich)
    assert scene.sync().converged
    assert "X-MINE" not in str(next(iter(scene.there().values())))
    assert scene.here()["rich"] == rich
    writes = scene.upstream.writes
    assert scene.sync().converged
    assert scene.here()["rich"] == rich
    assert scene.upstream.writes == writes, "and it is never sent again"
    scene.store.close()


def test_one_process_at_a_time_and_the_one_that_lost_the_lease_writes_nothing(scene: Scene) -> None:
    first, second = SyncLease(scene.store.db), SyncLease(scene.store.db)
    now = [1000.0]
    with clock.use(lambda: now[0]):
        assert first.acquire()
        assert not second.acquire()
        now[0] += TTL + 1
        assert second.acquire(), "a holder that hangs is taken over"
        head = scene.store.head()
        with pytest.raises(LeaseLost), Ledger(scene.store, first).writing() as conn:
            conn.execute("UPDATE collections SET name = 'never'")
        assert scene.store.head() == head
        assert scene.collection.name != "never"
        second.release()
        assert first.acquire()
        first.release()


def test_the_worker_pushes_what_clients_write_and_answers_other_processes(scene: Scene) -> None:
    rounds: list[str] = []
    worker = Worker(scene.store, scene.make, interval=1, on_round=lambda r: rounds.append(r.collection))
    stop, changed = Event(), Event()
    thread = Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        scene.ours("a.ics", event("a", 2, "at once"))
        for _ in range(100):
            if scene.there()[f"{scene.remote.href}a.ics"] == event("a", 2, "at once"):
                changed.set()
                break
            stop.wait(0.05)
        assert changed.is_set()
        lines: list[dict[str, object]] = []
        outcome = sync_once(scene.store, scene.make, [scene.account], on_line=lines.append)
        assert outcome.converged
        assert lines, "the process that holds the lease did it, and its lines were passed on"
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert scene.collection.id in rounds


def test_a_first_mirror_says_that_it_is_under_way(tmp_path: Path) -> None:
    seen: list[State] = []
    scene = Scene(tmp_path / "mirror", MemoryUpstream())

    class Watching(MemoryProvider):
        """Looks at the state while the engine pulls."""

        def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
            seen.append(scene.collection.state)
            return super().pull(collection, cursor, known)

    scene.make = lambda _account: Watching(scene.upstream)
    scene.sync()
    scene.sync()
    assert seen == [State.SYNCING, State.FRESH]
    scene.store.close()


@pytest.mark.parametrize("decide", [inbox.approve, inbox.reject])
def test_an_entry_edited_while_its_deletion_was_held_is_out_of_that_decision(
    scene: Scene, decide: Callable[[Store, int], int]
) -> None:
    for uid in ("a", "b", "c"):
        scene.upstream.remove(scene.remote.href, f"{scene.remote.href}{uid}.ics")
    assert scene.sync().waiting
    (stopped,) = held.every(scene.store.db.reader())
    scene.ours("a.ics", event("a", 2, "still wanted"))
    scene.sync()
    assert decide(scene.store, stopped.n) == 2
    scene.sync()
    left = {"a"} if decide is inbox.approve else {"a", "b", "c"}
    assert set(scene.here()) == left
    assert len(scene.there()) == len(left)
    assert scene.here()["a"] == event("a", 2, "still wanted")


@pytest.mark.parametrize("decide", [inbox.approve, inbox.reject])
def test_what_was_edited_in_a_collection_that_vanished_is_made_anew_upstream(
    scene: Scene, decide: Callable[[Store, int], int]
) -> None:
    del scene.upstream.folders[scene.remote.href]
    assert scene.sync().waiting
    (stopped,) = held.every(scene.store.db.reader())
    edited, made = event("a", 2, "still wanted"), event("d", 1, "made since")
    scene.ours("a.ics", edited)
    scene.ours("d.ics", made)
    decide(scene.store, stopped.n)
    health = remotes.collection(scene.store.db.reader(), scene.collection.n)
    assert (health.next_due, health.failures) == (0, 0), "a running server makes its rounds again"
    scene.sync()
    left = {"a", "d"} if decide is inbox.approve else {"a", "b", "c", "d"}
    assert set(scene.here()) == left
    assert (scene.collection.state, outbox.count(scene.store.db.reader())) == (State.FRESH, 0)
    (folder,) = scene.upstream.folders.values()
    assert {edited, made} <= {entry.data for entry in folder.entries.values()}
    assert len(folder.entries) == len(left)


def test_the_lease_of_a_dead_process_is_free_at_once(scene: Scene) -> None:
    """Even while nobody has waited for the dead process, which then still has its number."""
    code = (
        "import sys; from pathlib import Path;"
        "from storage.store import Store; from storage.sync.lease import SyncLease;"
        "assert SyncLease(Store.open(Path(sys.argv[1])).db).acquire(); print('taken', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(scene.store.folder)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert holder.stdout
    assert holder.stdout.readline() == b"taken\n"
    lease = SyncLease(scene.store.db)
    assert not lease.acquire()
    holder.kill()
    deadline = time.monotonic() + 5
    while not lease.acquire() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert lease.acquire()
    lease.release()
    holder.communicate()
