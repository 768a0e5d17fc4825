"""The sample calendars and contacts: valid, accepted by a real Radicale, and as varied as they promise."""

from base64 import b64encode
from datetime import date, datetime, timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from radicale import config
from radicale.app import Application

from gateway.demo.sample import SampleCollection, sample_collections
from gateway.demo.zones import vtimezone
from storage.content import read, same
from storage.model import CollectionKind
from storage.vcard.convert import convert

TODAY = date(2026, 11, 22)


def texts(today: date = TODAY, *, cards: bool = False) -> list[tuple[str, str]]:
    """Of the calendars, or of the address book."""
    wanted = [each for each in sample_collections(today) if (each.components == ("VCARD",)) is cards]
    return list(chain.from_iterable(collection.entries.items() for collection in wanted))


def by_href(href: str, today: date = TODAY) -> str:
    return dict(texts(today))[href]


def test_there_are_enough_of_them() -> None:
    collections = sample_collections(TODAY)
    assert [collection.name for collection in collections] == ["Home", "Work", "Team", "Tasks", "People"]
    assert 40 <= len(texts()) <= 60
    assert len({href for href, _ in texts()}) == len(texts())


@pytest.mark.parametrize("collection", sample_collections(TODAY), ids=lambda collection: collection.name)
def test_every_entry_is_what_its_collection_holds(collection: SampleCollection) -> None:
    uids = set()
    for href, text in collection.entries.items():
        cards = collection.components == ("VCARD",)
        content = read(text, CollectionKind.CONTACTS if cards else CollectionKind.CALENDAR)
        assert {component.name for component in content.components} <= set(collection.components), href
        assert text.replace("\r\n", "").count("\n") == 0
        assert all(len(line.encode()) <= 75 for line in text.split("\r\n")), href
        uids.add(content.uid)
    assert len(uids) == len(collection.entries)


@settings(max_examples=12)
@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_they_are_valid_whatever_the_day(today: date) -> None:
    for href, text in texts(today):
        parsed = Calendar.from_ical(text)
        named = {line.split("TZID=")[1].split(":")[0] for line in text.splitlines() if ";TZID=" in line}
        assert named == {str(zone["TZID"]) for zone in parsed.walk("VTIMEZONE")}, href
        for component in parsed.walk():
            assert component.errors == [], href
            start = component.get("DTSTART")
            end = component.get("DTEND") or component.get("DUE")
            if start is not None and end is not None and component.name != "VTIMEZONE":
                assert start.dt < end.dt or component["UID"].startswith("flight"), href


def test_every_recurrence_id_names_an_occurrence_of_its_series() -> None:
    overrides = 0
    for href, text in texts():
        calendar = Calendar.from_ical(text)
        changed = [event for event in calendar.walk("VEVENT") if "RECURRENCE-ID" in event]
        for event in changed:
            calendar.subcomponents.remove(event)
        for event in changed:
            original = event["RECURRENCE-ID"].dt
            assert original in [found["DTSTART"].dt for found in recurring_ical_events.of(calendar).at(original)], href
        overrides += len(changed)
    assert overrides >= 6


def test_they_show_what_calendars_are_made_of() -> None:
    everything = "".join(text for _, text in texts())
    for needed in (
        "RRULE:", "EXDATE", "RDATE", "RECURRENCE-ID", "STATUS:CANCELLED", "ATTENDEE", "ORGANIZER", "BEGIN:VALARM",
        "RELATED-TO", "COMPLETED:", "DUE", "TZID=Asia/Tokyo", "TZID=America/New_York", "TZID=Europe/Berlin",
        "VALUE=DATE", "X-MICROSOFT", "CLASS:PRIVATE", "さん", "ليلى", "🎂",
    ):  # fmt: skip
        assert needed in everything, needed
    assert "THISANDFUTURE" not in everything


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney", "Asia/Tokyo"]
)
def test_the_zones_tell_the_time_of_the_zone_database(name: str) -> None:
    zone = (
        Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{vtimezone(name)}END:VCALENDAR\r\n")
        .timezones[0]
        .to_tz(lookup_tzid=False)
    )
    for month in range(1, 13):
        noon = datetime(2027, month, 15, 12)
        assert noon.replace(tzinfo=zone).utcoffset() == noon.replace(tzinfo=ZoneInfo(name)).utcoffset(), month


def test_the_same_day_gives_the_same_bytes_and_another_day_moves_them() -> None:
    assert texts() == texts()
    assert by_href("dentist.ics") != by_href("dentist.ics", TODAY + timedelta(days=1))


class Upstream:
    """A Radicale in this process, asked as a WSGI application."""

    def __init__(self, folder: Path) -> None:
        configuration = config.load()
        configuration.update(
            {
                "storage": {"filesystem_folder": str(folder)},
                "auth": {"type": "none"},
                "rights": {"type": "authenticated"},
            },
            "test",
            privileged=True,
        )
        self.application = Application(configuration)

    def ask(self, method: str, path: str, body: str = "", kind: str = "text/calendar") -> int:
        status: list[int] = []
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "CONTENT_LENGTH": str(len(body.encode())),
            "CONTENT_TYPE": f"{kind}; charset=utf-8",
            "HTTP_AUTHORIZATION": "Basic " + b64encode(b"alice:secret").decode(),
            "wsgi.input": BytesIO(body.encode()),
        }
        setup_testing_defaults(environ)
        for _ in self.application(environ, lambda line, headers: status.append(int(line.split()[0]))):
            pass
        return status[0]


def test_radicale_takes_every_entry(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path)
    assert upstream.ask("MKCALENDAR", "/alice/calendar/") == 201
    for href, text in texts():
        assert upstream.ask("PUT", f"/alice/calendar/{href}", text) == 201, href
    book = (
        '<mkcol xmlns="DAV:" xmlns:R="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype><collection/>'
        "<R:addressbook/></resourcetype></prop></set></mkcol>"
    )
    assert upstream.ask("MKCOL", "/alice/people/", book, "application/xml") == 201
    for href, text in texts(cards=True):
        assert upstream.ask("PUT", f"/alice/people/{href}", text, "text/vcard") == 201, href


def test_the_contacts_show_what_address_books_are_made_of() -> None:
    cards = texts(cards=True)
    everything = "".join(text for _, text in cards)
    for needed in ("VERSION:3.0", "VERSION:4.0", "PHOTO", "KIND:group", "KIND:org", "佐藤", "ليلى", "Παππά", "--0803"):
        assert needed in everything.replace("\r\n ", ""), needed
    assert len(cards) == 12
    (group,) = [text for _, text in cards if "KIND:group" in text]
    uids = {text.partition("UID:")[2].partition("\r\n")[0] for _, text in cards}
    members = {line.partition("urn:uuid:")[2] for line in group.replace("\r\n ", "").splitlines() if "MEMBER" in line}
    assert len(members) == 4
    assert members <= uids


def test_the_contacts_survive_the_other_version() -> None:
    for href, text in texts(cards=True):
        version, other = ("3.0", "4.0") if "VERSION:3.0" in text else ("4.0", "3.0")
        assert same(convert(convert(text, other), version), text), href
