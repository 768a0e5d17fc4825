"""What one act does to one thing in several steps is told once, wherever somebody reads in between."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.activity import Activity, Page, Position, position
from storage.model import Collection, CollectionKind, Origin, Subscription
from storage.store import Store
from storage.tables import journal
from tests.storage.test_activity import SECOND, fresh, override, read, series, told
from tests.storage.texts import event


@contextmanager
def act(store: Store, run: int | None = None) -> Iterator[list[int]]:
    """What is written inside belongs to one act, a new one or this one; its number is in the list at the end."""
    number: list[int] = []
    with store.db.atomic() as conn:
        begun = journal.head(conn)
        yield number
        number += [made for made in [journal.mark(conn, begun, run)] if made is not None]


@pytest.fixture
def follower(store: Store, home: Collection) -> Subscription:
    return store.subscribe(home.account_id)


def put(store: Store, home: Collection, name: str, summary: str, origin: Origin = Origin.UPSTREAM) -> None:
    store.put_entry(home.id, name, event(name, summary=summary), origin=origin)


def names(page: Page) -> list[str]:
    return [each.state.records[0].summary for each in page.activities if each.state]


def test_what_one_act_changes_twice_is_told_once(store: Store, home: Collection, follower: Subscription) -> None:
    put(store, home, "old", "before")
    put(store, home, "goes", "before")
    begun = store.head()
    with act(store):
        put(store, home, "new", "one")
        put(store, home, "old", "one")
        put(store, home, "new", "two")
        put(store, home, "old", "two")
        put(store, home, "goes", "one")
        store.delete_entry(home.id, "goes", origin=Origin.UPSTREAM)
    page = read(store, follower, Position(begun))
    assert told(page) == [("add", ""), ("update", ""), ("delete", "")]
    assert names(page) == ["two", "two", "before"]
    assert [each.position.seq - begun for each in page.activities] == [3, 4, 6], "in the place of the last change"


def test_what_came_and_went_or_is_again_what_it_was_is_not_told(
    store: Store, home: Collection, follower: Subscription
) -> None:
    put(store, home, "same", "before")
    begun = store.head()
    with act(store):
        put(store, home, "short", "one")
        put(store, home, "same", "one")
        store.delete_entry(home.id, "short", origin=Origin.UPSTREAM)
        put(store, home, "same", "before")
    page = read(store, follower, Position(begun))
    assert (page.activities, page.position, page.more) == ([], Position(store.head()), False)


def test_two_acts_and_what_stands_alone_are_told_apart(store: Store, home: Collection, follower: Subscription) -> None:
    for summary in ("one", "two"):
        with act(store):
            put(store, home, "a", summary)
    put(store, home, "a", "three", Origin.DAV)
    put(store, home, "a", "four", Origin.DAV)
    assert told(read(store, follower)) == [("add", "")] + [("update", "")] * 3


def test_what_somebody_else_changed_in_between_is_told_in_its_place(
    store: Store, home: Collection, follower: Subscription
) -> None:
    with act(store) as run:
        put(store, home, "a", "one")
        put(store, home, "a", "two")
    put(store, home, "a", "mine", Origin.API)
    with act(store, run[0]):
        put(store, home, "a", "three")
    page = read(store, follower)
    assert told(page) == [("add", ""), ("update", ""), ("update", "")]
    assert names(page) == ["two", "mine", "three"]


def test_instances_of_a_series_are_told_of_once_each(store: Store, home: Collection, follower: Subscription) -> None:
    store.put_entry(home.id, "a", series(), origin=Origin.UPSTREAM)
    begun = store.head()
    with act(store):
        store.put_entry(home.id, "a", series(override()), origin=Origin.UPSTREAM)
        store.put_entry(
            home.id, "a", series(override(summary="x"), override("20261123T100000Z")), origin=Origin.UPSTREAM
        )
    page = read(store, follower, Position(begun))
    assert told(page) == [("update", SECOND), ("update", "20261123T100000Z")]
    assert len({each.position.name for each in page.activities}) == 2


def test_a_calendar_is_told_of_once(store: Store, home: Collection, follower: Subscription) -> None:
    with act(store):
        made = store.create_collection(
            home.account_id, "team", name="a", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.CLI
        )
        store.update_collection(made.id, name="b", origin=Origin.CLI)
    page = read(store, follower)
    assert [(each.action.value, each.calendar and each.calendar.name) for each in page.activities] == [("add", "b")]


def test_a_page_may_end_between_what_is_told_together(store: Store, home: Collection, follower: Subscription) -> None:
    with act(store) as run:
        for name, summary in [("a", "one"), ("b", "one"), ("c", "one"), ("a", "two"), ("c", "two")]:
            put(store, home, name, summary)
    whole = read(store, follower)
    assert names(whole) == ["one", "two", "two"]
    first = read(store, follower, None, 1)
    assert first.activities == whole.activities[:1]
    assert position(first.position.token) == first.position
    with act(store, run[0]):
        put(store, home, "a", "three")
    rest = read(store, follower, first.position)
    assert told(rest) == [("add", ""), ("add", ""), ("update", "")], "as it was when reading began, and then the new"
    assert names(rest) == ["two", "two", "three"]
    assert told(read(store, follower)) == [("add", "")] * 3, "whoever begins now knows nothing of it"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["one", "two", "delete"]), st.sampled_from([0, 0, 1, 2])),
        st.tuples(st.just("read"), st.integers(1, 3)),
    ),
    max_size=16,
)


@settings(max_examples=60)
@given(STEPS)
def test_nothing_is_missed_or_told_twice_whenever_somebody_reads(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int] | tuple[str, int]]
) -> None:
    with fresh(tmp_path_factory) as (store, home):
        follower = store.subscribe(home.account_id)
        runs: dict[int, int] = {}
        known: dict[str, str] = {}
        place: Position | None = None
        for step in [*steps, *[("read", 2)] * 20]:
            if len(step) == 2:
                page = read(store, follower, place, step[1])
                assert read(store, follower, place, step[1]) == page, "nothing is consumed"
                for each in page.activities:
                    follow(known, each)
                place = position(page.position.token)
            else:
                do(store, home, runs, *step)
        assert known == {entry.id: store.components(entry.n)[0].summary for entry in store.iter_entries(home.id)}


def do(store: Store, home: Collection, runs: dict[int, int], name: str, what: str, number: int) -> None:
    """Write or delete an entry, by itself (0) or in one of two acts."""
    if what == "delete" and name not in store.entries(home.id, [name]):
        return
    with act(store, runs.get(number)) if number else store.db.atomic() as made:
        if what == "delete":
            store.delete_entry(home.id, name, origin=Origin.UPSTREAM)
        else:
            put(store, home, name, what)
    if number and isinstance(made, list) and made:
        runs[number] = made[0]


def follow(known: dict[str, str], activity: Activity) -> None:
    """What somebody knows who hears of one more activity, who never hears of what cannot be."""
    assert activity.state is not None
    assert (activity.entry in known) is (activity.action.value != "add")
    if activity.action == "delete":
        del known[activity.entry]
    else:
        known[activity.entry] = activity.state.records[0].summary
