"""Activity: every change of events and calendars exactly once and in order, told without reading any text again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import clock, schema
from storage.activity import Activity, Page, Position, position
from storage.errors import CursorExpired, InvalidData
from storage.ical import lines
from storage.model import Account, Collection, CollectionKind, Level, Origin, Subscription
from storage.records import ComponentRecord
from storage.store import Store
from storage.sync import restore, undo
from storage.sync.undo import Choice
from tests.storage.texts import event, todo

DAILY = "RRULE:FREQ=DAILY;COUNT=5\r\n"
SECOND = "20261122T100000Z"


def series(*overrides: str, more: str = "") -> str:
    """Five days of standup, with these further components."""
    master = event(more=DAILY + more)
    return master.replace("END:VCALENDAR\r\n", "".join(overrides) + "END:VCALENDAR\r\n")


def override(key: str = SECOND, summary: str = "Later") -> str:
    text = event(summary=summary, more=f"RECURRENCE-ID:{key}\r\n")
    return text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")]


@pytest.fixture
def follower(store: Store, home: Collection) -> Subscription:
    return store.subscribe(home.account_id)


def told(page: Page) -> list[tuple[str, str]]:
    """What is told of: actions, and the keys of instances."""
    return [(each.action.value, each.key) for each in page.activities]


def read(store: Store, follower: Subscription, place: Position | None = None, limit: int = 100) -> Page:
    return store.activity(follower, place, limit)


def summaries(activity: Activity) -> list[str]:
    return [each.summary for each in activity.state.records] if activity.state else []


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, nothing may read iCalendar."""

    def refuse(*_arguments: object) -> None:
        raise AssertionError("somebody reads iCalendar")

    def forbid() -> None:
        for name in ("storage.content.read", "storage.ical.read.parse", "storage.ical.lines.parse"):
            monkeypatch.setattr(name, refuse)
        with pytest.raises(AssertionError, match="reads iCalendar"):
            lines.parse("")

    return forbid


def test_an_event_is_told_of_when_it_comes_changes_and_goes(
    store: Store, home: Collection, follower: Subscription, no_parser: Callable[[], None]
) -> None:
    assert read(store, follower).activities == []
    entry = store.put_entry(home.id, "a", event(summary="one"), origin=Origin.API).entry
    store.put_entry(home.id, "a", event(summary="two"), origin=Origin.DAV)
    store.delete_entry(home.id, "a", origin=Origin.DAV)
    no_parser()
    page = read(store, follower)
    assert told(page) == [("add", ""), ("update", ""), ("delete", "")]
    assert {each.entry for each in page.activities} == {entry.id}
    assert {each.collection for each in page.activities} == {home.id}
    assert [summaries(each) for each in page.activities] == [["one"], ["two"], ["two"]], "after the change, or the last"
    assert next(each.state.entry.hash for each in page.activities if each.state) == entry.hash
    assert {each.state.entry.created for each in page.activities if each.state} == {entry.created}
    assert {each.state.entry.uid for each in page.activities if each.state} == {entry.uid}
    assert (page.more, page.total) == (False, 3)
    assert read(store, follower, page.position).activities == []
    assert read(store, follower) == page, "nothing is consumed by reading"


def test_one_instance_is_told_of_by_itself(
    store: Store, home: Collection, follower: Subscription, no_parser: Callable[[], None]
) -> None:
    for text in (
        series(),
        series(override()),
        series(override(summary="Much later")),
        series(more=f"EXDATE:{SECOND}\r\n"),
        series(more=f"EXDATE:{SECOND},20261123T100000Z\r\n"),
    ):
        store.put_entry(home.id, "a", text, origin=Origin.DAV)
    store.delete_entry(home.id, "a", origin=Origin.DAV)
    no_parser()
    page = read(store, follower)
    assert told(page) == [
        ("add", ""),
        ("update", SECOND),
        ("update", SECOND),
        ("delete", SECOND),
        ("delete", "20261123T100000Z"),
        ("delete", ""),
    ]
    gone = page.activities[3].state
    assert gone is not None
    assert [each.summary for each in gone.records] == ["Standup", "Much later"], "the last known state"


def test_a_page_may_end_inside_a_change(store: Store, home: Collection, follower: Subscription) -> None:
    store.put_entry(home.id, "a", series(), origin=Origin.DAV)
    store.put_entry(home.id, "a", series(override(), override("20261123T100000Z")), origin=Origin.DAV)
    store.put_entry(home.id, "b", event("b"), origin=Origin.DAV)
    whole = read(store, follower)
    assert told(whole) == [("add", ""), ("update", SECOND), ("update", "20261123T100000Z"), ("add", "")]
    place, found = None, []
    for _ in whole.activities:
        page = read(store, follower, place, 1)
        assert page.more == (page.activities != whole.activities[-1:])
        assert page.total >= 1
        found += page.activities
        place = page.position
        assert place == page.activities[-1].position
    assert found == whole.activities
    assert len({each.position for each in found}) == len(found)
    assert read(store, follower, place, 1).activities == []


def test_whoever_changed_it_and_whatever_else_changed(store: Store, home: Collection, mirrored: Collection) -> None:
    both = [store.subscribe(place.account_id) for place in (home, mirrored)]
    store.put_entry(mirrored.id, "x", event("x"), origin=Origin.DAV)
    store.put_entry(home.id, "task", todo(), origin=Origin.DAV)
    store.put_entry(home.id, "task", todo(summary="Again"), origin=Origin.DAV)
    store.delete_entry(home.id, "task", origin=Origin.DAV)
    for n, origin in enumerate([Origin.UPSTREAM, Origin.VDIR, Origin.API, Origin.WEB]):
        store.put_entry(home.id, f"{n}", event(f"{n}"), origin=origin)
    store.put_entry(home.id, "0", event("0"), origin=Origin.DAV)  # no change
    assert told(read(store, both[0])) == [("add", "")] * 4
    assert told(read(store, both[0], limit=1)) == [("add", "")]
    assert told(read(store, both[1])) == [("add", "")]


def test_what_is_undone_is_told_too(store: Store, home: Collection, follower: Subscription) -> None:
    store.put_entry(home.id, "a", event(summary="one"), origin=Origin.DAV)
    store.delete_entry(home.id, "a", origin=Origin.DAV)
    restore.carry_out(store, undo.plan(store, Choice(change=store.head())))
    page = read(store, follower)
    assert told(page) == [("add", ""), ("delete", ""), ("add", "")]
    assert len({each.entry for each in page.activities}) == 1


def test_what_moves_goes_here_and_comes_there(store: Store, home: Collection, follower: Subscription) -> None:
    other = store.create_collection(
        home.account_id, "other", name="Other", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.CLI
    )
    entry = store.put_entry(home.id, "a", event(summary="one"), origin=Origin.DAV).entry
    store.move_entry(home.id, "a", other.id, "b", origin=Origin.DAV)
    store.put_entry(other.id, "b", event(summary="two"), origin=Origin.DAV)
    page = read(store, follower)
    assert [(each.action.value, each.collection) for each in page.activities] == [
        ("add", other.id),
        ("add", home.id),
        ("delete", home.id),
        ("add", other.id),
        ("update", other.id),
    ]
    assert [summaries(each) for each in page.activities[1:]] == [["one"], ["one"], ["one"], ["two"]]
    assert {each.entry for each in page.activities[1:]} == {entry.id}
    one = store.update_subscription(home.account_id, follower.n, monitored=[other.id])
    assert [each.action.value for each in read(store, one).activities] == ["add", "add", "update"]


def test_calendars_are_told_of_too(store: Store, home: Collection, follower: Subscription) -> None:
    made = store.create_collection(
        home.account_id, "team", name="Team", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.API
    )
    store.create_collection(
        home.account_id, "book", name="Book", kind=CollectionKind.CONTACTS, components=["VCARD"], origin=Origin.API
    )
    store.update_collection(made.id, name="Crew", origin=Origin.DAV)
    store.put_entry(made.id, "a", event(), origin=Origin.DAV)
    store.delete_collection(made.id, origin=Origin.DAV)
    only = store.subscribe(home.account_id, [home.id])
    page = read(store, follower)
    assert [
        (each.action.value, each.entry != "", each.calendar and each.calendar.name) for each in page.activities
    ] == [
        ("add", False, "Team"),
        ("update", False, "Crew"),
        ("add", True, None),
        ("delete", True, None),
        ("delete", False, "Crew"),
    ]
    assert {each.collection for each in page.activities} == {made.id}
    assert read(store, only).activities == []
    assert told(store.activity(store.subscription(home.account_id, None), Position(0), 100))[0] == ("add", "")


def test_reminders_of_others_are_nobodys_business(store: Store, home: Collection, follower: Subscription) -> None:
    store.save_user("bob", None)
    store.put_entry(home.id, "a", event(), origin=Origin.DAV)
    seen = store.share(home.id, "bob", Level.WRITE)
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
    assert store.put_entry(seen.id, "a", event(more=alarm), origin=Origin.DAV).changed
    assert told(read(store, follower)) == [("add", "")]


def test_a_position_that_is_too_old_or_none_at_all(store: Store, home: Collection, follower: Subscription) -> None:
    store.put_entry(home.id, "a", event(), origin=Origin.DAV)
    with pytest.raises(InvalidData, match="future"):
        read(store, follower, Position(store.head() + 1))
    assert read(store, follower, Position(store.head())).activities == []
    with clock.use(lambda: clock_now + 200 * 86_400):
        assert store.compact(clock.iso()) > 0
    with pytest.raises(CursorExpired):
        read(store, follower, Position(0))
    with pytest.raises(CursorExpired):
        read(store, follower, Position(1, 1))
    assert read(store, follower).activities == [], "without a position: what there still is"
    assert store.since_connected() == store.newest_activity()


clock_now = clock.timestamp()


@pytest.mark.parametrize(
    "token", ["", "-1", "0", "7", "bogus", "7-0-000000", "7-0", "٧-0-000000", "07-0-b10bcd", "a b"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidData):
        position(token)


@given(st.builds(Position, st.integers(0, 2**59), st.integers(0, 2**31)))
def test_a_token_means_its_position(place: Position) -> None:
    assert position(place.token) == place
    assert set(place.token) <= set("0123456789abcdef-")


def test_what_changed_before_the_mirror_kept_states_is_told_as_far_as_it_is_known(
    store: Store, home: Collection, follower: Subscription
) -> None:
    entry = store.put_entry(home.id, "a", series(), origin=Origin.DAV).entry
    store.put_entry(home.id, "a", series(override()), origin=Origin.DAV)
    store.delete_entry(home.id, "a", origin=Origin.DAV)
    store.put_entry(home.id, "b", series().replace("one@", "b@"), origin=Origin.DAV)
    store.put_entry(home.id, "b", series(more=f"EXDATE:{SECOND}\r\n").replace("one@", "b@"), origin=Origin.DAV)
    with store.db.atomic() as conn:
        conn.execute("UPDATE revisions SET rendered = NULL, created = '', modified = ''")
    page = read(store, follower)
    assert told(page) == [("add", ""), ("update", ""), ("delete", ""), ("add", ""), ("update", "")]
    assert next(each.state.entry.uid for each in page.activities if each.state) == entry.uid
    assert [summaries(each) for each in page.activities] == [[], [], [], [], ["Standup"]]


def test_older_mirrors_learn_what_is_taken_out_of_their_series(store: Store, home: Collection) -> None:
    n = store.put_entry(home.id, "a", series(more=f"EXDATE:{SECOND}\r\n"), origin=Origin.DAV).entry.n
    store.put_entry(home.id, "b", event("b"), origin=Origin.DAV)
    with store.db.atomic() as conn:
        conn.execute("UPDATE components SET more = ''")
        for column in ("rendered", "created", "modified"):
            conn.execute(f"ALTER TABLE revisions DROP COLUMN {column}")
        for table in ("subscriptions", "webhook_turns", "webhooks", "dead_letters"):
            conn.execute(f"DROP TABLE {table}")
        conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm028_subscriptions'")
    with store.db.atomic() as conn:
        schema.migrate(conn)
    assert [each.excluded for each in store.components(n)] == [(SECOND,)]


STEPS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["solo", "series", "one", "other", "out", "delete"])), max_size=12
)


@settings(max_examples=60)
@given(STEPS, st.integers(1, 4))
def test_whoever_follows_the_activity_ends_with_what_there_is(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]], limit: int
) -> None:
    with fresh(tmp_path_factory) as (store, home):
        follower = store.subscribe(home.account_id)
        for name, step in steps:
            _do(store, home, name, step)
        known: dict[tuple[str, str], object] = {}
        place = None
        while True:
            page = read(store, follower, place, limit)
            if not page.activities:
                break
            for each in page.activities:
                _follow(known, each)
            place = page.position
        expected = {
            (entry.id, record.recurrence_id): without_days(record)
            for entry in store.iter_entries(home.id)
            for record in store.components(entry.n)
        }
        assert {key: record for key, record in known.items() if record is not None} == expected


def without_days(record: ComponentRecord) -> ComponentRecord:
    """A record but for the days that are taken out of the series, which are told of one by one."""
    return record._replace(excluded=(), recurrence=(), series=())


def _follow(known: dict[tuple[str, str], object], activity: Activity) -> None:
    """What somebody knows who hears of one more activity."""
    assert activity.state is not None
    records = {each.recurrence_id: without_days(each) for each in activity.state.records}
    for key in [key for key in known if key[0] == activity.entry and activity.action == "delete"]:
        if activity.key in ("", key[1]):
            del known[key]
    if activity.action != "delete":
        known[activity.entry, activity.key] = records.get(activity.key)
        for key in [key for key in known if key[0] == activity.entry and key[1] and not records[""].recurring]:
            del known[key]


def _do(store: Store, home: Collection, name: str, step: str) -> None:
    texts: dict[str, Callable[[], str]] = {
        "solo": event,
        "series": series,
        "one": lambda: series(override()),
        "other": lambda: series(override(summary="x"), override("20261123T100000Z")),
        "out": lambda: series(override("20261123T100000Z"), more=f"EXDATE:{SECOND}\r\n"),
    }
    if step != "delete":
        store.put_entry(home.id, name, texts[step]().replace("one@", f"{name}@"), origin=Origin.DAV)
    elif name in store.entries(home.id, [name]):
        store.delete_entry(home.id, name, origin=Origin.DAV)


@contextmanager
def fresh(factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Collection]]:
    store = Store.open(factory.mktemp("mirror") / "data", durable=False)
    store.save_user("alice", None)
    account = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
    home = store.create_collection(
        account.id, "home", name="Home", kind=CollectionKind.CALENDAR, components=["VEVENT"], origin=Origin.CLI
    )
    try:
        yield store, home
    finally:
        store.close()
