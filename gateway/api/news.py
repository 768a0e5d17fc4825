"""Wakes those who wait for changes: one thread looks at the mirror for all of a process, and only while somebody waits.

Whoever waits costs an object, and no thread. Somebody is woken when something changed in their account, when their
token opens nothing any more, and when the process is about to end: it would wait for their answers to end.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import sleep

from storage.errors import StoreError
from storage.store import Store

POLL = 0.2
"""Seconds between two looks at whether something has been written."""

log = logging.getLogger("calharbor.api")


@dataclass(eq=False, slots=True)
class Waiting:
    """One who waits: for what happens in an account, as long as a token is good; `over`: there is no more to come."""

    account: int
    token: str
    loop: asyncio.AbstractEventLoop
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    async def wait(self, seconds: float) -> bool:
        """Whether there is news within so many seconds; what came before is over with this."""
        try:
            await asyncio.wait_for(self.news.wait(), seconds)
        except TimeoutError:
            return False
        self.news.clear()
        return True


class News:
    """The one thread, and all who wait in this process; `ending` says whether that is about to end."""

    def __init__(self, store: Store, ending: Callable[[], bool]) -> None:
        self._store = store
        self._ending = ending
        self._waiting: set[Waiting] = set()
        self._lock = Lock()
        self._thread: Thread | None = None

    @contextmanager
    def waiting(self, account: int, token: str) -> Iterator[Waiting]:
        """Wait inside the block, in the running loop."""
        one = Waiting(account, token, asyncio.get_running_loop())
        with self._lock:
            if self._thread is None:
                # A daemon: the end of the process waits for nobody who waits.
                head = self._store.head()
                self._thread = Thread(target=self._watch, args=(head,), name="news", daemon=True)
                self._thread.start()
            self._waiting.add(one)
        try:
            yield one
        finally:
            with self._lock:
                self._waiting.discard(one)

    def _watch(self, head: int) -> None:
        """Wake whom it concerns, until nobody waits any more; `head`: the newest change that is no news."""
        version = -1
        while self._somebody():
            try:
                seen = self._store.data_version()
                if seen != version:
                    version = seen
                    newest = self._store.head()
                    self._wake(self._store.accounts_since(head))
                    head = newest
                if self._ending():
                    self._wake(None)
            except StoreError as error:
                log.warning("news have to wait: %s", error.message)
            sleep(POLL)

    def _somebody(self) -> bool:
        """Whether anybody waits still; else this thread is over."""
        with self._lock:
            if not self._waiting:
                self._thread = None
            return bool(self._waiting)

    def _wake(self, changed: set[int] | None) -> None:
        """Wake those of these accounts, and those whose token is good no more; None: all of them, for the last time."""
        good = self._store.good_tokens() if changed is not None else set()
        with self._lock:
            woken = [each for each in self._waiting if each.account in (changed or ()) or each.token not in good]
        for each in woken:
            each.over = changed is None
            if not each.loop.is_closed():
                each.loop.call_soon_threadsafe(each.news.set)
