"""A provider that only seems to write: it reads from the real upstream, and notes what would have been sent there.

Every write is answered as an upstream answers that keeps what it is given, and from then on the reads show it beside
what is really there, so that an engine that runs over a copy of the mirror comes to rest as it would in earnest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from storage.errors import EntryGone, Rejected, VersionMismatch
from storage.provider import (
    CollectionEdit,
    Known,
    Page,
    Provider,
    Push,
    PushAction,
    Receipt,
    RemoteCollection,
    RemoteEntry,
)
from storage.sync.through import Through
from storage.sync.ties import changes

OnPush = Callable[[RemoteCollection, Push], int]
"""Hears of a push that was not sent, and keeps it; says under which number `Rehearsal` gets it back."""

OnCollection = Callable[[RemoteCollection, PushAction, Mapping[str, str]], None]
"""Hears of a collection that was not made, edited or removed, with the properties that would have been set."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What an href would hold after our writes: `real` is the version that the upstream really has under it (empty for
    nothing), `version` the one that is pretended, `number` where the push is kept; no number for a deletion.
    """

    real: str
    version: str = ""
    number: int | None = None


class Rehearsal(Through):
    """Stands for `provider`, and keeps it from every write. `text_of` gives back the text of a push by its number."""

    def __init__(
        self, provider: Provider, *, on_push: OnPush, on_collection: OnCollection, text_of: Callable[[int], str]
    ) -> None:
        super().__init__(provider)
        self._on_push = on_push
        self._on_collection = on_collection
        self._text_of = text_of
        self._written: dict[str, dict[str, _Written]] = {}
        self._edits: dict[str, dict[str, str]] = {}
        self._made: dict[str, RemoteCollection] = {}
        self._removed: set[str] = set()
        self._count = 0

    # -- reading ------------------------------------------------------------------------------------------------------

    def collections(self) -> Sequence[RemoteCollection]:
        """Those of the upstream, as our writes would have left them."""
        found = [*self.provider.collections(), *self._made.values()]
        return [self._edited(each) for each in found if each.href not in self._removed]

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """The upstream's pages, with what we wrote in its place."""
        mine = self._written.get(collection.href, {})
        if collection.href in self._made:
            there = list(self._living(mine).items())
            yield Page(seen=there, cursor="made", full=cursor is None, last=True)
            return

        def really(hrefs: Sequence[str]) -> Mapping[str, str]:
            found = {href: version for href, version in known(hrefs).items() if href not in mine}
            return {**found, **{href: mine[href].real for href in hrefs if href in mine and mine[href].real}}

        named: set[str] = set()
        for page in self.provider.pull(collection, cursor, really):
            shown = self._shown(page, mine)
            if page.full:
                named.update(href for href, _version in shown.seen)
                if page.last:
                    unnamed = [pair for pair in self._living(mine).items() if pair[0] not in named]
                    shown = replace(shown, seen=[*shown.seen, *unnamed])
            yield shown

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """The upstream's versions, with those that our writes would have made."""
        mine = self._written.get(collection.href, {})
        real = {} if collection.href in self._made else self.provider.listing(collection)
        kept = {href: version for href, version in real.items() if not self._replaced(mine, href, version)}
        return {**kept, **{href: each for href, each in self._living(mine).items() if href not in kept}}

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """What we wrote, and of the rest what the upstream has."""
        mine = self._written.get(collection.href, {})
        found = {href: self._entry(href, mine[href]) for href in hrefs if href in mine}
        rest = [href for href in hrefs if href not in mine]
        if collection.href in self._made:
            return {**found, **dict.fromkeys(rest)}
        return {**found, **(self.provider.fetch(collection, rest) if rest else {})}

    # -- writing ------------------------------------------------------------------------------------------------------

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """Note it. Refused is only what we know would be: a write to what is read-only, or over what we wrote."""
        if collection.read_only:
            raise Rejected(f"{collection.name}: the upstream grants no write privilege", status=403)
        mine = self._written.setdefault(collection.href, {})
        href = push.href or collection.href + quote(push.name or push.uid, safe="")
        before = mine.get(href)
        if before is not None and before.version != push.version:
            raise VersionMismatch(f"{href}: written in this very run")
        if push.action is PushAction.UPDATE and before is not None and before.number is None:
            raise EntryGone(f"{href}: deleted in this very run")
        number = self._on_push(collection, push)
        real = before.real if before is not None else push.version
        if push.action is PushAction.DELETE:
            mine[href] = _Written(real)
            return Receipt(href)
        self._count += 1
        mine[href] = _Written(real, f"rehearsed-{self._count}", number)
        return Receipt(href, mine[href].version, push.text)

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """Note it; it is there from now on."""
        made = replace(wanted, href=f"/rehearsed/{quote(name, safe='')}/", read_only=False)
        self._on_collection(made, PushAction.CREATE, {"name": wanted.name})
        self._made[made.href] = made
        return made

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """Note it; it is shown so from now on."""
        self._on_collection(collection, PushAction.UPDATE, changes(edit))
        self._edits.setdefault(collection.href, {}).update(changes(edit))

    def delete_collection(self, collection: RemoteCollection) -> None:
        """Note it; it is not shown any more."""
        self._on_collection(collection, PushAction.DELETE, {})
        self._removed.add(collection.href)

    # -- both ---------------------------------------------------------------------------------------------------------

    def _edited(self, collection: RemoteCollection) -> RemoteCollection:
        edit = self._edits.get(collection.href)
        if not edit:
            return collection
        return replace(
            collection,
            name=edit.get("name", collection.name),
            description=edit.get("description", collection.description),
            color=edit.get("color", collection.color),
            timezone=edit.get("timezone", collection.timezone),
            order=edit.get("order", collection.order),
        )

    def _shown(self, page: Page, mine: Mapping[str, _Written]) -> Page:
        """A page with our writes in the place of what they replaced; what changed upstream since stays as it is."""
        if not mine:
            return page
        seen = []
        for href, version in page.seen:
            if not self._replaced(mine, href, version):
                seen.append((href, version))
            elif mine[href].version:
                seen.append((href, mine[href].version))
        changed = [each for each in page.changed if not self._replaced(mine, each.href, each.version)]
        gone = [href for href in page.gone if href not in mine or mine[href].real]
        return replace(page, seen=seen, changed=changed, gone=gone)

    def _replaced(self, mine: Mapping[str, _Written], href: str, version: str) -> bool:
        """Whether we wrote over just that version."""
        return href in mine and mine[href].real == version

    def _living(self, mine: Mapping[str, _Written]) -> dict[str, str]:
        return {href: each.version for href, each in mine.items() if each.number is not None}

    def _entry(self, href: str, written: _Written) -> RemoteEntry | None:
        if written.number is None:
            return None
        return RemoteEntry(href, written.version, self._text_of(written.number))
