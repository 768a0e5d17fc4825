"""Activity in the Kloudless dialect (contract A.4 row 18, A.15, D63): what became of calendars and events, in order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from orjson import Fragment

from gateway.api.answers import answer
from gateway.api.kloudless import calendars, events
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.envelope import Size, size_of
from gateway.api.kloudless.errors import ApiError, bad
from gateway.api.kloudless.events_render import Place, as_json
from gateway.api.kloudless.subscriptions import subscription_of
from storage.activity import Activity, Page, Position, position
from storage.errors import InvalidData
from storage.model import Action, Subscription
from storage.records import EventRow

router = APIRouter(prefix="/accounts/{account}/subscriptions/{subscription}/activity", tags=["Activity"])

AFTER_AUTH = "after-auth"
"""The alias of the moment when the account was connected; never in an answer."""

_SIGNS = {Action.ADD: "+", Action.UPDATE: "*", Action.DELETE: "-"}

CursorParameter = Annotated[
    str | None,
    Query(
        description="The `cursor` of an answer: only what came after it. `after-auth`: everything since the account was"
        " connected. Without it: since the subscription was made."
    ),
]


@router.get("")
def list_activity(asking: One, subscription: str, cursor: CursorParameter = None, page_size: Size = None) -> Response:
    """What follows a cursor, oldest first. Nothing is consumed: the same cursor gives the same objects again."""
    followed = active(asking, subscription)
    page = read(asking, followed, cursor, size_of(page_size))
    asking.store.note_read(followed, page)
    return answer(
        {
            "objects": objects(asking, followed, page),
            "cursor": page.position.token,
            "count": len(page.activities),
            "total": page.total,
            "type": "object_list",
            "api": "activity",
        }
    )


@router.get("/latest")
def latest_cursor(asking: One, subscription: str) -> Response:
    """The cursor that nothing follows yet."""
    active(asking, subscription)
    return answer({"cursor": asking.store.newest_activity().token})


def active(asking: Asking, name: str) -> Subscription:
    """The subscription that a path names; raises `ApiError` 404, and 403 where it is not active."""
    found = subscription_of(asking, name)
    if not found.active:
        raise ApiError(403, "forbidden", f"the subscription {found.n} is not active")
    return found


def read(asking: Asking, followed: Subscription, cursor: str | None, size: int) -> Page:
    """A page of what follows a cursor. Raises `ApiError` 400, `CursorExpired`."""
    try:
        return asking.store.activity(followed, _place(asking, cursor), size)
    except InvalidData as error:
        raise bad("cursor", error.message) from None


def _place(asking: Asking, cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    return asking.store.since_connected() if cursor == AFTER_AUTH else position(cursor)


def objects(asking: Asking, followed: Subscription, page: Page) -> list[dict[str, Any]]:
    """The activities of a page as the dialect has them."""
    plain = replace(asking, raw=False)
    places = {key: events.place_of(plain, place) for key, place in page.calendars.items()}
    things = _things(asking, page, places)
    return [
        {
            "id": each.position.name,
            "account": asking.account.id,
            "subscription": followed.n,
            "type": each.action.value,
            "action": _SIGNS[each.action],
            "modified": each.at,
            "ip": None,
            "user_id": None,
            "api": "activity",
            "metadata": things.get(at) or _metadata(plain, each, places[each.collection]),
        }
        for at, each in enumerate(page.activities)
    ]


def _things(asking: Asking, page: Page, places: Mapping[str, Place]) -> dict[int, Fragment]:
    """The events of a page by the numbers of its activities, as they are after the change, or were before it."""
    found: dict[str, dict[int, EventRow]] = {}
    for at, each in enumerate(page.activities):
        if (row := each.event) is not None:
            found.setdefault(each.collection, {})[at] = row
    return {
        at: shown
        for collection, rows in found.items()
        for at, shown in zip(rows, as_json(list(rows.values()), places[collection], asking.faces), strict=True)
    }


def _metadata(asking: Asking, activity: Activity, place: Place) -> dict[str, Any]:
    """A calendar, or as much as is known of an event of which no more is."""
    if not activity.entry:
        return calendars.render(asking, activity.calendar or place.calendar)
    return {
        "id": activity.event_id,
        "account_id": str(asking.account.id),
        "calendar_id": activity.collection,
        "ical_uid": activity.state.entry.uid if activity.state else None,
        "type": "event",
        "api": "calendar",
    }
