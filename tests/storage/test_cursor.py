"""Cursors: deltas page by page, positions that are too old or foreign, compaction."""

import pytest

from storage import clock
from storage.errors import CursorExpired, NotFound
from storage.model import Action, Collection, Origin
from storage.store import Store
from storage.tables import revisions
from tests.storage.texts import event

DAY = 86_400
START = 1780000000


def _put(store: Store, collection: Collection, href: str, summary: str = "x") -> None:
    store.put_entry(collection.id, href, event(href, summary=summary), origin=Origin.DAV)


def _delete(store: Store, collection: Collection, href: str) -> None:
    store.delete_entry(collection.id, href, origin=Origin.DAV)


def test_a_delta_names_each_href_once_as_it_is_now(store: Store, home: Collection) -> None:
    for href in ("a", "b", "c"):
        _put(store, home, href)
    since = store.collection(home.id).seq
    _put(store, home, "a", "changed")
    _put(store, home, "a", "changed again")
    _delete(store, home, "b")
    _put(store, home, "new")
    _delete(store, home, "new")
    _delete(store, home, "c")
    _put(store, home, "c", "came back")
    delta = store.delta(home.id, since)
    assert {listed.href for listed in delta.changed} == {"a", "c"}
    assert sorted(delta.gone) == ["b", "new"]
    assert (delta.seq, delta.truncated) == (store.head(), False)
    now = {listed.href: listed for listed in store.listing(home.id)}
    assert all(listed == now[listed.href] for listed in delta.changed)
    nothing = store.delta(home.id, delta.seq)
    assert (nothing.changed, nothing.gone, nothing.seq) == ([], [], delta.seq)


def test_the_first_delta_is_everything(store: Store, home: Collection) -> None:
    _put(store, home, "a")
    _put(store, home, "b")
    _delete(store, home, "a")
    delta = store.delta(home.id, None)
    assert ([listed.href for listed in delta.changed], delta.gone) == (["b"], [])
    with pytest.raises(NotFound):
        store.delta("nothing", None)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("initial", [True, False])
def test_pages_add_up_even_when_the_collection_changes_meanwhile(
    store: Store, home: Collection, limit: int, initial: bool
) -> None:
    since = None if initial else store.collection(home.id).seq
    for number in range(7):
        _put(store, home, f"{number}")
    _put(store, home, "0", "changed")
    _delete(store, home, "1")
    copy: dict[str, str] = {}
    for step in range(40):
        delta = store.delta(home.id, since, limit=limit)
        assert len(delta.changed) + len(delta.gone) <= limit
        copy.update({listed.href: listed.hash for listed in delta.changed})
        for href in delta.gone:
            copy.pop(href, None)
        since = delta.seq
        if step == 1:
            _put(store, home, "5", "meanwhile")
            _delete(store, home, "6")
        if not delta.truncated and step > 1:
            break
    assert copy == {listed.href: listed.hash for listed in store.listing(home.id)}


def test_a_position_that_has_not_happened_is_foreign(store: Store, home: Collection) -> None:
    _put(store, home, "a")
    for position in (store.head() + 1, -1):
        with pytest.raises(CursorExpired):
            store.delta(home.id, position)
        with pytest.raises(CursorExpired):
            store.changes(position)


def test_changes_by_account_and_in_pages(store: Store, home: Collection, mirrored: Collection) -> None:
    _put(store, home, "a")
    _put(store, mirrored, "b")
    _put(store, home, "c")
    assert [change.href for change in store.changes(account=home.account_id)] == ["", "a", "c"]
    assert [change.seq for change in store.changes(2, limit=2)] == [3, 4]
    assert [change.seq for change in store.changes(0)] == [1, 2, 3, 4, 5]
    assert store.changes(store.head()) == []


def test_compaction_keeps_cursors_honest(store: Store, home: Collection, mirrored: Collection) -> None:
    begun = now = clock.timestamp() + 1

    def at() -> float:
        return now

    with clock.use(at):
        _put(store, home, "old", "one")
        _put(store, home, "old", "two")
        quiet, old = store.collection(home.id).seq, store.head()
        now = begun + 50 * DAY
        _put(store, mirrored, "new")
        middle = store.head()
        now = begun + 100 * DAY
        _put(store, mirrored, "newest")
        assert store.compact(clock.iso(begun + 10 * DAY)) > 0
        assert store.oldest() >= old - 2
        assert store.compact(clock.iso(now + DAY)) == 0
        dropped_through = store.oldest()
    assert dropped_through < middle
    assert [change.href for change in store.changes(dropped_through)] == ["new", "newest"]
    assert store.changes() == store.changes(dropped_through)
    with pytest.raises(CursorExpired, match="reaches back"):
        store.changes(dropped_through - 1)
    assert store.delta(home.id, quiet).changed == []
    with pytest.raises(CursorExpired):
        store.delta(home.id, quiet - 1)
    assert [listed.href for listed in store.delta(home.id, None).changed] == ["old"]
    assert revisions.of_entry(store.db.reader(), store.entry_at(home.id, "old").id) == []


def test_compacting_everything_does_not_start_the_numbers_again(store: Store, home: Collection) -> None:
    with clock.use(lambda: START):
        _put(store, home, "a")
    head = store.head()
    with clock.use(lambda: START + 200 * DAY):
        with store.db.atomic() as conn:
            conn.execute("UPDATE journal SET at = ?", (clock.iso(START),))
        assert store.compact(clock.iso(START + 199 * DAY)) == head
    assert (store.changes(), store.oldest(), store.head()) == ([], head, head)
    _put(store, home, "a", "changed")
    (change,) = store.changes(head)
    assert (change.seq, change.action) == (head + 1, Action.UPDATE)


def test_a_clock_that_went_back_does_not_tear_a_hole(store: Store, home: Collection) -> None:
    for at in (START + 150 * DAY, START, START + 160 * DAY):
        with clock.use(iter([at] * 20).__next__):
            _put(store, home, f"{at}")
    with clock.use(lambda: START + 200 * DAY):
        store.compact(clock.iso(START + 10 * DAY))
    seqs = [change.seq for change in store.changes()]
    assert seqs == list(range(store.oldest() + 1, store.head() + 1))
