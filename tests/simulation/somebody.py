"""The other side of the simulated world: an upstream, and everybody else who writes, breaks and repairs there."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

from plugins.memory.provider import Folder, MemoryUpstream
from storage.content import canonical
from storage.model import CollectionKind
from storage.projection import project
from storage.provider import EVERYTHING, Holds, RemoteCollection
from tests.simulation.cards import one_version
from tests.simulation.texts import ME, Texts, uid_of
from tests.simulation.words import Words, sayings

TABLES = (
    Holds(drops=frozenset({"X-*"})),
    Holds(drops=frozenset({"CATEGORIES", "COMMENT"})),
    Holds(drops=frozenset({"X-*", "URL", "CONTACT", "LOCATION", "NICKNAME"})),
    Holds(drops=frozenset({"NOTE", "EMAIL", "DESCRIPTION"})),
)
"""What upstreams cannot hold."""


class Somebody:
    """Whoever else uses the upstream, and the books of what it has held."""

    def __init__(self, name: str, texts: Texts) -> None:
        self.name = name
        """What our account there is called."""
        self.random: Random = texts.random
        self.texts = texts
        self.carried: set[str] = set()
        """Canonical texts of ours that may be met again: somebody moved them to another collection, made a twin of
        them, or brought a vanished collection back."""
        self.words = Words()
        """What others have said upstream, and taken back."""
        self.away: list[Folder] = []
        """What has vanished and may come back."""
        self.removed: list[tuple[str, str, str]] = []
        """What they have just removed: collection, href and UID."""
        self.table = self.random.choice([EVERYTHING, EVERYTHING, *TABLES])
        """What it can hold."""
        self.upstream = MemoryUpstream(
            rewrite=self._rewriter(),
            holds=self.table,
            names_versions=self.random.random() < 0.8,
            addresses=[ME],
            schedules=True,
        )
        self.upstream.add("calendar")
        if self.random.random() < 0.5:
            self.upstream.add("other")
        if self.random.random() < 0.4:
            self.upstream.add("people", RemoteCollection("", "people", CollectionKind.CONTACTS, ("VCARD",)))

    def writes(self) -> None:
        """Somebody else edits upstream."""
        if (folder := self._folder()) is None:
            return
        uids = {uid_of(e.data): href for href, e in folder.entries.items()}
        uid = self.random.choice([*sorted(uids), f"u{self.random.randrange(12)}"]) or "u1"
        href = uids.get(uid, f"{folder.remote.href}{uid}.{self.texts.stamp()}.ics")
        there = folder.entries.get(href)
        text = self.texts.edited(str(there.data)) if there and uid_of(there.data) else self._new(folder, uid)
        self._put(folder, href, text)

    def deletes(self) -> None:
        """Somebody else deletes upstream."""
        if (folder := self._folder()) and folder.entries:
            self._remove(folder, self.random.choice(sorted(folder.entries)))

    def renames(self) -> None:
        """Somebody else keeps an entry under another name upstream."""
        if folder := self._folder():
            self._carry(folder, folder)

    def moves(self) -> None:
        """Somebody else moves an entry to another collection upstream."""
        source, target = self._folder(), self._folder()
        if source and target and source.remote.kind is target.remote.kind:
            self._carry(source, target)

    def garbles(self) -> None:
        """Somebody's broken program leaves an unreadable entry upstream, or one of another UID than was there."""
        if (folder := self._folder()) and folder.entries:
            href = self.random.choice(sorted(folder.entries))
            text = self.random.choice(["no calendar", self._new(folder, f"x{self.texts.stamp()}")])
            self._put(folder, href, text)

    def doubles(self) -> None:
        """Somebody's broken program leaves a UID twice in a collection upstream."""
        if (folder := self._folder()) and folder.entries:
            text = str(folder.entries[self.random.choice(sorted(folder.entries))].data)
            if uid := uid_of(text):
                self.carried.add(canonical(text))
                self._put(folder, f"{folder.remote.href}{self.texts.stamp()}.ics", self._new(folder, uid))

    def mass_deletion(self) -> None:
        """Rarely: upstream loses almost everything of a collection."""
        if (folder := self._folder()) and self.random.random() < 0.1:
            for href in sorted(folder.entries)[1:]:
                self._remove(folder, href)

    def collection_goes_or_comes(self) -> None:
        """A collection vanishes upstream, or one that had vanished is there again."""
        if self.away:
            self._bring_back(self.away.pop())
        elif (folder := self._folder()) and self.random.random() < 0.3:
            self.away.append(self.upstream.folders.pop(folder.remote.href))

    def rights_change(self) -> None:
        """The right to write a collection upstream is taken away, or given back."""
        if folder := self._folder():
            folder.remote = replace(folder.remote, read_only=not folder.remote.read_only)

    def cursors_die(self) -> None:
        """The upstream forgets its cursors."""
        if self.random.random() < 0.3:
            self.upstream.expire_cursors()

    def tidy(self) -> None:
        """Upstream, what was broken is repaired: rights, unreadable entries, UIDs that stand twice."""
        if self.random.random() < 0.5:
            for folder in self.away:
                self._bring_back(folder)
        for folder in self.upstream.folders.values():
            folder.remote = replace(folder.remote, read_only=False)
            seen = {""}
            for href, entry in sorted(folder.entries.items()):
                if uid_of(entry.data) in seen:
                    self._remove(folder, href)
                seen.add(uid_of(entry.data))

    def does(self, act: Callable[[], None]) -> None:
        """Let one of these happen, and note what was said and taken back by it."""
        before = self._times_said()
        self.removed.clear()
        act()
        # Of an entry that we move there are two for a while; who edits one of them does not see the other.
        self.words.became(before - self._times_said(), self._times_said() - before)

    def holds(self) -> set[str]:
        """What is said upstream now, in collections that have vanished, too."""
        return {*self._times_said()}

    def _times_said(self) -> Counter[str]:
        folders = [*self.upstream.folders.values(), *self.away]
        return Counter(said for folder in folders for entry in folder.entries.values() for said in sayings(entry.data))

    def loses(self, href: str) -> None:
        """A collection is deleted by us: whoever does that takes back whatever has come to stand in it."""
        if folder := self.upstream.folders.get(href):
            self.words.became(sayings(*(entry.data for entry in folder.entries.values())), ())

    def standing(self) -> Counter[tuple[str, str]]:
        """How often each UID stands upstream with which text."""
        folders = self.upstream.folders.values()
        return Counter((uid_of(each.data), str(each.data)) for folder in folders for each in folder.entries.values())

    def state(self) -> dict[tuple[str | None, str], str]:
        """What the upstream holds: collection and UID → canonical text."""
        return {
            (href, uid_of(e.data)): canonical(one_version(str(e.data)))
            for href, folder in self.upstream.folders.items()
            for e in folder.entries.values()
        }

    def _rewriter(self) -> Callable[[str], str]:
        """Half of the upstreams write their own PRODID into what they are given."""
        rewrites = self.random.random() < 0.5

        return lambda text: text.replace("-//test//simulation//EN", "-//upstream//EN") if rewrites else text

    def _new(self, folder: Folder, uid: str) -> str:
        """A text nobody has written before, of the kind that stands there."""
        return self.texts.new(uid, card=folder.remote.kind is CollectionKind.CONTACTS)

    def _remove(self, folder: Folder, href: str) -> None:
        self.removed.append((folder.remote.href, href, uid_of(folder.entries[href].data)))
        self.upstream.remove(folder.remote.href, href)

    def _put(self, folder: Folder, href: str, text: str) -> None:
        """Others can leave nothing there either but what it can hold."""
        there = folder.entries.get(href)
        if there and uid_of(text) not in ("", uid_of(there.data)):
            self.removed.append((folder.remote.href, href, uid_of(there.data)))
        self.upstream.put(folder.remote.href, href, project(text, self.table))

    def _bring_back(self, folder: Folder) -> None:
        self.upstream.folders.setdefault(folder.remote.href, folder)
        self.carried.update(canonical(str(entry.data)) for entry in folder.entries.values() if uid_of(entry.data))

    def _folder(self) -> Folder | None:
        """One of the upstream's collections."""
        return self.random.choice(list(self.upstream.folders.values()) or [None])

    def _carry(self, source: Folder, target: Folder) -> None:
        readable = [href for href, entry in sorted(source.entries.items()) if uid_of(entry.data)]
        if not readable:
            return
        href = self.random.choice(readable)
        entry = source.entries[href]
        if source is not target and uid_of(entry.data) in map(uid_of, (e.data for e in target.entries.values())):
            return
        new = f"{target.remote.href}{self.texts.stamp()}.ics"
        only = sum(uid_of(each.data) == uid_of(entry.data) for each in source.entries.values()) == 1
        early = self.random.random() < 0.5
        if early:
            self._remove(source, href)
        self.upstream.put(target.remote.href, new, entry.data)
        if not early:
            self._remove(source, href)
        if source is target and only and not early:
            self.removed.pop()  # it was there all the time
        if source is not target:
            self.carried.add(canonical(str(entry.data)))
