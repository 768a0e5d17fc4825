"""Files are only replaced as the ones that were looked at, whoever else writes there; and the folder is watched."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import clock
from storage.tables.vdir_files import Stat
from storage.vdir import folder as module
from storage.vdir.folder import TEMPORARY, Folder
from storage.vdir.two_way import OVER_ALL, TwoWay
from storage.vdir.watch import Watch
from tests.storage.texts import event
from tests.storage.vdir.desk import Desk


@pytest.fixture
def place(tmp_path: Path) -> tuple[Folder, Path]:
    return Folder(tmp_path), tmp_path / "a.ics"


def test_only_what_was_looked_at_is_replaced(place: tuple[Folder, Path]) -> None:
    folder, path = place
    assert folder.put(path, b"ours", Stat(1, 1, 1)) is None
    made = folder.put(path, b"ours", None)
    assert made == folder.stat(path)
    assert folder.put(path, b"again", None) is None
    assert folder.put(path, b"next", made) == folder.stat(path)
    assert path.read_bytes() == b"next"
    assert not folder.remove(path, made)
    assert folder.remove(path, folder.stat(path))
    assert folder.remove(path, None)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_somebody_who_writes_in_this_very_moment_wins(
    place: tuple[Folder, Path], monkeypatch: pytest.MonkeyPatch, exchange: bool, moment: str
) -> None:
    """`exchange`: whether the disk can exchange two files in one step; without, theirs may come only between looks."""
    folder, path = place
    made = folder.put(path, b"first", None)
    if not exchange:
        monkeypatch.setattr(module, "_renameat2", lambda: None)
    real = module._rename
    times = iter([True, False, False, False])

    def rename(source: Path, target: Path, flag: int) -> bool:
        meddle = next(times)
        if meddle and moment == "before":
            _replace(path, b"theirs")
        done = real(source, target, flag)
        if meddle and moment == "after":
            _replace(path, b"theirs")
        return done

    monkeypatch.setattr(module, "_rename", rename)
    placed = folder.put(path, b"ours", made)
    assert path.read_bytes() == b"theirs"
    assert (placed is None) == (moment == "before")
    assert TEMPORARY not in os.listdir(path.parent)


def _replace(path: Path, data: bytes) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(data)
    other.rename(path)


def test_a_race_for_a_thousand_rounds_loses_nothing(place: tuple[Folder, Path]) -> None:
    folder, path = place
    path.write_bytes(b"0")
    stop = threading.Event()
    last = b"0"

    def person() -> None:
        nonlocal last
        number = 0
        while not stop.is_set() and number < 2_000:
            number += 1
            _replace(path, last := b"person %d" % number)

    thread = threading.Thread(target=person)
    thread.start()
    taken = set()
    for number in range(1_000):
        found = folder.read(path)
        if found is not None:
            taken.add(found[0])
            folder.put(path, b"ours %d" % number, found[1])
    stop.set()
    thread.join()
    # Whatever the person wrote last was either seen by us before we replaced it, or stands there.
    assert last in taken or path.read_bytes() == last


class Deaf(Watch):
    """A system that forgets to tell."""

    def changed(self) -> tuple[list[Path], bool]:
        super().changed()
        return [], False


@pytest.mark.parametrize("kind", [Watch, Deaf])
def test_what_nobody_told_of_is_found_by_the_regular_look(desk: Desk, kind: Callable[[Path], Watch]) -> None:
    watch = kind(desk.root)
    two_way = TwoWay(desk.store, desk.root, watch=watch)
    while two_way.step():
        pass
    (desk.folder / "new.ics").write_text(event("new"), newline="")
    deadline = time.monotonic() + 60
    if kind is Watch:
        while not desk.texts() and time.monotonic() < deadline:
            two_way.step()
            time.sleep(0.05)
    else:
        two_way.step()
        assert desk.texts() == {}
        with clock.use(lambda: time.time() + OVER_ALL + 1):
            two_way.step()
    assert list(desk.texts()) == ["new"]
    watch.close()
