"""The objects and bodies of the Kloudless dialect, as the OpenAPI description shows them (contract A.3–A.5, A.14, B.1).

They describe, and the tests compare every answer with them; the routes read and write plain dictionaries. Objects have
all their members always, and no others; bodies may have more members, which are ignored. Those of contacts, events and
changes stand beside, in `schema_….py`.
"""

from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

Id = Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$", description="Opaque; never changes.")]
Number = Annotated[str, Field(pattern="^[0-9]+$")]
Href = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Raw = Annotated[
    dict[str, JsonValue], Field(description="What the service has of it; there only if `X-Kloudless-Raw-Data` is true.")
]
NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
SAID = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"

LINE = Annotated[str, Field(max_length=10_000, pattern=ONE_LINE)]
LINES = Annotated[str, Field(max_length=10_000, pattern=NO_CONTROL)]
WORD = Annotated[str, Field(min_length=1, max_length=10_000, pattern=SAID)]

Item = TypeVar("Item")


class Shown(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(extra="forbid")


class Error(BaseModel):
    """What every refused request is answered with; `id` is this answer's own."""

    status_code: int
    error_code: str
    message: str
    id: UUID


class Listing(Shown, Generic[Item]):
    """A page of a list."""

    count: int = Field(ge=0, description="Objects on this page.")
    page: str
    next_page: str | None = Field(description="`page` of the next one.")
    objects: list[Item]
    total: int = Field(ge=0, description="Objects on all pages.")
    type: Literal["object_list"]
    api: Literal["calendar", "contact", "activity", "core", "team"]


class RawObject(BaseModel):
    """Attributes of the service's own, by name; null removes one."""

    object: dict[str, JsonValue] | None = None


# -- accounts ----------------------------------------------------------------------------------------------------------


class Account(Shown):
    """An account (D60)."""

    id: int
    account: str
    service: Literal["google_calendar", "outlook_calendar", "caldav", "exchange", "icloud_calendar"]
    service_name: str
    active: bool
    admin: bool
    created: Moment
    modified: Moment
    apis: list[str]
    type: Literal["account"]
    api: Literal["core"]


class Token(Shown):
    """Whose token it is (D59)."""

    client_id: Id
    account_id: Number | None
    api: Literal["core"]
    type: Literal["token"]


class User(Shown):
    """A user of a team (D61)."""

    id: Number
    name: str
    email: str | None
    calendar_id: Id | None
    type: Literal["user"]
    api: Literal["team"]


# -- calendars ---------------------------------------------------------------------------------------------------------


class Calendar(Shown):
    """A calendar (A.5). Attributes that the service has not are null."""

    id: Id
    account_id: Number
    name: str
    description: str | None
    location: str | None
    timezone: str | None = Field(description="An IANA time zone.")
    type: Literal["calendar"]
    api: Literal["calendar"]
    href: Href
    raw: Raw = Field(default_factory=dict)


TEXT = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]
NAME = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
ZONE = Annotated[
    str, WithJsonSchema({"type": "string", "examples": ["Europe/Paris"], "description": "An IANA time zone."})
]


class CalendarUpdate(BaseModel):
    """What becomes of a calendar; what is left out stays."""

    name: NAME = Field(default_factory=str)
    description: TEXT | None = None
    location: TEXT | None = None
    timezone: ZONE | None = None
    raw: RawObject | None = None


class CalendarInput(CalendarUpdate):
    """A new calendar."""

    name: NAME


class Resource(Shown):
    """A room, or something else that can be invited (A.13b)."""

    id: Id
    name: str | None
    description: str | None
    email: str
    calendar: Id | None
    category: Literal["room", "other"]
    type: Literal["resource"]
    api: Literal["calendar"]
    raw: Raw = Field(default_factory=dict)


class Window(BaseModel):
    """A time from `start` to `end`, the latter exclusive."""

    start: Moment
    end: Moment


class AvailabilityInput(BaseModel):
    """When a meeting could be (A.14)."""

    meeting_duration: str = Field(description="An ISO 8601 duration of weeks, days, hours, minutes.", examples=["PT1H"])
    time_windows: list[Window] = Field(min_length=1, max_length=1_000)
    time_slot_increment: int | None = Field(
        default=0, ge=0, le=527_040, description="Minutes between slots; 0: ranges."
    )
    calendars: list[str] | dict[str, list[str]] | None = None


class Availability(Shown):
    """When all calendars are free."""

    time_windows: list[Window]
    type: Literal["availability"]
    api: Literal["calendar"]


class RawId(BaseModel):
    """The id of something at its own service."""

    raw_id: WORD
    type: Literal["calendar", "event", "contact"] | None = None


class EncodedId(Shown):
    """Its id here."""

    id: Id
