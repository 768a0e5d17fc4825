"""The leaves of filters, alike in calendar-query and addressbook-query: texts under a collation, and parameters.

RFC 4791 §9.7.3 and §9.7.5, RFC 6352 §10.5.2 and §10.5.4; collations after RFC 4790. An element's namespace tells which
of the two it belongs to, and so which precondition a refusal names.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from gateway.dav import names
from gateway.dav.errors import Refusal
from gateway.dav.properties import COLLATIONS

_PREFIXES: Mapping[str, str] = {names.CALDAV: "C", names.CARDDAV: "CR"}
_DEFAULT_COLLATIONS: Mapping[str, str] = {names.CALDAV: "i;ascii-casemap", names.CARDDAV: "i;unicode-casemap"}


class Match(StrEnum):
    """Where in a value a text has to stand; RFC 4791 knows only `contains`, the others are RFC 6352's."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS = "starts-with"
    ENDS = "ends-with"


@dataclass(frozen=True, slots=True)
class TextFilter:
    """A text that a value holds, or does not hold where `negate` is set."""

    text: str
    collation: str
    match: Match
    negate: bool


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """A parameter that exists, is absent, or has a value that holds a text."""

    name: str
    absent: bool = False
    text: TextFilter | None = None


def read_text(element: Element) -> TextFilter:
    """A `text-match`. Raises `Refusal` (403) for a collation or a match-type that nobody knows."""
    namespace = names.split(element.tag)[0]
    collation = element.get("collation", "default")
    collation = _DEFAULT_COLLATIONS[namespace] if collation == "default" else collation
    if collation not in COLLATIONS:
        raise Refusal(
            403,
            f"the collation {collation[:40]!r} is not known",
            precondition=f"<{_PREFIXES[namespace]}:supported-collation/>",
            hint=f"use one of {', '.join(COLLATIONS)}",
        )
    kind = element.get("match-type", Match.CONTAINS.value)
    if kind not in {each.value for each in Match}:
        raise invalid(element, f"there is no match-type {kind[:40]!r}")
    return TextFilter(element.text or "", collation, Match(kind), element.get("negate-condition") == "yes")


def read_param(element: Element) -> ParamFilter:
    """A `param-filter`. Raises `Refusal` (403)."""
    only(element, {"is-not-defined", "text-match"})
    text = inner(element, "text-match")
    return ParamFilter(name_of(element), is_absent(element), read_text(text[0]) if text else None)


def inner(element: Element, local: str) -> list[Element]:
    """The children of this local name in the element's own namespace."""
    return element.findall(f"{{{names.split(element.tag)[0]}}}{local}")


def is_absent(element: Element) -> bool:
    """Whether a filter asks that its thing does not exist. Raises `Refusal` where it asks for more besides."""
    absent = bool(inner(element, "is-not-defined"))
    if absent and len(element) > 1:
        raise invalid(element, "is-not-defined stands alone")
    return absent


def name_of(element: Element) -> str:
    """The upper-case name that a filter is about. Raises `Refusal` where it has none."""
    name = element.get("name", "").strip().upper()
    if not name:
        raise invalid(element, f"a {names.split(element.tag)[1]} has a name")
    return name


def only(element: Element, known: set[str]) -> None:
    """Raise `Refusal` (403 supported-filter) for a child that is not one of these, in the element's namespace."""
    namespace = names.split(element.tag)[0]
    for child in element:
        theirs, local = names.split(child.tag)
        if theirs != namespace or local not in known:
            raise Refusal(
                403,
                f"{local!r} inside {names.split(element.tag)[1]} is not understood",
                precondition=f"<{_PREFIXES.get(namespace, 'C')}:supported-filter/>",
            )


def invalid(element: Element, message: str) -> Refusal:
    """The refusal (403) of a filter that means nothing. CardDAV has no `valid-filter`: there it is not supported."""
    carddav = names.split(element.tag)[0] == names.CARDDAV
    return Refusal(403, message, precondition="<CR:supported-filter/>" if carddav else "<C:valid-filter/>")


def folded(text: str, collation: str) -> str:
    """A text as its collation compares it (RFC 4790)."""
    return _FOLDS[collation](text)


def holds(value: str, wanted: TextFilter) -> bool:
    """Whether a value matches a text under its collation (RFC 4790), negation included."""
    text, inside = folded(wanted.text, wanted.collation), folded(value, wanted.collation)
    match wanted.match:
        case Match.EQUALS:
            result = inside == text
        case Match.STARTS:
            result = inside.startswith(text)
        case Match.ENDS:
            result = inside.endswith(text)
        case Match.CONTAINS:
            result = text in inside
    return result is not wanted.negate


def has_param(values: Sequence[str], wanted: ParamFilter) -> bool:
    """Whether the values of a parameter, none where it is absent, pass its filter."""
    if wanted.absent:
        return not values
    text = wanted.text
    return bool(values) and (text is None or any(holds(value, text) for value in values))


def combined(tests: Iterable[Callable[[], bool]], *, anyof: bool) -> bool:
    """Whether all tests pass, or any of them; without tests everything does."""
    listed = list(tests)
    if anyof and listed:
        return any(test() for test in listed)
    return all(test() for test in listed)


def _ascii_fold(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _unicode_fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


_FOLDS: dict[str, Callable[[str], str]] = {
    "i;ascii-casemap": _ascii_fold,
    "i;octet": str,
    "i;unicode-casemap": _unicode_fold,
}
