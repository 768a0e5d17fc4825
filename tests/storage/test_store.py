"""The store's verbs, one by one: users, devices, accounts, collections, entries, search, the horizon."""

from itertools import repeat
from pathlib import Path

import pytest

from storage import clock, ids
from storage.db import Database
from storage.errors import (
    AlreadyExists,
    InvalidData,
    NotFound,
    PreconditionFailed,
    ReadOnly,
    StoreError,
    StoreFull,
    UidConflict,
    UnsupportedKind,
)
from storage.model import Account, Action, Collection, CollectionKind, Kind, Origin, State
from storage.store import Store
from storage.tables import revisions
from tests.storage.texts import event, journal, todo

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


# -- entries ----------------------------------------------------------------------------------------------------------


def test_the_bytes_come_back_as_they_were_given(store: Store, home: Collection) -> None:
    text = event(summary="Prüfung 🎓", more='X-ODD;A="b:c":\\,\\N\r\n').replace("\r\n", "\n") + "\n\n"
    put = store.put_entry(home.id, "a b%2F:,'*.ics", text, origin=Origin.DAV, actor="phone")
    assert (put.created, put.changed, put.seq) == (True, True, store.head())
    entry = store.entry_at(home.id, "a b%2F:,'*.ics")
    assert entry == put.entry == store.entry(put.entry.id) == store.entry_by_uid(home.id, "one@example.org")
    assert (entry.text, entry.size, entry.hash) == (text, len(text.encode()), ids.content_hash(text))
    assert (entry.kind, entry.seq, _seq(store, home)) == (Kind.EVENT, put.seq, put.seq)
    assert [record.summary for record in store.components(entry.n)] == ["Prüfung 🎓"]


def test_the_same_bytes_again_are_no_change(store: Store, home: Collection) -> None:
    first = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV)
    again = store.put_entry(home.id, "a.ics", event(), origin=Origin.API, if_match=[first.entry.hash])
    assert (again.entry, again.created, again.changed, again.seq) == (first.entry, False, False, first.seq)
    assert store.head() == first.seq


def test_an_update_keeps_id_and_creation_and_the_old_bytes(store: Store, home: Collection) -> None:
    with clock.use(lambda: NOVEMBER):
        first = store.put_entry(home.id, "a.ics", event(summary="old"), origin=Origin.DAV)
    with clock.use(lambda: NOVEMBER + 60):
        second = store.put_entry(home.id, "a.ics", event(summary="new"), origin=Origin.DAV)
    assert (second.created, second.changed) == (False, True)
    assert (second.entry.id, second.entry.created) == (first.entry.id, clock.iso(NOVEMBER))
    assert second.entry.modified == clock.iso(NOVEMBER + 60)
    change = store.changes()[-1]
    assert (change.action, change.before, change.after) == (Action.UPDATE, first.entry.hash, second.entry.hash)
    kept = revisions.get(store.db.reader(), second.seq)
    assert kept is not None
    assert (kept.text, kept.hash, kept.href) == (first.entry.text, first.entry.hash, "a.ics")
    assert [record.summary for record in store.components(second.entry.n)] == ["new"]


def test_preconditions(store: Store, home: Collection) -> None:
    def put(text: str, if_match: list[str] | None = None, *, if_none_match: bool = False) -> None:
        store.put_entry(home.id, "a.ics", text, origin=Origin.DAV, if_match=if_match, if_none_match=if_none_match)

    for hashes in (["*"], ["x"], list[str]()):
        with pytest.raises(PreconditionFailed):
            put(event(), hashes)
    put(event(), if_none_match=True)
    digest = store.entry_at(home.id, "a.ics").hash
    with pytest.raises(PreconditionFailed):
        put(event(summary="x"), if_none_match=True)
    with pytest.raises(PreconditionFailed):
        put(event(summary="x"), if_match=["other"])
    put(event(summary="x"), if_match=["other", digest])
    put(event(summary="y"), if_match=["*"])
    with pytest.raises(PreconditionFailed):
        store.delete_entry(home.id, "a.ics", origin=Origin.DAV, if_match=[digest])
    store.delete_entry(home.id, "a.ics", origin=Origin.DAV, if_match=["*"])
    with pytest.raises(NotFound):
        store.delete_entry(home.id, "a.ics", origin=Origin.DAV)


def test_refusals_come_in_their_order_and_change_nothing(store: Store, home: Collection) -> None:
    entry = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV).entry
    head = store.head()

    def put(text: str, href: str = "a.ics", collection: str = home.id, match: str = entry.hash) -> None:
        store.put_entry(collection, href, text, origin=Origin.DAV, if_match=[match] if href == "a.ics" else None)

    with pytest.raises(NotFound):
        put("nonsense", collection="nothing")
    with pytest.raises(PreconditionFailed):
        put("nonsense", match="other")
    with pytest.raises(InvalidData):
        put("nonsense")
    with pytest.raises(UidConflict) as changed:
        put(event(uid="other"))
    assert changed.value.href == "a.ics"
    with pytest.raises(UidConflict) as taken:
        put(event(), href="b.ics")
    assert taken.value.href == "a.ics"
    for href in ("", ".", "..", "a/b", "a\x00b", "x" * 2000):
        with pytest.raises(InvalidData):
            put(event(uid="fresh"), href=href)
    assert store.head() == head
    assert [listed.href for listed in store.listing(home.id)] == ["a.ics"]


def test_a_collection_holds_only_its_components(store: Store, home: Collection) -> None:
    tasks = store.create_collection(
        home.account_id, "tasks", name="Tasks", kind=CollectionKind.TASKS, components=["VTODO"], origin=Origin.DAV
    )
    store.put_entry(tasks.id, "t.ics", todo(), origin=Origin.DAV)
    for text in (event(), journal()):
        with pytest.raises(UnsupportedKind, match="VTODO"):
            store.put_entry(tasks.id, "e.ics", text, origin=Origin.DAV)
    store.put_entry(home.id, "e.ics", event(), origin=Origin.DAV)
    with pytest.raises(UnsupportedKind):
        store.move_entry(home.id, "e.ics", tasks.id, "e.ics", origin=Origin.DAV)


def test_a_read_only_collection_refuses_before_anything_is_looked_at(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV)
    with store.db.atomic() as conn:
        conn.execute("UPDATE collections SET read_only = 1 WHERE n = ?", (home.n,))
    head = store.head()
    with pytest.raises(ReadOnly):
        store.put_entry(home.id, "a.ics", "nonsense", origin=Origin.DAV, if_match=["other"])
    with pytest.raises(ReadOnly):
        store.delete_entry(home.id, "nothing.ics", origin=Origin.DAV)
    with pytest.raises(ReadOnly):
        store.move_entry(home.id, "a.ics", home.id, "b.ics", origin=Origin.DAV)
    with pytest.raises(ReadOnly):
        store.update_collection(home.id, name="x", origin=Origin.DAV)
    with pytest.raises(ReadOnly):
        store.delete_collection(home.id, origin=Origin.DAV)
    assert store.head() == head


def test_moving_keeps_the_id_and_tells_both_places(store: Store, home: Collection, mirrored: Collection) -> None:
    entry = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV).entry
    renamed = store.move_entry(home.id, "a.ics", home.id, "b.ics", origin=Origin.DAV)
    moved = store.move_entry(home.id, "b.ics", mirrored.id, "c.ics", origin=Origin.DAV)
    assert (renamed.id, moved.id, moved.text) == (entry.id, entry.id, entry.text)
    assert [(c.action, c.href, c.collection == home.id) for c in store.changes()[-4:]] == [
        (Action.DELETE, "a.ics", True),
        (Action.ADD, "b.ics", True),
        (Action.DELETE, "b.ics", True),
        (Action.ADD, "c.ics", False),
    ]
    assert store.listing(home.id) == []
    assert [e.href for e in store.in_range(mirrored.n, NOVEMBER, NOVEMBER + 30 * DAY)] == ["c.ics"]
    assert store.in_range(home.n, None, None) == []
    assert (_seq(store, home), _seq(store, mirrored)) == (store.head() - 1, store.head())


def test_moving_onto_something(store: Store, home: Collection, mirrored: Collection) -> None:
    store.put_entry(home.id, "a.ics", event("a"), origin=Origin.DAV)
    store.put_entry(mirrored.id, "b.ics", event("b"), origin=Origin.DAV)
    store.put_entry(mirrored.id, "c.ics", event("a"), origin=Origin.DAV)
    with pytest.raises(AlreadyExists):
        store.move_entry(home.id, "a.ics", mirrored.id, "b.ics", origin=Origin.DAV)
    with pytest.raises(UidConflict):
        store.move_entry(home.id, "a.ics", mirrored.id, "b.ics", origin=Origin.DAV, overwrite=True)
    assert {listed.href for listed in store.listing(mirrored.id)} == {"b.ics", "c.ics"}
    moved = store.move_entry(home.id, "a.ics", mirrored.id, "c.ics", origin=Origin.DAV, overwrite=True)
    assert (moved.uid, moved.href) == ("a", "c.ics")
    head = store.head()
    assert store.move_entry(mirrored.id, "c.ics", mirrored.id, "c.ics", origin=Origin.DAV) == moved
    assert store.head() == head
    with pytest.raises(NotFound):
        store.move_entry(home.id, "a.ics", mirrored.id, "d.ics", origin=Origin.DAV)
    with pytest.raises(InvalidData):
        store.move_entry(mirrored.id, "c.ics", mirrored.id, "a/b", origin=Origin.DAV)


def test_many_entries_at_once(store: Store, home: Collection) -> None:
    for number in range(450):
        store.put_entry(home.id, f"{number:03}.ics", event(f"{number}"), origin=Origin.DAV)
    listing = store.listing(home.id)
    assert [listed.href for listed in listing] == [f"{number:03}.ics" for number in range(450)]
    assert listing[7].etag == store.entry_at(home.id, "007.ics").etag
    assert [entry.href for entry in store.iter_entries(home.id)] == [listed.href for listed in listing]
    assert sorted(store.entries(home.id, ["003.ics", "nothing", "001.ics"])) == ["001.ics", "003.ics"]
    with pytest.raises(NotFound):
        store.listing("nothing")


def test_search_finds_beginnings_of_words_and_follows_changes(store: Store, home: Collection) -> None:
    more = "DESCRIPTION:Überraschung für Élodie\r\nLOCATION:Café\r\n"
    entry = store.put_entry(home.id, "a.ics", event(summary="Zahnarzt", more=more), origin=Origin.DAV).entry
    for words in ("zahn", "uberr elod", "CAFE zahnarzt"):
        assert [found.id for found in store.search(words)] == [entry.id], words
    for words in ("", '"', "zahn* OR x", "summary:zahnarzt", "zahn nothing"):
        assert store.search(words) == [], words
    assert store.search("zahn", collection_ns=[home.n]) == [entry]
    assert store.search("zahn", collection_ns=[home.n + 1]) == []
    store.put_entry(home.id, "a.ics", event(summary="Friseur"), origin=Origin.DAV)
    assert store.search("zahn") == []
    assert [found.id for found in store.search("fris")] == [entry.id]
    store.delete_entry(home.id, "a.ics", origin=Origin.DAV)
    assert store.search("fris") == []
    with store.db.atomic() as conn:
        conn.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")


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
    assert 0 < store.db.reader().execute(sql, (entry.n,)).fetchone()[0] <= 20_000
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
