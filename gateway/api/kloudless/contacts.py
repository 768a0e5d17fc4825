"""Contacts in the Kloudless dialect (contract A.4 rows 11–15, A.13, D18, D46)."""

from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer, nothing
from gateway.api.body import Body, RawBody
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.contacts_parse import change_of
from gateway.api.kloudless.contacts_render import raw, render
from gateway.api.kloudless.envelope import Paged, listing
from gateway.api.kloudless.errors import bad, unsupported
from gateway.api.kloudless.support import CONTACTS_IN_BOOKS, CONTACTS_WRITTEN
from gateway.api.pages import token
from storage import addressbooks
from storage.addressbooks import Contact
from storage.editing.contacts import ContactChange
from storage.errors import InvalidData
from storage.model import Origin

router = APIRouter(prefix="/accounts/{account}/contact/contacts", tags=["Contacts"])


@router.get("")
def list_contacts(asking: One, paged: Paged) -> Response:
    """The contacts of all address books of the account, in the order in which they came."""
    _supported(asking)
    begin = paged.position("contacts", int)
    found = addressbooks.page(
        asking.store, asking.account.id, after=begin[0] if begin else 0, limit=paged.size, text=asking.raw
    )
    following = None if found.following is None else token("contacts", [found.following])
    objects = [_rendered(asking, each) for each in found.contacts]
    return answer(listing(objects, paged, following=following, total=found.total, api="contact"))


@router.post("", status_code=201)
def create_contact(asking: One, raw_body: RawBody) -> Response:
    """Make a contact in the account's first address book; `name_details` is required."""
    _supported(asking, writing=True)
    body = Body.parse(raw_body, bad)
    body.need("name_details")
    change = change_of(body, asking.service)
    if not (change.given or change.family):
        raise bad("name_details", "needs a given or a family name")
    made = addressbooks.create(asking.store, asking.account.id, change, origin=Origin.API, actor=asking.actor)
    return answer(_rendered(asking, made), 201)


@router.get("/{contact}")
def get_contact(asking: One, contact: str) -> Response:
    """One contact."""
    _supported(asking)
    return answer(_rendered(asking, addressbooks.contact(asking.store, asking.account.id, contact)))


@router.patch("/{contact}")
def update_contact(asking: One, contact: str, raw_body: RawBody) -> Response:
    """Change what the body names: each list that it gives takes the place of the one before."""
    _supported(asking, writing=True)
    addressbooks.contact(asking.store, asking.account.id, contact)
    change = change_of(Body.parse(raw_body, bad), asking.service)
    return answer(_rendered(asking, _amended(asking, contact, change)))


@router.delete("/{contact}", status_code=204)
def delete_contact(asking: One, contact: str) -> Response:
    """Delete a contact."""
    _supported(asking, writing=True)
    addressbooks.remove(asking.store, asking.account.id, contact, origin=Origin.API, actor=asking.actor)
    return nothing()


def _amended(asking: Asking, contact_id: str, change: ContactChange) -> Contact:
    account, actor = asking.account.id, asking.actor
    try:
        return addressbooks.amend(asking.store, account, contact_id, change, origin=Origin.API, actor=actor)
    except InvalidData as error:
        raise bad("name_details", error.message) from error


def _rendered(asking: Asking, contact: Contact) -> dict[str, Any]:
    shown = render(contact, f"{asking.base}/v1/accounts/{asking.account.id}/contact/contacts/{contact.entry.id}")
    if not asking.raw:
        return shown
    place = addressbooks.place_of(asking.store, contact)
    return {**shown, "raw": raw(asking.service, contact, f"/dav/{place.user}/{place.slug}/{contact.entry.href}")}


def _supported(asking: Asking, *, writing: bool = False) -> None:
    """Raises `ApiError` 501 where the service has no contacts, or lets nobody write them."""
    if writing and asking.service not in CONTACTS_WRITTEN:
        raise unsupported("way to write contacts", asking.service)
    if asking.service in CONTACTS_IN_BOOKS and not addressbooks.address_books(asking.store, asking.account.id):
        raise unsupported("contacts in an account without an address book", asking.service)
