"""Address books in the store: the same verbs as for calendars, with what is particular to vCards."""

import json

import pytest

from storage import clock, record
from storage.errors import InvalidData, UidConflict, UnsupportedKind
from storage.model import Account, Action, Collection, CollectionKind, Kind, Origin
from storage.store import Store
from storage.tables import contacts
from storage.vcard.read import read
from storage.vdir.export import VdirExport, file_of
from storage.verify import verify
from tests.storage.texts import event
from tests.storage.vcard.cards import FULL, card

BY = Origin.DAV


def make_book(store: Store, slug: str = "people", *, mirrored: bool = False) -> Collection:
    account = store.save_account(
        Account(0, f"contacts-{slug}", "alice", "caldav" if mirrored else "local", mirrored=mirrored)
    )
    return store.create_collection(
        account.id, slug, name=slug.title(), kind=CollectionKind.CONTACTS, components=["VCARD"], origin=BY
    )


@pytest.fixture
def book(store: Store) -> Collection:
    return make_book(store)


def without_uid(store: Store, book: Collection, href: str = "bare.vcf") -> str:
    """Write a card without UID as the engine does; the entry's id."""
    text = card(uid="")
    with store.db.atomic() as conn:
        entry, _ = record.put(
            conn, book, href, text, read(text), existing=None, origin=Origin.UPSTREAM, actor="", at=clock.iso()
        )
    return entry.id


def test_a_card_is_kept_byte_for_byte(store: Store, book: Collection) -> None:
    result = store.put_entry(book.id, "ada.vcf", FULL, origin=BY)
    assert result.created
    assert (result.entry.kind, result.entry.uid, result.entry.text) == (Kind.CONTACT, "one", FULL)
    assert store.entry_at(book.id, "ada.vcf").text == FULL
    assert [change.action for change in store.changes() if change.entry] == [Action.ADD]
    assert not store.put_entry(book.id, "ada.vcf", FULL, origin=BY).changed


def test_the_view_shows_what_is_rendered(store: Store, book: Collection) -> None:
    entry = store.put_entry(book.id, "ada.vcf", FULL, origin=BY).entry
    cursor = store.db.reader().execute("SELECT * FROM contacts")
    (row,) = [dict(zip([c[0] for c in cursor.description], row, strict=True)) for row in cursor]
    assert (row["id"], row["uid"], row["collection"], row["etag"]) == (entry.id, "one", book.id, entry.etag)
    assert (row["full_name"], row["organisation"], row["birthday"]) == (
        "Ada Lovelace",
        "Analytical Engines",
        "1815-12-10",
    )
    assert [each["value"] for each in json.loads(row["emails"])] == ["ada@example.org", "engine@example.org"]
    assert (row["kind"], row["version"], row["photo"]) == ("individual", "3.0", 1)
    assert json.loads(row["addresses"])[0]["street"] == "12 St James, Square"


def test_what_is_rendered_follows_the_text(store: Store, book: Collection) -> None:
    entry = store.put_entry(book.id, "ada.vcf", FULL, origin=BY).entry
    store.put_entry(book.id, "ada.vcf", card("NOTE:changed"), origin=BY)
    found = contacts.of_entry(store.db.reader(), entry.n)
    assert found is not None
    assert (found.note, found.emails) == ("changed", ())
    store.delete_entry(book.id, "ada.vcf", origin=BY)
    assert contacts.of_entry(store.db.reader(), entry.n) is None
    assert verify(store, None).ok


def test_contacts_are_found_by_their_words(store: Store, book: Collection, home: Collection) -> None:
    store.put_entry(book.id, "ada.vcf", FULL, origin=BY)
    store.put_entry(book.id, "bob.vcf", card("NOTE:likes Ada", uid="two", fn="Bôb"), origin=BY)
    store.put_entry(home.id, "e.ics", event(summary="Lunch with Ada"), origin=BY)
    assert {e.uid for e in store.search("ada")} == {"one", "two", "one@example.org"}
    assert [e.uid for e in store.search("bob")] == ["two"]
    assert [e.uid for e in store.search("engine london")] == ["one"]
    assert [e.uid for e in store.search("5678")] == ["one"]
    assert store.search("voice") == []
    assert {e.uid for e in store.search("ada", collection_ns=[book.n])} == {"one", "two"}
    store.delete_entry(book.id, "ada.vcf", origin=BY)
    assert {e.uid for e in store.search("ada")} == {"two", "one@example.org"}


def test_each_kind_of_text_has_its_kind_of_collection(store: Store, book: Collection, home: Collection) -> None:
    with pytest.raises(InvalidData, match="expected one VCARD"):
        store.put_entry(book.id, "e.ics", event(), origin=BY)
    with pytest.raises(InvalidData, match="expected one VCALENDAR"):
        store.put_entry(home.id, "a.vcf", card(), origin=BY)
    store.put_entry(book.id, "a.vcf", card(), origin=BY)
    with pytest.raises(UnsupportedKind):
        store.move_entry(book.id, "a.vcf", home.id, "a.vcf", origin=BY)


def test_a_uid_stands_once(store: Store, book: Collection) -> None:
    store.put_entry(book.id, "a.vcf", card(), origin=BY)
    with pytest.raises(UidConflict) as raised:
        store.put_entry(book.id, "b.vcf", card(), origin=BY)
    assert raised.value.href == "a.vcf"
    with pytest.raises(UidConflict):
        store.put_entry(book.id, "a.vcf", card(uid="other"), origin=BY)


def test_a_card_moves_to_another_book_with_its_words(store: Store, book: Collection) -> None:
    other = make_book(store, "others")
    entry = store.put_entry(book.id, "ada.vcf", FULL, origin=BY).entry
    moved = store.move_entry(book.id, "ada.vcf", other.id, "b.vcf", origin=BY)
    assert moved.id == entry.id
    assert [e.id for e in store.search("lovelace", collection_ns=[other.n])] == [entry.id]
    assert verify(store, None).ok


def test_a_client_writes_no_card_without_uid(store: Store, book: Collection) -> None:
    with pytest.raises(InvalidData, match="without UID"):
        store.put_entry(book.id, "a.vcf", card(uid=""), origin=BY)
    store.put_entry(book.id, "a.vcf", card(), origin=BY)
    with pytest.raises(InvalidData, match="without UID"):
        store.put_entry(book.id, "a.vcf", card(uid=""), origin=BY)


def test_a_card_without_uid_is_held_edited_and_given_one(store: Store, book: Collection) -> None:
    entry_id = without_uid(store, book)
    without_uid(store, book, "second.vcf")
    assert store.entry(entry_id).uid == f"no-uid:{entry_id}"
    store.put_entry(book.id, "bare.vcf", card("NOTE:still none", uid=""), origin=BY)
    assert store.entry(entry_id).uid == f"no-uid:{entry_id}"
    assert verify(store, None).ok
    store.put_entry(book.id, "named.vcf", card(uid="taken"), origin=BY)
    with pytest.raises(UidConflict):
        store.put_entry(book.id, "bare.vcf", card(uid="taken"), origin=BY)
    store.put_entry(book.id, "bare.vcf", card(uid="new"), origin=BY)
    assert store.entry(entry_id).uid == "new"
    assert verify(store, None).ok


def test_the_vdir_holds_cards_as_vcf(store: Store, book: Collection) -> None:
    entry = store.put_entry(book.id, "ada.vcf", FULL, origin=BY).entry
    export = VdirExport(store, store.folder / "vdir")
    export.run()
    path = file_of(store.folder / "vdir" / str(book.account_id) / book.id, entry)
    assert path.suffix == ".vcf"
    assert path.read_bytes() == FULL.encode()
    assert verify(store, store.folder / "vdir").ok
    store.delete_entry(book.id, "ada.vcf", origin=BY)
    export.run()
    assert not path.exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE contacts_data SET note = 'other'", "its contact is not what its text says"),
        ("DELETE FROM contacts_data", "is a contact of which nothing is rendered"),
        ("UPDATE contacts_data SET collection_n = 77", "stands in another collection"),
        ("INSERT INTO search_contacts (rowid, full_name) VALUES (99, 'ghost')", "the contacts do not agree"),
        ("UPDATE entries SET uid = 'other'", "its text has the UID 'one', the entry 'other'"),
    ],
)
def test_planted_damage_is_named(store: Store, book: Collection, damage: str, said: str) -> None:
    store.put_entry(book.id, "ada.vcf", FULL, origin=BY)
    with store.db.atomic() as conn:
        conn.execute(damage)
    assert any(said in problem for problem in verify(store, None).problems)
