"""Faults for the simulated world: a provider that fails and lies at random, and crashes between any two steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.db import Connection, Database
from storage.errors import CursorGone, RateLimited, Rejected, Unreachable, UntrustedAnswer
from storage.provider import CollectionEdit, Known, Page, Push, Receipt, RemoteCollection, RemoteEntry


class Crash(BaseException):
    """The process is gone: nothing catches it, nothing is cleaned up."""


class Fate:
    """What goes wrong, and how often (probabilities per step). `calm` switches everything off."""

    def __init__(self, random: Random, *, crash: float = 0.0, fault: float = 0.0) -> None:
        self.random = random
        self.crash = crash
        self.fault = fault

    def calm(self) -> None:
        """From here on nothing goes wrong any more."""
        self.crash = self.fault = 0.0

    def step(self) -> None:
        """A point between two steps, at which the process may die."""
        if self.random.random() < self.crash:
            raise Crash

    def strikes(self) -> bool:
        """Whether something goes wrong here."""
        return self.random.random() < self.fault


def let_crash(db: Database, fate: Fate) -> None:
    """From now on every write transaction of `db` may die before it begins, before its commit, or right after."""

    @contextmanager
    def atomic() -> Iterator[Connection]:
        fate.step()
        with Database.atomic(db) as conn:
            yield conn
            fate.step()
        fate.step()

    vars(db)["atomic"] = atomic


class MoodyProvider(MemoryProvider):
    """The memory upstream over a bad line: requests and answers get lost, cursors die, pages are cut."""

    def __init__(self, upstream: MemoryUpstream, fate: Fate, *, meanwhile: Callable[[], None]) -> None:
        super().__init__(upstream, page_size=fate.random.choice([1, 2, 5, 100]))
        self.fate = fate
        self.meanwhile = meanwhile
        """Somebody else's edits, let in between our request and the next."""

    def _request(self) -> None:
        self.fate.step()
        if self.fate.strikes():
            raise self.fate.random.choice([Unreachable("the line is down"), RateLimited("slow down", retry_after=3)])
        self.meanwhile()

    def _answer(self) -> None:
        """The request has arrived; the answer may be lost on its way."""
        if self.fate.strikes():
            raise self.fate.random.choice([Unreachable("no answer"), UntrustedAnswer("half an answer")])
        self.fate.step()

    def collections(self) -> Sequence[RemoteCollection]:
        self._request()
        found = super().collections()
        self._answer()
        return found

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        self._request()
        if cursor is not None and self.fate.strikes():
            raise CursorGone("the cursor is too old")
        for page in super().pull(collection, cursor, known):
            if self.fate.strikes() and not page.last:
                return  # cut off without a word
            yield page
            if not page.last:
                self._request()

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        self._request()
        found = super().listing(collection)
        self._answer()
        return found

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        self._request()
        found = dict(super().fetch(collection, hrefs))
        self._answer()
        if found and self.fate.strikes():
            del found[self.fate.random.choice(sorted(found))]
        return found

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        self._request()
        made = super().create_collection(name, wanted)
        self._answer()
        return made

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        self._request()
        super().update_collection(collection, edit)
        self._answer()

    def delete_collection(self, collection: RemoteCollection) -> None:
        self._request()
        super().delete_collection(collection)
        self._answer()

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        self._request()
        if self.fate.strikes() and self.fate.strikes():
            raise Rejected("not in this calendar", status=403)
        receipt = super().push(collection, push)
        if self.fate.strikes():
            # A duplicate: the line delivers the request twice, and the second answer is the one that we hear.
            receipt = super().push(collection, push)
        self._answer()
        return receipt
