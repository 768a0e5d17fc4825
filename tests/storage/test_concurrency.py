"""Many writers, in threads and processes, and a writer that is killed at any moment."""

import os
from pathlib import Path
from random import Random
from signal import SIGKILL
from subprocess import PIPE, Popen
from sys import executable
from threading import Event, Thread
from time import sleep

import pytest

from storage.errors import PreconditionFailed
from storage.model import Action, Collection, Origin
from storage.store import Store
from storage.tables import journal
from tests.storage.texts import event

ROOT = Path(__file__).parents[2]


def _writer(store: Store, collection: Collection, name: str, limit: int) -> "Popen[str]":
    arguments = [executable, "-m", "tests.storage.writer", str(store.folder), collection.id, name, str(limit)]
    return Popen(arguments, cwd=ROOT, stdout=PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def _acknowledged(output: str) -> dict[str, str | None]:
    """What the writer was told, by href: the hash, None for deleted. A last line that was cut off is none."""
    state: dict[str, str | None] = {}
    for line in output.splitlines(keepends=True):
        words = line.split()
        if line.endswith("\n"):
            state[words[1]] = words[2] if words[0] == "put" else None
    return state


def _check_journal(store: Store) -> None:
    """No gap, no duplicate, and the entries are what the journal says they became."""
    changes = store.changes()
    assert [change.seq for change in changes] == list(range(1, store.head() + 1))
    state: dict[tuple[str, str], str] = {}
    for change in changes:
        if change.href and change.action is Action.DELETE:
            assert state.pop((change.collection, change.href)) == change.before
        elif change.href:
            assert state.get((change.collection, change.href), "") == change.before
            state[change.collection, change.href] = change.after
    stored = {(c.id, listed.href): listed.hash for c in store.collections() for listed in store.listing(c.id)}
    assert stored == state
    assert store.db.reader().execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert store.db.reader().execute("PRAGMA foreign_key_check").fetchall() == []


def test_threads_and_processes_write_at_once(store: Store, home: Collection, mirrored: Collection) -> None:
    processes = [_writer(store, home, f"process{number}", 40) for number in range(2)]

    def write(name: str) -> None:
        for number in range(30):
            store.put_entry(home.id, f"{name}-{number}", event(f"{name}-{number}"), origin=Origin.API)
            store.put_entry(mirrored.id, f"{name}", event(name, summary=f"{number}"), origin=Origin.API)

    threads = [Thread(target=write, args=(f"thread{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    listing = {listed.href: listed.hash for listed in store.listing(home.id)}
    for output in outputs:
        for href, digest in _acknowledged(output).items():
            assert listing.get(href) == digest
    assert sum(href.startswith("thread") for href in listing) == 120
    assert len(store.listing(mirrored.id)) == 4
    _check_journal(store)


def test_a_conditional_write_has_one_winner(store: Store, home: Collection) -> None:
    start = store.put_entry(home.id, "a", event("a"), origin=Origin.DAV).entry
    outcomes: list[bool] = []

    def write(name: str) -> None:
        try:
            store.put_entry(home.id, "a", event("a", summary=name), origin=Origin.DAV, if_match=[start.hash])
            outcomes.append(True)
        except PreconditionFailed:
            outcomes.append(False)

    threads = [Thread(target=write, args=(f"{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 7 + [True]


def test_a_reader_sees_one_state_while_others_write(store: Store, home: Collection) -> None:
    stop = Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            store.put_entry(home.id, f"{number}", event(f"{number}"), origin=Origin.DAV)
            number += 1

    thread = Thread(target=write)
    thread.start()
    try:
        for _ in range(30):
            with store.db.snapshot() as conn:
                head, listed = journal.head(conn), len(store.listing(home.id))
                collection = store.collection(home.id)
                sleep(0.001)
                assert (journal.head(conn), len(store.listing(home.id))) == (head, listed)
                assert collection.seq == head == listed + 1
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("seed", range(20))
def test_what_was_acknowledged_survives_a_kill(store: Store, mirrored: Collection, seed: int) -> None:
    process = _writer(store, mirrored, "w", 0)
    assert process.stdout is not None
    first = process.stdout.readline()
    sleep(Random(seed).random() * 0.15)
    os.kill(process.pid, SIGKILL)
    state = _acknowledged(first + process.stdout.read())
    process.wait()
    process.stdout.close()
    listing = {listed.href: listed.hash for listed in store.listing(mirrored.id)}
    # The last write may have been done without anybody having been told: it may concern one href, known or new.
    differing = {href for href in {*state, *listing} if state.get(href) != listing.get(href)}
    assert len(differing) <= 1
    assert differing <= {list(state)[-1], f"w-{len(state)}.ics"}
    _check_journal(store)
    result = store.put_entry(mirrored.id, "after.ics", event("after"), origin=Origin.DAV)
    assert result.seq == store.head()
