"""Edits in the folder and elsewhere at once, and crashes in between: nothing of either side is lost."""

import time
from collections.abc import Iterable

import pytest

from storage import clock
from storage.db import Connection
from storage.errors import StoreFull
from storage.model import Account, Action, Collection, CollectionKind, Origin
from storage.store import Store
from storage.sync import restore, undo
from storage.tables import vdir_files
from storage.tables.vdir_files import VdirFile
from storage.vdir.compare import differences, problems
from storage.vdir.export import VdirExport
from storage.vdir.two_way import TwoWay
from tests.storage.texts import event
from tests.storage.vdir.desk import BY, Desk, finish


def test_edits_on_both_sides_lose_neither(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).write_text(event("u0", summary="File"), newline="")
    desk.put("0.ics", event("u0", summary="Client"))
    desk.sync()
    assert "Client" in desk.texts()["u0"]
    assert "Client" in desk.read(entry)
    [lost] = desk.store.conflicts()
    assert "File" in (lost.ours or "")
    assert "Standup" in (lost.base or "")
    assert "Client" in (lost.theirs or "")
    assert lost.reason


def test_edits_of_different_properties_both_live(desk: Desk) -> None:
    [entry] = desk.fill(1)
    head = desk.store.head()
    desk.file(entry).write_text(event("u0", more="LOCATION:Room 1\r\n"), newline="")
    desk.put("0.ics", event("u0", summary="Client"))
    desk.sync()
    assert desk.store.conflicts() == []
    for text in (desk.texts()["u0"], desk.read(entry)):
        assert "Client" in text
        assert "Room 1" in text
    assert [c.origin for c in desk.news(head)] == [BY, Origin.VDIR]


def test_the_same_edit_on_both_sides_is_no_conflict(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).write_text(event("u0", summary="Same").replace("\r\n", "\n"), newline="")
    desk.put("0.ics", event("u0", summary="Same"))
    desk.sync()
    assert desk.store.conflicts() == []
    assert desk.read(entry) == event("u0", summary="Same")


def test_an_edit_of_a_file_wins_against_a_deletion_elsewhere(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).write_text(event("u0", summary="File"), newline="")
    desk.store.delete_entry(desk.place.id, "0.ics", origin=BY)
    desk.sync()
    assert "File" in desk.texts()["u0"]
    [lost] = desk.store.conflicts()
    assert lost.cause == "delete"


def test_an_edit_elsewhere_wins_against_a_removed_file(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).unlink()
    desk.put("0.ics", event("u0", summary="Client"))
    desk.sync()
    assert "Client" in desk.texts()["u0"]
    assert "Client" in desk.read(entry)
    [lost] = desk.store.conflicts()
    assert (lost.cause, lost.ours) == ("delete", None)


def test_an_entry_that_comes_back_does_not_take_the_file_in_which_another_stands(desk: Desk) -> None:
    [first] = desk.fill(1)
    two_way = TwoWay(desk.store, desk.root)
    finish(two_way)
    path = desk.file(first)
    path.write_text(event("u1"), newline="")
    finish(two_way)
    assert [*desk.texts()] == ["u1"]
    gone = next(change for change in desk.news(0) if change.entry == first.id and change.action is Action.DELETE)
    restore.carry_out(desk.store, undo.plan(desk.store, undo.Choice(change=gone.seq)))
    path.unlink()
    desk.put(path.name, event("u1", summary="Client"))
    two_way.export.run()
    finish(two_way)
    assert differences(desk.store, desk.root)[1] == []
    assert sorted(desk.texts()) == ["u0", "u1"]
    assert "Client" in desk.texts()["u1"]


def test_gone_on_both_sides_is_gone(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).unlink()
    desk.store.delete_entry(desk.place.id, "0.ics", origin=BY)
    desk.sync()
    assert desk.texts() == {}
    assert desk.store.conflicts() == []


def test_an_edit_in_a_calendar_that_is_gone_stays_on_the_disk(desk: Desk) -> None:
    [entry] = desk.fill(1)
    path = desk.file(entry)
    path.write_text(event("u0", summary="File"), newline="")
    desk.store.delete_collection(desk.place.id, origin=BY)
    desk.sync()
    assert "File" in path.read_text()
    assert "no calendar of yours" in problems(desk.store, desk.root)[0]


def test_a_crash_after_the_file_was_written_is_no_edit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    [entry] = desk.fill(1)
    desk.put("0.ics", event("u0", summary="Second"))
    desk.put("new.ics", event("new"))
    desk.put("gone.ics", event("gone"))
    with monkeypatch.context() as patch:
        patch.setattr(vdir_files, "put", lambda _conn, _files: None)
        VdirExport(desk.store, desk.root, keep=True).run()
    desk.put("0.ics", event("u0", summary="Third"))
    desk.store.delete_entry(desk.place.id, "gone.ics", origin=BY)
    head = desk.store.head()
    desk.sync()
    assert desk.news(head) == []
    assert desk.store.conflicts() == []
    assert sorted(desk.texts()) == ["new", "u0"]
    assert "Third" in desk.read(entry)


def test_one_way_writes_over_what_was_edited(store: Store, home: Collection) -> None:
    desk = Desk(store, home)
    entry = desk.put("0.ics", event("u0"))
    export = VdirExport(store, desk.root)
    export.run()
    desk.file(entry).write_text("mine")
    desk.put("0.ics", event("u0", summary="Newer"))
    export.run()
    assert "Newer" in desk.read(entry)


def test_a_file_that_a_full_disk_kept_from_being_noted_is_its_entrys_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    [entry] = desk.fill(1)
    keeper = TwoWay(desk.store, desk.root)
    desk.file(entry).rename(desk.folder / "renamed.ics")
    desk.put("0.ics", event("u0", summary="Newer"))
    put, room = vdir_files.put, iter([True, True, False])

    def until_full(conn: Connection, files: Iterable[VdirFile]) -> None:
        if not next(room, True):
            raise StoreFull("the disk is full")
        put(conn, files)

    monkeypatch.setattr(vdir_files, "put", until_full)
    with clock.use(lambda: time.time() + 100):
        with pytest.raises(StoreFull):
            keeper.finish()
        assert "Newer" in (desk.folder / "renamed.ics").read_text()
        assert vdir_files.of_entries(desk.store.db.reader(), desk.place.id, [entry.id]) == {}
        keeper.finish()
    assert desk.file(entry).name == "renamed.ics"
    assert differences(desk.store, desk.root)[1] == []


@pytest.fixture
def two_users(store: Store, mirrored: Collection) -> tuple[Collection, Collection]:
    store.save_user("bob", None)
    account = store.save_account(Account(0, "bobs", "bob", "local", mirrored=False))
    return (
        mirrored,
        store.create_collection(
            account.id, "b", name="B", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=BY
        ),
    )


def test_a_file_moved_to_another_user_is_a_new_entry_there(
    store: Store, two_users: tuple[Collection, Collection]
) -> None:
    mine, other = two_users
    desk = Desk(store, mine)
    entries = desk.fill(12)
    desk.file(entries[0]).rename(desk.root / str(other.account_id) / other.id / "x.ics")
    desk.sync()
    assert "u0" not in desk.texts()
    assert store.entry_at(other.id, "x.ics").id != entries[0].id
