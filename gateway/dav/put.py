"""PUT: an entry's bytes into the mirror, conditionally, with the preconditions of RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1.

The answer carries an ETag only if the bytes are kept as they were sent (RFC 4791 §5.3.4).
"""

import re

from gateway.dav import errors, limits
from gateway.dav.address_data import CARD_TYPES
from gateway.dav.entry_properties import content_type, schedule_tag_header
from gateway.dav.errors import Refusal
from gateway.dav.places import Context, Home, Member, Root, find
from gateway.dav.preferences import represented
from gateway.dav.request import Answer, Request
from storage.errors import InvalidData, NotFound, PreconditionFailed, ReadOnly, UidConflict
from storage.ical.read import decode
from storage.model import CollectionKind, Entry, Origin
from storage.store import PutResult
from storage.vcard.read import VERSIONS

_UNKNOWN_TYPES = ("", "application/octet-stream", "application/x-www-form-urlencoded")


def put(context: Context, request: Request) -> Answer:
    """Answer a PUT: 201 for a new entry, 204 for a changed or unchanged one; with the text where that is preferred."""
    place = _target(context, request)
    try:
        result = _write(context, request, place)
    except ReadOnly as error:
        return errors.answer(error, precondition=errors.need_privilege(_href(context, request), "write-content"))
    except UidConflict as error:
        taken = context.href(context.user, place.collection.slug, error.href)
        cards = place.collection.kind is CollectionKind.CONTACTS
        return errors.answer(error, precondition=errors.uid_conflict(taken, cards=cards))
    except InvalidData as error:
        cards = place.collection.kind is CollectionKind.CONTACTS
        return errors.answer(error, precondition=errors.card_precondition(error) if cards else "")
    except PreconditionFailed as error:
        entry = context.store.entries(place.collection.id, [place.name]).get(place.name)
        failed = errors.answer(error)
        return failed if entry is None else _shown(context, request, entry, failed)
    entry = result.entry
    kept = entry.text.encode("utf-8", "surrogatepass") == request.body
    headers = {"ETag": entry.etag} if kept else {}
    headers.update(schedule_tag_header(context, place.collection, entry))
    return _shown(context, request, entry, Answer(201 if result.created else 204, b"", headers))


def _shown(context: Context, request: Request, entry: Entry, answer: Answer) -> Answer:
    kind = content_type(entry.kind)
    return represented(request, answer, entry.text, kind, _href(context, request), entry.etag)


def _target(context: Context, request: Request) -> Member:
    try:
        place = find(context, request.segments)
    except NotFound as error:
        raise Refusal(409, "there is no such collection", hint="make it first, with MKCALENDAR") from error
    if isinstance(place, Member) and not request.folder:
        return place
    if isinstance(place, Root | Home):
        raise Refusal(403, "entries live in collections", hint="PUT to /dav/{user}/{collection}/{name}.ics")
    raise Refusal(405, "a whole collection cannot be replaced by a PUT", hint="PUT each entry under a name of its own")


def _write(context: Context, request: Request, place: Member) -> PutResult:
    # Before the body is looked at: whoever may not write learns that, and nothing else.
    if place.collection.read_only:
        raise ReadOnly(
            f"the collection {place.collection.name!r} is read-only for you", hint="ask its owner for access"
        )
    cards = place.collection.kind is CollectionKind.CONTACTS
    _refuse_type(request, cards=cards)
    _refuse_existing(context, request, place)
    return context.store.put_entry(
        place.collection.id,
        place.name,
        decode(request.body),
        origin=Origin.DAV,
        actor=context.actor,
        if_match=request.if_match,
        if_none_match=request.if_none_match == frozenset({"*"}),
        notify=request.header("schedule-reply").strip().upper() != "F",
        check=limits.check_card if cards else limits.check,
    )


def _refuse_type(request: Request, *, cards: bool) -> None:
    """A body that its sender calls something else; what programs send that do not know is let pass."""
    kind, _, parameters = request.header("content-type").lower().replace(" ", "").partition(";")
    version = re.search(r'version="?([^";]*)', parameters)
    known, versions = (CARD_TYPES, VERSIONS) if cards else (("text/calendar",), ("2.0",))
    if kind in (*known, *_UNKNOWN_TYPES) and (version is None or version[1] in versions):
        return
    if cards:
        raise Refusal(
            403,
            f"an address book holds text/vcard 3.0 and 4.0, not {request.header('content-type')[:60]}",
            precondition="<CR:supported-address-data/>",
            hint="send Content-Type: text/vcard",
        )
    raise Refusal(
        403,
        f"a calendar holds text/calendar 2.0, not {request.header('content-type')[:60]}",
        precondition="<C:supported-calendar-data/>",
        hint="send Content-Type: text/calendar",
    )


def _refuse_existing(context: Context, request: Request, place: Member) -> None:
    """`If-None-Match` with tags, which clients hardly ever send on a PUT: none of them may be the current one."""
    unwanted = request.if_none_match
    if not unwanted or "*" in unwanted:
        return
    current = context.store.entries(place.collection.id, [place.name]).get(place.name)
    if current is not None and current.hash in unwanted:
        raise PreconditionFailed(f"{place.name} is in a version that If-None-Match names")


def _href(context: Context, request: Request) -> str:
    return context.href(*request.segments, folder=request.folder)
