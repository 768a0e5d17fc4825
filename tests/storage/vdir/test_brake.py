"""Files that vanish in numbers: nothing is deleted until a person has decided, and what comes back was never gone."""

import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from storage import clock
from storage.errors import StoreError
from storage.sync import inbox
from storage.vdir.two_way import TwoWay
from tests.storage.texts import event
from tests.storage.vdir.desk import BY, Desk, finish, tree


def lose_all(desk: Desk) -> None:
    shutil.rmtree(desk.root)


def lose_contents(desk: Desk) -> None:
    for path in desk.root.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def lose_collection(desk: Desk) -> None:
    shutil.rmtree(desk.folder)


def lose_files(desk: Desk) -> None:
    for path in desk.folder.glob("*.ics"):
        path.unlink()


def lose_many(desk: Desk) -> None:
    for path in sorted(desk.folder.glob("*.ics"))[:7]:
        path.unlink()


def lose_mark(desk: Desk) -> None:
    (desk.root / ".calharbor").unlink()
    lose_many(desk)


LOSSES = [lose_all, lose_contents, lose_collection, lose_files, lose_many, lose_mark]


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("count", [12, 1])
def test_a_loss_of_many_waits_and_comes_back_when_rejected(
    desk: Desk, lose: Callable[[Desk], None], count: int
) -> None:
    desk.fill(count)
    if count == 1 and lose in (lose_files, lose_many, lose_mark):
        return  # the only entry was removed from a folder that is there: an ordinary deletion
    before, head = tree(desk.root), desk.store.head()
    lose(desk)
    two_way = TwoWay(desk.store, desk.root)
    finish(two_way)
    finish(two_way)
    assert desk.news(head) == []
    assert set(desk.waiting().values()) == {"create"}
    [stopped] = desk.store.held()
    assert stopped.origin == "vdir"
    assert stopped.reason
    assert len(stopped.entries) == (7 if lose in (lose_many, lose_mark) else count)
    assert inbox.reject(desk.store, stopped.n) == len(stopped.entries)
    desk.sync()
    after = tree(desk.root)
    after.pop(".calharbor")
    before.pop(".calharbor")
    assert after == before
    assert desk.news(head) == []
    assert desk.store.held() == []


@pytest.mark.parametrize("lose", LOSSES)
def test_a_loss_of_many_is_carried_out_when_approved(desk: Desk, lose: Callable[[Desk], None]) -> None:
    desk.fill(12)
    lose(desk)
    finish(TwoWay(desk.store, desk.root))
    [stopped] = desk.store.held()
    kept = desk.store.entry(stopped.entries[0].entry_id)
    desk.store.put_entry(desk.place.id, kept.href, event(kept.uid, summary="Edited since"), origin=BY)
    assert inbox.approve(desk.store, stopped.n) == len(stopped.entries) - 1
    desk.sync()
    assert kept.uid in desk.texts()
    assert len(desk.texts()) == 13 - len(stopped.entries)
    assert desk.store.held() == []


@pytest.mark.parametrize("lose", LOSSES[:4])
def test_what_comes_back_was_never_gone(desk: Desk, lose: Callable[[Desk], None], tmp_path: Path) -> None:
    """A volume that is mounted again; meanwhile other things were written."""
    desk.fill(12)
    shutil.copytree(desk.root, tmp_path / "volume")
    lose(desk)
    finish(TwoWay(desk.store, desk.root))
    desk.put("meanwhile.ics", event("meanwhile"))
    desk.put("0.ics", event("u0", summary="Meanwhile"))
    finish(TwoWay(desk.store, desk.root))
    head = desk.store.head()
    shutil.copytree(tmp_path / "volume", desk.root, dirs_exist_ok=True)
    desk.sync()
    assert [c.origin for c in desk.news(head) if c.action == "delete"] == []
    assert desk.store.held() == []
    assert len(desk.texts()) == 13


def test_removals_that_go_on_are_one_removal(desk: Desk) -> None:
    """`rm -rf` of a large folder takes its time: it is not let through in small portions."""
    desk.fill(200)
    two_way = TwoWay(desk.store, desk.root)
    now = time.time() + 100
    for start, path in enumerate(sorted(desk.folder.glob("*.ics"))):
        path.unlink()
        os.utime(desk.folder, (now, now))
        if start % 10 == 0:
            with clock.use(partial(float, now)):
                two_way._looked = 0.0
                two_way.step()
            now += 1.0
    assert len(desk.texts()) == 200
    with clock.use(lambda: now + 10):
        two_way.finish()
    assert len(desk.texts()) == 200
    assert len(desk.store.held()[0].entries) == 200


def test_an_old_copy_of_the_folder_is_not_believed(desk: Desk, tmp_path: Path) -> None:
    desk.fill(3)
    shutil.copytree(desk.root, tmp_path / "old")
    shutil.rmtree(desk.root)
    finish(TwoWay(desk.store, desk.root))
    inbox.reject(desk.store, desk.store.held()[0].n)
    desk.sync()
    desk.put("0.ics", event("u0", summary="Newer"))
    desk.sync()
    shutil.rmtree(desk.root)
    shutil.copytree(tmp_path / "old", desk.root)
    with pytest.raises(StoreError, match="not the folder"):
        finish(TwoWay(desk.store, desk.root))
    assert "Newer" in desk.texts()["u0"]
