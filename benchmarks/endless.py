"""An upstream of any size that takes next to no memory: it writes the corpus down while it is being asked for it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from benchmarks.corpus import edited, events
from storage.errors import Rejected
from storage.model import CollectionKind
from storage.provider import (
    Capabilities,
    CollectionEdit,
    FreeBusy,
    Known,
    Page,
    Push,
    Receipt,
    RemoteCollection,
    RemoteEntry,
)

PAGE = 100
_HOME = "/endless/calendar/"


class EndlessProvider:
    """A provider whose one calendar holds the first `size` events of the corpus; `edit` changes one of them."""

    name = "endless"
    capabilities = Capabilities()

    def __init__(self, size: int) -> None:
        self.size = size
        self.edited: list[RemoteEntry] = []
        self.taken = 0
        self.pool = list(events(min(size, PAGE)))

    def edit(self) -> None:
        """Let one event change; a cursor is the number of these so far."""
        number = len(self.edited)
        uid, text = self.pool[number % len(self.pool)]
        for _ in range(1 + number // len(self.pool)):
            text = edited(text)
        self.edited.append(RemoteEntry(f"{_HOME}{uid}.ics", f"v{number + 1}", text))

    def collections(self) -> Sequence[RemoteCollection]:
        """The calendar."""
        return [RemoteCollection(_HOME, "Calendar", CollectionKind.CALENDAR, ("VEVENT",))]

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """Everything in pages, or what was edited since the cursor."""
        del collection, known
        head = str(len(self.edited))
        if cursor is not None:
            yield Page(changed=self.edited[int(cursor) :], cursor=head, last=True)
            return
        found = events(self.size)
        done = 0
        while chunk := list(islice(found, PAGE)):
            done += len(chunk)
            last = done >= self.size
            changed = [RemoteEntry(f"{_HOME}{uid}.ics", "v0", text) for uid, text in chunk]
            yield Page(changed=changed, cursor=head if last else None, full=True, last=last)

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """Not for the rounds that are measured here."""
        raise Rejected(f"{collection.name}: nobody may list it")

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """Not for the rounds that are measured here."""
        raise Rejected(f"{collection.name}: nobody may fetch {len(hrefs)} entries by name")

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """Take whatever is sent, and keep none of it."""
        del collection
        self.taken += 1
        return Receipt(push.href, f"p{self.taken}", push.text)

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """There is one calendar."""
        raise Rejected(f"{name}: {wanted.name} cannot be made")

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """It stays as it is."""
        raise Rejected(f"{collection.name}: {edit} is refused")

    def delete_collection(self, collection: RemoteCollection) -> None:
        """It stays."""
        raise Rejected(f"{collection.name} stays")

    def addresses(self) -> Sequence[str]:
        """None."""
        return []

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """It knows nobody."""
        del start, end
        raise Rejected(f"nobody knows {len(addresses)} people here")

    def close(self) -> None:
        """Nothing is open."""
