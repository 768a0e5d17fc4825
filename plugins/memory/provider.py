"""The provider contract in executable form: an upstream in memory, deterministic, without a network."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from plugins.memory.messages import Message, messages
from storage.errors import CollectionGone, CursorGone, EntryGone, Rejected, VersionMismatch
from storage.model import CollectionKind
from storage.projection import project
from storage.provider import (
    EVERYTHING,
    Capabilities,
    CollectionEdit,
    FreeBusy,
    Holds,
    Known,
    Login,
    Page,
    Push,
    PushAction,
    Receipt,
    RemoteCollection,
    RemoteEntry,
    Silence,
)


@dataclass
class Folder:
    """One collection: its entries, and for each href that ever was the number of its latest change."""

    remote: RemoteCollection
    entries: dict[str, RemoteEntry] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)


class MemoryUpstream:
    """What the other side holds; shared by all its providers, edited by tests through `put`, `remove` and `add`.

    `holds` says what it keeps of a text; what it rewords it shows as HTML.

    `writes` counts changes made through providers, `told` has the iTIP messages that those caused. `rewrite` is what
    this upstream makes of a text that it takes (a server that drops or reorders properties); it then names no version,
    as RFC 4791 §5.3.4 asks; without `names_versions` it never names one. `busy` is what it says when it is asked about
    somebody. A UID stands at most once in a collection (§5.3.2.1). `schedules`: all its collections deliver
    invitations. Not for use by several threads at once.
    """

    def __init__(
        self,
        *,
        holds: Holds = EVERYTHING,
        rewrite: Callable[[str], str] = lambda text: text,
        names_versions: bool = True,
        addresses: Sequence[str] = (),
        schedules: bool = False,
    ) -> None:
        self.holds = holds
        self.rewrite = rewrite
        self.names_versions = names_versions
        self.addresses = tuple(addresses)
        self.schedules = schedules
        self.busy: dict[str, list[tuple[int, int]]] = {}
        self.folders: dict[str, Folder] = {}
        self.changes = 0
        self.epoch = 0
        self.writes = 0
        self.told: list[Message] = []

    def kept(self, text: str) -> str:
        """What it makes of a text that it is given."""
        shown = project(text, self.holds)
        for name in self.holds.rewords:
            shown = re.sub(rf"(?m)^({name}(?:;[^:]*)?):(?!<p>)(.*?)(\r?\n)(?![ \t])", r"\1:<p>\2</p>\3", shown)
        return self.rewrite(shown)

    def add(self, name: str = "calendar", wanted: RemoteCollection | None = None) -> RemoteCollection:
        """Make the collection `name` (like `wanted`, else for every kind of component)."""
        href = f"/memory/{quote(name, safe='')}/"
        default = RemoteCollection(href, name, CollectionKind.CALENDAR, ("VEVENT", "VTODO", "VJOURNAL"))
        self.folders[href] = Folder(replace(wanted or default, href=href))
        return self.current(href)

    def put(self, collection: str, href: str, data: str | bytes) -> str:
        """Store an entry as somebody else would, and return its new version."""
        self.changes += 1
        folder = self.folders[collection]
        folder.entries[href] = RemoteEntry(href, f"v{self.changes}", data)
        folder.touched[href] = self.changes
        return f"v{self.changes}"

    def remove(self, collection: str, href: str) -> None:
        """Delete an entry as somebody else would."""
        self.changes += 1
        folder = self.folders[collection]
        del folder.entries[href]
        folder.touched[href] = self.changes

    def expire_cursors(self) -> None:
        """Kill every cursor handed out so far: pulling with one of them raises `CursorGone`."""
        self.epoch += 1

    def current(self, href: str) -> RemoteCollection:
        """The collection as it now is."""
        remote = self.folders[href].remote
        return replace(remote, schedules=self.schedules or remote.schedules)


class MemoryProvider:
    """One account at a `MemoryUpstream`; built from a `Login`, it has one of its own that dies with it."""

    name = "memory"

    def __init__(self, source: MemoryUpstream | Login, *, page_size: int = 100) -> None:
        self.upstream = source if isinstance(source, MemoryUpstream) else MemoryUpstream()
        self.page_size = page_size
        holds = self.upstream.holds
        self.capabilities = Capabilities(holds=holds, cards=holds, silence=Silence.ASKED)

    def collections(self) -> Sequence[RemoteCollection]:
        """Every collection, in the order of their creation."""
        return [self.upstream.current(href) for href in self.upstream.folders]

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """Pages of what changed after `cursor`, oldest change first; each page of an incremental round has a cursor."""
        folder, epoch = self._folder(collection), self.upstream.epoch
        since = self._position(cursor) if cursor else 0
        head = self.upstream.changes if cursor is None else max(since, self._visible())
        moved = sorted((at, href) for href, at in folder.touched.items() if since < at <= head)
        if cursor is None:
            moved = [(at, href) for at, href in moved if href in folder.entries]
        for start in range(0, len(moved) or 1, self.page_size):
            step = moved[start : start + self.page_size]
            last = start + self.page_size >= len(moved)
            mark = None if cursor is None and not last else f"{epoch}:{head if last else step[-1][0]}"
            yield self._page(folder, [href for _, href in step], known, mark, full=cursor is None, last=last)

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """The version of every entry."""
        return {href: entry.version for href, entry in self._folder(collection).entries.items()}

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """Those entries; None for what is not there."""
        entries = self._folder(collection).entries
        return {href: entries.get(href) for href in hrefs}

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """Write, if the entry still has the version that the push names and no other entry has its UID."""
        folder = self._folder(collection)
        if folder.remote.read_only:
            raise Rejected(f"{folder.remote.name}: the upstream grants no write privilege", status=403)
        href = push.href or collection.href + quote(push.name or f"{push.uid}.ics", safe="")
        there = folder.entries.get(href)
        if push.action is PushAction.DELETE:
            return self._delete(collection, push, there)
        text = self.upstream.kept(push.text)
        if there is None and push.action is PushAction.UPDATE:
            raise EntryGone(f"{href}: no such entry upstream", status=404)
        if there is not None and there.version != push.version:
            if there.data == text:
                return Receipt(href, there.version, text)
            raise VersionMismatch(f"{href}: version {there.version}, not {push.version or 'none'}", status=412)
        if there is None and any(f"UID:{push.uid}\r\n" in str(entry.data) for entry in folder.entries.values()):
            raise VersionMismatch(f"{href}: another entry of the collection has the UID {push.uid}", status=409)
        version = self.upstream.put(collection.href, href, text)
        self._count(push, there)
        return Receipt(href, version if text == push.text and self.upstream.names_versions else "")

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """Make it; a name that is taken is `Rejected`."""
        if f"/memory/{quote(name, safe='')}/" in self.upstream.folders:
            raise Rejected(f"{name}: the name is taken", status=405)
        self.upstream.writes += 1
        return self.upstream.add(name, wanted)

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """Set properties."""
        folder, old = self._folder(collection), self._folder(collection).remote
        folder.remote = replace(
            old,
            name=old.name if edit.name is None else edit.name,
            description=old.description if edit.description is None else edit.description,
            color=old.color if edit.color is None else edit.color,
            timezone=old.timezone if edit.timezone is None else edit.timezone,
            order=old.order if edit.order is None else edit.order,
        )
        self.upstream.writes += folder.remote != old

    def delete_collection(self, collection: RemoteCollection) -> None:
        """Remove it with everything in it."""
        self.upstream.writes += self.upstream.folders.pop(collection.href, None) is not None

    def addresses(self) -> Sequence[str]:
        """What the upstream was built with."""
        return self.upstream.addresses

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """What of `MemoryUpstream.busy` lies inside the span; others are no users of it."""
        told: dict[str, FreeBusy] = {}
        for address in addresses:
            periods = self.upstream.busy.get(address.lower())
            inside = [(max(a, start), min(b, end)) for a, b in periods or () if a < end and b > start]
            known = periods is not None
            told[address] = FreeBusy(*(("2.0;Success", {"BUSY": inside}) if known else ("3.7;Invalid calendar user",)))
        return told

    def close(self) -> None:
        """Nothing is held."""

    def _folder(self, collection: RemoteCollection) -> Folder:
        if collection.href not in self.upstream.folders:
            raise CollectionGone(f"{collection.href}: no such collection upstream", status=404)
        return self.upstream.folders[collection.href]

    def _position(self, cursor: str) -> int:
        epoch, _, position = cursor.partition(":")
        if epoch != str(self.upstream.epoch):
            raise CursorGone(f"the cursor {cursor} is dead", status=410)
        return int(position)

    def _visible(self) -> int:
        """The newest change that a pull of changes shows."""
        return self.upstream.changes

    def _page(
        self, folder: Folder, hrefs: Sequence[str], known: Known, cursor: str | None, *, full: bool, last: bool
    ) -> Page:
        versions = known(hrefs)
        present = [folder.entries[href] for href in hrefs if href in folder.entries]
        return Page(
            changed=[entry for entry in present if versions.get(entry.href) != entry.version],
            seen=[(entry.href, entry.version) for entry in present if versions.get(entry.href) == entry.version],
            gone=[] if full else [href for href in hrefs if href not in folder.entries],
            cursor=cursor,
            full=full,
            last=last,
        )

    def _delete(self, collection: RemoteCollection, push: Push, there: RemoteEntry | None) -> Receipt:
        if there is None:
            return Receipt(push.href)
        if there.version != push.version:
            raise VersionMismatch(f"{push.href}: version {there.version}, not {push.version or 'none'}", status=412)
        self.upstream.remove(collection.href, push.href)
        self._count(push, there)
        return Receipt(push.href)

    def _count(self, push: Push, before: RemoteEntry | None) -> None:
        self.upstream.writes += 1
        if push.notify:
            was = str(before.data) if before is not None else ""
            self.upstream.told += messages(push.uid, was, push.text, self.upstream.addresses)
