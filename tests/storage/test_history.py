"""What became of an entry: its steps, moves among them, and how it stood at any time."""

from collections.abc import Callable
from functools import partial

import pytest

from storage import clock
from storage.errors import BeyondHistory, NotFound, ReadOnly, StoreError
from storage.model import Collection, Origin
from storage.past import Past
from storage.store import Store
from storage.sync import undo
from storage.sync.undo import Choice
from storage.tables import journal
from storage.versions import Version
from tests.storage.texts import event, todo
from tests.storage.texts import journal as journal_text

DAY = 86_400
START = 4_000_000_000.0  # later than the fixtures are made


def moment(day: float) -> str:
    """Noon of a day, if changes are made when it begins."""
    return clock.iso(START + day * DAY)


@pytest.fixture
def lived(store: Store, home: Collection, mirrored: Collection) -> str:
    """An entry that was made on day 0, edited, moved, edited and deleted on the next ones; its id."""
    put, dav = store.put_entry, Origin.DAV
    acts: list[Callable[[], object]] = [
        partial(put, home.id, "a", event("a", summary="one"), origin=dav, actor="phone"),
        partial(put, home.id, "a", event("a", summary="two"), origin=Origin.API),
        partial(store.move_entry, home.id, "a", mirrored.id, "b", origin=dav),
        partial(put, mirrored.id, "b", event("a", summary="three"), origin=dav),
        partial(store.delete_entry, mirrored.id, "b", origin=dav),
    ]
    for day, act in enumerate(acts):
        with clock.use(partial(float, START + day * DAY)):
            act()
    return store.changes()[-1].entry


def summary(version: Version | None) -> str:
    return version.text.partition("SUMMARY:")[2].partition("\r")[0] if version else ""


def test_the_steps_of_an_entry_say_what_was_before_and_after(store: Store, lived: str) -> None:
    steps = store.steps(lived)
    assert [step.action for step in steps] == ["add", "update", "move", "update", "delete"]
    assert [(step.change.origin, step.change.actor) for step in steps[:2]] == [("dav", "phone"), ("api", "")]
    assert [summary(step.after) for step in steps] == ["one", "two", "two", "three", ""]
    assert [step.after.href for step in steps if step.after] == ["a", "a", "b", "b"]
    assert steps[0].before is None
    assert [step.before for step in steps[1:]] == [step.after for step in steps[:-1]]


def test_an_entry_is_shown_as_it_stood_at_any_time(store: Store, lived: str) -> None:
    shown = [summary(store.version(lived, moment(day + 0.5))) for day in range(4)]
    assert shown == ["one", "two", "two", "three"]
    assert summary(store.version(lived, moment(1))) == "two"
    for when in (moment(-1), moment(4.5), None):
        with pytest.raises(NotFound):
            store.version(lived, when)


def test_an_entry_is_found_by_its_id_its_uid_or_a_change(store: Store, home: Collection, mirrored: Collection) -> None:
    entry = store.put_entry(home.id, "a", event("a"), origin=Origin.DAV).entry
    assert [store.entry_id(word) for word in (entry.id, "a", str(entry.seq))] == [entry.id] * 3
    store.put_entry(mirrored.id, "a", event("a"), origin=Origin.DAV)
    with pytest.raises(NotFound, match="several"):
        store.entry_id("a")
    store.delete_entry(home.id, "a", origin=Origin.DAV)
    assert store.entry_id(entry.id) == entry.id
    for nothing in ("nobody", "1", "99999", "9" * 30):
        with pytest.raises(NotFound):
            store.entry_id(nothing)


def test_the_history_ends_where_it_was_compacted(store: Store, lived: str, mirrored: Collection) -> None:
    with clock.use(partial(float, START + 92.5 * DAY)):
        assert store.compact(moment(92.5)) > 0
    with pytest.raises(BeyondHistory):
        store.version(lived, moment(0.5))
    assert summary(store.version(lived, moment(2.5))) == "two"
    assert [step.action for step in store.steps(lived)] == ["update", "delete"]
    with pytest.raises(NotFound):
        store.change(1)


def test_a_collections_removal_is_one_act_with_its_entries(store: Store, home: Collection) -> None:
    for href in ("a", "b"):
        store.put_entry(home.id, href, event(href), origin=Origin.DAV)
    before = store.head()
    store.delete_collection(home.id, origin=Origin.DAV)
    gone = store.changes(before)
    assert [change.run for change in gone] == [before + 1] * 3
    assert store.changes(limit=1)[0].run is None


def test_no_look_up_of_one_entry_walks_through_the_journal(
    store: Store, home: Collection, mirrored: Collection
) -> None:
    """SEARCH by an index, never SCAN."""
    asked: list[str] = []
    conn = store.db.reader()
    entry = store.put_entry(home.id, "a", event("a"), origin=Origin.DAV).entry
    store.put_entry(home.id, "a", event("a", summary="x"), origin=Origin.DAV)
    store.delete_collection(mirrored.id, origin=Origin.DAV)
    run = store.head()
    conn.set_trace_callback(asked.append)
    store.entry_id(entry.id)
    store.steps(entry.id)
    store.version(entry.id, moment(0))
    undo.plan(store, Choice(change=store.head()))
    undo.plan(store, Choice(run=run))
    past = Past(store, entry.seq)
    past.collection_at("alice", "home")
    past.entry_at(home.id, "a")
    conn.set_trace_callback(None)
    statements = [said for said in asked if said.lstrip().upper().startswith("SELECT")]
    assert len(statements) > 5
    plans = [row[3] for said in statements for row in conn.execute(f"EXPLAIN QUERY PLAN {said}").fetchall()]
    scans = [plan for plan in plans if plan.startswith(("SCAN journal", "SCAN revisions"))]
    assert scans == []


def test_a_moment_is_found_by_halving(store: Store, home: Collection) -> None:
    for day in range(9):
        with clock.use(partial(float, START + day * DAY)):
            store.put_entry(home.id, f"{day}", event(f"{day}"), origin=Origin.DAV)
    conn = store.db.reader()
    changes = store.changes()
    for change in changes[-9:]:
        assert journal.through(conn, change.at) == change.seq
        assert journal.through(conn, change.at[:-2] + "9Z") == change.seq
    assert journal.through(conn, "9999") == store.head()


def test_the_past_cannot_be_written_or_asked_for_what_it_does_not_know(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "a", event("a"), origin=Origin.DAV)
    past, head = Past(store, store.head()), store.head()
    place = past.collection_at("alice", "home")
    for act in (
        partial(past.put_entry, place.id, "b", event("b"), origin=Origin.DAV),
        partial(past.delete_entry, place.id, "a", origin=Origin.DAV),
        partial(past.delete_collection, place.id, origin=Origin.DAV),
        partial(past.compact, clock.iso()),
    ):
        with pytest.raises(ReadOnly):
            act()
    for ask in (
        partial(past.delta, place.id, None),
        partial(past.home_delta, "alice", None),
        partial(past.occurrences, [place.n], 0, 1),
        partial(past.search, "standup"),
    ):
        with pytest.raises(StoreError):
            ask()
    assert store.head() == head


@pytest.mark.parametrize("text", [event(), todo(), journal_text(), event(more="X-A:1\r\n BEGIN:VTODO\r\n")])
def test_a_past_entry_is_of_the_kind_that_it_was(store: Store, home: Collection, text: str) -> None:
    entry = store.put_entry(home.id, "a", text, origin=Origin.DAV).entry
    store.delete_entry(home.id, "a", origin=Origin.DAV)
    past = Past(store, entry.seq)
    place = past.collection_at("alice", "home")
    then = past.entry_at(place.id, "a")
    assert then == entry._replace(n=0)
    assert [each.href for each in past.listing(place.id)] == ["a"]
