"""The sample task list: due, overdue, done, recurring and nested tasks, and a note."""

from datetime import date

from gateway.demo.days import Days
from gateway.demo.writing import alarm, listing, raw, text, when

ZONE = "Europe/Berlin"


def entries(today: date) -> dict[str, str]:
    """Resource name → text, around `today`."""
    days = Days(today, ZONE)
    return {**_open(days), **_closed(days), **_nested(days)}


def _task(days: Days, key: str, summary: str, *lines: str) -> tuple[str, str]:
    return f"{key}.ics", days.entry("VTODO", f"{key}@tasks.example", summary, *lines)


def _open(days: Days) -> dict[str, str]:
    note = days.entry(
        "VJOURNAL",
        "journal@tasks.example",
        "Notizen vom Umzug",
        when("DTSTART", days.day(-3)),
        text("DESCRIPTION", "Zählerstände: Strom 48 211, Gas 9 034.\nDer Vermieter hat noch einen Schlüssel."),
    )
    return dict(
        (
            _task(days, "tax", "Steuererklärung abgeben", when("DUE", days.day(10)), raw("PRIORITY", "1"),
                  listing("CATEGORIES", "Geld", "Amt"), alarm("-P2D", "Steuer!", related="END")),
            _task(days, "parcel", "Paket abholen 📦", when("DUE", days.at(0, "18:00")),
                  text("LOCATION", "Packstation 142"), alarm("-PT1H", related="END")),
            _task(days, "library", "Return the library books", when("DUE", days.day(-4)),
                  text("DESCRIPTION", "Overdue, of course.")),
            _task(days, "essay", "レポートを書く", when("DTSTART", days.at(-2, "09:00")), raw("DURATION", "P5D"),
                  raw("STATUS", "IN-PROCESS"), raw("PERCENT-COMPLETE", "40")),
            _task(days, "someday", "يومًا ما: تعلُّم العزف على العود", raw("PRIORITY", "9")),
            _task(days, "plants", "Water the plants 🪴", when("DTSTART", days.at(days.weekday(5, -2), "10:00")),
                  when("DUE", days.at(days.weekday(5, -2), "11:00")), raw("RRULE", "FREQ=WEEKLY;BYDAY=SA")),
            ("journal.ics", note),
        )
    )  # fmt: skip


def _closed(days: Days) -> dict[str, str]:
    return dict(
        (
            _task(days, "bike", "Fix the bike", when("DUE", days.day(-1)), raw("STATUS", "COMPLETED"),
                  raw("PERCENT-COMPLETE", "100"), when("COMPLETED", days.at(-2, "16:20", "UTC"))),
            _task(days, "gift", "Geschenk für Søren besorgen", raw("STATUS", "COMPLETED"),
                  when("COMPLETED", days.at(-9, "07:05", "UTC")), raw("X-APPLE-SORT-ORDER", "612345678")),
            _task(days, "course", "Spanish course", when("DTSTART", days.day(-20)), when("DUE", days.day(30)),
                  raw("STATUS", "CANCELLED")),
        )
    )  # fmt: skip


def _nested(days: Days) -> dict[str, str]:
    """A task with subtasks (RFC 5545 §3.8.4.5), one of them with a subtask of its own."""
    parent = {"RELTYPE": "PARENT"}
    return dict(
        (
            _task(days, "move", "Move to the new flat", when("DTSTART", days.day(-7)), when("DUE", days.day(14)),
                  raw("STATUS", "NEEDS-ACTION"), raw("PERCENT-COMPLETE", "33")),
            _task(days, "move-boxes", "Pack the boxes", raw("RELATED-TO", "move@tasks.example", **parent),
                  when("DUE", days.day(12)), raw("PERCENT-COMPLETE", "60")),
            _task(days, "move-boxes-label", "Label them", raw("RELATED-TO", "move-boxes@tasks.example", **parent)),
            _task(days, "move-van", "Rent a van", raw("RELATED-TO", "move@tasks.example"),
                  raw("STATUS", "COMPLETED"), when("COMPLETED", days.at(-1, "10:00", "UTC"))),
        )
    )  # fmt: skip
