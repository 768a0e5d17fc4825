"""Activity in the Kloudless dialect (contract A.4 row 18, A.15, D63): what became of calendars and events, in order."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from gateway.api.answers import answer
from gateway.api.kloudless import calendars, events, events_render
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.envelope import Size, size_of
from gateway.api.kloudless.errors import ApiError, bad
from gateway.api.kloudless.subscriptions import subscription_of
from storage.activity import Activity, Page, Position, position
from storage.errors import InvalidData
from storage.model import Action, Subscription

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
    return [_render(plain, followed, each, places[each.collection]) for each in page.activities]


def _render(asking: Asking, followed: Subscription, activity: Activity, place: events_render.Place) -> dict[str, Any]:
    return {
        "id": activity.position.token,
        "account": asking.account.id,
        "subscription": followed.n,
        "type": activity.action.value,
        "action": _SIGNS[activity.action],
        "modified": activity.at,
        "ip": None,
        "user_id": None,
        "api": "activity",
        "metadata": _metadata(asking, activity, place),
    }


def _metadata(asking: Asking, activity: Activity, place: events_render.Place) -> dict[str, Any]:
    """The event or calendar as it is after the change, or was before it was deleted; as much as is known of it."""
    if not activity.entry:
        return calendars.render(asking, activity.calendar or place.calendar)
    row = activity.event
    if row is not None:
        return events_render.render(row, place)
    return {
        "id": activity.event_id,
        "account_id": str(asking.account.id),
        "calendar_id": activity.collection,
        "ical_uid": activity.state.entry.uid if activity.state else None,
        "type": "event",
        "api": "calendar",
    }
