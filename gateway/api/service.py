"""Whose rules an account follows in the JSON API: the service that it is declared with, or that its upstream is."""

from enum import StrEnum
from urllib.parse import urlsplit

from storage.model import Account


class Service(StrEnum):
    """The profiles of the contract (section 0): each selects rules, whatever the backend is."""

    GOOGLE = "google_calendar"
    OUTLOOK = "outlook_calendar"
    CALDAV = "caldav"
    EXCHANGE = "exchange"
    ICLOUD = "icloud_calendar"


NOTIFYING = frozenset({Service.GOOGLE, Service.OUTLOOK})
"""Services that tell the attendees of what is written (contract A.12)."""

PATTERNED = frozenset({Service.OUTLOOK, Service.EXCHANGE})
"""Services whose series are one pattern (contract A.7, E.1b): they take its rule alone."""

TITLES = {
    Service.GOOGLE: "Google Calendar",
    Service.OUTLOOK: "Outlook Calendar",
    Service.CALDAV: "CalDAV",
    Service.EXCHANGE: "Exchange",
    Service.ICLOUD: "iCloud Calendar",
}
"""How people call them."""

_PROVIDERS = {
    "google": Service.GOOGLE,
    "outlook": Service.OUTLOOK,
    "exchange": Service.EXCHANGE,
    "icloud": Service.ICLOUD,
}


def service_of(account: Account) -> Service:
    """The account's profile; that of an account nobody said anything of is `caldav`."""
    if account.service:
        return Service(account.service)
    host = urlsplit(account.settings.get("url", "")).hostname or ""
    if host == "icloud.com" or host.endswith(".icloud.com"):
        return Service.ICLOUD
    return _PROVIDERS.get(account.provider, Service.CALDAV)
