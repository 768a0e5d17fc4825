"""When calendars are busy, in the OneCal dialect (contract C.4)."""

from datetime import UTC
from itertools import chain
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.body import Body, RawBody
from gateway.api.onecal.asking import One
from gateway.api.onecal.errors import OneCalError, bad
from gateway.api.times import time_text, zone_of
from storage.editing.times import read_stamp, read_zone
from storage.errors import InvalidData
from storage.scheduling.busy import merged

router = APIRouter(prefix="/freeBusy/{account}", tags=["Free and busy"])

MOST_CALENDARS = 100


@router.post("")
def find_busy(asking: One, raw_body: RawBody) -> Response:
    """The busy time of calendars inside a span, by calendar; what takes no time, or was declined, does not count."""
    body = Body.parse(raw_body, bad)
    body.need("startDateTime", "endDateTime", "timeZone", "calendarIds")
    try:
        zone = read_zone(body.text("timeZone") or "")
    except InvalidData as error:
        raise body.wrong("timeZone", f"{error.message}; {error.hint}") from error
    start, end = (_instant(body, name, zone) for name in ("startDateTime", "endDateTime"))
    if start >= end:
        raise body.wrong("endDateTime", "must be after startDateTime")
    wanted = body.texts("calendarIds", most=MOST_CALENDARS) or []
    if not wanted:
        raise body.wrong("calendarIds", "must have at least one calendar")
    try:
        places = {place.id: place for place in map(asking.calendar, wanted)}
    except OneCalError as error:
        raise OneCalError(error.status, error.code, f"calendarIds: {error.message}") from error
    found = asking.store.busy(list(places.values()), [(start, end)])
    return answer(
        [
            {
                "calendarId": calendar_id,
                "busySlots": [
                    {"start": _shown(first, zone), "end": _shown(last, zone)}
                    for first, last in merged(chain.from_iterable(busy.values()))
                ],
            }
            for calendar_id, busy in zip(places, found, strict=True)
        ]
    )


def _instant(body: Body, name: str, zone: str) -> int:
    """An instant; what names no offset is read in `zone`."""
    try:
        return read_stamp(body.text(name) or "").epoch(zone_of(zone) or UTC)
    except InvalidData as error:
        raise body.wrong(name, f"{error.message}; {error.hint}") from error


def _shown(at: int, zone: str) -> dict[str, Any]:
    return {"dateTime": time_text(at, zone, all_day=False, floating=False), "timeZone": zone}
