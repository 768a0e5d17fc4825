"""Copies of a calendar that clients keep by their tokens: exact after any changes, whatever they ask for."""

import random
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import httpx
import pytest

from storage import clock
from storage.model import Origin
from tests.contract.onecal import Copy, OneCal, full
from tests.gateway.api.contract_here import Here
from tests.gateway.api.kloudless.series import override, with_overrides
from tests.gateway.api.onecal.conftest import inside
from tests.storage.texts import event, todo

CHANGES, BATCH = 1_000, 50
YEAR = 366 * 86_400
MONTH = {"startDateTime": "2025-03-01T00:00:00Z", "endDateTime": "2025-04-01T00:00:00Z"}
QUESTIONS: list[dict[str, Any]] = [
    {"limit": 7},
    {"search": "red", "limit": 3},
    {**MONTH, "limit": 5},
    {**MONTH, "expandRecurrences": True, "limit": 9},
    {**MONTH, "expandRecurrences": True, "search": "RED", "isAllDay": False, "orderBy": "updatedDateTime", "limit": 4},
    {"isCancelled": False, "metadataFilters": '{"team":"a"}', "timeZone": "Asia/Tokyo"},
    {"isAllDay": True, "updatedAfter": "2025-06-01T00:00:00.5Z"},
]
FIRST = datetime(2025, 2, 20, tzinfo=UTC)


class Hand:
    """Changes a calendar at random."""

    def __init__(self, here: Here, seed: int) -> None:
        self.here, self.dice = here, random.Random(seed)
        self.place = here.calendar(101)
        self.other = next(each for each in here.store.calendars(101) if each.id != self.place.id)
        self.made = 0

    def change(self) -> None:
        """One change."""
        store, dice = self.here.store, self.dice
        there = [each.href for each in store.listing(self.place.id)]
        do = dice.choices(["add", "edit", "delete", "away", "back"], [8, 10, 5, 1, 2])[0]
        if do == "add" or not there:
            self.made += 1
            self.put(f"{self.made}.ics", f"uid-{self.made}")
        elif do == "edit":
            href = dice.choice(there)
            self.put(href, store.entry_at(self.place.id, href).uid)
        elif do == "delete":
            store.delete_entry(self.place.id, dice.choice(there), origin=Origin.DAV)
        else:
            source, target = (self.place, self.other) if do == "away" else (self.other, self.place)
            movable = [each.href for each in store.listing(source.id)]
            if movable:
                href = dice.choice(movable)
                store.move_entry(source.id, href, target.id, href, origin=Origin.DAV)

    def put(self, href: str, uid: str) -> None:
        """Write something there."""
        self.here.store.put_entry(self.place.id, href, self.text(uid), origin=Origin.DAV)

    def text(self, uid: str) -> str:
        """An event, or seldom a task."""
        dice = self.dice
        title = dice.choice(["Red", "A red one", "Blue", "Green"])
        if dice.random() < 0.05:
            return todo(uid, summary=title)
        begin = FIRST + timedelta(hours=dice.randrange(24 * 45))
        kind = dice.choice(["utc", "zone", "floating", "day"])
        zone = ";TZID=America/New_York" if kind == "zone" else ";VALUE=DATE" if kind == "day" else ""
        form = "%Y%m%d" if kind == "day" else "%Y%m%dT%H0000Z" if kind == "utc" else "%Y%m%dT%H0000"
        length = timedelta(days=1) if kind == "day" else timedelta(hours=dice.randrange(0, 30))
        more = dice.choice(["", "STATUS:CANCELLED\r\n", "X-GATEWAY-PROP;X-KEY=team:a\r\n", ""])
        more += dice.choice(["", "LAST-MODIFIED:20250601T000000Z\r\n", "LAST-MODIFIED:20250601T000001Z\r\n"])
        said = event(
            uid,
            start=f"{zone}:{begin:{form}}",
            end=f"{zone}:{begin + length:{form}}",
            summary=title,
            more=more + (self.rule(begin, zone, form) if dice.random() < 0.5 else ""),
        )
        if "RRULE" not in said or dice.random() < 0.4:
            return said
        moved = begin + timedelta(days=dice.choice([1, 2, 40]))
        at = begin + timedelta(days=dice.randrange(3))
        end = moved + (timedelta(days=1) if kind == "day" else length)
        name = dice.choice(["Moved", "Red moved"])
        one = override(f"{at:{form}}", f"{moved:{form}}", f"{end:{form}}", uid=uid, summary=name, params=zone)
        for start_or_end in ("DTSTART", "DTEND"):
            one = one.replace(f"{start_or_end}:", f"{start_or_end}{zone}:")
        status = dice.choice(["", "STATUS:CANCELLED\r\n"])
        return with_overrides(said, one.replace("END:VEVENT", f"{status}END:VEVENT"))

    def rule(self, begin: datetime, zone: str, form: str) -> str:
        """Some days in a row, with one left out."""
        rule = self.dice.choice(["FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;COUNT=6", "FREQ=MONTHLY", "FREQ=YEARLY"])
        gone = begin + timedelta(days=self.dice.randrange(3))
        return f"RRULE:{rule}\r\n" + self.dice.choice(["", f"EXDATE{zone}:{gone:{form}}\r\n"])


class Busy(OneCal):
    """A client while whose lists are read somebody else writes."""

    def __init__(self, here: Here, hand: Hand) -> None:
        super().__init__(inside(here))
        self.hand = hand
        self.calm = False

    def __call__(self, method: str, path: str = "", *, json: object = None, **params: Any) -> httpx.Response:
        if "pageToken" in params and not self.calm:
            self.hand.change()
        return super().__call__(method, path, json=json, **params)


@pytest.fixture
def hand(here: Here) -> Hand:
    return Hand(here, 1)


def test_copies_are_exact_over_a_thousand_random_changes(here: Here, hand: Hand) -> None:
    api = Busy(here, hand)
    copies = [Copy(api, **question) for question in QUESTIONS]
    told = gone = 0
    dice = hand.dice
    for batch in range(CHANGES // BATCH):
        for _ in range(BATCH):
            hand.change()
        if batch == 10:  # everything is forgotten: the tokens are answered with 410
            with clock.use(lambda: time() + YEAR):
                assert here.store.compact("9999")
        for copy in copies:
            api.calm = False
            if not copy.token:
                copy.read()
            found = copy.follow(limit=dice.choice([3, 20, 100]))
            told += len(found)
            gone += sum(set(each) == {"id", "isCancelled"} for each in found)
            api.calm = True
            copy.follow(limit=1000)
            assert copy.events == full(api, **{**copy.params, "limit": 1000}), copy.params
            assert copy.follow() == []
    assert told > CHANGES
    assert gone > CHANGES // 4
