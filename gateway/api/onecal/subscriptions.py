"""Who is told of changes in the OneCal dialect (contract C.4); what tells them is `gateway/hooks/callbacks.py`."""

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.body import Body, RawBody
from gateway.api.onecal.accounts import PROVIDERS
from gateway.api.onecal.asking import Asking, One
from gateway.api.onecal.errors import OneCalError, bad
from gateway.api.onecal.paging import Paged, by_number
from storage import callbacks
from storage.tables.callbacks import Callback

router = APIRouter(prefix="/calendarSubscriptions/{account}", tags=["Calendar subscriptions"])

EVENT, CALENDAR = "event", "calendar"
LONGEST_URL, FASTEST = 2_000, 1_000


@router.get("")
def list_subscriptions(asking: One, paged: Paged) -> Response:
    """Where the account's changes are told, oldest first; what signs them was said once, to who made it."""
    every = callbacks.of_account(asking.store, asking.account.id)
    page, following = by_number("onecal-subscriptions", every, lambda each: each.n, paged)
    return answer({"data": [_shown(asking, each) for each in page], **following})


@router.post("", status_code=201)
def create_subscription(asking: One, raw_body: RawBody) -> Response:
    """Tell an address of changes from now on: those of events of a calendar, or of the account's calendars."""
    body = Body.parse(raw_body, bad)
    body.need("webhookUrl", "subscriptionType")
    url = _url(body)
    kind = body.choice("subscriptionType", (EVENT, CALENDAR))
    rate = body.number("rateLimit", 1, FASTEST) or 0
    collection = ""
    if kind == EVENT:
        body.need("calendarId")
        try:
            place = asking.calendar(body.text("calendarId", most=200) or "")
        except OneCalError as error:
            raise OneCalError(error.status, error.code, f"calendarId: {error.message}") from error
        if place.share is not None:
            raise body.wrong("calendarId", "is somebody else's calendar: subscribe to it in their account")
        collection = place.id
    made, secret = callbacks.add(asking.store, asking.account.id, collection, url, rate)
    return answer({"webhookSubscriptionId": made.id, "endpointSecret": secret}, 201)


@router.delete("")
def delete_subscription(asking: One, raw_body: RawBody) -> Response:
    """Tell an address nothing any more: `{"subscriptionId"}`, or that inside of `data`, as a known client sends it."""
    body = Body.parse(raw_body, bad)
    body = body if "subscriptionId" in body else body.child("data") or body
    body.need("subscriptionId")
    callbacks.remove(asking.store, asking.account.id, body.text("subscriptionId", most=200) or "")
    return answer({"success": True})


def _url(body: Body) -> str:
    """An absolute address that a request can be sent to; whether it may be, is decided when it is."""
    url = (body.printable("webhookUrl", most=LONGEST_URL) or "").strip()
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isascii() or any(each <= " " for each in url):
        raise body.wrong("webhookUrl", "must be an address that begins with https:// or http://")
    return url


def _shown(asking: Asking, callback: Callback) -> dict[str, Any]:
    """A subscription, by both names that the original has for its id and its address."""
    return {
        "webhookSubscriptionId": callback.id,
        "id": callback.id,
        "webhookUrl": callback.url,
        "url": callback.url,
        "provider": PROVIDERS[asking.service],
        "subscriptionType": EVENT if callback.collection else CALENDAR,
        **({"calendarId": callback.collection} if callback.collection else {}),
        "endUserAccountId": str(callback.account),
        **({"rateLimit": callback.rate} if callback.rate else {}),
        "createdAt": callback.created,
        "updatedAt": callback.created,
    }
