"""The store's verbs, one by one: users, devices, accounts, collections, the horizon, counts, full disks."""

from itertools import repeat
from pathlib import Path

import pytest

from storage import clock, ids
from storage.db import Database
from storage.errors import (
    AlreadyExists,
    InvalidData,
    NotFound,
    StoreError,
    StoreFull,
)
from storage.model import Account, Action, Collection, CollectionKind, Origin, State
from storage.record import BUDGET
from storage.store import Store
from storage.tables import revisions
from tests.storage.texts import event

NOVEMBER = 1793491200
"""2026-11-01T00:00:00Z."""

DAY = 86_400


def _seq(store: Store, collection: Collection) -> int:
    return store.collection(collection.id).seq


# -- users, devices ---------------------------------------------------------------------------------------------------


def test_users_are_created_and_changed(store: Store) -> None:
    store.save_user("bob", "hash", declared=True)
    created = store.user("bob").created
    store.save_user("bob", None)
    bob = store.user("bob")
    assert (bob.password, bob.declared, bob.created) == (None, False, created)
    assert [user.name for user in store.users()] == ["alice", "bob"]
    with pytest.raises(NotFound, match="'nobody'"):
        store.user("nobody")


def test_a_device_signs_in_until_it_is_revoked(store: Store) -> None:
    device_id = store.add_device("alice", "phone", "digest")
    assert ids.is_public_id(device_id)
    found = store.device_by_hash("digest")
    assert found is not None
    assert (found.id, found.user, found.label, found.last_used, found.revoked) == (
        device_id,
        "alice",
        "phone",
        None,
        None,
    )
    store.revoke_device(device_id)
    assert store.device_by_hash("digest") is None
    (device,) = store.devices("alice")
    assert device.revoked is not None
    assert store.devices("bob") == []
    with pytest.raises(NotFound):
        store.revoke_device("nothing")
    with pytest.raises(NotFound):
        store.add_device("nobody", "phone", "other")


def test_a_device_is_touched_once_an_hour(store: Store) -> None:
    device_id = store.add_device("alice", "phone", "digest")
    for at, noted in ((NOVEMBER, NOVEMBER), (NOVEMBER + 60, NOVEMBER), (NOVEMBER + 3600, NOVEMBER + 3600)):
        with clock.use(repeat(at).__next__):
            store.touch_device(device_id)
        (device,) = store.devices()
        assert device.last_used == clock.iso(noted)


# -- accounts ---------------------------------------------------------------------------------------------------------


def test_accounts_get_numbers_that_are_never_given_again(store: Store) -> None:
    first = store.save_account(Account(0, "one", "alice", "caldav", settings={"url": "https://example.org"}))
    assert (first.id, first.settings) == (101, {"url": "https://example.org"})
    fixed = store.save_account(Account(500, "fixed", "alice", "local", mirrored=False))
    assert fixed.id == 500
    store.remove_account(500)
    assert store.save_account(Account(0, "two", "alice", "caldav")).id == 501
    assert [account.name for account in store.accounts("alice")] == ["one", "two"]
    assert store.accounts("bob") == []


def test_an_account_is_found_by_number_and_name(store: Store) -> None:
    account = store.save_account(Account(0, "work", "alice", "caldav"))
    assert store.account("work") == store.account(account.id) == store.account(str(account.id)) == account
    for key in ("nobody", 7, "7", "²"):
        with pytest.raises(NotFound):
            store.account(key)


def test_saving_an_account_again_keeps_its_number_and_state(store: Store) -> None:
    account = store.save_account(Account(0, "work", "alice", "caldav"))
    store.set_paused(account.id, True)
    changed = store.save_account(Account(0, "work", "alice", "caldav", email="a@example.org"), declared=True)
    assert (changed.id, changed.email, changed.paused, changed.state) == (
        account.id,
        "a@example.org",
        True,
        State.PAUSED,
    )
    store.set_paused(account.id, False)
    assert (store.account("work").paused, store.account("work").state) == (False, State.WAITING)


def test_an_account_needs_a_user_and_a_number_of_its_own(store: Store) -> None:
    account = store.save_account(Account(0, "work", "alice", "caldav"))
    with pytest.raises(NotFound):
        store.save_account(Account(0, "other", "nobody", "caldav"))
    with pytest.raises(AlreadyExists):
        store.save_account(Account(account.id, "other", "alice", "caldav"))
    with pytest.raises(AlreadyExists):
        store.save_account(Account(999, "work", "alice", "caldav"))
    with pytest.raises(NotFound):
        store.set_paused(7, True)


def test_an_account_changes_hands_with_its_collections(store: Store, home: Collection, mirrored: Collection) -> None:
    store.save_user("bob", None)
    store.save_account(Account(0, "home", "bob", "local", mirrored=False))
    assert store.collection_at("bob", "home").id == home.id
    store.create_collection(
        home.account_id, "work", name="Other", kind=CollectionKind.TASKS, components=["VTODO"], origin=Origin.CLI
    )
    with pytest.raises(AlreadyExists, match="'work'"):
        store.save_account(Account(0, "work", "bob", "caldav"))
    assert store.collection_at("alice", "work").id == mirrored.id


def test_removing_an_account_takes_everything_but_the_history(store: Store, mirrored: Collection) -> None:
    store.credentials.set("work", {"password": "x"})
    entry = store.put_entry(mirrored.id, "a.ics", event(), origin=Origin.DAV).entry
    store.remove_account(mirrored.account_id)
    assert (store.accounts(), store.collections(), store.credentials.get("work")) == ([], [], {})
    assert store.counts().account_pending == {}
    assert [change.action for change in store.changes() if change.entry == entry.id] == [Action.ADD, Action.DELETE]


# -- collections ------------------------------------------------------------------------------------------------------


def test_a_collection_is_found_by_id_and_by_path(store: Store, home: Collection, mirrored: Collection) -> None:
    assert store.collection(home.id) == store.collection_at("alice", "home") == home
    assert (home.state, mirrored.state) == (State.FRESH, State.WAITING)
    assert (home.seq, home.created_seq) == (store.head() - 1, store.head() - 1)
    assert store.collections(user="alice") == [home, mirrored]
    assert store.collections(account=home.account_id) == [home]
    with pytest.raises(NotFound):
        store.collection_at("bob", "home")
    with pytest.raises(NotFound):
        store.collection("nothing")


def test_the_path_of_a_collection_is_unique_and_one_segment(store: Store, home: Collection) -> None:
    def create(slug: str) -> Collection:
        return store.create_collection(
            home.account_id, slug, name="x", kind=CollectionKind.TASKS, components=["VTODO"], origin=Origin.DAV
        )

    with pytest.raises(AlreadyExists):
        create("home")
    for slug in ("", "a/b", "..", "a\x00"):
        with pytest.raises(InvalidData):
            create(slug)
    assert create("ünïcode :,*").slug == "ünïcode :,*"


def test_properties_change_one_by_one(store: Store, home: Collection) -> None:
    dead = {"{urn:x}y": "<y xmlns='urn:x'>ü</y>"}
    changed = store.update_collection(home.id, color="#ff0000", timezone="Europe/Berlin", dead=dead, origin=Origin.DAV)
    assert (changed.name, changed.color, changed.timezone, changed.dead) == ("Home", "#ff0000", "Europe/Berlin", dead)
    assert changed == store.collection(home.id)
    assert changed.seq == store.head() == home.seq + 1
    assert store.update_collection(home.id, color="#ff0000", dead=dead, origin=Origin.DAV) == changed
    assert store.head() == changed.seq
    change = store.changes()[-1]
    assert (change.action, change.entry, change.collection) == (Action.UPDATE, "", home.id)


def test_a_collection_goes_with_its_entries(store: Store, home: Collection) -> None:
    entry = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV).entry
    store.delete_collection(home.id, origin=Origin.DAV, actor="phone")
    gone, last = store.changes()[-2:]
    assert (gone.action, gone.entry, gone.before, gone.actor) == (Action.DELETE, entry.id, entry.hash, "phone")
    assert (last.action, last.entry, last.collection) == (Action.DELETE, "", home.id)
    kept = revisions.get(store.db.reader(), gone.seq)
    assert kept is not None
    assert kept.text == entry.text
    with pytest.raises(NotFound):
        store.entry(entry.id)
    for table in ("entries", "components", "occurrences"):
        assert store.db.reader().execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_a_full_disk_refuses_the_write_and_keeps_the_rest(store: Store, home: Collection) -> None:
    before = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV).entry
    pages = store.db.reader().execute("PRAGMA page_count").fetchone()[0]
    store.db.reader().execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreFull):
        store.put_entry(home.id, "b.ics", event("b", more=f"X-BIG:{'x' * 500_000}\r\n"), origin=Origin.DAV)
    assert [listed.href for listed in store.listing(home.id)] == ["a.ics"]
    assert store.head() == before.seq


def test_opening_again_finds_everything(store: Store, home: Collection) -> None:
    entry = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV).entry
    store_id = store.id
    store.close()
    again = Store.open(store.folder)
    assert (again.id, again.entry(entry.id)) == (store_id, entry)
    again.close()
    assert (store.folder.stat().st_mode & 0o777) == 0o700


def test_a_path_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match="data"):
        Store.open(tmp_path / "data")


def test_a_reader_of_the_journal_keeps_its_place(store: Store) -> None:
    assert store.position("vdir") == 0
    store.advance("vdir", 7)
    store.advance("vdir", 9)
    assert (store.position("vdir"), store.position("other")) == (9, 0)


def test_the_horizon_moves_with_time_and_nobody_sees_a_change(store: Store, home: Collection) -> None:
    endless = store.put_entry(home.id, "w.ics", event("w", more="RRULE:FREQ=WEEKLY\r\n"), origin=Origin.DAV).entry
    store.put_entry(home.id, "c.ics", event("c", more="RRULE:FREQ=WEEKLY;COUNT=3\r\n"), origin=Origin.DAV)
    store.put_entry(home.id, "p.ics", event("p"), origin=Origin.DAV)

    def last() -> int:
        sql = "SELECT max(start) FROM occurrences WHERE entry_n = ?"
        return int(store.db.reader().execute(sql, (endless.n,)).fetchone()[0])

    head, before, now = store.head(), last(), int(clock.timestamp())
    assert store.extend_horizon(now, 100) == 0
    assert store.extend_horizon(now + 5 * DAY, 100) == 0
    assert store.extend_horizon(now + 100 * DAY, 0) == 0
    assert store.extend_horizon(now + 100 * DAY, 100) == 1
    assert store.extend_horizon(now + 100 * DAY, 100) == 0
    assert 92 * DAY < last() - before <= 105 * DAY
    assert store.head() == head


def test_a_rule_that_fires_every_second_is_rendered_within_its_budget(store: Store, home: Collection) -> None:
    entry = store.put_entry(home.id, "s.ics", event(more="RRULE:FREQ=SECONDLY\r\n"), origin=Origin.DAV).entry
    sql = "SELECT count(*) FROM occurrences WHERE entry_n = ?"
    assert 0 < store.db.reader().execute(sql, (entry.n,)).fetchone()[0] <= BUDGET
    assert [e.href for e in store.in_range(home.n, NOVEMBER + 3600 * DAY, NOVEMBER + 3601 * DAY)] == ["s.ics"]
    now = int(clock.timestamp())
    assert store.extend_horizon(now + 100 * DAY, 100) == 1
    assert store.extend_horizon(now + 100 * DAY, 100) == 0


def test_counts_say_what_stands_where(store: Store, home: Collection, mirrored: Collection) -> None:
    store.put_entry(home.id, "a.ics", event("a"), origin=Origin.DAV)
    store.put_entry(mirrored.id, "a.ics", event("a"), origin=Origin.DAV)
    store.put_entry(mirrored.id, "b.ics", event("b"), origin=Origin.DAV)
    counts = store.counts()
    assert counts.entries == {home.n: 1, mirrored.n: 2}
    assert counts.pending == {mirrored.n: 3}
    assert counts.account_pending == {mirrored.account_id: 3}
    assert (counts.conflicts, counts.held, counts.quarantined) == ({}, {}, {})
    assert (store.conflicts(), store.held(), store.quarantined()) == ([], [], [])


def test_the_database_is_one_of_ours(store: Store) -> None:
    assert isinstance(store.db, Database)
    assert store.data_version() == store.data_version()
