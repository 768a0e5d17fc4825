"""Which calendar of an account a request is about, and whose it is: for every dialect the same."""

from storage.errors import NotFound
from storage.ical.zones import iana_name
from storage.model import Account, Collection
from storage.store import Store

PRIMARY = "primary"
"""The alias of an account's primary calendar; never in an answer."""


def calendar_of(store: Store, account: Account, name: str) -> Collection | None:
    """A calendar of the account, or one that others share with its user, by id; `primary` is the account's own first.

    None for any other, and for what holds no events.
    """
    if name == PRIMARY:
        return store.primary_calendar(account.id)
    try:
        place = store.collection(name)
    except NotFound:
        return None
    mine = place.account_id == account.id if place.share is None else place.user == account.user
    return place if mine and not place.mailbox and "VEVENT" in place.components else None


def owned(account: Account, calendar: Collection) -> frozenset[str]:
    """The addresses of a calendar's owner in lower case: its own, and those of its account."""
    known = [calendar.email, account.email, *(each.removeprefix("mailto:") for each in account.addresses)]
    return frozenset(each.lower() for each in known if each)


def zone_name_of(calendar: Collection) -> str:
    """The zone in which floating times of a calendar are read; "" where it has none."""
    return iana_name(calendar.timezone) if calendar.timezone else ""
