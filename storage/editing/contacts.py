"""How an application makes a contact and changes one: a vCard in which only what it asked for is another.

Contract A.13 and E.3. Every member of a change is either left (None), cleared (empty) or given. What a card says
already is not written again, so that the same change twice is one change; every line that a change does not mean keeps
its bytes. REV moves with every change. Cards of version 2.1 are brought to 3.0 first (`storage.vcard.convert`), because
nobody may write 2.1 any more.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from dataclasses import replace as amended
from datetime import datetime
from typing import Any, Final

from storage.editing.change import RawProperty
from storage.editing.contact_lists import LABEL, Lists, number
from storage.errors import InvalidData
from storage.ical import custom
from storage.ical.lines import Component, Line, dump, escape, line, parse
from storage.ical.write import component, eol_of, remove, replace, set_lines
from storage.records import ContactRecord
from storage.vcard import plain, values
from storage.vcard.convert import convert, version_of
from storage.vcard.draft import draft
from storage.vcard.plain import Address, Organization, Relation, Value
from storage.vcard.read import VERSIONS, card_of
from storage.vcard.render import GENDER, RELATIONS, Card

NEW: Final = "3.0"
"""The version of new cards: the one that iCloud, Google and all clients take, while many still refuse 4.0."""

MAPPED: Final = frozenset(
    {"ADR", "BDAY", "EMAIL", "FN", "N", "ORG", "TEL", "TITLE", "URL", "X-INITIALS", "X-LOCATION", *GENDER, *RELATIONS}
)
"""Properties that members of a change speak of."""

OWN: Final = frozenset({"BEGIN", "END", "VERSION", "UID", "PRODID", "REV", "CREATED", LABEL, custom.RAW, ""})
"""Properties that make the text a card; no change speaks of them."""

_SEXES: Final = {"male": "M", "female": "F", "other": "O", "unknown": "U"}


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What shall be of a contact; None leaves a member as it is, an empty one clears it.

    Texts hold no control characters but line breaks. `birthday` is `YYYY-MM-DD`; `gender` `male`, `female`, `other` or
    `unknown`. `raw`: properties by upper-case name that no other member speaks of, None removes one.
    `attributes`: the same of a service's own attributes, as JSON values (`storage.ical.custom`).
    """

    given: str | None = None
    family: str | None = None
    birthday: str | None = None
    gender: str | None = None
    initials: str | None = None
    organizations: Sequence[Organization] | None = None
    emails: Sequence[Value] | None = None
    phones: Sequence[Value] | None = None
    relations: Sequence[Relation] | None = None
    addresses: Sequence[Address] | None = None
    websites: Sequence[str] | None = None
    raw: Mapping[str, RawProperty | None] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


def made(change: ContactChange, uid: str, at: datetime) -> str:
    """A new card (of version `NEW`) of what a change gives. Raises InvalidData where it gives no name."""
    if not _clean(change.given or "") and not _clean(change.family or ""):
        raise InvalidData("a contact needs a given name or a family name", hint="give one of the two")
    head = [line("VERSION", NEW), line("PRODID", "-//CalHarbor//EN"), line("UID", escape(uid))]
    card = component("VCARD", [*head, line("CREATED", at.strftime("%Y-%m-%dT%H:%M:%SZ"))])
    return edited(dump(card), change, at)


def edited(text: str, change: ContactChange, at: datetime) -> str:
    """The card with the change in it, revised at this moment; the very text where it says all of it already.

    Raises InvalidData for a text that is no vCard, and for a change that leaves the contact without any name.
    """
    tree = parse(text)
    before = card_of(tree)
    if version_of(before) not in VERSIONS:
        tree = parse(convert(text, NEW))
        before = card_of(tree)
    whole = _whole(before)
    card = _edited(whole, _cleaned(change))
    if dump(card) == dump(whole):
        return text
    stamp = at.strftime("%Y%m%dT%H%M%SZ" if version_of(card) == "4.0" else "%Y-%m-%dT%H:%M:%SZ")
    return dump(replace(tree, before, set_lines(card, "REV", [line("REV", stamp, eol=eol_of(card))])))


def _edited(card: Component, change: ContactChange) -> Component:
    record = _view(card).record()
    given = record.given_name if change.given is None else change.given
    family = record.family_name if change.family is None else change.family
    if (given, family) != (record.given_name, record.family_name):
        card = _named(card, record, given, family)
    if change.birthday is not None and change.birthday != (plain.birthday(record) or ""):
        card = _born(card, change.birthday)
    if change.gender is not None and change.gender != (plain.gender(record) or ""):
        new = version_of(card) == "4.0"
        card = _set(card, GENDER, GENDER[0] if new else GENDER[1], _SEXES.get(change.gender, ""))
    if change.initials is not None and change.initials != record.initials:
        card = _set(card, ("X-INITIALS",), "X-INITIALS", escape(change.initials))
    card = _listed(card, change)
    for name, wanted in change.raw.items():
        if name not in MAPPED | OWN:
            new_lines = [line(name, wanted.value, wanted.params, eol=eol_of(card))] if wanted else []
            card = set_lines(card, name, new_lines)
    return custom.with_raw_changed(card, change.attributes)


def _listed(card: Component, change: ContactChange) -> Component:
    lists = Lists(card.children, version_of(card), eol_of(card))
    if change.organizations is not None:
        lists.organizations(change.organizations)
    if change.emails is not None:
        lists.emails(change.emails)
    if change.phones is not None:
        lists.phones(change.phones)
    if change.addresses is not None:
        lists.addresses(change.addresses)
    if change.relations is not None:
        lists.relations(change.relations)
    if change.websites is not None:
        lists.websites(change.websites)
    return Component(card.name, lists.children, card.begin, card.end)


def _named(card: Component, record: ContactRecord, given: str, family: str) -> Component:
    """With another N, of which the other fields stay, and with the FN that follows from it."""
    if not given and not family:
        raise InvalidData("a contact needs a given name or a family name", hint="give one of the two")
    source = _view(card).best("N")
    parts = values.split(values.raw_value(source), ";") if source is not None else []
    parts += [""] * (5 - len(parts))
    if family != record.family_name:
        parts[0] = escape(family)
    if given != record.given_name:
        parts[1] = escape(given)
    card = _set(card, ("N",), "N", values.joined(parts), others=True)
    return _set(card, ("FN",), "FN", escape(_full_name(record, given, family)), others=True)


def _full_name(record: ContactRecord, given: str, family: str) -> str:
    """The name as a whole, put together in the way in which the card did it so far; else as Western names are."""
    forms: list[Callable[[str, str], str]] = [
        lambda g, f: _spoken(record.prefix, g, record.additional_names, f, record.suffix),
        _spoken,
        lambda g, f: _spoken(record.prefix, g, f, record.suffix),
        lambda g, f: _spoken(g, record.additional_names, f),
        lambda g, f: _spoken(f, g),
        lambda g, f: ", ".join(filter(None, (f, g))),
    ]
    known = (form for form in forms if form(record.given_name, record.family_name) == record.full_name)
    return next(known, forms[0])(given, family)


def _spoken(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _born(card: Component, birthday: str) -> Component:
    if version_of(card) == "4.0":
        birthday = birthday.replace("-", "")
    source = _view(card).best("BDAY")
    plainly = source is not None and source.param("VALUE").lower() in ("", "date")
    kept = {"VALUE"} if plainly else set()
    return _set(card, ("BDAY",), "BDAY", birthday, params=kept)


def _set(
    card: Component,
    names: Sequence[str],
    name: str,
    value: str,
    *,
    others: bool = False,
    params: Collection[str] | None = None,
) -> Component:
    """With this value (escaped) in the line that counts of those of these names, or in a new line `name`.

    An empty value removes them all. `others`: the value of that line is one of several that stay. `params`: of these
    alone the line keeps its own.
    """
    if not value:
        return remove(card, *names)
    source = _view(card).best(*names)
    eol = eol_of(card)
    if source is None:
        return set_lines(card, name, [line(name, value, eol=eol)])
    changed = draft(source)
    changed.value = value
    if params is not None:
        changed.params = {key: said for key, said in changed.params.items() if key in params}
    new = changed.line(eol)
    kept = [
        new if child is source else child
        for child in card.children
        if child is source or others or child.name not in names
    ]
    return Component(card.name, kept, card.begin, card.end)


def _view(card: Component) -> Card:
    return Card([child for child in card.children if isinstance(child, Line)])


def _whole(card: Component) -> Component:
    """The card with each torn line (`values.lines_of`) in one piece, so that lines can be told from each other."""
    whole = {id(child) for child in card.children if not isinstance(child, Line) or not _open(child)}
    eol = eol_of(card)
    lines = values.lines_of(card)
    if all(id(each) in whole for each in lines) and len(lines) + len(card.components()) == len(card.children):
        return card
    mended = [each if id(each) in whole else draft(each).line(eol) for each in lines]
    return Component(card.name, [*mended, *card.components()], card.begin, card.end)


def _open(source: Line) -> bool:
    """Whether a line would take what is written behind it for a part of itself."""
    return values.encoding(source) == "quoted-printable" and source.value.endswith("=")


def _cleaned(change: ContactChange) -> ContactChange:
    """As it will be read back: without blanks around what is said, and numbers without the scheme of a URI."""
    said: dict[str, Any] = {}
    for member in fields(change):
        given = getattr(change, member.name)
        if isinstance(given, str):
            said[member.name] = _clean(given)
        elif given is not None and member.name not in ("raw", "attributes"):
            said[member.name] = [_clean_item(each) for each in given]
    if "phones" in said:
        said["phones"] = [amended(each, value=number(each.value)) for each in said["phones"]]
    return amended(change, **said)


def _clean_item(item: Any) -> Any:
    if isinstance(item, str):
        return _clean(item)
    texts = {each.name: getattr(item, each.name) for each in fields(item) if each.name != "type"}
    return amended(item, **{name: _clean(text) for name, text in texts.items()})


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
