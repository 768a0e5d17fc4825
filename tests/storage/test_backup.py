"""A backup made at any moment and restored elsewhere: whole, private, checked, and another life for all cursors."""

import os
import tarfile
from pathlib import Path

import pytest

from storage import backup
from storage.backup import restore
from storage.errors import AlreadyExists, CursorExpired, StoreBusy, StoreError
from storage.model import Collection, Origin
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.tables import outbox
from storage.verify import verify
from tests.storage.texts import event

BY = Origin.DAV


@pytest.fixture
def file(store: Store, home: Collection, mirrored: Collection, tmp_path: Path) -> Path:
    """A backup of five entries in each of two calendars."""
    for place in (home, mirrored):
        for number in range(5):
            store.put_entry(place.id, f"{number}.ics", event(f"u{number}"), origin=BY)
    store.credentials.set("work", {"password": "secret"})
    backup.backup(store, tmp_path / "saved.tar")
    return tmp_path / "saved.tar"


def everything(store: Store) -> list[str]:
    return [entry.text for place in store.collections() for entry in store.iter_entries(place.id)]


def test_it_is_private_and_never_written_over(store: Store, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == ["data", "saved.tar"]
    with pytest.raises(AlreadyExists):
        backup.backup(store, file)
    assert store.credentials.key_path.read_bytes() not in file.read_bytes()


def test_restored_elsewhere_it_is_the_same_and_sound(store: Store, file: Path, tmp_path: Path) -> None:
    done = restore(file, tmp_path / "other")
    assert (done.saved.entries, done.aside, done.locked) == (10, None, ("work",))
    other = Store.open(tmp_path / "other")
    assert everything(other) == everything(store)
    assert other.id != store.id
    assert verify(other, None).problems == []
    assert (tmp_path / "other" / "mirror.db").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "other" / "credentials").exists()
    other.put_entry(other.collections()[0].id, "more.ics", event("more"), origin=BY)
    assert verify(other, None).problems == []
    other.close()


def test_with_its_key_the_passwords_are_there(store: Store, file: Path, tmp_path: Path) -> None:
    done = restore(file, tmp_path / "other", key=store.credentials.key_path)
    assert done.locked == ()
    other = Store.open(tmp_path / "other")
    assert other.credentials.get("work") == {"password": "secret"}
    assert other.credentials.key_path.stat().st_mode & 0o777 == 0o600
    other.close()


def test_a_key_that_does_not_fit_is_said_not_stored(file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "key"
    wrong.write_bytes(b"x" * 44)
    assert restore(file, tmp_path / "other", key=wrong).locked == ("work",)
    assert not (tmp_path / "other" / "credentials.key").exists()


def test_what_stood_there_is_moved_aside(store: Store, home: Collection, file: Path) -> None:
    store.put_entry(home.id, "later.ics", event("later"), origin=BY)
    (store.folder / "vdir").mkdir()
    (store.folder / "vdir" / "mine").write_text("mine")
    store.close()
    done = restore(file, store.folder)
    assert done.aside == store.folder / "replaced-1"
    assert (done.aside / "vdir" / "mine").read_text() == "mine"
    before, after = Store.open(done.aside), Store.open(store.folder)
    assert len(everything(before)) == 11
    assert len(everything(after)) == 10
    assert after.credentials.get("work") == {"password": "secret"}
    before.close()
    after.close()


def test_a_server_at_work_is_not_disturbed(store: Store, file: Path) -> None:
    lease = SyncLease(store.db)
    assert lease.acquire()
    with pytest.raises(StoreBusy, match="at work"):
        restore(file, store.folder)
    lease.release()
    assert not (store.folder / "replaced-1").exists()


def test_positions_of_the_life_before_are_refused_for_ever(
    store: Store, home: Collection, file: Path, tmp_path: Path
) -> None:
    saved_at = store.head()
    for number in range(7):
        store.put_entry(home.id, f"lost{number}.ics", event(f"lost{number}"), origin=BY)
    lost = range(saved_at + 1, store.head() + 1)
    restore(file, tmp_path / "other")
    other = Store.open(tmp_path / "other")
    place = other.collection(home.id)
    assert other.changes(saved_at) == []
    for number in range(12):
        other.put_entry(place.id, f"new{number}.ics", event(f"new{number}"), origin=BY)
        assert other.collection(place.id).seq not in lost
        for position in lost:
            with pytest.raises(CursorExpired):
                other.changes(position)
            with pytest.raises(CursorExpired):
                other.delta(place.id, position)
    assert [change.href for change in other.changes(saved_at)] == [f"new{number}.ics" for number in range(12)]
    assert len(other.delta(place.id, saved_at).changed) == 12
    backup.backup(other, tmp_path / "second.tar")
    restore(tmp_path / "second.tar", tmp_path / "third")
    third = Store.open(tmp_path / "third")
    assert verify(third, None).problems == []
    with pytest.raises(CursorExpired):
        third.changes(lost[0])
    other.close()
    third.close()


def test_what_waits_may_have_been_sent(store: Store, mirrored: Collection, file: Path, tmp_path: Path) -> None:
    restore(file, tmp_path / "other")
    other = Store.open(tmp_path / "other")
    waiting = outbox.entries(other.db.reader(), mirrored.n, float("inf"))
    assert len(waiting) == 5
    assert all(each.sent and each.attempts and not each.notify for each in waiting)
    other.close()


def test_what_is_no_backup_is_refused_and_leaves_everything(store: Store, file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    at = data.index(b"SQLite format 3") + 200
    damaged = {
        "empty": b"",
        "text": b"hello" * 1000,
        "cut": data[: len(data) // 2],
        "bits": data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :],
        "database": store.db.path.read_bytes(),
    }
    store.close()
    for name, content in damaged.items():
        broken = tmp_path / name
        broken.write_bytes(content)
        with pytest.raises(StoreError):
            restore(broken, store.folder)
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.add(file, arcname="../../manifest.json")
    with pytest.raises(StoreError):
        restore(tmp_path / "evil.tar", store.folder)
    again = Store.open(store.folder)
    assert len(everything(again)) == 10
    again.close()
    assert not [path for path in store.folder.iterdir() if path.name.startswith((".restoring", "replaced"))]


def test_a_place_that_cannot_be_written_is_a_plain_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        backup.backup(store, tmp_path / "nowhere" / "saved.tar")
    assert os.listdir(tmp_path) == ["data"]
