"""Many calendar texts as one VCALENDAR, piece by piece, for programs that download a whole calendar."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, closed, dump, line, parse
from storage.ical.write import set_param, set_property
from storage.ical.zones import iana_name

_PRODUCT = "-//CalHarbor//EN"


def joined(properties: Iterable[Line], texts: Iterable[str]) -> Iterator[str]:
    """The pieces of one VCALENDAR with these properties and all components of the texts that can be read.

    A VTIMEZONE that several texts bring stands in it once, in front of the first component that may need it.
    """
    head = (line("VERSION", "2.0"), line("PRODID", _PRODUCT), *properties)
    yield f"BEGIN:VCALENDAR\r\n{''.join(each.raw for each in head)}"
    zones = _Zones()
    for text in texts:
        try:
            calendars = parse(text).components("VCALENDAR")
        except InvalidData:
            continue  # one entry that cannot be read any more must not take the others along
        components = [part for calendar in calendars for part in calendar.components()]
        renamed: dict[str, str] = {}
        for zone in components:
            if zone.name == "VTIMEZONE":
                yield from zones.add(zone, renamed)
        for component in components:
            if component.name != "VTIMEZONE":
                yield closed(dump(_with_zones(component, renamed) if renamed else component))
    yield "END:VCALENDAR\r\n"


class _Zones:
    """The VTIMEZONEs that have been written, by TZID.

    Outlook calls each zone that it makes up `Customized Time Zone`. Where two differ under a name that no zone of IANA
    has, the second gets another name: else the events of one would move.
    """

    def __init__(self) -> None:
        self._written: dict[str, str] = {}

    def add(self, zone: Component, renamed: dict[str, str]) -> Iterator[str]:
        """What is to be written of a zone; another name that it gets is noted in `renamed`."""
        found = zone.first("TZID")
        name, text = found.value if found else "", closed(dump(zone))
        if name not in self._written:
            self._written[name] = text
            yield text
        elif self._written[name] != text and not iana_name(name):
            other = next(each for n in count(2) if self._written.get(each := f"{name} {n}", text) == text)
            renamed[name] = other
            if other not in self._written:
                self._written[other] = text
                yield closed(dump(set_property(zone, "TZID", other)))


def _with_zones(component: Component, renamed: Mapping[str, str]) -> Component:
    """The component with other names for its time zones."""
    children: list[Line | Component] = []
    for child in component.children:
        if isinstance(child, Component):
            children.append(_with_zones(child, renamed))
        elif (name := child.param("TZID")) in renamed:
            children.append(set_param(child, "TZID", [renamed[name]]))
        else:
            children.append(child)
    return Component(component.name, children, component.begin, component.end)
