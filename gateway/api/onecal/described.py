"""What the OpenAPI description says of each route of the OneCal dialect: an entry for every one, by operation id."""

from collections.abc import Mapping

from gateway.api.onecal import schema, schema_accounts, schema_events, schema_writes
from gateway.api.openapi import Dialect, Operation, Schema

_ID = "^[A-Za-z0-9_-]{1,200}$"

_WRITTEN = (409, 412)

_PARAMETERS: Mapping[str, Schema] = {
    "account": {"schema": {"type": "string", "pattern": "^[0-9]{1,9}$"}},
    "calendar": {"schema": {"type": "string", "pattern": _ID}, "example": "primary"},
    "event": {"schema": {"type": "string", "pattern": _ID}},
    "timeZone": {"schema": {"type": "string"}, "example": "Europe/Berlin"},
}

DIALECT = Dialect(
    "/api/v1",
    schema.Refusal,
    (400, 401, 403, 404, 429, 503),
    {
        "onecal_list_events": Operation(schema_events.EventList, refusals=(410,)),
        "onecal_list_occurrences": Operation(schema_events.EventList, refusals=(410,)),
        "onecal_get_event": Operation(schema_events.CalendarEvent),
        "onecal_create_event": Operation(
            schema_events.CalendarEvent, 201, schema_writes.EventInput, _WRITTEN, makes="event"
        ),
        "onecal_update_event": Operation(schema_events.CalendarEvent, 200, schema_writes.EventUpdate, _WRITTEN),
        "onecal_patch_event": Operation(schema_events.CalendarEvent, 200, schema_writes.EventUpdate, _WRITTEN),
        "onecal_answer_event": Operation(schema_events.CalendarEvent, 200, schema_writes.AnswerInput, _WRITTEN),
        "onecal_delete_event": Operation(schema_writes.Success, refusals=_WRITTEN),
        "onecal_list_accounts": Operation(schema_accounts.AccountList),
        "onecal_create_account": Operation(schema_accounts.EndUserAccount, 201),
        "onecal_get_account": Operation(schema_accounts.EndUserAccount),
        "onecal_delete_account": Operation(schema_writes.Success),
        "onecal_get_credentials": Operation(schema_writes.Success),
        "onecal_list_calendars": Operation(schema_accounts.CalendarList, refusals=(410,)),
        "onecal_create_calendar": Operation(
            schema_accounts.Calendar, 201, schema_accounts.CalendarInput, (409,), makes="calendar"
        ),
        "onecal_get_calendar": Operation(schema_accounts.Calendar),
        "onecal_update_calendar": Operation(schema_accounts.Calendar, 200, schema_accounts.CalendarUpdate),
        "onecal_patch_calendar": Operation(schema_accounts.Calendar, 200, schema_accounts.CalendarUpdate),
        "onecal_delete_calendar": Operation(schema_writes.Success),
        "onecal_list_subscriptions": Operation(schema_accounts.SubscriptionList),
        "onecal_create_subscription": Operation(
            schema_accounts.NewSubscription, 201, schema_accounts.SubscriptionInput
        ),
        "onecal_delete_subscription": Operation(schema_writes.Success, 200, schema_accounts.SubscriptionGone),
        "onecal_find_busy": Operation(schema_accounts.FreeBusy, 200, schema_accounts.FreeBusyInput),
    },
    _PARAMETERS,
)
