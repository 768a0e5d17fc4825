"""Every route of the Access dialect."""

from fastapi import APIRouter

from gateway.api.access import calendars, events, events_write, keys

PREFIXES = ("/api/access", "/api/auth")
"""What its paths begin with."""

BASE = "/api/access/calendar"

router = APIRouter(generate_unique_id_function=lambda route: f"access_{route.name}")
for part in (calendars, events, events_write):
    router.include_router(part.router, prefix=BASE)
router.include_router(keys.router)
