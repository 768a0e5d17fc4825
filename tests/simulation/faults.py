"""Faults for the simulated world: providers that fail and lie at random, full disks, crashes between any two steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.db import Connection, Database
from storage.errors import CursorGone, RateLimited, Rejected, StoreFull, Unreachable, UntrustedAnswer
from storage.provider import CollectionEdit, Known, Page, Push, Receipt, RemoteCollection, RemoteEntry


class Crash(BaseException):
    """The process is gone: nothing catches it, nothing is cleaned up."""


class Fate:
    """What goes wrong, and how often (probabilities per step). `calm` switches everything off."""

    def __init__(self, random: Random, *, crash: float = 0.0, fault: float = 0.0, disk: float = 0.0) -> None:
        self.random = random
        self.crash = crash
        self.fault = fault
        self.disk = disk

    def calm(self) -> None:
        """From here on nothing goes wrong any more."""
        self.crash = self.fault = self.disk = 0.0

    def step(self) -> None:
        """A point between two steps, at which the process may die."""
        if self.random.random() < self.crash:
            raise Crash

    def write(self) -> None:
        """A point at which the disk may be full."""
        if self.random.random() < self.disk:
            raise StoreFull("the disk is full")

    def strikes(self) -> bool:
        """Whether something goes wrong here."""
        return self.random.random() < self.fault


def let_crash(db: Database, fate: Fate) -> None:
    """From now on every write transaction of `db` may die before it begins, before its commit, or right after; and
    there may be no room for it.
    """

    @contextmanager
    def atomic() -> Iterator[Connection]:
        fate.step()
        with Database.atomic(db) as conn:
            yield conn
            fate.step()
            fate.write()
        fate.step()

    vars(db)["atomic"] = atomic


class MoodyProvider(MemoryProvider):
    """The memory upstream over a bad line: requests and answers get lost, cursors die, pages are cut, news is late."""

    def __init__(
        self,
        upstream: MemoryUpstream,
        fate: Fate,
        *,
        meanwhile: Callable[[], None],
        removing: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        super().__init__(upstream, page_size=fate.random.choice([1, 2, 5, 100]))
        self.fate = fate
        self.meanwhile = meanwhile
        """Somebody else's edits, let in between our request and the next."""
        self.removing = removing
        """Hears of a collection that is about to go, with all that is in it."""
        self.say = say

    def _request(self, what: str) -> None:
        self.fate.step()
        if self.fate.strikes():
            self.say(f"{what}: lost")
            raise self.fate.random.choice([Unreachable("the line is down"), RateLimited("slow down", retry_after=3)])
        self.meanwhile()
        self.say(what)

    def _answer(self) -> None:
        """The request has arrived; the answer may be lost on its way."""
        if self.fate.strikes():
            self.say("its answer: lost")
            raise self.fate.random.choice([Unreachable("no answer"), UntrustedAnswer("half an answer")])
        self.fate.step()

    def collections(self) -> Sequence[RemoteCollection]:
        self._request("collections")
        found = super().collections()
        self._answer()
        return found

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        self._request(f"pull {collection.href} {cursor or ''}")
        if cursor is not None and self.fate.strikes():
            raise CursorGone("the cursor is too old")
        if cursor is not None and self.fate.strikes():
            cursor = None  # some take a dead cursor for none at all, and say nothing of it
        for page in super().pull(collection, cursor, known):
            if self.fate.strikes() and not page.last:
                return  # cut off without a word
            yield page
            if not page.last:
                self._request("the next page")

    def _visible(self) -> int:
        """Now and then the newest changes are not to be seen yet."""
        return self.upstream.changes - (self.fate.random.randrange(3) if self.fate.strikes() else 0)

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        self._request(f"listing {collection.href}")
        found = super().listing(collection)
        self._answer()
        return found

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        self._request(f"fetch {' '.join(hrefs)}")
        found = dict(super().fetch(collection, hrefs))
        self._answer()
        if found and self.fate.strikes():
            del found[self.fate.random.choice(sorted(found))]
        return found

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        self._request(f"make {name}")
        made = super().create_collection(name, wanted)
        self._answer()
        return made

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        self._request(f"edit {collection.href}")
        super().update_collection(collection, edit)
        self._answer()

    def delete_collection(self, collection: RemoteCollection) -> None:
        self._request(f"remove {collection.href}")
        self.removing(collection.href)
        super().delete_collection(collection)
        self._answer()

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        self._request(f"push {push.action} {push.href or collection.href} {push.uid} {push.version}")
        if self.fate.strikes() and self.fate.strikes():
            raise Rejected("not in this calendar", status=403)
        receipt = super().push(collection, push)
        if self.fate.strikes():
            # A duplicate: the line delivers the request twice, and the second answer is the one that we hear.
            receipt = super().push(collection, push)
        self._answer()
        return receipt
