"""A shared collection: what its user reads through every verb, may write, and keeps for themselves."""

from datetime import UTC, datetime

import pytest

from storage.errors import InvalidData, NotFound, PreconditionFailed, ReadOnly
from storage.ids import content_hash
from storage.model import Collection, CollectionKind, Level, Origin, RedactedEntry, RedactedListed
from storage.store import PutResult, Store
from storage.tables import outbox
from tests.storage.texts import event, todo

OPEN = event("open@x", summary="lunch")
PRIVATE = event("private@x", summary="hush", more="CLASS:PRIVATE\r\nLOCATION:hush\r\nSTATUS:TENTATIVE\r\n")
FIRST, LAST = (int(datetime(2026, 11, day, tzinfo=UTC).timestamp()) for day in (21, 22))


@pytest.fixture
def shelf(store: Store, home: Collection) -> Collection:
    """Alice's calendar with an entry for everybody and one for herself; bob is another user."""
    store.save_user("bob", None)
    put(store, home, "open.ics", OPEN)
    put(store, home, "private.ics", PRIVATE)
    return home


def put(store: Store, place: Collection, href: str, text: str) -> PutResult:
    return store.put_entry(place.id, href, text, origin=Origin.DAV, actor=place.user)


def seen(store: Store, shelf: Collection, level: Level) -> Collection:
    return store.collection(store.share(shelf.id, "bob", level).id)


def test_it_stands_in_the_home_of_its_user_and_in_no_list_of_collections(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    assert [each.id for each in store.home("bob")] == [place.id]
    assert store.collection_at("bob", place.slug) == place
    assert (place.user, place.name, place.read_only, place.seq) == ("bob", "Home", True, store.collection(shelf.id).seq)
    assert place.share is not None
    assert (place.share.owner, place.share.level) == ("alice", Level.READ)
    assert [each.id for each in store.home("alice")] == [shelf.id]
    assert store.collections(user="bob") == []


def test_with_a_level_all_reading_verbs_agree(store: Store, shelf: Collection) -> None:
    for level, hidden in ((Level.READ, {"private.ics"}), (Level.BUSY, {"open.ics", "private.ics"})):
        place = seen(store, shelf, level)
        whole = {entry.href: entry for entry in store.iter_entries(place.id)}
        assert {href for href, entry in whole.items() if isinstance(entry, RedactedEntry)} == hidden
        assert whole == store.entries(place.id, ["open.ics", "private.ics"])
        assert whole == {href: store.entry_at(place.id, href) for href in whole}
        assert whole["private.ics"] == store.entry_by_uid(place.id, "private@x")
        assert list(whole.values()) == store.in_range(place.n, FIRST, LAST, text=False)
        listing = store.listing(place.id)
        assert listing == store.delta(place.id, None).changed
        assert [(each.hash, each.size) for each in listing] == [
            (content_hash(entry.text), len(entry.text.encode())) for entry in whole.values()
        ]
        assert {each.href for each in listing if isinstance(each, RedactedListed)} == hidden
        assert all("hush" not in entry.text for entry in whole.values())


def test_nothing_changes_for_the_owner(store: Store, shelf: Collection) -> None:
    seen(store, shelf, Level.BUSY)
    assert [entry.text for entry in store.iter_entries(shelf.id)] == [OPEN, PRIVATE]
    assert [each.hash for each in store.listing(shelf.id)] == [content_hash(OPEN), content_hash(PRIVATE)]


def test_occurrences_keep_their_times_and_their_status(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    rows = {row.uid: row for row in store.occurrences([place.n], FIRST, LAST)}
    own = {row.uid: row for row in store.occurrences([shelf.n], FIRST, LAST)}
    assert {uid: row.occurrence for uid, row in rows.items()} == {uid: row.occurrence for uid, row in own.items()}
    assert [rows[uid].component.summary for uid in ("open@x", "private@x")] == ["lunch", "Busy"]
    assert (rows["private@x"].component.location, rows["private@x"].component.status) == ("", "TENTATIVE")


def test_a_task_whose_dates_are_hidden_is_in_every_window(store: Store, shelf: Collection) -> None:
    put(store, shelf, "task.ics", todo("t", more="CLASS:PRIVATE\r\nCREATED:20300101T000000Z\r\n"))
    put(store, shelf, "other.ics", todo("o", more="CREATED:20300101T000000Z\r\n"))
    assert {each.href for each in store.in_range(shelf.n, FIRST, LAST)} == {"open.ics", "private.ics"}
    place = seen(store, shelf, Level.READ)
    assert {each.href for each in store.in_range(place.n, FIRST, LAST)} == {"open.ics", "private.ics", "task.ics"}


def test_search_finds_nothing_in_it(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    assert store.search("hush", collection_ns=[place.n]) == []


def test_changes_are_seen_as_they_are_for_its_user(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    put(store, shelf, "open.ics", OPEN.replace("SUMMARY:lunch", "CLASS:PRIVATE\r\nSUMMARY:hush"))
    delta = store.delta(place.id, place.seq)
    assert [type(each) for each in delta.changed] == [RedactedListed]
    store.delete_entry(shelf.id, "private.ics", origin=Origin.DAV)
    assert store.delta(place.id, delta.seq).gone == ["private.ics"]


@pytest.mark.parametrize("level", [Level.READ, Level.BUSY])
def test_who_may_only_read_writes_nothing(store: Store, shelf: Collection, level: Level) -> None:
    place = seen(store, shelf, level)
    head = store.head()
    with pytest.raises(ReadOnly):
        put(store, place, "new.ics", event("new@x"))
    with pytest.raises(ReadOnly):
        store.delete_entry(place.id, "open.ics", origin=Origin.DAV)
    assert store.head() == head


def test_what_is_written_is_the_owners_and_says_who_wrote_it(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.WRITE)
    result = put(store, place, "new.ics", event("new@x"))
    assert (result.created, result.entry.text) == (True, event("new@x"))
    assert store.entry_at(shelf.id, "new.ics") == result.entry
    change = store.changes()[-1]
    assert (change.collection, change.actor, change.uid) == (shelf.id, "bob", "new@x")
    store.delete_entry(place.id, "new.ics", origin=Origin.DAV, actor="bob")
    assert store.entries(shelf.id, ["new.ics"]) == {}


def test_alarms_of_others_do_not_concern_the_upstream(store: Store, mirrored: Collection) -> None:
    store.save_user("bob", None)
    put(store, mirrored, "m.ics", event("m@x"))
    with store.db.atomic() as conn:
        outbox.drop(conn, outbox.entries(conn, mirrored.n, float("inf"))[0].n)
    alarm = "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    result = put(store, seen(store, mirrored, Level.WRITE), "m.ics", event("m@x", more=alarm))
    assert (result.changed, result.entry.text) == (True, event("m@x", more=alarm))
    assert store.entry_at(mirrored.id, "m.ics").text == event("m@x")
    assert outbox.entries(store.db.reader(), mirrored.n, float("inf")) == []
    [row] = store.occurrences([seen(store, mirrored, Level.WRITE).n], FIRST, LAST)
    assert row.component.alarms == ()


def test_what_is_hidden_cannot_be_written(store: Store, shelf: Collection, mirrored: Collection) -> None:
    place = seen(store, shelf, Level.WRITE)
    shown = store.entry_at(place.id, "private.ics")
    for attempt in (
        lambda: store.put_entry(place.id, "private.ics", shown.text, origin=Origin.DAV, if_match={shown.hash}),
        lambda: store.delete_entry(place.id, "private.ics", origin=Origin.DAV),
        lambda: store.move_entry(place.id, "private.ics", place.id, "x.ics", origin=Origin.DAV),
        lambda: store.move_entry(place.id, "open.ics", place.id, "private.ics", origin=Origin.DAV, overwrite=True),
        lambda: store.copy_entry(mirrored.id, "m.ics", place.id, "private.ics", origin=Origin.DAV, overwrite=True),
    ):
        put(store, mirrored, "m.ics", event("m@x"))
        with pytest.raises(ReadOnly):
            attempt()
    assert store.entry_at(shelf.id, "private.ics").text == PRIVATE


def test_who_writes_something_private_sees_only_its_times(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.WRITE)
    text = event("mine@x", summary="hush", more="CLASS:CONFIDENTIAL\r\n")
    assert "hush" not in put(store, place, "mine.ics", text).entry.text
    assert store.entry_at(shelf.id, "mine.ics").text == text


def test_a_copy_of_what_is_hidden_holds_nothing_of_it(store: Store, shelf: Collection, mirrored: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    store.copy_entry(place.id, "private.ics", mirrored.id, "copy.ics", origin=Origin.DAV)
    assert "hush" not in store.entry_at(mirrored.id, "copy.ics").text


def test_versions_of_hidden_entries_are_those_of_what_is_shown(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    with pytest.raises(PreconditionFailed):
        store.copy_entry(
            place.id, "private.ics", place.id, "x.ics", origin=Origin.DAV, if_match={content_hash(PRIVATE)}
        )


def test_what_its_user_sets_for_it_is_the_users_alone(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    head = store.head()
    edited = store.update_collection(
        place.id, name="Hers", color="#112233", order="7", dead={"{x:}y": "<y/>"}, origin=Origin.DAV, actor="bob"
    )
    assert (edited.name, edited.color, edited.order, edited.dead) == ("Hers", "#112233", "7", {"{x:}y": "<y/>"})
    assert store.collection(shelf.id) == store.collection_at("alice", "home")
    assert (store.collection(shelf.id).name, store.head()) == ("Home", head)
    assert store.update_collection(place.id, name="", origin=Origin.DAV).name == "Home"


def test_another_level_is_another_collection_in_the_same_place(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    store.update_collection(place.id, name="Hers", origin=Origin.DAV)
    again = seen(store, shelf, Level.READ)
    assert again.id == place.id
    other = seen(store, shelf, Level.BUSY)
    assert other.id != place.id
    assert (other.slug, other.name) == (place.slug, "Hers")
    with pytest.raises(NotFound):
        store.listing(place.id)
    with pytest.raises(NotFound):
        store.in_range(place.n, FIRST, LAST)


def test_the_owner_ends_it(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.WRITE)
    store.unshare(shelf.id, "bob")
    assert store.home("bob") == []
    with pytest.raises(NotFound):
        put(store, place, "new.ics", event("new@x"))
    with pytest.raises(NotFound):
        store.occurrences([place.n], FIRST, LAST)
    with pytest.raises(NotFound):
        store.unshare(shelf.id, "bob")


def test_its_user_leaves_it(store: Store, shelf: Collection) -> None:
    place = seen(store, shelf, Level.READ)
    head = store.head()
    store.delete_collection(place.id, origin=Origin.DAV, actor="bob")
    assert store.home("bob") == []
    assert (store.collection(shelf.id).id, store.head()) == (shelf.id, head)


def test_it_goes_with_the_collection_and_with_its_user(store: Store, shelf: Collection) -> None:
    seen(store, shelf, Level.READ)
    store.remove_user("bob")
    assert store.grants() == []
    store.save_user("bob", None)
    seen(store, shelf, Level.READ)
    store.delete_collection(shelf.id, origin=Origin.DAV)
    assert store.grants() == []


def test_what_cannot_be_shared(store: Store, shelf: Collection) -> None:
    with pytest.raises(NotFound):
        store.share(shelf.id, "nobody", Level.READ)
    with pytest.raises(NotFound):
        store.share("none", "bob", Level.READ)
    with pytest.raises(InvalidData):
        store.share(shelf.id, "alice", Level.READ)
    tasks = store.create_collection(
        shelf.account_id, "t", name="T", kind=CollectionKind.TASKS, components=["VTODO"], origin=Origin.CLI
    )
    with pytest.raises(InvalidData):
        store.share(tasks.id, "bob", Level.BUSY)
