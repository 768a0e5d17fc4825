"""Random histories, on both sides: undoing the later part of one reproduces the state before it, here and upstream."""

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from plugins.memory.provider import MemoryUpstream
from storage.content import canonical
from storage.errors import StoreError
from storage.model import Collection, CollectionKind, Origin
from storage.store import Store
from storage.sync import inbox, restore, undo
from storage.sync.undo import Choice
from storage.verify import verify
from tests.storage.sync.scene import Scene
from tests.storage.texts import event

State = dict[str, tuple[str, dict[str, tuple[str, str]]]]
"""Collection id → its name, and by UID the entry's id and what its text says."""

RULES = ["", "RRULE:FREQ=WEEKLY;COUNT=3\r\n", "LOCATION:Here\r\n", "X-OURS:1\r\nCATEGORIES:a,b\r\n"]


def state(store: Store) -> State:
    """What the mirror holds."""
    return {
        each.id: (each.name, {e.uid: (e.id, canonical(e.text)) for e in store.iter_entries(each.id)})
        for each in store.collections()
    }


class Lived:
    """A mirror and its upstream, on both of which anything happens; `states` by the number of the newest change."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = Random(seed)
        self.scene = Scene(folder, MemoryUpstream())
        self.store = self.scene.store
        self.store.db.reader().execute("PRAGMA synchronous = OFF")
        self.states: dict[int, State] = {}
        self.sync()

    def sync(self) -> None:
        """Rounds until both sides agree; people let held deletions happen."""
        for _ in range(3):
            self.scene.sync()
            for held in self.store.held():
                inbox.approve(self.store, held.n)
        self.states[self.store.head()] = state(self.store)

    def live(self, changes: int) -> None:
        """Until there are so many changes."""
        acts = [self.writes] * 6 + [self.deletes, self.moves] + [self.they_write] * 5 + [self.they_delete, self.sync]
        while self.store.head() < changes:
            with suppress(StoreError):
                self.random.choice([*acts, *([self.shelves] if self.random.random() < 0.15 else [])])()
            self.states[self.store.head()] = state(self.store)
        self.sync()

    def some(self) -> Collection:
        """One of our collections; there is always one."""
        found = self.store.collections(account=self.scene.account.id)
        return self.random.choice(found) if found else self.made()

    def made(self) -> Collection:
        """A new collection."""
        name = f"c{self.store.head()}"
        account, kind = self.scene.account.id, CollectionKind.CALENDAR
        return self.store.create_collection(
            account, name, name=name, kind=kind, components=("VEVENT",), origin=Origin.DAV
        )

    def text(self, uid: str) -> str:
        return event(uid, summary=f"{self.random.random()}", more=self.random.choice(RULES))

    def writes(self) -> None:
        place, uid = self.some(), f"u{self.random.randrange(40)}"
        there = {e.uid: e.href for e in self.store.iter_entries(place.id)}
        self.store.put_entry(place.id, there.get(uid, f"{uid}.ics"), self.text(uid), origin=Origin.DAV)

    def deletes(self) -> None:
        place = self.some()
        for listed in self.store.listing(place.id)[: self.random.randrange(3)]:
            self.store.delete_entry(place.id, listed.href, origin=Origin.DAV)

    def moves(self) -> None:
        source, target = self.some(), self.some()
        for listed in self.store.listing(source.id)[-1:]:
            self.store.move_entry(source.id, listed.href, target.id, f"{self.random.random()}.ics", origin=Origin.DAV)

    def shelves(self) -> None:
        """A collection is made, renamed, removed here, or gone upstream."""
        act = self.random.randrange(3)
        if act == 0:
            self.made()
        elif act == 1:
            self.store.update_collection(self.some().id, name=f"{self.random.random()}", origin=Origin.DAV)
        elif act == 2:
            self.store.delete_collection(self.some().id, origin=Origin.DAV)
        elif self.scene.upstream.folders:
            del self.scene.upstream.folders[self.random.choice(list(self.scene.upstream.folders))]

    def they_write(self) -> None:
        for href, folder in list(self.scene.upstream.folders.items())[: self.random.randrange(3)]:
            uid = f"u{self.random.randrange(40)}"
            there = {uid_of(str(e.data)): name for name, e in folder.entries.items()}
            self.scene.upstream.put(href, there.get(uid, f"{href}{uid}-theirs.ics"), self.text(uid))

    def they_delete(self) -> None:
        for href, folder in list(self.scene.upstream.folders.items()):
            for name in list(folder.entries)[: self.random.choice([0, 1, 2, 30])]:
                self.scene.upstream.remove(href, name)

    def undo_to(self, seq: int) -> None:
        """Take back everything after a change; both sides are then what they were."""
        plan = undo.plan(self.store, Choice(since=seq))
        assert [item.problem for item in plan.items if item.problem] == []
        assert restore.carry_out(self.store, plan).skipped == []
        assert state(self.store) == self.states[seq]
        self.sync()
        assert state(self.store) == self.states[seq]
        assert self.upstream() == self.expected_upstream(seq)

    def upstream(self) -> list[tuple[str, list[str]]]:
        folders = self.scene.upstream.folders.values()
        return sorted((f.remote.name, sorted(canonical(str(e.data)) for e in f.entries.values())) for f in folders)

    def expected_upstream(self, seq: int) -> list[tuple[str, list[str]]]:
        return sorted((name, sorted(text for _id, text in held.values())) for name, held in self.states[seq].values())


def uid_of(text: str) -> str:
    return text.partition("UID:")[2].partition("\r\n")[0]


@pytest.mark.parametrize("seed", range(3))
def test_undoing_the_rest_of_a_history_of_a_thousand_changes(tmp_path: Path, seed: int) -> None:
    lived = Lived(tmp_path, seed)
    lived.live(1000)
    points = sorted(lived.random.sample(sorted(lived.states), 8), reverse=True)
    for seq in points:
        lived.undo_to(seq)
    lived.undo_to(points[0])
    assert verify(lived.store, None).problems == []
    assert lived.scene.upstream.told == []
    lived.store.close()
