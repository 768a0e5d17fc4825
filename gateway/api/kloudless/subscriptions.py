"""Subscriptions in the Kloudless dialect (contract A.4 rows 19–20, A.16): who follows the changes of an account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer, nothing
from gateway.api.body import Body, RawBody
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.envelope import Paged, by_number, listing
from gateway.api.kloudless.errors import ApiError, bad, not_found
from storage import clock
from storage.model import State, Subscription
from storage.subscriptions import default_of

router = APIRouter(prefix="/accounts/{account}/subscriptions", tags=["Subscriptions"])

DEFAULT = "default"
"""The alias of an account's default subscription; never in an answer."""

TYPE = "changes"

_DAY = timedelta(days=1)
_CUT_OFF = (State.NEEDS_LOGIN, State.BLOCKED)


@router.get("")
def list_subscriptions(asking: One, paged: Paged) -> Response:
    """The account's subscriptions, oldest first."""
    every = asking.store.subscriptions(asking.account.id)
    page, following = by_number("subscriptions", every, lambda each: each.n, paged)
    objects = [_render(asking, each, every) for each in page]
    return answer(listing(objects, paged, following=following, total=len(every), api="activity"))


@router.post("", status_code=201)
def create_subscription(asking: One, raw_body: RawBody) -> Response:
    """Follow the account's changes from now on: those of all its calendars, or of `monitored_resources`."""
    body = Body.parse(raw_body, bad)
    body.choice("subscription_type", (TYPE,))
    made = asking.store.subscribe(asking.account.id, _monitored(asking, body) or ())
    return answer(_shown(asking, made), 201)


@router.get("/{subscription}")
def get_subscription(asking: One, subscription: str) -> Response:
    """One subscription; `default` is the account's default one."""
    return answer(_shown(asking, subscription_of(asking, subscription)))


@router.patch("/{subscription}")
def update_subscription(asking: One, subscription: str, raw_body: RawBody) -> Response:
    """Change what the body names: `active`, `monitored_resources`."""
    known = subscription_of(asking, subscription)
    body = Body.parse(raw_body, bad)
    if "active" in body:
        body.need("active")
    active, monitored = body.flag("active"), _monitored(asking, body, known.monitored)
    return answer(
        _shown(asking, asking.store.update_subscription(known.account, known.n, active=active, monitored=monitored))
    )


@router.delete("/{subscription}", status_code=204)
def delete_subscription(asking: One, subscription: str) -> Response:
    """Follow no more."""
    known = subscription_of(asking, subscription)
    asking.store.unsubscribe(known.account, known.n)
    return nothing()


def subscription_of(asking: Asking, name: str) -> Subscription:
    """The subscription that a path names; raises `ApiError` 404."""
    if name != DEFAULT and not (name.isascii() and name.isdecimal() and len(name) < 19):
        raise not_found(f"subscription {name[:40]!r} of this account")
    return asking.store.subscription(asking.account.id, None if name == DEFAULT else int(name))


def _monitored(asking: Asking, body: Body, kept: Sequence[str] = ()) -> list[str] | None:
    """The ids of the calendars that the body names; None where it says nothing of them.

    `kept` may be named again, though they may have been deleted meanwhile.
    """
    if "monitored_resources" not in body:
        return None
    found: list[str] = []
    for at, name in enumerate(body.texts("monitored_resources") or ()):
        if name not in kept:
            try:
                place = asking.calendar(name)
            except ApiError as error:
                raise body.wrong(f"monitored_resources[{at}]", error.message) from None
            if place.share is not None:
                raise body.wrong(f"monitored_resources[{at}]", "is a calendar of another account")
            name = place.id
        found.append(name)
    return list(dict.fromkeys(found))


def _shown(asking: Asking, subscription: Subscription) -> dict[str, Any]:
    return _render(asking, subscription, asking.store.subscriptions(asking.account.id))


def _render(asking: Asking, subscription: Subscription, every: Sequence[Subscription]) -> dict[str, Any]:
    """A subscription among all those of its account."""
    account, default = asking.account, default_of(every)
    return {
        "id": subscription.n,
        "account": account.id,
        "type": "subscription",
        "api": "activity",
        "active": subscription.active,
        "disable_reason": account.reason if account.state in _CUT_OFF else "",
        "subscription_type": TYPE,
        "default": default is not None and default.n == subscription.n,
        "expiry": _expiry(subscription),
        "created": subscription.created,
        "modified": subscription.modified,
        "monitored_resources": list(subscription.monitored),
        "monitored_resource_object_type": "calendar",
        "monitored_resource_api": "calendar",
        "last_cursor_updated_at": subscription.last_read,
        "last_cursor": subscription.last_cursor,
    }


def _expiry(subscription: Subscription) -> str | None:
    """A day after the last renewal. A running server renews what is active every day, at the hour it was made."""
    if not subscription.active:
        return None
    made = datetime.fromisoformat(subscription.created)
    days = max((clock.now() - made) // _DAY, 0) + 1
    return clock.iso((made + days * _DAY).timestamp())
