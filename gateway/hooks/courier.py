"""Sends messages as the journal grows: what is common to all that tell somebody outside of changes.

Exactly one process of a server sends: the sync process, while it holds the sync lease, in a thread of its own. Every
receiver has a queue of its own, and each message a thread, so that a slow or dead receiver delays nobody else. What is
still to be told is the journal after each receiver's own position, so a restart loses nothing.
"""

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Generic, Protocol, TypeVar

from storage import clock
from storage.errors import LeaseLost, StoreError, Unreachable
from storage.store import Store
from storage.sync.lease import SyncLease

POLL = 0.2
"""Seconds between two looks at whether something has been written."""

AT_ONCE = 4
"""Messages under way to one receiver."""

SOON = 5.0
"""Seconds after which it is tried again to look, where the mirror could not be asked."""

log = logging.getLogger("calharbor.webhooks")


class Message(Protocol):
    """Something to be told to somebody."""

    @property
    def key(self) -> tuple[str, int]:
        """What no two messages under way have in common: whom it goes to, and what it is about."""


Due = TypeVar("Due", bound=Message)


class Courier(ABC, Generic[Due]):
    """Sends what is due, in the moments in which this process holds the sync lease."""

    def __init__(self, store: Store, lease: SyncLease) -> None:
        self._store = store
        self._lease = lease
        self._under_way: set[tuple[str, int]] = set()
        self._done: SimpleQueue[tuple[Due, str]] = SimpleQueue()
        self._outcomes: list[tuple[Due, str]] = []

    @abstractmethod
    def look(self) -> tuple[Sequence[Due], float]:
        """The messages that are due, and when to look again if nothing happens (seconds since 1970)."""

    @abstractmethod
    def send(self, message: Due) -> str:
        """Send one message; what is wrong with the answer, "" for nothing. Raises `Unreachable`, `StoreError`."""

    @abstractmethod
    def settle(self, outcomes: Sequence[tuple[Due, str]]) -> None:
        """Note what became of messages."""

    @abstractmethod
    def note(self, message: Due, error: str) -> None:
        """Write a line of the log about one."""

    @property
    def busy(self) -> bool:
        """Whether messages are under way, or what became of them is still to be noted."""
        return bool(self._under_way)

    def run(self, stop: Event) -> None:
        """Send until `stop` is set."""
        version, again = -1, 0.0
        while not stop.wait(POLL):
            seen = self._store.data_version()
            if seen != version or clock.timestamp() >= again or not self._done.empty():
                version = seen
                try:
                    again = self.step()
                except LeaseLost:
                    again = clock.timestamp() + SOON
                except StoreError as error:
                    log.warning("webhooks have to wait: %s", error.message)
                    again = clock.timestamp() + SOON

    def step(self) -> float:
        """Note what became of messages, and start those that are due; when to look again (seconds since 1970).

        Raises `LeaseLost` where another process sends.
        """
        self._lease.check(self._store.db.reader())
        self._settle()
        messages, again = self.look()
        busy = Counter(name for name, _about in self._under_way)
        for message in messages:
            name, _about = message.key
            if message.key in self._under_way or busy[name] >= AT_ONCE:
                continue  # what is under way ends, and then there is another look
            busy[name] += 1
            self._under_way.add(message.key)
            # A daemon: the end of the process waits for nobody's receiver.
            Thread(target=self._deliver, args=(message,), name="webhook", daemon=True).start()
        return again

    def _settle(self) -> None:
        with suppress(Empty):
            while True:
                self._outcomes.append(self._done.get_nowait())
        if self._outcomes:
            self.settle(self._outcomes)  # where that fails, they are noted the next time
            self._under_way -= {message.key for message, _error in self._outcomes}
            self._outcomes.clear()

    def _deliver(self, message: Due) -> None:
        """Send one message. Whatever happens, an outcome is noted."""
        error = "it was not sent"
        try:
            error = self.send(message)
        except (Unreachable, StoreError) as refused:
            error = refused.message
        finally:
            self.note(message, error)
            self._done.put((message, error))
