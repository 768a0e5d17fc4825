"""What somebody wants an event to be or to become, in words of no dialect: every member is kept, cleared or given.

`KEEP` leaves a member as it is, `None` clears it, anything else is its new value. A new event is a change of nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Literal, TypeVar, Union

from storage.editing.times import Stamp
from storage.ical.conference import Meeting


class Keep(Enum):
    """The type of `KEEP`."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
"""The member of a change that leaves what there is."""

Value = TypeVar("Value")
Kept = Literal[Keep.KEEP]
Given = Union[Value, None, Kept]  # noqa: UP007 — an alias with a type variable
Set = Union[Value, Kept]  # noqa: UP007
"""The same for a member that cannot be cleared."""


@dataclass(frozen=True, slots=True)
class Description:
    """A text for people; `html` is the same marked up (X-ALT-DESC), "" where there is nothing but the text."""

    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Guest:
    """One attendee, or an organizer. What is None stays as the event has it, and is the default where it is new.

    `status` is a PARTSTAT (RFC 5545 §3.2.12); `required` says whether the ROLE is one that must take part.
    """

    email: str
    name: str | None = None
    status: str | None = None
    required: bool | None = None


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom property that is set, or deleted where `value` is None.

    `private` None: in the scope in which there is one of this key, private first, else a private one (D31).
    """

    key: str
    value: str | None
    private: bool | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """An alarm so many minutes before the start: one that shows `text`, or mails `text` under `summary` to addresses.

    `text` None: the alarm shows the event's own name.
    """

    minutes: int
    text: str | None = None
    mail_to: tuple[str, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class RawProperty:
    """A property as it stands in the text: its value, still escaped, and its parameters."""

    value: str
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Times:
    """When an event is. A zone of None is that of the calendar, but a zone stays that only the text explains (a
    VTIMEZONE under no name that is known); an all-day event has none.

    Naive stamps are read in the zone beside them, else in the one the event has, else in the calendar's (D03). An
    offset decides which instant is meant, the zone how it is shown (D04). On an all-day event the date part of a stamp
    counts (D39), and `end` is the first day after it.
    """

    start: Set[Stamp] = KEEP
    end: Set[Stamp] = KEEP
    start_zone: Given[str] = KEEP
    end_zone: Given[str] = KEEP
    all_day: Set[bool] = KEEP

    @property
    def nothing(self) -> bool:
        """Whether all of it stays."""
        return self == Times()


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an event, whole or not at all.

    `recurrence`: content lines RRULE, RDATE, EXDATE; an empty tuple makes a series one event. `attendees` replaces
    the list, `reply` is a PARTSTAT for the editor's own entry alone, `answers` are those of attendees by their
    addresses, and `comment` is what is said to them. `visibility` is a CLASS; `custom` is merged by key and scope; None
    deletes all. `default_reminders`: the reminders are the calendar's own (`storage.ical.custom`). `raw`: properties
    that have no member of their own, by upper-case name, and `attributes` those of a service, as JSON values; None
    removes one.
    """

    name: Given[str] = KEEP
    description: Given[Description] = KEEP
    location: Given[str] = KEEP
    times: Times = field(default_factory=Times)
    recurrence: Set[tuple[str, ...]] = KEEP
    organizer: Given[Guest] = KEEP
    attendees: Set[tuple[Guest, ...]] = KEEP
    reply: Set[str] = KEEP
    answers: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    reminders: Set[tuple[Reminder, ...]] = KEEP
    default_reminders: Set[bool] = KEEP
    visibility: Given[str] = KEEP
    transparent: Set[bool] = KEEP
    custom: Given[tuple[Custom, ...]] = KEEP
    meeting: Given[Meeting] = KEEP
    raw: Mapping[str, RawProperty | None] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def organized_by(self, organizer: Guest) -> "Change":
        """The same change, with this organizer."""
        return replace(self, organizer=organizer)
