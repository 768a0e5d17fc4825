"""Files of a vdir: looked at, read, replaced and removed so that nothing of what somebody else writes there is lost.

A file is only ever replaced or removed as the one that was looked at: whatever somebody has put into its place since
stays. The hidden mark in the root, which readers of vdirs ignore, says whose files these are.
"""

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

from storage.errors import InvalidData, StoreError, StoreFull, TooLarge
from storage.tables.vdir_files import Look, Stat

MARK = ".calharbor"

TEMPORARY = ".calharbor.tmp"
"""The file in each directory that is filled first; always the same one, so that a crash leaves nothing for long."""

LARGEST = 10 * 1024 * 1024
"""Octets beyond which a file is not read."""


class Whatever:
    """In the place of a `Stat`: the file may be anything, or nothing."""


WHATEVER: Final = Whatever()

Expected = Stat | None | Whatever
"""What a file must be for us to touch it; None: it must not be there."""

_NOREPLACE, _EXCHANGE = 1, 2
_HERE = -100  # AT_FDCWD


class Folder:
    """The root of a vdir tree. `fsync`: wait until each file is on the disk; without, a power cut may leave old or
    empty ones, which are put right by the next look. Every method raises `StoreFull` or `StoreError` where the disk
    says no.
    """

    def __init__(self, root: Path, *, fsync: bool = False) -> None:
        self.root = root
        self.fsync = fsync

    def owner(self) -> str:
        """What the mark says, "" for none: whose files these are, and since when."""
        with _translated(self.root):
            try:
                return (self.root / MARK).read_bytes().decode(errors="replace").strip()
            except (FileNotFoundError, NotADirectoryError):
                return ""

    def claim(self, owner: str) -> None:
        """From now on the folder is this mirror's."""
        self.put(self.root / MARK, f"{owner}\n".encode(), WHATEVER)

    def directories(self) -> list[Path]:
        """Every directory that stands where those of collections stand."""
        with _translated(self.root):
            return sorted(each for each in self.root.glob("*/*") if each.is_dir() and not each.name.startswith("."))

    def strange(self, directory: Path) -> bool:
        """Whether something else stands where a collection's directory should: a link to elsewhere, a file."""
        return any(os.path.lexists(each) and (each.is_symlink() or not each.is_dir()) for each in _two(directory))

    def looks(self, directory: Path) -> set[Look]:
        """How everything in a directory looks; what is no ordinary file has a size that no file has."""
        found: set[Look] = set()
        with _translated(directory), suppress(FileNotFoundError), os.scandir(directory) as entries:
            for each in entries:
                try:
                    there = each.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                size = there.st_size if stat.S_ISREG(there.st_mode) else -2
                found.add((each.name, size, there.st_mtime_ns, there.st_ino))
        return found

    def stat(self, path: Path) -> Stat | None:
        """How the file looks; None where there is none. Raises `InvalidData` for what is no ordinary file."""
        with _translated(path):
            try:
                return stat_of(os.lstat(path), path.name)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, path: Path) -> tuple[bytes, Stat] | None:
        """What a file holds, and how it looked while it did; None where there is none, or it is being written.

        Raises `InvalidData` for what is no ordinary file, `TooLarge`.
        """
        with _translated(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
                    raise InvalidData(f"{path.name} is no ordinary file") from error
                raise
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                before = stat_of(os.fstat(descriptor), path.name)
                if before.size > LARGEST:
                    raise TooLarge(f"{before.size:,} octets; a file has at most {LARGEST:,}")
                data = b"".join(iter(lambda: file.read(1 << 20), b""))
                after = stat_of(os.fstat(descriptor), path.name)
            return (data, after) if before == after else None

    def put(self, path: Path, data: bytes, expected: Expected) -> Stat | None:
        """Let a file hold `data` if it still is what is expected; how it looks then, None if it is not.

        Readers see the old content or the new one.
        """
        temporary = path.parent / TEMPORARY
        with _translated(path):
            try:
                made = self._fill(temporary, data)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                made = self._fill(temporary, data)
            if isinstance(expected, Whatever):
                os.replace(temporary, path)
                return made
            return made if _place(temporary, path, made, expected) else None

    def remove(self, path: Path, expected: Expected) -> bool:
        """Let there be no such file if it still is what is expected; whether that is so."""
        aside = path.parent / TEMPORARY
        with _translated(path):
            with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                if isinstance(expected, Whatever):
                    os.unlink(path)
                    return True
                if _look(path) != expected:
                    return False
                os.rename(path, aside)
                if _look(aside) != expected:
                    if not _rename(aside, path, _NOREPLACE):  # somebody replaced it in this very moment, twice
                        os.unlink(aside)
                    return False
                os.unlink(aside)
            return True

    def leave(self, directory: Path) -> None:
        """Remove the directory and the one above it where nothing stands in them."""
        with suppress(OSError):
            os.unlink(directory / TEMPORARY)
        for each in (directory, directory.parent):
            with suppress(OSError):
                each.rmdir()

    def put_aside(self, name: str) -> Path:
        """Move the whole folder out of the way, keeping every byte; where it is now."""
        target = self.root.with_name(name)
        with _translated(self.root):
            number = 1
            while target.exists():
                number += 1
                target = self.root.with_name(f"{name}-{number}")
            os.rename(self.root, target)
        return target

    def _fill(self, path: Path, data: bytes) -> Stat:
        with open(path, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            if self.fsync:
                os.fsync(file.fileno())
            return stat_of(os.fstat(file.fileno()), path.name)


def _two(directory: Path) -> tuple[Path, Path]:
    return directory.parent, directory


def stat_of(found: os.stat_result, name: str) -> Stat:
    """The record of an ordinary file; raises `InvalidData` for anything else."""
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "no ordinary file"
        raise InvalidData(f"{name} is {kind}", hint="put the file itself there")
    return Stat(found.st_size, found.st_mtime_ns, found.st_ino)


def _look(path: Path) -> Stat | None:
    """How the file looks; None where there is none, or something else."""
    try:
        return stat_of(os.lstat(path), path.name)
    except (FileNotFoundError, InvalidData):
        return None


def _place(temporary: Path, path: Path, made: Stat, expected: Stat | None) -> bool:
    """Put a filled file in the place of the expected one; where there is another, everything stays."""
    if expected is None:
        placed = _rename(temporary, path, _NOREPLACE)
        if not placed:
            os.unlink(temporary)
        return placed
    # Between this look and the exchange somebody may write, or remove it.
    if _look(path) != expected or not _rename(temporary, path, _EXCHANGE):
        os.unlink(temporary)
        return False
    placed = _look(temporary) == expected
    if not placed:
        # Somebody wrote between the look and the exchange: theirs goes back, and the newest where they wrote twice.
        if not _rename(temporary, path, _EXCHANGE):
            os.rename(temporary, path)
            return False
        if _look(temporary) != made:
            _rename(temporary, path, _EXCHANGE)
    os.unlink(temporary)
    return placed


def _rename(source: Path, target: Path, flag: int) -> bool:
    """Rename without replacing, or exchange two files (renameat2); False where the target is there, or is not.

    Where the system or the disk cannot, the next best: a look, and a plain rename.
    """
    renameat2 = _renameat2()
    if renameat2 is not None:
        if renameat2(_HERE, os.fsencode(source), _HERE, os.fsencode(target), flag) == 0:
            return True
        number = ctypes.get_errno()
        if number in (errno.EEXIST, errno.ENOENT):
            return False
        if number not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM):
            raise OSError(number, os.strerror(number), str(target))
    if os.path.lexists(target) != (flag == _EXCHANGE):
        return False
    if flag == _EXCHANGE:
        with suppress(FileNotFoundError):
            before = f"{source}.old"
            os.rename(target, before)
            os.rename(source, target)
            os.rename(before, source)
            return True
        return False
    os.rename(source, target)
    return True


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """The system's own call, where there is one."""
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk that holds {path} is full", hint="make room; it is tried again") from error
        raise StoreError(f"{path} cannot be used: {error.strerror}", hint="check the vdir's permissions") from error
