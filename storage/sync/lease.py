"""The sync lease: one process at a time runs the engine, and one that lost the lease cannot write any more.

The lease is a row, so it works across processes that share nothing but the file. It is renewed while its holder lives,
expires by itself when the holder hangs, and is taken over at once when the holder's process is gone (same host).
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from storage import clock, ids
from storage.db import Connection, Database
from storage.errors import LeaseLost, StoreError
from storage.tables import leases

NAME = "sync"

TTL = 20.0
"""Seconds for which a lease holds without being renewed."""


class SyncLease:
    """One process's claim to the lease."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.owner = ids.new_id()
        self.host = socket.gethostname()
        self._stop = Event()
        self._keeper: Thread | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free, expired, ours, or its holder's process is gone; whether we have it now."""
        with self.db.atomic() as conn:
            held = leases.get(conn, NAME)
            if held and held.owner != self.owner and held.expires > clock.timestamp() and not self._orphan(held):
                return False
            leases.take(conn, NAME, owner=self.owner, pid=os.getpid(), host=self.host, expires=clock.timestamp() + TTL)
        return True

    def keep(self) -> None:
        """Renew from a thread of its own until `release`; for holders that are busy for longer than the lease lasts."""
        self._keeper = Thread(target=self._keep, name="sync-lease", daemon=True)
        self._keeper.start()

    def release(self) -> None:
        """Give the lease back; harmless without it."""
        self._stop.set()
        if self._keeper:
            self._keeper.join()
        with suppress(StoreError), self.db.atomic() as conn:
            leases.drop(conn, NAME, self.owner)

    def check(self, conn: Connection) -> None:
        """Inside a transaction: raise `LeaseLost` if somebody else has taken over, so that nothing is written."""
        held = leases.get(conn, NAME)
        if held is None or held.owner != self.owner:
            raise LeaseLost("another process runs the sync now", hint="this one stops by itself")

    def _keep(self) -> None:
        while not self._stop.wait(TTL / 4):
            with suppress(StoreError):
                if not self.acquire():
                    return

    def _orphan(self, held: leases.Lease) -> bool:
        """Whether the holder was a process of this host that no longer exists."""
        if held.host != self.host:
            return False
        try:
            os.kill(held.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        # A killed process that nobody has waited for still has its number; where /proc tells, it is known to be dead.
        with suppress(OSError):
            return Path(f"/proc/{held.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return False
