"""Short ways to write an entry and to read its occurrences, for the tests of the expansion.

Properties are divided by blanks; times come back as `03-05 10:00`, in UTC or as the wall clock shows without a zone.
"""

from datetime import UTC, datetime

from storage.ical.read import read
from storage.recurrence.expand import Expansion, expand

BERLIN = "TZID=Europe/Berlin"


def seconds(text: str) -> int:
    """`2026-03-05` or `2026-03-05 10:00` as seconds since 1970, read in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def entry(*components: str, kind: str = "VEVENT") -> str:
    """A text with one component for each block of lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    for component in components:
        lines += [f"BEGIN:{kind}", "UID:u", "DTSTAMP:20260101T000000Z", *component.split(), f"END:{kind}"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def expanded(text: str, first: str = "", last: str = "", limit: int = 20_000) -> Expansion:
    return expand(read(text), seconds(first) if first else None, seconds(last) if last else None, limit=limit)


def starts(text: str, first: str = "", last: str = "") -> list[str]:
    """The starts as `03-05 10:00`, in UTC or as the wall clock shows where there is no zone."""
    found = expanded(text, first, last)
    return [f"{datetime.fromtimestamp(each.start, UTC):%m-%d %H:%M}" for each in found.occurrences]


def spans(text: str, first: str = "", last: str = "") -> list[str]:
    """Starts and ends with the position of the describing component: `03-05 10:00 > 03-05 11:00 0`."""
    found = expanded(text, first, last).occurrences
    times = [[datetime.fromtimestamp(at, UTC) for at in (each.start, each.end)] for each in found]
    return [f"{a:%m-%d %H:%M} > {b:%m-%d %H:%M} {each.position}" for (a, b), each in zip(times, found, strict=True)]


WEEKLY = f"DTSTART;{BERLIN}:20260301T100000 DTEND;{BERLIN}:20260301T110000 RRULE:FREQ=WEEKLY;COUNT=6"
DAILY = "DTSTART:20260310T100000Z DTEND:20260310T110000Z RRULE:FREQ=DAILY;COUNT=6"
