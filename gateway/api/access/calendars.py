"""Calendars and free-busy in the Access dialect (contract D.2)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.api.access import params, render
from gateway.api.access.asking import Asked
from gateway.api.access.errors import bad
from gateway.api.answers import answer

router = APIRouter(tags=["Calendars"])

From = Annotated[params.When, Query(alias="from", description="Where the time asked for begins. Required.")]
To = Annotated[params.When, Query(alias="to", description="Where it ends. Required.")]
Calendars = Annotated[str | None, Query(description="Numbers of calendars, comma-separated; without it, all.")]


@router.get("/calendars")
def list_calendars(asked: Asked) -> Response:
    """The calendars that are linked to the key."""
    desk = asked.desk
    calendars, owner = desk.calendars(), asked.owner()
    operator = owner.user if owner else ""
    shown = {"data": [render.calendar(each, operator) for each in calendars]}
    return answer(render.with_info(shown, desk.restrictions))


@router.get("/freebusy")
def get_freebusy(asked: Asked, start: From = None, end: To = None, calendars: Calendars = None) -> Response:
    """When calendars are busy, and when they are free, inside the time that is asked for and that the key sees."""
    desk = asked.desk
    desk.calendars()
    span = [params.read_when(name, text) for name, text in (("from", start), ("to", end))]
    first, last = span
    if first is None or last is None:
        raise bad("from" if first is None else "to", "is required")
    if first >= last:
        raise bad("from", "must be before `to`")
    found = desk.busy(first, last, params.read_ids("calendars", calendars))
    return answer(render.with_info({"calendars": [render.busy(each) for each in found]}, desk.restrictions))
