"""Events in the Access dialect, written (contract D.2): made, changed, deleted, answered. No answer has accessInfo."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from gateway.api.access import params, render
from gateway.api.access.asking import Asked
from gateway.api.access.errors import bad
from gateway.api.access.parse import MEMBERS, Reading
from gateway.api.answers import answer
from gateway.api.body import Body, RawBody
from storage.errors import InvalidChange
from storage.model import Origin
from storage.permits.desk import Desk
from storage.permits.permit import Operation
from storage.permits.seen import SeenEvent
from storage.permits.writing import ANSWERS

router = APIRouter(prefix="/events", tags=["Events"])

Notify = Annotated[params.Flag, Query(alias="notifyAttendees", description="Whether attendees are told; they are.")]


@router.post("", status_code=201)
def create_event(asked: Asked, raw_body: RawBody) -> Response:
    """Make an event; `calendarId`, `summary`, `from` and `to` are required."""
    desk = asked.desk
    desk.check_operations([Operation.CREATE])
    reading = Reading(Body.parse(raw_body, bad))
    calendar = desk.calendar(reading.calendar())
    with _in_words(reading):
        made = desk.create(calendar.number, reading.new(), origin=Origin.API, notify=reading.notify())
    return answer(_shown(desk, made), 201)


@router.patch("/{event}")
def update_event(asked: Asked, event: str, raw_body: RawBody) -> Response:
    """Change what the body names: of an event, a whole series, or one instance of it."""
    desk = asked.desk
    desk.check_operations([])
    reading = Reading(Body.parse(raw_body, bad))
    with _in_words(reading):
        made = desk.update(event, reading.change(), origin=Origin.API, notify=reading.notify())
    return answer(_shown(desk, made))


@router.delete("/{event}")
def delete_event(asked: Asked, event: str, notify: Notify = None) -> Response:
    """Delete an event, a whole series, or one instance of it."""
    desk = asked.desk
    desk.check_operations([Operation.DELETE])
    told = params.read_flag("notifyAttendees", notify, default=True)
    desk.delete(event, origin=Origin.API, notify=told)
    return answer({"success": True, "message": "The event was deleted."})


@router.post("/{event}/respond")
def respond_to_event(asked: Asked, event: str, raw_body: RawBody) -> Response:
    """Answer an invitation for the calendar's owner; `comment` goes to the organizer with the answer."""
    desk = asked.desk
    desk.check_operations([Operation.RESPOND])
    body = Body.parse(raw_body, bad)
    body.need("status")
    status = body.choice("status", tuple(ANSWERS)) or ""
    comment = body.printable("comment", most=params.LONGEST_COMMENT) or ""
    return answer(_shown(desk, desk.respond(event, status, comment, origin=Origin.API, notify=True)))


def _shown(desk: Desk, seen: SeenEvent) -> dict[str, Any]:
    return render.event(seen, render.zone_of(desk.calendar(seen.calendar)))


@contextmanager
def _in_words(reading: Reading) -> Iterator[None]:
    """What is wrong with a change, in the words of the dialect."""
    try:
        yield
    except InvalidChange as error:
        raise bad(reading.called(MEMBERS.get(error.member, error.member)), error.message) from error
