"""Every route of the Kloudless dialect."""

from fastapi import APIRouter

from gateway.api.kloudless import accounts, availability, calendars

PREFIX = "/v1"

router = APIRouter(prefix=PREFIX)
for part in (accounts, calendars, availability):
    router.include_router(part.router)
