"""An event as the OpenAPI description of the OneCal dialect shows it (contract C.2)."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, WithJsonSchema
from pydantic.alias_generators import to_camel

from gateway.api.onecal.schema import Id, Moment, Part

Response = Literal["needsAction", "declined", "tentative", "accepted"]
Visibility = Literal["default", "public", "private", "confidential"]
Transparency = Literal["transparent", "opaque"]
EventType = Literal["default", "outOfOffice", "focusTime"]

Local = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?$",
            "description": "By the clock of the zone, with its offset; without one where the event lasts all day.",
        }
    ),
]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]


class Camel(Part):
    """An object whose members have the dialect's names."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class EventDateTime(Camel):
    """A time in a zone; a whole day is its midnight in `Etc/UTC`."""

    date_time: Local
    time_zone: str


class EventDate(Part):
    """The day on which an occurrence of an all-day series was to begin."""

    date: Day


class EventPerson(Camel):
    """Somebody by name and address."""

    id: str = Field(default_factory=str)
    name: str = Field(default_factory=str)
    email: str = Field(default_factory=str)
    is_self: bool = Field(description="Whether it is the owner of the account.")


class EventAttendee(Camel):
    """Somebody who is invited, and what they say to it."""

    id: str = Field(default_factory=str)
    name: str = Field(default_factory=str)
    email: str = Field(default_factory=str)
    response_status: Response


class ReminderOverride(Camel):
    """A reminder so many minutes before the start."""

    method: Literal["popup", "email"]
    minutes: int = Field(ge=0)


class EventReminders(Camel):
    """The reminders of an event; `useDefault`: those of its calendar."""

    use_default: bool
    is_reminder_on: bool
    overrides: list[ReminderOverride] = Field(default_factory=list)


class ConferenceData(Camel):
    """An online meeting; `conferenceDetails` is what its service says of it."""

    conference_id: str = Field(default_factory=str)
    conference_type: str = Field(default_factory=str)
    join_url: str = Field(default_factory=str)
    conference_details: dict[str, JsonValue]


class CalendarEvent(Camel):
    """An event: a single one, the master of a series, or an occurrence of one. What it does not have is left out."""

    id: Id
    title: str
    description: str = Field(default_factory=str)
    etag: str = Field(pattern='^".*"$')
    created_at: Moment = Field(default_factory=str)
    updated_at: Moment
    start: EventDateTime | None = None
    end: EventDateTime | None = None
    is_all_day: bool
    public_extended_properties: dict[str, str] = Field(default_factory=dict)
    private_extended_properties: dict[str, str] = Field(default_factory=dict)
    is_recurring: bool = Field(description="Whether it is the master of a series.")
    is_exception: bool = Field(description="Whether it is an occurrence of a series.")
    is_cancelled: bool
    recurrence: list[str] | None = Field(description="The lines of a series (RFC 5545).")
    original_start: EventDateTime | EventDate | None = None
    recurring_event_id: Id = Field(default_factory=str)
    color_id: str = Field(default_factory=str)
    custom_color: str = Field(default_factory=str)
    my_response_status: Response = "needsAction"
    attendees: list[EventAttendee] = Field(default_factory=list)
    visibility: Visibility = "default"
    location: str = Field(default_factory=str)
    conference_data: ConferenceData | None = None
    web_link: str
    i_cal_uid: str
    transparency: Transparency = "opaque"
    event_type: EventType
    organizer: EventPerson | None = None
    creator: EventPerson | None = None
    reminders: EventReminders


class GoneEvent(Camel):
    """An event that is not there any more, or does not fit the question any more."""

    id: Id
    is_cancelled: Literal[True]


class EventList(Camel):
    """A page of a list: with `nextPageToken` where there are more, else with `nextSyncToken`."""

    data: list[CalendarEvent | GoneEvent]
    next_page_token: str = Field(default_factory=str)
    next_sync_token: str = Field(default_factory=str)
