"""The lists of a contact: how their items stand in a vCard's lines, and how a list is replaced by another one.

An item that the new list still has keeps its line as it is, with what it says beyond what applications see: parameters,
groups, labels, the box and the flat of an address, further units of an organization. One that became another (the same
address of another type, the same organization with another title) is changed in its line. Only then are lines made and
removed.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final, TypeVar

from storage.editing.lists import Bundle, Child, Placed, paired, replaced
from storage.ical.lines import Line, escape, line, unescape
from storage.vcard import plain, values
from storage.vcard.draft import draft
from storage.vcard.plain import Address, Organization, Relation, Value
from storage.vcard.posts import LOCATION, TITLE
from storage.vcard.render import RELATIONS, Card

LABEL: Final = "X-ABLABEL"
_DESCRIBING: Final = frozenset({LABEL, "X-ABADR"})
_TOKENS: Final = {"home": "HOME", "work": "WORK", "mobile": "CELL", "school": "SCHOOL", "other": "OTHER"}
_APPLE_LABELS: Final = {"child": "_$!<Child>!$_", "spouse": "_$!<Spouse>!$_", "other": "_$!<Other>!$_"}
_ADR: Final = {"street": 2, "city": 3, "state": 4, "postal_code": 5, "country": 6}

Item = TypeVar("Item", bound=Hashable)


class Lists:
    """The lines of a card of version 3.0 or 4.0, one list after the other replaced."""

    def __init__(self, children: Sequence[Child], version: str, eol: str) -> None:
        self.children = list(children)
        self._new = version == "4.0"
        self._eol = eol
        self._taken = {each.group.lower() for each in self.children if isinstance(each, Line) and each.group}

    def emails(self, wanted: Sequence[Value]) -> None:
        """Replace the e-mail addresses."""
        self._values("EMAIL", self._card().emails(), wanted, plain.PLACES, str.lower)

    def phones(self, wanted: Sequence[Value]) -> None:
        """Replace the telephone numbers."""
        self._values("TEL", self._card().phones(), wanted, plain.PHONES, _digits)

    def websites(self, wanted: Sequence[str]) -> None:
        """Replace the web addresses."""
        old = [self._bundle(said["value"], source) for source, said in self._card().urls()]
        self._replace(old, [Placed(was.lines, was) if was else self._fresh(each) for each, was in _pairs(old, wanted)])

    def addresses(self, wanted: Sequence[Address]) -> None:
        """Replace the postal addresses."""
        old = [self._bundle(plain.address(said), source) for source, said in self._card().addresses()]
        found = _pairs(old, wanted, lambda each: replace(each, type=None), lambda each: each.street.lower() or None)
        self._replace(old, [self._address(each, was) for each, was in found])

    def relations(self, wanted: Sequence[Relation]) -> None:
        """Replace the relations by name; those that are addresses of other cards stay."""
        named = [(plain.relation(said), source) for source, said in self._card().relations()]
        old = [self._bundle(relation, source) for relation, source in named if relation is not None]
        found = _pairs(old, wanted)
        self._replace(old, [Placed(was.lines, was) if was else self._relation(each) for each, was in found])

    def organizations(self, wanted: Sequence[Organization]) -> None:
        """Replace the organizations; where the order of the lines cannot tell whose title is whose, groups tell it."""
        old = [
            Bundle(plain.organization(said), (*post.lines, *self._described(*post.lines)))
            for post, said in self._card().organizations()
        ]
        found = _pairs(old, wanted, lambda each: each.name.lower() or None)
        before = self.children
        self._replace(old, [self._organization(each, was) for each, was in found])
        if self._organizations() != list(wanted):
            self.children = before
            used: set[str] = set()
            self._replace(old, [self._bound(self._organization(each, was), used) for each, was in found])

    # -- what there is ------------------------------------------------------------------------------------------------

    def _card(self) -> Card:
        return Card([child for child in self.children if isinstance(child, Line)])

    def _organizations(self) -> list[Organization]:
        return [plain.organization(said) for _post, said in self._card().organizations()]

    def _bundle(self, item: Item, source: Line) -> Bundle[Item]:
        return Bundle(item, (source, *self._described(source)))

    def _described(self, *sources: Line) -> list[Line]:
        """The lines that say something about these alone: the rest of their group, where nothing else is in it."""
        group = sources[0].group.lower()
        if not group:
            return []
        known = {id(source) for source in sources}
        members = [each for each in self.children if isinstance(each, Line) and each.group.lower() == group]
        rest = [each for each in members if id(each) not in known]
        return rest if all(each.name in _DESCRIBING for each in rest) else []

    def _replace(self, old: Sequence[Bundle[Item]], wanted: Sequence[Placed[Item]]) -> None:
        self.children = replaced(self.children, old, wanted)

    def _free_group(self) -> str:
        group = next(name for number in count(1) if (name := f"item{number}") not in self._taken)
        self._taken.add(group)
        return group

    # -- what shall be ------------------------------------------------------------------------------------------------

    def _values(
        self,
        name: str,
        items: Sequence[tuple[Line, Mapping[str, Any]]],
        wanted: Sequence[Value],
        words: Mapping[str, str],
        alike: Callable[[str], str | None],
    ) -> None:
        old = [self._bundle(plain.value(said, words), source) for source, said in items]
        found = _pairs(old, wanted, lambda each: each.value, lambda each: alike(each.value))
        self._replace(old, [self._value(name, each, was, words) for each, was in found])

    def _value(self, name: str, wanted: Value, was: Bundle[Value] | None, words: Mapping[str, str]) -> Placed[Value]:
        if was is None:
            return Placed((line(name, escape(wanted.value), self._types(wanted.type), eol=self._eol),))
        if was.item == wanted:
            return Placed(was.lines, was)
        changed = draft(was.lines[0])
        if was.item.value != wanted.value:
            changed.value = escape(wanted.value)
            if changed.param("VALUE") == "uri":
                changed.set("VALUE")
        lines = was.lines[1:]
        if was.item.type != wanted.type:
            changed.set_types(*_retyped(changed.params.get("TYPE", ()), wanted.type, words))
            lines = tuple(each for each in lines if each.name != LABEL)
        return Placed((changed.line(self._eol), *lines), was)

    def _types(self, kind: str | None) -> Mapping[str, Sequence[str]]:
        return {"TYPE": [_TOKENS[kind]]} if kind else {}

    def _fresh(self, website: str) -> Placed[str]:
        # A URI is not escaped (RFC 6350 §4.2), unless it would be read as something else than it is.
        value = website if unescape(website) == website else escape(website)
        return Placed((line("URL", value, eol=self._eol),))

    def _address(self, wanted: Address, was: Bundle[Address] | None) -> Placed[Address]:
        said = {name: getattr(wanted, name) for name in _ADR}
        if was is None:
            value = ";".join(["", "", *map(escape, said.values())])
            return Placed((line("ADR", value, self._types(wanted.type), eol=self._eol),))
        if was.item == wanted:
            return Placed(was.lines, was)
        changed = draft(was.lines[0])
        fields = values.split(changed.value, ";")
        fields += [""] * (7 - len(fields))
        for name, at in _ADR.items():
            if said[name] != getattr(was.item, name):
                fields[at] = escape(said[name])
        if replace(was.item, type=None) != replace(wanted, type=None):
            changed.value = values.joined(fields)
            changed.set("LABEL")  # how the address that it was is written on a letter
        lines = was.lines[1:]
        if was.item.type != wanted.type:
            changed.set_types(*_retyped(changed.params.get("TYPE", ()), wanted.type, plain.PLACES))
            lines = tuple(each for each in lines if each.name != LABEL)
        return Placed((changed.line(self._eol), *lines), was)

    def _relation(self, wanted: Relation) -> Placed[Relation]:
        name = escape(wanted.name)
        if self._new:
            types = {"TYPE": [wanted.type], "VALUE": ["text"]} if wanted.type else {"VALUE": ["text"]}
            return Placed((line(RELATIONS[0], name, types, eol=self._eol),))
        if wanted.type is None:
            return Placed((line(RELATIONS[1], name, eol=self._eol),))
        group = self._free_group()
        label = line("X-ABLabel", _APPLE_LABELS[wanted.type], eol=self._eol, group=group)
        return Placed((line(RELATIONS[1], name, eol=self._eol, group=group), label))

    def _organization(self, wanted: Organization, was: Bundle[Organization] | None) -> Placed[Organization]:
        if was is not None and was.item == wanted:
            return Placed(was.lines, was)
        known = {each.name: each for each in was.lines} if was is not None else {}
        item = was.item if was is not None else Organization("")
        lines = [
            self._named(wanted, item, known.pop("ORG", None)),
            self._detail(TITLE, wanted.title, item.title, known.pop(TITLE, None)),
            self._detail(LOCATION, wanted.location, item.location, known.pop(LOCATION, None)),
        ]
        details = (each for each in known.values() if each.name != LABEL or item.type == wanted.type)
        return Placed((*(each for each in lines if each is not None), *details), was)

    def _named(self, wanted: Organization, item: Organization, source: Line | None) -> Line | None:
        """The ORG; None where there is nothing to be said in it."""
        if not wanted.name and not wanted.department:
            return None
        if source is None:
            value = ";".join(map(escape, filter(None, (wanted.name, wanted.department))))
            value = value if wanted.name else f";{value}"
            return line("ORG", value, self._types(wanted.type), eol=self._eol)
        if replace(wanted, title="", location="") == replace(item, title="", location=""):
            return source
        changed = draft(source)
        name, *units = values.split(changed.value, ";")
        if wanted.name != item.name:
            name = escape(wanted.name)
        if wanted.department != item.department:
            units = [escape(wanted.department)] if wanted.department else []
        changed.value = values.joined([name, *units])
        if wanted.type != item.type:
            changed.set_types(*_retyped(changed.params.get("TYPE", ()), wanted.type, plain.ORGANIZATIONS))
        return changed.line(self._eol)

    def _detail(self, name: str, wanted: str, was: str, source: Line | None) -> Line | None:
        if source is None or not wanted:
            return line(name, escape(wanted), eol=self._eol) if wanted else None
        if wanted == was:
            return source
        changed = draft(source)
        changed.value = escape(wanted)
        return changed.line(self._eol)

    def _bound(self, placed: Placed[Organization], used: set[str]) -> Placed[Organization]:
        """With its lines in one group, which no other one has; a bare ORG needs none."""
        lines = [each for each in placed.lines if each.name not in _DESCRIBING]
        if len(lines) == 1 and lines[0].name == "ORG":
            return placed
        group = next((g for each in lines if (g := each.group.lower()) and g not in used), "")
        details = [each for each in placed.lines if each.name in _DESCRIBING and each.group.lower() == group]
        group = group or self._free_group()
        used.add(group)
        return Placed((*(self._grouped(each, group) for each in lines), *details), placed.was)

    def _grouped(self, source: Line, group: str) -> Line:
        if source.group.lower() == group:
            return source
        changed = draft(source)
        changed.group = group
        return changed.line(self._eol)


def number(said: str) -> str:
    """A telephone number without the scheme of a URI, as it is shown."""
    return said[4:].strip() if said[:4].lower() == "tel:" else said


def _pairs(
    old: Sequence[Bundle[Item]], wanted: Sequence[Item], *keys: Callable[[Item], Hashable]
) -> list[tuple[Item, Bundle[Item] | None]]:
    return list(zip(wanted, paired(old, wanted, keys), strict=True))


def _retyped(types: Sequence[str], kind: str | None, words: Mapping[str, str]) -> list[str]:
    """These types (as written) such that they say `kind`; those of which applications see nothing stay."""
    kept = [each for each in types if each.lower() not in {*words, *plain.APART, plain.OTHER}]
    if kind is None:
        return [each for each in kept if each.lower() in {*plain.NEUTRAL, "pref"}]
    return [*kept, _TOKENS[kind]]


def _digits(said: str) -> str | None:
    return "".join(each for each in said if each.isdigit()) or None
