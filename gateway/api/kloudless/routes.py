"""Every route of the Kloudless dialect."""

from fastapi import APIRouter

from gateway.api.kloudless import (
    accounts,
    activity,
    availability,
    calendars,
    contacts,
    events,
    raw,
    resources,
    subscriptions,
    team,
)

PREFIX = "/v1"

router = APIRouter(prefix=PREFIX)
for part in (accounts, calendars, contacts, events, availability, raw, resources, team, subscriptions, activity):
    router.include_router(part.router)
