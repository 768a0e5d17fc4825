"""What was decided about components is forgotten when their entries change, and never told of another state."""

from storage.model import Collection, Origin
from storage.store import Store
from storage.verdicts import MOST_CHANGES, MOST_MINDS, Verdicts
from tests.storage.texts import event


def _put(store: Store, place: Collection, name: str, summary: str = "Standup") -> int:
    return store.put_entry(place.id, name, event(name, summary=summary), origin=Origin.DAV).entry.n


def test_what_changes_is_forgotten_and_nothing_else(store: Store, home: Collection) -> None:
    verdicts = Verdicts[str]()
    one, other = _put(store, home, "one"), _put(store, home, "other")
    keys = [(one, 0), (other, 0)]
    conn = store.db.reader()
    assert verdicts.of(conn, "mind", keys) == {}
    verdicts.put(conn, "mind", {(one, 0): "a", (other, 0): "b"})
    assert verdicts.of(conn, "mind", keys) == {(one, 0): "a", (other, 0): "b"}
    assert verdicts.of(conn, "another", keys) == {}
    _put(store, home, "one", "Changed")
    assert verdicts.of(conn, "mind", keys) == {(other, 0): "b"}
    store.delete_entry(home.id, "other", origin=Origin.DAV)
    assert _put(store, home, "new") not in {n for n, _ in verdicts.of(conn, "mind", [(n, 0) for n in range(99)])}


def test_an_older_state_is_told_nothing_and_tells_nothing(store: Store, home: Collection) -> None:
    verdicts = Verdicts[str]()
    key = (_put(store, home, "one"), 0)
    with Store.open(store.folder).db.snapshot() as older:
        assert verdicts.of(older, "mind", [key]) == {}
        verdicts.put(older, "mind", {key: "before"})
        assert verdicts.of(older, "mind", [key]) == {key: "before"}
        _put(store, home, "one", "Changed")
        assert verdicts.of(store.db.reader(), "mind", [key]) == {}
        verdicts.put(older, "mind", {key: "before"})
        assert verdicts.of(older, "mind", [key]) == verdicts.of(store.db.reader(), "mind", [key]) == {}


def test_no_more_is_kept_than_a_few_minds(store: Store, home: Collection) -> None:
    verdicts, key = Verdicts[str](), (_put(store, home, "one"), 0)
    conn = store.db.reader()
    for mind in range(MOST_MINDS + 1):
        verdicts.put(conn, mind, {key: "a"})
    assert [mind for mind in range(MOST_MINDS + 1) if not verdicts.of(conn, mind, [key])] == [0]


def test_after_very_many_changes_everything_is_forgotten(store: Store, home: Collection) -> None:
    verdicts, key = Verdicts[str](), (_put(store, home, "one"), 0)
    conn = store.db.reader()
    verdicts.put(conn, "mind", {key: "a"})
    with store.db.atomic():
        for n in range(MOST_CHANGES + 1):
            _put(store, home, f"other{n}")
    assert verdicts.of(conn, "mind", [key]) == {}
