"""The events that every benchmark works on: about 2 kB each, every twentieth weekly for ever, the same from every run.

Written as plain text, without any of our own or other libraries' writers, so that no program has a home advantage.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

SEED = 20261121
FIRST_DAY = date(2026, 1, 5)
DAYS = 730
EVERY_WEEKLY = 20

_BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
X-LIC-LOCATION:Europe/Berlin
BEGIN:DAYLIGHT
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
_PEOPLE = ("Jürgen Groß", "Zoë Łukasiewicz", "田中 花子", "Ana María Núñez", "Olga Петрова", "Bob Smith", "Léa Côté")
_TOPICS = (
    "Sprint planning",
    "Größenabstimmung",
    "会議",
    "Réunion d’équipe",
    "Design review",
    "Обзор",
    "1:1",
    "Café ☕",
)
_TEXT = (
    "agenda budget before customer decision draft über for Frühling goal hiring in Maßnahme launch meeting naïve next "
    "notes of offer open plan quarter question release review risk scope Straße team the time to und week with 計画"
)
_WORDS = tuple(_TEXT.split())


def events(count: int, *, seed: int = SEED) -> Iterator[tuple[str, str]]:
    """`count` pairs of UID and iCalendar text (CRLF); the first `n` are the same whatever `count` is."""
    random = Random(seed)
    for number in range(count):
        uid = f"{random.getrandbits(96):024x}-{number}"
        yield uid, _event(random, uid, rule="WEEKLY" if number % EVERY_WEEKLY == 0 else "")


def years(count: int, *, busy: int, seed: int = SEED) -> Iterator[tuple[str, str]]:
    """As `events`, over as many years as it takes for about `busy` of them in a month; every twentieth yearly for ever.

    So that an answer about one month is as long whatever `count` is.
    """
    random = Random(seed)
    days = max(60, 30 * count // busy)
    for number in range(count):
        uid = f"{random.getrandbits(96):024x}-{number}"
        series = number % EVERY_WEEKLY == 0
        first = FIRST_DAY - timedelta(days=0 if series else days // 2)
        text = _event(random, uid, rule="YEARLY" if series else "", first=first, days=365 if series else days)
        yield uid, text


def weekly(count: int, *, seed: int = SEED) -> Iterator[str]:
    """`count` calendars of one weekly series without end each."""
    random = Random(seed)
    for number in range(count):
        yield _event(random, f"series-{number}", rule="WEEKLY")


def edited(text: str) -> str:
    """The same event as its owner would have changed it: another title, one SEQUENCE further."""
    return text.replace("SUMMARY:", "SUMMARY:Changed: ", 1).replace("SEQUENCE:0", "SEQUENCE:1", 1)


def _event(random: Random, uid: str, *, rule: str, first: date = FIRST_DAY, days: int = DAYS) -> str:
    day = first + timedelta(days=random.randrange(days))
    start = datetime.combine(day, time(random.randrange(7, 20), random.choice((0, 15, 30, 45))))
    end = start + timedelta(minutes=random.choice((15, 30, 45, 60, 90, 120)))
    guests = random.sample(_PEOPLE, random.randint(2, 6))
    description = " ".join(random.choice(_WORDS) for _ in range(54 + 15 * (6 - len(guests))))
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T080000Z",
        "CREATED:20260101T080000Z",
        "LAST-MODIFIED:20260101T080000Z",
        f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/Berlin:{end:%Y%m%dT%H%M%S}",
        *([f"RRULE:FREQ={rule}"] if rule else []),
        f"SUMMARY:{random.choice(_TOPICS)} {random.randrange(1000)}",
        f"LOCATION:Raum {random.randrange(400)}\\, Straße des 17. Juni\\; Berlin",
        f"DESCRIPTION:{description}",
        'ORGANIZER;CN="Groß, Jürgen":mailto:organizer@example.com',
        *(_guest(random, name) for name in guests),
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Reminder",
        "TRIGGER:-PT15M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example Corp.//Calendar 1.0//EN\nCALSCALE:GREGORIAN\n"
    return (head + _BERLIN).replace("\n", "\r\n") + "".join(_folded(line) for line in lines)


def _guest(random: Random, name: str) -> str:
    status = random.choice(("ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION"))
    address = f"person{random.randrange(10_000)}@example.com"
    return f'ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={status};RSVP=TRUE;CN="{name}":mailto:{address}'


def _folded(line: str) -> str:
    """The line with its folds (RFC 5545 §3.1) and its line end."""
    pieces, used = [], 0
    for character in line:
        size = len(character.encode())
        if used + size > 75:
            pieces.append("\r\n ")
            used = 1
        pieces.append(character)
        used += size
    return "".join(pieces) + "\r\n"
