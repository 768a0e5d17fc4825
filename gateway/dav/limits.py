"""What a client may put into a collection: the limits of RFC 4791 §5.2, advertised and enforced, and §4.1's rules.

Only writes over this endpoint are held to them. What a provider sends is mirrored as it is.
"""

from collections.abc import Iterator

from gateway.dav.errors import Refusal
from storage.ical.read import Content
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT, key_of
from storage.records import ComponentRecord
from storage.recurrence.expand import expand
from storage.vcard.read import VERSIONS

MIN_DATE_TIME, MAX_DATE_TIME = key_of(FIRST_MOMENT), key_of(LAST_MOMENT)
"""All that iCalendar can write; beyond them lie only the first and last day of zones east and west of Greenwich."""

MAX_INSTANCES = 20_000
"""Instances of one entry that a report looks at, and so the most that a series with an end may have."""

MAX_ATTENDEES = 5_000


def check(content: Content) -> None:
    """Raise `Refusal` (403) with the precondition of RFC 4791 §5.3.2.1 that a new text does not meet."""
    [calendar] = content.tree.components("VCALENDAR")
    if calendar.first("METHOD") is not None:
        raise Refusal(
            403,
            "a text with a METHOD is a message about an entry, not an entry (RFC 4791 §4.1)",
            precondition="<C:valid-calendar-object-resource/>",
            hint="leave METHOD out",
        )
    for moment in _moments(content.components):
        if moment < FIRST_MOMENT:
            raise _beyond("min-date-time", f"nothing here is before {MIN_DATE_TIME}")
        if moment > LAST_MOMENT:
            raise _beyond("max-date-time", f"nothing here is after {MAX_DATE_TIME}")
    if any(len(component.attendees) > MAX_ATTENDEES for component in content.components):
        raise _beyond("max-attendees-per-instance", f"an entry has at most {MAX_ATTENDEES} attendees")
    if any(_has_end(component.rrule) for component in content.components):
        most = MAX_INSTANCES + len(content.components)  # overrides of no instance of the rule come on top
        if len(expand(content, None, None, limit=most + 1).occurrences) > most:
            raise _beyond("max-instances", f"a series that ends has at most {MAX_INSTANCES} instances")


def check_card(content: Content) -> None:
    """Raise `Refusal` (403) for a card of a version that an address book does not hold (RFC 6352 §6.3.2.1)."""
    if content.contact is not None and content.contact.version not in VERSIONS:
        raise Refusal(
            403,
            f"an address book holds vCard 3.0 and 4.0, not {content.contact.version[:20] or 'a card without VERSION'}",
            precondition="<CR:supported-address-data/>" if content.contact.version else "<CR:valid-address-data/>",
        )


def _moments(components: tuple[ComponentRecord, ...]) -> Iterator[int]:
    for component in components:
        yield from (moment for moment in (component.start, component.end) if moment is not None)


def _has_end(rule: str) -> bool:
    """An endless series has as many instances as are asked for: it is looked at in windows, and refused by nobody."""
    return "COUNT=" in rule.upper() or "UNTIL=" in rule.upper()


def _beyond(precondition: str, message: str) -> Refusal:
    return Refusal(403, message, precondition=f"<C:{precondition}/>")
