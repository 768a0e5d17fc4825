"""Every route of the Access dialect."""

from fastapi import APIRouter

from gateway.api.access import keys

PREFIXES = ("/api/access", "/api/auth")
"""What its paths begin with."""

router = APIRouter()
for part in (keys,):
    router.include_router(part.router)
