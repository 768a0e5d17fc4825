"""What an event says beyond its records, which hold of each component the first SUMMARY, DESCRIPTION and LOCATION."""

from storage.errors import InvalidData
from storage.ical.lines import parse, unescape

NAMES = ("SUMMARY", "DESCRIPTION", "LOCATION")


def others(text: str) -> list[tuple[str, str]]:
    """The further ones of each component by name, unescaped. (RFC 5545 allows one of each; not everybody knows.)"""
    try:
        tree = parse(text)
    except InvalidData:
        return []
    events = [event for calendar in tree.components("VCALENDAR") for event in calendar.components("VEVENT")]
    return [(name, unescape(line.value)) for event in events for name in NAMES for line in event.lines(name)[1:]]
