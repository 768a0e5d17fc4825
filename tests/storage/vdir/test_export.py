"""The folder of files: what stands where, what follows which change, what is left alone, and crashes at every step."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from storage.errors import StoreError
from storage.model import Account, Collection, CollectionKind, Origin
from storage.store import Store
from storage.tables.vdir_files import Stat
from storage.vdir.compare import differences
from storage.vdir.export import CONSUMER, VdirExport
from storage.vdir.folder import MARK, Expected, Folder
from tests.storage.texts import event, todo

BY = Origin.DAV


@pytest.fixture
def root(store: Store) -> Path:
    return store.folder / "vdir"


@pytest.fixture
def export(store: Store, root: Path) -> VdirExport:
    return VdirExport(store, root)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below the root but the marks, by relative path."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name != MARK)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def wanted(store: Store) -> dict[str, bytes]:
    """What the folder must hold, worked out independently from the store."""
    found = {}
    for collection in store.collections():
        place = f"{collection.account_id}/{collection.id}"
        found[f"{place}/displayname"] = collection.name.encode()
        if collection.color:
            found[f"{place}/color"] = collection.color[:7].encode()
        for entry in store.iter_entries(collection.id):
            found[f"{place}/{entry.id}.ics"] = entry.text.encode()
    return found


def drain(export: VdirExport, limit: int = 1000) -> int:
    total = 0
    while done := export.run(limit=limit):
        total += done
    return total


def test_a_new_folder_gets_everything(store: Store, home: Collection, export: VdirExport, root: Path) -> None:
    store.update_collection(home.id, name="Zuhause 🏡", color="#2E8B57FF", origin=BY)
    for number in range(5):
        store.put_entry(home.id, f"{number}.ics", event(f"{number}@x", summary="Größe"), origin=BY)
    assert drain(export) == 5
    assert tree(root) == wanted(store)
    assert (root / str(home.account_id) / home.id / "color").read_text() == "#2E8B57"
    assert store.position(CONSUMER) == store.head()
    assert export.run() == 0


def test_it_follows_every_kind_of_change(store: Store, home: Collection, export: VdirExport, root: Path) -> None:
    export.run()
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    store.put_entry(home.id, "b.ics", todo("b"), origin=BY)
    drain(export)
    assert tree(root) == wanted(store)
    store.put_entry(home.id, "a.ics", event("a", summary="Other"), origin=BY)
    store.delete_entry(home.id, "b.ics", origin=BY)
    drain(export)
    assert tree(root) == wanted(store)
    other = store.create_collection(
        home.account_id, "other", name="Other", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=BY
    )
    store.move_entry(home.id, "a.ics", other.id, "moved.ics", origin=BY)
    drain(export)
    assert tree(root) == wanted(store)
    assert len([name for name in tree(root) if name.endswith(".ics")]) == 1
    store.update_collection(other.id, name="Renamed\nacross lines", color="#00FF00", origin=BY)
    drain(export)
    directory = root / str(other.account_id) / other.id
    assert (directory / "displayname").read_text() == "Renamed across lines"
    store.update_collection(other.id, name="Renamed", color="", origin=BY)
    drain(export)
    assert not (directory / "color").exists()
    store.delete_collection(other.id, origin=BY)
    drain(export)
    assert not directory.exists()
    assert tree(root) == wanted(store)


def test_many_changes_of_one_entry_are_one_file_write(store: Store, home: Collection, root: Path) -> None:
    class Counting(Folder):
        writes = 0

        def put(self, path: Path, data: bytes, expected: Expected) -> Stat | None:
            self.writes += path.suffix == ".ics"
            return super().put(path, data, expected)

    export = VdirExport(store, root)
    export.run()
    export.folder = counting = Counting(root)
    for number in range(10):
        store.put_entry(home.id, "a.ics", event("a", summary=str(number)), origin=BY)
    assert drain(export) == 10
    assert counting.writes == 1
    drain(export)
    export.rebuild()
    assert counting.writes == 1


def test_a_collection_that_came_and_went_between_two_runs(store: Store, home: Collection, export: VdirExport) -> None:
    export.run()
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    store.delete_entry(home.id, "a.ics", origin=BY)
    store.put_entry(home.id, "b.ics", event("b"), origin=BY)
    store.delete_collection(home.id, origin=BY)
    drain(export)
    assert tree(export.folder.root) == {}


@pytest.mark.parametrize(
    "name",
    ["../../../escape.ics", "..", "/etc/passwd", "a\\..\\b", ".hidden", "CON", "x" * 300, "日本語 🎌", "-rf", "%2e"],
)
def test_no_name_of_anybody_becomes_a_path(store: Store, export: VdirExport, root: Path, name: str) -> None:
    store.save_user(f"user {name}", None)
    account = store.save_account(Account(0, name, f"user {name}", "local", mirrored=False))
    collection = store.create_collection(
        account.id,
        name.replace("/", "_") if name != ".." else "dots",
        name=name,
        kind=CollectionKind.CALENDAR,
        components=["VEVENT"],
        color=name,
        origin=BY,
    )
    href = name.replace("/", "_") if name != ".." else "...ics"
    store.put_entry(collection.id, href, event(name), origin=BY)
    drain(export)
    entry = store.entry_at(collection.id, href)
    place = f"{account.id}/{collection.id}"
    assert set(tree(store.folder)) - {"mirror.db", "mirror.db-wal", "mirror.db-shm"} == {
        f"vdir/{place}/{entry.id}.ics",
        f"vdir/{place}/displayname",
    }


def test_an_id_that_is_none_is_refused(store: Store, home: Collection, export: VdirExport) -> None:
    export.run()
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    with store.db.atomic() as conn:
        conn.execute("UPDATE entries SET id = '../../../../evil'")
        conn.execute("UPDATE journal SET entry_id = '../../../../evil' WHERE entry_id <> ''")
    with pytest.raises(StoreError, match="no id of this mirror"):
        export.run()


def test_files_of_others_are_left_alone(store: Store, home: Collection, export: VdirExport, root: Path) -> None:
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    drain(export)
    directory = root / str(home.account_id) / home.id
    mine = ["note.txt", "0123456789abcdef0123456789abcdef.ics", ".hidden", "sub/file"]
    for name in mine:
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    export.rebuild()
    store.delete_collection(home.id, origin=BY)
    drain(export)
    export.rebuild()
    assert tree(root) == {f"{home.account_id}/{home.id}/{name}": b"mine" for name in mine}
    assert differences(store, root) == (0, [])


def test_a_lost_folder_is_written_anew(store: Store, home: Collection, export: VdirExport, root: Path) -> None:
    for number in range(3):
        store.put_entry(home.id, f"{number}.ics", event(str(number)), origin=BY)
    drain(export)
    for path in sorted(root.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert drain(export) == 3
    assert tree(root) == wanted(store)


def test_a_cursor_that_expired_means_everything_anew(store: Store, home: Collection, export: VdirExport) -> None:
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    store.put_entry(home.id, "gone.ics", event("gone"), origin=BY)
    drain(export)
    store.delete_entry(home.id, "gone.ics", origin=BY)
    store.put_entry(home.id, "b.ics", event("b"), origin=BY)
    with store.db.atomic() as conn:
        conn.execute("DELETE FROM journal")
        conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('compacted_through', ?)", (store.head(),))
    drain(export)
    assert tree(export.folder.root) == wanted(store)


def test_a_folder_of_another_mirror_is_put_aside(tmp_path: Path, store: Store, home: Collection, root: Path) -> None:
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    drain(VdirExport(store, root))
    before = tree(root)
    other = Store.open(tmp_path / "other")
    for name in ("", "-2"):
        drain(VdirExport(other, root))
        assert tree(root) == wanted(other) == {}
        if not name:
            drain(VdirExport(store, root))
    assert tree(root.with_name(f"vdir-of-{store.id[-8:]}")) == before
    assert tree(root.with_name(f"vdir-of-{store.id[-8:]}-2")) == before
    other.close()


def test_a_folder_that_cannot_be_written_is_a_plain_error(store: Store, home: Collection, root: Path) -> None:
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)
    root.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be used"):
        VdirExport(store, root).run()


class Crash(BaseException):
    """The process dies."""


class Dying(Folder):
    """Dies before its n-th touch of the disk, or in the middle of it, with a half-written file."""

    def __init__(self, root: Path, steps: int) -> None:
        super().__init__(root)
        self.steps = steps

    def _step(self, half: Callable[[], object]) -> None:
        self.steps -= 1
        if self.steps < 0:
            half()
            raise Crash

    def _fill(self, path: Path, data: bytes) -> Stat:
        self._step(lambda: path.parent.exists() and path.write_bytes(data[: len(data) // 2]))
        return super()._fill(path, data)

    def put(self, path: Path, data: bytes, expected: Expected) -> Stat | None:
        done = super().put(path, data, expected)
        self._step(lambda: None)
        return done

    def remove(self, path: Path, expected: Expected) -> bool:
        self._step(lambda: None)
        return super().remove(path, expected)

    def leave(self, directory: Path) -> None:
        self._step(lambda: None)
        super().leave(directory)


def scramble(store: Store, home: Collection, random: Random) -> None:
    """Some changes of every kind."""
    for _ in range(8):
        name = f"{random.randrange(6)}"
        there = {listed.href for listed in store.listing(home.id)}
        if f"{name}.ics" in there and random.random() < 0.4:
            store.delete_entry(home.id, f"{name}.ics", origin=BY)
        else:
            store.put_entry(home.id, f"{name}.ics", event(name, summary=str(random.random())), origin=BY)
    extra = [collection for collection in store.collections() if collection.slug == "extra"]
    if extra and random.random() < 0.5:
        store.delete_collection(extra[0].id, origin=BY)
    elif not extra:
        made = store.create_collection(
            home.account_id, "extra", name="Extra", kind=CollectionKind.TASKS, components=["VTODO"], origin=BY
        )
        store.put_entry(made.id, "t.ics", todo("t"), origin=BY)
    store.update_collection(home.id, color=random.choice(["#111111", "#222222", ""]), origin=BY)


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_crash_at_any_step_is_made_good_by_the_next_run(
    store: Store, home: Collection, root: Path, rebuild: bool
) -> None:
    random = Random(7)
    steps = 0
    while steps < 60:
        scramble(store, home, random)
        dying = VdirExport(store, root)
        dying.folder = Dying(root, steps)
        try:
            dying.rebuild() if rebuild else dying.run(limit=5)
        except Crash:
            steps += 1
        else:
            steps += 7
        drain(VdirExport(store, root), limit=3)
        assert tree(root) == wanted(store), steps
        assert differences(store, root)[1] == []


def test_a_crash_before_the_cursor_moves_repeats_the_work(
    store: Store, home: Collection, export: VdirExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    export.run()
    store.put_entry(home.id, "a.ics", event("a"), origin=BY)

    def fail(_consumer: str, _position: int) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(store, "advance", fail)
        with pytest.raises(Crash):
            export.run()
    store.delete_entry(home.id, "a.ics", origin=BY)
    assert drain(export) == 2
    assert tree(export.folder.root) == wanted(store)
