"""MKCALENDAR (RFC 4791 §5.3.1) and extended MKCOL (RFC 5689): a new collection in the user's default account."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from gateway.dav import body, edits, names, render
from gateway.dav.errors import Refusal
from gateway.dav.names import caldav, carddav, dav
from gateway.dav.past import is_moment
from gateway.dav.places import RESERVED, Context, default_account, foreign
from gateway.dav.properties import SETTABLE, SETTABLE_OF_BOOK
from gateway.dav.request import Answer, Request
from storage.errors import AlreadyExists, NotFound
from storage.model import CollectionKind, Origin

MAX_NAME = 255
WRONG_PLACE = "<C:calendar-collection-location-ok/>"
_HOME_DEPTH = 2
_KINDS: Mapping[tuple[str, ...], CollectionKind] = {
    ("VTODO",): CollectionKind.TASKS,
    ("VCARD",): CollectionKind.CONTACTS,
}


def mkcalendar(context: Context, request: Request) -> Answer:
    """Answer a MKCALENDAR: 201, or a refusal that has made nothing."""
    slug = _slug(context, request, taken=409)
    root = body.parse(request.body)
    if root is not None and root.tag not in (caldav("mkcalendar"), dav("mkcol")):
        raise Refusal(400, f"the body must be a mkcalendar element, not {names.split(root.tag)[1]!r}")
    return _make(context, slug, root, response=caldav("mkcalendar-response"))


def mkcol(context: Context, request: Request) -> Answer:
    """Answer a MKCOL; its body has to say that the collection is a calendar or an address book (RFC 5689 §3)."""
    slug = _slug(context, request, taken=405)
    root = body.parse(request.body)
    if root is not None and root.tag != dav("mkcol"):
        raise Refusal(415, f"the body must be a mkcol element, not {names.split(root.tag)[1]!r}")
    kinds = {kind.tag for each in root.iter(edits.RESOURCE_TYPE) for kind in each} if root is not None else set()
    wanted = kinds & {caldav("calendar"), carddav("addressbook")}
    if len(wanted) != 1:
        raise Refusal(
            403,
            "what can be made here is a calendar or an address book",
            precondition="<valid-resourcetype/>",
            hint="send MKCALENDAR, or a MKCOL whose resourcetype holds CALDAV:calendar or CARDDAV:addressbook",
        )
    return _make(context, slug, root, response=dav("mkcol-response"), cards=carddav("addressbook") in wanted)


def _slug(context: Context, request: Request, *, taken: int) -> str:
    """The path segment of the new collection, checked. `taken`: the status where something is there already."""
    segments = request.segments
    if segments and segments[0] != context.user:
        raise foreign()
    if len(segments) < _HOME_DEPTH:
        raise Refusal(taken, "the root and the principals are made by the server", precondition=_NOT_NULL)
    if len(segments) > _HOME_DEPTH:
        raise Refusal(
            403,
            "collections hold no collections",
            precondition=WRONG_PLACE,
            hint="make it at /dav/{user}/{name}/",
        )
    slug = segments[1]
    check_slug(slug)
    try:
        context.store.collection_at(context.user, slug)
    except NotFound:
        return slug
    raise _exists(slug, taken)


def check_slug(slug: str) -> None:
    """Raise `Refusal` (403) for a path segment that no collection can have."""
    odd = any(ord(character) < ord(" ") or character == "/" for character in slug)
    if odd or slug in RESERVED or is_moment(slug) or len(slug) > MAX_NAME:
        raise Refusal(403, "that name cannot be a collection's", precondition=WRONG_PLACE)


def _make(context: Context, slug: str, root: Element | None, *, response: str, cards: bool = False) -> Answer:
    steps = edits.instructions(root) if root is not None else ()
    wanted = edits.work_out(steps, {}, live=SETTABLE_OF_BOOK if cards else SETTABLE, creating=True)
    if wanted.refused:
        groups, preconditions = edits.outcome(wanted)
        return render.failed(response, groups, preconditions)
    account = default_account(context.store, context.user)
    fields = wanted.fields
    if account.mirrored and edits.COMPONENT_SET not in wanted.asked:
        # Many servers hold no VFREEBUSY; the upstream is asked for one only if the client asks for it.
        wanted.components = tuple(each for each in wanted.components if each != "VFREEBUSY")
    try:
        context.store.create_collection(
            account.id,
            slug,
            name=fields.get("name") or slug,
            kind=_KINDS.get(wanted.components, CollectionKind.CALENDAR),
            components=wanted.components,
            description=fields.get("description", ""),
            color=fields.get("color", ""),
            timezone=fields.get("timezone", ""),
            order=fields.get("order", ""),
            dead=wanted.dead,
            origin=Origin.DAV,
            actor=context.actor,
        )
    except AlreadyExists as error:
        raise _exists(slug, 409) from error
    return Answer(201, b"", {"Cache-Control": "no-cache"})


def _exists(slug: str, status: int) -> Refusal:
    return Refusal(status, f"{slug!r} exists already", precondition=_NOT_NULL, hint="choose another name")


_NOT_NULL = "<resource-must-be-null/>"
