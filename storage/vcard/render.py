"""A vCard as a record: names, addresses, numbers and dates, rendered once when the card is written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storage.ical import custom
from storage.ical.lines import Component, Line
from storage.records import ContactRecord
from storage.vcard import values
from storage.vcard.posts import Post, posts

_ADDRESS = ("box", "extended", "street", "city", "region", "code", "country")
_KIND = ("KIND", "X-ADDRESSBOOKSERVER-KIND")
_MEMBER = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_ANNIVERSARY = ("ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY")
GENDER = ("GENDER", "X-GENDER")
RELATIONS = ("RELATED", "X-ABRELATEDNAMES")
"""Names of properties that mean the same."""

_ADDRESS_OF_ANOTHER = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)

Item = tuple[Line, Mapping[str, Any]]
"""A line, and what it says in a list of the record."""


def render(card: Component) -> ContactRecord:
    """The record of a VCARD."""
    return Card(values.lines_of(card)).record()


class Card:
    """The lines of one card by name."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._all_lines = lines
        self._labels = values.labels(lines)
        self._lines: dict[str, list[Line]] = {}
        for line in lines:
            self._lines.setdefault(line.name, []).append(line)

    def record(self) -> ContactRecord:
        """All that the card says."""
        family, given, additional, prefix, suffix = self._fields("N", 5)
        organisation, *units = self._fields("ORG", 1)
        emails, phones = _said(self.emails()), _said(self.phones())
        nickname = ", ".join(self._texts("NICKNAME"))
        spoken = " ".join(part for part in (prefix, given, additional, family, suffix) if part)
        candidates = (self._text("FN"), spoken, nickname, organisation, *(each["value"] for each in (*emails, *phones)))
        return ContactRecord(
            version=self._text("VERSION"),
            kind=self._text(*_KIND).lower() or "individual",
            full_name=next((name for name in candidates if name), ""),
            family_name=family,
            given_name=given,
            additional_names=additional,
            prefix=prefix,
            suffix=suffix,
            initials=self._text("X-INITIALS"),
            nickname=nickname,
            organisation=organisation,
            department=_department(units),
            title=self._text("TITLE"),
            role=self._text("ROLE"),
            note="\n\n".join(filter(None, map(values.text, self._all("NOTE")))),
            birthday=self._date("BDAY"),
            anniversary=self._date(*_ANNIVERSARY),
            gender=self._text(*GENDER),
            created=self._moment("CREATED"),
            revised=self._moment("REV"),
            emails=emails,
            phones=phones,
            addresses=_said(self.addresses()),
            organizations=tuple(said for _post, said in self.organizations()),
            urls=_said(self.urls()),
            messengers=_said(self._each("IMPP")),
            relations=_said(self.relations()),
            categories=tuple(self._texts("CATEGORIES")),
            members=tuple(filter(None, map(values.text, self._all(*_MEMBER)))),
            raw=custom.raw_attributes(self._all(custom.RAW)) or None,
            photo=any(line.value.strip() for line in self._all("PHOTO")),
        )

    def emails(self) -> list[Item]:
        """EMAIL."""
        return self._each("EMAIL")

    def phones(self) -> list[Item]:
        """TEL."""
        return self._each("TEL", details=_number)

    def addresses(self) -> list[Item]:
        """ADR."""
        return self._each("ADR", details=_address)

    def urls(self) -> list[Item]:
        """URL."""
        return self._each("URL")

    def relations(self) -> list[Item]:
        """RELATED, and what Apple calls so; `text` tells a name from the address of another card."""
        return self._each(*RELATIONS, details=_relation)

    def organizations(self) -> list[tuple[Post, Mapping[str, Any]]]:
        """Each position with its lines."""
        found = posts([line for line in self._all_lines if line.name in ("ORG", "TITLE", "X-LOCATION")])
        heads = [post.organization for post in found if post.organization is not None]
        best = min(map(values.preference, heads), default=values.NOT_PREFERRED)
        return [(post, self._organization(post, best)) for post in found]

    def _organization(self, post: Post, best: int) -> Mapping[str, Any]:
        head = post.organization
        name, *units = values.fields(head, 1) if head is not None else [""]
        return {
            "name": name,
            "department": _department(units),
            "title": values.text(post.title) if post.title is not None else "",
            "location": values.text(post.location) if post.location is not None else "",
            "types": list(values.types(head)) if head is not None else [],
            "preferred": head is not None and values.preference(head) == best != values.NOT_PREFERRED,
            "label": self.label(head) if head is not None else "",
        }

    def best(self, *names: str) -> Line | None:
        """The line that is preferred, of the first of these names that there is."""
        found = next((lines for name in names if (lines := self._lines.get(name))), [])
        return min(found, key=values.preference) if len(found) > 1 else next(iter(found), None)

    def label(self, line: Line) -> str:
        """What a person wrote beside the line."""
        return self._labels.get(line.group.lower(), "") if line.group else ""

    def _all(self, *names: str) -> list[Line]:
        return [line for name in names for line in self._lines.get(name, ())]

    def _text(self, *names: str) -> str:
        line = self.best(*names)
        return values.text(line) if line else ""

    def _date(self, *names: str) -> str:
        line = self.best(*names)
        return values.date(line) if line else ""

    def _fields(self, name: str, count: int) -> list[str]:
        line = self.best(name)
        found = values.fields(line, count) if line else [""] * count
        return found[:count] if name == "N" else found

    def _texts(self, name: str) -> list[str]:
        return list(dict.fromkeys(each for line in self._all(name) for each in values.texts(line)))

    def _moment(self, name: str) -> str:
        line = self.best(name)
        return values.moment(line) if line else ""

    def _each(self, *names: str, details: Callable[[Line], Mapping[str, Any]] | None = None) -> list[Item]:
        """Each line with its value, types, whether it is the preferred one, and the label that a person gave it."""
        if len(names) == 1:
            lines = self._lines.get(names[0], [])
        else:
            lines = [line for line in self._all_lines if line.name in names]
        found: list[Item] = []
        ranks = [values.preference(line) for line in lines]
        best = min(ranks, default=values.NOT_PREFERRED)
        for line, rank in zip(lines, ranks, strict=True):
            said = details(line) if details else {"value": values.text(line)}
            if any(each for name, each in said.items() if name != "text"):
                types = [each for each in values.types(line) if (line.name, each) != ("EMAIL", "internet")]
                preferred = rank == best != values.NOT_PREFERRED
                found.append((line, {**said, "types": types, "preferred": preferred, "label": self.label(line)}))
        return found


def _said(items: Sequence[Item]) -> tuple[Mapping[str, Any], ...]:
    return tuple(said for _line, said in items)


def _department(units: Sequence[str]) -> str:
    return ", ".join(unit for unit in units if unit)


def _number(line: Line) -> Mapping[str, Any]:
    """A telephone number, also where it is a `tel:` URI (RFC 6350 §6.4.1)."""
    value = values.text(line)
    return {"value": value[4:] if value[:4].lower() == "tel:" else value}


def _address(line: Line) -> Mapping[str, Any]:
    return dict(zip(_ADDRESS, values.fields(line, len(_ADDRESS)), strict=False))


def _relation(line: Line) -> Mapping[str, Any]:
    """Somebody by name, or (RFC 6350 §6.6.6) by the URI of a card, which many write a name for without saying so."""
    value = values.text(line)
    name = line.name != "RELATED" or line.param("VALUE").lower() == "text"
    return {"value": value, "text": name or not _ADDRESS_OF_ANOTHER.fullmatch(value)}
