"""Every route of the OneCal dialect."""

from fastapi import APIRouter

from gateway.api.onecal import events, events_write

PREFIX = "/api/v1"

router = APIRouter(prefix=PREFIX, generate_unique_id_function=lambda route: f"onecal_{route.name}")
for part in (events, events_write):
    router.include_router(part.router)
