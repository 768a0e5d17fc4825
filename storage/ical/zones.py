"""Which time zone a TZID means: IANA names in every spelling found in calendars, Windows names, VTIMEZONEs of the file.

A TZID that names an IANA zone gets the IANA rules even where the file brings a VTIMEZONE of that name. Those blocks are
copies made by whichever program wrote the file, often cut down to the current rules or outdated; the owner's clients
decide by name, and an occurrence must not move with the program that last saved it (RFC 7809 §3.1.1 lets a name
stand for its definition). Where the name says nothing, the VTIMEZONE decides (RFC 5545 §3.6.5).
"""

import re
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from tzlocal.windows_tz import win_tz

from storage.errors import InvalidData
from storage.ical.lines import Component, dump
from storage.ical.rulezone import RuleZone, read_zone
from storage.ical.zonetext import write_zone
from storage.memo import remembered

_UTC_NAMES = frozenset({"utc", "z", "gmt", "uct", "zulu", "universal", "greenwich", "tzone://microsoft/utc"})
_NOT_NAMES = frozenset({"localtime", "factory", "posixrules", "posix", "right"})
_OTHER_NAMES: dict[str, str] = {
    # spellings of Outlook, Exchange and older Windows that the table of CLDR does not hold
    "kamchatka standard time": "Asia/Kamchatka",
    "mid-atlantic standard time": "Atlantic/South_Georgia",
    "mexico standard time": "America/Mexico_City",
    "mexico standard time 2": "America/Mazatlan",
    "us eastern standard time": "America/Indiana/Indianapolis",
    "us/pacific-new": "America/Los_Angeles",
    "coordinated universal time": "UTC",
    # where CLDR keeps the name that IANA has replaced
    "argentina standard time": "America/Argentina/Buenos_Aires",
    "fle standard time": "Europe/Kyiv",
    "greenland standard time": "America/Nuuk",
    "india standard time": "Asia/Kolkata",
    "myanmar standard time": "Asia/Yangon",
    "nepal standard time": "Asia/Kathmandu",
    # captions of Outlook that name no city
    "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
    "atlantic time (canada)": "America/Halifax",
    "central european time": "Europe/Berlin",
}
_FIXED = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)", re.IGNORECASE | re.ASCII)
_DISPLAY = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d\d):(\d\d))?\)\s*(.+)", re.IGNORECASE | re.ASCII)
_LONGEST_NAME, _LONGEST_ZONE = 200, 16_384
_PATH_PARTS = 3
_LARGEST_HOUR = 14  # Kiribati
_LARGEST_MINUTE = 59


def resolve(tzid: str, root: Component | None) -> tzinfo | None:
    """The zone that `tzid` means in the file `root`; None if nobody knows, then the time is to be read as floating.

    `root` is the tree of the file (or its VCALENDAR), needed only for a VTIMEZONE of the producer's own.
    """
    known = _known(tzid)
    if known is not None:
        return known[1]
    own = _own(tzid, root)
    return own[1] if own else None


def zone_name(tzid: str, root: Component | None) -> str:
    """The IANA name of what `tzid` means in the file `root`, else `tzid` as it was given."""
    known = _known(tzid)
    if known is not None:
        return known[0]
    own = _own(tzid, root)
    return own[0] if own and own[0] else tzid


@remembered(texts=4096, longest=_LONGEST_NAME)
def iana_name(tzid: str) -> str:
    """The IANA name that `tzid` alone means, whatever its case, prefix or origin; "" if none."""
    plain = tzid.strip().strip("\"'").strip()
    lower = plain.lower()
    if lower in _UTC_NAMES:
        return "UTC"
    names = _iana_names()
    for candidate in (lower, lower.replace(" ", "_")):
        if candidate in names:
            return names[candidate]
    windows = _windows_names().get(lower)
    if windows:
        return windows
    parts = lower.split("/")
    for count in range(min(_PATH_PARTS, len(parts) - 1), 0, -1):
        found = names.get("/".join(parts[-count:]))
        if found and (count > 1 or plain.startswith("/")):
            return found
    return _by_display(plain)


@remembered(texts=128, longest=_LONGEST_NAME)
def vtimezone(name: str) -> str:
    """The VTIMEZONE (RFC 5545 §3.6.5; CRLF) of the zone that `name` means, under its IANA name, exact from 1970 on.

    Raises InvalidData for a name that means no IANA zone.
    """
    known = iana_name(name)
    if not known:
        raise InvalidData(f"{name[:60]!r} names no time zone", hint="Use an IANA name such as Europe/Berlin.")
    return write_zone(known)


@remembered(texts=4096, longest=_LONGEST_NAME)
def _known(tzid: str) -> tuple[str, tzinfo] | None:
    """Name and zone of a TZID that means the same in every file."""
    name = iana_name(tzid)
    if name == "UTC":
        return name, UTC
    if name:
        return name, zoneinfo.ZoneInfo(name)
    fixed = _FIXED.fullmatch(tzid.strip())
    if not fixed or int(fixed[2]) > _LARGEST_HOUR or int(fixed[3]) > _LARGEST_MINUTE:
        return None
    offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
    return tzid, timezone(-offset if fixed[1] == "-" else offset)


def _own(tzid: str, root: Component | None) -> tuple[str, tzinfo] | None:
    """What the VTIMEZONE of this TZID in the file defines: IANA name ("" if it is none) and zone."""
    if root is None:
        return None
    calendars = [root, *root.components("VCALENDAR")]
    wanted = tzid.strip().strip("\"'")
    for block in (block for calendar in calendars for block in calendar.components("VTIMEZONE")):
        line = block.first("TZID")
        if line is not None and line.value.strip().strip("\"'") == wanted:
            return _defined(dump(block), block)
    return None


def _defined(text: str, block: Component) -> tuple[str, tzinfo] | None:
    location = block.first("X-LIC-LOCATION")
    name = iana_name(location.value) if location is not None else ""
    if name:
        return name, UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    zone = _rule_zone(text)
    return ("", zone) if zone else None


@remembered(texts=512, longest=_LONGEST_ZONE)
def _rule_zone(text: str) -> RuleZone | None:
    return read_zone(text)


@lru_cache(maxsize=1)
def _iana_names() -> Mapping[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones() if name.lower() not in _NOT_NAMES}


@lru_cache(maxsize=1)
def _windows_names() -> Mapping[str, str]:
    known = _iana_names()
    table = {windows.lower(): iana for windows, iana in win_tz.items()} | _OTHER_NAMES
    return {windows: known.get(iana.lower(), "") for windows, iana in table.items()}


@lru_cache(maxsize=1)
def _by_city() -> Mapping[str, tuple[str, ...]]:
    cities: dict[str, tuple[str, ...]] = {}
    for name in sorted(_iana_names().values()):
        area, slash, _ = name.partition("/")
        if slash and area not in {"Etc", "SystemV"}:
            city = name.rpartition("/")[2].replace("_", " ").lower()
            cities[city] = (*cities.get(city, ()), name)
    return cities


def _by_display(text: str) -> str:
    """The zone of an Outlook caption such as `(UTC+01:00) Amsterdam, Berlin, Bern`: its first city of that offset."""
    found = _DISPLAY.fullmatch(text)
    if found is None:
        return ""
    offset = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0)) * (-1 if found[1] == "-" else 1)
    caption = found[4].strip().lower()
    if caption in _OTHER_NAMES:
        return _OTHER_NAMES[caption]
    for city in re.split(r"\s*[,/]\s*", caption):
        for name in _by_city().get(city, ()):
            if _standard_offset(name) == offset:
                return name
    return ""


def _standard_offset(name: str) -> timedelta:
    zone = zoneinfo.ZoneInfo(name)
    offsets = [datetime(2024, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7)]
    return min(offsets)
