"""What the OpenAPI description says of each route of the Kloudless dialect: an entry for every one, by its function."""

from collections.abc import Mapping

from gateway.api.kloudless import schema, schema_changes, schema_contacts, schema_events
from gateway.api.kloudless.schema import Listing
from gateway.api.openapi import Dialect, Operation, Schema

_ID = "^[A-Za-z0-9_-]{1,200}$"

_UNSUPPORTED = (501,)
_WRITTEN = (409, 501)

_PARAMETERS: Mapping[str, Schema] = {
    "account": {"schema": {"type": "string", "pattern": "^(me|[0-9]{1,9})$"}, "example": "me"},
    "accounts": {"schema": {"type": "string", "pattern": "^(me|[0-9]{1,9}(,[0-9]{1,9}){0,49})$"}, "example": "me"},
    "calendar": {"schema": {"type": "string", "pattern": _ID}, "example": "primary"},
    "contact": {"schema": {"type": "string", "pattern": _ID}},
    "event": {"schema": {"type": "string", "pattern": _ID}},
    "page": {"schema": {"type": "string", "pattern": "^(1|WyJ[A-Za-z0-9_-]{8,})$"}},
    "attachment": {"schema": {"type": "string", "pattern": _ID}},
    "subscription": {
        "schema": {
            "anyOf": [{"type": "integer", "minimum": 1, "maximum": 10**9}, {"type": "string", "const": "default"}],
        },
        "example": "default",
    },
    "user": {"schema": {"type": "string", "pattern": "^[0-9]{1,9}$"}},
    "X-Kloudless-Raw-Data": {
        "schema": {"type": "string", "examples": ["true", "false"]},
        "description": "`true`: every object carries `raw`, what its service has of it.",
    },
    "X-Kloudless-Raw-Headers": {
        "content": {"application/json": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
        "description": "Headers for the service, as a JSON object.",
    },
    "X-Kloudless-As-User": {
        "schema": {"type": "string"},
        "description": "An administrator's account acts as this user of its team.",
    },
}

DIALECT = Dialect(
    "/v1",
    schema.Error,
    (400, 401, 403, 404, 429, 503),
    {
        "list_accounts": Operation(Listing[schema.Account]),
        "get_account": Operation(schema.Account),
        "delete_account": Operation(None, 204),
        "get_token": Operation(schema.Token),
        "list_calendars": Operation(Listing[schema.Calendar]),
        "create_calendar": Operation(schema.Calendar, 201, schema.CalendarInput, _WRITTEN, makes="calendar"),
        "get_calendar": Operation(schema.Calendar),
        "update_calendar": Operation(schema.Calendar, 200, schema.CalendarUpdate, _WRITTEN),
        "delete_calendar": Operation(None, 204, refusals=_WRITTEN),
        "list_resources": Operation(Listing[schema.Resource], refusals=_UNSUPPORTED),
        "find_availability": Operation(schema.Availability, 200, schema.AvailabilityInput),
        "list_contacts": Operation(Listing[schema_contacts.Contact], refusals=_UNSUPPORTED),
        "create_contact": Operation(
            schema_contacts.Contact, 201, schema_contacts.ContactInput, _WRITTEN, makes="contact"
        ),
        "get_contact": Operation(schema_contacts.Contact, refusals=_UNSUPPORTED),
        "update_contact": Operation(schema_contacts.Contact, 200, schema_contacts.ContactUpdate, _WRITTEN),
        "delete_contact": Operation(None, 204, refusals=_WRITTEN),
        "list_events": Operation(Listing[schema_events.Event]),
        "create_event": Operation(schema_events.Event, 201, schema_events.EventInput, _WRITTEN, makes="event"),
        "get_event": Operation(schema_events.Event),
        "update_event": Operation(schema_events.Event, 200, schema_events.EventUpdate, _WRITTEN),
        "delete_event": Operation(None, 204, refusals=_WRITTEN),
        "get_attachment": Operation(None, media="*/*"),
        "list_subscriptions": Operation(Listing[schema_changes.Subscription]),
        "create_subscription": Operation(
            schema_changes.Subscription, 201, schema_changes.SubscriptionInput, makes="subscription"
        ),
        "get_subscription": Operation(schema_changes.Subscription),
        "update_subscription": Operation(schema_changes.Subscription, 200, schema_changes.SubscriptionUpdate),
        "delete_subscription": Operation(None, 204),
        "list_activity": Operation(schema_changes.Activities, refusals=(410,)),
        "latest_cursor": Operation(schema_changes.Cursor),
        "encode_raw_id": Operation(schema.EncodedId, 200, schema.RawId),
        "pass_through": Operation(None, "default", media="*/*"),
        "list_users": Operation(Listing[schema.User], refusals=_UNSUPPORTED),
        "get_user": Operation(schema.User, refusals=_UNSUPPORTED),
    },
    _PARAMETERS,
)
