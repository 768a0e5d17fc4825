"""What a client's write leaves for the upstream: one row in the outbox, and the base that the engine merges with."""

from storage.model import Collection, CollectionKind, Origin
from storage.store import Store
from storage.tables import links, outbox
from storage.tables.links import Link
from storage.tables.outbox import Waiting
from tests.storage.texts import event


def _put(store: Store, collection: Collection, summary: str, href: str = "a.ics", *, notify: bool = False) -> str:
    text = event(f"{href}@example.org", summary=summary)
    return store.put_entry(collection.id, href, text, origin=Origin.DAV, notify=notify).entry.id


def _delete(store: Store, collection: Collection, href: str = "a.ics") -> None:
    store.delete_entry(collection.id, href, origin=Origin.DAV)


def _link(store: Store, collection: Collection, entry_id: str) -> None:
    """The engine has pushed the entry, and nothing waits any more."""
    with store.db.atomic() as conn:
        links.put(conn, Link(entry_id, collection.n, f"/cal/{entry_id}.ics", "v1", None))
        outbox.drop_entry(conn, collection.n, entry_id)


def _waiting(store: Store, collection: Collection) -> list[Waiting]:
    return outbox.entries(store.db.reader(), collection.n, float("inf"))


def _actions(store: Store, collection: Collection) -> list[tuple[str | None, str, int]]:
    return [(row.entry_id, row.action, row.generation) for row in _waiting(store, collection)]


def _base(store: Store, entry_id: str) -> str | None:
    link = links.of_entry(store.db.reader(), entry_id)
    assert link is not None
    return link.base


def test_a_local_account_never_waits_for_anything(store: Store, home: Collection) -> None:
    _put(store, home, "one")
    _put(store, home, "two")
    _delete(store, home)
    store.update_collection(home.id, name="New", origin=Origin.DAV)
    store.delete_collection(home.id, origin=Origin.DAV)
    assert store.db.reader().execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_several_edits_of_a_new_entry_are_one_creation(store: Store, mirrored: Collection) -> None:
    entry_id = _put(store, mirrored, "one")
    _put(store, mirrored, "two")
    assert _actions(store, mirrored) == [(entry_id, "create", 2)]
    _put(store, mirrored, "two")
    assert _actions(store, mirrored) == [(entry_id, "create", 2)]


def test_a_creation_that_was_never_tried_vanishes_when_deleted(store: Store, mirrored: Collection) -> None:
    _put(store, mirrored, "one")
    _delete(store, mirrored)
    assert _actions(store, mirrored) == []


def test_a_creation_that_was_tried_becomes_a_deletion(store: Store, mirrored: Collection) -> None:
    entry_id = _put(store, mirrored, "one")
    with store.db.atomic() as conn:
        outbox.failed(conn, _waiting(store, mirrored)[0].n, error="time-out", next_try=0)
    _delete(store, mirrored)
    (row,) = _waiting(store, mirrored)
    assert (row.entry_id, row.action) == (entry_id, "delete")
    assert row.detail == {"uid": "a.ics@example.org", "href": "a.ics"}


def test_an_edit_of_a_linked_entry_keeps_the_base_once(store: Store, mirrored: Collection) -> None:
    entry_id = _put(store, mirrored, "agreed")
    _link(store, mirrored, entry_id)
    agreed = store.entry(entry_id).text
    _put(store, mirrored, "two")
    _put(store, mirrored, "three")
    assert _actions(store, mirrored) == [(entry_id, "update", 2)]
    assert _base(store, entry_id) == agreed


def test_a_deletion_keeps_link_and_base_until_it_is_pushed(store: Store, mirrored: Collection) -> None:
    entry_id = _put(store, mirrored, "agreed")
    _link(store, mirrored, entry_id)
    agreed = store.entry(entry_id).text
    _delete(store, mirrored)
    assert _actions(store, mirrored) == [(entry_id, "delete", 1)]
    assert _base(store, entry_id) == agreed


def test_an_edit_and_then_a_deletion_are_one_deletion(store: Store, mirrored: Collection) -> None:
    entry_id = _put(store, mirrored, "agreed")
    _link(store, mirrored, entry_id)
    agreed = store.entry(entry_id).text
    _put(store, mirrored, "edited")
    _delete(store, mirrored)
    assert _actions(store, mirrored) == [(entry_id, "delete", 2)]
    assert _base(store, entry_id) == agreed


def test_a_uid_that_comes_back_before_its_deletion_was_pushed_is_the_same_entry(
    store: Store, mirrored: Collection
) -> None:
    first = _put(store, mirrored, "agreed")
    _link(store, mirrored, first)
    agreed = store.entry(first).text
    _delete(store, mirrored)
    assert _put(store, mirrored, "again") == first
    assert _actions(store, mirrored) == [(first, "update", 2)]
    assert _base(store, first) == agreed


def test_a_uid_that_comes_back_later_is_an_entry_of_its_own(store: Store, mirrored: Collection) -> None:
    first = _put(store, mirrored, "agreed")
    _link(store, mirrored, first)
    _delete(store, mirrored)
    with store.db.atomic() as conn:
        outbox.drop_entry(conn, mirrored.n, first)
        links.drop(conn, first)
    second = _put(store, mirrored, "again")
    assert second != first
    assert _actions(store, mirrored) == [(second, "create", 1)]


def test_notify_sticks_until_the_push(store: Store, mirrored: Collection) -> None:
    _put(store, mirrored, "one", notify=True)
    _put(store, mirrored, "two")
    assert [row.notify for row in _waiting(store, mirrored)] == [True]


def test_a_new_name_alone_concerns_no_upstream(store: Store, mirrored: Collection) -> None:
    entry_id = _put(store, mirrored, "agreed")
    _link(store, mirrored, entry_id)
    store.move_entry(mirrored.id, "a.ics", mirrored.id, "b.ics", origin=Origin.DAV)
    assert _actions(store, mirrored) == []


def test_moving_away_deletes_upstream_under_another_id(store: Store, mirrored: Collection, home: Collection) -> None:
    entry_id = _put(store, mirrored, "agreed")
    _link(store, mirrored, entry_id)
    agreed = store.entry(entry_id).text
    store.move_entry(mirrored.id, "a.ics", home.id, "a.ics", origin=Origin.DAV)
    (row,) = _waiting(store, mirrored)
    assert row.action == "delete"
    assert row.entry_id not in (entry_id, None)
    link = links.of_entry(store.db.reader(), row.entry_id or "")
    assert link == Link(row.entry_id or "", mirrored.n, f"/cal/{entry_id}.ics", "v1", agreed, agreed)
    assert links.of_entry(store.db.reader(), entry_id) is None


def test_moving_between_mirrored_collections_is_a_deletion_and_a_creation(store: Store, mirrored: Collection) -> None:
    other = store.create_collection(
        mirrored.account_id,
        "other",
        name="Other",
        kind=CollectionKind.CALENDAR,
        components=["VEVENT"],
        origin=Origin.DAV,
    )
    unpushed = _put(store, mirrored, "new", "new.ics")
    linked = _put(store, mirrored, "agreed")
    _link(store, mirrored, linked)
    for href in ("new.ics", "a.ics"):
        store.move_entry(mirrored.id, href, other.id, href, origin=Origin.DAV)
    assert [row.action for row in _waiting(store, mirrored)] == ["delete"]
    assert _actions(store, other) == [(unpushed, "create", 1), (linked, "create", 1)]


def test_overwriting_by_a_move_deletes_what_was_there(store: Store, mirrored: Collection, home: Collection) -> None:
    there = _put(store, mirrored, "there", "b.ics")
    _link(store, mirrored, there)
    moved = _put(store, home, "moved")
    store.move_entry(home.id, "a.ics", mirrored.id, "b.ics", origin=Origin.DAV, overwrite=True)
    assert _actions(store, mirrored) == [(there, "delete", 1), (moved, "create", 1)]


def _collection_row(store: Store, collection: Collection) -> tuple[str, int] | None:
    row = outbox.get(store.db.reader(), collection.n, None)
    return (row.action, row.generation) if row else None


def _push_collection(store: Store, collection: Collection) -> None:
    """The engine has made the collection upstream."""
    with store.db.atomic() as conn:
        conn.execute("DELETE FROM outbox WHERE collection_n = ?", (collection.n,))
        conn.execute("UPDATE collections SET remote_href = '/cal/work/' WHERE n = ?", (collection.n,))


def test_the_collection_itself_waits_in_one_row(store: Store, mirrored: Collection) -> None:
    assert _collection_row(store, mirrored) == ("create", 1)
    store.update_collection(mirrored.id, name="New", origin=Origin.DAV)
    assert _collection_row(store, mirrored) == ("create", 2)
    _push_collection(store, mirrored)
    store.update_collection(mirrored.id, dead={"{urn:x}y": "<y/>"}, origin=Origin.DAV)
    assert _collection_row(store, mirrored) is None
    store.update_collection(mirrored.id, color="#00ff00", origin=Origin.DAV)
    assert _collection_row(store, mirrored) == ("edit", 1)


def test_how_a_read_only_collection_looks_here_is_not_told_upstream(store: Store, mirrored: Collection) -> None:
    _push_collection(store, mirrored)
    with store.db.atomic() as conn:
        conn.execute("UPDATE collections SET read_only = 1 WHERE n = ?", (mirrored.n,))
    assert store.update_collection(mirrored.id, color="#00ff00", origin=Origin.DAV).color == "#00ff00"
    assert _collection_row(store, mirrored) is None


def test_a_deleted_collection_leaves_its_name_for_the_upstream_and_nothing_else(
    store: Store, mirrored: Collection
) -> None:
    _push_collection(store, mirrored)
    entry_id = _put(store, mirrored, "agreed")
    _link(store, mirrored, entry_id)
    _put(store, mirrored, "edited")
    _put(store, mirrored, "new", "b.ics")
    store.delete_collection(mirrored.id, origin=Origin.DAV)
    row = outbox.get(store.db.reader(), mirrored.n, None)
    assert row is not None
    assert (row.action, row.detail["href"], row.detail["slug"]) == ("delete", "/cal/work/", "work")
    assert _waiting(store, mirrored) == []
    assert links.count(store.db.reader(), mirrored.n) == 0


def test_a_collection_that_no_upstream_ever_saw_leaves_nothing(store: Store, mirrored: Collection) -> None:
    _put(store, mirrored, "new")
    store.delete_collection(mirrored.id, origin=Origin.DAV)
    assert store.db.reader().execute("SELECT count(*) FROM outbox").fetchone() == (0,)
