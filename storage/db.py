"""The connections to the mirror: one per thread, writes one at a time, SQLite's errors translated at this door.

The file is in WAL mode: readers never wait, writers wait for each other (`BEGIN IMMEDIATE`, up to `PATIENCE` seconds).
With `synchronous=FULL` a transaction that has returned from `atomic` survives a power cut, unless it was `unhurried`.
A process that was forked gets connections of its own and never touches those of its parent.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from sqlite3 import Connection
from threading import Lock, local
from typing import NamedTuple
from weakref import WeakSet

from storage.errors import StoreBusy, StoreError, StoreFull

__all__ = ["PATIENCE", "Connection", "Database", "Space", "copy_file"]

PATIENCE = 10.0
"""Seconds for which a write waits for another one before it raises `StoreBusy`."""

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)

_NORMAL = 1
"""The value of `PRAGMA synchronous` with which no commit waits for the disk, and the file stays whole nevertheless."""

_USUAL = ("PRAGMA wal_autocheckpoint = 2000", "PRAGMA cache_size = -2000")
_FILLING = ("PRAGMA wal_autocheckpoint = 8000", "PRAGMA cache_size = -16000")
"""The pages in the log after which it goes into the file, and the KiB of pages that a connection keeps."""


class _Tracked(Connection):
    """A connection that can be referenced weakly, so that it goes with its thread and `close` still finds it."""


class _Thread(local):
    """What one thread holds: its connection, and how deep it is inside transactions."""

    conn: _Tracked | None = None
    pid: int = 0
    writing: int = 0
    reading: int = 0


class Space(NamedTuple):
    """Octets that the file may still grow by, and that it takes."""

    free: int
    used: int


class Database:
    """One SQLite file. Safe to use from any number of threads and processes."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open or create the file and switch it to WAL. Raises `StoreError` if it is no SQLite file or not writable.

        `durable` is false for a file that nobody misses after a power cut: then nothing waits for the disk.
        """
        self.path = path
        self._durable = durable
        self._pid = os.getpid()
        self._thread = _Thread()
        self._open: WeakSet[_Tracked] = WeakSet()
        self._inherited: list[_Tracked] = []
        self._writer = Lock()
        self._closed = False
        with _translated(path):
            self._ensure_wal()

    def space(self) -> Space:
        """How much room there is on the disk, and how much of it the file takes with its log."""
        try:
            used = sum(each.stat().st_size for each in self.path.parent.glob(f"{self.path.name}*"))
            return Space(shutil.disk_usage(self.path.parent).free, used)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be looked at: {error.strerror}") from error

    def reader(self) -> Connection:
        """This thread's connection: for single statements, or inside `atomic` and `snapshot` the one they use."""
        thread = self._thread
        if thread.conn is None or thread.pid != os.getpid():
            self._connect(thread)
        assert thread.conn is not None
        return thread.conn

    @contextmanager
    def atomic(self) -> Iterator[Connection]:
        """A write transaction: everything inside happens or nothing does; it is on the disk when the block has ended.

        Inside another `atomic` of the same thread it joins that one as a savepoint: an exception undoes the inner
        block, and the outer one decides about the rest. Raises `StoreFull` when the disk is full, `StoreBusy` when
        another writer holds the file for longer than `PATIENCE` (nothing has happened: try again), else `StoreError`.
        """
        conn = self.reader()
        thread = self._thread
        if thread.reading:
            raise StoreError("a write cannot begin inside a snapshot", hint="end the reading block first")
        if thread.writing:
            with self._savepoint(conn, thread):
                yield conn
            return
        writer = self._writer
        if not writer.acquire(timeout=PATIENCE):
            raise StoreBusy(f"{self.path} is being written by another thread", hint="try again in a moment")
        try:
            with _translated(self.path):
                conn.execute("BEGIN IMMEDIATE")
                thread.writing = 1
                try:
                    yield conn
                    conn.execute("COMMIT")
                except BaseException:
                    _roll_back(conn)
                    raise
        finally:
            thread.writing = 0
            writer.release()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Several reads that see one state of the mirror; inside `atomic` or another snapshot, the state of that one.

        Keep it short: as long as it lasts, the write-ahead log cannot shrink.
        """
        conn = self.reader()
        thread = self._thread
        if thread.writing or thread.reading:
            yield conn
            return
        with _translated(self.path):
            conn.execute("BEGIN")
            thread.reading = 1
            try:
                yield conn
            finally:
                thread.reading = 0
                _roll_back(conn)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """For as long as this thread writes very much: it keeps more pages in memory, and seldom empties the log.

        Entries come in by name and instances by their time, everywhere in large indexes, so that pages that were just
        written are soon written again. Begin it outside of transactions.
        """
        conn = self.reader()
        for pragma in _FILLING:
            conn.execute(pragma)
        try:
            yield
        finally:
            with suppress(sqlite3.Error):  # it may have been closed; and what cannot be tidied now is tidied later
                for pragma in (*_USUAL, "PRAGMA shrink_memory", "PRAGMA wal_checkpoint(PASSIVE)"):
                    conn.execute(pragma)

    @contextmanager
    def unhurried(self) -> Iterator[None]:
        """For writes of this thread that nobody misses after a power cut: they get to the disk with the next others.

        A crash of the process loses none of them. Begin it outside of transactions.
        """
        conn = self.reader()
        [usual] = conn.execute("PRAGMA synchronous").fetchone()
        conn.execute(f"PRAGMA synchronous = {min(usual, _NORMAL)}")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):  # it may have been closed
                conn.execute(f"PRAGMA synchronous = {usual}")

    def data_version(self) -> int:
        """A number that differs from the last one this thread was told if any other connection has committed since.

        Only comparable within one thread; this thread's own commits do not change it.
        """
        return int(self.reader().execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close every thread's connection of this process; a thread that goes on using one gets a `StoreError`."""
        self._closed = True
        if self._pid == os.getpid():
            for conn in list(self._open):
                with suppress(sqlite3.Error):
                    conn.close()
        self._open = WeakSet()
        self._thread = _Thread()

    def _connect(self, thread: _Thread) -> None:
        if self._closed:
            raise StoreError(f"{self.path} has been closed", hint="open the store again")
        if self._pid != os.getpid():
            self._forget_parent()
        with _translated(self.path):
            conn = self._new_connection()
        thread.conn, thread.pid, thread.writing, thread.reading = conn, os.getpid(), 0, 0
        self._open.add(conn)

    def _forget_parent(self) -> None:
        """After a fork. The parent's connections stay referenced: closing them here would release its file locks."""
        self._inherited.extend(self._open)
        if self._thread.conn is not None:
            self._inherited.append(self._thread.conn)
        self._open = WeakSet()
        self._writer = Lock()
        self._pid = os.getpid()

    def _new_connection(self) -> _Tracked:
        conn = sqlite3.connect(
            self.path,
            timeout=PATIENCE,
            isolation_level=None,
            cached_statements=256,
            check_same_thread=False,
            factory=_Tracked,
        )
        for pragma in (*_PRAGMAS, *_USUAL):
            conn.execute(pragma)
        if not self._durable:
            conn.execute("PRAGMA synchronous = OFF")
        return conn

    def _ensure_wal(self) -> None:
        """SQLite does not wait for another process that makes the same switch, so it is tried again."""
        tries = 100
        for attempt in range(tries):
            try:
                if self.reader().execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                    return
            except sqlite3.OperationalError as error:
                if attempt == tries - 1 or not _is(error, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
            time.sleep(PATIENCE / tries)
        raise StoreError(f"{self.path} cannot use a write-ahead log", hint="keep the mirror on a local file system")

    @contextmanager
    def _savepoint(self, conn: Connection, thread: _Thread) -> Iterator[None]:
        name = f"level{thread.writing}"
        with _translated(self.path):
            conn.execute(f"SAVEPOINT {name}")
            thread.writing += 1
            try:
                yield
                conn.execute(f"RELEASE {name}")
            except BaseException:
                # A full disk makes SQLite roll back the whole transaction by itself, savepoints included.
                if conn.in_transaction:
                    conn.execute(f"ROLLBACK TO {name}")
                    conn.execute(f"RELEASE {name}")
                raise
            finally:
                thread.writing -= 1


def copy_file(source: Path, target: Path) -> None:
    """Copy the mirror at `source`, as it is at this moment, into the new file `target`; others may go on writing.

    The source is opened for reading only. Raises `StoreFull` where there is no room, else `StoreError`.
    """
    wanted = sum(each.stat().st_size for each in source.parent.glob(f"{source.name}*"))
    free = shutil.disk_usage(target.parent).free
    if free < wanted:
        raise StoreFull(
            f"{target.parent} has no room for a copy of {source} ({wanted >> 20:,} MiB, {free >> 20:,} MiB are free)",
            hint="make room, or set TMPDIR to another folder",
        )
    with (
        _translated(source),
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)) as there,
        closing(sqlite3.connect(target)) as here,
    ):
        there.backup(here)


def _roll_back(conn: Connection) -> None:
    if conn.in_transaction:
        with suppress(sqlite3.Error):
            conn.execute("ROLLBACK")


def _is(error: sqlite3.Error, *codes: int) -> bool:
    """Whether SQLite's primary result code is one of these."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in codes


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Errors of the disk and the locks become ours; a broken rule of the schema stays what it is: a bug."""
    try:
        yield
    except sqlite3.Error as error:
        if _is(error, sqlite3.SQLITE_FULL):
            raise StoreFull(f"the disk that holds {path} is full", hint="make room; nothing was changed") from error
        if _is(error, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy(f"{path} is being written by another process", hint="try again in a moment") from error
        if _is(error, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreError(f"{path} is damaged or no mirror: {error}", hint="restore it from a backup") from error
        if _is(error, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise StoreError(
                f"{path} cannot be written: {error}",
                hint=f"let user {os.geteuid()}, as whom this runs, write {path.parent} and all files in it",
            ) from error
        if _is(error, sqlite3.SQLITE_IOERR):
            raise StoreError(f"{path} cannot be used: {error}", hint="check the disk") from error
        if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
            raise StoreError(f"{path} has been closed", hint="open the store again") from error
        raise
