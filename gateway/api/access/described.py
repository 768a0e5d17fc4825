"""What the OpenAPI description says of each route of the Access dialect: an entry for every one, by its function."""

from gateway.api.access import schema
from gateway.api.openapi import Dialect, Operation

_REFUSALS = (401, 429, 503)

DIALECTS = (
    Dialect(
        "/api/auth/token",
        schema.AccessRefusal,
        _REFUSALS,
        {
            "key_status": Operation(schema.KeyStatus),
            "key_logout": Operation(schema.Done),
        },
    ),
)
