"""Mixed entries: single events, series with moved and cancelled occurrences, tasks; several zones and scripts."""

from functools import cache
from random import Random

from icalendar import Timezone

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"]
TITLES = ["Standup", "Zahnärztin", "Déjeuner", "会議", "موعد", "Обед", "Review 🚀", "a, b; c \\ d"]


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def calendar(body: str, zone: str = "") -> str:
    """A VCALENDAR around components, with the VTIMEZONE of `zone`."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//corpus//EN\r\n"
    return head + (_vtimezone(zone) if zone else "") + body + "END:VCALENDAR\r\n"


@cache
def _vtimezone(zone: str) -> str:
    return str(Timezone.from_tzid(zone).to_ical().decode())


def single(uid: str, random: Random) -> str:
    """One event of an hour in some zone."""
    zone = random.choice(ZONES)
    day = f"2026{random.randrange(1, 13):02}{random.randrange(1, 28):02}"
    hour = random.randrange(7, 20)
    return calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID={zone}:{day}T{hour:02}0000\r\n"
        f"DTEND;TZID={zone}:{day}T{hour + 1:02}0000\r\nSUMMARY:{_escape(random.choice(TITLES))} {uid}\r\n"
        f"LOCATION:Room {random.randrange(9)}\r\nCATEGORIES:WORK,TEAM\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:soon\r\nEND:VALARM\r\nEND:VEVENT\r\n",
        zone,
    )


def all_day(uid: str, random: Random) -> str:
    """One event of several days."""
    day = random.randrange(1, 20)
    return calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:202607{day:02}\r\n"
        f"DTEND;VALUE=DATE:202607{day + 3:02}\r\nSUMMARY:Holiday {uid}\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
    )


def series(uid: str, random: Random) -> str:
    """A weekly series with one occurrence moved and one cancelled."""
    zone = random.choice(ZONES)
    return calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID={zone}:20260302T090000\r\n"
        f"DTEND;TZID={zone}:20260302T093000\r\nRRULE:FREQ=WEEKLY;COUNT=20\r\n"
        f"EXDATE;TZID={zone}:20260316T090000\r\nSUMMARY:Weekly {uid}\r\nEND:VEVENT\r\n"
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID={zone}:20260309T090000\r\n"
        f"DTSTART;TZID={zone}:20260310T140000\r\nDTEND;TZID={zone}:20260310T143000\r\n"
        f"SUMMARY:Weekly {uid} (moved)\r\nEND:VEVENT\r\n",
        zone,
    )


def task(uid: str, random: Random) -> str:
    """A task with a due date."""
    return calendar(
        f"BEGIN:VTODO\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDUE;VALUE=DATE:202605{random.randrange(1, 28):02}\r\n"
        f"SUMMARY:Task {uid}\r\nPRIORITY:{random.randrange(1, 9)}\r\nSTATUS:NEEDS-ACTION\r\nEND:VTODO\r\n"
    )


def entries(count: int, seed: int = 1) -> dict[str, str]:
    """Resource name → text; seven tenths single, one tenth each all-day, series and tasks."""
    random = Random(seed)
    makers = [single] * 7 + [all_day, series, task]
    found = {}
    for index in range(count):
        uid = f"entry-{index:05}"
        found[f"{uid}.ics"] = makers[index % 10](uid, random)
    return found


ODD_NAMES = [
    "a:b.ics",
    "a,b.ics",
    "it's.ics",
    "a*b.ics",
    "a%b.ics",
    "a@b.ics",
    "zürich.ics",
    "会議.ics",
    "a b.ics",
    "a+b.ics",
]
"""Resource names as upstreams are seen to use them."""
