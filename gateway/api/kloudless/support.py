"""Which service has which attribute (contract A.5, A.6), as data: what a service has not reads null and is ignored."""

from collections.abc import Mapping

from gateway.api.service import Service

GOOGLE, OUTLOOK, CALDAV, EXCHANGE, ICLOUD = Service

EVERY = frozenset(Service)

CALENDAR: Mapping[str, frozenset[Service]] = {
    "name": EVERY,
    "description": frozenset({GOOGLE, CALDAV, ICLOUD}),
    "location": frozenset({GOOGLE}),
    "timezone": frozenset({GOOGLE, CALDAV, ICLOUD}),
}
"""Attributes of a calendar that clients write."""

CONTACTS_WRITTEN = EVERY - {EXCHANGE}
"""Services whose contacts clients make, change and delete (A.4 rows 11–15); all others only show them."""

CONTACTS_IN_BOOKS = frozenset({CALDAV, ICLOUD})
"""Services that have contacts only where an account has an address book (D18)."""
