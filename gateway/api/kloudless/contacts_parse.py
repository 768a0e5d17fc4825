"""The body of a contact's POST or PATCH, member by member, as a change of a contact (contract A.13, A.2)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from gateway.api.body import Body
from gateway.api.kloudless.raw_object import attributes, properties
from gateway.api.kloudless.support import CALDAV, GOOGLE, ICLOUD, OUTLOOK
from gateway.api.service import Service
from storage.editing.contacts import ContactChange
from storage.vcard.plain import Address, Organization, Relation, Value

LONGEST = 10_000
"""Characters of one text."""

MOST = 1_000
"""Items of one list."""

_EMAILS = ("home", "work", "other")
_PHONES = ("home", "work", "mobile", "other")
_ORGANIZATIONS = ("work", "school", "other")
_RELATIONS = ("child", "spouse", "other")
_GENDERS = ("male", "female", "other", "unknown")

UNIFIED: Mapping[Service, frozenset[str]] = {
    GOOGLE: frozenset(
        {"resourceName", "etag", "metadata", "names", "birthdays", "genders", "nicknames", "organizations"}
        | {"emailAddresses", "phoneNumbers", "addresses", "relations", "urls"}
    ),
    OUTLOOK: frozenset(
        {"id", "changeKey", "displayName", "givenName", "surname", "initials", "birthday", "companyName", "department"}
        | {"jobTitle", "officeLocation", "emailAddresses", "homePhones", "businessPhones", "mobilePhone", "spouseName"}
        | {"homeAddress", "businessAddress", "otherAddress", "children", "businessHomePage", "createdDateTime"}
        | {"lastModifiedDateTime"}
    ),
}
"""Attributes of a service that `raw.object` cannot set, because they have a member of their own (D09)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAK = re.compile(r"[\r\n\t]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Item = TypeVar("Item")


def change_of(body: Body, service: Service) -> ContactChange:
    """What the body asks for: what it does not name stays, null clears. Raises the dialect's error for the member."""
    names = body.child("name_details") if "name_details" in body else None
    if "name_details" in body and names is None:
        raise body.wrong("name_details", "cannot be null: a contact has a name")
    return ContactChange(
        given=_text(names, "given") if names is not None else None,
        family=_text(names, "family") if names is not None else None,
        birthday=_birthday(body),
        gender=_choice(body, "gender", _GENDERS),
        initials=_text(body, "initials"),
        organizations=_items(body, "organizations", _organization),
        emails=_items(body, "emails", lambda each: Value(_needed(each, "value"), each.choice("type", _EMAILS))),
        phones=_items(body, "phones", lambda each: Value(_needed(each, "value"), each.choice("type", _PHONES))),
        relations=_items(
            body, "relationships", lambda each: Relation(_needed(each, "name"), each.choice("type", _RELATIONS))
        ),
        addresses=_addresses(body),
        websites=_websites(body),
        raw=properties(body) if service in (CALDAV, ICLOUD) else {},
        attributes=attributes(body, UNIFIED[service]) if service in UNIFIED else {},
    )


def _text(body: Body, name: str, *, lines: bool = False) -> str | None:
    """A text without control characters; "" for null, None for one that is not there."""
    if name not in body:
        return None
    value = body.text(name, most=LONGEST) or ""
    if _CONTROL.search(value) or (not lines and _BREAK.search(value)):
        raise body.wrong(name, "must not contain control characters")
    return value.strip()


def _needed(body: Body, name: str) -> str:
    value = _text(body, name)
    if not value:
        raise body.wrong(name, "is required" if name not in body else "must not be empty")
    return value


def _choice(body: Body, name: str, choices: Sequence[str]) -> str | None:
    return (body.choice(name, choices) or "") if name in body else None


def _items(body: Body, name: str, read: Callable[[Body], Item]) -> list[Item] | None:
    """A list of objects; an empty one for null, None for one that is not there."""
    return [read(each) for each in body.children(name, most=MOST) or ()] if name in body else None


def _birthday(body: Body) -> str | None:
    value = _text(body, "birthday")
    if body.value("birthday") is None:
        return value
    try:
        return date.fromisoformat(value if value and _DATE.fullmatch(value) else "").isoformat()
    except ValueError as error:
        raise body.wrong("birthday", "must be a date, YYYY-MM-DD") from error


def _organization(body: Body) -> Organization:
    body.need("name")
    department, title, location = (_text(body, name) or "" for name in ("department", "title", "location"))
    name, kind = _text(body, "name") or "", body.choice("type", _ORGANIZATIONS)
    if not name and (kind is not None or not (department or title or location)):
        raise body.wrong("name", "must not be empty")
    return Organization(name, department, title, location, kind)


def _addresses(body: Body) -> list[Address] | None:
    def read(each: Body) -> Address:
        said = {name: _text(each, name, lines=True) or "" for name in _ADDRESS}
        return Address(**said, type=each.choice("type", _EMAILS))

    found = _items(body, "addresses", read)
    # One that says nothing would be no line of a vCard at all.
    return None if found is None else [each for each in found if any(getattr(each, name) for name in _ADDRESS)]


_ADDRESS = ("street", "city", "state", "country", "postal_code")


def _websites(body: Body) -> list[str] | None:
    if "websites" not in body:
        return None
    found = [each.strip() for each in body.texts("websites", most=MOST) or ()]
    for at, each in enumerate(found):
        if not each or len(each) > LONGEST or _CONTROL.search(each) or _BREAK.search(each):
            raise body.wrong(f"websites[{at}]", "must be an address without blanks around it")
    return found
