"""A VFREEBUSY that is an entry: which of its periods a span of time wants (RFC 4791 §9.9 and §9.6.7)."""

from gateway.dav.timespan import Span
from storage.ical.freebusy import Period, periods
from storage.ical.lines import Component, Line, line
from storage.ical.span import value_of
from storage.window import FIRST, LAST


def in_span(component: Component, root: Component, span: Span) -> bool:
    """Whether a VFREEBUSY falls into a span: by its own start and end, else by any of its periods."""
    first, last = FIRST if span.start is None else span.start, LAST if span.end is None else span.end
    start, end = (value_of(component.first(name), root) for name in ("DTSTART", "DTEND"))
    if start is not None and end is not None:
        return first <= end.epoch and last > start.epoch
    return any(_meet(period, span) for each in component.lines("FREEBUSY") for _text, period in periods(each, root))


def limited(component: Component, root: Component, span: Span) -> Component:
    """The component with those periods alone that meet a span (`limit-freebusy-set`)."""
    children: list[Line | Component] = []
    for child in component.children:
        if isinstance(child, Component) or child.name != "FREEBUSY":
            children.append(child)
        elif kept := [text for text, period in periods(child, root) if _meet(period, span)]:
            children.append(line(child.name, ",".join(kept), child.params))
    return Component(component.name, children, component.begin, component.end)


def _meet(period: Period, span: Span) -> bool:
    return (span.start is None or span.start < period[1]) and (span.end is None or span.end > period[0])
