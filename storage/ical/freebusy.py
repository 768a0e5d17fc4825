"""What a VFREEBUSY says (RFC 5545 §3.6.4): periods, each with what it is busy with."""

from collections.abc import Iterator
from contextlib import suppress

from storage.errors import InvalidData
from storage.ical.lines import Component, Line
from storage.ical.values import period_of

Period = tuple[int, int]

WORDS = ("BUSY", "BUSY-TENTATIVE", "BUSY-UNAVAILABLE")
"""The types of busy time (RFC 5545 §3.2.9); what nobody knows counts as BUSY."""


def busy(component: Component, root: Component) -> Iterator[tuple[str, Period]]:
    """The periods (seconds since 1970) with their FBTYPE, those that are free left out."""
    for each in component.lines("FREEBUSY"):
        word = each.param("FBTYPE").upper() or "BUSY"
        for _text, period in periods(each, root):
            if word != "FREE":
                yield word if word in WORDS else "BUSY", period


def periods(of: Line, root: Component) -> Iterator[tuple[str, Period]]:
    """Each period of a FREEBUSY line as it is written, and what it means; what is none is passed over."""
    for text in of.value.split(","):
        with suppress(InvalidData):
            start, length = period_of(text, of, root)
            yield text, (start.epoch, start.epoch + (length or 0))
