"""The table of what Google holds is true of what the mapping writes and reads."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.google.changes import Verb, changes, creation
from plugins.google.events import Setting
from plugins.google.holding import GOOGLE
from plugins.google.mapping import Calendar, entry
from storage.errors import InvalidData, Rejected
from storage.ical.canonical import canonical
from storage.ical.read import decode, read
from storage.model import Kind
from storage.projection import lost, project
from tests.plugins.google.resources import CALENDAR, MEMBERS, events

ICS = Path(__file__).parents[2] / "ics"
SETTING = Setting("Europe/Berlin", {"anna@example.com"}, "key")

QUIET = Calendar("Europe/Berlin", "anna@example.com")
"""A calendar without reminders of its own, as the corpus takes for granted."""

LOST = {
    "CATEGORIES": "CATEGORIES:a,b\r\n",
    "GEO": "GEO:52.5;13.4\r\n",
    "URL": "URL:https://example.com\r\n",
    "X-OWN": "X-OWN;X-KIND=z:b\r\n",
    "VLOCATION": "BEGIN:VLOCATION\r\nUID:l\r\nEND:VLOCATION\r\n",
    "PRIORITY": "PRIORITY:1\r\n",
}


def shown(text: str, calendar: Calendar = CALENDAR, **more: Any) -> str:
    """What Google shows of an event that it was given, once it has been read back."""
    (made,) = creation(text, SETTING)
    answer = {"id": "abcde12345", "status": "confirmed", "organizer": {"email": "anna@example.com", "self": True}}
    found = entry([{**answer, **made.body, **more}], calendar)
    assert found is not None
    return found


@settings(max_examples=40)
@given(events(), MEMBERS["reminders"], st.sets(st.sampled_from(sorted(LOST))))
def test_what_the_table_says_is_held_comes_back(event: dict[str, Any], reminders: Any, more: set[str]) -> None:
    plain = entry([{"status": "confirmed", **event, "reminders": reminders}], CALENDAR)
    assert plain is not None
    rich = plain.replace("END:VEVENT", "".join(LOST[name] for name in sorted(more)) + "END:VEVENT")
    rich = rich.replace("ATTENDEE;", "ATTENDEE;RSVP=TRUE;")
    kept = {name: event[name] for name in ("attachments",) if name in event}
    assert canonical(shown(rich, **kept)) == canonical(project(rich, GOOGLE))
    assert set(lost(rich, GOOGLE)) == more | ({";RSVP"} if "attendees" in event else set())


def corpus() -> list[str]:
    """Texts of events of many hands, those that are one event or series without exceptions."""
    found = []
    for path in sorted(ICS.glob("*.ics")):
        try:
            text = decode(path.read_bytes())
            content = read(text)
        except InvalidData:
            continue
        if content.kind is Kind.EVENT and len(content.components) == 1:
            found.append(text)
    return found


def test_what_google_has_been_told_it_is_not_told_again() -> None:
    told = 0
    for text in corpus():
        try:
            base = shown(text, QUIET)
        except (InvalidData, Rejected):
            continue
        assert changes(base, text, SETTING, "abcde12345") == [], text
        told += 1
    assert told > 70


@pytest.mark.parametrize("name", ["X-GATEWAY-PROP", "X-GATEWAY-RAW", "X-GATEWAY-MEETING", "X-ALT-DESC"])
def test_the_mirrors_own_properties_are_not_dropped_with_the_others(name: str) -> None:
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{name}:a\r\nX-OTHER:b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert project(text, GOOGLE) == text.replace("X-OTHER:b\r\n", "")


def test_an_edit_of_what_is_only_here_asks_for_no_write() -> None:
    texts = corpus()
    for name, line in LOST.items():
        text = texts[0].replace("END:VEVENT", f"{line}END:VEVENT")
        assert changes(shown(texts[0], QUIET), text, SETTING, "abcde12345") == [], name
        assert [each.verb for each in creation(text, SETTING)] == [Verb.INSERT]
