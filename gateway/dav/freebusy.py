"""free-busy-query (RFC 4791 §7.10): when a calendar is busy, from the computed occurrences, as one VFREEBUSY."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from gateway.dav.errors import Refusal
from gateway.dav.names import caldav
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request
from gateway.dav.timespan import read_span, zone_of
from storage import clock
from storage.ical.lines import Line, line
from storage.ical.values import key_of
from storage.model import Collection
from storage.scheduling.busy import Busy

_PER_LINE = 4


def free_busy_query(context: Context, request: Request, collection: Collection, root: Element) -> Answer:
    """Answer a free-busy-query: overlapping times are merged; free, cancelled and transparent ones left out."""
    del request
    element = root.find(caldav("time-range"))
    if element is None:
        raise Refusal(400, "a free-busy-query has a time-range")
    span = read_span(element, both=True)
    start, end = span.start or 0, span.end or 0
    zone = zone_of(root, collection)
    [busy] = context.store.busy([collection], [(start, end)], zone=zone, answers=False)
    text = answer_text(busy, start, end)
    return Answer(200, text.encode(), {"Content-Type": "text/calendar; charset=utf-8; component=VFREEBUSY"})


def answer_text(busy: Busy, start: int, end: int, about: Iterable[Line] = ()) -> str:
    """Busy periods as a VCALENDAR with one VFREEBUSY; `about`: further properties of it."""
    return "".join(_calendar(busy, start, end, about))


def _calendar(busy: Busy, start: int, end: int, about: Iterable[Line]) -> Iterator[str]:
    yield "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CalHarbor//EN\r\nMETHOD:REPLY\r\nBEGIN:VFREEBUSY\r\n"
    yield f"DTSTAMP:{key_of(int(clock.timestamp()))}\r\nDTSTART:{key_of(start)}\r\nDTEND:{key_of(end)}\r\n"
    for each in about:
        yield line(each.name, each.value, each.params).raw
    for word, periods in busy.items():
        merged = [f"{key_of(first)}/{key_of(last)}" for first, last in periods]
        for at in range(0, len(merged), _PER_LINE):
            yield line("FREEBUSY", ",".join(merged[at : at + _PER_LINE]), {"FBTYPE": [word]}).raw
    yield "END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
