"""What the OpenAPI description says of each route of the Access dialect: an entry for every one, by its function."""

from collections.abc import Mapping

from gateway.api.access import schema
from gateway.api.openapi import Dialect, Operation, Schema

_KEY = (401, 429, 503)
_CALENDAR = (400, 401, 403, 404, 429, 503)

_ID = "^[A-Za-z0-9_-]{1,200}$"
_PARAMETERS: Mapping[str, Schema] = {
    "event": {"schema": {"type": "string", "pattern": _ID}},
    "calendars": {"schema": {"type": "string", "pattern": "^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14}){0,9}$"}},
}

DIALECTS = (
    Dialect(
        "/api/access/calendar",
        schema.AccessRefusal,
        _CALENDAR,
        {
            "access_list_calendars": Operation(schema.AccessCalendars),
            "access_get_freebusy": Operation(schema.AccessFreeBusy),
            "access_list_events": Operation(schema.AccessEvents),
            "access_list_events_by_contact": Operation(schema.AccessEvents),
            "access_get_event": Operation(schema.OneAccessEvent),
            "access_create_event": Operation(schema.AccessEvent, 201, schema.AccessEventInput, (409,), makes="event"),
            "access_update_event": Operation(schema.AccessEvent, 200, schema.AccessEventUpdate, (409,)),
            "access_delete_event": Operation(schema.Done, refusals=(409,)),
            "access_respond_to_event": Operation(schema.AccessEvent, 200, schema.AccessAnswer, (409,)),
        },
        _PARAMETERS,
    ),
    Dialect(
        "/api/auth/token",
        schema.AccessRefusal,
        _KEY,
        {"access_key_status": Operation(schema.KeyStatus), "access_key_logout": Operation(schema.Done)},
    ),
)
