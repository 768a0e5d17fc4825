"""The private sample calendar: appointments, birthdays, holidays, in several scripts."""

from datetime import date, datetime, time, timedelta

from gateway.demo.days import DAY, HOUR, MINUTE, Days
from gateway.demo.writing import alarm, listing, raw, span, text, when

ZONE = "Europe/Berlin"
_BIRTHDAYS = (
    ("anna", "Anna", date(1984, 3, 14), "Mag Pistazieneis und lange Spaziergänge."),
    ("tanaka", "田中さん", date(1979, 11, 3), "文化の日と同じ日"),
    ("leila", "ليلى", date(1992, 2, 29), "Born on a leap day"),
    ("soren", "Søren 🎸", date(1968, 12, 24), ""),
)


def entries(today: date) -> dict[str, str]:
    """Resource name → text, around `today`."""
    days = Days(today, ZONE)
    return {**_birthdays(days), **_appointments(days), **_series(days), **_away(days)}


def _birthdays(days: Days) -> dict[str, str]:
    return {
        f"birthday-{key}.ics": days.entry(
            "VEVENT",
            f"birthday-{key}@home.example",
            f"🎂 {name} ({born.year})",
            span(born, DAY),
            raw("RRULE", "FREQ=YEARLY"),
            raw("TRANSP", "TRANSPARENT"),
            listing("CATEGORIES", "Birthday", "Family & friends"),
            text("DESCRIPTION", note),
            alarm("-PT15H", f"Birthday of {name} tomorrow"),
        )
        for key, name, born, note in _BIRTHDAYS
    }


def _appointments(days: Days) -> dict[str, str]:
    return {
        "dentist.ics": days.entry(
            "VEVENT",
            "dentist@home.example",
            "Zahnarzt Dr. Weiß",
            span(days.at(2, "09:30"), 45 * MINUTE),
            text("LOCATION", "Kantstraße 12, 10623 Berlin; 2. OG, links"),
            text("DESCRIPTION", "Versichertenkarte mitbringen.\nKontrolle, danach 2 Stunden nichts essen."),
            alarm("-P1D", "Morgen Zahnarzt"),
            alarm("-PT1H", "Zahnarzt in einer Stunde"),
        ),
        "hanami.ics": days.entry(
            "VEVENT",
            "hanami@home.example",
            "お花見 🌸 上野公園",
            span(days.at(9, "11:00", "Asia/Tokyo"), 4 * HOUR),
            text("LOCATION", "東京都台東区上野公園"),
            raw("GEO", "35.714722;139.773333"),
            text("DESCRIPTION", "お弁当と敷物を持って行く。雨の場合は中止。" * 4),
        ),
        "family-dinner.ics": days.entry(
            "VEVENT",
            "family-dinner@home.example",
            "عشاء مع العائلة",
            span(days.at(4, "19:00"), 3 * HOUR),
            text("LOCATION", "مطعم الياسمين، برلين"),
            listing("CATEGORIES", "Family", "عائلة"),
        ),
        # The resource name that a person gave to a file by hand: upstreams have such, too.
        "Konzert (für Søren & @nna) 50%.ics": days.entry(
            "VEVENT",
            "concert@home.example",
            "Konzert: Bach, h-Moll-Messe; Chor & Orchester",
            span(days.at(12, "20:00"), timedelta(hours=2, minutes=30)),
            raw("URL", "https://concert.example/tickets?id=4711&row=12"),
            text("X-TICKET", "Reihe 12, Platz 7", X_VENDOR="Bühne: Süd"),
            alarm("-PT2H"),
        ),
        "new-year.ics": days.entry(
            "VEVENT",
            "new-year@home.example",
            "🎆 Neujahr, wo immer wir dann sind",
            span(datetime.combine(date(days.today.year + 1, 1, 1), time()), 30 * MINUTE),
        ),
        "babysitting.ics": days.entry(
            "VEVENT",
            "babysitting@home.example",
            "Babysitten bis nach Mitternacht",
            span(days.at(5, "21:00"), 5 * HOUR),
        ),
        "gym-trial.ics": days.entry(
            "VEVENT",
            "gym-trial@home.example",
            "Probetraining (abgesagt)",
            span(days.at(1, "17:00"), HOUR),
            raw("STATUS", "CANCELLED"),
        ),
    }


def _series(days: Days) -> dict[str, str]:
    yoga = days.at(days.weekday(1, -8), "18:30")
    rent = days.today.replace(month=1, day=1)
    return {
        "yoga.ics": days.entry(
            "VEVENT",
            "yoga@home.example",
            "Yoga 🧘",
            span(yoga, 90 * MINUTE),
            raw("RRULE", "FREQ=WEEKLY;BYDAY=TU"),
            when("EXDATE", yoga + 21 * DAY, yoga + 63 * DAY),
            text("LOCATION", "Studio am Kanal"),
        ),
        "waste-paper.ics": days.entry(
            "VEVENT",
            "waste-paper@home.example",
            "Papiertonne",
            span(days.weekday(3, -6), DAY),
            raw("RRULE", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
            raw("TRANSP", "TRANSPARENT"),
            alarm("-PT5H", "Papiertonne rausstellen"),
        ),
        "rent.ics": days.entry(
            "VEVENT",
            "rent@home.example",
            "Miete überweisen",
            span(rent, DAY),
            raw("RRULE", "FREQ=MONTHLY;BYMONTHDAY=1"),
            raw("TRANSP", "TRANSPARENT"),
            raw("CLASS", "PRIVATE"),
        ),
        "choir.ics": days.entry(
            "VEVENT",
            "choir@home.example",
            "Chorprobe, immer am letzten Donnerstag",
            span(days.at(_last_thursday(days.today), "19:30"), 2 * HOUR),
            raw("RRULE", "FREQ=MONTHLY;BYDAY=-1TH;COUNT=24"),
            raw("COLOR", "teal"),
        ),
    }


def _away(days: Days) -> dict[str, str]:
    return {
        "summer.ics": days.entry(
            "VEVENT",
            "summer@home.example",
            "Urlaub an der Ostsee 🏖️",
            span(days.day(20), 14 * DAY),
            text("LOCATION", "Ahrenshoop"),
            raw("TRANSP", "OPAQUE"),
        ),
        "flight.ics": days.entry(
            "VEVENT",
            "flight@home.example",
            "✈️ Berlin → Tokyo (JL 408)",
            span(days.at(7, "13:05"), timedelta(hours=12, minutes=50), "Asia/Tokyo"),
            text("DESCRIPTION", "Sitz 32A\nGate erst ab 11:30 bekannt"),
            text("X-BOOKING-REFERENCE", "K7QX2P"),
        ),
    }


def _last_thursday(today: date) -> date:
    """The last Thursday of the month three months ago."""
    month = today.year * 12 + today.month - 1 - 2
    end = date(month // 12, month % 12 + 1, 1) - DAY
    return end - ((end.weekday() - 3) % 7) * DAY
