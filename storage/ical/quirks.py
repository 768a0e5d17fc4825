"""Repairs of what real producers get wrong, one named function each, for reading only: the stored text keeps its bytes.

Each repair says who writes the broken form (a project and its issue, where one is known), and is called where its
property is read. The broken forms of a single date or time (hour 24, second 60, `VALUE=DATE` missing or with a time
behind it, a zone and `Z`) need none here: `storage.ical.timetext` and `values` read them for what they mean.

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
from dataclasses import replace
from datetime import datetime, timedelta

from storage.ical.lines import unescape
from storage.ical.values import Moment, parse_nominal, to_epoch
from storage.memo import remembered

_SPLIT = re.compile(
    rb"([\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})((?:\r?\n[ \t])+)([\x80-\xbf]{1,3})"
)
_DURATION_PART = re.compile(r"([0-9]+)([WDHMS])")
_LIST_MEMBER = re.compile(r"(?:[^\\,]|\\.?)++", re.DOTALL)
_MAILTO = re.compile(r"(?:mailto:)+", re.IGNORECASE)
_STATUS_SPELLINGS = {"CANCELED": "CANCELLED", "COMPLETE": "COMPLETED", "IN-PROGRESS": "IN-PROCESS"}


def split_characters(data: bytes) -> bytes:
    """UTF-8 characters torn by a fold made whole again, the fold moved behind the character.

    Producers that count bytes when they fold: ical.js as used by AEGEE (libical/libical#427), sf_event_mgt
    (derhansen/sf_event_mgt#989), golang-ical before its fix (arran4/golang-ical#7). RFC 5545 §3.1 warns of them.
    """
    return _SPLIT.sub(rb"\1\3\2", data)


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


@remembered(texts=1024, longest=16)
def nominal(text: str) -> tuple[int, int]:
    """A DURATION, repaired as `duration` does, in days and seconds (`parse_nominal`). Raises InvalidData.

    Most calendars know a handful of them, for their alarms: short ones are remembered.
    """
    return parse_nominal(duration(text))


def recurrence_rule(text: str) -> str:
    """A RECUR value without blanks, lower case, empty parts, or the property name repeated in front (`RRULE:FREQ=…`).

    Nothing at all, or no FREQ, means no rule: producers that always write the property, filled or not.
    """
    text = re.sub(r"\s+", "", text).upper().removeprefix("RRULE:")
    text = ";".join(part for part in text.split(";") if not part.endswith("=") and part)
    return text if "FREQ=" in text else ""


def end_in_the_manner_of(start: Moment, end: Moment) -> Moment:
    """The end of an event or task in the kind of time that its start has.

    A date behind a start with a time, refused by stock Radicale and repaired by CalendarServer: that date's midnight in
    the zone of the start. A time behind an all-day start: its date, the next one unless the time is midnight. An end
    without the zone of its start, or with a zone where the start floats: its wall clock read as that of the start.
    """
    if start.all_day:
        if end.all_day:
            return end
        day = end.local.replace(hour=0, minute=0, second=0)
        local = day if day == end.local else day + timedelta(days=1)
    elif end.floating == start.floating and not end.all_day:
        return end
    else:
        local = end.local
    return replace(start, local=local, epoch=to_epoch(local, start.zone))


def end_counts(start: Moment, end: Moment) -> bool:
    """Whether the end of an event may count; where it may not, the event has its default length (RFC 5545 §3.6.1).

    Before the start: Thunderbird's faked masters (bitfireAT/synctools#156), old Nextcloud (nextcloud/calendar#350),
    Canvas feeds (derekantrican/GAS-ICS-Sync#57). On the start of an all-day event: Simple Calendar writes one day so
    (SimpleMobileTools/Simple-Calendar#976). On the start of a timed event it counts: an event of no length.
    """
    return end.epoch > start.epoch or (end.epoch == start.epoch and not start.all_day)


def recurrence_id_in_the_manner_of(start: Moment, instance: Moment) -> Moment:
    """The RECURRENCE-ID of an override in the kind of time that the DTSTART of its series has.

    Exchange names days of all-day series by a midnight with a zone (jens-maus/node-ical#456); other clients name the
    instances of a timed series by days (as EXDATE in nextcloud/server#44600): the instance that starts on that day.
    """
    if start.all_day:
        local = instance.local.replace(hour=0, minute=0, second=0)
    elif instance.all_day:
        local = datetime.combine(instance.local, start.local.time())
    elif instance.floating != start.floating:
        local = instance.local
    else:
        return instance
    return replace(start, local=local, epoch=to_epoch(local, start.zone))


def split_list(value: str) -> list[str]:
    """The texts of a list (CATEGORIES, RESOURCES): unescaped, without blanks around, without empty ones and repeats.

    Empty members come from clients that join an empty list, repeats from merges of clients that compare by case.
    """
    members = map(unescape, _LIST_MEMBER.findall(value)) if "\\" in value else value.split(",")
    return list(dict.fromkeys(text for each in members if (text := each.strip())))


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
