"""What the tools give: models from which the output schemas are made, and how an event of the desk becomes one.

Whatever other people may have written stands in members called `untrusted`, cleaned, and nowhere else.
"""

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.mcp.moments import written, written_day
from gateway.mcp.untrusted import LONG, NOTICE, SHORT, cleaned
from storage.permits.asked import SeenCalendar
from storage.permits.policy import Sight
from storage.permits.seen import SeenEvent, SeenPerson
from storage.scheduling.busy import zone_of

EXCERPT = 300
"""Characters of a description in a list; `get_event` gives more."""

MOST_PEOPLE, MOST_LABELS = 100, 30
"""Attendees and labels of one event that are handed on."""

_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
"""What a calendar's zone looks like; it comes from its upstream."""

Time = Annotated[str, Field(description="RFC 3339 with the offset of its calendar's zone; of whole days a date.")]


class Result(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(extra="forbid")


class Person(Result):
    """An organizer or an attendee."""

    email: str
    name: str = ""
    response: str | None = None


class Written(Result):
    """What other people may have written of an event."""

    title: str | None = None
    description: str | None = None
    location: str | None = None
    organizer: Person | None = None
    attendees: list[Person] | None = None
    labels: list[str] | None = None
    join_url: str | None = None


class Event(Result):
    """A single event, an instance of a series, or a series. What the token does not show is left out."""

    id: str
    calendar_id: int
    shown: Literal["busy", "in part", "in full"]
    start: Time | None = None
    end: Time | None = None
    all_day: bool | None = None
    recurring: bool | None = None
    series_id: str | None = None
    status: str | None = None
    attendee_count: int | None = None
    shortened: Annotated[bool, Field(description="Some text or people were left out; get_event has more.")] = False
    untrusted: Written


class CalendarName(Result):
    """What a calendar is called."""

    name: str
    email: str | None = None


class Calendar(Result):
    """A calendar that the token opens."""

    id: int
    primary: bool
    read_only: bool
    time_zone: str | None = None
    untrusted: CalendarName


class Noted(Result):
    """An answer with text of other people."""

    notice: str = NOTICE


class Calendars(Noted):
    """All calendars that the token opens."""

    calendars: list[Calendar]
    restrictions: Annotated[list[str], Field(description="What the token does not show or allow.")]


class Events(Noted):
    """A page of events by start."""

    events: list[Event]
    total: Annotated[int, Field(description="On all pages.")]
    offset: int
    next_offset: Annotated[int | None, Field(description="Where the next page begins; not there on the last.")] = None
    start: Time | None = None
    end: Time | None = None


class OneEvent(Noted):
    """One event."""

    event: Event


class Period(Result):
    """A time."""

    start: str
    end: str


class BusyCalendar(Result):
    """When a calendar is busy, and free."""

    calendar_id: int
    busy: list[Period]
    free: list[Period]
    left_out: Annotated[int, Field(description="Periods beyond those shown; ask for a shorter span.")] = 0


class Busy(Result):
    """When calendars are busy, and free."""

    calendars: list[BusyCalendar]


class Slots(Result):
    """Times when all of the calendars are free."""

    slots: list[Period]


class Plan(Result):
    """What would happen. Nothing has happened yet."""

    says: Annotated[str, Field(description="What would happen, in words.")]
    would_tell: Annotated[int, Field(description="How many people would hear of it, by mail or in their calendars.")]
    hash: Annotated[str, Field(description="Give it as `confirm` with the same arguments, once a person has agreed.")]
    valid_until: str


class Concerned(Result):
    """Who would hear of a write, or has."""

    told: Annotated[list[str], Field(description="Addresses.")]


class Outcome(Noted):
    """What came of a write: a plan that waits to be confirmed, or what was done."""

    state: Literal["planned", "done"]
    plan: Plan | None = None
    before: Annotated[Event | None, Field(description="The event as it was.")] = None
    event: Annotated[Event | None, Field(description="The event as it is now.")] = None
    meanwhile: Annotated[list[Event], Field(description="What is on at the time of a new event already.")] = []
    untrusted: Concerned


def of_event(seen: SeenEvent, calendars: Mapping[int, SeenCalendar], *, whole: bool = False) -> Event:
    """An event as agents get it; `whole`: with more than the beginning of its description."""
    zone = zone_of(calendars[seen.calendar].place) if seen.calendar in calendars else UTC
    start, end = (when(each, zone, all_day=bool(seen.all_day)) for each in (seen.start, seen.end))
    people = seen.attendees
    longest = LONG if whole else EXCERPT
    return Event(
        id=seen.id,
        calendar_id=seen.calendar,
        shown=_SHOWN[seen.sight],
        start=start,
        end=end,
        all_day=seen.all_day,
        recurring=seen.recurring,
        series_id=seen.series,
        status=seen.status,
        attendee_count=None if people is None else len(people),
        shortened=len(seen.description or "") > longest or len(people or ()) > MOST_PEOPLE,
        untrusted=Written(
            title=_text(seen.title),
            description=_text(seen.description, longest),
            location=_text(seen.location),
            organizer=_person(seen.organizer) if seen.organizer else None,
            attendees=[_person(each) for each in people[:MOST_PEOPLE]] if people is not None else None,
            labels=[cleaned(each) for each in seen.labels[:MOST_LABELS]] if seen.labels is not None else None,
            join_url=_text(seen.joins, 2_000),
        ),
    )


def of_calendar(seen: SeenCalendar, *, read_only: bool) -> Calendar:
    """A calendar as agents get it."""
    return Calendar(
        id=seen.number,
        primary=seen.primary,
        read_only=read_only or seen.place.read_only,
        time_zone=seen.place.timezone if _ZONE.fullmatch(seen.place.timezone) else None,
        untrusted=CalendarName(name=cleaned(seen.place.name), email=_text(seen.email) or None),
    )


def when(epoch: int | None, zone: tzinfo, *, all_day: bool = False) -> str | None:
    """A time of an event as agents get it."""
    if epoch is None:
        return None
    return written_day(epoch) if all_day else written(epoch, zone)


_SHOWN: Mapping[Sight, Literal["busy", "in part", "in full"]] = {
    Sight.BUSY: "busy",
    Sight.FILTERED: "in part",
    Sight.FULL: "in full",
}


def _text(text: str | None, most: int = SHORT) -> str | None:
    return None if text is None else cleaned(text, most)


def _person(person: SeenPerson) -> Person:
    return Person(email=cleaned(person.email), name=cleaned(person.name), response=person.response or None)
