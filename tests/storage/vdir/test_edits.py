"""Every kind of edit in the folder, by people and by programs, becomes the same change of the mirror."""

import os
import shutil
import time
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from storage import clock
from storage.db import Connection
from storage.model import Collection, CollectionKind, Origin
from storage.tables import vdir_files
from storage.vdir.compare import problems
from storage.vdir.plan import Step, decide
from storage.vdir.two_way import LONGEST, TwoWay
from tests.storage.texts import event, todo
from tests.storage.vdir.desk import BY, Desk


def test_the_decision_is_symmetric_and_never_forgets() -> None:
    for agreed in ("", "a", "b"):
        for file in ("", "a", "b", "c"):
            for mirror in ("", "a", "b", "c"):
                step = decide(agreed, file, mirror)
                turned = {Step.EXPORT: Step.TAKE, Step.TAKE: Step.EXPORT}
                assert decide(agreed, mirror, file) is turned.get(step, step)
                if agreed not in (file, mirror) and file != mirror:
                    assert step is Step.BOTH


def test_a_new_file_becomes_an_entry_and_goes_upstream(desk: Desk) -> None:
    head = desk.store.head()
    text = event("new", summary="Größe 🎉")
    (desk.folder / "My appointment.ics").write_bytes(text.encode())
    desk.sync()
    assert desk.texts() == {"new": text}
    entry = desk.store.entry_at(desk.place.id, "My appointment.ics")
    assert [(c.action, c.origin, c.entry) for c in desk.news(head)] == [("add", Origin.VDIR, entry.id)]
    assert desk.waiting() == {entry.id: "create"}
    assert desk.file(entry).name == "My appointment.ics"
    head = desk.store.head()
    desk.sync()
    assert desk.news(head) == []
    desk.store.put_entry(desk.place.id, entry.href, event("new", summary="Edited"), origin=BY)
    desk.sync()
    assert "Edited" in (desk.folder / "My appointment.ics").read_text()
    assert [path.name for path in desk.folder.glob("*.ics")] == ["My appointment.ics"]


def test_an_edited_file_becomes_the_entry(desk: Desk) -> None:
    [entry] = desk.fill(1)
    head = desk.store.head()
    desk.file(entry).write_text(event("u0", summary="Edited by hand"), newline="")
    desk.sync()
    assert "Edited by hand" in desk.texts()["u0"]
    assert [(c.action, c.origin, c.entry) for c in desk.news(head)] == [("update", Origin.VDIR, entry.id)]


def test_a_deleted_file_deletes_the_entry(desk: Desk) -> None:
    entries = desk.fill(12)
    head = desk.store.head()
    desk.file(entries[3]).unlink()
    desk.sync()
    assert sorted(desk.texts()) == sorted(f"u{n}" for n in range(12) if n != 3)
    assert [(c.action, c.origin) for c in desk.news(head)] == [("delete", Origin.VDIR)]


def test_the_only_entry_may_be_deleted(desk: Desk) -> None:
    [entry] = desk.fill(1)
    desk.file(entry).unlink()
    desk.sync()
    assert desk.texts() == {}
    assert desk.store.held() == []


def test_what_only_touched_a_file_is_no_change(desk: Desk) -> None:
    [entry] = desk.fill(1)
    head = desk.store.head()
    path = desk.file(entry)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    desk.sync()
    os.utime(path)
    desk.sync()
    assert desk.news(head) == []


def test_a_renamed_file_stays_the_same_entry(desk: Desk) -> None:
    entry, _other = desk.fill(2)
    head = desk.store.head()
    desk.file(entry).rename(desk.folder / "renamed.ics")
    desk.sync()
    assert desk.news(head) == []
    assert desk.file(entry).name == "renamed.ics"
    desk.file(entry).rename(desk.folder / "again.ics")
    (desk.folder / "again.ics").write_text(event("u0", summary="And edited"), newline="")
    desk.sync()
    assert [(c.action, c.entry) for c in desk.news(head)] == [("update", entry.id)]
    assert desk.store.entry(entry.id).href == entry.href


def test_two_files_that_change_places_stay_the_same_entries(desk: Desk) -> None:
    one, other = desk.fill(2)
    head = desk.store.head()
    a, b = desk.file(one), desk.file(other)
    a.rename(desk.folder / "tmp.ics")
    b.rename(a)
    (desk.folder / "tmp.ics").rename(b)
    desk.sync()
    assert desk.news(head) == []
    assert (desk.file(one), desk.file(other)) == (b, a)


def test_a_file_renamed_over_another_replaces_it(desk: Desk) -> None:
    entries = desk.fill(12)
    head = desk.store.head()
    target = desk.file(entries[1])
    desk.file(entries[0]).rename(target)
    desk.sync()
    desk.sync()
    assert "u1" not in desk.texts()
    assert [(c.action, c.uid) for c in desk.news(head)] == [("delete", "u1")]
    assert desk.file(entries[0]) == target


def test_a_file_with_another_uid_is_another_entry(desk: Desk) -> None:
    entries = desk.fill(12)
    desk.file(entries[0]).write_text(event("stranger"), newline="")
    desk.sync()
    desk.sync()
    assert "stranger" in desk.texts()
    assert "u0" not in desk.texts()
    assert len(desk.texts()) == 12


def test_a_file_moved_to_another_calendar_keeps_its_id(desk: Desk, home: Collection) -> None:
    entries = desk.fill(12)
    there = desk.root / str(home.account_id) / home.id
    for each in entries:
        desk.file(each).rename(there / f"{each.uid}.ics")
    desk.sync()
    assert desk.texts() == {}
    assert sorted(desk.texts(home)) == sorted(each.uid for each in entries)
    assert {each.id for each in desk.store.iter_entries(home.id)} == {each.id for each in entries}
    assert desk.store.held() == []


def test_a_copy_to_another_calendar_is_another_entry(desk: Desk, home: Collection) -> None:
    [entry] = desk.fill(1)
    shutil.copy(desk.file(entry), desk.root / str(home.account_id) / home.id / "copy.ics")
    desk.sync()
    assert list(desk.texts()) == list(desk.texts(home)) == ["u0"]
    assert desk.store.entry_at(home.id, "copy.ics").id != entry.id


def test_the_way_vim_writes_is_one_edit(desk: Desk) -> None:
    [entry] = desk.fill(1)
    head = desk.store.head()
    path = desk.file(entry)
    two_way = TwoWay(desk.store, desk.root)
    (path.parent / f".{path.name}.swp").write_bytes(b"b0VIM 9.1")
    (path.parent / "4913").touch()
    (path.parent / "4913").unlink()
    path.rename(f"{path}~")
    while two_way.step():  # somebody looks in this very moment
        pass
    assert desk.news(head) == []
    path.write_text(event("u0", summary="From vim"), newline="")
    Path(f"{path}~").unlink()
    (path.parent / f".{path.name}.swp").unlink()
    desk.sync()
    assert [(c.action, c.entry) for c in desk.news(head)] == [("update", entry.id)]
    assert "From vim" in desk.texts()["u0"]


def test_what_is_being_written_is_not_read(desk: Desk) -> None:
    text = event("slow").encode()
    two_way = TwoWay(desk.store, desk.root)
    now = time.time()
    path = desk.folder / "slow.ics"
    for end in (1, len(text) // 2, len(text) - 5, len(text)):
        path.write_bytes(text[:end])
        os.utime(path, (now, now))
        with clock.use(partial(float, now + 0.1)):
            two_way._looked = 0.0
            assert two_way.step() == 0
        assert desk.texts() == {}
        assert vdir_files.in_state(desk.store.db.reader(), vdir_files.REFUSED) == []
        now += 0.3
    with clock.use(lambda: now + 1):
        two_way.finish()
    assert desk.texts() == {"slow": text.decode()}


@pytest.mark.parametrize("name", [".hidden.ics", "a.ics~", "a.ics.tmp", "#a.ics#", "a.ics.swp", "4913", "notes.txt"])
def test_what_editors_leave_is_nobody_s_business(desk: Desk, name: str) -> None:
    (desk.folder / name).write_text(event("x"))
    desk.sync()
    assert desk.texts() == {}
    assert problems(desk.store, desk.root) == []
    assert (desk.folder / name).exists()


def test_tasks_and_contacts_too(desk: Desk) -> None:
    book = desk.store.create_collection(
        desk.place.account_id, "book", name="Book", kind=CollectionKind.CONTACTS, components=["VCARD"], origin=BY
    )
    desk.sync()
    folder = desk.root / str(book.account_id) / book.id
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c1\r\nFN:Jö\r\nN:;;;;\r\nEND:VCARD\r\n"
    (folder / "jo.vcf").write_text(card, newline="")
    (folder / "wrong.ics").write_text(event("wrong"))
    (desk.folder / "task.ics").write_text(todo("t"), newline="")
    (desk.folder / "card.vcf").write_text(card)
    desk.sync()
    assert desk.texts(book) == {"c1": card}
    assert list(desk.texts()) == ["t"]
    assert sorted(
        said.partition("/vdir/")[2].split("/")[2].split(":")[0] for said in problems(desk.store, desk.root)
    ) == [
        "card.vcf",
        "wrong.ics",
    ]


def test_name_and_colour_of_a_calendar(desk: Desk) -> None:
    (desk.folder / "displayname").write_text("Arbeit 🏢\n")
    (desk.folder / "color").write_text("#123456\n")
    desk.sync()
    found = desk.store.collection(desk.place.id)
    assert (found.name, found.color) == ("Arbeit 🏢", "#123456")
    assert (desk.folder / "displayname").read_text() == "Arbeit 🏢"
    (desk.folder / "color").write_text("greenish")
    desk.sync()
    assert desk.store.collection(desk.place.id).color == "#123456"
    (desk.folder / "displayname").unlink()
    desk.sync()
    assert (desk.folder / "displayname").read_text() == "Arbeit 🏢"
    (desk.folder / "color").unlink()
    desk.sync()
    assert desk.store.collection(desk.place.id).color == ""


def test_ten_thousand_files_at_once_take_few_transactions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 2_000
    for number in range(count):
        (desk.folder / f"{number}.ics").write_bytes(event(f"m{number}").encode())
    commits = []
    real = desk.store.db.atomic

    def counted() -> AbstractContextManager[Connection]:
        commits.append(desk.store.head())
        return real()

    monkeypatch.setattr(desk.store.db, "atomic", counted)
    desk.sync()
    assert len(desk.texts()) == count
    assert len(commits) < 3 * count


class Pause(Event):
    """Time that passes only by waiting, while somebody goes on writing."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.now = time.time()

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        self.path.write_text(f"{self.now}")
        os.utime(self.path, (self.now, self.now))
        return False


def test_a_command_does_not_wait_for_ever_for_somebody_who_goes_on_writing(desk: Desk) -> None:
    pause = Pause(desk.folder / "endless.ics")
    pause.wait()
    started = pause.now
    with clock.use(lambda: pause.now):
        TwoWay(desk.store, desk.root).finish(pause)
    assert LONGEST < pause.now - started < LONGEST + 1
    assert problems(desk.store, desk.root) == []
