"""The expansion of weekly series over a year, against `recurring-ical-events`."""

from datetime import UTC, datetime

import recurring_ical_events
from icalendar import Calendar

from benchmarks.corpus import weekly
from benchmarks.measure import Row, seconds
from storage.ical.read import read
from storage.recurrence.expand import expand

SIZE = 200
_START, _END = datetime(2028, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)


def rows(size: int = SIZE, runs: int = 5) -> list[Row]:
    """Microseconds per occurrence; both sides begin with parsed calendars."""
    texts = list(weekly(size))
    contents = [read(text) for text in texts]
    calendars = [Calendar.from_ical(text) for text in texts]
    start, end = int(_START.timestamp()), int(_END.timestamp())
    found = sum(len(expand(content, start, end).occurrences) for content in contents)
    theirs = sum(len(recurring_ical_events.of(calendar).between(_START, _END)) for calendar in calendars)
    ours_taken = seconds(lambda: [expand(content, start, end) for content in contents], runs)
    peer_taken = seconds(lambda: [recurring_ical_events.of(one).between(_START, _END) for one in calendars], 1)
    return [
        Row(
            "expansion of a year, one occurrence",
            ours_taken / found * 1e6,
            "us",
            peer_taken / theirs * 1e6,
            "recurring-ical-events",
            goal=10,
            note=f"{found} occurrences" + (f", the peer found {theirs}" if theirs != found else ""),
        )
    ]
