"""The sample collections of the demo: a private calendar, two of a company, a task list, an address book.

All dates of the calendars lie around a given day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gateway.demo import home, people, tasks, team, work


@dataclass(frozen=True, slots=True)
class SampleCollection:
    """A collection to fill an upstream with.

    `color` is `#RRGGBB`, `timezone` an IANA name, `components` the component names it holds; `entries` maps resource
    names (decoded, not percent-encoded) to iCalendar or vCard texts with CRLF line ends.
    """

    name: str
    color: str
    timezone: str
    components: tuple[str, ...]
    entries: Mapping[str, str]


def sample_collections(today: date) -> list[SampleCollection]:
    """The collections as they would look on `today`; the same day gives the same bytes."""
    return [
        SampleCollection("Home", "#2E8B57", home.ZONE, ("VEVENT",), home.entries(today)),
        SampleCollection("Work", "#1F6FEB", work.ZONE, ("VEVENT",), work.entries(today)),
        SampleCollection("Team", "#D97706", team.ZONE, ("VEVENT",), team.entries(today)),
        SampleCollection("Tasks", "#A855F7", tasks.ZONE, ("VTODO", "VJOURNAL"), tasks.entries(today)),
        SampleCollection("People", "", "", ("VCARD",), people.entries(today)),
    ]
