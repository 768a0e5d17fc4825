"""Connections and transactions: joining, undoing, waiting, full disks, threads and forks."""

import gc
import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from storage import db as db_module
from storage.db import Database
from storage.errors import StoreBusy, StoreError, StoreFull


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "test.db")
    with database.atomic() as conn:
        conn.execute("CREATE TABLE t (x)")
    yield database
    database.close()


class Stop(Exception):
    """Raised inside transactions."""


def _insert(db: Database, x: int, *, stop: bool = False) -> None:
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (?)", (x,))
        if stop:
            raise Stop


def _rows(db: Database) -> list[int]:
    return [x for (x,) in db.reader().execute("SELECT x FROM t ORDER BY rowid")]


def test_every_connection_is_durable_and_checks_keys(db: Database) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    for name, value in pragmas.items():
        assert db.reader().execute(f"PRAGMA {name}").fetchone()[0] == value, name


def test_an_exception_undoes_everything(db: Database) -> None:
    with pytest.raises(Stop):
        _insert(db, 1, stop=True)
    assert _rows(db) == []


def test_an_inner_block_joins_and_can_fail_alone(db: Database) -> None:
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(Stop):
            _insert(db, 2, stop=True)
        with db.atomic() as inner:
            assert inner is conn
            inner.execute("INSERT INTO t VALUES (3)")
            _insert(db, 4)
    assert _rows(db) == [1, 3, 4]


def test_the_outer_block_undoes_the_inner_ones_too(db: Database) -> None:
    def outer() -> None:
        with db.atomic():
            _insert(db, 1)
            raise Stop

    with pytest.raises(Stop):
        outer()
    assert _rows(db) == []


def test_a_snapshot_does_not_see_what_is_written_meanwhile(db: Database) -> None:
    def write() -> None:
        with db.atomic() as conn:
            conn.execute("INSERT INTO t VALUES (1)")

    with db.snapshot() as conn:
        before = conn.execute("SELECT count(*) FROM t").fetchone()
        thread = Thread(target=write)
        thread.start()
        thread.join()
        with db.snapshot() as nested:
            assert nested.execute("SELECT count(*) FROM t").fetchone() == before
    assert _rows(db) == [1]


def test_a_snapshot_inside_a_transaction_sees_it(db: Database) -> None:
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (1)")
        with db.snapshot() as reading:
            assert reading.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert _rows(db) == [1]


def test_no_write_begins_inside_a_snapshot(db: Database) -> None:
    with db.snapshot(), pytest.raises(StoreError, match="snapshot"), db.atomic():
        pass
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (1)")
    assert _rows(db) == [1]


def test_a_full_disk_is_named_and_nothing_is_left(db: Database) -> None:
    pages = db.reader().execute("PRAGMA page_count").fetchone()[0]
    db.reader().execute(f"PRAGMA max_page_count = {pages + 4}")

    def fill() -> None:
        with db.atomic() as conn:
            _insert(db, 1)
            with db.atomic():
                conn.execute("INSERT INTO t VALUES (zeroblob(1000000))")

    with pytest.raises(StoreFull):
        fill()
    assert _rows(db) == []
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (2)")
    assert _rows(db) == [2]


def test_a_writer_that_does_not_end_makes_others_give_up(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "PATIENCE", 0.1)
    other = Database(tmp_path / "test.db")
    with db.atomic():
        with pytest.raises(StoreBusy), other.atomic():
            pass
        raised = Event()

        def write() -> None:
            with pytest.raises(StoreBusy), db.atomic():
                pass
            raised.set()

        thread = Thread(target=write)
        thread.start()
        thread.join()
    assert raised.is_set()
    with other.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (1)")
    other.close()
    assert _rows(db) == [1]


def test_a_broken_rule_of_the_schema_stays_what_it_is(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError), db.atomic() as conn:
        conn.execute("INSERT INTO nowhere VALUES (1)")


def test_something_else_than_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.write_text("this is no database at all, but it is long enough to look like a file\n" * 100)
    with pytest.raises(StoreError, match="damaged or no mirror"):
        Database(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        Database(tmp_path / "nowhere" / "test.db")


def test_a_file_that_cannot_be_written_says_who_has_to_be_let(db: Database, tmp_path: Path) -> None:
    """As on a file system that is mounted for reading only; whatever writes, `serve` first of all, says so."""
    db.reader().execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match=r"test\.db cannot be written") as caught:
        _insert(db, 1)
    assert str(os.geteuid()) in caught.value.hint
    assert str(tmp_path) in caught.value.hint


def test_connections_end_with_their_threads(db: Database) -> None:
    def look() -> None:
        assert _rows(db) == []

    for _ in range(5):
        thread = Thread(target=look)
        thread.start()
        thread.join()
    gc.collect()
    assert len(db._open) == 1


def test_closing_closes_every_thread(db: Database) -> None:
    ready, go = Event(), Event()
    errors: list[StoreError] = []

    def work() -> None:
        db.reader()
        ready.set()
        go.wait()
        try:
            db.reader()
        except StoreError as error:
            errors.append(error)

    thread = Thread(target=work)
    thread.start()
    ready.wait()
    db.close()
    go.set()
    thread.join()
    assert len(errors) == 1
    with pytest.raises(StoreError, match="closed"), db.atomic():
        pass


def test_what_is_unhurried_does_not_wait_for_the_disk_and_what_follows_does(db: Database) -> None:
    def level() -> int:
        return int(db.reader().execute("PRAGMA synchronous").fetchone()[0])

    with suppress(Stop), db.unhurried():
        with db.atomic() as conn:
            conn.execute("INSERT INTO t VALUES (1)")
            assert level() == 1, "NORMAL: whole after a power cut, if perhaps without the newest"
        raise Stop
    assert level() == 2
    assert _rows(db) == [1]
    db.reader().execute("PRAGMA synchronous = OFF")
    with db.unhurried():
        assert level() == 0, "who waits for nothing begins to wait for nothing"
    assert level() == 0


def test_filling_lasts_as_long_as_its_block_and_empties_the_log(db: Database) -> None:
    def settings() -> list[int]:
        return [db.reader().execute(f"PRAGMA {each}").fetchone()[0] for each in ("cache_size", "wal_autocheckpoint")]

    usual = settings()
    with suppress(Stop), db.filling():
        assert settings() == [-16_000, 8_000] != usual
        for x in range(100):
            _insert(db, x, stop=x == 99)
    assert settings() == usual
    with closing(sqlite3.connect(f"file:{db.path}?immutable=1", uri=True)) as without_log:
        assert without_log.execute("SELECT count(*) FROM t").fetchone() == (99,)
    with db.filling():
        db.close()


def test_the_data_version_tells_of_commits_by_others(db: Database, tmp_path: Path) -> None:
    other = Database(tmp_path / "test.db")
    before = db.data_version()
    assert db.data_version() == before
    with other.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (1)")
    assert db.data_version() != before
    other.close()


def _child(db: Database) -> None:
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (?)", (os.getpid(),))


def test_a_forked_process_gets_its_own_connection(db: Database) -> None:
    with db.atomic() as conn:
        conn.execute("INSERT INTO t VALUES (0)")
    process = multiprocessing.get_context("fork").Process(target=_child, args=(db,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert _rows(db) == [0, process.pid]
    with db.atomic() as conn:
        conn.execute("DELETE FROM t")
    assert db.reader().execute("PRAGMA integrity_check").fetchone() == ("ok",)
