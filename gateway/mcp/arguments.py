"""What the tools take: one model for each, from which its input schema is made. Times are read by `moments.py`."""

from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

MOST_EVENTS = 100
MOST_CALENDARS = 50
MOST_SLOTS = 50
MOST_PEOPLE = 200

Moment = Annotated[
    str,
    Field(
        max_length=40,
        description="RFC 3339 with an offset or Z, such as 2026-03-02T09:00:00+01:00; without one it is read in the "
        "calendar's time zone (UTC, if several in different zones are asked). A date is its midnight.",
    ),
]
CalendarId = Annotated[int, Field(ge=0, description="The id of a calendar, from list_calendars.")]
EventId = Annotated[str, Field(min_length=1, max_length=100, description="The id of an event, as a tool gave it.")]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\s@<>]+@[^\s@<>]+$")]
Zone = Annotated[str, Field(max_length=64, description="An IANA time zone, such as Europe/Berlin.")]
Confirm = Annotated[
    str,
    Field(
        max_length=100,
        description="The `hash` of the plan that the same call returned before, once a person has agreed to it.",
    ),
]
Notify = Annotated[bool, Field(description="Whether the people concerned hear of it, where their calendars do that.")]
Title = Annotated[str, Field(max_length=255)]
Location = Annotated[str, Field(max_length=255, description="Empty: none.")]
Description = Annotated[str, Field(max_length=2000, description="Plain text; empty: none.")]
People = Annotated[list[Email], Field(max_length=MOST_PEOPLE)]


class Arguments(BaseModel):
    """The arguments of a tool: no others are taken, and none is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ListCalendars(Arguments):
    """None."""


class Listing(Arguments):
    """A page of events in a span."""

    start: Moment | None = None
    end: Moment | None = None
    calendar_id: CalendarId | None = None
    include_cancelled: bool = False
    limit: Annotated[int, Field(ge=1, le=MOST_EVENTS)] = 25
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="How many events to pass over.")] = 0


class SearchEvents(Listing):
    """Some of the events of a span."""

    words: Annotated[
        str, Field(max_length=200, description="All of them must occur in title, description or location.")
    ] = ""
    attendees: Annotated[People, Field(description="Addresses of which one must be invited.")] = []


class GetEvent(Arguments):
    """One event."""

    event_id: EventId


class FreeBusy(Arguments):
    """A span, and whose."""

    start: Moment
    end: Moment
    calendar_ids: Annotated[list[CalendarId], Field(max_length=MOST_CALENDARS, description="Empty: all.")] = []


class FindTime(FreeBusy):
    """A span in which so many minutes are to be found."""

    duration_minutes: Annotated[int, Field(ge=5, le=1440)]
    time_zone: Zone = "UTC"
    earliest: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Not before, each day.")] = "09:00"
    latest: Annotated[
        str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="Over by then, each day.")
    ] = "17:00"
    weekends: bool = False
    limit: Annotated[int, Field(ge=1, le=MOST_SLOTS)] = 10


class CreateEvent(Arguments):
    """A new event."""

    calendar_id: CalendarId
    title: Annotated[str, Field(min_length=1, max_length=255)]
    start: Moment
    end: Annotated[Moment, Field(description="Of whole days: the day behind the last.")]
    all_day: bool = False
    description: Description = ""
    location: Location = ""
    attendees: Annotated[People, Field(description="Addresses of those to invite.")] = []
    recurrence: Annotated[
        list[Annotated[str, Field(max_length=500)]],
        Field(max_length=20, description="Lines of RFC 5545, such as RRULE:FREQ=WEEKLY;COUNT=10."),
    ] = []
    notify: Notify = True
    confirm: Confirm | None = None


class UpdateEvent(Arguments):
    """What shall be otherwise; what is not given stays."""

    event_id: EventId
    title: Title | None = None
    description: Description | None = None
    location: Location | None = None
    start: Moment | None = None
    end: Moment | None = None
    all_day: bool | None = None
    add_attendees: People = []
    remove_attendees: People = []
    notify: Notify = True
    confirm: Confirm | None = None


class DeleteEvent(Arguments):
    """One event, one instance of a series (by its own id), or a whole series."""

    event_id: EventId
    notify: Notify = True
    confirm: Confirm | None = None


class RespondToEvent(Arguments):
    """An answer to an invitation."""

    event_id: EventId
    answer: Literal["accepted", "declined", "tentative"]
    comment: Annotated[str, Field(max_length=2000, description="What is said to the organizer with it.")] = ""
    notify: Notify = True
    confirm: Confirm | None = None


class PlainSchema(GenerateJsonSchema):
    """JSON Schema as a model reads it best: without titles, and a member that may be left out has its one type."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """The type alone: null is never sent."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """With its default, unless that only says that nothing was given."""
        made = super().default_schema(schema)
        return {name: value for name, value in made.items() if name != "default" or value is not None}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Never: the name says it."""
        return False


@lru_cache(maxsize=128)
def schema_of(model: type[BaseModel], leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a model, but for some members."""
    made = model.model_json_schema(schema_generator=PlainSchema)
    for name in leave_out:
        made["properties"].pop(name, None)
    made.pop("title", None)
    made.pop("description", None)
    for part in made.get("$defs", {}).values():
        part.pop("title", None)
    return made
