"""A contact as the Kloudless dialect has it (contract A.13), and what its service has of it (D09)."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.api.service import Service
from storage.addressbooks import Contact
from storage.records import ContactRecord
from storage.vcard import plain
from storage.vcard.plain import Address, Organization


def render(contact: Contact, href: str) -> dict[str, Any]:
    """Every attribute, whether the card says anything of it or not."""
    record = contact.record
    return {
        "id": contact.entry.id,
        "name": record.full_name,
        "name_details": {
            "given": record.given_name or None,
            "family": record.family_name or None,
            "full": record.full_name,
        },
        "birthday": plain.birthday(record),
        "organizations": [_organization(plain.organization(each)) for each in record.organizations],
        "emails": _values(record.emails, plain.PLACES),
        "phones": _values(record.phones, plain.PHONES),
        "relationships": [{"name": each.name, "type": each.type} for each in plain.relations(record.relations)],
        "addresses": [_address(plain.address(each)) for each in record.addresses],
        "websites": [each["value"] for each in record.urls],
        "gender": plain.gender(record),
        "initials": record.initials or None,
        "created": record.created or None,
        "modified": record.revised or contact.entry.modified,
        "type": "contact",
        "api": "contact",
        "href": href,
    }


def raw(service: Service, contact: Contact, dav: str) -> dict[str, Any]:
    """What the service has of the contact; `dav` is the path of its card on this server."""
    entry = contact.entry
    if service in (Service.CALDAV, Service.ICLOUD):
        return {"format": "text/vcard", "data": entry.text, "etag": entry.etag, "href": dav}
    if service is Service.EXCHANGE:
        return {"id": entry.id}
    own = _person(contact) if service is Service.GOOGLE else _graph(contact)
    return {**(contact.record.raw or {}), **own}


def _values(items: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[dict[str, Any]]:
    first = plain.primary(items)
    found = [plain.value(each, words) for each in items]
    return [{"type": each.type, "value": each.value, "primary": at == first} for at, each in enumerate(found)]


def _organization(said: Organization) -> dict[str, Any]:
    details = {"department": said.department, "title": said.title, "location": said.location}
    return {"type": said.type, "name": said.name, **{name: text or None for name, text in details.items()}}


def _address(said: Address) -> dict[str, Any]:
    texts = {
        "street": said.street,
        "city": said.city,
        "state": said.state,
        "country": said.country,
        "postal_code": said.postal_code,
    }
    return {"type": said.type, **{name: text or None for name, text in texts.items()}}


# -- the objects of the services ---------------------------------------------------------------------------------------


def _person(contact: Contact) -> dict[str, Any]:
    """A `person` of Google's People API, with the fields that have a unified attribute."""
    record, entry = contact.record, contact.entry
    name = {"displayName": record.full_name, "givenName": record.given_name, "familyName": record.family_name}
    addresses = [plain.address(each) for each in record.addresses]
    return _filled(
        {
            "resourceName": f"people/{entry.id}",
            "etag": entry.hash,
            "names": [_filled(name)],
            "birthdays": _birthdays(record),
            "genders": [{"value": plain.gender(record)}] if record.gender else [],
            "nicknames": [{"value": record.initials, "type": "INITIALS"}] if record.initials else [],
            "organizations": [
                _filled({name: each[name] for name in ("name", "department", "title", "location")})
                for each in record.organizations
            ],
            "emailAddresses": _googled(record.emails, plain.PLACES),
            "phoneNumbers": _googled(record.phones, plain.PHONES),
            "addresses": [
                _filled(
                    {
                        "type": each.type,
                        "streetAddress": each.street,
                        "city": each.city,
                        "region": each.state,
                        "postalCode": each.postal_code,
                        "country": each.country,
                    }
                )
                for each in addresses
            ],
            "relations": [
                _filled({"person": each.name, "type": each.type}) for each in plain.relations(record.relations)
            ],
            "urls": [{"value": each["value"]} for each in record.urls],
        }
    )


def _googled(items: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        _filled({"value": each["value"], "type": each["type"], "metadata": {"primary": each["primary"]}})
        for each in _values(items, words)
    ]


def _birthdays(record: ContactRecord) -> list[dict[str, Any]]:
    day = plain.birthday(record)
    if day is None:
        return []
    year, month, of_month = map(int, day.split("-"))
    return [{"date": {"year": year, "month": month, "day": of_month}}]


def _graph(contact: Contact) -> dict[str, Any]:
    """A `contact` of Microsoft Graph, which has one organization and an address of each kind."""
    record, entry = contact.record, contact.entry
    job = next(iter(record.organizations), {"name": "", "department": "", "title": "", "location": ""})
    phones = [plain.value(each, plain.PHONES) for each in record.phones]
    addresses = {each.type or "other": each for each in reversed([plain.address(each) for each in record.addresses])}
    related = plain.relations(record.relations)
    day = plain.birthday(record)
    return _filled(
        {
            "id": entry.id,
            "changeKey": entry.hash,
            "displayName": record.full_name,
            "givenName": record.given_name,
            "surname": record.family_name,
            "initials": record.initials,
            "birthday": f"{day}T00:00:00Z" if day else None,
            "companyName": job["name"],
            "department": job["department"],
            "jobTitle": job["title"],
            "officeLocation": job["location"],
            "emailAddresses": [{"address": each["value"]} for each in record.emails],
            "homePhones": [each.value for each in phones if each.type == "home"],
            "businessPhones": [each.value for each in phones if each.type == "work"],
            "mobilePhone": next((each.value for each in phones if each.type == "mobile"), None),
            "homeAddress": _postal(addresses.get("home")),
            "businessAddress": _postal(addresses.get("work")),
            "otherAddress": _postal(addresses.get("other")),
            "spouseName": next((each.name for each in related if each.type == "spouse"), None),
            "children": [each.name for each in related if each.type == "child"],
            "businessHomePage": next((each["value"] for each in record.urls), None),
            "createdDateTime": record.created,
            "lastModifiedDateTime": record.revised or entry.modified,
        }
    )


def _postal(said: Address | None) -> dict[str, Any]:
    if said is None:
        return {}
    return _filled(
        {
            "street": said.street,
            "city": said.city,
            "state": said.state,
            "countryOrRegion": said.country,
            "postalCode": said.postal_code,
        }
    )


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, as the services leave it out themselves."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
