"""What stands in the folder and cannot be taken in: it stays where it is, and is named with the reason."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import clock
from storage.tables import collections as collections_table
from storage.vdir.compare import problems
from storage.vdir.two_way import TwoWay
from tests.storage.texts import event
from tests.storage.vdir.desk import BY, Desk, finish, tree

LARGE = event("large", more="".join(f"X-FILL:{'x' * 60}\r\n" for _ in range(160_000)))


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "junk": (lambda path: path.write_text("junk"), "VCALENDAR"),
    "cut off": (lambda path: path.write_text(event("x")[:80]), ""),
    "not UTF-8": (lambda path: path.write_bytes(event("x").replace("Standup", "\xff").encode("latin-1")), "UTF-8"),
    "no UID": (lambda path: path.write_text(event("x").replace("UID:x\r\n", ""), newline=""), "UID"),
    "two": (lambda path: path.write_text(event("x").replace("END:VCALENDAR\r\n", "") + event("y")[50:]), ""),
    "empty": (lambda path: path.touch(), "empty"),
    "large": (lambda path: path.write_text(LARGE), "octets"),
    "link": (link, "link"),
    "pipe": (os.mkfifo, "ordinary"),
    "taken UID": (lambda path: path.write_text(event("u0", summary="copy"), newline=""), "u0"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_entry_stays_where_it_is_and_is_named(desk: Desk, name: str) -> None:
    make, words = BAD[name]
    [_entry] = desk.fill(1)
    head = desk.store.head()
    path = desk.folder / "bad.ics"
    make(path)
    before = path.lstat()
    desk.sync()
    desk.sync()
    assert desk.news(head) == []
    assert (path.lstat().st_size, path.lstat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    [said] = problems(desk.store, desk.root)
    assert said.startswith(f"{path}: ")
    assert words in said
    path.unlink()
    desk.sync()
    assert problems(desk.store, desk.root) == []


@pytest.mark.parametrize("name", [name for name in BAD if name not in ("taken UID", "link", "pipe", "empty")])
def test_a_broken_edit_is_not_written_over_and_can_be_mended(desk: Desk, name: str) -> None:
    [entry] = desk.fill(1)
    path = desk.file(entry)
    BAD[name][0](path)
    broken = path.read_bytes()
    desk.sync()
    desk.store.put_entry(desk.place.id, entry.href, event("u0", summary="Elsewhere"), origin=BY)
    desk.sync()
    assert path.read_bytes() == broken
    assert "Elsewhere" in desk.texts()["u0"]
    path.write_text(event("u0", summary="Mended"), newline="")
    desk.sync()
    [lost] = desk.store.conflicts()
    assert "Mended" in (lost.ours or "")
    assert "Elsewhere" in path.read_text()
    assert problems(desk.store, desk.root) == []


def test_an_empty_file_in_an_entry_s_place_is_refused_not_a_deletion(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).write_bytes(b"")
    desk.sync()
    assert list(desk.texts()) == ["u0"]
    assert len(problems(desk.store, desk.root)) == 1


def test_a_linked_directory_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    entries = desk.fill(3)
    elsewhere = tmp_path / "elsewhere"
    desk.folder.rename(elsewhere)
    desk.folder.symlink_to(elsewhere)
    before = tree(elsewhere)
    desk.put("more.ics", event("more"))
    with clock.use(lambda: time.time() + 100):
        TwoWay(desk.store, desk.root).step()
    assert len(desk.texts()) == 4
    assert tree(elsewhere) == before
    assert "not a directory" in problems(desk.store, desk.root)[0]
    desk.folder.unlink()
    elsewhere.rename(desk.folder)
    desk.sync()
    assert len(list(desk.folder.glob("*.ics"))) == 4
    assert len(entries) == 3


def test_a_directory_made_by_hand_is_named(desk: Desk) -> None:
    made = desk.root / str(desk.place.account_id) / "holidays"
    made.mkdir()
    (made / "a.ics").write_text(event("a"))
    desk.sync()
    assert len(desk.store.collections()) == 1
    assert [said.startswith(f"{made}: no calendar of yours") for said in problems(desk.store, desk.root)] == [True]
    assert (made / "a.ics").exists()


def test_a_read_only_calendar_gets_its_files_back_and_keeps_what_was_written(desk: Desk) -> None:
    entries = desk.fill(12)
    with desk.store.db.atomic() as conn:
        conn.execute("UPDATE collections SET read_only = 1")
        assert collections_table.by_n(conn, desk.place.n)
    desk.file(entries[0]).write_text(event("u0", summary="Mine"), newline="")
    desk.file(entries[1]).unlink()
    (desk.folder / "new.ics").write_text(event("new"), newline="")
    head = desk.store.head()
    desk.sync()
    assert desk.news(head) == []
    assert desk.read(entries[0]) == entries[0].text
    assert desk.read(entries[1]) == entries[1].text
    [kept] = desk.store.conflicts()
    assert (kept.cause, "Mine" in (kept.ours or ""), kept.theirs) == ("rejected", True, entries[0].text)
    [said] = problems(desk.store, desk.root)
    assert "new.ics" in said
    assert "write" in said


def test_another_entry_in_a_file_of_a_read_only_calendar_is_refused_and_no_edit_of_the_first(desk: Desk) -> None:
    [entry] = desk.fill(1)
    with desk.store.db.atomic() as conn:
        conn.execute("UPDATE collections SET read_only = 1")
    path = desk.file(entry)
    path.write_text(event("other"), newline="")
    desk.sync()
    assert desk.texts() == {"u0": entry.text}
    assert desk.read(entry) == entry.text
    assert "UID:other" in path.read_text()
    assert desk.store.conflicts() == []
    [said] = problems(desk.store, desk.root)
    assert path.name in said
    with desk.store.db.atomic() as conn:
        conn.execute("UPDATE collections SET read_only = 0")
    desk.sync()
    assert sorted(desk.texts()) == ["other", "u0"]
    assert problems(desk.store, desk.root) == []


def test_an_edit_of_a_renamed_file_of_a_read_only_calendar_is_put_back_under_its_new_name(desk: Desk) -> None:
    [entry] = desk.fill(1)
    two_way = TwoWay(desk.store, desk.root)
    finish(two_way)
    with desk.store.db.atomic() as conn:
        conn.execute("UPDATE collections SET read_only = 1")
    desk.file(entry).unlink()
    (desk.folder / "new.ics").write_text(event("u0", summary="Mine"), newline="")
    finish(two_way)
    assert desk.file(entry).name == "new.ics"
    assert desk.read(entry) == entry.text
    [kept] = desk.store.conflicts()
    assert (kept.cause, kept.entry_id, "Mine" in (kept.ours or "")) == ("rejected", entry.id, True)
    assert problems(desk.store, desk.root) == []


def test_a_renamed_file_that_is_refused_is_its_entrys_still(desk: Desk) -> None:
    [entry] = desk.fill(1)
    two_way = TwoWay(desk.store, desk.root)
    finish(two_way)
    desk.file(entry).unlink()
    (desk.folder / "new.ics").write_text(event("u0").replace("VEVENT", "VTODO").replace("DTEND", "DUE"), newline="")
    with desk.store.db.atomic() as conn:
        conn.execute("UPDATE collections SET components = '[\"VEVENT\"]'")
    finish(two_way)
    assert desk.file(entry).name == "new.ics"
    [said] = problems(desk.store, desk.root)
    assert "new.ics" in said
