"""Every route of the OneCal dialect."""

from fastapi import APIRouter

from gateway.api.onecal import accounts, calendars, events, events_write, freebusy, subscriptions

PREFIX = "/api/v1"

router = APIRouter(prefix=PREFIX, generate_unique_id_function=lambda route: f"onecal_{route.name}")
for part in (accounts, calendars, events, events_write, freebusy, subscriptions):
    router.include_router(part.router)
