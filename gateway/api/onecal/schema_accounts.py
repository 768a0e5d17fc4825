"""Accounts, calendars and busy time, as the OpenAPI description of the OneCal dialect shows them (contract C.4)."""

from typing import Annotated, Literal

from pydantic import Field, RootModel, WithJsonSchema

from gateway.api.onecal.schema import Id, Moment
from gateway.api.onecal.schema_events import Camel, EventDateTime
from gateway.api.onecal.schema_writes import Input, Zone

_SAID = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Name = Annotated[str, Field(min_length=1, max_length=10_000, pattern=_SAID)]
Color = Annotated[str, Field(pattern="^(#[0-9A-Fa-f]{6})?$")]
When = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time", "example": "2025-08-13T09:00:00Z"})]


class EndUserAccount(Camel):
    """An account of this server; `externalId` is its name there."""

    id: Annotated[str, Field(pattern="^[0-9]+$")]
    created_at: Moment
    updated_at: Moment
    deleted_at: None
    email: str
    external_id: str
    authorized_scopes: list[str]
    provider_account_id: str
    provider_id: str
    application_id: Id
    status: Literal["ACTIVE", "EXPIRED"]
    provider_type: Literal["GOOGLE", "MICROSOFT", "APPLE", "CALDAV", "EXCHANGE"]


class AccountList(Camel):
    """A page of accounts."""

    data: list[EndUserAccount]
    next_page_token: str = Field(default_factory=str)


class Calendar(Camel):
    """A calendar; what it does not have is left out."""

    id: Id
    name: str
    hex_color: Color = ""
    read_only: bool
    is_primary: bool
    is_shared: bool
    time_zone: str = Field(default_factory=str)
    invite_email: str = Field(default_factory=str)
    allowed_online_meeting_providers: list[str]
    default_online_meeting_provider: str = Field(default_factory=str)


class GoneCalendar(Camel):
    """A calendar that is not there any more."""

    id: Id
    is_cancelled: Literal[True]


class CalendarList(Camel):
    """A page of calendars: with `nextPageToken` where there are more, else with `nextSyncToken`."""

    data: list[Calendar | GoneCalendar]
    next_page_token: str = Field(default_factory=str)
    next_sync_token: str = Field(default_factory=str)


class CalendarUpdate(Input):
    """What becomes of a calendar; what is left out stays, null clears."""

    name: Name = ""
    hex_color: Color | None = None
    time_zone: Zone | None = None


class CalendarInput(CalendarUpdate):
    """A new calendar."""

    name: Name


class BusySlot(Camel):
    """A time that is taken."""

    start: EventDateTime
    end: EventDateTime


class BusyCalendar(Camel):
    """When a calendar is busy."""

    calendar_id: Id
    busy_slots: list[BusySlot]


class FreeBusy(RootModel[list[BusyCalendar]]):
    """When calendars are busy."""


class FreeBusyInput(Input):
    """Which calendars are asked about, and in what time; the answer is in `timeZone`."""

    start_date_time: When
    end_date_time: When
    time_zone: Zone
    calendar_ids: Annotated[list[str], Field(min_length=1, max_length=100, examples=[["primary"]])]


class WebhookSubscription(Camel):
    """An address that is told of changes."""

    webhook_subscription_id: Id
    id: Id
    webhook_url: str
    url: str
    provider: str
    subscription_type: Literal["event", "calendar"]
    calendar_id: Id = Field(default_factory=str)
    end_user_account_id: str
    rate_limit: int = Field(default_factory=int)
    created_at: Moment
    updated_at: Moment


class SubscriptionList(Camel):
    """A page of addresses that are told of changes."""

    data: list[WebhookSubscription]
    next_page_token: str = Field(default_factory=str)


class NewSubscription(Camel):
    """What signs each message to a new address; it is said once."""

    webhook_subscription_id: Id
    endpoint_secret: str


class SubscriptionInput(Input):
    """An address to be told: of the events of a calendar, or of the account's calendars."""

    webhook_url: Annotated[str, Field(examples=["https://example.com/hook"])]
    subscription_type: Literal["event", "calendar"]
    calendar_id: str | None = Field(default=None, description="Needed of the type `event`.", examples=["primary"])
    rate_limit: int | None = Field(default=None, ge=1, le=1000, description="Messages in a second at most.")


class SubscriptionGone(Input):
    """An address to be told nothing any more."""

    subscription_id: str
