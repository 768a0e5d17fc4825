"""A contact in the few words that applications know: typed addresses and numbers instead of a vCard's parameters.

Contract E.3 (`reference/api-contract.md`). All of it is worked out from what was rendered when the card was written, so
that showing a contact parses nothing; the editing of cards reads their lines through the same functions, so that what
is shown is what a change is compared with. A type is None where the card says none; one that applications have no word
for is `other`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from storage.records import ContactRecord

OTHER: Final = "other"
PLACES: Final = {"home": "home", "work": "work"}
PHONES: Final = {"cell": "mobile", "iphone": "mobile", "pcs": "mobile", "mobile": "mobile", **PLACES}
ORGANIZATIONS: Final = {"work": "work", "school": "school"}
RELATIONS: Final = {"child": "child", "spouse": "spouse"}
"""What a vCard calls it → what applications call it; the first that fits counts. Labels use the same words."""

NEUTRAL: Final = frozenset(
    {"internet", "x400", "voice", "msg", "text", "textphone", "video", "dom", "intl", "postal", "parcel"}
)
"""Types that say what a number or an address is good for, and nothing of whose or where it is."""

APART: Final = frozenset({"fax", "pager"})
"""Types that make a number another one than the one to call, whatever else it is."""

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?")
_SEXES: Final = {"M": "male", "F": "female", "O": OTHER, "N": OTHER, "U": "unknown", "MALE": "male", "FEMALE": "female"}


@dataclass(frozen=True, slots=True)
class Value:
    """An e-mail address or a telephone number."""

    value: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; what is not said is empty."""

    street: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    postal_code: str = ""
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """Where somebody works or learns. The name is empty where a card names a title alone."""

    name: str
    department: str = ""
    title: str = ""
    location: str = ""
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """Somebody else, by name."""

    name: str
    type: str | None = None


def kind(said: Mapping[str, Any], words: Mapping[str, str]) -> str | None:
    """What applications call the types of an item (else its label); None where it says nothing."""
    types = [each for each in said["types"] if each not in NEUTRAL]
    if not types:
        label = str(said["label"]).lower()
        return words.get(label, OTHER) if label else None
    if APART.intersection(types):
        return OTHER
    return next((words[word] for word in words if word in types), OTHER)


def value(said: Mapping[str, Any], words: Mapping[str, str]) -> Value:
    """An item of `emails` (`words`: PLACES) or `phones` (PHONES)."""
    return Value(said["value"], kind(said, words))


def address(said: Mapping[str, Any]) -> Address:
    """An item of `addresses`. What stands beside the street (a box, a flat) is not shown, and not lost."""
    return Address(said["street"], said["city"], said["region"], said["country"], said["code"], type=kind(said, PLACES))


def organization(said: Mapping[str, Any]) -> Organization:
    """An item of `organizations`."""
    return Organization(
        said["name"], said["department"], said["title"], said["location"], type=kind(said, ORGANIZATIONS)
    )


def relation(said: Mapping[str, Any]) -> Relation | None:
    """An item of `relations`; None for one that is no name but the address of another card."""
    return Relation(said["value"], kind(said, RELATIONS)) if said["text"] else None


def relations(said: Iterable[Mapping[str, Any]]) -> list[Relation]:
    """Those of these `relations` that are names."""
    return [found for each in said if (found := relation(each)) is not None]


def primary(said: Sequence[Mapping[str, Any]]) -> int:
    """Which of these items is the one to use: the first that is preferred, else the first of all."""
    return next((at for at, each in enumerate(said) if each["preferred"]), 0)


def birthday(record: ContactRecord) -> str | None:
    """`YYYY-MM-DD`; None without a birthday, for one without a year, and for what is no day of the calendar."""
    found = _DAY.fullmatch(record.birthday)
    return found[1] if found else None


def gender(record: ContactRecord) -> str | None:
    """`male`, `female`, `other` or `unknown` (RFC 6350 §6.2.7: M F O N U, and what stands behind them)."""
    if not record.gender:
        return None
    return _SEXES.get(record.gender.partition(";")[0].strip().upper(), OTHER)
