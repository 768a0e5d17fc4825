"""The calendar around a given day, and what every sample entry has in common."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.demo.writing import calendar, component, raw, text, when

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Days:
    """Dates and local times counted from `today`, in the time zone `zone` unless another is named."""

    today: date
    zone: str

    def day(self, ahead: int) -> date:
        """The date `ahead` days from today (negative: ago)."""
        return self.today + ahead * DAY

    def weekday(self, index: int, weeks: int = 0) -> date:
        """Monday (0) … Sunday (6) of this week or of one `weeks` ahead."""
        return self.today + (index - self.today.weekday() + 7 * weeks) * DAY

    def at(self, day: date | int, clock: str, zone: str = "") -> datetime:
        """Local time on a date, or that many days from today; the zone `UTC` gives the form with `Z`."""
        on = self.day(day) if isinstance(day, int) else day
        where = zone or self.zone
        return datetime.combine(on, time.fromisoformat(clock), tzinfo=UTC if where == "UTC" else ZoneInfo(where))

    def part(self, kind: str, uid: str, summary: str, *lines: str) -> str:
        """One VEVENT, VTODO or VJOURNAL with the properties that each must have."""
        written = self.at(-30, "08:00", "UTC")
        return component(
            kind,
            raw("UID", uid),
            when("DTSTAMP", written),
            when("CREATED", written),
            when("LAST-MODIFIED", written),
            text("SUMMARY", summary),
            *lines,
        )

    def entry(self, kind: str, uid: str, summary: str, *lines: str) -> str:
        """A calendar object of one component."""
        return calendar(self.part(kind, uid, summary, *lines))
