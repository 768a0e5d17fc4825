"""How long the past is kept: by age, by size, never for less than ninety days; and what stays whole when it goes."""

from datetime import datetime
from functools import partial
from hashlib import sha256
from math import inf

import pytest

from storage import clock, cursor, retention
from storage.errors import BeyondHistory, CursorExpired
from storage.model import Collection, Origin
from storage.store import Store
from storage.sync import undo
from storage.sync.undo import Choice
from storage.tables import conflicts, journal, links, outbox, revisions
from storage.tables.links import Link
from storage.verify import verify
from tests.storage.texts import event

DAY = 86_400
START = 4_000_000_000.0  # later than the fixtures are made


def on_day(store: Store, day: int, collection: Collection, href: str, summary: str) -> None:
    with clock.use(partial(float, START + day * DAY)):
        store.put_entry(collection.id, href, event(href, summary=summary), origin=Origin.DAV)


@pytest.fixture
def aged(store: Store, home: Collection) -> Store:
    """An entry that was changed every ten days, the last time on day 200, by a text that does not compress away."""
    for day in range(0, 201, 10):
        on_day(
            store, day, home, "a", f"day {day} {''.join(sha256(f'{day} {n}'.encode()).hexdigest() for n in range(20))}"
        )
    return store


def first_day(store: Store) -> float:
    return (datetime.fromisoformat(store.changes()[0].at).timestamp() - START) / DAY


@pytest.mark.parametrize(("days", "kept"), [(90, 110), (120, 80), (36_500, None)])
def test_by_age(aged: Store, days: int, kept: int | None) -> None:
    before = len(aged.changes())
    with clock.use(partial(float, START + 200 * DAY)):
        aged.compact(clock.iso(START + (200 - days) * DAY))
    assert (first_day(aged) == kept) if kept else (len(aged.changes()) == before)


def test_by_size_but_never_less_than_ninety_days(aged: Store) -> None:
    whole = aged.past()
    with clock.use(partial(float, START + 200 * DAY)):
        early = clock.iso(START - 100 * DAY)
        aged.compact(early)
        assert aged.compact(early, octets=whole.octets + 1) == 0
        assert aged.compact(early, octets=1) > 0
    assert first_day(aged) == 110
    assert aged.past().octets > 1


def test_by_size_only_as_far_as_it_has_to(aged: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 1)
    whole = aged.past()
    with clock.use(partial(float, START + 200 * DAY)):
        aged.compact(clock.iso(START - 100 * DAY), octets=whole.octets - 10)
    left = aged.past()
    assert whole.octets - 10 >= left.octets > whole.octets / 2
    assert left.changes == len(aged.changes())


def test_the_size_that_is_told_is_the_size_that_is_there(aged: Store, home: Collection) -> None:
    def true_size() -> int:
        conn = aged.db.reader()
        return sum(len(body) + len(more) for body, more in conn.execute("SELECT body, rendered FROM revisions"))

    assert aged.past().octets == true_size() > 0
    with clock.use(partial(float, START + 150 * DAY)):
        aged.compact(clock.iso())
        assert aged.past().octets == true_size()
        on_day(aged, 201, home, "a", "another")
        assert aged.past().octets == true_size()
        aged.compact(clock.iso())
        assert aged.past().octets == true_size()
    assert aged.past().oldest == clock.iso(START + 50 * DAY)
    assert aged.past().changes == len(aged.changes())


def test_a_step_at_a_time_comes_to_the_same(aged: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    with clock.use(partial(float, START + 200 * DAY)):
        dropped = aged.compact(clock.iso())
        assert dropped == aged.oldest()
        assert aged.compact(clock.iso()) == 0
    assert first_day(aged) == 110
    assert verify(aged, None).problems == []


def test_what_is_older_is_refused_by_name_and_the_rest_is_whole(aged: Store, home: Collection) -> None:
    entry = aged.entry_at(home.id, "a")
    with clock.use(partial(float, START + 200 * DAY)):
        aged.compact(clock.iso())
    through = aged.oldest()
    with pytest.raises(CursorExpired):
        aged.changes(through - 1)
    for choice in (Choice(since=through - 1), Choice(change=through)):
        with pytest.raises(BeyondHistory):
            undo.plan(aged, choice)
    with pytest.raises(BeyondHistory):
        aged.version(entry.id, clock.iso(START + 50 * DAY))
    assert "day 100" in aged.version(entry.id, clock.iso(START + 105 * DAY)).text
    (item,) = undo.plan(aged, Choice(since=through)).entries
    assert item.then is not None
    assert "day 100" in item.then.text


def test_what_waits_is_left_whole(store: Store, mirrored: Collection) -> None:
    """Neither the outbox, nor a link, nor the inbox needs a change or a revision to mean what it means."""
    on_day(store, 0, mirrored, "a", "agreed")
    entry = store.entry_at(mirrored.id, "a")
    conn = store.db.reader()
    with store.db.atomic():
        outbox.drop_entry(conn, mirrored.n, entry.id)
        links.put(conn, Link(entry.id, mirrored.n, "/up/a", "v1", None))
        conflicts.add(
            conn,
            at=clock.iso(),
            account_id=mirrored.account_id,
            collection_n=mirrored.n,
            collection_id=mirrored.id,
            entry_id=entry.id,
            uid="a",
            cause="edit",
            reason="",
            base=None,
            ours=entry.text,
            theirs=entry.text,
        )
    on_day(store, 1, mirrored, "a", "edited")
    before = (outbox.entries(conn, mirrored.n, inf), links.of_entry(conn, entry.id), store.conflicts())
    with clock.use(partial(float, START + 200 * DAY)):
        assert store.compact(clock.iso()) > 0
    assert revisions.of_entry(conn, entry.id) == []
    assert (outbox.entries(conn, mirrored.n, inf), links.of_entry(conn, entry.id), store.conflicts()) == before
    assert before[1] is not None
    assert "agreed" in (before[1].base or "")


def test_numbers_that_were_left_out_are_no_change(aged: Store, home: Collection) -> None:
    """A mirror that was restored from a backup goes on with higher numbers."""
    last = aged.changes()[-1]
    with aged.db.atomic() as conn:
        cursor.skip(conn)
    on_day(aged, 210, home, "b", "after")
    newest = aged.changes()[-1]
    assert newest.seq > last.seq + 1
    for change in aged.changes()[2:]:
        assert journal.through(aged.db.reader(), change.at) == change.seq
    assert aged.past().changes == len(aged.changes())
    with clock.use(partial(float, START + 400 * DAY)):
        aged.compact(clock.iso())
    assert (aged.changes(), aged.oldest()) == ([], newest.seq)
