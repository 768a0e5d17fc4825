"""One event through every door: whatever door writes it, it reads the same through all the others (contract E.1).

The matrix is every writer × every reader × every case. Each door is compared over the members that both of them have.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.contract.door_caldav import ME, CalDav
from tests.contract.door_mcp import Mcp
from tests.contract.doors import Access, Door, Kloudless, OneCal, Told
from tests.contract.serving import Fixture

JANE = "jane@example.com"

CASES: Mapping[str, Told] = {
    "plain": Told(),
    "text": Told(title='Hé; \\ , "quoted"', description="a\nb, c; d\\n é 🎉", location="Hall 3, Öst"),
    "dst": Told(start=datetime(2026, 3, 29, 0, 30, tzinfo=UTC), end=datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    "elsewhere": Told(zone="Asia/Kathmandu"),
    "days": Told(start=date(2026, 7, 21), end=date(2026, 7, 23), zone=""),
    "series": Told(rule="FREQ=WEEKLY;COUNT=3"),
    "days again": Told(start=date(2026, 7, 21), end=date(2026, 7, 22), zone="", rule="FREQ=DAILY;COUNT=2"),
    "guests": Told(guests={ME: "needsAction", JANE: "needsAction"}),
    "answers": Told(guests={ME: "accepted", JANE: "declined", "joe@example.com": "tentative"}),
    "private": Told(visibility="private"),
    "confidential": Told(visibility="confidential", transparent=True),
    "reminders": Told(minutes=(30, 5)),
    "properties": Told(private={"a": "1, 2"}, public={"a": "b;c"}),
    "meeting": Told(meeting="https://meet.example.com/abc?x=1&y=2"),
    "labels": Told(labels=("Family", "a, b; c")),
    "cancelled": Told(cancelled=True),
}


DOORS: Mapping[str, type[Any]] = {
    "caldav": CalDav,
    "kloudless": Kloudless,
    "onecal": OneCal,
    "access": Access,
    "mcp": Mcp,
}


@pytest.fixture(scope="module")
def doors(fixture: Fixture) -> Mapping[str, Door]:
    return {name: door(fixture) for name, door in DOORS.items()}


@pytest.fixture(autouse=True)
def emptied(fixture: Fixture) -> Iterator[None]:
    """The calendar is empty again afterwards."""
    yield
    api = fixture.api(101)
    for each in api.get("cal/calendars/primary/events", params={"instances": "false"})["objects"]:
        api.delete(f"cal/calendars/primary/events/{each['id']}")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("writer", DOORS)
def test_what_one_door_writes_all_doors_read(doors: Mapping[str, Door], writer: str, case: str) -> None:
    told = CASES[case]
    doors[writer].write(told)
    for reader, door in doors.items():
        read = door.read()
        for name in doors[writer].writes & door.reads:
            assert getattr(read, name) == getattr(told, name), (writer, reader, name)
