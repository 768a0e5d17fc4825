"""Entries rewritten in part: nothing that others write meanwhile is lost, and moves are one with their edit."""

import pytest

from storage.errors import NotFound, ReadOnly, StoreBusy
from storage.model import Collection, Entry, Level, Origin
from storage.store import Store
from storage.tables import outbox
from tests.storage.texts import event


@pytest.fixture
def other(store: Store, home: Collection) -> Collection:
    """A second calendar beside `home`."""
    return store.create_collection(
        home.account_id, "other", name="Other", kind=home.kind, components=home.components, origin=Origin.CLI
    )


def put(store: Store, place: Collection, text: str) -> Entry:
    """One entry."""
    return store.put_entry(place.id, "one.ics", text, origin=Origin.DAV).entry


def test_a_part_is_changed(store: Store, home: Collection) -> None:
    entry = put(store, home, event())
    after = store.rewrite_entry(home.id, entry.id, lambda e: e.text.replace("Standup", "Lunch"), origin=Origin.API)
    assert after is not None
    assert after.id == entry.id
    assert "SUMMARY:Lunch" in store.entry(entry.id).text
    assert store.changes(0)[-1].origin is Origin.API


def test_the_same_text_is_no_change(store: Store, home: Collection) -> None:
    entry = put(store, home, event())
    head = store.head()
    assert store.rewrite_entry(home.id, entry.id, lambda e: e.text, origin=Origin.API) == entry
    assert store.head() == head


def test_an_edit_between_reading_and_writing_is_kept(store: Store, home: Collection) -> None:
    entry = put(store, home, event())
    asked: list[str] = []

    def work(before: Entry) -> str:
        asked.append(before.hash)
        if len(asked) == 1:
            put(store, home, event(more="LOCATION:Room 1\r\n"))
        return before.text.replace("Standup", "Lunch")

    after = store.rewrite_entry(home.id, entry.id, work, origin=Origin.API)
    assert after is not None
    assert len(asked) == 2
    assert "LOCATION:Room 1" in after.text
    assert "SUMMARY:Lunch" in after.text


def test_who_never_gets_a_word_in_is_told_so(store: Store, home: Collection) -> None:
    entry = put(store, home, event())
    numbers = iter(range(1000))

    def work(before: Entry) -> str:
        put(store, home, event(summary=f"S{next(numbers)}"))
        return before.text.replace("SUMMARY:", "SUMMARY:x")

    with pytest.raises(StoreBusy):
        store.rewrite_entry(home.id, entry.id, work, origin=Origin.API)


def test_nothing_deletes_the_entry_but_not_a_newer_one(store: Store, home: Collection) -> None:
    entry = put(store, home, event())
    assert store.rewrite_entry(home.id, entry.id, lambda _e: None, origin=Origin.API) is None
    with pytest.raises(NotFound):
        store.rewrite_entry(home.id, entry.id, lambda _e: None, origin=Origin.API)


def test_an_entry_of_another_calendar_is_not_found(store: Store, home: Collection, other: Collection) -> None:
    entry = put(store, home, event())
    with pytest.raises(NotFound):
        store.rewrite_entry(other.id, entry.id, lambda e: e.text, origin=Origin.API)


def test_an_entry_moves_and_changes_at_once_and_keeps_its_id(store: Store, home: Collection, other: Collection) -> None:
    entry = put(store, home, event())
    after = store.rewrite_entry(
        home.id, entry.id, lambda e: e.text.replace("Standup", "Lunch"), origin=Origin.API, into=other.id
    )
    assert after is not None
    assert (after.id, after.uid) == (entry.id, entry.uid)
    assert [each.id for each in store.listing(other.id)] == [entry.id]
    assert store.listing(home.id) == []
    assert "Lunch" in store.entry(entry.id).text


def test_a_shared_calendar_that_is_only_read_refuses(store: Store, home: Collection) -> None:
    entry = put(store, home, event())
    store.save_user("bob", None)
    store.share(home.id, "bob", Level.READ)
    shown = next(each for each in store.home("bob") if each.share is not None)
    with pytest.raises(ReadOnly):
        store.rewrite_entry(shown.id, entry.id, lambda e: e.text + " ", origin=Origin.API)


def test_the_upstream_is_told_whether_attendees_shall_hear(store: Store, mirrored: Collection) -> None:
    for number, notify in enumerate((True, False)):
        text = event(f"{number}@example.org")
        entry = store.put_entry(mirrored.id, f"{number}.ics", text, origin=Origin.UPSTREAM).entry
        store.rewrite_entry(mirrored.id, entry.id, lambda e: f"{e.text}\r\n", origin=Origin.API, notify=notify)
        row = outbox.get(store.db.reader(), mirrored.n, entry.id)
        assert row is not None
        assert row.notify is notify
