"""Random people at both ends of the folder, and crashes in between: nothing that was written is lost, it settles."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from storage import clock
from storage.db import Connection, Database
from storage.errors import StoreError
from storage.ids import bytes_hash
from storage.model import Account, Collection, CollectionKind, Origin
from storage.store import Store
from storage.sync import inbox
from storage.tables import vdir_files
from storage.vdir.compare import differences, problems
from storage.vdir.two_way import TwoWay
from storage.verify import verify
from tests.storage.texts import event

SEEDS = range(*map(int, os.environ.get("CALHARBOR_SEEDS", "0:25").split(":")))


class Crash(BaseException):
    """The process is gone."""


class World:
    """One mirror with two calendars, its folder, and everybody who works with either."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = Random(seed)
        self.data = folder
        self.crash = self.random.choice([0.0, 0.0, 0.02, 0.1])
        self.stamps = 0
        self.now = time.time() + 1000
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.data)
        self.store.db.reader().execute("PRAGMA synchronous = OFF")
        self.root = self.data / "vdir"

    @property
    def places(self) -> list[Collection]:
        return self.store.collections()

    def folder(self, place: Collection) -> Path:
        return self.root / str(place.account_id) / place.id

    def text(self, uid: str) -> str:
        """A new text with a stamp that no other has."""
        self.stamps += 1
        return event(uid, summary=f"stamp{self.stamps:05}", more=self.random.choice(["", "LOCATION:x\r\n"]))

    def uid(self) -> str:
        return f"u{self.random.randrange(14)}"

    # -- clients ------------------------------------------------------------------------------------------------------

    def client(self) -> None:
        """A client writes, deletes or moves something."""
        place = self.random.choice(self.places)
        mine = {entry.uid: entry for entry in self.store.iter_entries(place.id)}
        uid = self.uid()
        act = self.random.random()
        with suppress(StoreError):
            if act < 0.7 or uid not in mine:
                href = mine[uid].href if uid in mine else f"{uid}.ics"
                self.store.put_entry(place.id, href, self.text(uid), origin=Origin.DAV)
            elif act < 0.9:
                self.store.delete_entry(place.id, mine[uid].href, origin=Origin.DAV)
            else:
                other = self.random.choice(self.places)
                self.store.move_entry(place.id, mine[uid].href, other.id, mine[uid].href, origin=Origin.DAV)

    # -- people in the folder -----------------------------------------------------------------------------------------

    def person(self) -> None:
        """Somebody does something to a file."""
        place = self.random.choice(self.places)
        directory = self.folder(place)
        files = sorted(directory.glob("*.ics"))
        path = self.random.choice(files) if files else directory / "new.ics"
        other = self.random.choice(sorted(self.folder(self.random.choice(self.places)).glob("*.ics")) or [path])
        new = directory / f"{self.random.choice(['a', 'b', 'c', 'd'])}.ics"
        acts = [self.edit] * 4 + [self.make] * 2 + [self.remove, self.rename, self.swap, self.copy, self.garble]
        directory.mkdir(parents=True, exist_ok=True)
        self.random.choice(acts)(path, new, other)

    def edit(self, path: Path, _new: Path, _other: Path) -> None:
        found = [line for line in path.read_text().splitlines() if line.startswith("UID:")] if path.exists() else []
        path.write_text(self.text(found[0][4:] if found else self.uid()), newline="")

    def make(self, _path: Path, new: Path, _other: Path) -> None:
        new.write_text(self.text(self.uid()), newline="")

    def remove(self, path: Path, _new: Path, _other: Path) -> None:
        path.unlink(missing_ok=True)

    def rename(self, path: Path, new: Path, _other: Path) -> None:
        if path.exists():
            path.rename(self.folder(self.random.choice(self.places)) / new.name)

    def swap(self, path: Path, new: Path, other: Path) -> None:
        if path.exists() and other.exists() and path != other:
            path.rename(new.with_suffix(".tmp"))
            other.rename(path)
            new.with_suffix(".tmp").rename(other)

    def copy(self, path: Path, new: Path, _other: Path) -> None:
        if path.exists() and path != new:
            shutil.copy(path, new)

    def garble(self, path: Path, _new: Path, _other: Path) -> None:
        path.write_text("BEGIN:VCALENDAR\r\nnonsense")

    # -- the program --------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """The server brings both in step; it may die on the way, and starts again."""
        on_disk = self.written()
        live = self.shown()
        self.now += 100
        with clock.use(lambda: self.now):
            with suppress(Crash), self.crashes():
                TwoWay(self.store, self.root).finish()
            self.store.close()
            self.open()
            TwoWay(self.store, self.root).finish()
        for stamp in on_disk | live:
            assert stamp in self.kept(), f"{stamp} is lost"

    @contextmanager
    def crashes(self) -> Iterator[None]:
        """Every transaction may be the last one, before or after its end."""
        db = self.store.db

        @contextmanager
        def atomic() -> Iterator[Connection]:
            if self.random.random() < self.crash:
                raise Crash
            with Database.atomic(db) as conn:
                yield conn
            if self.random.random() < self.crash:
                raise Crash

        vars(db)["atomic"] = atomic
        try:
            yield
        finally:
            vars(db).pop("atomic")

    # -- the books ----------------------------------------------------------------------------------------------------

    def written(self) -> set[str]:
        """The stamps in files that somebody changed since they were last looked at, and that the mirror never had."""
        found = set()
        had = {change.after for change in self.store.changes()}
        for place in self.places:
            for path in self.folder(place).glob("*.ics"):
                if bytes_hash(path.read_bytes()) not in had:
                    found |= stamps(path.read_text())
        return found

    def shown(self) -> set[str]:
        """The stamps of entries that clients changed since their files were written."""
        found = set()
        for place in self.places:
            rows = vdir_files.of_collection(self.store.db.reader(), place.id).values()
            known = {row.entry_id: row.hash for row in rows}
            for entry in self.store.iter_entries(place.id):
                if known.get(entry.id) != entry.hash:
                    found |= stamps(entry.text)
        return found

    def kept(self) -> set[str]:
        """Everything that is still to be found: live, in the inbox, or in a file that could not be taken in."""
        found = set()
        for place in self.places:
            for entry in self.store.iter_entries(place.id):
                found |= stamps(entry.text)
        for conflict in self.store.conflicts():
            found |= stamps(conflict.ours or "")
        for path in self.root.rglob("*.ics"):
            found |= stamps(path.read_text())
        return found

    def settle(self) -> None:
        """Nobody does anything any more; what cannot be taken in is removed, what is held is decided."""
        self.crash = 0.0
        for _ in range(4):
            self.sync()
            for stopped in self.store.held():
                self.random.choice([inbox.approve, inbox.reject])(self.store, stopped.n)
            for row in vdir_files.in_state(self.store.db.reader(), vdir_files.REFUSED):
                self.folder(self.store.collection(row.collection_id)).joinpath(row.name).unlink(missing_ok=True)


def stamps(text: str) -> set[str]:
    return {word[8:] for word in text.splitlines() if word.startswith("SUMMARY:stamp")}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "data"
    store = Store.open(folder)
    store.save_user("alice", None)
    account = store.save_account(Account(0, "work", "alice", "caldav"))
    for slug in ("one", "two"):
        store.create_collection(
            account.id, slug, name=slug, kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.DAV
        )
    TwoWay(store, folder / "vdir").finish()
    store.close()
    return folder


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_it_settles(tmp_path: Path, template: Path, seed: int) -> None:
    shutil.copytree(template, tmp_path / "data")
    world = World(tmp_path / "data", seed)
    for _ in range(40):
        world.random.choice([world.client, world.client, world.person, world.person, world.person, world.sync])()
    world.settle()
    head = world.store.head()
    world.sync()
    assert world.store.head() == head
    assert world.store.held() == []
    assert problems(world.store, world.root) == []
    assert differences(world.store, world.root)[1] == []
    assert verify(world.store, world.root).problems == []
    world.store.close()
