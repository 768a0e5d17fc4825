"""Subscriptions and activity as the OpenAPI description of the Kloudless dialect shows them (contract A.15, A.16)."""

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from gateway.api.kloudless.schema import Id, Moment, Shown


class Subscription(Shown):
    """Who follows which changes of an account."""

    id: int
    account: int
    type: Literal["subscription"]
    api: Literal["activity"]
    active: bool
    disable_reason: str
    subscription_type: Literal["changes"]
    default: bool
    expiry: Moment | None
    created: Moment
    modified: Moment
    monitored_resources: list[Id] = Field(description="Ids of calendars; none: all.")
    monitored_resource_object_type: Literal["calendar"]
    monitored_resource_api: Literal["calendar"]
    last_cursor: str | None
    last_cursor_updated_at: Moment | None


class SubscriptionUpdate(BaseModel):
    """What becomes of a subscription; what is left out stays."""

    active: bool = Field(default_factory=bool)
    monitored_resources: list[str] | None = None


class SubscriptionInput(BaseModel):
    """A new subscription: to the changes of all calendars, or of these."""

    subscription_type: Literal["changes"] | None = None
    monitored_resources: list[str] | None = None


class Activity(Shown):
    """A change. `metadata` is the object as it is after it; of a deleted one, as it was."""

    id: str
    account: int
    subscription: int
    type: Literal["add", "update", "delete"]
    action: Literal["+", "*", "-"]
    modified: Moment
    ip: None
    user_id: None
    api: Literal["activity"]
    metadata: dict[str, JsonValue]


class Activities(Shown):
    """Changes in order, and the place behind them."""

    count: int = Field(ge=0)
    cursor: Id
    objects: list[Activity]
    total: int = Field(ge=0)
    type: Literal["object_list"]
    api: Literal["activity"]


class Cursor(Shown):
    """The place behind the newest change."""

    cursor: Id
