"""python-caldav against the endpoint as uvicorn serves it: from the address alone to a deleted calendar."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import caldav
import pytest
import uvicorn
from caldav.lib import error

from gateway.http.access import device_hash
from gateway.serve.web import web_app
from storage.content import same
from storage.model import Account
from storage.store import Store

PASSWORD = "harbour-light"
SERIES = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
BEGIN:VEVENT
UID:standup@example.org
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260323T093000
DTEND;TZID=Europe/Berlin:20260323T094500
RRULE:FREQ=WEEKLY;COUNT=4
SUMMARY:Stand-up Grüße
END:VEVENT
BEGIN:VEVENT
UID:standup@example.org
DTSTAMP:20260101T000000Z
RECURRENCE-ID;TZID=Europe/Berlin:20260330T093000
DTSTART;TZID=Europe/Berlin:20260331T103000
DTEND;TZID=Europe/Berlin:20260331T104500
SUMMARY:Moved stand-up
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    store = Store.open(tmp_path)
    store.save_user("alice", None)
    store.add_device("alice", "laptop", device_hash(PASSWORD))
    store.save_account(Account(0, "home", "alice", "local", email="alice@example.org", mirrored=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(web_app(store), log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/dav/"
        server.should_exit = True
        thread.join(timeout=10)
    store.close()


@pytest.fixture
def principal(url: str) -> Iterator[Any]:
    with caldav.DAVClient(url=url, username="alice", password=PASSWORD) as client:
        yield client.principal()


def starts(found: list[Any]) -> list[datetime]:
    """When each event found begins, in UTC."""
    return sorted(
        each["DTSTART"].dt.astimezone(UTC) for event in found for each in event.icalendar_instance.walk("VEVENT")
    )


def test_a_wrong_password_is_refused(url: str) -> None:
    with (
        caldav.DAVClient(url=url, username="alice", password="wrong") as client,
        pytest.raises(error.AuthorizationError),
    ):
        client.principal()


def test_the_principal_is_found_from_the_address_alone(principal: Any) -> None:
    assert str(principal.url).endswith("/dav/alice/")
    assert principal.get_display_name() == "alice"
    assert [str(each) for each in principal.calendar_user_address_set()][:1] == ["mailto:alice@example.org"]


@pytest.mark.parametrize("typed", ["", "/", "/dav", "/dav/alice", "/dav/alice/"])
def test_every_address_that_can_be_typed_leads_to_the_calendars(url: str, principal: Any, typed: str) -> None:
    principal.make_calendar(name="Found", cal_id="found")
    host = url.removesuffix("/dav/")
    with caldav.DAVClient(url=f"{host}{typed}", username="alice", password=PASSWORD) as client:
        assert [str(each.url) for each in client.principal().calendars()] == [f"{url}alice/found/"]
        assert client.supports_caldav()
        assert client.supports_scheduling()


def test_from_a_new_calendar_to_a_deleted_one(principal: Any) -> None:
    assert principal.calendars() == []
    calendar = principal.make_calendar(name="Größe & Co", cal_id="team")
    [listed] = principal.calendars()
    assert listed.get_display_name() == "Größe & Co"
    assert set(listed.get_supported_components()) == {"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"}
    saved = calendar.add_event(SERIES)
    # The client itself rewrites what it saves, so only the content can be compared.
    assert same(calendar.get_event_by_uid("standup@example.org").data, SERIES)
    saved.delete()
    assert calendar.events() == []
    calendar.delete()
    assert principal.calendars() == []


def test_searching_by_time_text_and_occurrence(principal: Any) -> None:
    calendar = principal.make_calendar(name="Team")
    calendar.add_event(SERIES)
    calendar.add_event(
        dtstart=datetime(2026, 4, 8, 12, tzinfo=UTC),
        dtend=datetime(2026, 4, 8, 13, tzinfo=UTC),
        summary="Lunch",
        uid="lunch",
    )
    assert len(calendar.search(event=True, start=MARCH, end=APRIL)) == 1
    assert len(calendar.search(event=True, summary="Lunch")) == 1
    assert len(calendar.search(event=True, summary="Moved", start=MARCH, end=APRIL)) == 1
    occurrences = calendar.search(event=True, start=MARCH, end=MAY, expand=True, server_expand=True)
    assert starts(occurrences) == [
        datetime(2026, 3, 23, 8, 30, tzinfo=UTC),
        datetime(2026, 3, 31, 8, 30, tzinfo=UTC),
        datetime(2026, 4, 6, 7, 30, tzinfo=UTC),
        datetime(2026, 4, 8, 12, tzinfo=UTC),
        datetime(2026, 4, 13, 7, 30, tzinfo=UTC),
    ]


def test_tasks_and_journals(principal: Any) -> None:
    calendar = principal.make_calendar(name="Mixed")
    task = calendar.add_todo(summary="Paint", due=datetime(2026, 3, 20, tzinfo=UTC), uid="paint")
    calendar.add_journal(dtstart=datetime(2026, 3, 20, tzinfo=UTC), summary="Diary", uid="diary")
    assert [each.icalendar_component["SUMMARY"] for each in calendar.todos()] == ["Paint"]
    assert len(calendar.journals()) == 1
    task.complete()
    assert calendar.todos() == []
    assert len(calendar.todos(include_completed=True)) == 1


def test_following_a_sync_token(principal: Any) -> None:
    calendar = principal.make_calendar(name="Synced")
    first = calendar.add_event(SERIES)
    known = calendar.objects_by_sync_token(load_objects=True)
    assert len(list(known)) == 1
    assert list(calendar.objects_by_sync_token(sync_token=known.sync_token)) == []
    second = calendar.add_event(
        dtstart=datetime(2026, 4, 8, 12, tzinfo=UTC),
        dtend=datetime(2026, 4, 8, 13, tzinfo=UTC),
        summary="x",
        uid="second",
    )
    first.delete()
    updated, deleted = known.sync()
    assert [each.url for each in updated] == [second.url]
    assert [each.url for each in deleted] == [first.url]


def test_free_and_busy(principal: Any) -> None:
    calendar = principal.make_calendar(name="Busy")
    calendar.add_event(SERIES)
    busy = calendar.freebusy_request(MARCH, MAY)
    assert "20260331T083000Z/20260331T084500Z" in busy.data.replace("\r\n ", "").replace("\n ", "")


def test_a_stale_copy_does_not_overwrite(principal: Any) -> None:
    calendar = principal.make_calendar(name="Conflicts")
    calendar.add_event(SERIES)
    with pytest.raises(error.ConsistencyError):
        calendar.add_event(SERIES, no_overwrite=True)
