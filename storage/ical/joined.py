"""Many calendar texts as one VCALENDAR, piece by piece, for programs that download a whole calendar."""

from collections.abc import Iterable, Iterator

from storage.errors import InvalidData
from storage.ical.lines import Line, closed, dump, line, parse

_PRODUCT = "-//CalHarbor//EN"


def joined(properties: Iterable[Line], texts: Iterable[str]) -> Iterator[str]:
    """The pieces of one VCALENDAR with these properties and all components of the texts that can be read.

    A VTIMEZONE that several texts bring stands in it once, in front of the first component that may need it. Of several
    that differ under one TZID the first counts.
    """
    head = (line("VERSION", "2.0"), line("PRODID", _PRODUCT), *properties)
    yield f"BEGIN:VCALENDAR\r\n{''.join(each.raw for each in head)}"
    zones: set[str] = set()
    for text in texts:
        try:
            calendars = parse(text).components("VCALENDAR")
        except InvalidData:
            continue  # one entry that cannot be read any more must not take the others along
        components = [part for calendar in calendars for part in calendar.components()]
        for component in sorted(components, key=lambda each: each.name != "VTIMEZONE"):
            piece = closed(dump(component))
            if component.name == "VTIMEZONE":
                tzid = component.first("TZID")
                name = tzid.value if tzid else piece
                if name in zones:
                    continue
                zones.add(name)
            yield piece
    yield "END:VCALENDAR\r\n"
