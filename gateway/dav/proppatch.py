"""PROPPATCH (RFC 4918 §9.2): a collection's name, colour, zone and dead properties, all of them or none.

The home, which is the principal too, keeps dead properties as well: Apple's programs keep their default alarms there.
An entry has none: it is its text, and what stood beside that would reach neither the upstream, nor the folder of files,
nor a restored version. Each property is refused there by name.

Whom a collection is shared with may set them as well, for themselves alone, and so may whoever mirrors a calendar that
is read-only upstream: calendar programs set a colour unasked, and their user expects it to stay. `write-properties` is
not granted there all the same, since programs take any right to write for the right to write entries.
"""

from collections.abc import Callable, Mapping
from functools import partial
from xml.etree.ElementTree import Element

from gateway.dav import body, edits, render
from gateway.dav.mailbox import DEFAULT_CALENDAR, chosen_calendar
from gateway.dav.names import dav
from gateway.dav.places import Context, Home, Member, Root, find
from gateway.dav.properties import SETTABLE, SETTABLE_OF_BOOK
from gateway.dav.request import Answer, Request
from storage.model import Collection, CollectionKind, Origin


def proppatch(context: Context, request: Request) -> Answer:
    """Answer a PROPPATCH; live properties of collections also travel upstream."""
    target = find(context, request.segments)
    if isinstance(target, Member):
        context.store.entry_at(target.collection.id, target.name)
    steps = edits.instructions(body.required(request.body, dav("propertyupdate")))
    if isinstance(target, Home):
        wanted = edits.work_out(steps, context.store.home_properties(context.user), live={})
        if not wanted.refused:
            context.store.set_home_properties(context.user, wanted.dead)
    elif isinstance(target, Collection):
        wanted = edits.work_out(steps, target.dead, live=_live(target), settable=_settable(context, target))
        if not wanted.refused:
            _write(context, target, wanted)
    else:
        wanted = edits.refused(steps)
    groups, preconditions = edits.outcome(wanted)
    if request.minimal and not wanted.refused:
        return Answer(200)  # RFC 8144 §2.2: nothing to say
    href = (
        context.root
        if isinstance(target, Root)
        else context.href(*request.segments, folder=not isinstance(target, Member))
    )
    return render.multistatus([render.propstats(href, groups or {200: []}, preconditions)])


def _live(collection: Collection) -> Mapping[str, str]:
    return SETTABLE_OF_BOOK if collection.kind is CollectionKind.CONTACTS else SETTABLE


def _settable(context: Context, collection: Collection) -> Mapping[str, Callable[[Element], str]]:
    return {DEFAULT_CALENDAR: partial(chosen_calendar, context)} if collection.kind is CollectionKind.INBOX else {}


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
