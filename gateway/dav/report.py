"""REPORT (RFC 3253 §3.6): which report is asked for, of what, and the properties that every report can give."""

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from gateway.dav import body, names
from gateway.dav.errors import Refusal
from gateway.dav.freebusy import free_busy_query
from gateway.dav.multiget import calendar_multiget
from gateway.dav.names import caldav, dav
from gateway.dav.places import Context, Member, find
from gateway.dav.query import calendar_query
from gateway.dav.request import Answer, Request
from gateway.dav.sync import sync_collection
from storage.model import Collection

Report = Callable[[Context, Request, Collection, Element], Answer]

_REPORTS: Mapping[str, Report] = {
    caldav("calendar-query"): calendar_query,
    caldav("calendar-multiget"): calendar_multiget,
    caldav("free-busy-query"): free_busy_query,
    dav("sync-collection"): sync_collection,
}


def report(context: Context, request: Request) -> Answer:
    """Answer a REPORT on a collection. Raises `Refusal` (403 supported-report) for one that is not advertised there."""
    place = find(context, request.segments)
    if isinstance(place, Member):
        context.store.entry_at(place.collection.id, place.name)
    root = body.parse(request.body)
    if root is None:
        raise Refusal(400, "the body is empty, so nobody knows which report is meant")
    asked = _REPORTS.get(root.tag)
    if asked is None or not isinstance(place, Collection):
        raise Refusal(
            403,
            f"the report {names.split(root.tag)[1]!r} is not answered here",
            precondition="<supported-report/>",
            hint="supported-report-set lists what each resource answers",
        )
    return asked(context, request, place, root)
