"""The users of a team in the Kloudless dialect (contract B.1, D61): oneself, and those who share a calendar with one.

Nobody becomes visible to somebody to whom they show nothing.
"""

from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.envelope import Paged, by_number, listing
from gateway.api.kloudless.errors import ApiError, not_found, unsupported
from gateway.api.service import Service
from storage.model import Account

router = APIRouter(prefix="/accounts/{account}/team/users", tags=["Team"])


@router.get("")
def list_users(asking: One, paged: Paged) -> Response:
    """The users that the account sees, by number."""
    found = _visible(asking)
    page, following = by_number("users", found, lambda each: each[0].id, paged)
    return answer(listing([_render(*each) for each in page], paged, following=following, total=len(found), api="team"))


@router.get("/{user}")
def get_user(asking: One, user: str) -> Response:
    """One user that the account sees."""
    for each, calendar_id in _visible(asking):
        if str(each.id) == user:
            return answer(_render(each, calendar_id))
    raise not_found(f"user {user[:40]!r} of this team")


def _visible(asking: Asking) -> list[tuple[Account, str | None]]:
    """The accounts that this one sees, by number, each with the calendar that it may use of them."""
    if asking.service in (Service.CALDAV, Service.ICLOUD):
        raise unsupported("team", asking.service)
    if asking.service is Service.OUTLOOK:
        raise ApiError(403, "permission_denied", "only an administrator's account may list the users of its team")
    store, own = asking.store, asking.store.primary_calendar(asking.account.id)
    shown = {asking.account.id: own.id if own else None}
    for place in store.home(asking.account.user):
        if place.share is not None and "VEVENT" in place.components:
            primary = store.primary_calendar(place.account_id)
            if place.account_id not in shown or (primary is not None and primary.n == place.share.source):
                shown[place.account_id] = place.id
    return [(store.account(number), shown[number]) for number in sorted(shown)]


def _render(account: Account, calendar_id: str | None) -> dict[str, Any]:
    return {
        "id": str(account.id),
        "name": account.user,
        "email": account.email or None,
        "calendar_id": calendar_id,
        "type": "user",
        "api": "team",
    }
