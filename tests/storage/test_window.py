"""Windows of time: RFC 4791 §9.9 row by row, zones, the horizon, order, and an oracle over random entries."""

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.ical.read import read
from storage.model import Account, Collection, CollectionKind, Kind, Origin
from storage.recurrence.expand import expand
from storage.store import Store
from storage.tables import occurrences
from storage.window import FIRST, LAST, window
from tests.storage.texts import calendar, event, journal, todo

BASE = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86_400


def _at(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%SZ}"


def _matches(store: Store, home: Collection, text: str, start: int | None, end: int | None) -> bool:
    store.put_entry(home.id, "a.ics", text, origin=Origin.DAV)
    return bool(store.in_range(home.n, start, end))


MARKS = [BASE + step * HOUR for step in range(-1, 4)]
WINDOWS = [
    (start, end)
    for start, end in product([None, *MARKS], [*MARKS, None])
    if start is None or end is None or start < end
]
"""Windows that begin and end before, at, between and after the times of an entry from BASE to BASE + 2 h."""

S, E = BASE, BASE + 2 * HOUR


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (event(start=f":{_at(S)}", end=f":{_at(E)}"), lambda a, b: a < E and b > S),
        (event(start=f":{_at(S)}", end="", more="DURATION:PT2H\r\n"), lambda a, b: a < E and b > S),
        (event(start=f":{_at(S)}", end="", more="DURATION:PT0S\r\n"), lambda a, b: a <= S and b > S),
        (event(start=f":{_at(S)}", end=""), lambda a, b: a <= S and b > S),
        (journal(more=f"DTSTART:{_at(S)}\r\n"), lambda a, b: a <= S and b > S),
        (journal(), lambda _a, _b: False),
        (
            todo(more=f"DTSTART:{_at(S)}\r\nDUE:{_at(E)}\r\n"),
            lambda a, b: (a < E or a <= S) and (b > S or b >= E),
        ),
        (todo(more=f"DTSTART:{_at(S)}\r\n"), lambda a, b: a <= S and b > S),
        (todo(more=f"DUE:{_at(E)}\r\n"), lambda a, b: a < E and b >= E),
        (
            todo(more=f"CREATED:{_at(S)}\r\nCOMPLETED:{_at(E)}\r\n"),
            lambda a, b: (a <= S or a <= E) and (b >= S or b >= E),
        ),
        (todo(more=f"COMPLETED:{_at(E)}\r\n"), lambda a, b: a <= E and b >= E),
        (todo(more=f"CREATED:{_at(S)}\r\n"), lambda _a, b: b > S),
        (todo(), lambda _a, _b: True),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else None,
)
def test_each_row_of_the_tables_in_rfc_4791(store: Store, home: Collection, text: str, rule: object) -> None:
    assert callable(rule)
    for start, end in WINDOWS:
        expected = rule(FIRST if start is None else start, LAST if end is None else end)
        assert _matches(store, home, text, start, end) == expected, (start, end)


def test_a_created_task_with_both_ends_closed(store: Store, home: Collection) -> None:
    text = todo(more=f"CREATED:{_at(S)}\r\nCOMPLETED:{_at(E)}\r\n")
    assert _matches(store, home, text, S + HOUR, E - HOUR // 2)


@pytest.mark.parametrize(
    ("zone", "expected"), [("Europe/Berlin", ["allday"]), ("Pacific/Auckland", ["allday", "floating"]), ("UTC", [])]
)
def test_floating_and_whole_days_are_read_in_the_asker_s_zone(
    store: Store, home: Collection, zone: str, expected: list[str]
) -> None:
    store.put_entry(
        home.id, "allday", event("d", start=";VALUE=DATE:20261122", end=";VALUE=DATE:20261123"), origin=Origin.DAV
    )
    store.put_entry(
        home.id, "floating", event("f", start=":20261122T110000", end=":20261122T113000"), origin=Origin.DAV
    )
    late = int(datetime(2026, 11, 21, 22, 15, tzinfo=UTC).timestamp())
    found = store.in_range(home.n, late, late + HOUR, zone=ZoneInfo(zone))
    assert [entry.href for entry in found] == expected
    assert sorted(row.href for row in store.occurrences([home.n], late, late + HOUR, zone=ZoneInfo(zone))) == expected


def test_a_day_with_25_hours_ends_where_the_next_begins(store: Store, home: Collection) -> None:
    zone = ZoneInfo("Europe/Berlin")
    store.put_entry(home.id, "next", event(start=";VALUE=DATE:20261026", end=""), origin=Origin.DAV)
    start = int(datetime(2026, 10, 25, tzinfo=zone).timestamp())
    end = int(datetime(2026, 10, 26, tzinfo=zone).timestamp())
    assert end - start == 25 * HOUR
    assert store.in_range(home.n, start, end, zone=zone) == []
    assert len(store.in_range(home.n, start, end + 1, zone=zone)) == 1


def test_a_window_inside_the_repeated_hour_is_not_empty() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = int(datetime(2026, 10, 25, 0, 50, tzinfo=UTC).timestamp())
    span = window(start, start + 20 * 60, zone)
    assert span.wall_end - span.wall_start == 20 * 60


def test_times_beyond_the_calendar_are_only_compared(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "a", event(start=";VALUE=DATE:20261122", end=""), origin=Origin.DAV)
    assert len(store.in_range(home.n, -(10**15), 10**15, zone=ZoneInfo("Europe/Berlin"))) == 1


def test_kinds_and_texts_can_be_left_out(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "e", event(), origin=Origin.DAV)
    store.put_entry(home.id, "t", todo(), origin=Origin.DAV)
    found = store.in_range(home.n, None, None, kinds={Kind.TODO}, text=False)
    assert [(entry.href, entry.text, entry.size > 0) for entry in found] == [("t", "", True)]


def test_long_events_are_found_in_their_middle(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "long", event(start=";VALUE=DATE:20260101", end=";VALUE=DATE:20270101"), origin=Origin.DAV)
    assert len(store.in_range(home.n, BASE, BASE + HOUR)) == 1
    assert len(store.occurrences([home.n], BASE, BASE + HOUR)) == 1


@pytest.mark.parametrize("years", [-30, -3, 0, 2, 40, 400])
def test_series_go_on_beyond_the_horizon(store: Store, home: Collection, years: int) -> None:
    start = datetime(1985, 1, 7, 9)  # a Monday
    text = event("w", start=f":{start:%Y%m%dT%H%M%SZ}", end="", more="DURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n")
    store.put_entry(home.id, "w", text, origin=Origin.DAV)
    store.put_entry(home.id, "once", event("once", more="RRULE:FREQ=DAILY;COUNT=5\r\n"), origin=Origin.DAV)
    day = datetime(2026 + years, 6, 1, tzinfo=UTC)
    monday = int((day + timedelta(days=-day.weekday() % 7)).timestamp())
    assert [e.href for e in store.in_range(home.n, monday, monday + DAY)] == ["w"]
    assert store.in_range(home.n, monday + DAY, monday + 2 * DAY) == []
    (row,) = store.occurrences([home.n], monday, monday + DAY)
    assert (row.occurrence.start, row.occurrence.end) == (monday + 9 * HOUR, monday + 10 * HOUR)
    assert (row.href, row.uid, row.component.summary, row.kind) == ("w", "w", "Standup", Kind.EVENT)


def test_a_series_that_begins_after_the_horizon_is_found(store: Store, home: Collection) -> None:
    text = event("late", start=":20900101T100000Z", end=":20900101T110000Z", more="RRULE:FREQ=WEEKLY\r\n")
    store.put_entry(home.id, "late", text, origin=Origin.DAV)
    start = int(datetime(2090, 1, 1, tzinfo=UTC).timestamp())
    for span in ((start, start + DAY), (start, None), (None, None), (None, start + DAY)):
        assert len(store.in_range(home.n, *span)) == 1, span
    assert store.in_range(home.n, None, start) == []


def test_instances_come_in_the_order_of_the_asker_s_day(store: Store, home: Collection) -> None:
    for uid, start in (
        ("noon", ":20261121T110000Z"),
        ("day", ";VALUE=DATE:20261121"),
        ("float", ":20261121T110000"),
        ("evening", ":20261121T190000Z"),
    ):
        store.put_entry(home.id, uid, event(uid, start=start, end=""), origin=Origin.DAV)
    day = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
    for zone, order in (
        ("UTC", ["day", "float", "noon", "evening"]),
        ("Europe/Berlin", ["day", "float", "noon", "evening"]),
        ("America/New_York", ["day", "noon", "float", "evening"]),
    ):
        rows = store.occurrences([home.n], day + 6 * HOUR, day + DAY, zone=ZoneInfo(zone))
        assert [row.uid for row in rows] == order, zone


def test_an_override_describes_its_own_instance(store: Store, home: Collection) -> None:
    text = calendar(
        "BEGIN:VEVENT\r\nUID:s\r\nDTSTART:20261121T100000Z\r\nDTEND:20261121T110000Z\r\nSUMMARY:all\r\n"
        "RRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID:20261122T100000Z\r\nDTSTART:20261125T100000Z\r\n"
        "DTEND:20261125T110000Z\r\nSUMMARY:moved\r\nEND:VEVENT\r\n"
    )
    store.put_entry(home.id, "s", text, origin=Origin.DAV)
    rows = store.occurrences([home.n], BASE - DAY, BASE + 10 * DAY)
    assert [(r.component.summary, r.occurrence.recurrence_id, r.occurrence.position) for r in rows] == [
        ("all", "20261121T100000Z", 0),
        ("moved", "20261122T100000Z", 1),
    ]


def test_the_indexes_answer_a_window(store: Store, home: Collection) -> None:
    parameters = {"collection": home.n, "start": 0, "end": 1, "wall_start": 0, "wall_end": 1, "first": 0, "last": 1}
    rows = store.db.reader().execute(f"EXPLAIN QUERY PLAN {occurrences.ENTRIES_IN}", parameters)
    plan = [row[3] for row in rows]
    assert any("COVERING INDEX occurrences_range (collection_n=? AND start>? AND start<?)" in step for step in plan), (
        plan
    )
    assert any("INDEX occurrences_long (collection_n=? AND end>?)" in step for step in plan), plan
    assert not any(step.startswith("SCAN o") for step in plan), plan


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT href, hash, kind, size, modified, id FROM entries WHERE collection_n = 1 ORDER BY href", "COVERING"),
        ("SELECT n FROM entries WHERE collection_n = 1 AND href = 'a'", "(collection_n=? AND href=?)"),
        ("SELECT n FROM entries WHERE collection_n = 1 AND uid = 'a'", "entries_uid (collection_n=? AND uid=?)"),
        ("SELECT href, max(seq) FROM journal WHERE collection_n = 1 AND seq > 5 GROUP BY href", "COVERING"),
        ("SELECT * FROM outbox WHERE collection_n = 1 AND entry_id IS 'a'", "(collection_n=? AND entry_id=?)"),
        ("SELECT * FROM links WHERE collection_n = 1 AND href = 'a'", "links_href (collection_n=? AND href=?)"),
    ],
)
def test_the_hot_questions_use_their_index(store: Store, sql: str, index: str) -> None:
    plan = " ".join(row[3] for row in store.db.reader().execute(f"EXPLAIN QUERY PLAN {sql}"))
    assert index in plan
    assert "SCAN" not in plan


# -- an oracle --------------------------------------------------------------------------------------------------------

_STARTS = st.integers(0, 40).map(lambda quarter: BASE + quarter * 900)
_LENGTHS = st.sampled_from([0, 900, HOUR, DAY, 10 * DAY])
_RULES = st.sampled_from(["", "RRULE:FREQ=DAILY;COUNT=3\r\n", "RRULE:FREQ=WEEKLY\r\n", "RRULE:FREQ=YEARLY\r\n"])


@st.composite
def _texts(draw: st.DrawFn) -> str:
    uid, start, length, rule = draw(st.uuids()), draw(_STARTS), draw(_LENGTHS), draw(_RULES)
    form = draw(st.sampled_from(["utc", "floating", "day", "due", "task"]))
    first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + length, UTC)
    match form:
        case "utc":
            times = f"DTSTART:{first:%Y%m%dT%H%M%SZ}\r\nDTEND:{last:%Y%m%dT%H%M%SZ}\r\n"
        case "floating":
            times = f"DTSTART:{first:%Y%m%dT%H%M%S}\r\nDTEND:{last:%Y%m%dT%H%M%S}\r\n"
        case "day":
            times = f"DTSTART;VALUE=DATE:{first:%Y%m%d}\r\nDTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}\r\n"
        case "due":
            return todo(str(uid), more=f"DUE:{last:%Y%m%dT%H%M%SZ}\r\n")
        case _:
            return todo(str(uid), more=f"DTSTART:{first:%Y%m%dT%H%M%SZ}\r\nDUE:{last:%Y%m%dT%H%M%SZ}\r\n{rule}")
    return calendar(f"BEGIN:VEVENT\r\nUID:{uid}\r\n{times}{rule}END:VEVENT\r\n")


@settings(max_examples=25)
@given(
    texts=st.lists(_texts(), min_size=1, max_size=6),
    spans=st.lists(st.tuples(st.integers(-100, 150), st.integers(1, 200)), min_size=1, max_size=4),
    years=st.sampled_from([0, 0, 1, 8]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_windows_agree_with_expanding_everything(
    texts: list[str], spans: list[tuple[int, int]], years: int, zone: str
) -> None:
    """The oracle expands each entry over a wide span and looks at each instance; the store must find the same."""
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        try:
            collection = _calendar(store)
            for number, text in enumerate(texts):
                store.put_entry(collection.id, f"{number}", text, origin=Origin.DAV)
            for begin, length in spans:
                start = BASE + begin * 900 + years * 364 * DAY
                _compare(store, collection, texts, start, start + length * 900, ZoneInfo(zone))
        finally:
            store.close()


def _calendar(store: Store) -> Collection:
    store.save_user("alice", None)
    account = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
    return store.create_collection(
        account.id,
        "home",
        name="Home",
        kind=CollectionKind.CALENDAR,
        components=["VEVENT", "VTODO"],
        origin=Origin.CLI,
    )


def _compare(store: Store, collection: Collection, texts: list[str], start: int, end: int, zone: ZoneInfo) -> None:
    expected: set[str] = set()
    instances: set[tuple[str, int]] = set()
    for number, text in enumerate(texts):
        content = read(text)
        record = content.components[0]
        for instance in expand(content, start - 20 * DAY, end + 20 * DAY).occurrences:
            offset = (
                zone.utcoffset(datetime.fromtimestamp(start, UTC)) if instance.floating or instance.all_day else None
            )
            last_offset = zone.utcoffset(datetime.fromtimestamp(end, UTC)) if offset is not None else None
            a = start + int((offset or timedelta()).total_seconds())
            b = end + int((last_offset or timedelta()).total_seconds())
            if record.name == "VTODO" and record.start is None:
                hit = a < instance.end <= b
            elif record.name == "VTODO":
                hit = (a < instance.end or a <= instance.start) and (b > instance.start or b >= instance.end)
            elif instance.start == instance.end:
                hit = a <= instance.start < b
            else:
                hit = instance.start < b and instance.end > a
            if hit:
                expected.add(f"{number}")
                instances.add((f"{number}", instance.start))
    assert {entry.href for entry in store.in_range(collection.n, start, end, zone=zone)} == expected
    rows = store.occurrences([collection.n], start, end, zone=zone)
    assert {(row.href, row.occurrence.start) for row in rows} == instances
    assert len(rows) == len(instances)
