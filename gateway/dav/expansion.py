"""`calendar-data` with `expand` (RFC 4791 §9.6.5): each occurrence in the window as a component of its own, in UTC.

Floating and all-day values have no time zone to convert from and stay as they are. What describes an occurrence, master
or override, is copied line by line without its rules; only the dates are new.
"""

from collections.abc import Iterable, Iterator

from storage.ical.kinds import DATED
from storage.ical.lines import Component, Line, closed, dump
from storage.ical.values import key_of
from storage.records import Occurrence

_DATED = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE"})


def expanded(tree: Component, occurrences: Iterable[Occurrence]) -> str:
    """The entry's text with these occurrences of it in place of its rules; time zones are left out."""
    [calendar] = tree.components("VCALENDAR")
    described = [child for child in calendar.components() if child.name in DATED]
    patterns: dict[int, _Pattern] = {}
    pieces = [closed(calendar.begin)]
    pieces.extend(closed(child.raw) for child in calendar.children if isinstance(child, Line))
    for occurrence in occurrences:
        position = occurrence.position
        if position not in patterns:
            patterns[position] = _Pattern(described[position])
        pieces.append(patterns[position].of(occurrence))
    pieces.append(closed(calendar.end))
    return "".join(pieces)


class _Pattern:
    """What every occurrence that a component describes has in common, rendered once."""

    def __init__(self, component: Component) -> None:
        self._begin = closed(component.begin)
        self._rest = "".join(_rest(component)) + closed(component.end)
        has = {child.name for child in component.children if isinstance(child, Line)}
        self._start = "DTSTART" if "DTSTART" in has or component.name != "VTODO" else ""
        self._end = "DUE" if component.name == "VTODO" else "DTEND"
        if not has & {"DTEND", "DUE", "DURATION"}:
            self._end = ""

    def of(self, occurrence: Occurrence) -> str:
        """The component for one occurrence."""
        dates = ""
        if self._start:
            dates += _date(self._start, occurrence.start, occurrence)
        if self._end:
            dates += _date(self._end, occurrence.end, occurrence)
        key = occurrence.recurrence_id
        if key:
            dates += f"RECURRENCE-ID{_value_type(key)}:{key}\r\n"
        return f"{self._begin}{dates}{self._rest}"


def _rest(component: Component) -> Iterator[str]:
    for child in component.children:
        if isinstance(child, Component):
            yield closed(dump(child))
        elif child.name not in _DATED:
            yield closed(child.raw)


def _date(name: str, epoch: int, occurrence: Occurrence) -> str:
    text = key_of(epoch, all_day=occurrence.all_day, floating=occurrence.floating)
    return f"{name}{_value_type(text)}:{text}\r\n"


def _value_type(text: str) -> str:
    return "" if "T" in text else ";VALUE=DATE"
