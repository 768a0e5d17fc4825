"""Calendars in the OneCal dialect (contract C.4, E.2)."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.body import Body, RawBody
from gateway.api.onecal.asking import Asking, CalendarPath, One
from gateway.api.onecal.errors import OneCalError, bad, forbidden
from gateway.api.onecal.events_parse import hex_color
from gateway.api.onecal.events_question import SyncToken
from gateway.api.onecal.paging import Paged, Paging
from gateway.api.pages import parts_of, token
from gateway.api.service import Service
from storage import ids
from storage.ical.kinds import ENTRIES
from storage.ical.zones import iana_name
from storage.model import Collection, CollectionKind, Origin

router = APIRouter(prefix="/calendars/{account}", tags=["Calendars"])

MEETINGS: Mapping[Service, tuple[str, ...]] = {
    Service.GOOGLE: ("hangoutsMeet",),
    Service.OUTLOOK: ("teamsForBusiness",),
}
"""Whose online meetings a service makes, its default in front."""

LONGEST_NAME = 10_000

_PAGE, _SYNC = "onecal-calendars", "onecal-calendars-sync"
_COLOR = re.compile(r"(#[0-9A-Fa-f]{6})(?:[0-9A-Fa-f]{2})?")
_ALL = -1


@router.get("")
def list_calendars(asking: One, paged: Paged, sync: SyncToken = None) -> Response:
    """The account's calendars, in the order they were made, or those that have changed since an earlier list.

    What happens in a calendar is no change of it. Of one that is gone there is but its id and `isCancelled`.
    """
    since, through, after = _place(asking, paged, sync)
    there = {each.n: each for each in asking.store.calendars(asking.account.id)}
    if since == _ALL:
        wanted = [(n, each.id) for n, each in there.items()]
    else:
        wanted = asking.store.touched_calendars(asking.account.id, since)
    rest = sorted(each for each in wanted if each[0] > after)
    page = rest[: paged.size]
    primary = _primary(asking)
    data = [
        _shown(asking, there[n], primary) if n in there else {"id": calendar_id, "isCancelled": True}
        for n, calendar_id in page
    ]
    account = asking.account.id
    if len(rest) > len(page):
        return answer({"data": data, "nextPageToken": token(_PAGE, [account, since, through, page[-1][0]])})
    return answer({"data": data, "nextSyncToken": token(_SYNC, [account, through])})


@router.post("", status_code=201)
def create_calendar(asking: One, raw_body: RawBody) -> Response:
    """Make a calendar; `name` is required."""
    body = Body.parse(raw_body, bad)
    body.need("name")
    made = asking.store.create_collection(
        asking.account.id,
        ids.new_id(),
        kind=CollectionKind.CALENDAR,
        components=tuple(ENTRIES),
        origin=Origin.API,
        actor=asking.actor,
        **_read(body),
    )
    return answer(render(asking, made), 201)


@router.get("/{calendar}")
def get_calendar(asking: One, calendar: CalendarPath) -> Response:
    """One calendar."""
    return answer(render(asking, asking.calendar(calendar)))


@router.put("/{calendar}")
def update_calendar(asking: One, calendar: CalendarPath, raw_body: RawBody) -> Response:
    """Change what the body names."""
    return _changed(asking, calendar, raw_body)


@router.patch("/{calendar}")
def patch_calendar(asking: One, calendar: CalendarPath, raw_body: RawBody) -> Response:
    """The same as PUT."""
    return _changed(asking, calendar, raw_body)


@router.delete("/{calendar}")
def delete_calendar(asking: One, calendar: CalendarPath) -> Response:
    """Delete a calendar with everything in it; the account's primary one stays."""
    place = asking.calendar(calendar)
    if place.id == _primary(asking):
        raise forbidden("the primary calendar cannot be deleted")
    asking.store.delete_collection(place.id, origin=Origin.API, actor=asking.actor, notify=True)
    return answer({"success": True})


def render(asking: Asking, place: Collection) -> dict[str, Any]:
    """A calendar as the dialect has it; what it does not have is left out."""
    return _shown(asking, place, _primary(asking))


def _shown(asking: Asking, place: Collection, primary: str) -> dict[str, Any]:
    color = _COLOR.fullmatch(place.color.strip())
    meetings = MEETINGS.get(asking.service, ())
    shown: dict[str, Any] = {
        "id": place.id,
        "name": place.name,
        "hexColor": color[1] if color else "",
        "readOnly": place.read_only,
        "isPrimary": place.id == primary,
        "isShared": place.share is not None,
        "timeZone": place.timezone,
        "inviteEmail": place.email or ("" if place.share else asking.account.email),
        "allowedOnlineMeetingProviders": list(meetings),
        "defaultOnlineMeetingProvider": meetings[0] if meetings else "",
    }
    return {name: value for name, value in shown.items() if value != "" or name == "name"}


def _primary(asking: Asking) -> str:
    found = asking.store.primary_calendar(asking.account.id)
    return found.id if found else ""


def _place(asking: Asking, paged: Paging, sync: str | None) -> tuple[int, int, int]:
    """Since which change of the journal, through which, and behind which calendar a page is asked for."""
    after = paged.after(_PAGE, int, int, int, int)
    if after is not None:
        if after[0] != asking.account.id or (sync and parts_of(sync, _SYNC, int, int) != [after[0], after[1]]):
            raise bad("pageToken", "belongs to another list")
        return after[1], after[2], after[3]
    if not sync:
        return _ALL, asking.store.head(), 0
    parts = parts_of(sync, _SYNC, int, int)
    if parts is None:
        raise OneCalError(410, "SyncTokenExpired", "this syncToken is not known; list all calendars again")
    if parts[0] != asking.account.id:
        raise bad("syncToken", "belongs to another account")
    return parts[1], asking.store.head(), 0


def _changed(asking: Asking, calendar: str, raw_body: bytes | None) -> Response:
    place = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)
    if "name" in body:
        body.need("name")
    edited = asking.store.update_collection(place.id, origin=Origin.API, actor=asking.actor, **_read(body))
    return answer(render(asking, edited))


def _read(body: Body) -> dict[str, Any]:
    """The properties that a body sets, for the store; null clears one."""
    found: dict[str, Any] = {}
    if "name" in body:
        found["name"] = body.printable("name", most=LONGEST_NAME) or ""
        if not found["name"].strip():
            raise body.wrong("name", "must not be empty")
    if "hexColor" in body:
        found["color"] = hex_color(body, "hexColor") or ""
    if "timeZone" in body:
        found["timezone"] = body.text("timeZone", most=200) or ""
        if found["timezone"] and not iana_name(found["timezone"]):
            raise body.wrong("timeZone", f"{found['timezone'][:80]!r} is no IANA time zone")
    return found
