"""A provider in front of another one, which hands every question on; who wants to watch over something overrides it."""

from collections.abc import Iterator, Mapping, Sequence

from storage.provider import (
    Capabilities,
    CollectionEdit,
    FreeBusy,
    Known,
    Page,
    Provider,
    Push,
    Receipt,
    RemoteCollection,
    RemoteEntry,
)


class Through:
    """Stands for `provider`. The methods are those of the contract."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.name = provider.name

    @property
    def capabilities(self) -> Capabilities:
        """The provider's, which may learn more of them as it goes."""
        return self.provider.capabilities

    def collections(self) -> Sequence[RemoteCollection]:
        """The provider's answer."""
        return self.provider.collections()

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """The provider's answer."""
        return self.provider.pull(collection, cursor, known)

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """The provider's answer."""
        return self.provider.listing(collection)

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """The provider's answer."""
        return self.provider.fetch(collection, hrefs)

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """The provider's answer."""
        return self.provider.push(collection, push)

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """The provider's answer."""
        return self.provider.create_collection(name, wanted)

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """The provider does it."""
        self.provider.update_collection(collection, edit)

    def delete_collection(self, collection: RemoteCollection) -> None:
        """The provider does it."""
        self.provider.delete_collection(collection)

    def addresses(self) -> Sequence[str]:
        """The provider's answer."""
        return self.provider.addresses()

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """The provider's answer."""
        return self.provider.free_busy(addresses, start, end)

    def close(self) -> None:
        """The provider lets go of its connections."""
        self.provider.close()
