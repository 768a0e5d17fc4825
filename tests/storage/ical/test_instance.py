"""One instance of a series, told by its master, is when the expansion says: also where the clocks change meanwhile."""

import pytest

from storage.ical.instance import instance_of
from storage.ical.lines import parse
from storage.ical.read import read
from storage.ical.render import render
from storage.ical.write import calendar_of
from storage.recurrence.expand import expand
from tests.storage.texts import event

PARIS, NEW_YORK = ";TZID=Europe/Paris:", ";TZID=America/New_York:"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (f"{PARIS}20250327T220000", f"{PARIS}20250328T060000"),
        (f"{PARIS}20251023T220000", f"{PARIS}20251024T060000"),
        (f"{PARIS}20250307T110000", f"{NEW_YORK}20250307T060000"),
        (f"{PARIS}20250328T023000", f"{PARIS}20250328T033000"),
        (":20250328T220000", ":20250329T060000"),
        (":20250328T220000Z", ":20250329T060000Z"),
        (";VALUE=DATE:20250328", ";VALUE=DATE:20250330"),
    ],
)
def test_an_instance_is_when_the_series_has_it(start: str, end: str) -> None:
    text = event(start=start, end=end, more="RRULE:FREQ=DAILY;COUNT=5\r\n")
    calendar = calendar_of(parse(text))
    [master] = calendar.components("VEVENT")
    found = expand(read(text), None, None).occurrences
    assert len(found) == 5
    for each in found:
        made = instance_of(master, each.recurrence_id, calendar)
        assert made is not None
        told = render(made, calendar, None)
        assert (told.start, told.end) == (each.start, each.end), each.recurrence_id
