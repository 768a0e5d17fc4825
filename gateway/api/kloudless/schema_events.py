"""An event as the OpenAPI description of the Kloudless dialect shows it, and what makes and changes one (A.6–A.10)."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue, WithJsonSchema

from gateway.api.kloudless.schema import NO_CONTROL, WORD, ZONE, Href, Id, Moment, Number, Raw, RawObject, Shown

Time = Annotated[
    str,
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
            "description": "A time with its offset; a date where the event lasts all day.",
        }
    ),
]
Status = Literal["accepted", "declined", "tentative", "pending"]
Point = Literal["video", "phone", "sip", "more"]
Visibility = Literal["default", "public", "private", "confidential"]
Text = Annotated[str, Field(max_length=10_000, pattern=NO_CONTROL)]
Long = Annotated[str, Field(pattern=NO_CONTROL)]
Mail = Annotated[str, WithJsonSchema({"type": "string", "format": "email"})]
Minutes = Annotated[int, Field(ge=0, le=52_704_000)]


class Person(Shown):
    """Somebody by name and address."""

    id: str | None
    name: str | None
    email: str | None


class Attendee(Person):
    """Somebody who is invited, and what they say to it."""

    status: Status | None
    required: bool
    resource: bool


class MailReminder(Shown):
    """The message of a reminder by e-mail."""

    summary: str
    description: str
    to: list[str]


class Reminder(Shown):
    """A reminder so many minutes before the start."""

    minutes: int = Field(ge=0)
    method: Literal["popup", "email"]
    popup: str | None
    email: MailReminder | None


class Rule(Shown):
    """One line of a recurrence, with its name."""

    rrule: str


class Attachment(Shown):
    """A file, and where it can be had."""

    id: str | None
    name: str | None
    url: str | None
    mime_type: str | None


class CustomProperty(Shown):
    """A property of the application's own."""

    key: str
    value: str
    private: bool


class EntryPoint(Shown):
    """A way into an online meeting."""

    uri: str
    entry_point_type: Point
    meeting_code: str | None
    access_code: str | None
    passcode: str | None
    password: str | None
    pin: str | None


class OnlineMeeting(Shown):
    """An online meeting."""

    conference_id: str | None
    online_meeting_provider: str
    entry_points: list[EntryPoint]
    notes: str | None
    signature: str | None


class Event(Shown):
    """An event: solo, the master of a series, or an instance of one (A.6). What the service has not is null."""

    id: Id
    account_id: Number
    calendar_id: Id
    ical_uid: str
    name: str
    description: str | None
    created: Moment | None
    modified: Moment | None
    all_day: bool
    start: Time | None
    end: Time | None
    start_time_zone: str | None
    end_time_zone: str | None
    original_start: Time | None
    original_start_time_zone: str | None
    organizer: Person | None
    on_organizer_calendar: bool | None
    creator: Person | None
    attendees: list[Attendee]
    location: str | None
    attachments: list[Attachment]
    reminder: int | None
    use_default_reminder: bool | None
    reminders: list[Reminder]
    recurrence: list[Rule]
    recurrence_type: Literal["solo", "recurring", "recurring_master"]
    recurring_master_id: Id | None
    custom_properties: list[CustomProperty] | None
    online_meeting: OnlineMeeting | None
    visibility: Visibility | None
    transparent: bool
    status: Literal["confirmed", "cancelled"] | None
    type: Literal["event"]
    api: Literal["calendar"]
    href: Href
    raw: Raw = Field(default_factory=dict)


class PersonInput(BaseModel):
    """Somebody by name and address."""

    email: Mail
    name: Text | None = None


class AttendeeUpdate(PersonInput):
    """Somebody who is invited; what is left out stays as it was."""

    status: Status | None = None
    required: bool | None = None


class AttendeeInput(AttendeeUpdate):
    """Somebody who is invited."""

    name: Text | None


class ReminderInput(BaseModel):
    """A reminder. CalDAV and iCloud need its text, `popup`, or its message, `email`; the others ignore both."""

    minutes: Minutes
    method: Literal["popup", "email"] | None = None
    popup: JsonValue = Field(default=None, examples=["In ten minutes"])
    email: JsonValue = Field(
        default=None, examples=[{"summary": "Soon", "description": "In ten minutes", "to": ["me@example.com"]}]
    )


class RuleInput(BaseModel):
    """One line of a recurrence."""

    rrule: str = Field(examples=["RRULE:FREQ=DAILY;COUNT=10"])


class CustomPropertyInput(BaseModel):
    """A property of the application's own; null deletes it."""

    key: WORD
    value: Long | None
    private: bool | None = None


class EntryPointInput(BaseModel):
    """A way into an online meeting."""

    uri: str = Field(examples=["https://example.com/meeting"])
    entry_point_type: Point | None = None
    meeting_code: Text | None = None
    access_code: Text | None = None
    passcode: Text | None = None
    password: Text | None = None
    pin: Text | None = None


class OnlineMeetingInput(BaseModel):
    """An online meeting; which providers there are depends on the service."""

    online_meeting_provider: str
    entry_points: list[EntryPointInput] | None = None
    notes: Long | None = None


class EventUpdate(BaseModel):
    """What becomes of an event; what is left out stays. What the service has not is ignored."""

    name: Text = Field(default_factory=str)
    description: Annotated[Long, Field(max_length=500_000)] | None = None
    location: Text | None = None
    all_day: bool = Field(default_factory=bool)
    start: Time = Field(default_factory=str)
    end: Time = Field(default_factory=str)
    start_time_zone: ZONE | None = None
    end_time_zone: ZONE | None = None
    organizer: JsonValue = Field(
        default=None,
        description="Of a new event; ignored on Google.",
        examples=[{"name": "Alice", "email": "alice@example.com"}],
    )
    attendees: list[AttendeeUpdate] = Field(default_factory=list)
    reminder: JsonValue = Field(default=None, description="Minutes; Outlook and Exchange alone.", examples=[10])
    use_default_reminder: bool | None = None
    reminders: list[ReminderInput] = Field(default_factory=list)
    recurrence: list[RuleInput] = Field(default_factory=list)
    custom_properties: list[CustomPropertyInput] | None = None
    online_meeting: OnlineMeetingInput | None = None
    visibility: Visibility | None = None
    transparent: bool = Field(default_factory=bool)
    raw: RawObject = Field(default_factory=RawObject)


class EventInput(EventUpdate):
    """A new event."""

    name: Text
    start: Time
    end: Time
