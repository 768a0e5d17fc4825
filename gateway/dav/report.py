"""REPORT (RFC 3253 §3.6): which report is asked for, of what, and the properties that every report can give."""

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from gateway.dav import body, names, past
from gateway.dav.addressbook_query import addressbook_query
from gateway.dav.errors import Refusal
from gateway.dav.expand_property import expand_property
from gateway.dav.freebusy import free_busy_query
from gateway.dav.multiget import multiget
from gateway.dav.names import caldav, carddav, dav
from gateway.dav.places import Context, Home, Member, Place, find
from gateway.dav.principals import (
    acl_principal_prop_set,
    principal_match,
    principal_property_search,
    principal_search_property_set,
)
from gateway.dav.properties import reports_of
from gateway.dav.query import calendar_query
from gateway.dav.request import Answer, Request
from gateway.dav.sync import sync_collection
from gateway.dav.sync_home import sync_home
from storage.model import Collection

Report = Callable[[Context, Request, Place, Element], Answer]
CollectionReport = Callable[[Context, Request, Collection, Element], Answer]

_EVERYWHERE: Mapping[str, Report] = {
    dav("expand-property"): expand_property,
    dav("acl-principal-prop-set"): acl_principal_prop_set,
}
_OF_PRINCIPALS: Mapping[str, Report] = {
    dav("principal-match"): principal_match,
    dav("principal-property-search"): principal_property_search,
    dav("principal-search-property-set"): principal_search_property_set,
}
"""Answered by everything but entries."""

_OF_COLLECTIONS: Mapping[str, CollectionReport] = {
    caldav("calendar-query"): calendar_query,
    caldav("calendar-multiget"): multiget,
    caldav("free-busy-query"): free_busy_query,
    carddav("addressbook-query"): addressbook_query,
    carddav("addressbook-multiget"): multiget,
    dav("sync-collection"): sync_collection,
}


def report(context: Context, request: Request) -> Answer:
    """Answer a REPORT. Raises `Refusal` (403 supported-report) for one that is not advertised there."""
    place = find(context, request.segments)
    if isinstance(place, Member):
        context.store.entry_at(place.collection.id, place.name)
    root = body.parse(request.body)
    if root is None:
        raise Refusal(400, "the body is empty, so nobody knows which report is meant")
    if context.moment and root.tag not in past.REPORTS:
        raise _unanswered(root)
    of_collection = _OF_COLLECTIONS.get(root.tag)
    if of_collection is not None and isinstance(place, Collection) and root.tag in reports_of(place):
        return of_collection(context, request, place, root)
    if isinstance(place, Member) and root.tag in reports_of(place.collection):
        if root.tag in (caldav("calendar-query"), carddav("addressbook-query")):
            query = calendar_query if root.tag == caldav("calendar-query") else addressbook_query
            return query(context, request, place.collection, root, only=place.name)
        if root.tag in (caldav("calendar-multiget"), carddav("addressbook-multiget")):
            return multiget(context, request, place.collection, root)
    if root.tag == dav("sync-collection") and isinstance(place, Home):
        return sync_home(context, request, root)
    asked = _EVERYWHERE.get(root.tag)
    if asked is None and not isinstance(place, Member):
        asked = _OF_PRINCIPALS.get(root.tag)
    if asked is None:
        raise _unanswered(root)
    return asked(context, request, place, root)


def _unanswered(root: Element) -> Refusal:
    return Refusal(
        403,
        f"the report {names.split(root.tag)[1]!r} is not answered here",
        precondition="<supported-report/>",
        hint="supported-report-set lists what each resource answers",
    )
