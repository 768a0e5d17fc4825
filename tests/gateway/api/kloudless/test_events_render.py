"""Rendering of events: the support matrix as the contract has it, and that nothing in a calendar makes it raise."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.kloudless.events_render import Faces, Place, as_json, render
from gateway.api.kloudless.support import EVENT
from gateway.api.service import Service
from storage.errors import InvalidData
from storage.ical.read import decode, read
from storage.model import Account, Collection, CollectionKind, Entry
from storage.records import EventRow
from storage.recurrence.expand import expand
from tests.storage.texts import event

CORPUS = sorted((Path(__file__).parents[3] / "ics").glob("*.ics"))

# Contract A.6: google, outlook, caldav, exchange, icloud; "+" for ✓ and ✓ᵢ, "-" for what reads null.
MATRIX = """
id +++++
account_id +++++
calendar_id +++++
ical_uid +++++
name +++++
description +++++
created +++++
modified +++++
all_day +++++
start +++++
end +++++
start_time_zone +++++
end_time_zone +++++
original_start +-+-+
original_start_time_zone +-+-+
organizer +++++
on_organizer_calendar +++-+
creator +----
attendees +++++
location +++++
attachments +++++
reminder -+-+-
use_default_reminder +----
reminders +++++
recurrence +++++
recurrence_type +++++
recurring_master_id +++++
custom_properties +++-+
online_meeting +++-+
visibility +-+-+
transparent +++++
status +++++
type +++++
api +++++
href +++++
"""

NEVER_NULL = {
    "id", "account_id", "calendar_id", "ical_uid", "name", "all_day", "start", "end", "attendees", "attachments",
    "reminders", "recurrence", "recurrence_type", "transparent", "status", "type", "api", "href",
}  # fmt: skip


def test_the_support_matrix_is_that_of_the_contract() -> None:
    services = (Service.GOOGLE, Service.OUTLOOK, Service.CALDAV, Service.EXCHANGE, Service.ICLOUD)
    wanted = {}
    for line in MATRIX.strip().splitlines():
        name, marks = line.split()
        wanted[name] = {service for service, mark in zip(services, marks, strict=True) if mark == "+"}
    assert {name: set(have) for name, have in EVENT.items()} == wanted


def _place(service: Service, zone: str, *, raw: bool = True, base: str = "http://x") -> Place:
    account = Account(101, "a", "alice", "local", "a@x", mirrored=False, addresses=("mailto:a@x",))
    calendar = Collection(1, "c", 101, "alice", "c", CollectionKind.CALENDAR, ("VEVENT",), "C", timezone=zone)
    return Place.of(account, calendar, service, base, raw=raw, html=True)


def _look_at(text: str) -> None:
    """Render everything that an entry holds, for every service, and check what has to be there."""
    content = read(text)
    entry = Entry(1, "e" * 32, 1, "a.ics", content.uid, content.kind, text, "h" * 32, len(text), 1, "2026", "2026")
    master = next((each for each in content.components if not each.recurrence_id), None)
    rows = [EventRow(entry, each) for each in content.components if each.name == "VEVENT" and not each.recurrence_id]
    for occurrence in expand(content, None, None, limit=5).occurrences:
        component = content.components[occurrence.position]
        if component.name == "VEVENT":
            rows.append(EventRow(entry, component, occurrence, master))
    for row in rows:
        for service in Service:
            for zone in ("Europe/Paris", "", "Nowhere/Land"):
                shown = render(row, _place(service, zone))
                assert list(shown) == [*EVENT, "raw"]
                orjson.dumps(shown)
                told = NEVER_NULL if row.component.start is not None else NEVER_NULL - {"start", "end"}
                assert [name for name in told if shown[name] is None] == []
    _lists_show_the_same([row for row in rows if row.occurrence or row.component is master])


def _lists_show_the_same(rows: list[EventRow]) -> None:
    """What is remembered of one row never stands in for another, nor for the same in another place."""
    faces = Faces(1000)
    places = [_place(service, "", raw=False) for service in Service]
    places += [_place(Service.CALDAV, "Asia/Tokyo", raw=False), _place(Service.CALDAV, "", raw=False, base="http://y")]
    for _ in range(2):
        for place in places:
            shown = orjson.loads(orjson.dumps(as_json(rows, place, faces)))
            assert shown == orjson.loads(orjson.dumps([render(row, place) for row in rows]))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_text_of_the_corpus_has_a_form(path: Path) -> None:
    try:
        text = decode(path.read_bytes())
        read(text)
    except InvalidData:
        return
    _look_at(text)


NAMES = st.sampled_from(
    [
        "ATTENDEE",
        "ORGANIZER;CN=x",
        "ATTACH",
        "ATTACH;VALUE=BINARY",
        "CLASS",
        "STATUS",
        "TRANSP",
        "RRULE",
        "EXDATE",
        "RDATE",
        "CONFERENCE",
        "DESCRIPTION",
        "X-GATEWAY-MEETING",
        "X-GATEWAY-PROP;X-KEY=k",
        "X-GATEWAY-RAW;X-KEY=k",
        "X-GATEWAY-CREATOR",
        "CREATED",
        "LOCATION",
        "DURATION",
        "X-ALT-DESC;FMTTYPE=text/html",
        "LAST-MODIFIED",
        "RECURRENCE-ID",
    ]
)
WORDS = st.sampled_from(
    [
        "FREQ=DAILY;COUNT=3",
        "FREQ=YEARLY;UNTIL=99991231",
        "20260301T100000Z",
        "20260301",
        "mailto:a@x",
        "00010101T000000Z",
        "<p>x<br>y",
        "<![foo",
        "{",
        "null",
        "https://[x",
        "tel:1",
        "PRIVATE",
        "CANCELLED",
        "99991231T235959Z",
        "-P1D",
    ]
)
VALUES = WORDS | st.text(st.characters(exclude_characters="\x00\r\n", exclude_categories=["Cs"]), max_size=20)
STARTS = st.sampled_from(
    [
        ":00010101T000000Z",
        ";TZID=Asia/Tokyo:00010101T000000",
        ":99991231T235959",
        ";VALUE=DATE:99991231",
        ":18800101T000000Z",
        ";TZID=Europe/Paris:20260329T023000",
        ";TZID=Nowhere:20260329T023000",
        ";TZID=America/New_York:99991231T235959",
    ]
)
ALARM = "BEGIN:VALARM\r\n{}\r\nEND:VALARM\r\n"
TRIGGERS = ("ACTION:EMAIL", "TRIGGER:-PT0S", "ACTION:DISPLAY\r\nTRIGGER;RELATED=END:-P1W", "TRIGGER:00010101T000000Z")
ALARMS = st.sampled_from(["", *map(ALARM.format, TRIGGERS)])


@given(STARTS, st.lists(st.tuples(NAMES, VALUES), max_size=5), ALARMS)
def test_whatever_stands_in_an_event_has_a_form(start: str, lines: list[tuple[str, str]], alarm: str) -> None:
    text = event(start=start, end="", more="".join(f"{name}:{value}\r\n" for name, value in lines) + alarm)
    try:
        read(text)
    except InvalidData:
        return
    _look_at(text)
