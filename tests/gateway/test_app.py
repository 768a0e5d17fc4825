"""What follows the journal in the sync process: the folder of files, the horizon, and the daily compaction."""

from pathlib import Path

from gateway.app import DAY, journal_readers, open_store
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
