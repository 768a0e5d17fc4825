"""Acts with consent: kept whole with it, leaving nothing without it, and told as what they came to."""

from pathlib import Path

import pytest

from storage.consent import Effect, with_consent
from storage.errors import NotFound, StoreError
from storage.model import Collection, Entry, Origin
from storage.store import Store
from tests.storage.permits import desks
from tests.storage.texts import event

GUESTS = "ORGANIZER:mailto:alice@example.com\r\nATTENDEE:mailto:bob@example.com\r\nATTENDEE:mailto:fran@example.org\r\n"


@pytest.fixture
def place(store: Store) -> Collection:
    return desks.place(store)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return desks.office(tmp_path)


def put(store: Store, place: Collection, uid: str, more: str = "") -> Entry:
    return store.put_entry(place.id, f"{uid}.ics", event(uid, more=more), origin=Origin.MCP).entry


def test_without_consent_nothing_has_happened(store: Store, place: Collection) -> None:
    head = store.head()
    entry, effect, done = with_consent(store, lambda: put(store, place, "a", GUESTS), lambda _entry, _effect: False)
    assert (done, entry.uid, store.head()) == (False, "a", head)
    assert effect == Effect(((place.id, "add", ""),), 0, ("bob@example.com", "fran@example.org"))
    assert [entry for each in store.collections() for entry in store.iter_entries(each.id)] == []
    put(store, place, "b")
    assert store.changes(head)[0].seq == head + 1, "the numbers of changes have no gap"


def test_with_consent_it_is_done_as_it_was_seen(store: Store, place: Collection) -> None:
    kept = put(store, place, "a", GUESTS)
    seen: list[Effect] = []

    def agreed(_result: object, effect: Effect) -> bool:
        seen.append(effect)
        return True

    _, effect, done = with_consent(store, lambda: store.delete_entry(place.id, "a.ics", origin=Origin.MCP), agreed)
    assert (done, seen) == (True, [effect])
    assert effect == Effect(((place.id, "delete", kept.hash),), 1, ("bob@example.com", "fran@example.org"))
    assert list(store.iter_entries(place.id)) == []


def test_what_changes_nothing_has_no_effect(store: Store, place: Collection) -> None:
    put(store, place, "a", GUESTS)
    assert with_consent(store, lambda: put(store, place, "a", GUESTS), lambda *_: True)[1] == Effect((), 0, ())


def test_an_error_passes_and_leaves_nothing(store: Store, place: Collection) -> None:
    head = store.head()

    def act() -> None:
        put(store, place, "a")
        raise NotFound("gone")

    with pytest.raises(NotFound):
        with_consent(store, act, lambda *_: True)
    assert store.head() == head
    with store.db.snapshot(), pytest.raises(StoreError):
        with_consent(store, lambda: put(store, place, "a"), lambda *_: True)
