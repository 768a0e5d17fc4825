"""Calendars in the Kloudless dialect (contract A.4 rows 1–5, A.5)."""

from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer, nothing
from gateway.api.body import Body, RawBody
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.envelope import Paged, by_number, listing
from gateway.api.kloudless.errors import ApiError, bad, unsupported
from gateway.api.kloudless.support import CALENDAR
from gateway.api.service import Service
from storage import ids
from storage.ical.kinds import ENTRIES
from storage.ical.zones import iana_name
from storage.model import Collection, CollectionKind, Origin

router = APIRouter(prefix="/accounts/{account}/cal/calendars", tags=["Calendars"])

UNIFIED = frozenset({*CALENDAR, "id", "account_id", "type", "api", "href", "raw", "summary", "timeZone", "displayname"})
"""What `raw.object` cannot set, because it is set by its own name; also as the services call it."""


@router.get("")
def list_calendars(asking: One, paged: Paged) -> Response:
    """The account's calendars, in the order they were made."""
    every = asking.store.calendars(asking.account.id)
    page, following = by_number("calendars", every, lambda each: each.n, paged)
    return answer(listing([render(asking, each) for each in page], paged, following=following, total=len(every)))


@router.post("", status_code=201)
def create_calendar(asking: One, raw_body: RawBody) -> Response:
    """Make a calendar; `name` is required."""
    body = Body.parse(raw_body, bad)
    body.need("name")
    wanted = _read(asking, body)
    made = asking.store.create_collection(
        asking.account.id,
        ids.new_id(),
        kind=CollectionKind.CALENDAR,
        components=tuple(ENTRIES),
        origin=Origin.API,
        actor=asking.actor,
        **wanted,
    )
    return answer(render(asking, made), 201)


@router.get("/{calendar}")
def get_calendar(asking: One, calendar: str) -> Response:
    """One calendar; `primary` is the account's main one."""
    return answer(render(asking, asking.calendar(calendar)))


@router.patch("/{calendar}")
def update_calendar(asking: One, calendar: str, raw_body: RawBody) -> Response:
    """Change what the body names."""
    place = asking.calendar(calendar)
    if asking.service is Service.EXCHANGE:
        raise unsupported("way to change a calendar", asking.service)
    body = Body.parse(raw_body, bad)
    if "name" in body:
        body.need("name")
    wanted = _read(asking, body, place)
    edited = asking.store.update_collection(place.id, origin=Origin.API, actor=asking.actor, **wanted)
    return answer(render(asking, edited))


@router.delete("/{calendar}", status_code=204)
def delete_calendar(asking: One, calendar: str) -> Response:
    """Delete a calendar with everything in it; the account's main one stays."""
    place = asking.calendar(calendar)
    primary = asking.store.primary_calendar(asking.account.id)
    if primary is not None and primary.id == place.id:
        raise ApiError(403, "permission_denied", "the primary calendar cannot be deleted")
    asking.store.delete_collection(place.id, origin=Origin.API, actor=asking.actor, notify=True)
    return nothing()


def render(asking: Asking, place: Collection) -> dict[str, Any]:
    """A calendar as the dialect has it."""
    values = {
        "name": place.name,
        "description": place.description or None,
        "location": place.location or None,
        "timezone": place.timezone or None,
    }
    shown = {
        "id": place.id,
        "account_id": str(asking.account.id),
        **{name: value if asking.service in CALENDAR[name] else None for name, value in values.items()},
        "type": "calendar",
        "api": "calendar",
        "href": href(asking, place.id),
    }
    return {**shown, "raw": _raw(asking, place, shown)} if asking.raw else shown


def href(asking: Asking, calendar_id: str) -> str:
    """The address of a calendar."""
    return f"{asking.base}/v1/accounts/{asking.account.id}/cal/calendars/{calendar_id}"


def _raw(asking: Asking, place: Collection, shown: dict[str, Any]) -> dict[str, Any]:
    """What the service has of a calendar (D09)."""
    if asking.service is Service.EXCHANGE:
        return {"id": place.id}
    if asking.service in (Service.CALDAV, Service.ICLOUD):
        return {"displayname": place.name, "href": place.remote_href or f"/dav/{place.user}/{place.slug}/", **place.raw}
    named = {"id": place.id, "summary" if asking.service is Service.GOOGLE else "name": place.name}
    rest = {"description": shown["description"], "location": shown["location"], "timeZone": shown["timezone"]}
    return {**named, **{name: value for name, value in rest.items() if value is not None}, **place.raw}


def _read(asking: Asking, body: Body, before: Collection | None = None) -> dict[str, Any]:
    """The properties that a body sets, for the store; what the service does not have is left out."""
    found: dict[str, Any] = {}
    for name in CALENDAR:
        if name in body:
            value = body.text(name, most=10_000)
            if asking.service in CALENDAR[name]:
                found[name] = value or ""
    if "name" in body and not found["name"].strip():
        raise bad("name", "must not be empty")
    if found.get("timezone") and not iana_name(found["timezone"]):
        raise bad("timezone", f"{found['timezone'][:80]!r} is no IANA time zone")
    attributes = raw_object(body)
    if attributes is not None and asking.service is not Service.EXCHANGE:
        merged = {**(before.raw if before else {}), **{k: v for k, v in attributes.items() if k not in UNIFIED}}
        found["raw"] = {name: value for name, value in merged.items() if value is not None}
    return found


def raw_object(body: Body) -> dict[str, Any] | None:
    """The attributes that `raw.object` sets (contract A.2); None where the body has none."""
    raw = body.child("raw")
    given = raw.child("object") if raw is not None else None
    return {name: given.value(name) for name in given} if given is not None else None
