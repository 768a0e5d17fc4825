"""Events in the OneCal dialect, read (contract C.3). What writes them stands in `events_write.py`."""

from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer, encoded
from gateway.api.onecal.asking import Asking, CalendarPath, EventPath, One
from gateway.api.onecal.errors import bad
from gateway.api.onecal.events_question import BY_UPDATE, ListParameters, Parameters, Question, question
from gateway.api.onecal.events_render import Place, render
from gateway.api.onecal.zones import ShownZone
from storage.errors import InvalidData
from storage.following import Items

router = APIRouter(prefix="/events/{account}/{calendar}", tags=["Calendar events"])


@router.get("")
def list_events(asking: One, calendar: CalendarPath, parameters: ListParameters) -> Response:
    """The events of a calendar, or what has changed in it since an earlier list."""
    place = Place.of(asking.account, asking.calendar(calendar), asking.service)
    return _listed(asking, place, question(parameters, place))


@router.get("/{event}")
def get_event(asking: One, calendar: CalendarPath, event: EventPath, zone: ShownZone) -> Response:
    """One event: a single one, the master of a series, or an occurrence of one."""
    collection = asking.calendar(calendar)
    place = Place.of(asking.account, collection, asking.service, zone)
    return answer(render(asking.store.event(collection.id, event), place))


@router.get("/{event}/occurrences")
def list_occurrences(asking: One, calendar: CalendarPath, event: EventPath, parameters: Parameters) -> Response:
    """The occurrences of a series in a span of time, or what has changed in them since an earlier list."""
    place = Place.of(asking.account, asking.calendar(calendar), asking.service)
    if not parameters.sync and not parameters.page:
        try:
            asking.store.recurs(place.calendar, event)
        except InvalidData as error:
            raise bad("", error.message) from error
    return _listed(asking, place, question(parameters, place, event))


def _listed(asking: Asking, place: Place, asked: Question) -> Response:
    """A page of a list, with the token of the next page, or of what changes from now on."""
    page = _page(asking, place, asked)
    seq = page.seq if asked.through is None else asked.through
    place = place.shown_in(asked.zone)
    body: dict[str, Any] = {
        "data": [
            *(encoded(render(row, place)) for row in page.rows),
            *({"id": each, "isCancelled": True} for each in page.gone),
        ]
    }
    if page.after is not None:
        body["nextPageToken"] = asked.page_token(page.after, seq)
    else:
        body["nextSyncToken"] = asked.sync_token(seq)
    return answer(body)


def _page(asking: Asking, place: Place, asked: Question) -> Items:
    collection, wish, size = place.calendar, asked.wish, asked.size
    if asked.since is not None:
        return asking.store.changed(collection, wish, asked.since, through=asked.through, after=asked.after, size=size)
    find = asking.store.fitting_by_update if asked.order == BY_UPDATE else asking.store.fitting
    return find(collection, wish, after=asked.after, size=size)
