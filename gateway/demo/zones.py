"""The time zones of the sample calendars as VTIMEZONE (RFC 5545 §3.6.5), with the rules in force since 2007."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Season:
    """An observance: kind and name, the offsets from UTC before and after its start, and the yearly rule of that."""

    kind: str
    name: str
    before: str
    after: str
    start: str
    rule: str


_EU_SUMMER, _EU_WINTER = "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"
_CENTRAL_EUROPE = (
    Season("DAYLIGHT", "CEST", "+0100", "+0200", "19810329T020000", _EU_SUMMER),
    Season("STANDARD", "CET", "+0200", "+0100", "19961027T030000", _EU_WINTER),
)
_ZONES: Mapping[str, tuple[Season, ...]] = {
    "Europe/Berlin": _CENTRAL_EUROPE,
    "Europe/Warsaw": _CENTRAL_EUROPE,
    "Europe/London": (
        Season("DAYLIGHT", "BST", "+0000", "+0100", "19810329T010000", _EU_SUMMER),
        Season("STANDARD", "GMT", "+0100", "+0000", "19961027T020000", _EU_WINTER),
    ),
    "America/New_York": (
        Season("DAYLIGHT", "EDT", "-0500", "-0400", "20070311T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
        Season("STANDARD", "EST", "-0400", "-0500", "20071104T020000", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
    ),
    "Australia/Sydney": (
        Season("DAYLIGHT", "AEDT", "+1000", "+1100", "20081005T020000", "FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"),
        Season("STANDARD", "AEST", "+1100", "+1000", "20080406T030000", "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU"),
    ),
    "Asia/Kolkata": (Season("STANDARD", "IST", "+0530", "+0530", "19700101T000000", ""),),
    "Asia/Tokyo": (Season("STANDARD", "JST", "+0900", "+0900", "19700101T000000", ""),),
}


def vtimezone(name: str) -> str:
    """The component for one of the zones that the sample calendars use, by IANA name."""
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for season in _ZONES[name]:
        lines += [
            f"BEGIN:{season.kind}",
            f"TZNAME:{season.name}",
            f"TZOFFSETFROM:{season.before}",
            f"TZOFFSETTO:{season.after}",
            f"DTSTART:{season.start}",
            *([f"RRULE:{season.rule}"] if season.rule else []),
            f"END:{season.kind}",
        ]
    return "\r\n".join([*lines, "END:VTIMEZONE", ""])
