"""Collections as they stood at some time, to be read: `/dav/{user}/@2026-11-01/{collection}/`.

A day stands for its beginning; with a time of day it is `@2026-11-01T12:00:00Z`. Times are UTC. Nothing leads there but
its address: a client that synchronises a home does not meet the past. Rights are those of today, none of them to write.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

from gateway.dav.errors import Refusal, need_privilege
from gateway.dav.names import caldav, carddav, cs, dav, push
from gateway.dav.places import Context
from gateway.dav.request import Request
from storage import clock
from storage.errors import NotFound
from storage.past import Past

REPORTS = frozenset(
    {
        *map(caldav, ("calendar-query", "calendar-multiget")),
        *map(carddav, ("addressbook-query", "addressbook-multiget")),
        *map(dav, ("expand-property", "acl-principal-prop-set", "principal-match")),
    }
)
"""What is answered about the past. What stood then does not change, so there is nothing to synchronise."""

ABSENT = frozenset(
    {
        *map(dav, ("sync-token", "add-member", "resource-id", "share-access")),
        *map(push, ("transports", "topic", "supported-triggers")),
        *map(cs, ("invite", "allowed-sharing-modes")),
    }
)
"""Properties that the past does not have: they are about what may still come, or name the collection of today."""

_READING = frozenset({"GET", "HEAD", "PROPFIND", "REPORT", "OPTIONS"})
_MOMENT = re.compile(r"@(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?)Z?", re.ASCII)
_HOME_DEPTH = 2


def is_moment(segment: str) -> bool:
    """Whether a path segment leads into the past, so that no collection can be called so."""
    return _MOMENT.fullmatch(segment) is not None


def entered(context: Context, request: Request) -> tuple[Context, Request]:
    """What a request is about: the present as it is, or the mirror of the moment that its path names.

    Raises `Refusal` (403) for a write, `NotFound` for a day that there is not, `BeyondHistory`.
    """
    segments = request.segments
    if len(segments) < _HOME_DEPTH or segments[0] != context.user or not is_moment(segments[1]):
        return context, request
    if request.method not in _READING:
        raise Refusal(
            403,
            "the past cannot be changed",
            precondition=need_privilege(context.href(*segments, folder=request.folder), "write"),
            hint="`calharbor undo` and `calharbor restore` bring it back",
        )
    past = Past(context.store, context.store.position_at(_read(segments[1])))
    there = replace(context, store=past, moment=segments[1])
    return there, replace(request, segments=(segments[0], *segments[2:]))


def _read(segment: str) -> str:
    found = _MOMENT.fullmatch(segment)
    assert found is not None
    try:
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError as error:
        raise NotFound(
            f"there is no such time as {segment[1:]}", hint="write @2026-11-01 or @2026-11-01T12:00Z"
        ) from error
    if moment > clock.now():
        raise NotFound(f"{segment[1:]} has not come yet", hint="name a time in the past")
    return clock.iso(moment.timestamp())
