"""PROPPATCH (RFC 4918 §9.2): a collection's name, colour, zone and dead properties, all of them or none.

Whom a collection is shared with may set them as well, for themselves alone, and so may whoever mirrors a calendar that
is read-only upstream: calendar programs set a colour unasked, and their user expects it to stay. `write-properties` is
not granted there all the same, since programs take any right to write for the right to write entries.
"""

from functools import partial

from gateway.dav import body, edits, render
from gateway.dav.errors import Refusal
from gateway.dav.mailbox import DEFAULT_CALENDAR, chosen_calendar
from gateway.dav.names import dav
from gateway.dav.places import Context, Member, find
from gateway.dav.request import Answer, Request
from storage.model import Collection, CollectionKind, Origin


def proppatch(context: Context, request: Request) -> Answer:
    """Answer a PROPPATCH; live properties also travel upstream."""
    place = find(context, request.segments)
    if isinstance(place, Member):
        context.store.entry_at(place.collection.id, place.name)
    if not isinstance(place, Collection):
        raise Refusal(
            403,
            "only the properties of calendars and address books can be changed",
            precondition="<cannot-modify-protected-property/>",
        )
    href = context.of(place)
    root = body.required(request.body, dav("propertyupdate"))
    cards = place.kind is CollectionKind.CONTACTS
    settable = {DEFAULT_CALENDAR: partial(chosen_calendar, context)} if place.kind is CollectionKind.INBOX else {}
    wanted = edits.work_out(edits.instructions(root), place.dead, cards=cards, settable=settable)
    if not wanted.refused:
        _write(context, place, wanted)
    groups, preconditions = edits.outcome(wanted)
    if request.minimal and not wanted.refused:
        return Answer(200)  # RFC 8144 §2.2: nothing to say
    return render.multistatus([render.propstats(href, groups or {200: []}, preconditions)])


def _write(context: Context, collection: Collection, wanted: edits.Edits) -> None:
    fields = wanted.fields
    name = fields.get("name")
    unnamed = "" if collection.share else collection.slug
    if DEFAULT_CALENDAR in fields:
        context.store.choose_default_calendar(context.user, fields[DEFAULT_CALENDAR] or None)
    context.store.update_collection(
        collection.id,
        name=unnamed if name == "" else name,
        description=fields.get("description"),
        color=fields.get("color"),
        timezone=fields.get("timezone"),
        order=fields.get("order"),
        dead=wanted.dead,
        origin=Origin.DAV,
        actor=context.actor,
    )
