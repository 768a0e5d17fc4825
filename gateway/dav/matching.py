"""Whether an entry matches a filter, decided on its tree of content lines (RFC 4791 §9.7 and §9.9).

A component with a time range matches through its own instances: the master of a series through those that it describes,
an override through its own. So a filter for a time and a text asks for both of the same occurrence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

from gateway.dav import busy_periods
from gateway.dav.filters import CompFilter, PropFilter
from gateway.dav.text_match import combined, has_param, holds
from gateway.dav.timespan import Span, instances, undated_in
from storage.errors import InvalidData
from storage.ical.kinds import ENTRIES
from storage.ical.lines import Component, Line, parse, unescape
from storage.ical.read import Content, read_tree
from storage.ical.values import Moment, moments, parse_nominal
from storage.records import ComponentRecord, Occurrence
from storage.window import instant, window

_DAY = 86400
_MAX_REPEATS = 1000


def matches(text: str, wanted: CompFilter, zone: tzinfo) -> bool:
    """Whether an entry's text passes the filter for its VCALENDAR; floating time is read in `zone`.

    False for one that cannot be read any more: it must not fail a report for the others.
    """
    try:
        tree = parse(text)
        calendars = tree.components("VCALENDAR")
        return len(calendars) == 1 and _Matcher(tree, calendars[0], zone).passes(calendars[0], wanted, None)
    except InvalidData:
        return False


@dataclass(frozen=True)
class _Matcher:
    tree: Component
    calendar: Component
    zone: tzinfo

    @cached_property
    def content(self) -> Content:
        """The records of the entry: they take twice as long as its tree, and only times are told from them."""
        return read_tree(self.tree)

    def passes(self, component: Component, wanted: CompFilter, outer: int | None) -> bool:
        """Whether a component passes a filter's tests; `outer`: the position of the entry's component around it."""
        tests: list[Callable[[], bool]] = []
        span = wanted.span
        if span is not None:
            tests.append(lambda: self._in_span(component, span, outer))
        tests.extend(_bind(self._has_prop, component, each) for each in wanted.props)
        tests.extend(_bind(self._has_comp, component, each, outer) for each in wanted.comps)
        return combined(tests, anyof=wanted.anyof)

    def _has_comp(self, parent: Component, wanted: CompFilter, outer: int | None) -> bool:
        found = parent.components(wanted.name)
        if wanted.absent:
            return not found
        return any(self.passes(each, wanted, self._position(each) if outer is None else outer) for each in found)

    def _position(self, component: Component) -> int | None:
        """Which record of the entry belongs to a component of its calendar."""
        if component.name not in ENTRIES:
            return None
        entries = [each for each in self.calendar.components() if each.name in ENTRIES]
        return next(position for position, each in enumerate(entries) if each is component)

    def _in_span(self, component: Component, span: Span, position: int | None) -> bool:
        if position is None:
            return False
        if component.name == "VFREEBUSY":
            return busy_periods.in_span(component, self.tree, span)
        record = self.content.components[position]
        if component.name == "VALARM":
            return self._rings(component, record, span, position)
        if component.name == "VTODO" and record.start is None and record.end is None:
            return undated_in(record, span)
        return any(each.position == position for each in instances(self.content, span, self.zone))

    def _rings(self, alarm: Component, record: ComponentRecord, span: Span, position: int) -> bool:
        """Whether an alarm rings inside the span, its repetitions included (RFC 4791 §9.9, RFC 5545 §3.8.6)."""
        index = next(at for at, each in enumerate(self._alarms(position)) if each is alarm)
        described = record.alarms[index]
        offsets = _repetitions(described["repeat"], described["duration"])
        low = window(span.start, span.end, self.zone).start
        high = window(span.start, span.end, self.zone).end
        if described["at"] is not None:
            return any(low <= described["at"] + each < high for each in offsets)
        if described["offset"] is None:
            return False
        ahead = max(0, described["offset"] + offsets[-1])
        behind = max(0, -described["offset"])
        # Wide enough for every occurrence that could ring inside, whichever of its ends the alarm counts from.
        wide = Span(
            None if span.start is None else span.start - ahead - _DAY,
            None if span.end is None else span.end + behind + _DAY,
        )
        for each in instances(self.content, wide, self.zone):
            if each.position == position:
                first = self._anchor(each, described["related"]) + described["offset"]
                if any(low <= first + offset < high for offset in offsets):
                    return True
        return False

    def _alarms(self, position: int) -> list[Component]:
        entries = [each for each in self.calendar.components() if each.name in ENTRIES]
        return entries[position].components("VALARM")

    def _anchor(self, occurrence: Occurrence, related: str) -> int:
        start = instant(occurrence, self.zone)
        return start + occurrence.end - occurrence.start if related == "END" else start

    def _has_prop(self, component: Component, wanted: PropFilter) -> bool:
        found = component.lines(wanted.name)
        if wanted.name == "UID":
            del found[1:]  # a component has one (RFC 5545 §3.8.4.7): the one that the store knows it by
        if wanted.absent:
            return not found
        return any(self._line_passes(line, wanted) for line in found)

    def _line_passes(self, line: Line, wanted: PropFilter) -> bool:
        tests: list[Callable[[], bool]] = []
        span = wanted.span
        if span is not None:
            tests.append(lambda: self._line_in_span(line, span))
        tests.extend(_bind(holds, unescape(line.value), each) for each in wanted.texts)
        tests.extend(_bind(has_param, line.params.get(each.name, ()), each) for each in wanted.params)
        return combined(tests, anyof=wanted.anyof)

    def _line_in_span(self, line: Line, span: Span) -> bool:
        try:
            values = moments(line, self.tree)
        except InvalidData:
            return False
        frame = window(span.start, span.end, self.zone)
        return any(frame.holds(_as_occurrence(each), 0) for each in values)


def _as_occurrence(value: Moment) -> Occurrence:
    length = _DAY if value.all_day else 0
    return Occurrence(value.epoch, value.epoch + length, "", 0, value.all_day, value.floating)


def _repetitions(count: int, duration: str) -> list[int]:
    """Seconds from the first ring to each, the first included."""
    if not count or not duration:
        return [0]
    try:
        days, seconds = parse_nominal(duration)
    except InvalidData:
        return [0]
    return [each * (days * _DAY + seconds) for each in range(min(count, _MAX_REPEATS) + 1)]


def _bind(test: Callable[..., bool], *arguments: object) -> Callable[[], bool]:
    return lambda: test(*arguments)
