"""Every route of the Kloudless dialect."""

from fastapi import APIRouter

from gateway.api.kloudless import accounts, calendars

PREFIX = "/v1"

router = APIRouter(prefix=PREFIX)
for part in (accounts, calendars):
    router.include_router(part.router)
