"""Events in the Access dialect, read (contract D.2). What writes them stands in `events_write.py`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.api.access import params, render
from gateway.api.access.asking import Asked
from gateway.api.access.errors import bad
from gateway.api.answers import answer
from storage.permits.asked import Contact, Question, SeenPage
from storage.permits.desk import Desk
from storage.permits.permit import DAY

router = APIRouter(prefix="/events", tags=["Events"])

Words = Annotated[str | None, Query(description="Words that all occur in title, description or location.")]
Attendees = Annotated[str | None, Query(description="Addresses, comma-separated, of which one is invited.")]
CalendarId = Annotated[params.Whole, Query(alias="calendarId", description="The number of one calendar.")]
From = Annotated[
    params.When, Query(alias="from", description="Events that end after this; without it, today at midnight (UTC).")
]
To = Annotated[params.When, Query(alias="to", description="Events that start before this; without it, a week later.")]
Cancelled = Annotated[params.Flag, Query(alias="includeCancelled", description="With cancelled events.")]
Email = Annotated[str | None, Query(description="A part of the address of an attendee or the organizer.")]
Name = Annotated[str | None, Query(description="A part of the name of an attendee or the organizer.")]


@router.get("")
def list_events(
    asked: Asked,
    q: Words = None,
    attendees: Attendees = None,
    calendar: CalendarId = None,
    start: From = None,
    end: To = None,
    limit: params.Limit = None,
    offset: params.Offset = None,
    cancelled: Cancelled = None,
) -> Response:
    """The events of a span of time, the instances of series one by one, in order of their start."""
    desk = asked.desk
    desk.calendars()
    question = Question(
        params.read_when("from", start),
        params.read_when("to", end),
        params.read_id("calendarId", calendar),
        params.read_words("q", q),
        tuple(params.read_list("attendees", attendees)),
        params.read_flag("includeCancelled", cancelled, default=False),
        params.read_offset(offset),
        params.read_limit(limit),
    )
    first = desk.viewer.now // DAY * DAY if question.start is None else question.start
    if question.end is not None and first >= question.end:
        raise bad("from" if question.start is not None else "to", "the time asked for must begin before it ends")
    return _page(desk, desk.events(question))


@router.get("/by-contact")
def list_events_by_contact(
    asked: Asked,
    email: Email = None,
    name: Name = None,
    limit: params.Limit = None,
    offset: params.Offset = None,
) -> Response:
    """The events with a person, whenever they are. `email` or `name` is required; both are of the same person then."""
    desk = asked.desk
    desk.calendars()
    contact = Contact(
        params.read_words("email", email),
        params.read_words("name", name),
        params.read_offset(offset),
        params.read_limit(limit),
    )
    if not contact.email and not contact.name:
        raise bad("email", "name somebody by `email`, by `name`, or by both")
    return _page(desk, desk.by_contact(contact))


@router.get("/{event}")
def get_event(asked: Asked, event: str) -> Response:
    """One event: a single one, an instance of a series, or a whole series."""
    desk = asked.desk
    seen = desk.event(event)
    calendar = desk.calendar(seen.calendar)
    shown = {"event": render.event(seen, render.zone_of(calendar))}
    return answer(render.with_info(shown, desk.restrictions, desk.email([calendar])))


def _page(desk: Desk, seen: SeenPage) -> Response:
    zones = {each.number: render.zone_of(each) for each in desk.calendars()}
    return answer(render.with_info(render.page(seen, zones, desk.viewer.now), desk.restrictions, seen.email))
