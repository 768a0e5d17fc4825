"""The contacts of an account, wherever in its address books they stand, as applications list and change them.

A card that stands for a group of others (RFC 6350 §6.1.4) is no contact.
"""

from dataclasses import dataclass
from heapq import merge
from itertools import islice

from storage import clock, ids
from storage.editing.contacts import ContactChange, edited, made
from storage.errors import NotFound, PreconditionFailed, StoreBusy
from storage.model import Collection, CollectionKind, Entry, Origin
from storage.records import ContactRecord
from storage.store import Store
from storage.tables import collections, contacts, entries

TRIES = 5
"""How often a change is made again because somebody else wrote the card at the same moment."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact: its entry (in a page without its text, unless that was asked for), and what its card says."""

    entry: Entry
    record: ContactRecord


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Some contacts of an account; `following` is where the next page begins, `total` counts those of all pages."""

    contacts: list[Contact]
    following: int | None
    total: int


def address_books(store: Store, account_id: int) -> list[Collection]:
    """An account's address books, in the order they were made; new contacts go into the first."""
    return [each for each in store.collections(account=account_id) if each.kind is CollectionKind.CONTACTS]


def page(store: Store, account_id: int, *, after: int = 0, limit: int, text: bool = False) -> ContactPage:
    """A page of an account's contacts, in the order in which they came: behind `after`, at most so many.

    Contacts that come and go between two pages change nothing about the others. `text`: with their cards.
    """
    with store.db.snapshot() as conn:
        books = [each.n for each in address_books(store, account_id)]
        found = (contacts.numbers(conn, book, after, limit + 1) for book in books)
        numbers = list(islice(merge(*found), limit + 1))
        total = sum(contacts.count(conn, book) for book in books)
        records = contacts.many(conn, numbers[:limit])
        rows = sorted(entries.numbered(conn, numbers[:limit], text=text))
    following = numbers[limit - 1] if len(numbers) > limit else None
    return ContactPage([Contact(row, records[row.n]) for row in rows], following, total)


def contact(store: Store, account_id: int, contact_id: str) -> Contact:
    """One contact with its card. Raises `NotFound`, also for one of another account."""
    with store.db.snapshot() as conn:
        entry = entries.by_id(conn, contact_id)
        record = contacts.of_entry(conn, entry.n) if entry is not None else None
        book = collections.by_n(conn, entry.collection_n) if entry is not None else None
    if entry is None or record is None or book is None or book.account_id != account_id or record.kind == "group":
        raise NotFound(f"there is no contact {contact_id[:80]!r} in this account", hint="list the contacts again")
    return Contact(entry, record)


def create(store: Store, account_id: int, change: ContactChange, *, origin: Origin, actor: str = "") -> Contact:
    """Make a contact in the first address book that can be written.

    Raises `NotFound` where the account has no address book, `ReadOnly` where none can be written, and `InvalidData` for
    a contact without a name.
    """
    books = address_books(store, account_id)
    book = next((each for each in books if not each.read_only), next(iter(books), None))
    if book is None:
        raise NotFound("this account has no address book", hint="make one with any CardDAV client")
    uid = ids.new_id()
    text = made(change, uid, clock.now())
    put = store.put_entry(book.id, f"{uid}.vcf", text, origin=origin, actor=actor, if_none_match=True)
    return contact(store, account_id, put.entry.id)


def amend(
    store: Store, account_id: int, contact_id: str, change: ContactChange, *, origin: Origin, actor: str = ""
) -> Contact:
    """Change what a change names and nothing else, whatever others write at the same time.

    Raises `NotFound`, `ReadOnly`, and `InvalidData` for a contact that would lose its name.
    """
    for _try in range(TRIES):
        found = contact(store, account_id, contact_id)
        entry, place = found.entry, place_of(store, found)
        text = edited(entry.text, change, clock.now())
        try:
            store.put_entry(place.id, entry.href, text, origin=origin, actor=actor, if_match={entry.hash})
        except PreconditionFailed:
            continue
        return contact(store, account_id, contact_id)
    raise StoreBusy(f"others keep changing the contact {contact_id}", hint="try again")


def remove(store: Store, account_id: int, contact_id: str, *, origin: Origin, actor: str = "") -> None:
    """Delete a contact. Raises `NotFound`, `ReadOnly`."""
    found = contact(store, account_id, contact_id)
    store.delete_entry(place_of(store, found).id, found.entry.href, origin=origin, actor=actor)


def place_of(store: Store, found: Contact) -> Collection:
    """The address book that a contact stands in; raises `NotFound` where it is gone meanwhile."""
    place = collections.by_n(store.db.reader(), found.entry.collection_n)
    if place is None:
        raise NotFound(f"the address book of {found.entry.href} is gone", hint="list the contacts again")
    return place
