"""Rules for calendars that hold patterned recurrences only (Graph, EWS): the table of contract A.7, D32."""

import pytest

from storage.editing.rules import patterned
from storage.errors import InvalidChange


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "RRULE:FREQ=MONTHLY;BYMONTHDAY=15"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "RRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"),
        ("FREQ=MONTHLY;BYDAY=2TU", "RRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "RRULE:FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=+1MO", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=MO;BYSETPOS=1"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4", "RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4"),
    ],
)
def test_a_rule_that_fits(given: str, made: str) -> None:
    assert patterned([given]) == (made,)


@pytest.mark.parametrize(
    "given",
    [
        "FREQ=HOURLY",
        "FREQ=DAILY;BYDAY=MO",
        "FREQ=DAILY;WKST=SU",
        "FREQ=WEEKLY;BYMONTH=3",
        "FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=2",
        "FREQ=MONTHLY;BYDAY=1TU,3TU",
        "FREQ=YEARLY;BYWEEKNO=3",
        "FREQ=YEARLY;BYYEARDAY=3",
        "EXDATE:20250311T100000Z",
        "RDATE:20250311T100000Z",
    ],
)
def test_a_rule_that_does_not_fit(given: str) -> None:
    lines = [given] if given.startswith("FREQ") else ["RRULE:FREQ=DAILY", given]
    with pytest.raises(InvalidChange) as refused:
        patterned(lines)
    assert refused.value.member == "recurrence"
