"""The account without an upstream: its collections live in the mirror alone, so there is nothing to pull or push."""
# ruff: noqa: ARG002 — the contract names these arguments; without an upstream there is nothing to do with them.

from collections.abc import Iterator, Mapping, Sequence

from storage.errors import Rejected
from storage.provider import (
    Capabilities,
    CollectionEdit,
    FreeBusy,
    Known,
    Login,
    Page,
    Push,
    Receipt,
    RemoteCollection,
    RemoteEntry,
)

_CAPABILITIES = Capabilities(upstream=False, cursor=False, create_collections=False, collection_properties=False)


class LocalProvider:
    """Nothing is upstream: lists are empty, and every write is `Rejected`, since a success would be a lie."""

    name = "local"

    def __init__(self, login: Login) -> None:
        self.capabilities = _CAPABILITIES
        self.account = login.account

    def collections(self) -> Sequence[RemoteCollection]:
        """None."""
        return ()

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """Raises `Rejected`: an empty answer would claim that the collection is empty upstream."""
        raise self._refusal("pulled from")

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """Raises `Rejected`, for the same reason."""
        raise self._refusal("listed")

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """No href gets a clear answer."""
        return {}

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """Raises `Rejected`."""
        raise self._refusal("written to")

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """Raises `Rejected`."""
        raise self._refusal("written to")

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """Raises `Rejected`."""
        raise self._refusal("written to")

    def delete_collection(self, collection: RemoteCollection) -> None:
        """Raises `Rejected`."""
        raise self._refusal("written to")

    def addresses(self) -> Sequence[str]:
        """None."""
        return ()

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """Raises `Rejected`."""
        raise self._refusal("asked")

    def close(self) -> None:
        """Nothing is held."""

    def _refusal(self, verb: str) -> Rejected:
        return Rejected(
            f"the account {self.account} is local: it has no upstream that could be {verb}",
            hint="Work on its collections in the mirror; they are complete there.",
        )
