"""The filters of calendar-query as values: read from XML and checked (RFC 4791 §9.7), so that matching cannot fail.

A filter that is not understood is refused by its name, never guessed at.
"""

from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from gateway.dav import names
from gateway.dav.errors import Refusal
from gateway.dav.names import caldav
from gateway.dav.properties import COLLATIONS
from gateway.dav.timespan import Span, read_span

MAX_FILTERS = 500
_INVALID = "<C:valid-filter/>"


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


@dataclass(frozen=True, slots=True)
class PropFilter:
    """A property that exists, is absent, or passes its tests: all of them, or any where `anyof` is set."""

    name: str
    absent: bool = False
    span: Span | None = None
    texts: tuple[TextFilter, ...] = ()
    params: tuple[ParamFilter, ...] = ()
    anyof: bool = False


@dataclass(frozen=True, slots=True)
class CompFilter:
    """A component that exists, is absent, or passes its tests: all of them, or any where `anyof` is set."""

    name: str
    absent: bool = False
    span: Span | None = None
    props: tuple[PropFilter, ...] = ()
    comps: tuple["CompFilter", ...] = ()
    anyof: bool = False

    @property
    def bare(self) -> bool:
        """Whether the component only has to exist."""
        return not (self.absent or self.span or self.props or self.comps)


def read_filter(root: Element) -> CompFilter:
    """The filter of a calendar-query; without one everything matches. Raises `Refusal` (403) with its precondition."""
    found = root.findall(caldav("filter"))
    if not found:
        return CompFilter("VCALENDAR")
    comps = list(found[0])
    if len(found) > 1 or len(comps) != 1 or comps[0].tag != caldav("comp-filter"):
        raise _invalid("a filter holds one comp-filter")
    if sum(1 for _ in found[0].iter()) > MAX_FILTERS:
        raise _invalid(f"a filter has at most {MAX_FILTERS} elements")
    top = _comp(comps[0], depth=0)
    if top.name != "VCALENDAR":
        raise _invalid("the outermost comp-filter is VCALENDAR")
    return top


def _comp(element: Element, *, depth: int) -> CompFilter:
    name = _name(element)
    known = {"is-not-defined", "time-range", "prop-filter", "comp-filter"}
    _only(element, known)
    absent = element.find(caldav("is-not-defined")) is not None
    if absent and len(element) > 1:
        raise _invalid("is-not-defined stands alone")
    span = element.find(caldav("time-range"))
    if span is not None and (depth == 0 or name == "VTIMEZONE"):
        raise _invalid(f"a {name} has no time range")
    return CompFilter(
        name,
        absent,
        None if span is None else read_span(span),
        tuple(_prop(each) for each in element.findall(caldav("prop-filter"))),
        tuple(_comp(each, depth=depth + 1) for each in element.findall(caldav("comp-filter"))),
        element.get("test") == "anyof",
    )


def _prop(element: Element) -> PropFilter:
    _only(element, {"is-not-defined", "time-range", "text-match", "param-filter"})
    absent = element.find(caldav("is-not-defined")) is not None
    if absent and len(element) > 1:
        raise _invalid("is-not-defined stands alone")
    span = element.find(caldav("time-range"))
    return PropFilter(
        _name(element),
        absent,
        None if span is None else read_span(span),
        tuple(_text(each) for each in element.findall(caldav("text-match"))),
        tuple(_param(each) for each in element.findall(caldav("param-filter"))),
        element.get("test") == "anyof",
    )


def _param(element: Element) -> ParamFilter:
    _only(element, {"is-not-defined", "text-match"})
    text = element.find(caldav("text-match"))
    absent = element.find(caldav("is-not-defined")) is not None
    return ParamFilter(_name(element), absent, None if text is None else _text(text))


def _text(element: Element) -> TextFilter:
    collation = element.get("collation", "i;ascii-casemap")
    collation = "i;ascii-casemap" if collation == "default" else collation
    if collation not in COLLATIONS:
        raise Refusal(
            403,
            f"the collation {collation[:40]!r} is not known",
            precondition="<C:supported-collation/>",
            hint=f"use one of {', '.join(COLLATIONS)}",
        )
    kind = element.get("match-type", Match.CONTAINS.value)
    if kind not in {each.value for each in Match}:
        raise _invalid(f"there is no match-type {kind[:40]!r}")
    return TextFilter(element.text or "", collation, Match(kind), element.get("negate-condition") == "yes")


def _name(element: Element) -> str:
    name = element.get("name", "").strip().upper()
    if not name:
        raise _invalid(f"a {names.split(element.tag)[1]} has a name")
    return name


def _only(element: Element, known: set[str]) -> None:
    for child in element:
        namespace, local = names.split(child.tag)
        if namespace != names.CALDAV or local not in known:
            raise Refusal(
                403,
                f"{local!r} inside {names.split(element.tag)[1]} is not understood",
                precondition="<C:supported-filter/>",
            )


def _invalid(message: str) -> Refusal:
    return Refusal(403, message, precondition=_INVALID)
