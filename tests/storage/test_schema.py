"""Migrations, and the views that other programs read: golden columns and golden rows."""

import sqlite3
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable

import pytest
from sqlite_utils import Database as Tool

from storage import clock, schema
from storage.db import Database
from storage.errors import StoreError
from storage.model import Collection, Origin
from storage.store import Store
from storage.tables import views
from storage.verify import verify
from tests.storage.test_contacts import make_book
from tests.storage.texts import calendar, event, todo
from tests.storage.vcard.cards import FULL

COLUMNS = {
    "events": "id uid account collection collection_name summary start end start_local start_zone end_local end_zone"
    " all_day location description status transparency classification rrule recurring recurrence_id organizer"
    " attendees categories url href etag created modified",
    "occurrences_v1": "id entry uid kind account collection collection_name summary start end start_epoch end_epoch"
    " all_day location status transparency recurrence_id",
    "tasks": "id uid account collection collection_name summary start due start_local start_zone all_day completed"
    " percent priority status location description rrule recurring recurrence_id categories url href etag created"
    " modified",
    "contacts": "id uid account collection collection_name full_name organisation note emails phones birthday href etag"
    " created modified kind version family_name given_name additional_names prefix suffix nickname department title"
    " role anniversary gender photo addresses urls messengers relations categories members initials"
    " organizations",
    "changes": "seq at account_id account collection entry uid href action origin actor before after run",
}


def _rows(store: Store, view: str) -> list[dict[str, object]]:
    cursor = store.db.reader().execute(f"SELECT * FROM {view}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.mark.parametrize("view", COLUMNS)
def test_the_columns_of_a_view_are_a_promise(store: Store, view: str) -> None:
    cursor = store.db.reader().execute(f"SELECT * FROM {view}")
    assert [column[0] for column in cursor.description] == COLUMNS[view].split()


@pytest.mark.parametrize("view", COLUMNS)
def test_every_column_is_documented(view: str) -> None:
    (line,) = [line for line in (views.__doc__ or "").splitlines() if line.startswith(f"| `{view}`")]
    assert line.split("|")[3].split() == COLUMNS[view].split()


def test_a_timed_event_in_the_view(store: Store, mirrored: Collection) -> None:
    more = "LOCATION:Room 1\r\nCATEGORIES:a,b\r\nSTATUS:CONFIRMED\r\nDESCRIPTION:Bring\\, please\\nthe list\r\n"
    zone = ";TZID=Europe/Berlin:20261121T"
    with clock.use(lambda: 1795255200.5):
        text = event(start=f"{zone}100000", end=f"{zone}110000", more=more)
        put = store.put_entry(mirrored.id, "a.ics", text, origin=Origin.DAV)
    (row,) = _rows(store, "events")
    assert row == {
        "id": put.entry.id,
        "uid": "one@example.org",
        "account": "work",
        "collection": mirrored.id,
        "collection_name": "Work",
        "summary": "Standup",
        "start": "2026-11-21T09:00:00Z",
        "end": "2026-11-21T10:00:00Z",
        "start_local": "2026-11-21T10:00:00",
        "start_zone": "Europe/Berlin",
        "end_local": "2026-11-21T11:00:00",
        "end_zone": "Europe/Berlin",
        "all_day": 0,
        "location": "Room 1",
        "description": "Bring, please\nthe list",
        "status": "CONFIRMED",
        "transparency": row["transparency"],
        "classification": row["classification"],
        "rrule": "",
        "recurring": 0,
        "recurrence_id": "",
        "organizer": None,
        "attendees": "[]",
        "categories": '["a", "b"]',
        "url": "",
        "href": "a.ics",
        "etag": put.entry.etag,
        "created": "2026-11-21T10:00:00.500Z",
        "modified": "2026-11-21T10:00:00.500Z",
    }


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (";VALUE=DATE:20261121", ";VALUE=DATE:20261123", ("2026-11-21", "2026-11-23", 1)),
        (":20261121T100000", ":20261121T110000", ("2026-11-21T10:00:00", "2026-11-21T11:00:00", 0)),
        (":20261121T100000Z", ":20261121T110000Z", ("2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", 0)),
        (":19650101T000000Z", ":19650101T010000Z", ("1965-01-01T00:00:00Z", "1965-01-01T01:00:00Z", 0)),
    ],
)
def test_the_three_forms_of_time(
    store: Store, home: Collection, start: str, end: str, shown: tuple[str, str, int]
) -> None:
    store.put_entry(home.id, "a.ics", event(start=start, end=end), origin=Origin.DAV)
    for view in ("events", "occurrences_v1"):
        (row,) = _rows(store, view)
        assert (row["start"], row["end"], row["all_day"]) == shown


def test_instances_and_tasks_in_the_views(store: Store, home: Collection) -> None:
    weekly = store.put_entry(home.id, "w.ics", event(more="RRULE:FREQ=WEEKLY;COUNT=2\r\n"), origin=Origin.DAV).entry
    due = "DUE:20261201T120000Z\r\nPRIORITY:5\r\nPERCENT-COMPLETE:40\r\nCOMPLETED:20261130T080000Z\r\n"
    task = store.put_entry(home.id, "t.ics", todo(more=due), origin=Origin.DAV).entry
    instances = [(row["id"], row["kind"], row["start"], row["start_epoch"]) for row in _rows(store, "occurrences_v1")]
    assert sorted(instances, key=str) == sorted(
        [
            (f"{weekly.id}_20261121T100000Z", "event", "2026-11-21T10:00:00Z", 1795255200),
            (f"{weekly.id}_20261128T100000Z", "event", "2026-11-28T10:00:00Z", 1795860000),
            (task.id, "todo", "2026-12-01T12:00:00Z", 1796126400),
        ],
        key=str,
    )
    (row,) = _rows(store, "tasks")
    shown = {name: row[name] for name in ("summary", "start", "due", "priority", "percent", "completed")}
    assert shown == {
        "summary": "Taxes",
        "start": None,
        "due": "2026-12-01T12:00:00Z",
        "priority": 5,
        "percent": 40,
        "completed": "2026-11-30T08:00:00Z",
    }


def test_masters_and_overrides_are_rows_of_their_own(store: Store, home: Collection) -> None:
    text = calendar(
        "BEGIN:VEVENT\r\nUID:s\r\nDTSTART:20261121T100000Z\r\nDTEND:20261121T110000Z\r\nSUMMARY:all\r\n"
        "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID:20261122T100000Z\r\nDTSTART:20261122T150000Z\r\n"
        "DTEND:20261122T160000Z\r\nSUMMARY:moved\r\nEND:VEVENT\r\n"
    )
    store.put_entry(home.id, "s.ics", text, origin=Origin.DAV)
    assert {(row["recurrence_id"], row["summary"]) for row in _rows(store, "events")} == {
        ("", "all"),
        ("20261122T100000Z", "moved"),
    }
    assert {(row["start"], row["summary"]) for row in _rows(store, "occurrences_v1")} == {
        ("2026-11-21T10:00:00Z", "all"),
        ("2026-11-22T15:00:00Z", "moved"),
        ("2026-11-23T10:00:00Z", "all"),
    }


def test_the_journal_in_the_view(store: Store, home: Collection) -> None:
    entry = store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV, actor="phone").entry
    row = _rows(store, "changes")[-1]
    assert (row["seq"], row["account"], row["collection"], row["entry"]) == (2, "home", home.id, entry.id)
    assert (row["uid"], row["href"], row["action"], row["origin"]) == (entry.uid, "a.ics", "add", "dav")
    assert (row["actor"], row["before"], row["after"]) == ("phone", "", entry.hash)


def test_other_tools_open_the_file_beside_us(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "a.ics", event(), origin=Origin.DAV)
    tool = Tool(sqlite3.connect(f"file:{store.folder / 'mirror.db'}?mode=ro", uri=True))
    assert [row["summary"] for row in tool.query("SELECT summary FROM events")] == ["Standup"]
    tool.close()


def test_migrating_twice_changes_nothing(store: Store) -> None:
    before = store.db.reader().execute("SELECT count(*), max(rootpage) FROM sqlite_master").fetchone()
    with store.db.atomic() as conn:
        schema.migrate(conn)
    assert store.db.reader().execute("SELECT count(*), max(rootpage) FROM sqlite_master").fetchone() == before


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.db.atomic() as conn:
        conn.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('calharbor', 'm999_future', '')"
        )
    store.close()
    with pytest.raises(StoreError, match=r"newer version.*m999_future") as caught:
        Store.open(tmp_path)
    assert "backup" in caught.value.hint


def test_a_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    db = Database(tmp_path / "mirror.db")
    with db.atomic() as conn:
        conn.execute("CREATE TABLE events (mine)")
    with pytest.raises(sqlite3.OperationalError), db.atomic() as conn:
        schema.migrate(conn)
    assert [name for (name,) in db.reader().execute("SELECT name FROM sqlite_master")] == ["events"]
    db.close()


def test_tasks_of_older_mirrors_learn_that_they_end_by_a_duration(store: Store, home: Collection) -> None:
    texts = {
        "lasting": todo("lasting", more="DTSTART:20261121T100000Z\r\nDURATION:PT1H\r\n"),
        "due": todo("due", more="DTSTART:20261121T100000Z\r\nDUE:20261121T110000Z\r\n"),
        "both": todo("both", more="DTSTART:20261121T100000Z\r\nDURATION:PT1H\r\nDUE:nonsense\r\n"),
    }
    for name, text in texts.items():
        store.put_entry(home.id, name, text, origin=Origin.DAV)
    with store.db.atomic() as conn:
        conn.execute("ALTER TABLE components DROP COLUMN by_duration")
        conn.execute("UPDATE occurrences SET rule = 1")
        conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm013_task_durations'")
    with store.db.atomic() as conn:
        schema.migrate(conn)
    assert verify(store, None).ok
    end = 1795258800
    found = {each.href for each in store.in_range(home.n, end, end + 60)}
    assert found == {"lasting", "both"}, "RFC 4791 §9.9 counts the moment of their end"


def test_processes_that_open_a_new_mirror_at_once_agree(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from storage.store import Store; print(Store.open(Path(sys.argv[1])).id)"
    )
    processes = [Popen([executable, "-c", code, str(tmp_path / "data")], stdout=PIPE, text=True) for _ in range(4)]
    ids = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(ids) == 1


def test_contacts_from_before_applications_saw_them_are_rendered_anew(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.save_user("alice", None)
    book = make_book(store)
    entry = store.put_entry(book.id, "ada.vcf", FULL, origin=Origin.DAV).entry
    with store.db.atomic() as conn:
        wanted = conn.execute("SELECT * FROM contacts_data").fetchone()
        conn.execute("DROP VIEW contacts")
        conn.execute("DROP INDEX contacts_listing")
        for column in ("initials", "created", "revised", "organizations"):
            conn.execute(f"ALTER TABLE contacts_data DROP COLUMN {column}")
        conn.execute("UPDATE contacts_data SET relations = '[1]', words = 'old'")
        conn.execute("INSERT INTO search_contacts (search_contacts) VALUES ('rebuild')")
        conn.execute(views.CONTACTS)
        conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm029_contacts_for_applications'")
    store.close()
    again = Store.open(tmp_path)
    assert sorted(map(str, again.db.reader().execute("SELECT * FROM contacts_data").fetchone())) == sorted(
        map(str, wanted)
    )
    assert [e.id for e in again.search("programmer")] == [entry.id]
    assert again.search("old") == []
    assert verify(again, None).ok
    again.close()
