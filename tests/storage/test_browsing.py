"""Lists of events below any dialect: the index of words, several calendars at once, and total after edits."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from storage import listing
from storage.browsing import Wanted
from storage.listing import Question
from storage.memo import Recent
from storage.model import Collection, Origin
from storage.store import Store
from storage.tables import meta, sought
from tests.storage.texts import event, todo

ALL = Wanted(0, None, 4_000_000_000)


def _names(store: Store, words: str, *places: Collection, everywhere: bool = True) -> list[str]:
    found = store.events(places, Wanted(0, None, 4_000_000_000, words=words, everywhere=everywhere))
    assert found.total == len(found.rows)
    return sorted(row.component.summary for row in found.rows)


def _put(store: Store, place: Collection, name: str, *, more: str = "") -> None:
    store.put_entry(place.id, name, event(name, summary=name, more=more), origin=Origin.DAV)


def test_the_index_of_words_changes_no_answer(store: Store, home: Collection, mirrored: Collection) -> None:
    people = 'ORGANIZER;CN=Zoë Straße:mailto:zoe@x.example\r\nATTENDEE;CN="O\'Neil, Bo":mailto:BO@y.example\r\n'
    _put(store, home, "Alphabet", more=people)
    _put(store, home, "alpha \\, beta", more='DESCRIPTION:first line\\nsecond "line"\r\nLOCATION:Ümlaut\r\n')
    _put(store, mirrored, "ALPHA elsewhere")
    store.put_entry(home.id, "task", todo(summary="alpha task"), origin=Origin.DAV)
    questions = [
        "alpha",
        "ALPHA",
        "ph",
        "a",
        "straße",
        "STRASSE",
        "zoe@X",
        "o'neil, b",
        "line\nsecond",
        '"line',
        "ümlaut",
        "zzz",
    ]

    def answers() -> dict[str, tuple[list[str], list[str]]]:
        return {words: (_names(store, words, home), _names(store, words, home, mirrored)) for words in questions}

    before = answers()
    assert before["alpha"] == (["Alphabet", "alpha , beta"], ["ALPHA elsewhere", "Alphabet", "alpha , beta"])
    assert [len(found) for found, _ in before.values()] == [2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0]
    for most in (1, 100):
        assert store.index_words(most)
        assert answers() == before
    assert not store.index_words(100)
    assert _names(store, "second", home, everywhere=False) == []


def test_what_changes_is_found_before_the_index_knows_it(store: Store, home: Collection) -> None:
    _put(store, home, "old words")
    store.index_words(100)
    entry = store.listing(home.id)[0]
    store.put_entry(home.id, entry.href, event("old words", summary="new letters"), origin=Origin.DAV)
    for _ in range(2):
        assert _names(store, "old words", home) == []
        assert _names(store, "new letters", home) == ["new letters"]
        store.index_words(100)
    store.delete_entry(home.id, entry.href, origin=Origin.DAV)
    assert _names(store, "new letters", home) == []
    assert store.index_words(100) == 0
    assert store.index_words(100) == 0


def test_an_index_of_old_words_is_built_anew(store: Store, home: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sought, "FEWEST", 5)
    for number in range(8):
        store.put_entry(home.id, "one", event("one", summary=f"version {number}"), origin=Origin.DAV)
        store.index_words(100)
    assert meta.number(store.db.reader(), sought.HELD) < 6
    while store.index_words(100):
        pass
    assert _names(store, "version", home) == ["version 7"]
    assert store.db.reader().execute("SELECT count(*) FROM sought WHERE sought MATCH 'ver'").fetchone()[0] < 6


def test_several_calendars_in_one_order(store: Store, home: Collection, mirrored: Collection) -> None:
    for day in range(1, 9):
        place = (home, mirrored)[day % 2]
        text = event(f"d{day}", start=f":2026010{day}T100000Z", end=f":2026010{day}T110000Z", summary=f"d{day}")
        store.put_entry(place.id, f"d{day}", text, origin=Origin.DAV)
    first = store.events([home, mirrored], ALL, size=5)
    second = store.events([home, mirrored], ALL, size=5, after=first.after)
    assert [row.component.summary for row in (*first.rows, *second.rows)] == [f"d{day}" for day in range(1, 9)]
    assert (first.total, second.total, second.after) == (8, 8, None)
    assert store.masters([home, mirrored], ALL, exceptions=True).total == 8


def test_the_total_follows_edits(store: Store, home: Collection) -> None:
    for day in range(1, 6):
        _put(store, home, f"e{day}")
    first = store.events([home], ALL, size=2)
    store.delete_entry(home.id, "e5", origin=Origin.DAV)
    second = store.events([home], ALL, size=2, after=first.after)
    assert (first.total, second.total) == (5, 4)


def test_masters_walked_in_order_are_those_that_are_gathered(store: Store, home: Collection) -> None:
    berlin, day = ";TZID=Europe/Berlin:2026{}T090000", ";VALUE=DATE:2026{}"
    moved = f"RECURRENCE-ID{berlin.format('0309')}\r\nDTSTART{berlin.format('0311')}\r\nSUMMARY:moved\r\n"
    nothing = "RRULE:FREQ=DAILY;COUNT=1\r\nEXDATE:20260301T083000Z\r\n"
    texts = {
        "solo": event("solo", start=berlin.format("0301"), end=""),
        "floating": event("floating", start=":20260301T083000", end=""),
        "day": event("day", start=day.format("0301"), end=""),
        "past": event("past", start=":19600301T083000", end=""),
        "old series": event("old series", start=":19600301T083000", end="", more="RRULE:FREQ=YEARLY\r\n"),
        "ended": event("ended", start=":19600301T083000", end="", more="RRULE:FREQ=YEARLY;COUNT=2\r\n"),
        "later": event("later", start=":20900301T083000", end="", more="RRULE:FREQ=YEARLY\r\n"),
        "excepted": event("excepted", start=berlin.format("0302"), end="", more="RRULE:FREQ=WEEKLY\r\n"),
        "nothing": event("nothing", start=":20260301T083000Z", end="", more=nothing),
    }
    override = f"BEGIN:VEVENT\r\nUID:excepted\r\nDTSTAMP:20260101T000000Z\r\n{moved}END:VEVENT\r\n"
    texts["excepted"] = texts["excepted"].replace("END:VCALENDAR", f"{override}END:VCALENDAR")
    alone = f"RECURRENCE-ID{day.format('0401')}\r\n"
    texts["alone"] = event("alone", start=day.format("0402"), end="", more=alone)
    for name, text in texts.items():
        store.put_entry(home.id, name, text, origin=Origin.DAV)
    numbers = {entry.n: None for entry in store.iter_entries(home.id)}
    assert len(numbers) == len(texts)
    with store.db.snapshot() as conn:
        for end in (None, 2_000_000_000, 4_200_000_000):
            for exceptions in (True, False):
                walked = Question((home,), (ZoneInfo("Asia/Tokyo"),), 0, end, 4_000_000_000)
                gathered = replace(walked, only=numbers)
                after, seen = None, []
                while True:
                    found, total = listing.masters(conn, walked, after, 2, exceptions=exceptions)
                    seen += found[:2]
                    if len(found) < 3:
                        break
                    after = found[1].key
                assert seen == listing.masters(conn, gathered, None, 100, exceptions=exceptions)[0]
                assert total == len(seen)
                assert len(seen) > 4


def test_what_is_remembered_of_events_is_never_out_of_date(store: Store, home: Collection) -> None:
    _put(store, home, "lunch")
    [row] = store.events([home], ALL).rows
    assert store.events([home], ALL).rows[0].component is row.component
    store.put_entry(home.id, "lunch", event("lunch", summary="dinner"), origin=Origin.DAV)
    assert [each.component.summary for each in store.events([home], ALL).rows] == ["dinner"]


def test_little_is_remembered() -> None:
    kept = Recent[str, int](2)
    kept.put({"a": 1, "b": 2, "c": 3})
    assert kept.of("abc") == {"b": 2, "c": 3}
