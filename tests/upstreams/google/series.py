"""The instances of a recurring event, by `recurring-ical-events`: not by our own rules, which are tried on them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import recurring_ical_events

from tests.upstreams.google.refusal import invalid
from tests.upstreams.google.times import instant, kept, moment_of

Json = dict[str, Any]

PARTS = ("RRULE", "EXRULE", "RDATE", "EXDATE")


class Series:
    """A master as kept, and when its instances would begin were none of them changed."""

    def __init__(self, master: Json) -> None:
        self.master = master
        start = moment_of(master["start"])
        self.duration = moment_of(master["end"]) - start
        text = f"{start:%Y%m%dT%H%M%S}"
        if not isinstance(start, datetime):
            line = f"DTSTART;VALUE=DATE:{start:%Y%m%d}"
        elif start.tzinfo is not None and str(start.tzinfo) in {"UTC", "Etc/UTC"}:
            line = f"DTSTART:{text}Z"
        else:
            line = f"DTSTART;TZID={master['start']['timeZone']}:{text}"
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:fake", "BEGIN:VEVENT", "UID:series", line]
        lines += [*master["recurrence"], "END:VEVENT", "END:VCALENDAR", ""]
        self._query = recurring_ical_events.of(icalendar.Calendar.from_ical("\r\n".join(lines)))

    def between(self, start: datetime, end: datetime) -> Iterator[date | datetime]:
        """Those that overlap [start, end), in order."""
        found = [component["DTSTART"].dt for component in self._query.between(start, end)]
        yield from sorted(found)

    def after(self, start: datetime) -> date | datetime | None:
        """The first that ends after `start`."""
        component = next(iter(self._query.after(start)), None)
        return None if component is None else component["DTSTART"].dt

    def has(self, original: date | datetime) -> bool:
        """Whether an instance begins just there."""
        begin = instant(kept(original, self.zone), self.zone)
        return original in set(self.between(begin - timedelta(days=1), begin + timedelta(days=2)))

    @property
    def zone(self) -> str:
        """The zone that the series recurs in; for days any will do."""
        return str(self.master["start"].get("timeZone", "UTC"))

    def instance(self, original: date | datetime) -> Json:
        """The instance that begins there, as it is while nobody has changed it."""
        found = {name: value for name, value in self.master.items() if name != "recurrence"}
        start = kept(original, self.zone)
        found |= {"start": start, "originalStartTime": start, "recurringEventId": self.master["id"]}
        found["end"] = kept(original + self.duration, str(self.master["end"].get("timeZone", self.zone)))
        if isinstance(original, datetime):  # over a change of the clocks an hour stays an hour
            lasting = instant(self.master["end"], "UTC") - instant(self.master["start"], "UTC")
            found["end"] = kept(original.astimezone(UTC) + lasting, str(self.master["end"]["timeZone"]))
        return found | {"id": instance_id(self.master["id"], original)}


def instance_id(master: str, original: date | datetime) -> str:
    """`{master}_{YYYYMMDD}`, or `{master}_{YYYYMMDDTHHMMSSZ}`: so `gcal_sync` reads them, Google says nothing."""
    if isinstance(original, datetime):
        return f"{master}_{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{master}_{original:%Y%m%d}"


def original_of(event: str) -> tuple[str, date | datetime] | None:
    """The master's id and the moment that an instance's id names; None if it names none."""
    master, _, stamp = event.rpartition("_")
    for form, length in (("%Y%m%d", 8), ("%Y%m%dT%H%M%SZ", 16)):
        if master and len(stamp) == length:
            try:
                found = datetime.strptime(stamp, form).replace(tzinfo=UTC)
            except ValueError:
                return None
            return master, found if length == 16 else found.date()
    return None


def checked_recurrence(master: Json) -> None:
    """Refuses lines that are no rule, and rules that nobody can expand."""
    for line in master["recurrence"]:
        if line.partition(":")[0].partition(";")[0] not in PARTS or "\n" in line:
            raise invalid("Invalid recurrence rule.", "recurrence")
    try:
        Series(master).after(instant(master["start"], "UTC") - timedelta(days=1))
    except ValueError:
        raise invalid("Invalid recurrence rule.", "recurrence") from None
