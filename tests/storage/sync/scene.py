"""A mirror of a memory upstream, and a line to it on which things happen at the worst moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.model import Account, Collection, Origin
from storage.provider import Known, Page, Provider, Push, Receipt, RemoteCollection
from storage.store import Store
from storage.sync.once import sync_once
from storage.sync.report import Outcome
from storage.tables import conflicts, outbox
from storage.verify import verify

Act = Callable[[], object]


class Scene:
    """A mirror of a memory upstream with one collection, a calendar if not `wanted` otherwise."""

    def __init__(self, folder: Path, upstream: MemoryUpstream, wanted: RemoteCollection | None = None) -> None:
        self.store = Store.open(folder, durable=False)
        self.store.save_user("alice", None)
        self.store.save_account(Account(0, "up", "alice", "memory", mirrored=True))
        self.upstream = upstream
        self.remote = upstream.add("calendar", wanted)
        self.make: Callable[[Account], Provider] = lambda _account: MemoryProvider(self.upstream)

    @property
    def account(self) -> Account:
        return self.store.account("up")

    @property
    def collection(self) -> Collection:
        (only,) = self.store.collections(account=self.account.id)
        return only

    def sync(self) -> Outcome:
        return sync_once(self.store, self.make, [self.account])

    def theirs(self, uid: str, text: str | bytes, href: str = "") -> str:
        href = href or f"{self.remote.href}{uid}.ics"
        self.upstream.put(self.remote.href, href, text)
        return href

    def ours(self, name: str, text: str) -> None:
        self.store.put_entry(self.collection.id, name, text, origin=Origin.DAV)

    def delete(self, name: str) -> None:
        self.store.delete_entry(self.collection.id, name, origin=Origin.DAV)

    def here(self) -> dict[str, str]:
        return {e.uid: e.text for e in self.store.iter_entries(self.collection.id)}

    def there(self) -> dict[str, str | bytes]:
        return {href: e.data for href, e in self.upstream.folders[self.remote.href].entries.items()}

    def interrupt(self, **acts: Act) -> None:
        """Let each of these happen once, in the middle of a step of the engine."""
        self.make = lambda _account: Interrupted(self.upstream, acts)

    def waiting(self) -> int:
        """How much is in the outbox."""
        return outbox.count(self.store.db.reader())

    def inbox(self) -> list[conflicts.Conflict]:
        return conflicts.every(self.store.db.reader())


@contextmanager
def mirrored(folder: Path, entries: Mapping[str, str]) -> Iterator[Scene]:
    """A scene in which these entries (text by UID) are mirrored; what is left of it at the end is in order."""
    found = Scene(folder / "mirror", MemoryUpstream())
    for uid, text in entries.items():
        found.theirs(uid, text)
    assert found.sync().converged
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


class Interrupted(MemoryProvider):
    """Does `acts[step]`, once, in the middle of a step: `listed`, `pulling`, `sent` (arrived, not yet answered)."""

    def __init__(self, upstream: MemoryUpstream, acts: dict[str, Act]) -> None:
        super().__init__(upstream)
        self.acts = acts

    def _now(self, step: str) -> None:
        self.acts.pop(step, lambda: None)()

    def collections(self) -> Sequence[RemoteCollection]:
        found = super().collections()
        self._now("listed")
        return found

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        for page in super().pull(collection, cursor, known):
            self._now("pulling")
            yield page

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        receipt = super().push(collection, push)
        self._now("sent")
        return receipt

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        made = super().create_collection(name, wanted)
        self._now("made")
        return made
