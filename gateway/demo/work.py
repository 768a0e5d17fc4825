"""The sample calendar of a job in New York: meetings with organizer and attendees, private and tentative ones."""

from datetime import date

from gateway.demo.days import DAY, HOUR, MINUTE, Days
from gateway.demo.writing import alarm, listing, person, raw, span, text, when

ZONE = "America/New_York"
_ME = person("Alice Martin", "ORGANIZER", "alice@company.example")
_AGENDA = (
    "Agenda:\n1. What we promised last quarter, and what became of it\n2. Numbers: revenue, churn; support load\n"
    "3. Open positions (two in Berlin, one in Tōkyō)\n4. Questions\n\nPlease read the draft before, it is short."
)


def entries(today: date) -> dict[str, str]:
    """Resource name → text, around `today`."""
    days = Days(today, ZONE)
    return {**_meetings(days), **_invitations(days), **_series(days), **_blocks(days)}


def _guest(name: str, status: str, **params: str) -> str:
    first_name = name.partition(" ")[0].lower()
    return person(name, "ATTENDEE", f"{first_name}@company.example", ROLE="REQ-PARTICIPANT", PARTSTAT=status, **params)


def _meetings(days: Days) -> dict[str, str]:
    return {
        "quarterly-review.ics": days.entry(
            "VEVENT",
            "quarterly-review@company.example",
            "Quarterly review",
            span(days.at(3, "10:00"), 2 * HOUR),
            _ME,
            _guest("Alice Martin", "ACCEPTED"),
            _guest("Bob O'Neill", "ACCEPTED"),
            _guest("Chloé Dubois", "TENTATIVE"),
            _guest("Daiki Itō", "NEEDS-ACTION", RSVP="TRUE"),
            person("Board room, 4th floor", "ATTENDEE", "room-4@company.example", CUTYPE="ROOM", PARTSTAT="ACCEPTED"),
            text("LOCATION", "Board room, 4th floor"),
            text("DESCRIPTION", _AGENDA),
            raw("ATTACH", "https://docs.company.example/review-draft.pdf", FMTTYPE="application/pdf"),
            raw("SEQUENCE", "2"),
            raw("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY"),
            alarm("-PT15M"),
        ),
        "interview.ics": days.entry(
            "VEVENT",
            "interview@company.example",
            "Interview: backend engineer",
            span(days.at(1, "09:00"), HOUR),
            _ME,
            _guest("Alice Martin", "ACCEPTED"),
            _guest("Bob O'Neill", "DECLINED"),
            raw("CLASS", "CONFIDENTIAL"),
            raw("CONFERENCE", "https://meet.company.example/interview", VALUE="URI", FEATURE=["AUDIO", "VIDEO"]),
        ),
        "lunch.ics": days.entry(
            "VEVENT",
            "lunch@company.example",
            "Lunch with Bob 🍜",
            span(days.at(0, "12:30"), HOUR),
            raw("STATUS", "TENTATIVE"),
            listing("CATEGORIES", "Food", "Not really work"),
        ),
        "doctor.ics": days.entry(
            "VEVENT",
            "doctor@company.example",
            "Doctor",
            span(days.at(6, "08:15"), 30 * MINUTE),
            raw("CLASS", "PRIVATE"),
            raw("X-COMPANY-HIDE", "yes"),
        ),
        "call-with-customer.ics": days.entry(
            "VEVENT",
            "call-with-customer@company.example",
            "Call with the customer in Kolkata",
            when("DTSTART", days.at(2, "09:30")),
            raw("DURATION", "PT45M"),
            raw("PRIORITY", "1"),
            text("LOCATION", "tel:+91-33-5550-0142"),
        ),
    }


def _invitations(days: Days) -> dict[str, str]:
    host = person("Marta Nowak", "ORGANIZER", "marta@partner.example")
    me = _guest("Alice Martin", "NEEDS-ACTION", RSVP="TRUE")
    return {
        "partner-summit.ics": days.entry(
            "VEVENT",
            "partner-summit@partner.example",
            "Partner summit, Kraków",
            span(days.at(15, "09:00", "Europe/Warsaw"), 8 * HOUR),
            host,
            me,
            person("Zażółć Gęślą", "ATTENDEE", "zazolc@partner.example", PARTSTAT="ACCEPTED"),
            text("DESCRIPTION", "Travel costs are paid by the host."),
            text(
                "X-ALT-DESC", "<html><body><b>Travel costs</b> are paid by the host.</body></html>", FMTTYPE="text/html"
            ),
        ),
        "contract.ics": days.entry(
            "VEVENT",
            "contract@partner.example",
            "Contract: last open points",
            span(days.at(4, "15:00", "UTC"), HOUR),
            host,
            _guest("Alice Martin", "ACCEPTED"),
            person("Legal", "ATTENDEE", "legal@company.example", CUTYPE="GROUP", PARTSTAT="DELEGATED"),
        ),
    }


def _series(days: Days) -> dict[str, str]:
    one_to_one = days.at(days.weekday(2, -10), "14:00")
    moved = one_to_one + 84 * DAY
    training = days.at(days.weekday(4, -1), "11:00")
    return {
        "one-to-one.ics": days.entry(
            "VEVENT",
            "one-to-one@company.example",
            "1:1 Alice / Bob",
            span(one_to_one, 30 * MINUTE),
            raw("RRULE", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;WKST=MO"),
            when("EXDATE", moved),
            _ME,
            _guest("Alice Martin", "ACCEPTED"),
            _guest("Bob O'Neill", "ACCEPTED"),
        ),
        "all-hands.ics": days.entry(
            "VEVENT",
            "all-hands@company.example",
            "All hands",
            span(days.at(_first_wednesday(days.today), "16:00"), HOUR),
            raw("RRULE", "FREQ=MONTHLY;BYDAY=1WE"),
            raw("URL", "https://meet.company.example/all-hands"),
            alarm("-PT5M"),
        ),
        "training.ics": days.entry(
            "VEVENT",
            "training@company.example",
            "First aid training",
            span(training, 3 * HOUR),
            when("RDATE", training + 14 * DAY, training + 19 * DAY, training + 40 * DAY),
        ),
        "focus-time.ics": days.entry(
            "VEVENT",
            "focus-time@company.example",
            "Focus time",
            span(days.at(days.weekday(0, -4), "08:00"), 90 * MINUTE),
            raw("RRULE", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=60"),
            raw("TRANSP", "OPAQUE"),
        ),
    }


def _blocks(days: Days) -> dict[str, str]:
    return {
        "code-freeze.ics": days.entry(
            "VEVENT",
            "code-freeze@company.example",
            "Code freeze ❄️",
            span(days.weekday(2, 2), 3 * DAY),
            raw("TRANSP", "TRANSPARENT"),
        ),
        "out-of-office.ics": days.entry(
            "VEVENT",
            "out-of-office@company.example",
            "Out of office",
            span(days.day(20), 14 * DAY),
            raw("X-MICROSOFT-CDO-BUSYSTATUS", "OOF"),
            raw("X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE"),
        ),
    }


def _first_wednesday(today: date) -> date:
    """The first Wednesday of this year."""
    start = today.replace(month=1, day=1)
    return start + ((2 - start.weekday()) % 7) * DAY
