"""An event as a permit shows it: what the doors render. What is hidden is None here, and nowhere else to be found."""

from collections.abc import Collection as Group
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from storage.ical.htmltext import text_of
from storage.permits.permit import Field, Permit
from storage.permits.policy import Sight
from storage.records import ComponentRecord, EventRow, Occurrence
from storage.window import shown_at

BUSY = "Busy"
"""The title of an event of which only its time is shown (D100)."""

_RESPONSES = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
_STATUS = {"accepted": "confirmed"}


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """An organizer or an attendee. `response`: accepted, declined, tentative, needsAction; "" of an organizer."""

    email: str
    name: str
    response: str = ""


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """A solo event, an instance of a series, or a series itself (by its own id alone), with what may be shown of it.

    None stands for what is hidden, and for what the event has not. `start`, `end`: seconds since 1970 in UTC; of whole
    days the midnights in UTC of the first day and of the day behind the last. `calendar`: the number of its calendar.
    `status`: confirmed, tentative, needsAction, declined or cancelled (D97). `joins`: the first video link. `recurring`
    and `series` (the id of the series that it is an instance of) are not said of what is shown as busy.
    """

    id: str
    calendar: int
    sight: Sight
    title: str | None = None
    description: str | None = None
    location: str | None = None
    start: int | None = None
    end: int | None = None
    all_day: bool | None = None
    recurring: bool | None = None
    series: str | None = None
    status: str | None = None
    organizer: SeenPerson | None = None
    attendees: tuple[SeenPerson, ...] | None = None
    labels: tuple[str, ...] | None = None
    joins: str | None = None


def times(record: ComponentRecord, at: Occurrence | None, zone: tzinfo) -> tuple[int, int, bool]:
    """When an event starts and ends, as `SeenEvent` has it, and whether it lasts whole days. `zone`: its calendar's."""
    start, end = (record.start or 0, record.end or record.start or 0) if at is None else (at.start, at.end)
    all_day = record.all_day if at is None else at.all_day
    floating = record.floating if at is None else at.floating
    if floating and not all_day:
        start, end = shown_at(start, zone), shown_at(end, zone)
    return start, end, all_day


def shown(row: EventRow, calendar: int, zone: tzinfo, how: Sight, permit: Permit, own: Group[str]) -> SeenEvent:
    """What is shown of an event that is not hidden. `own`: the addresses of the calendar's owner, in lower case."""
    start, end, all_day = times(row.component, row.occurrence, zone)
    if how is Sight.BUSY:
        return SeenEvent(row.id, calendar, how, BUSY, start=start, end=end, all_day=all_day)
    record, fields = row.component, permit.visible
    when: dict[str, Any] = {"start": start, "end": end, "all_day": all_day} if Field.TIMES in fields else {}
    attendees = tuple(_attendee(each) for each in record.attendees)
    values: dict[Field, tuple[str, Any]] = {
        Field.TITLE: ("title", record.summary or None),
        Field.DESCRIPTION: ("description", description(record) or None),
        Field.LOCATION: ("location", record.location or None),
        Field.STATUS: ("status", status(record, attendees, own)),
        Field.ORGANIZER: ("organizer", _person(record.organizer)),
        Field.ATTENDEES: ("attendees", attendees),
        Field.LABELS: ("labels", record.categories),
        Field.JOIN_URL: ("joins", _joins(record.meeting)),
    }
    told = {name: value for field, (name, value) in values.items() if field in fields}
    series = row.entry.id if row.instance else None
    recurring = bool(row.instance or record.recurring)
    return SeenEvent(row.id, calendar, how, recurring=recurring, series=series, **when, **told)


def description(record: ComponentRecord) -> str:
    """The description as plain text."""
    return record.description or (text_of(record.html) if record.html else "")


def status(record: ComponentRecord, attendees: tuple[SeenPerson, ...], own: Group[str]) -> str:
    """`cancelled` if the event is, else the owner's own answer if invited, else `confirmed` (D97)."""
    if record.status == "CANCELLED":
        return "cancelled"
    mine = next((each.response for each in attendees if each.email.lower() in own), None)
    return "confirmed" if mine is None else _STATUS.get(mine, mine)


def _person(person: Mapping[str, Any] | None) -> SeenPerson | None:
    return SeenPerson(str(person["email"]), str(person["name"])) if person else None


def _attendee(person: Mapping[str, Any]) -> SeenPerson:
    response = _RESPONSES.get(str(person["partstat"]), "needsAction")
    return SeenPerson(str(person["email"]), str(person["name"]), response)


def _joins(meeting: Mapping[str, Any] | None) -> str | None:
    if meeting is None:
        return None
    return next((str(each["uri"]) for each in meeting["entry_points"] if each["type"] == "video"), None)
