"""What follows the journal in the sync process: the folder of files, the horizon, and the daily compaction."""

import os
from pathlib import Path

from gateway.app import DAY, JournalHere, journal_readers, open_store
from gateway.config import load
from gateway.dav.edits import COMPONENTS
from gateway.declare import declare
from storage import clock
from storage.model import Account, CollectionKind, Origin
from tests.simulation.texts import event

START = 1_767_225_600.0


def test_the_journal_is_compacted_once_a_day_and_keeps_ninety_days(tmp_path: Path) -> None:
    file = tmp_path / "config.ini"
    file.write_text("[storage]\nvdir = no\n")
    config = load(file)
    with clock.use(lambda: START):
        store = open_store(config)
        store.save_user("alice", None)
        account = store.save_account(Account(0, "local", "alice", "local", mirrored=False))
        made = store.create_collection(
            account.id, "c", name="C", kind=CollectionKind.CALENDAR, components=("VEVENT",), origin=Origin.CLI
        )
        store.put_entry(made.id, "a.ics", event("a", 1, "old"), origin=Origin.DAV)
        readers = journal_readers(config, store)
        for reader in readers:
            reader()
    with clock.use(lambda: START + 100 * DAY):
        store.put_entry(made.id, "b.ics", event("b", 2, "new"), origin=Origin.DAV)
        assert len(store.changes(None)) == 3
        for reader in readers:
            while reader():
                pass
        assert [change.uid for change in store.changes(None)] == ["b"]
        assert set(store.entries(made.id, ["a.ics", "b.ics"])) == {"a.ics", "b.ics"}, "entries are not history"
    store.close()


def test_a_declared_local_account_has_a_calendar_and_an_address_book_once(tmp_path: Path) -> None:
    file = tmp_path / "config.ini"
    file.write_text("[user alice]\npassword = x\n[account home]\nuser = alice\nprovider = local\n")
    config = load(file)
    store = open_store(config)
    declare(config, store)
    made = store.collections(user="alice")
    assert [(each.name, each.kind) for each in made] == [
        ("Calendar", CollectionKind.CALENDAR),
        ("Contacts", CollectionKind.CONTACTS),
    ]
    assert set(made[0].components) == set(COMPONENTS), "as what clients make"
    for each in made:
        store.delete_collection(each.id, origin=Origin.DAV)
    declare(config, store)
    assert store.collections(user="alice") == [], "what its owner deleted is not made again"
    store.close()


def test_a_command_looks_at_all_files_once_and_then_at_those_it_writes(tmp_path: Path) -> None:
    file = tmp_path / "config.ini"
    file.write_text("[user alice]\npassword = x\n[account home]\nuser = alice\nprovider = local\n")
    config = load(file)
    store = open_store(config)
    declare(config, store)
    made = store.collections(user="alice")[0]
    calendar, files = made.id, store.folder / "vdir" / str(made.account_id) / made.id

    def edit(uid: str, text: str) -> None:
        path = files / f"{store.entry_at(calendar, f'{uid}.ics').id}.ics"
        path.write_text(text, newline="")
        os.utime(path, (1, 1))

    def here(uid: str) -> str:
        return store.entry_at(calendar, f"{uid}.ics").text

    for uid in ("a", "b", "c"):
        store.put_entry(calendar, f"{uid}.ics", event(uid, 1, "old"), origin=Origin.DAV)
    JournalHere(config, store).read()
    edit("a", event("a", 2, "mine"))
    command = JournalHere(config, store)
    command.read()
    assert here("a") == event("a", 2, "mine")
    edit("b", event("b", 2, "mine"))
    edit("c", event("c", 2, "mine"))
    store.put_entry(calendar, "c.ics", event("c", 1, "new"), origin=Origin.DAV)
    command.read()
    assert here("b") == event("b", 1, "old"), "nobody had to write it"
    assert here("c") != event("c", 1, "new"), "what stood where it was to be written has been taken in"
    JournalHere(config, store).read()
    assert here("b") == event("b", 2, "mine")
    store.close()
