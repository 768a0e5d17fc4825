"""The sample calendar of a team over several zones: series with moved, changed and cancelled occurrences."""

from datetime import UTC, date, datetime, time, timedelta

from gateway.demo.days import DAY, HOUR, MINUTE, WEEK, Days
from gateway.demo.writing import calendar, person, raw, span, text, when

ZONE = "UTC"
_BERLIN, _LONDON, _NEW_YORK, _TOKYO = "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo"


def entries(today: date) -> dict[str, str]:
    """Resource name → text, around `today`."""
    days = Days(today, ZONE)
    return {**_changed_series(days), **_plain_series(days), **_single(days)}


def _instance(days: Days, uid: str, summary: str, original: date, *lines: str) -> str:
    """An override of the occurrence that was to start at `original`."""
    return days.part("VEVENT", uid, summary, when("RECURRENCE-ID", original), *lines)


def _changed_series(days: Days) -> dict[str, str]:
    return {
        "standup.ics": _standup(days),
        "planning.ics": _planning(days),
        "retrospective.ics": _retrospective(days),
        "release-call.ics": _release_call(days),
        "on-call.ics": _on_call(days),
    }


def _standup(days: Days) -> str:
    """Three times a week: one occurrence moved by an hour, one called off as an override, one taken out."""
    uid, quarter = "standup@team.example", 15 * MINUTE
    start = days.at(days.weekday(0, -6), "09:45", _BERLIN)
    moved, cancelled, dropped = start + 7 * WEEK, start + 6 * WEEK + 4 * DAY, start + 8 * WEEK + 2 * DAY
    return calendar(
        days.part(
            "VEVENT",
            uid,
            "Stand-up",
            span(start, quarter),
            raw("RRULE", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
            when("EXDATE", dropped),
            text("DESCRIPTION", "Yesterday, today, what is in the way."),
        ),
        _instance(days, uid, "Stand-up (an hour later)", moved, span(moved + HOUR, quarter), raw("SEQUENCE", "1")),
        _instance(days, uid, "Stand-up", cancelled, span(cancelled, quarter), raw("STATUS", "CANCELLED")),
    )


def _planning(days: Days) -> str:
    """One occurrence moved to another day, one to another zone's morning."""
    uid = "planning@team.example"
    start = days.at(days.weekday(0, -5), "10:00", _NEW_YORK)
    next_week, later = start + 6 * WEEK, start + 9 * WEEK
    in_berlin = days.at(days.weekday(3, 4), "11:00", _BERLIN)
    return calendar(
        days.part(
            "VEVENT",
            uid,
            "Sprint planning",
            span(start, HOUR),
            raw("RRULE", "FREQ=WEEKLY;BYDAY=MO;COUNT=26"),
            person("Alice Martin", "ORGANIZER", "alice@company.example"),
            person("Bob O'Neill", "ATTENDEE", "bob@company.example", PARTSTAT="ACCEPTED"),
        ),
        _instance(days, uid, "Sprint planning (Tuesday!)", next_week, span(next_week + DAY, HOUR)),
        _instance(
            days,
            uid,
            "Sprint planning, on site",
            later,
            span(in_berlin, 3 * HOUR),
            text("LOCATION", "Berlin, room Spree"),
        ),
    )


def _retrospective(days: Days) -> str:
    """Every other Friday; one has another title and place but its usual time."""
    uid = "retrospective@team.example"
    start = days.at(days.weekday(4, -4), "15:00", _LONDON)
    special = start + 6 * WEEK
    return calendar(
        days.part("VEVENT", uid, "Retrospective", span(start, HOUR), raw("RRULE", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR")),
        _instance(
            days,
            uid,
            "Retrospective & drinks 🍹",
            special,
            span(special, 3 * HOUR),
            text("LOCATION", "The Blue Post, Soho"),
        ),
    )


def _release_call(days: Days) -> str:
    """A series in the southern hemisphere, which ended; its last occurrence was moved beyond that end."""
    uid = "release-call@team.example"
    start = days.at(days.weekday(1, -9), "08:30", "Australia/Sydney")
    last = start + 8 * WEEK
    until = last.astimezone(UTC)
    return calendar(
        days.part(
            "VEVENT",
            uid,
            "Release call with Sydney",
            span(start, HOUR),
            raw("RRULE", f"FREQ=WEEKLY;BYDAY=TU;UNTIL={until:%Y%m%dT%H%M%SZ}"),
        ),
        _instance(days, uid, "Release call with Sydney (postponed)", last, span(last + 10 * DAY, HOUR)),
    )


def _on_call(days: Days) -> str:
    """All-day, a week each; one week is swapped, so its override starts later."""
    uid = "on-call@team.example"
    start = days.weekday(0, -9)
    swapped = start + 9 * WEEK
    return calendar(
        days.part(
            "VEVENT",
            uid,
            "On call: Daiki",
            span(start, WEEK),
            raw("RRULE", "FREQ=WEEKLY;INTERVAL=3"),
            raw("TRANSP", "TRANSPARENT"),
        ),
        _instance(
            days,
            uid,
            "On call: Daiki (swapped with Chloé)",
            swapped,
            span(swapped + WEEK, WEEK),
            raw("TRANSP", "TRANSPARENT"),
        ),
    )


def _plain_series(days: Days) -> dict[str, str]:
    return {
        "handover.ics": days.entry(
            "VEVENT",
            "handover@team.example",
            "引き継ぎ Handover Tōkyō → Berlin",
            span(days.at(days.weekday(3, -3), "17:00", _TOKYO), 30 * MINUTE, _BERLIN),
            raw("RRULE", "FREQ=WEEKLY;BYDAY=TH"),
        ),
        "quarter-end.ics": days.entry(
            "VEVENT",
            "quarter-end@team.example",
            "Last working day of the quarter",
            span(_last_working_day(days.today.year), DAY),
            raw("RRULE", "FREQ=YEARLY;BYMONTH=3,6,9,12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
        ),
        "coffee.ics": days.entry(
            "VEVENT",
            "coffee@team.example",
            "Coffee ☕ (any time zone)",
            span(datetime.combine(days.weekday(2, -2), time(15)), 20 * MINUTE),
            raw("RRULE", "FREQ=WEEKLY;BYDAY=WE;COUNT=12"),
        ),
    }


def _single(days: Days) -> dict[str, str]:
    return {
        "deployment.ics": days.entry(
            "VEVENT",
            "deployment@team.example",
            "Deployment 4.2 🚀",
            span(days.at(1, "22:00", "UTC"), timedelta(hours=2)),
            text("X-PIPELINE", "main → production", X_RUN="4711"),
        ),
        "workshop.ics": days.entry(
            "VEVENT",
            "workshop@team.example",
            "Workshop: time zones, and why they hurt",
            span(days.at(8, "13:30", "Asia/Kolkata"), 2 * HOUR),
            raw("STATUS", "CONFIRMED"),
        ),
        "team-days.ics": days.entry(
            "VEVENT", "team-days@team.example", "Team days in Lisbon 🇵🇹", span(days.day(27), 3 * DAY)
        ),
        "reminder.ics": days.entry(
            "VEVENT",
            "reminder@team.example",
            "Certificates expire",
            when("DTSTART", days.at(16, "06:00", "UTC")),
            text("DESCRIPTION", "A moment without length: no DTEND, no DURATION."),
        ),
    }


def _last_working_day(year: int) -> date:
    """The last working day of March of that year."""
    end = date(year, 3, 31)
    return end - max(0, end.weekday() - 4) * DAY
