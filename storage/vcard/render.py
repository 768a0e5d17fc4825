"""A vCard as a record: names, addresses, numbers and dates, rendered once when the card is written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storage.ical.lines import Component, Line
from storage.records import ContactRecord
from storage.vcard import values

_ADDRESS = ("box", "extended", "street", "city", "region", "code", "country")
_KIND = ("KIND", "X-ADDRESSBOOKSERVER-KIND")
_MEMBER = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_ANNIVERSARY = ("ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY")
_GENDER = ("GENDER", "X-GENDER")


def render(card: Component) -> ContactRecord:
    """The record of a VCARD."""
    return _Card(values.lines_of(card)).record()


class _Card:
    """The lines of one card by name."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._labels = values.labels(lines)
        self._lines: dict[str, list[Line]] = {}
        for line in lines:
            self._lines.setdefault(line.name, []).append(line)

    def record(self) -> ContactRecord:
        family, given, additional, prefix, suffix = self._fields("N", 5)
        organisation, *units = self._fields("ORG", 1)
        emails, phones = self._each("EMAIL"), self._each("TEL", _number)
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
            nickname=nickname,
            organisation=organisation,
            department=", ".join(unit for unit in units if unit),
            title=self._text("TITLE"),
            role=self._text("ROLE"),
            note="\n\n".join(filter(None, map(values.text, self._all("NOTE")))),
            birthday=self._date("BDAY"),
            anniversary=self._date(*_ANNIVERSARY),
            gender=self._text(*_GENDER),
            emails=emails,
            phones=phones,
            addresses=self._each("ADR", _address),
            urls=self._each("URL"),
            messengers=self._each("IMPP"),
            relations=(*self._each("RELATED"), *self._each("X-ABRELATEDNAMES")),
            categories=tuple(self._texts("CATEGORIES")),
            members=tuple(filter(None, map(values.text, self._all(*_MEMBER)))),
            photo=any(line.value.strip() for line in self._all("PHOTO")),
        )

    def _all(self, *names: str) -> list[Line]:
        return [line for name in names for line in self._lines.get(name, ())]

    def _best(self, *names: str) -> Line | None:
        """The line that is preferred, of the first of these names that there is."""
        found = next((lines for name in names if (lines := self._lines.get(name))), [])
        return min(found, key=values.preference) if len(found) > 1 else next(iter(found), None)

    def _text(self, *names: str) -> str:
        line = self._best(*names)
        return values.text(line) if line else ""

    def _date(self, *names: str) -> str:
        line = self._best(*names)
        return values.date(line) if line else ""

    def _fields(self, name: str, count: int) -> list[str]:
        line = self._best(name)
        found = values.fields(line, count) if line else [""] * count
        return found[:count] if name == "N" else found

    def _texts(self, name: str) -> list[str]:
        return list(dict.fromkeys(each for line in self._all(name) for each in values.texts(line)))

    def _each(
        self, name: str, details: Callable[[Line], Mapping[str, Any]] | None = None
    ) -> tuple[Mapping[str, Any], ...]:
        """Each value with its types, whether it is the preferred one, and the label that a person gave it."""
        lines = self._lines.get(name)
        if not lines:
            return ()
        found = []
        ranks = [values.preference(line) for line in lines]
        best = min(ranks)
        for line, rank in zip(lines, ranks, strict=True):
            said = details(line) if details else {"value": values.text(line)}
            if any(said.values()):
                types = [each for each in values.types(line) if (name, each) != ("EMAIL", "internet")]
                label = self._labels.get(line.group.lower(), "") if line.group else ""
                preferred = rank == best != values.NOT_PREFERRED
                found.append({**said, "types": types, "preferred": preferred, "label": label})
        return tuple(found)


def _number(line: Line) -> Mapping[str, Any]:
    """A telephone number, also where it is a `tel:` URI (RFC 6350 §6.4.1)."""
    value = values.text(line)
    return {"value": value[4:] if value[:4].lower() == "tel:" else value}


def _address(line: Line) -> Mapping[str, Any]:
    return dict(zip(_ADDRESS, values.fields(line, len(_ADDRESS)), strict=False))
