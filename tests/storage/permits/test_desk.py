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
