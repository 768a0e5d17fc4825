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

EVENT: Mapping[str, frozenset[Service]] = {
    "id": EVERY,
    "all_day": EVERY,
    "start": EVERY,
    "end": EVERY,
    "start_time_zone": EVERY,
    "end_time_zone": EVERY,
    "original_start": frozenset({GOOGLE, CALDAV, ICLOUD}),
    "original_start_time_zone": frozenset({GOOGLE, CALDAV, ICLOUD}),
    "attachments": EVERY,
    "recurrence": EVERY,
    "recurrence_type": EVERY,
    "recurring_master_id": EVERY,
    "href": EVERY,
    "account_id": EVERY,
    "calendar_id": EVERY,
    "ical_uid": EVERY,
    "name": EVERY,
    "description": EVERY,
    "created": EVERY,
    "modified": EVERY,
    "organizer": EVERY,
    "on_organizer_calendar": frozenset({GOOGLE, OUTLOOK, CALDAV, ICLOUD}),
    "creator": frozenset({GOOGLE}),
    "attendees": EVERY,
    "location": EVERY,
    "reminder": frozenset({OUTLOOK, EXCHANGE}),
    "use_default_reminder": frozenset({GOOGLE}),
    "reminders": EVERY,
    "custom_properties": frozenset({GOOGLE, OUTLOOK, CALDAV, ICLOUD}),
    "online_meeting": frozenset({GOOGLE, OUTLOOK, CALDAV, ICLOUD}),
    "visibility": frozenset({GOOGLE, CALDAV, ICLOUD}),
    "transparent": EVERY,
    "status": EVERY,
    "type": EVERY,
    "api": EVERY,
}
"""Attributes of an event, in the order in which they are sent: first those that each instance has of its own.

`raw` comes last, only where it is asked for.
"""

REMINDERS: Mapping[Service, int | None] = {GOOGLE: 5, OUTLOOK: 1, CALDAV: None, EXCHANGE: 1, ICLOUD: None}
"""How many reminders an event has at most; None: any number."""

SPELLED_OUT = frozenset({CALDAV, ICLOUD})
"""Services whose reminders come with their texts (`popup`, `email`)."""
