"""What the desk answers: calendars, lists, one event, contacts, free and busy."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage.errors import PermitDenied
from storage.permits.asked import Contact, Question
from storage.permits.policy import Sight
from storage.permits.seen import SeenEvent, SeenPerson
from storage.store import Store
from tests.storage.permits.desks import NOW, desk, place, put

DAY = 86_400
MIDNIGHT = NOW // DAY * DAY


def _names(events: tuple[SeenEvent, ...]) -> list[str | None]:
    return [each.title for each in events]


@contextmanager
def refused(code: str) -> Iterator[None]:
    """What is done inside is refused with this code."""
    with pytest.raises(PermitDenied) as error:
        yield
    assert error.value.code == code


def test_an_unrestricted_token_sees_the_linked_calendars_and_their_events(store: Store) -> None:
    mine = put(store, "Lunch", people=["alice@example.com", "jane@x.example"], organizer="alice@example.com")
    team = put(store, "Standup", "20260101T110000Z", "20260101T111500Z", key="team")
    everything = desk(store)
    calendars = everything.calendars()
    assert [(each.place.key, each.primary, each.email) for each in calendars] == [
        ("primary", True, "alice@example.com"),
        ("team", False, "team@example.com"),
    ]
    page = everything.events(Question())
    assert (page.total, page.more, page.offset, page.email) == (2, False, 0, "alice@example.com")
    assert (page.start, page.end) == (MIDNIGHT, MIDNIGHT + 7 * DAY)
    assert [(each.id, each.calendar) for each in page.events] == [
        (team, calendars[1].number),
        (mine, calendars[0].number),
    ]
    lunch = page.events[1]
    assert (
        lunch
        == everything.event(mine)
        == SeenEvent(
            mine,
            calendars[0].number,
            Sight.FULL,
            title="Lunch",
            start=MIDNIGHT + 12 * 3600,
            end=MIDNIGHT + 13 * 3600,
            all_day=False,
            recurring=False,
            status="needsAction",
            organizer=SeenPerson("alice@example.com", ""),
            attendees=(
                SeenPerson("alice@example.com", "Alice", "needsAction"),
                SeenPerson("jane@x.example", "Jane", "needsAction"),
            ),
            labels=(),
        )
    )
    only = everything.events(Question(calendar=calendars[1].number))
    assert (_names(only.events), only.email) == (["Standup"], "team@example.com")
    assert _names(everything.by_contact(Contact(email="JANE@")).events) == ["Lunch"]
    busy = everything.busy(MIDNIGHT, MIDNIGHT + DAY)
    assert [each.busy for each in busy] == [
        ((MIDNIGHT + 12 * 3600, MIDNIGHT + 13 * 3600),),
        ((MIDNIGHT + 11 * 3600, MIDNIGHT + 11 * 3600 + 900),),
    ]


def test_what_is_not_linked_is_not_there(store: Store) -> None:
    other = put(store, "Elsewhere", key="team")
    half = desk(store, calendars=["101/primary"])
    assert [each.place.key for each in half.calendars()] == ["primary"]
    assert half.events(Question()).total == 0
    for unknown in (other, "nothing", f"{other}_20260101", "", "_"):
        with refused("EVENT_NOT_FOUND"):
            half.event(unknown)
    for number in (place(store, "team").n, 10**9):
        with refused("CALENDAR_NOT_FOUND"):
            half.events(Question(calendar=number))
    nothing = desk(store, calendars=[])
    with refused("TOKEN_DENIED"):
        nothing.calendars()
    with refused("TOKEN_DENIED"):
        nothing.events(Question())
    with refused("TOKEN_DENIED"):
        nothing.event(other)
    with refused("TOKEN_DENIED"):
        nothing.by_contact(Contact("x"))
    with refused("TOKEN_DENIED"):
        nothing.busy(0, DAY)


HOUR = 3600
NOON = MIDNIGHT + 12 * HOUR


def test_series_are_expanded_and_each_instance_has_an_id(store: Store) -> None:
    entry = put(store, "Daily", more=["RRULE:FREQ=DAILY"])
    page = desk(store).events(Question(NOON - HOUR, NOON + 2 * DAY))
    keys = ["20260101T120000Z", "20260102T120000Z"]
    assert [each.id for each in page.events] == [f"{entry}_{key}" for key in keys]
    assert [(each.recurring, each.series) for each in page.events] == [(True, entry)] * 2
    assert desk(store).event(page.events[1].id) == page.events[1]
    whole = desk(store).event(entry)
    assert (whole.id, whole.recurring, whole.series, whole.start) == (entry, True, None, NOON)
    assert desk(store).by_contact(Contact(name="nobody")).total == 0


def test_an_endless_series_is_found_beyond_the_horizon_and_ends_after_five_years(store: Store) -> None:
    put(store, "Weekly", people=["jane@x.example"], more=["RRULE:FREQ=WEEKLY"])
    late = 9 * 365 * DAY
    assert desk(store).events(Question(NOON + late, NOON + late + 14 * DAY)).total == 2
    assert desk(store).by_contact(Contact("jane")).total == 262
    assert desk(store, future_days=20).by_contact(Contact("jane")).total == 3


def test_whole_days_are_days_of_utc_and_touch_no_other(store: Store) -> None:
    put(store, "Holiday", "20260105", "20260106")
    monday = MIDNIGHT + 4 * DAY
    ask = desk(store).events
    [seen] = ask(Question(monday, monday + DAY)).events
    assert (seen.start, seen.end, seen.all_day) == (monday, monday + DAY, True)
    assert ask(Question(monday - DAY, monday)).total == ask(Question(monday + DAY, monday + 2 * DAY)).total == 0


def test_pages_are_in_order_of_start_and_id_with_an_exact_total(store: Store) -> None:
    names = [put(store, f"E{n}", key="team" if n % 2 else "primary") for n in range(7)]
    early = put(store, "Early", "20260101T080000Z", "20260101T090000Z")
    ask = desk(store).events
    everything = [early, *sorted(names)]
    for offset in range(10):
        for limit in (1, 3, 50):
            page = ask(Question(offset=offset, limit=limit))
            assert [each.id for each in page.events] == everything[offset : offset + limit]
            assert (page.total, page.more) == (8, offset + limit < 8)


def test_the_default_span_is_a_week_or_three_days_around_today_in_a_window(store: Store) -> None:
    def span(given: Question, **window: int) -> tuple[int | None, int | None]:
        page = desk(store, **window).events(given)
        return page.start, page.end

    assert span(Question()) == (MIDNIGHT, MIDNIGHT + 7 * DAY)
    assert span(Question(start=NOON)) == (NOON, NOON + 7 * DAY)
    assert span(Question(end=NOON)) == (MIDNIGHT, NOON)
    assert span(Question(), past_days=30, future_days=30) == (MIDNIGHT - 3 * DAY, MIDNIGHT + 4 * DAY)
    assert span(Question(), past_days=1) == (NOW - DAY, MIDNIGHT + 4 * DAY)
    assert span(Question(0, 10**10), past_days=1, future_days=1) == (NOW - DAY, NOW + DAY)
    assert span(Question(NOON), future_days=0) == (NOON, NOON)


def test_what_is_outside_of_the_window_is_refused_by_id_and_cut_off_elsewhere(store: Store) -> None:
    old, edge = put(store, "Old", "20251201T100000Z", "20251201T110000Z"), put(store, "Edge", "20251231T093000Z")
    fenced = desk(store, past_days=1, future_days=1)
    with refused("TIMEFRAME_DENIED"):
        fenced.event(old)
    assert fenced.event(edge).title == "Edge"
    assert [each.id for each in fenced.events(Question(0, 10**10)).events] == [edge]
    found = [each for each in fenced.busy(0, 10**10) if each.busy]
    assert [each.busy for each in found] == [((NOW - DAY, MIDNIGHT + 13 * HOUR),)]
    assert found[0].free == ((MIDNIGHT + 13 * HOUR, NOW + DAY),)


def test_words_must_all_occur_and_of_attendees_one(store: Store) -> None:
    put(store, "Lunch with Zoë", people=["zoe@x.example"], more=["LOCATION:Café Straße"])
    put(store, "Budget", people=["ann@x.example"], more=["DESCRIPTION:over lunch"])

    def found(*, words: str = "", attendees: tuple[str, ...] = ()) -> list[str | None]:
        spans = [Question(words=words, attendees=attendees), Question(0, 10**10, words=words, attendees=attendees)]
        short, long = (sorted(str(each.title) for each in desk(store).events(span).events) for span in spans)
        assert short == long
        return list(short)

    for _ in range(2):
        assert found(words="LUNCH") == ["Budget", "Lunch with Zoë"]
        assert found(words="strasse  zoë") == ["Lunch with Zoë"]
        assert found(words="lunch ann") == []
        assert found(attendees=("ZOE@x.example", "nobody")) == ["Lunch with Zoë"]
        assert found(attendees=("zoe",)) == []
        while store.index_words(100):
            pass


def test_cancelled_events_are_listed_when_asked_for(store: Store) -> None:
    put(store, "Off", people=["jane@x.example"], more=["STATUS:CANCELLED"])
    ask = desk(store)
    assert (ask.events(Question()).total, ask.by_contact(Contact("jane")).total) == (0, 0)
    [seen] = ask.events(Question(cancelled=True)).events
    assert seen.status == "cancelled"


def test_busy_shows_are_exactly_where_free_busy_says_so(store: Store) -> None:
    put(store, "Taken", people=["alice@example.com", "jane@x.example"])
    put(store, "Free", "20260101T150000Z", "20260101T160000Z", more=["TRANSP:TRANSPARENT"])
    declined = ["ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.com"]
    put(store, "Declined", "20260101T170000Z", "20260101T180000Z", more=declined)
    only = desk(store, level="free_busy_only", calendars=["101/primary"])
    [seen] = only.events(Question()).events
    assert (seen.title, seen.start, seen.end) == ("Busy", NOON, NOON + HOUR)
    assert only.busy(MIDNIGHT, MIDNIGHT + DAY)[0].busy == ((NOON, NOON + HOUR),)
    assert only.events(Question(words="busy")).total == 0
    with refused("ACCESS_DENIED"):
        only.by_contact(Contact("jane"))
