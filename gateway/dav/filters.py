"""The filters of calendar-query as values: read from XML and checked (RFC 4791 §9.7), so that matching cannot fail.

A filter that is not understood is refused by its name, never guessed at.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.dav.names import caldav
from gateway.dav.text_match import (
    ParamFilter,
    TextFilter,
    invalid,
    is_absent,
    name_of,
    only,
    read_param,
    read_text,
)
from gateway.dav.timespan import Span, read_span

MAX_FILTERS = 500


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
        raise invalid(found[0], "a filter holds one comp-filter")
    if sum(1 for _ in found[0].iter()) > MAX_FILTERS:
        raise invalid(found[0], f"a filter has at most {MAX_FILTERS} elements")
    top = _comp(comps[0], depth=0)
    if top.name != "VCALENDAR":
        raise invalid(comps[0], "the outermost comp-filter is VCALENDAR")
    return top


def _comp(element: Element, *, depth: int) -> CompFilter:
    name = name_of(element)
    known = {"is-not-defined", "time-range", "prop-filter", "comp-filter"}
    only(element, known)
    absent = is_absent(element)
    span = element.find(caldav("time-range"))
    if span is not None and (depth == 0 or name == "VTIMEZONE"):
        raise invalid(element, f"a {name} has no time range")
    return CompFilter(
        name,
        absent,
        None if span is None else read_span(span),
        tuple(_prop(each) for each in element.findall(caldav("prop-filter"))),
        tuple(_comp(each, depth=depth + 1) for each in element.findall(caldav("comp-filter"))),
        element.get("test") == "anyof",
    )


def _prop(element: Element) -> PropFilter:
    only(element, {"is-not-defined", "time-range", "text-match", "param-filter"})
    absent = is_absent(element)
    span = element.find(caldav("time-range"))
    return PropFilter(
        name_of(element),
        absent,
        None if span is None else read_span(span),
        tuple(read_text(each) for each in element.findall(caldav("text-match"))),
        tuple(read_param(each) for each in element.findall(caldav("param-filter"))),
        element.get("test") == "anyof",
    )
