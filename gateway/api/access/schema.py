"""The objects and bodies of the Access dialect, as the OpenAPI description shows them (contract D).

They describe, and the tests compare every answer with them; the routes read and write plain dictionaries.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Number = Annotated[int, Field(ge=1, le=2**53 - 1)]
LEFT: Any = Field(default_factory=str)
"""A member that an object may lack."""

NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
SAID = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Mail = Annotated[str, WithJsonSchema({"type": "string", "format": "email"})]
When = Annotated[
    str,
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
]


class AccessShown(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class AccessRefusal(AccessShown):
    """What every refused request is answered with; `error` is the message again, but for 401, where it is a title."""

    code: str
    message: str
    error: str


class AccessCalendar(AccessShown):
    """A calendar that is linked to the key."""

    id: Number = Field(description="What `calendarId` takes.")
    external_id: str
    name: str
    provider: Literal["GOOGLE", "M365", "CALDAV", "ICLOUD", "EXCHANGE", "LOCAL"]
    timezone: str | None = Field(description="An IANA time zone.")
    is_primary: bool
    is_operator_owner: bool
    owner_email: str | None
    last_synced_at: Moment | None = Field(description="Null for a calendar without an upstream.")


class AccessCalendars(AccessShown):
    """Every one of them."""

    data: list[AccessCalendar]
    access_info: str = LEFT


class AccessPerson(AccessShown):
    """Somebody who is invited, and what they say to it."""

    email: str
    name: str = LEFT
    response: Literal["accepted", "declined", "tentative", "needsAction"]


class AccessEvent(AccessShown):
    """An event: what it has not, and what the key does not see, is left out."""

    id: str = Field(pattern="^[A-Za-z0-9_-]+$", description="Opaque; never changes.")
    calendar_id: Number
    title: str = LEFT
    description: str = LEFT
    location: str = LEFT
    start_utc: Moment = LEFT
    end_utc: Moment = LEFT
    start_local: Moment = LEFT
    end_local: Moment = LEFT
    duration_minutes: int = LEFT
    all_day: bool = LEFT
    is_recurring_event: bool = LEFT
    status: Literal["confirmed", "tentative", "needsAction", "declined", "cancelled"] = LEFT
    organizer: str = LEFT
    attendees: list[AccessPerson] = LEFT
    join_url: str = LEFT
    labels: list[str] = LEFT


class AccessMeta(AccessShown):
    """What a list holds: `from` and `to` are the time that was looked at."""

    count: int = Field(ge=0)
    offset: int = Field(ge=0)
    has_more: bool
    total_count: int = Field(ge=0)
    from_: Moment = Field(default_factory=str, alias="from")
    to: Moment = LEFT
    timestamp: Moment


class AccessEvents(AccessShown):
    """A part of a list of events."""

    events: list[AccessEvent]
    meta: AccessMeta
    access_info: str = LEFT
    current_user_calendar_email: str = LEFT


class OneAccessEvent(AccessShown):
    """One event."""

    event: AccessEvent
    access_info: str = LEFT
    current_user_calendar_email: str = LEFT


class AccessPeriod(AccessShown):
    """A time from its start to its end."""

    start_utc: Moment
    end_utc: Moment
    duration_minutes: int = Field(ge=0)


class AccessBusy(AccessShown):
    """When a calendar is busy; `free` is the rest of the time."""

    calendar_id: Number
    calendar_name: str
    busy: list[AccessPeriod]
    free: list[AccessPeriod]


class AccessFreeBusy(AccessShown):
    """When calendars are busy."""

    calendars: list[AccessBusy]
    access_info: str = LEFT


LINE = Annotated[str, Field(max_length=255, pattern=NO_CONTROL)]
TITLE = Annotated[str, Field(max_length=255, pattern=SAID)]
TEXT = Annotated[str, Field(max_length=2000, pattern=NO_CONTROL)]


class AccessTaken(BaseModel):
    """A body. A member that is null is one that is not there."""

    model_config = ConfigDict(alias_generator=to_camel)


class AccessEventUpdate(AccessTaken):
    """What becomes of an event; what is left out stays."""

    summary: LINE | None = None
    description: TEXT | None = None
    location: LINE | None = None
    from_: When | None = Field(default=None, alias="from")
    to: When | None = None
    is_all_day: bool | None = None
    add_attendees: list[Mail] | None = Field(default=None, max_length=1000)
    remove_attendees: list[Mail] | None = Field(default=None, max_length=1000)
    send_notifications: bool | None = Field(default=None, description="Whether others are told; they are.")


class AccessEventInput(AccessTaken):
    """A new event. `title`, `startUtc`, `endUtc` and `allDay` are taken for the members that they are called on."""

    calendar_id: Number
    summary: TITLE
    from_: When = Field(alias="from")
    to: When
    description: TEXT | None = None
    location: LINE | None = None
    is_all_day: bool | None = Field(
        default=None, description="`from` and `to` are midnights then, the latter exclusive."
    )
    attendees: list[Mail] | None = Field(default=None, max_length=1000)
    recurrence: list[str] | None = Field(
        default=None, max_length=1000, examples=[["RRULE:FREQ=WEEKLY;COUNT=4"]], description="Lines of RFC 5545."
    )
    event_type: LINE | None = Field(default=None, description="Not kept.")
    send_notifications: bool | None = Field(default=None, description="Whether others are told; they are.")


class AccessAnswer(AccessTaken):
    """An answer to an invitation."""

    status: Literal["accepted", "declined", "tentative"]
    comment: TEXT | None = None


class KeyStatus(AccessShown):
    """Whose key it is."""

    email: str
    operator_name: str
    key_id: Number
    key_title: str
    created_at: Moment


class Done(AccessShown):
    """It was done."""

    success: Literal[True]
    message: str
