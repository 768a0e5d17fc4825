"""`verify`: silent on a mirror that agrees with itself, and every kind of planted damage named."""

import zlib
from pathlib import Path

import pytest

from storage import clock
from storage.ids import content_hash
from storage.model import Collection, CollectionKind, Origin
from storage.repair import repair
from storage.store import Store
from storage.tables import integrity, links, outbox
from storage.tables.links import Link
from storage.vdir.export import CONSUMER, VdirExport
from storage.verify import Report, verify
from tests.storage.texts import event, journal, todo

BY = Origin.DAV
SERIES = "RRULE:FREQ=WEEKLY\r\nEXDATE:20261128T100000Z\r\n"


@pytest.fixture
def full(store: Store, home: Collection, mirrored: Collection) -> Store:
    """Entries of every kind, edited, deleted, moved and linked; exported."""
    for place in (home, mirrored):
        store.put_entry(place.id, "one.ics", event("one", more="ATTENDEE;CN=Jö:mailto:j@x\r\n"), origin=BY)
        store.put_entry(place.id, "series.ics", event("series", more=SERIES), origin=BY)
        store.put_entry(place.id, "task.ics", todo(more="DUE;VALUE=DATE:20270101\r\n"), origin=BY)
        store.put_entry(place.id, "diary.ics", journal(), origin=BY)
        store.put_entry(place.id, "one.ics", event("one", summary="Edited"), origin=BY)
        store.put_entry(place.id, "gone.ics", event("gone"), origin=BY)
        store.delete_entry(place.id, "gone.ics", origin=BY)
    store.put_entry(home.id, "moving.ics", event("moving"), origin=BY)
    store.move_entry(home.id, "moving.ics", mirrored.id, "moved.ics", origin=BY)
    arrived = store.entry_at(mirrored.id, "one.ics")
    with store.db.atomic() as conn:
        links.put(conn, Link(arrived.id, mirrored.n, "/up/one.ics", "v1", None))
        outbox.drop_entry(conn, mirrored.n, arrived.id)
    VdirExport(store, store.folder / "vdir").run()
    return store


def look(store: Store) -> Report:
    return verify(store, store.folder / "vdir")


def test_a_sound_mirror_has_no_problems(full: Store) -> None:
    report = look(full)
    assert report.problems == []
    assert report.ok
    assert report.checked == {"entries": 9, "files": 9, "changes": full.head(), "revisions": 4}


def test_an_empty_mirror_is_sound(store: Store) -> None:
    assert look(store).ok
    assert verify(store, None).ok


def test_it_changes_nothing(full: Store) -> None:
    before = full.head(), list(full.db.reader().iterdump())
    look(full)
    assert (full.head(), list(full.db.reader().iterdump())) == before


def test_a_compacted_journal_is_sound(full: Store, home: Collection) -> None:
    with clock.use(lambda: 4_000_000_000.0):
        assert full.compact(clock.iso()) > 0
    assert look(full).problems == []
    full.put_entry(home.id, "one.ics", event("one", summary="Again"), origin=BY)
    assert look(full).problems == []


def test_a_horizon_that_moved_on_is_sound(full: Store) -> None:
    later = clock.timestamp() + 400 * 86_400
    full.extend_horizon(int(later), 0)
    assert look(full).problems == []
    full.extend_horizon(int(later), 1000)
    assert look(full).problems == []


SQL_DAMAGE = {
    "text": ("UPDATE entries SET text = replace(text, 'Edited', 'Xdited')", "hash that it is kept under"),
    "length": ("UPDATE entries SET size = size + 1", "not as long as it says"),
    "unreadable": ("UPDATE entries SET text = 'junk' WHERE uid = 'one'", "cannot be read"),
    "uid": ("UPDATE entries SET uid = 'other' WHERE uid = 'one' AND href = 'one.ics'", "the entry 'other'"),
    "kind": ("UPDATE entries SET kind = 'todo' WHERE uid = 'one'", "kept as a todo"),
    "summary": ("UPDATE components SET summary = 'x' WHERE name = 'VTODO'", "components are not what"),
    "attendees": ("UPDATE components SET attendees = '[{}]' WHERE name = 'VJOURNAL'", "components are not what"),
    "no component": ("DELETE FROM components WHERE name = 'VTODO'", "has no component"),
    "misplaced": ("UPDATE components SET collection_n = 77", "a component of entry"),
    "misplaced time": ("UPDATE occurrences SET collection_n = 77", "an occurrence of entry"),
    "lost times": ("DELETE FROM occurrences WHERE start > 1800000000", "occurrences are not what"),
    "shifted time": ('UPDATE occurrences SET "end" = "end" + 60', "occurrences are not what"),
    "undescribed": ("UPDATE occurrences SET position = 9", "no component describes"),
    "gap": ("DELETE FROM journal WHERE seq = 5", "lacks the changes 5 to 5"),
    "cut tail": ("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", "lacks the changes"),
    "risen": ("UPDATE journal SET action = 'delete' WHERE uid = 'diary@example.org'", "deleted it"),
    "vanished": ("DELETE FROM entries WHERE uid = 'diary@example.org'", "is missing, though its last change"),
    "other hash": ("UPDATE journal SET after_hash = 'x' WHERE uid = 'diary@example.org'", "not as its last change"),
    "other name": ("UPDATE entries SET href = 'renamed.ics' WHERE uid = 'series'", "not as its last change"),
    "broken chain": ("UPDATE journal SET before_hash = 'x' WHERE action = 'update'", "begin where the one before"),
    "unborn": ("UPDATE journal SET entry_id = 'x' WHERE uid = 'series'", "without a change that made it"),
    "ctag": ("UPDATE collections SET seq = seq + 100", "its newest change is"),
    "lost collection": ("UPDATE journal SET action = 'delete' WHERE entry_id = ''", "whether it exists"),
    "future reader": ("UPDATE consumers SET position = 9999", "has not happened"),
    "lost bytes": ("DELETE FROM revisions", "the bytes before change"),
    "foreign bytes": ("UPDATE revisions SET entry_id = 'x'", "does not belong to that change"),
    "broken bytes": ("UPDATE revisions SET body = x'00ff'", "cannot be read back"),
    "loose link": ("UPDATE links SET entry_id = 'x'", "the link of entry x leads to nothing"),
    "loose push": ("UPDATE outbox SET entry_id = 'x' || n WHERE action = 'create'", "there is no such entry"),
    "false deletion": ("UPDATE outbox SET action = 'delete' WHERE action = 'create'", "but the entry exists"),
    "forgotten": ("DELETE FROM outbox", "neither upstream nor on its way"),
    "no upstream": ("UPDATE accounts SET mirrored = 0", "which has none"),
    "collection push": (
        "INSERT INTO outbox (account_id, collection_n, action, key, created) VALUES (101, 99, 'edit', 'k', '')",
        "whether it exists says otherwise",
    ),
    "search": ("INSERT INTO search (search) VALUES ('delete-all')", "search index"),
    "orphan": ("UPDATE components SET entry_n = 999 WHERE name = 'VTODO'", "row of entries that does not exist"),
}


@pytest.mark.parametrize("name", SQL_DAMAGE)
def test_damage_in_the_database_is_named(full: Store, name: str) -> None:
    sql, words = SQL_DAMAGE[name]
    conn = full.db.reader()
    conn.execute("PRAGMA foreign_keys = OFF")
    conn.execute(sql)
    report = verify(full, None)
    assert not report.ok
    assert any(words in problem for problem in report.problems), report.problems


def test_bytes_of_another_text_in_a_revision_are_named(full: Store) -> None:
    with full.db.atomic() as conn:
        conn.execute("UPDATE revisions SET body = ?", (zlib.compress(b"BEGIN:VCALENDAR"),))
    assert "does not have the hash" in verify(full, None).problems[0]


def test_a_text_that_was_changed_with_its_hash_is_still_noticed(full: Store) -> None:
    entry = next(full.iter_entries(full.collections()[0].id))
    text = entry.text.replace("UID:", "UID:x")
    with full.db.atomic() as conn:
        conn.execute(
            "UPDATE entries SET text = ?, hash = ?, size = size + 1 WHERE n = ?", (text, content_hash(text), entry.n)
        )
    problems = verify(full, None).problems
    assert any("its text has the UID" in problem for problem in problems)
    assert any("not as its last change" in problem for problem in problems)


def test_much_damage_of_one_kind_is_counted_not_listed(store: Store, home: Collection) -> None:
    for number in range(30):
        store.put_entry(home.id, f"{number}.ics", event(str(number)), origin=BY)
    with store.db.atomic() as conn:
        conn.execute("UPDATE journal SET after_hash = 'x' WHERE entry_id <> ''")
    problems = verify(store, None).problems
    assert len(problems) == 21
    assert problems[-1] == "… and 10 more of this kind"


def test_a_damaged_file_is_reported_not_raised(full: Store) -> None:
    conn = full.db.reader()
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'components'").fetchone()
    full.close()
    with full.db.path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 64)
    again = Store.open(full.folder)
    report = verify(again, None)
    assert not report.ok
    assert any("damaged" in problem for problem in report.problems)
    again.close()


def test_files_that_differ_from_their_entries_are_named(full: Store) -> None:
    files = sorted((full.folder / "vdir").rglob("*.ics"))
    files[0].write_text("edited")
    files[1].unlink()
    problems = look(full).problems
    assert len(problems) == 2
    assert {str(path) for path in files[:2]} == {problem.split()[0] for problem in problems}


def test_a_file_left_over_is_named_and_a_stranger_is_not(full: Store, home: Collection) -> None:
    directory = full.folder / "vdir" / str(home.account_id) / home.id
    one = full.entry_at(home.id, "one.ics")
    text = (directory / f"{one.id}.ics").read_bytes()
    full.delete_entry(home.id, "one.ics", origin=BY)
    full.advance(CONSUMER, full.head())
    (directory / "stranger.ics").write_bytes(text)
    assert ["left over" in problem for problem in look(full).problems] == [True]


def test_changes_that_the_export_has_not_seen_are_no_problem(full: Store, home: Collection) -> None:
    full.put_entry(home.id, "new.ics", event("new"), origin=BY)
    full.put_entry(home.id, "one.ics", event("one", summary="Newer"), origin=BY)
    full.delete_entry(home.id, "series.ics", origin=BY)
    assert look(full).problems == []


def test_a_missing_folder_is_a_problem_only_after_an_export(full: Store, tmp_path: Path) -> None:
    assert ["is missing" in problem for problem in verify(full, tmp_path / "nowhere").problems] == [True]


DERIVED = (
    *("length", "uid", "kind", "summary", "attendees", "no component", "misplaced", "misplaced time", "lost times"),
    *("shifted time", "undescribed", "ctag", "future reader", "search", "orphan"),
)
"""The kinds of damage that can be worked out anew; of all others nothing may be touched."""

KEPT = ("journal", "revisions", "links", "outbox", "conflicts", "held", "held_entries", "quarantine")


def kept(store: Store) -> list[object]:
    """Everything that cannot be worked out from anything else."""
    conn = store.db.reader()
    rows: list[object] = [conn.execute(f"SELECT * FROM {table}").fetchall() for table in KEPT]
    return [*rows, conn.execute("SELECT id, collection_n, href, text, seq, created FROM entries").fetchall()]


@pytest.mark.parametrize("name", SQL_DAMAGE)
def test_what_can_be_worked_out_is_repaired_and_nothing_else_is_touched(full: Store, name: str) -> None:
    sql, words = SQL_DAMAGE[name]
    conn = full.db.reader()
    conn.execute("PRAGMA foreign_keys = OFF")
    conn.execute(sql)
    conn.execute("PRAGMA foreign_keys = ON")
    before = kept(full)
    done = repair(full)
    assert kept(full) == before
    report = verify(full, None)
    if name in DERIVED:
        assert report.problems == []
        assert done
        assert repair(full) == []
    else:
        assert any(words in problem for problem in report.problems), report.problems


def test_a_hash_that_the_journal_contradicts_is_repaired(full: Store) -> None:
    with full.db.atomic() as conn:
        conn.execute("UPDATE entries SET hash = 'x' WHERE uid = 'series'")
    assert repair(full)
    assert verify(full, None).problems == []


def test_contacts_are_rendered_anew(store: Store, home: Collection) -> None:
    book = store.create_collection(
        home.account_id, "book", name="Book", kind=CollectionKind.CONTACTS, components=["VCARD"], origin=BY
    )
    store.put_entry(book.id, "a.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:Jo\r\nEND:VCARD\r\n", origin=BY)
    with store.db.atomic() as conn:
        conn.execute("UPDATE contacts_data SET full_name = 'Other'")
    assert not verify(store, None).ok
    assert repair(store)
    assert verify(store, None).problems == []
    assert [entry.uid for entry in store.search("Jo")] == ["a"]


def test_a_damaged_index_is_built_anew(full: Store) -> None:
    conn = full.db.reader()
    conn.execute("PRAGMA writable_schema = ON")
    conn.execute("UPDATE sqlite_master SET sql = replace(sql, 'href)', 'uid)') WHERE name = 'entries_href'")
    conn.execute("PRAGMA writable_schema = OFF")
    full.close()
    again = Store.open(full.folder)
    assert not verify(again, None).ok
    assert "all indexes were built anew" in repair(again)
    assert not any("damaged" in problem for problem in verify(again, None).problems)
    again.close()


def test_a_copy_that_cannot_be_written_is_not_blamed_for_it(full: Store) -> None:
    conn = full.db.reader()
    conn.execute("PRAGMA query_only = ON")
    assert integrity.search_problem(conn) == ""
