"""Who changes an event, in which calendar, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime

from storage.ical.lines import Line
from storage.ical.quirks import calendar_address
from storage.ical.timetext import format_datetime


@dataclass(frozen=True, slots=True)
class Editor:
    """`addresses`: the e-mail addresses of whose event it is, the one that the calendar goes by first.

    `zone`: the calendar's time zone (an IANA name), "" where it has none. `at`: seconds since 1970 in UTC.
    """

    addresses: tuple[str, ...]
    zone: str
    at: int
    name: str = ""

    @property
    def stamp(self) -> str:
        """The moment of the change as a DATE-TIME."""
        return format_datetime(datetime.fromtimestamp(self.at, UTC))

    def owns(self, address: str) -> bool:
        """Whether an e-mail address is one of the editor's own; compared without case."""
        return bool(address) and address.lower() in {each.lower() for each in self.addresses}

    def organizes(self, organizer: Line | None) -> bool:
        """Whether the event is the editor's to organize: the ORGANIZER is one of their addresses, or nobody is."""
        return organizer is None or not organizer.value.strip() or self.owns(address_of(organizer))


def address_of(person: Line) -> str:
    """The e-mail address of an ATTENDEE or ORGANIZER, "" where it has none."""
    return calendar_address(person.value, person.param("EMAIL"))
