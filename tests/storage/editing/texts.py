"""Editors, stamps and parts of texts for the tests of editing."""

from storage.editing.editor import Editor
from storage.editing.times import Stamp, read_stamp
from storage.ical.lines import Component, parse
from storage.ical.write import calendar_of

AT = 1_800_000_000
ALICE = Editor(("alice@example.com", "a.smith@example.com"), "America/Los_Angeles", AT)
BERLIN = Editor(("alice@example.com",), "Europe/Berlin", AT)
NOWHERE = Editor(("alice@example.com",), "", AT)


def at(text: str) -> Stamp:
    """A time as somebody writes it."""
    return read_stamp(text)


def events(text: str) -> list[Component]:
    """The VEVENTs of a text."""
    return calendar_of(parse(text)).components("VEVENT")


def said(text: str, name: str, number: int = 0) -> list[str]:
    """The lines of one name in the text's first event (or a later one), unfolded and whole."""
    lines = events(text)[number].lines(name)
    return [each.raw.replace("\r\n ", "").strip() for each in lines]
