"""Writing, moving, reading and finding entries: bytes, preconditions, refusals and their order."""

import pytest

from storage import clock, ids
from storage.errors import (
    AlreadyExists,
    InvalidData,
    NotFound,
    PreconditionFailed,
    ReadOnly,
    UidConflict,
    UnsupportedKind,
)
from storage.model import Action, Collection, CollectionKind, Kind, Origin
from storage.store import Store
from storage.tables import revisions
from tests.storage.texts import event, journal, todo

NOVEMBER = 1793491200
"""2026-11-01T00:00:00Z."""

DAY = 86_400


def _seq(store: Store, collection: Collection) -> int:
    return store.collection(collection.id).seq


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
