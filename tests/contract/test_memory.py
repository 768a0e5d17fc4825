"""The memory provider keeps the contract."""

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.model import CollectionKind
from storage.provider import Provider, RemoteCollection
from tests.contract.provider import ODD_NAMES, ContactsContract, ProviderContract, SilenceContract, invitation
from tests.contract.scheduling import SchedulingContract


class MemoryBench:
    """An upstream in memory, with pages of two so that every pull has several."""

    names = ODD_NAMES
    me, guest = "mailto:up@example.org", "mailto:boss@example.org"

    def __init__(self, wanted: RemoteCollection | None = None) -> None:
        self.upstream = MemoryUpstream(addresses=[self.me], schedules=True)
        self.wanted = wanted

    def provider(self) -> Provider:
        return MemoryProvider(self.upstream, page_size=2)

    def collection(self) -> RemoteCollection:
        return self.upstream.add("calendar", self.wanted)

    def put(self, collection: RemoteCollection, name: str, text: str) -> None:
        self.upstream.put(collection.href, collection.href + name, text)

    def remove(self, collection: RemoteCollection, name: str) -> None:
        self.upstream.remove(collection.href, collection.href + name)

    def kill_cursors(self, collection: RemoteCollection, cursor: str) -> str:
        self.upstream.expire_cursors()
        return cursor

    @property
    def writes(self) -> int:
        return self.upstream.writes

    @property
    def mails(self) -> int:
        return len(self.upstream.told)

    def invitation(self, uid: str) -> tuple[RemoteCollection, str]:
        collection = self.collection()
        self.put(collection, f"{uid}.ics", invitation(uid, self.guest, self.me))
        return collection, f"{collection.href}{uid}.ics"


class TestMemory(ProviderContract, SilenceContract):
    @pytest.fixture
    def bench(self) -> MemoryBench:
        return MemoryBench()


class SchedulingMemoryBench(MemoryBench):
    """One that delivers invitations, with a colleague on it."""

    colleague = "mailto:boss@example.org"

    def __init__(self) -> None:
        calendar = RemoteCollection("", "Work", CollectionKind.CALENDAR, ("VEVENT",), schedules=True)
        super().__init__(calendar)
        self.upstream.addresses = ("mailto:up@example.org",)
        self.upstream.busy[self.colleague] = []

    def make_busy(self, start: int, end: int) -> None:
        self.upstream.busy[self.colleague] = [(start, end)]


class TestMemoryScheduling(SchedulingContract):
    @pytest.fixture
    def bench(self) -> SchedulingMemoryBench:
        return SchedulingMemoryBench()


class TestMemoryContacts(ContactsContract):
    @pytest.fixture
    def bench(self) -> MemoryBench:
        return MemoryBench(RemoteCollection("", "People", CollectionKind.CONTACTS, ("VCARD",)))
