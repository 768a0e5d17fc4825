"""A mirror that is brought to the form of a newer version: signs of life, and nothing lost when it is killed."""

import logging
import os
import signal
import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import pytest

from storage import clock, upgrade
from storage.ical import read as reading
from storage.model import Account, CollectionKind, Origin
from storage.store import Store
from storage.upgrade import Upgrade
from storage.verify import verify
from tests.storage.texts import event

ENTRIES = 12


def old(folder: Path) -> None:
    """A mirror of before m025."""
    store = Store.open(folder, durable=False)
    store.save_user("alice", None)
    account = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
    home = store.create_collection(
        account.id, "home", name="Home", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.CLI
    )
    for n in range(ENTRIES):
        store.put_entry(
            home.id, f"{n}", event(f"{n}", more="COMMENT:x\r\nX-GATEWAY-RAW;X-KEY=a:1\r\n"), origin=Origin.DAV
        )
    with store.db.atomic() as conn:
        conn.execute("DROP INDEX components_excluding")
        conn.execute("ALTER TABLE components DROP COLUMN more")
        conn.execute("DELETE FROM _sqlite_migrations WHERE name IN ('m025_events', 'm036_taken_out')")
    store.close()


def dump(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "mirror.db") as conn:
        return list(conn.iterdump())


def open_and_die(folder: Path, after: int) -> None:
    """Open the mirror, and be killed while the entry after so many is rendered."""
    count = 0

    def counted(text: str) -> object:
        nonlocal count
        count += 1
        if count > after:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(text)

    original = reading.read
    with patch("storage.ical.read.read", counted):
        Store.open(folder)


@pytest.mark.parametrize("after", [0, ENTRIES // 2, ENTRIES - 1])
def test_one_that_is_killed_leaves_all_as_it_was(tmp_path: Path, after: int) -> None:
    old(tmp_path / "data")
    before = dump(tmp_path / "data")
    process = get_context("fork").Process(target=open_and_die, args=(tmp_path / "data", after))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert dump(tmp_path / "data") == before
    store = Store.open(tmp_path / "data")
    assert verify(store, None).ok
    assert {each.raw and each.raw["a"] for entry in every(store) for each in store.components(entry)} == {1}
    store.close()


def every(store: Store) -> list[int]:
    (home,) = [each for each in store.collections() if each.slug == "home"]
    return [entry.n for entry in store.iter_entries(home.id)]


def test_it_says_how_far_it_is_every_few_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    old(tmp_path / "data")
    ticks: Iterator[int] = iter(range(10_000))
    with clock.use(lambda: float(next(ticks))), caplog.at_level(logging.WARNING, upgrade.log.name):
        Store.open(tmp_path / "data").close()
    said = [record.getMessage() for record in caplog.records]
    assert any("m025_events, " in each and f"of {ENTRIES} entries" in each for each in said)
    assert said[-1].startswith("the mirror has the form of this version now")
    seconds = [record.__dict__["fields"]["seconds"] for record in caplog.records]
    assert all(later - earlier >= upgrade.SILENCE for earlier, later in pairwise(seconds[:-1]))


def test_a_short_one_is_done_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old(tmp_path / "data")
    with clock.use(lambda: 0.0):
        Store.open(tmp_path / "data").close()
    assert caplog.records == []


def test_a_long_statement_is_told_of_too(caplog: pytest.LogCaptureFixture) -> None:
    conn = sqlite3.connect(":memory:")
    ticks = iter(range(10_000))
    with clock.use(lambda: float(next(ticks))):
        told = Upgrade()
        told.begin("m999")
        with told.watching(conn):
            conn.execute(
                "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 200000) SELECT max(n) FROM c"
            ).fetchall()
    assert any("m999" in record.getMessage() for record in caplog.records)
    conn.close()
