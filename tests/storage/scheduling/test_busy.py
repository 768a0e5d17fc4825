"""When calendars are busy, asked of the store: zones, whole days, answers, shares, series without end, other kinds."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model import Account, Collection, CollectionKind, Level, Origin
from storage.scheduling.busy import Period, merged
from storage.store import Store
from tests.storage.texts import calendar, event, todo

DAY = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = 3_600


def _at(hours: float, day: datetime = DAY) -> int:
    return int((day + timedelta(hours=hours)).timestamp())


def _calendar(store: Store, name: str = "home", *, user: str = "alice", zone: str = "") -> Collection:
    if user not in {each.name for each in store.users()}:
        store.save_user(user, None)
    account = store.save_account(Account(0, user, user, "local", email=f"{user.title()}@Example.org", mirrored=False))
    kind = CollectionKind.CALENDAR
    holds = ("VEVENT", "VTODO", "VFREEBUSY")
    return store.create_collection(
        account.id, name, name=name, kind=kind, components=holds, timezone=zone, origin=Origin.CLI
    )


def _put(store: Store, place: Collection, *texts: str) -> None:
    for number, text in enumerate(texts):
        store.put_entry(place.id, f"{number}.ics", text, origin=Origin.DAV)


def _busy(store: Store, place: Collection, start: int, end: int, *, answers: bool = True) -> dict[str, list[Period]]:
    [found] = store.busy([place], [(start, end)], answers=answers)
    return {word: periods for word, periods in found.items() if periods}


def _meeting(uid: str, hour: int, *attendees: str, more: str = "") -> str:
    guests = "".join(f"ATTENDEE{each}\r\n" for each in attendees)
    host = "ORGANIZER:mailto:host@example.net\r\n"
    return event(uid, start=f":20260310T{hour:02}0000Z", end=f":20260310T{hour:02}3000Z", more=f"{host}{guests}{more}")


def test_what_takes_time_and_what_does_not(store: Store) -> None:
    place = _calendar(store)
    _put(
        store,
        place,
        _meeting("a", 1),
        _meeting("b", 2, more="TRANSP:TRANSPARENT\r\n"),
        _meeting("c", 3, more="STATUS:CANCELLED\r\n"),
        _meeting("d", 4, more="STATUS:TENTATIVE\r\n"),
        event("e", start=":20260310T050000Z", end=""),
        todo("f", more="DTSTART:20260310T060000Z\r\nDUE:20260310T070000Z\r\n"),
        _meeting("g", 7, more="STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\n"),
    )
    assert _busy(store, place, _at(0), _at(24)) == {
        "BUSY": [(_at(1), _at(1.5)), (_at(7), _at(7.5))],
        "BUSY-TENTATIVE": [(_at(4), _at(4.5))],
    }


def test_periods_are_merged_and_cut_at_the_span(store: Store) -> None:
    place = _calendar(store)
    hours = (("a", 1, 3), ("b", 3, 4), ("c", 2, 3), ("d", 6, 8))
    _put(store, place, *(event(uid, start=f":20260310T0{a}0000Z", end=f":20260310T0{b}0000Z") for uid, a, b in hours))
    assert _busy(store, place, _at(2.5), _at(7)) == {"BUSY": [(_at(2.5), _at(4)), (_at(6), _at(7))]}
    assert _busy(store, place, _at(4), _at(6)) == {}


@pytest.mark.parametrize(
    ("attendee", "word"),
    [
        (";PARTSTAT=DECLINED:mailto:alice@example.org", ""),
        (";PARTSTAT=declined:MAILTO:ALICE@example.ORG", ""),
        (";PARTSTAT=DECLINED:/dav/alice/", ""),
        (';PARTSTAT=DECLINED;EMAIL="alice@example.org":urn:uuid:5a6b', ""),
        (";PARTSTAT=DECLINED:mailto:bob@example.org", "BUSY"),
        (";PARTSTAT=DECLINED:mailto:not-alice@example.org", "BUSY"),
        (";PARTSTAT=DECLINED;CN=alice@example.org:mailto:bob@example.org", "BUSY"),
        (";PARTSTAT=DECLINED;CN=alice@example.org:urn:uuid:5a6b", "BUSY"),
        (";PARTSTAT=ACCEPTED:mailto:alice@example.org", "BUSY"),
        (";PARTSTAT=TENTATIVE:mailto:alice@example.org", "BUSY-TENTATIVE"),
        (":mailto:alice@example.org", "BUSY-TENTATIVE"),
    ],
)
def test_the_answer_of_the_owner(store: Store, attendee: str, word: str) -> None:
    place = _calendar(store)
    _put(store, place, _meeting("a", 1, ";PARTSTAT=DECLINED:mailto:guest@example.net", attendee))
    assert list(_busy(store, place, _at(0), _at(24))) == [word] * bool(word)
    assert list(_busy(store, place, _at(0), _at(24), answers=False)) == ["BUSY"]


def test_an_address_beyond_ascii_is_its_owner_s_in_either_case(store: Store) -> None:
    place = _calendar(store)
    store.save_account(Account(0, "alice", "alice", "local", email="Ünal@example.org", mirrored=False))
    _put(store, place, _meeting("a", 1, ";PARTSTAT=DECLINED:mailto:ÜNAL@Example.org"))
    assert _busy(store, place, _at(0), _at(24)) == {}


def test_one_declined_instance_leaves_the_others(store: Store) -> None:
    place = _calendar(store)
    declined = "ORGANIZER:mailto:host@example.net\r\nATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.org\r\n"
    master = event("a", start=":20260310T010000Z", end=":20260310T020000Z", more="RRULE:FREQ=DAILY\r\n")
    override = event(
        "a",
        start=":20260311T010000Z",
        end=":20260311T020000Z",
        more=f"RECURRENCE-ID:20260311T010000Z\r\n{declined}",
    )
    inner = [text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")] for text in (master, override)]
    _put(store, place, calendar("".join(inner)))
    assert _busy(store, place, _at(0), _at(72)) == {"BUSY": [(_at(1), _at(2)), (_at(49), _at(50))]}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 1), 24)])
def test_a_whole_day_lasts_from_midnight_to_midnight_of_the_calendar(store: Store, day: date, hours: int) -> None:
    place = _calendar(store, zone="Europe/Paris")
    following = day + timedelta(days=1)
    _put(store, place, event("a", start=f";VALUE=DATE:{day:%Y%m%d}", end=f";VALUE=DATE:{following:%Y%m%d}"))
    zone = ZoneInfo("Europe/Paris")
    first, last = (int(datetime.combine(each, time(), zone).timestamp()) for each in (day, following))
    assert last - first == hours * HOUR
    assert _busy(store, place, first - 86_400, last + 86_400) == {"BUSY": [(first, last)]}


def test_floating_times_are_read_where_the_calendar_is_or_where_one_asks(store: Store) -> None:
    place = _calendar(store, zone="America/Los_Angeles")
    _put(store, place, event("a", start=":20260701T090000", end=":20260701T100000"))
    day = datetime(2026, 7, 1, tzinfo=UTC)
    assert _busy(store, place, _at(0, day), _at(48, day)) == {"BUSY": [(_at(16, day), _at(17, day))]}
    [asked] = store.busy([place], [(_at(0, day), _at(48, day))], zone=timezone(timedelta(hours=7)))
    assert asked["BUSY"] == [(_at(2, day), _at(3, day))]


def test_what_a_calendar_that_is_shared_says_is_what_it_says_to_its_owner(store: Store) -> None:
    place = _calendar(store, zone="Europe/Paris")
    store.save_user("bob", None)
    _put(
        store,
        place,
        _meeting("a", 1, ";PARTSTAT=DECLINED:mailto:alice@example.org", more="CLASS:PRIVATE\r\n"),
        _meeting("b", 2, ";PARTSTAT=ACCEPTED:mailto:alice@example.org", more="CLASS:PRIVATE\r\n"),
        event("c", start=";VALUE=DATE:20260311", end=";VALUE=DATE:20260312"),
    )
    for level in Level:
        seen = store.collection(store.share(place.id, "bob", level).id)
        assert _busy(store, seen, _at(0), _at(48)) == {"BUSY": [(_at(2), _at(2.5)), (_at(23), _at(47))]}


def test_entries_that_say_when_somebody_is_busy_count(store: Store) -> None:
    place = _calendar(store)
    said = "FREEBUSY:20260310T010000Z/PT1H\r\nFREEBUSY;FBTYPE=FREE:20260310T050000Z/PT1H\r\n"
    _put(store, place, calendar(f"BEGIN:VFREEBUSY\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n{said}END:VFREEBUSY\r\n"))
    assert _busy(store, place, _at(1.5), _at(24)) == {"BUSY": [(_at(1.5), _at(2))]}


def test_a_series_without_end_far_beyond_the_horizon(store: Store) -> None:
    place = _calendar(store)
    _put(store, place, event("a", more="RRULE:FREQ=WEEKLY\r\nTRANSP:OPAQUE\r\n"))
    far = datetime(2071, 11, 21, tzinfo=UTC)
    assert far.weekday() == datetime(2026, 11, 21, tzinfo=UTC).weekday()
    assert _busy(store, place, _at(0, far), _at(24, far)) == {"BUSY": [(_at(10, far), _at(11, far))]}


def test_after_more_instances_than_are_counted_all_time_is_taken(store: Store) -> None:
    """Never offer a time of which nobody knows whether it is free."""
    place = _calendar(store)
    at = {"start": ":20260310T000000Z", "more": "RRULE:FREQ=SECONDLY;INTERVAL=10\r\n"}
    _put(store, place, event("a", end=":20260310T000001Z", **at))
    periods = _busy(store, place, _at(0), _at(24 * 7))["BUSY"]
    assert periods[:2] == [(_at(0), _at(0) + 1), (_at(0) + 10, _at(0) + 11)]
    assert periods[-1] == (_at(0) + 200_000, _at(24 * 7))
    _put(
        store, place, event("a", end=":20260310T000001Z", start=at["start"], more=f"{at['more']}TRANSP:TRANSPARENT\r\n")
    )
    assert _busy(store, place, _at(0), _at(24 * 7)) == {}
    _put(store, place, event("a", end="", **at))
    assert _busy(store, place, _at(0), _at(24 * 7)) == {}


def test_several_calendars_and_several_spans_in_one_question(store: Store) -> None:
    places = [_calendar(store, "one"), _calendar(store, "two", user="bob", zone="Asia/Tokyo")]
    _put(store, places[0], event("a", start=":20260310T010000Z", end=":20260312T010000Z"))
    _put(store, places[1], event("b", start=";VALUE=DATE:20260311", end=";VALUE=DATE:20260312"))
    spans = [(_at(0), _at(2)), (_at(24), _at(26))]
    assert [each["BUSY"] for each in store.busy(places, spans)] == [
        [(_at(1), _at(2)), (_at(24), _at(26))],
        [(_at(24), _at(26))],
    ]
    assert store.busy([], spans) == []


_ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata")


@st.composite
def _events(draw: st.DrawFn) -> tuple[str, Sequence[Period]]:
    """A text, and what it takes of the ten days from `DAY`, worked out by hand."""
    start = draw(st.integers(0, 240))
    hours = draw(st.integers(0, 30))
    zone = draw(st.sampled_from(_ZONES))
    often = draw(st.sampled_from((None, 1, 7)))
    free = draw(st.sampled_from(("", "TRANSP:TRANSPARENT\r\n", "STATUS:CANCELLED\r\n")))
    local = [DAY.replace(tzinfo=None) + timedelta(hours=each) for each in (start, start + hours)]
    tzid = ":" if zone == "UTC" else f";TZID={zone}:"
    suffix = "Z" if zone == "UTC" else ""
    written = [f"{tzid}{each:%Y%m%dT%H%M%S}{suffix}" for each in local]
    rule = f"RRULE:FREQ=DAILY;INTERVAL={often}\r\n" if often else ""
    text = event(start=written[0], end=written[1], more=free + rule)
    begun = [local[0] + timedelta(days=step) for step in range(0, 12, often or 12)]
    firsts = [int(each.replace(tzinfo=ZoneInfo(zone)).timestamp()) for each in begun]
    return text, [] if free else [(first, first + hours * HOUR) for first in firsts]


@settings(max_examples=60)
@given(st.lists(_events(), max_size=6), st.integers(0, 200), st.integers(1, 60))
def test_against_a_count_of_every_half_hour(found: list[tuple[str, Sequence[Period]]], start: int, hours: int) -> None:
    span = _at(start), _at(start + hours)
    taken = [period for _, periods in found for period in periods]
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        store.save_user("alice", None)
        place = _calendar(store)
        _put(store, place, *(text.replace("one@", f"{n}@") for n, (text, _) in enumerate(found)))
        [told] = store.busy([place], [span])
        store.close()
    assert told["BUSY"] == merged(told["BUSY"])
    for at in range(span[0], span[1], HOUR // 2):
        assert any(a <= at < b for a, b in told["BUSY"]) == any(a <= at < b for a, b in taken), at
