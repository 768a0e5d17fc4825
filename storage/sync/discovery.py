"""The list of an account's collections, both ways: ours are made, renamed and removed upstream; theirs appear here."""

from storage import clock
from storage.errors import BlockedByAdmin, NeedsLogin, RateLimited, Rejected, UpstreamError, VersionMismatch
from storage.model import Account, Collection, CollectionKind
from storage.provider import Provider, RemoteCollection
from storage.sync import schedule
from storage.sync.book import Book
from storage.sync.ties import Ties, changes, name_of
from storage.tables.outbox import Waiting


class Discovery:
    """Runs once for an account, before the rounds of its collections. Raises `UpstreamError`s; nothing is half done."""

    def __init__(self, book: Book, provider: Provider) -> None:
        self.book = book
        self.ties = Ties(book)
        self.provider = provider

    def run(self, account: Account) -> None:
        """Send what we changed, then take what the upstream shows."""
        if not self.provider.capabilities.upstream:
            return
        self._send(account)
        shown = self.provider.collections()
        self.ties.called(account, self.provider.addresses())
        mine = self.ties.mine(account)
        for remote in shown:
            if remote.href in mine:
                self.ties.seen(mine[remote.href], remote)
            elif not self.ties.known(account, remote.href) and self.ties.store.id not in remote.via:
                self.ties.appear(account, remote)
        listed = {remote.href for remote in shown}
        for href, collection in mine.items():
            if href not in listed:
                self.ties.vanished(collection)
        self.book.discovered(account)

    def _send(self, account: Account) -> None:
        """Push our changes to collections themselves. One that the upstream stumbles over stops no others."""
        for waiting, collection in self.ties.waiting(account):
            try:
                self._send_one(account, waiting, collection)
            except Rejected as error:
                # A deletion or edit refused for good: the upstream's side comes back with the next listing.
                if collection is not None and waiting.action == "create":
                    self._later(waiting, error)
                else:
                    self.ties.done(waiting)
            except UpstreamError as error:
                self._later(waiting, error)
                if isinstance(error, (NeedsLogin, BlockedByAdmin, RateLimited)):
                    raise

    def _send_one(self, account: Account, waiting: Waiting, collection: Collection | None) -> None:
        if collection is None:
            href = str(waiting.detail.get("href") or "")
            made = None if href else self._made(account, str(waiting.detail.get("slug", "")))
            if href or made:
                self.provider.delete_collection(_named(made.href if made else href))
            self.ties.done(waiting)
        elif collection.remote_href is None:
            self.ties.sending(waiting)
            self.ties.tie(waiting, collection, self._create(account, collection))
        else:
            edit = self.ties.edit_of(collection)
            remote = self.book.ledger.remote_of(collection)
            if changes(edit):
                self.provider.update_collection(remote, edit)
            self.ties.edited(waiting, collection, remote)

    def _create(self, account: Account, collection: Collection) -> RemoteCollection:
        """Make it upstream, if an earlier try, whose answer was lost, has not made it already."""
        try:
            return self.provider.create_collection(collection.slug, self.book.ledger.remote_of(collection))
        except (Rejected, VersionMismatch):
            if made := self._made(account, collection.slug):
                return made
            raise

    def _made(self, account: Account, slug: str) -> RemoteCollection | None:
        """What a creation under this name made upstream, though we never heard of it; nothing else of ours."""
        taken = self.ties.mine(account)
        for remote in self.provider.collections():
            if name_of(remote.href) == slug and remote.href not in taken:
                return remote
        return None

    def _later(self, waiting: Waiting, error: UpstreamError) -> None:
        attempts = waiting.attempts + 1
        when = schedule.next_try(clock.timestamp(), attempts, self.book.chance, error.retry_after)
        self.ties.failed(waiting, error.message, when)


def _named(href: str) -> RemoteCollection:
    """Enough of a collection to delete it, when all that is left of it here is its href."""
    return RemoteCollection(href, "", CollectionKind.CALENDAR, ())
