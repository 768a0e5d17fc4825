"""What a report wants of an entry's text: all of it, chosen parts, or its occurrences in a window (RFC 4791 §9.6)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from xml.etree.ElementTree import Element

from gateway.dav import busy_periods, entry_properties, names, zone_blocks
from gateway.dav.errors import Refusal
from gateway.dav.expansion import expanded
from gateway.dav.names import caldav
from gateway.dav.render import Budget, Renderer
from gateway.dav.timespan import Span, instances, read_span
from storage.errors import InvalidData
from storage.ical.kinds import DATED
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.read import Content, read
from storage.ical.values import parse_datetime, wall_seconds
from storage.model import Entry, Kind
from storage.records import Occurrence
from storage.window import Known


@dataclass(frozen=True, slots=True)
class Part:
    """The properties and components that are wanted of a component; None is all, False a name without its value."""

    props: Mapping[str, bool] | None = None
    comps: Mapping[str, "Part"] | None = None


@dataclass(frozen=True, slots=True)
class DataWanted:
    """How the text is wanted; the fields are None where the request does not say."""

    expand: Span | None = None
    overrides: Span | None = None
    periods: Span | None = None
    part: Part | None = field(default=None)
    zones: bool | None = None

    @property
    def whole(self) -> bool:
        """Whether the text is wanted as it is stored."""
        return not self.windowed and self.part is None and self.zones is None

    @property
    def windowed(self) -> bool:
        """Whether a window of time decides what is given."""
        return not (self.expand is None and self.overrides is None and self.periods is None)


def read_wanted(element: Element, *, zones: bool | None = None) -> DataWanted:
    """What a `calendar-data` element asks for; `zones`: see `zone_blocks.wanted`.

    Raises `Refusal` (403) for other media types and bad windows.
    """
    kind, version = element.get("content-type", "text/calendar"), element.get("version", "2.0")
    if (kind.partition(";")[0].strip().lower(), version) != ("text/calendar", "2.0"):
        raise Refusal(
            403, f"calendars are text/calendar 2.0, not {kind[:40]}", precondition="<C:supported-calendar-data/>"
        )
    expand, limit = element.find(caldav("expand")), element.find(caldav("limit-recurrence-set"))
    periods = element.find(caldav("limit-freebusy-set"))
    comp = element.find(caldav("comp"))
    return DataWanted(
        None if expand is None else read_span(expand, both=True),
        None if limit is None else read_span(limit, both=True),
        None if periods is None else read_span(periods, both=True),
        None if comp is None else _part(comp),
        zones,
    )


def renderer(wanted: DataWanted, zone: tzinfo, budget: Budget, known: Known | None = None) -> Renderer[Entry]:
    """What renders the content of `calendar-data` for each entry; `known`: instances in the window to expand."""
    if wanted.whole:
        return entry_properties.calendar_data

    def render(entry: Entry) -> str:
        return names.text(budget.count(shaped(entry.text, wanted, zone, known.of(entry) if known else None)))

    return render


def shaped(text: str, wanted: DataWanted, zone: tzinfo, known: Sequence[Occurrence] | None = None) -> str:
    """The text as wanted; `known`: its instances in the window to expand, where they are at hand.

    A stored text that cannot be read any more is given whole: it must not fail the report.
    """
    try:
        if wanted.expand is not None and known:
            text = expanded(parse(text), known)
        elif wanted.windowed:
            text = _in_window(text, read(text), wanted, zone)
        text = zone_blocks.adjusted(text, wanted.zones)
        if wanted.part is not None:
            text = "".join(_chosen(parse(text), Part(comps={"VCALENDAR": wanted.part})))
    except InvalidData:
        return text
    return text


def _in_window(text: str, content: Content, wanted: DataWanted, zone: tzinfo) -> str:
    if content.kind is Kind.FREEBUSY:
        return text if wanted.periods is None else _with_periods(content, wanted.periods)
    if wanted.expand is not None:
        return expanded(content.tree, instances(content, wanted.expand, zone))
    return text if wanted.overrides is None else _limited(content, wanted.overrides, zone)


def _with_periods(content: Content, span: Span) -> str:
    """With the periods alone that meet the window (RFC 4791 §9.6.7)."""
    [calendar] = content.tree.components("VCALENDAR")
    children = [
        busy_periods.limited(child, content.tree, span)
        if isinstance(child, Component) and child.name == "VFREEBUSY"
        else child
        for child in calendar.children
    ]
    return dump(Component(calendar.name, children, calendar.begin, calendar.end))


def _limited(content: Content, span: Span, zone: tzinfo) -> str:
    """Without the overrides that neither fall into the window nor replace an instance that would (RFC 4791 §9.6.6)."""
    inside = {each.position for each in instances(content, span, zone)}
    [calendar] = content.tree.components("VCALENDAR")
    entries = [child for child in calendar.components() if child.name in DATED]
    dropped = {
        id(component)
        for position, component in enumerate(entries)
        if content.components[position].recurrence_id
        and position not in inside
        and not content.components[position].this_and_future
        and not _replaced_inside(content.components[position].recurrence_id, span)
    }
    return _without(calendar, lambda child: id(child) in dropped)


def _replaced_inside(recurrence_id: str, span: Span) -> bool:
    at = wall_seconds(parse_datetime(recurrence_id).replace(tzinfo=None))
    return (span.start is None or at >= span.start) and (span.end is None or at < span.end)


def _without(calendar: Component, drop: Callable[[Component], bool]) -> str:
    kept = [child for child in calendar.children if isinstance(child, Line) or not drop(child)]
    return dump(Component(calendar.name, kept, calendar.begin, calendar.end))


def _part(element: Element) -> Part:
    props: dict[str, bool] = {}
    comps: dict[str, Part] = {}
    every_prop = every_comp = False
    for child in element:
        name = child.get("name", "").upper()
        if child.tag == caldav("prop"):
            props[name] = child.get("novalue") != "yes"
        elif child.tag == caldav("comp"):
            comps[name] = _part(child)
        elif child.tag == caldav("allprop"):
            every_prop = True
        elif child.tag == caldav("allcomp"):
            every_comp = True
    return Part(None if every_prop else props, None if every_comp else comps)


def _chosen(component: Component, part: Part) -> list[str]:
    """The pieces of a component that are wanted, in file order."""
    pieces = [component.begin]
    for child in component.children:
        if isinstance(child, Component):
            if part.comps is None:
                pieces.append(dump(child))
            elif child.name in part.comps:
                pieces.extend(_chosen(child, part.comps[child.name]))
        elif part.props is None:
            pieces.append(child.raw)
        elif child.name in part.props:
            pieces.append(child.raw if part.props[child.name] else f"{child.name}:\r\n")
    pieces.append(component.end)
    return pieces
