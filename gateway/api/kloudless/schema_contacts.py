"""A contact as the OpenAPI description of the Kloudless dialect shows it, and what makes and changes one (A.13)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gateway.api.kloudless.schema import LINE, LINES, SAID, WORD, Day, Href, Id, Moment, Raw, RawObject, Shown

Place = Literal["home", "work", "other"]
Phones = Literal["home", "work", "mobile", "other"]
Schools = Literal["work", "school", "other"]
Kin = Literal["child", "spouse", "other"]
Gender = Literal["male", "female", "other", "unknown"]


class Names(Shown):
    """What somebody is called."""

    given: str | None
    family: str | None
    full: str


class Organization(Shown):
    """Where somebody works or learns."""

    type: Schools | None
    name: str
    department: str | None
    title: str | None
    location: str | None


class Email(Shown):
    """An e-mail address."""

    type: Place | None
    value: str
    primary: bool


class Phone(Shown):
    """A telephone number."""

    type: Phones | None
    value: str
    primary: bool


class Relationship(Shown):
    """Somebody else, by name."""

    name: str
    type: Kin | None


class Address(Shown):
    """A postal address."""

    type: Place | None
    street: str | None
    city: str | None
    state: str | None
    country: str | None
    postal_code: str | None


class Contact(Shown):
    """A contact (A.13)."""

    id: Id
    name: str
    name_details: Names
    birthday: Day | None
    organizations: list[Organization]
    emails: list[Email]
    phones: list[Phone]
    relationships: list[Relationship]
    addresses: list[Address]
    websites: list[str]
    gender: Gender | None
    initials: str | None
    created: Moment | None
    modified: Moment
    type: Literal["contact"]
    api: Literal["contact"]
    href: Href
    raw: Raw = Field(default_factory=dict)


class NamesInput(BaseModel):
    """What somebody is called."""

    given: LINE | None = None
    family: LINE | None = None


def _either(*names: str) -> dict[str, JsonValue]:
    """A rule: one of these members, or several, is there and says something."""
    return {
        "anyOf": [{"required": [name], "properties": {name: {"type": "string", "pattern": SAID}}} for name in names]
    }


class NewNames(NamesInput):
    """What somebody is called; one of the two is needed."""

    model_config = ConfigDict(json_schema_extra=_either("given", "family"))


class OrganizationInput(BaseModel):
    """Where somebody works or learns."""

    name: WORD
    type: Schools | None = None
    department: LINE | None = None
    title: LINE | None = None
    location: LINE | None = None


class EmailInput(BaseModel):
    """An e-mail address."""

    value: WORD
    type: Place | None = None


class PhoneInput(BaseModel):
    """A telephone number."""

    value: WORD
    type: Phones | None = None


class RelationshipInput(BaseModel):
    """Somebody else, by name."""

    name: WORD
    type: Kin | None = None


class AddressInput(BaseModel):
    """A postal address."""

    type: Place | None = None
    street: LINES | None = None
    city: LINES | None = None
    state: LINES | None = None
    country: LINES | None = None
    postal_code: LINES | None = None


class ContactUpdate(BaseModel):
    """What becomes of a contact: each list takes the place of the one before; what is left out stays."""

    name_details: NamesInput = Field(default_factory=NamesInput)
    birthday: Day | None = None
    organizations: Annotated[list[OrganizationInput], Field(max_length=1_000)] | None = None
    emails: Annotated[list[EmailInput], Field(max_length=1_000)] | None = None
    phones: Annotated[list[PhoneInput], Field(max_length=1_000)] | None = None
    relationships: Annotated[list[RelationshipInput], Field(max_length=1_000)] | None = None
    addresses: Annotated[list[AddressInput], Field(max_length=1_000)] | None = None
    websites: Annotated[list[WORD], Field(max_length=1_000)] | None = None
    gender: Gender | None = None
    initials: LINE | None = None
    raw: RawObject | None = None


class ContactInput(ContactUpdate):
    """A new contact."""

    name_details: NewNames
