"""Events in the OneCal dialect, read (contract C.3). What writes them stands in `events_write.py`."""

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.onecal.asking import CalendarPath, EventPath, One
from gateway.api.onecal.events_render import Place, render
from gateway.api.onecal.zones import ShownZone

router = APIRouter(prefix="/events/{account}/{calendar}", tags=["Calendar events"])


@router.get("/{event}")
def get_event(asking: One, calendar: CalendarPath, event: EventPath, zone: ShownZone) -> Response:
    """One event: a single one, the master of a series, or an occurrence of one."""
    collection = asking.calendar(calendar)
    place = Place.of(asking.account, collection, asking.service, zone)
    return answer(render(asking.store.event(collection.id, event), place))
