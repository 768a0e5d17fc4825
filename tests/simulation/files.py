"""Somebody in the simulated world who works in the folder of files: edits, makes, renames and removes them."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

from storage.content import canonical
from storage.model import CollectionKind
from storage.store import Store
from storage.tables import vdir_files
from storage.tables.vdir_files import VdirFile
from storage.vdir.export import directory_of
from storage.vdir.two_way import TwoWay
from tests.simulation.texts import Texts, uid_of
from tests.simulation.words import Words, sayings


class Pause(Event):
    """Waiting, in the simulated world: only its clock goes on."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        super().__init__()
        self.sleep = sleep

    def wait(self, timeout: float | None = None) -> bool:
        self.sleep(timeout or 0)
        return False


class FileUser:
    """Whoever works in the folder, and what their files have been. `now`: the moment that the disk notes."""

    def __init__(self, root: Path, texts: Texts, now: Callable[[], float]) -> None:
        self.root = root
        self.texts = texts
        self.random = texts.random
        self.now = now
        self.wrote: set[str] = set()
        """Canonical texts that were put into files."""
        self.words = Words()
        """What was said in them; what files said that were edited or removed nobody misses."""

    def open(self, store: Store) -> None:
        """A process begins to keep the folder in step with its mirror."""
        self.store = store
        self.two_way = TwoWay(store, self.root)

    def sync(self, sleep: Callable[[float], None]) -> None:
        """Bring folder and mirror in step."""
        self.two_way.finish(Pause(sleep))

    def writes(self) -> None:
        """An editor saves a file, an old one or a new one."""
        if not (directories := self._directories()):
            return
        directory = self.random.choice(directories)
        files = self._files(directory)
        path = self.random.choice([*files, directory / f"mine-{self.texts.stamp()}{self._suffix(directory)}"])
        taken = {uid_of(each.read_bytes().decode()) for each in files if each != path}
        uid = self._forget(path) or f"f{self.texts.stamp()}"
        if uid not in taken:
            self._save(path, self.texts.new(uid, card=path.suffix == ".vcf"))

    def garbles(self) -> None:
        """A program leaves half a file."""
        if path := self._some():
            self._forget(path)
            path.write_text("BEGIN:VCALENDAR")
            self._touch(path)

    def removes(self) -> None:
        """Somebody removes a file."""
        if path := self._some():
            self._forget(path)
            path.unlink()

    def renames(self) -> None:
        """Somebody gives a file another name, or moves it to another calendar."""
        if (path := self._some()) is None:
            return
        alike = [each for each in self._directories() if self._suffix(each) == path.suffix]
        target = self.random.choice([*alike, path.parent]) / f"moved-{self.texts.stamp()}{path.suffix}"
        uid = uid_of(path.read_bytes().decode())
        there = [uid_of(each.read_bytes().decode()) for each in self._files(target.parent) if each != path]
        if uid not in there:
            path.rename(target)

    def held(self) -> set[str]:
        """What is said in any file, taken in or not."""
        return sayings(*(text for _directory, text in self.texts_held()))

    def holds(self, row: VdirFile) -> bool:
        """Whether the file of an entry, noted so, still says something of it."""
        path = directory_of(self.root, row.account_id, row.collection_id) / row.name
        return path.exists() and bool(uid_of(path.read_bytes().decode()))

    def texts_held(self) -> list[tuple[str, str]]:
        """Every file's directory and text."""
        found = self.root.parent.glob("vdir*/*/*/*.??[sf]")
        return [(str(path.parent), path.read_bytes().decode()) for path in found]

    def strange(self, store: Store) -> list[str]:
        """The files that were refused, and why."""
        return [f"{row.name}: {row.reason}" for row in vdir_files.in_state(store.db.reader(), vdir_files.REFUSED)]

    def tidy(self) -> None:
        """Remove what no program can read, as somebody would who is told of it."""
        for directory in self._directories():
            for path in self._files(directory):
                if not uid_of(path.read_bytes().decode()):
                    path.unlink()

    def _save(self, path: Path, text: str) -> None:
        aside = path.with_name(f".{path.name}.swp")
        aside.write_bytes(text.encode())
        self._touch(aside)
        aside.rename(path)
        self.wrote.add(canonical(text))
        self.words.became((), sayings(text))

    def _touch(self, path: Path) -> None:
        os.utime(path, (self.now(), self.now()))

    def _forget(self, path: Path) -> str:
        """What the file holds is replaced by its user; its UID."""
        text = path.read_bytes().decode() if path.exists() else ""
        if uid_of(text):
            self.words.became(sayings(text), ())
        return uid_of(text)

    def _some(self) -> Path | None:
        files = [path for directory in self._directories() for path in self._files(directory)]
        return self.random.choice(files or [None])

    def _directories(self) -> list[Path]:
        return sorted(path for path in self.root.glob("*/*") if path.is_dir())

    def _suffix(self, directory: Path) -> str:
        """How files end there."""
        books = {c.id for c in self.store.collections() if c.kind is CollectionKind.CONTACTS}
        return ".vcf" if directory.name in books else ".ics"

    def _files(self, directory: Path) -> list[Path]:
        return sorted(path for path in directory.glob("*.??[sf]") if not path.name.startswith("."))
