"""Promise 1 on a bad disk: killed, full or failing at hundreds of points, nothing that was accepted is lost.

They are more than 300: what each test counts at its end says so.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from json import dumps, loads
from pathlib import Path

import pytest

from storage import clock
from storage.errors import StoreError
from storage.model import Account, CollectionKind, Origin
from storage.store import Store
from storage.vdir.compare import problems
from storage.vdir.two_way import TwoWay
from storage.verify import verify
from tests.storage import disk
from tests.storage.texts import event

BY = Origin.DAV
Say = Callable[[list[str]], object]


def prepare(folder: Path) -> None:
    """A mirror with some entries, in step with its folder."""
    store = Store.open(folder)
    store.save_user("alice", None)
    account = store.save_account(Account(0, "work", "alice", "caldav"))
    calendar = store.create_collection(
        account.id, "work", name="Work", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=BY
    )
    for number in range(12):
        store.put_entry(calendar.id, f"old{number}.ics", event(f"old{number}"), origin=BY)
    step(store)
    store.close()


def step(store: Store) -> None:
    with clock.use(lambda: time.time() + 100):
        TwoWay(store, store.folder / "vdir").finish()


def work(store: Store, say: Say) -> None:
    """Some of everything that writes; each thing that was accepted is said: [what, name, text]."""
    [calendar] = store.collections()
    folder = store.folder / "vdir" / str(calendar.account_id) / calendar.id

    def attempt(what: str, name: str, text: str, act: Callable[[], object]) -> None:
        say(["try", name, text])
        try:
            act()
        except StoreError:
            say(["refused", name, text])
        else:
            say([what, name, text])

    def put(name: str, text: str) -> None:
        attempt("entry", name, text, lambda: store.put_entry(calendar.id, f"{name}.ics", text, origin=BY))

    put("new1", event("new1", more="".join(f"X-{n}:{'x' * 70}\r\n" for n in range(60))))
    put("old1", event("old1", summary="Edited"))
    attempt("secret", "work", "one", lambda: store.credentials.set("work", {"password": "one"}))
    attempt("entry", "old2", "", lambda: store.delete_entry(calendar.id, "old2.ics", origin=BY))
    attempt("folder", "", "", lambda: step(store))
    for name, summary in (("byhand", "Made"), ("old3", "By hand")):
        entry = {each.uid: each.id for each in store.iter_entries(calendar.id)}.get(name, "byhand")
        text = event(name, summary=summary)
        say(["file", name, text])
        (folder / f"{entry}.ics").write_text(text, newline="")
    attempt("folder", "", "", lambda: step(store))
    put("new2", event("new2", more="RRULE:FREQ=DAILY\r\n"))
    attempt("secret", "work", "two", lambda: store.credentials.set("work", {"password": "two"}))
    attempt("folder", "", "", lambda: step(store))


def run(folder: Path, arm: Callable[[Store], object]) -> tuple[list[list[str]], bool]:
    """Do the work in a process of its own on a disk that fails; what it said, and whether it came to its end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            store = Store.open(folder)
            arm(store)
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                work(store, lambda said: pipe.write(dumps(said).encode() + b"\n"))
                pipe.write(b'["end", "", ""]\n')
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = [loads(line) for line in pipe]
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or said[-1][0] == "end", said  # nothing else than what may be refused has been raised
    return said, not killed


def judge(folder: Path, said: list[list[str]]) -> None:
    """Everything that was accepted is there, what was refused left no trace, and all agrees with itself."""
    store = Store.open(folder)
    step(store)
    report = verify(store, folder / "vdir")
    assert report.problems == []
    assert problems(store, folder / "vdir") == []
    assert store.held() == []
    [calendar] = store.collections()
    texts = {entry.uid: entry.text for entry in store.iter_entries(calendar.id)}
    inbox = [conflict.ours for conflict in store.conflicts()]
    wanted: dict[str, set[str]] = {}
    for what, name, text in said:
        if what == "try":
            wanted.setdefault(name, {texts_before(name)}).add(text)
        elif what in ("entry", "secret", "file"):
            wanted[name] = {text} if what != "file" else {text, *wanted.get(name, {texts_before(name)})}
        elif what == "refused" and name != "work":  # secrets may be there when only their safety is in doubt
            wanted[name].discard(text)
    for name, allowed in wanted.items():
        if name == "work":
            assert store.credentials.get("work").get("password", "") in allowed
        elif name:
            assert texts.get(name, "") in allowed, name
    for what, name, text in said:
        # What a person had finished writing before the process died is on the disk, and so it is taken in.
        if what == "file" and (said[-1] != [what, name, text]):
            assert texts.get(name) == text or text in inbox, name
    store.close()


def texts_before(name: str) -> str:
    return event(name) if name.startswith("old") else ""


def begin(faulty: disk.Disk, _store: Store) -> None:
    faulty.begin()


def die(at: int, store: Store) -> None:
    disk.kill_inside(store.db.reader(), at)


def fill_up(pages: int, store: Store) -> None:
    disk.full_after(store.db.reader(), pages)


def shorten(octets: int, _store: Store) -> None:
    disk.short_files(octets)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "data"
    prepare(folder)
    return folder


@pytest.fixture
def copied(template: Path, tmp_path: Path) -> Callable[[], Path]:
    """Another copy of the prepared mirror; its files are looked at anew, and found to be no edits."""
    count = iter(range(10_000))

    def copy() -> Path:
        return shutil.copytree(template, tmp_path / str(next(count)))

    return copy


@pytest.mark.timeout(600)
@pytest.mark.parametrize("strike", ["kill", "ENOSPC", "EIO"])
def test_at_every_touch_of_files_and_secrets(copied: Callable[[], Path], strike: str) -> None:
    points = 0
    while True:
        folder = copied()
        faulty = disk.Disk(folder, points, strike)
        said, _whole = run(folder, partial(begin, faulty))
        judge(folder, said)
        if not folder.with_name(f"{folder.name}.struck").exists():
            break
        points += 1
    assert points >= 45


@pytest.mark.timeout(600)
def test_killed_inside_sqlite(copied: Callable[[], Path]) -> None:
    points = whole = 0
    while not whole and points < 2_000:
        folder = copied()
        said, whole = run(folder, partial(die, points))
        judge(folder, said)
        points += 7
    assert points >= 7 * 100


@pytest.mark.timeout(300)
def test_full_after_every_page(copied: Callable[[], Path]) -> None:
    refused = []
    for pages in range(40):
        folder = copied()
        said, whole = run(folder, partial(fill_up, pages))
        assert whole
        judge(folder, said)
        refused.append(sum(line[0] == "refused" for line in said))
    assert refused[0] > 0
    assert refused[-1] == 0


@pytest.mark.timeout(300)
def test_no_room_in_the_log_at_any_length(copied: Callable[[], Path]) -> None:
    seen = 0
    for octets in range(300_000, 1_200_000, 15_000):
        folder = copied()
        said, whole = run(folder, partial(shorten, octets))
        assert whole
        judge(folder, said)
        seen += any(line[0] == "refused" for line in said)
    assert seen >= 3
