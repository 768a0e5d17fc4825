"""Repairs of what real producers get wrong, one named function each, for reading only: the stored text keeps its bytes.

Each repair says who writes the broken form (a project and its issue, where one is known). `repaired` is the door for
properties that hold a DATE or DATE-TIME; the other functions are called where their property is read.

Seen and left alone, because reading them as they stand does no harm:
- X-MOZ-FAKED-MASTER (Thunderbird): a master invented for detached instances, often with a DTEND before its DTSTART.
- Raw line breaks inside a DESCRIPTION: the following lines become junk lines without a name, kept byte for byte.
- `CATEGORIES:a\\,b` (vobject writes lists that way): it is one category whose name has a comma, as RFC 5545 says.
- VTIMEZONEs that start in the year 0001 or 1601 (Exchange): zones are resolved by name first.
- ACTION:NONE with a TRIGGER in 1976 (Apple): Apple's way to say "no default alarm".
- The placeholder reminders of upgraded iCloud lists: hiding them is the provider's decision, not the reader's.
- ATTENDEE without CN, PARTSTAT or ROLE: the defaults of RFC 5545 §3.2 are left to who shows them.
- HTML in DESCRIPTION, X-ALT-DESC: text is text.
- Lines folded at other widths than 75 octets, or not folded at all.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from storage.ical.lines import Line, line

_STRICT = re.compile(r"[0-9]{8}(?:T(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z?)?")
_DAY = re.compile(r"[0-9]{8}")
_SPLIT = re.compile(
    rb"([\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})((?:\r?\n[ \t])+)([\x80-\xbf]{1,3})"
)
_OFFSET = re.compile(r"([0-9]{8}T[0-9]{6})([+-])([0-9][0-9]):?([0-9][0-9])")
_DURATION_PART = re.compile(r"([0-9]+)([WDHMS])")
_MAILTO = re.compile(r"(?:mailto:)+", re.IGNORECASE)
_STATUS_SPELLINGS = {"CANCELED": "CANCELLED", "COMPLETE": "COMPLETED", "IN-PROGRESS": "IN-PROCESS"}


def split_characters(data: bytes) -> bytes:
    """UTF-8 characters torn by a fold made whole again, the fold moved behind the character.

    Producers that count bytes when they fold: ical.js as used by AEGEE (libical/libical#427), sf_event_mgt
    (derhansen/sf_event_mgt#989), golang-ical before its fix (arran4/golang-ical#7). RFC 5545 §3.1 warns of them.
    """
    return _SPLIT.sub(rb"\1\3\2", data)


def repaired(source: Line) -> Line:
    """The line with its DATE or DATE-TIME value in the form of RFC 5545; the same line if there is nothing to repair.

    For DTSTART, DTEND, DUE, RECURRENCE-ID, COMPLETED, CREATED and the like, and for lists (EXDATE, RDATE without
    periods). What no repair knows stays as it is; the strict reader then refuses it. `DTSTART;TZID=…:…Z` is UTC.
    """
    value = source.value
    declared = source.param("VALUE").upper()
    is_date = len(value) == len("YYYYMMDD")
    misplaced_zone = value[-1:] == "Z" and "TZID" in source.params
    if _STRICT.fullmatch(value) and (declared == "DATE") == is_date and not misplaced_zone:
        return source
    values = [_repaired_value(each, date_only=declared == "DATE") for each in value.split(",")]
    if not all(_STRICT.fullmatch(each) for each in values):
        return source
    params = {key: list(each) for key, each in source.params.items() if key in ("RANGE", "RELATED", "TZID")}
    if all(len(each) == len("YYYYMMDD") for each in values):
        params["VALUE"] = ["DATE"]
    if all(each.endswith("Z") for each in values):
        params.pop("TZID", None)
    return line(source.name, ",".join(values), params)


def _repaired_value(text: str, *, date_only: bool) -> str:
    text = offset_to_utc(date_without_time(minutes_only(text.strip().upper())))
    text = hour_twenty_four(leap_second(text))
    return midnight_of_a_date(text) if date_only else text


def minutes_only(text: str) -> str:
    """A time without seconds, `19970901T1300Z`, as examples of RFC 2445 have it (libical/XbICalendar#7)."""
    return re.sub(r"^([0-9]{8}T[0-9]{4})(Z?)$", r"\g<1>00\2", text)


def date_without_time(text: str) -> str:
    """A date with the UTC mark but no time, `20260101Z`: a DATE has no zone, so the mark means nothing."""
    return text[:8] if re.fullmatch(r"[0-9]{8}T?Z?", text) else text


def offset_to_utc(text: str) -> str:
    """A UTC offset behind the time, `20260101T100000+0100`, which RFC 5545 §3.3.5 forbids: the same moment in UTC."""
    found = _OFFSET.fullmatch(text)
    if not found:
        return text
    try:
        local = datetime.strptime(found[1], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the offset follows on the next line
        offset = timedelta(hours=int(found[3]), minutes=int(found[4])) * (-1 if found[2] == "-" else 1)
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (ValueError, OverflowError):
        return text


def leap_second(text: str) -> str:
    """Second 60, which RFC 5545 §3.3.12 allows and no clock here knows: read as 59, as that section recommends."""
    return re.sub(r"^([0-9]{8}T[0-9]{4})60(Z?)$", r"\g<1>59\2", text)


def hour_twenty_four(text: str) -> str:
    """Midnight written as hour 24 (ISO 8601 allows it, RFC 5545 does not): the first moment of the next day."""
    if text[8:15] != "T240000" or not _DAY.match(text):
        return text
    try:
        day = datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return text
    return f"{day:%Y%m%d}T000000{text[15:]}"


def midnight_of_a_date(text: str) -> str:
    """`VALUE=DATE` with a time behind the date: macOS and iOS (nextcloud/calendar#8875), and lfos/calcurse#517.

    The declared type wins: it is an all-day value. The other way round, eight digits without `VALUE=DATE`
    (calendarlabs.com, kewisch/ical.js#515; home-assistant/core#85089), the digits win, which `repaired` does by itself.
    """
    return text[:8] if _DAY.match(text) else text


def duration(text: str) -> str:
    """A DURATION in the form of RFC 5545 §3.3.6.

    Nothing behind the P: `PT` (macOS, ical4j/ical4j#502; Zimbra), `P` (outlook.com, nextcloud/calendar-js#790; ics-py),
    `-P` (owncloud/calendar#978): zero. Parts on the wrong side of the T: `-PT0DT0H10M0S` (ownCloud, pimutils/khal#290),
    `-PT1D` (nextcloud/calendar#484). Lower case and blanks.
    """
    text = re.sub(r"\s+", "", text).upper()
    sign, period, parts = text.partition("P")
    if not period or sign not in ("", "+", "-"):
        return text
    found = _DURATION_PART.findall(parts)
    if "".join(f"{count}{unit}" for count, unit in found) != parts.replace("T", ""):
        return text
    before_t = parts.partition("T")[0]
    minutes_are_fine = "M" not in before_t
    days = "".join(f"{count}{unit}" for count, unit in found if unit in "WD")
    times = "".join(f"{count}{unit}" for count, unit in found if unit in "HMS")
    if not found or not minutes_are_fine:
        return f"{sign}PT0S" if not found else text
    if "W" in days and (times or "D" in days):
        days = f"{sum(int(count) * (7 if unit == 'W' else 1) for count, unit in found if unit in 'WD')}D"
    return f"{sign}P{days}{'T' if times else ''}{times}"


def recurrence_rule(text: str) -> str:
    """A RECUR value without blanks, lower case, empty parts, or the property name repeated in front (`RRULE:FREQ=…`).

    Nothing at all, or no FREQ, means no rule: producers that always write the property, filled or not.
    """
    text = re.sub(r"\s+", "", text).upper().removeprefix("RRULE:")
    text = ";".join(part for part in text.split(";") if not part.endswith("=") and part)
    return text if "FREQ=" in text else ""


def end_is_usable(start: datetime, end: datetime) -> bool:
    """Whether an end may count; one before its start is ignored, so that the event has its default length.

    Thunderbird's faked masters (bitfireAT/synctools#156), old Nextcloud (nextcloud/calendar#350), Canvas feeds
    (derekantrican/GAS-ICS-Sync#57).
    """
    return end >= start


def status(text: str) -> str:
    """A STATUS or PARTSTAT in upper case without blanks around; US spelling and near misses as the RFC spells them."""
    text = text.strip().upper()
    return _STATUS_SPELLINGS.get(text, text)


def calendar_address(value: str, email: str) -> str:
    """The e-mail address of an ATTENDEE or ORGANIZER, lower-case scheme removed, or "".

    `email` is the EMAIL parameter (RFC 7986 §6.2), which counts where the value is no address: Apple's server writes
    `urn:uuid:…` or `/principals/…` there, Google and Apple `invalid:nomail`. Also `MAILTO:`, `mailto:mailto:` and
    addresses without any scheme.
    """
    address = _MAILTO.sub("", value.strip(), count=1).strip()
    if "@" in address and not address.lower().startswith(("urn:", "http:", "https:", "/", "invalid:")):
        return address
    return email.strip()


def number(text: str, low: int, high: int) -> int | None:
    """A whole number within bounds; None for anything else, as PRIORITY and SEQUENCE of free-form clients may hold."""
    text = text.strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text):
        return None
    return value if low <= (value := int(text)) <= high else None
