"""The first and the last day that there is, as zones east and west of Greenwich see them."""

import pytest

from storage.ical.read import read
from storage.recurrence.expand import expand
from tests.gateway.dav.door import event


@pytest.mark.parametrize(
    ("start", "rule", "count"),
    [
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", "RRULE:FREQ=DAILY;COUNT=3", 3),
        ("DTSTART;TZID=America/New_York:99991231T235959", "RRULE:FREQ=DAILY", 1),
        ("DTSTART;TZID=America/New_York:99991230T235959", "RRULE:FREQ=DAILY", 1),
        ("DTSTART;TZID=America/New_York:99991231T235959", "RRULE:FREQ=YEARLY;UNTIL=99991231", 1),
        ("DTSTART;TZID=America/New_York:99991231T235959", "RRULE:FREQ=MONTHLY", 1),
    ],
)
def test_a_series_at_the_end_of_time_has_instances(start: str, rule: str, count: int) -> None:
    found = expand(read(event("x", rule, start, "")), None, None, limit=10).occurrences
    assert len(found) == count
    assert all(each.recurrence_id.endswith("Z") for each in found)
