"""What makes and changes an event, as the OpenAPI description of the OneCal dialect shows it (contract C.2, C.3)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel, WithJsonSchema
from pydantic.alias_generators import to_camel

from gateway.api.onecal.schema import Part
from gateway.api.onecal.schema_events import EventType, Response, Transparency, Visibility

_NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Text = Annotated[str, Field(max_length=1_000, pattern=_NO_CONTROL)]
Title = Annotated[str, Field(max_length=10_000, pattern=_NO_CONTROL)]
Long = Annotated[str, Field(max_length=50_000, pattern=_NO_CONTROL)]
Mail = Annotated[str, WithJsonSchema({"type": "string", "format": "email"})]
Zone = Annotated[str, Field(examples=["Europe/Berlin"])]


class Input(BaseModel):
    """An object of a body; members that nobody knows are ignored."""

    model_config = ConfigDict(alias_generator=to_camel)


class DateTimeInput(Input):
    """A time: without an offset it is read in `timeZone`, else in the calendar's zone."""

    date_time: Annotated[
        str, WithJsonSchema({"type": "string", "format": "date-time", "example": "2025-08-13T09:00:00+02:00"})
    ]
    time_zone: Zone | None = None


class DateInput(Input):
    """A whole day."""

    date: Annotated[str, WithJsonSchema({"type": "string", "format": "date", "example": "2025-08-13"})]


When = DateTimeInput | DateInput


class AttendeeInput(Input):
    """Somebody who is invited; who was there before keeps what is left out."""

    id: JsonValue = None
    name: Text | None = None
    email: Mail
    response_status: Response | None = None


class OverrideInput(Input):
    """A reminder so many minutes before the start."""

    method: Literal["popup", "email"] | None = None
    minutes: int = Field(ge=0, le=52_704_000)


class RemindersInput(Input):
    """The reminders of an event; `useDefault`, those of its calendar, is Google's alone."""

    use_default: bool | None = None
    is_reminder_on: bool | None = None
    overrides: list[OverrideInput] | None = None


class ConferenceInput(Input):
    """An online meeting; `conferenceDetails` is kept as it comes."""

    conference_id: Text | None = None
    conference_type: Text | None = None
    join_url: Annotated[str, Field(examples=["https://meet.example.com/abc"])] | None = None
    conference_details: dict[str, JsonValue] | None = None


class EventUpdate(Input):
    """What becomes of an event; what is left out stays, null clears."""

    title: Title = Field(default_factory=str)
    description: Annotated[str, Field(max_length=500_000, pattern=_NO_CONTROL)] | None = None
    location: Title | None = None
    start: When = Field(default_factory=lambda: DateInput(date=""))
    end: When = Field(default_factory=lambda: DateInput(date=""))
    is_all_day: bool = Field(default_factory=bool)
    recurrence: list[str] | None = Field(
        default=None, description="RFC 5545 lines; null ends a series.", examples=[["RRULE:FREQ=DAILY;COUNT=3"]]
    )
    color_id: str | None = Field(default=None, description="`1` to `11`, or the name of a colour.", examples=["7"])
    custom_color: Annotated[str, Field(pattern="^(#[0-9A-Fa-f]{6})?$")] | None = None
    my_response_status: Response | None = Field(default=None, description="Only of who is invited.")
    attendees: list[AttendeeInput] | None = None
    visibility: Visibility | None = None
    transparency: Transparency | None = None
    event_type: EventType | None = None
    conference_data: ConferenceInput | None = None
    reminders: RemindersInput | None = None
    public_extended_properties: dict[str, Long | None] | None = None
    private_extended_properties: dict[str, Long | None] | None = None


class EventInput(EventUpdate):
    """A new event; without `end` it lasts an hour, or a day."""

    title: Title
    start: When
    generate_meeting_url_provider: Text | None = Field(
        default=None, description="Whose online meeting shall be made; where the service makes none, it is ignored."
    )


class OwnAnswer(Input):
    """The answer of the account's own user."""

    response_status: Response


class Answer(Input):
    """The answer of somebody who is invited."""

    email: Mail
    response_status: Response


class Answers(Input):
    """The answers of several attendees."""

    attendees: Annotated[list[Answer], Field(min_length=1)]


class AnswerInput(RootModel[OwnAnswer | Annotated[list[Answer], Field(min_length=1)] | Answers]):
    """One's own answer, or those of several attendees."""


class Success(Part):
    """It is done."""

    success: Literal[True]
