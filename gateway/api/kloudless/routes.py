"""Every route of the Kloudless dialect."""

from fastapi import APIRouter

from gateway.api.kloudless import (
    accounts,
    activity,
    availability,
    calendars,
    contacts,
    events,
    events_write,
    raw,
    resources,
    stream,
    subscriptions,
    team,
)

PREFIX = "/v1"

router = APIRouter(prefix=PREFIX)
for part in (accounts, calendars, events, events_write, contacts, availability):
    router.include_router(part.router)
for part in (raw, resources, team, subscriptions, activity, stream):
    router.include_router(part.router)
