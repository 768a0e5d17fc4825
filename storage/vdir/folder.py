"""Files of a vdir: replaced in one step for their readers, and with a record of which of them are ours to remove.

A mark is a hidden file, which readers of vdirs ignore. The one in the root names the mirror that the folder belongs to;
those in the directories of collections list the entries ever written there: what none lists is somebody else's file.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import StoreError, StoreFull
from storage.ids import is_public_id

MARK = ".calharbor"


class Folder:
    """The root of a vdir tree. `fsync`: wait until each file is on the disk; without, a power cut may leave old or
    empty ones, which a rebuild mends. Every method raises `StoreFull` or `StoreError` where the disk says no.
    """

    def __init__(self, root: Path, *, fsync: bool = False) -> None:
        self.root = root
        self.fsync = fsync

    def owner(self) -> str:
        """The id of the mirror that the folder was last completely written from; "" for none."""
        return self.read(self.root / MARK).decode(errors="replace").strip()

    def claim(self, owner: str) -> None:
        """From now on the folder is this mirror's."""
        self.write(self.root / MARK, f"{owner}\n".encode())

    def read(self, path: Path) -> bytes:
        """What the file holds; nothing if there is no such file."""
        with _translated(path):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return b""

    def write(self, path: Path, data: bytes) -> bool:
        """Let the file hold `data`; whether it had to be written. Readers see the old content or the new one."""
        with suppress(OSError):
            if path.read_bytes() == data:
                return False
        self.put(path, data)
        return True

    def put(self, path: Path, data: bytes) -> None:
        """As `write`, without a look at what the file holds: for files that are not there yet."""
        temporary = _temporary(path)
        with _translated(path):
            try:
                self._fill(temporary, data)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._fill(temporary, data)
            os.replace(temporary, path)

    def remove(self, path: Path) -> None:
        """Let there be no such file, nor one half written; a directory of that name is left alone."""
        with _translated(path):
            for each in (path, _temporary(path)):
                with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                    os.unlink(each)

    def note(self, directory: Path, names: Iterable[str]) -> None:
        """Add entries to the directory's mark; to be done before their files are written."""
        # A line break comes first: a line that a crash cut off must not run into the next one.
        lines = "".join(f"\n{name}" for name in names)
        if not lines:
            return
        with _translated(directory):
            directory.mkdir(parents=True, exist_ok=True)
            with (directory / MARK).open("a", encoding="ascii") as mark:
                mark.write(lines + "\n")

    def noted(self, directory: Path) -> set[str]:
        """The entries that the directory's mark lists."""
        return {name for name in self.read(directory / MARK).decode(errors="replace").split() if is_public_id(name)}

    def renote(self, directory: Path, names: Iterable[str]) -> None:
        """Let the directory's mark list exactly these entries."""
        self.write(directory / MARK, "".join(f"{name}\n" for name in sorted(names)).encode())

    def marked(self) -> list[Path]:
        """The directories of collections, in the root's sub-directories, that carry a mark."""
        with _translated(self.root):
            return sorted(path.parent for path in self.root.glob(f"*/*/{MARK}"))

    def leave(self, directory: Path) -> None:
        """Remove the mark, and the directory and the one above it where nothing else stands in them."""
        self.remove(directory / MARK)
        for each in (directory, directory.parent):
            with suppress(OSError):
                each.rmdir()

    def _fill(self, path: str, data: bytes) -> None:
        with open(path, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            if self.fsync:
                file.flush()
                os.fsync(file.fileno())


def _temporary(path: Path) -> str:
    """The file beside `path` that is filled first; always the same one, so that a crash leaves nothing for long."""
    directory, name = os.path.split(path)
    return f"{directory}/.{name}.tmp"


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk that holds {path} is full", hint="make room; it is tried again") from error
        raise StoreError(f"{path} cannot be written: {error.strerror}", hint="check the vdir's permissions") from error
