"""MOVE and COPY (RFC 4918 §9.8 and §9.9) of entries, within a collection and between two of the same user."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from gateway.dav import errors
from gateway.dav.entry_properties import content_type
from gateway.dav.errors import Refusal
from gateway.dav.move_collection import transfer
from gateway.dav.places import Context, Member, find, foreign, from_href
from gateway.dav.preferences import represented
from gateway.dav.render import segment
from gateway.dav.request import Answer, Request
from storage.errors import InvalidData, NotFound, ReadOnly, UidConflict
from storage.model import Collection, CollectionKind, Entry, Origin

_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?", re.ASCII)


def move(context: Context, request: Request) -> Answer:
    """Answer a MOVE: the entry keeps its identity under the new name. 201, or 204 where it replaced another."""
    return _transfer(context, request, context.store.move_entry)


def copy(context: Context, request: Request) -> Answer:
    """Answer a COPY. Within one collection it is refused, since an UID stands there once (`no-uid-conflict`)."""
    return _transfer(context, request, context.store.copy_entry)


def _transfer(context: Context, request: Request, verb: Callable[..., Entry]) -> Answer:
    source, segments = find(context, request.segments), _destination(context, request)
    if isinstance(source, Collection):
        return transfer(context, request, source, segments)
    if not isinstance(source, Member):
        raise Refusal(403, "a principal cannot be moved or copied")
    target = _target(context, segments)
    if (source.collection.id, source.name) == (target.collection.id, target.name):
        context.store.entry_at(source.collection.id, source.name)
        raise Refusal(403, "the Destination is the entry itself", hint="name another place")
    cards = target.collection.kind is CollectionKind.CONTACTS
    replaced = target.name in context.store.entries(target.collection.id, [target.name])
    try:
        entry = verb(
            source.collection.id,
            source.name,
            target.collection.id,
            target.name,
            origin=Origin.DAV,
            actor=context.actor,
            overwrite=request.header("overwrite").strip().upper() != "F",
            if_match=request.if_match,
        )
    except ReadOnly as error:
        closed, privilege = (target, "bind") if target.collection.read_only else (source, "unbind")
        return errors.answer(error, precondition=errors.need_privilege(context.of(closed.collection), privilege))
    except UidConflict as error:
        taken = context.href(context.user, target.collection.slug, error.href)
        return errors.answer(error, precondition=errors.uid_conflict(taken, cards=cards))
    except InvalidData as error:
        return errors.answer(error, precondition=errors.card_precondition(error) if cards else "")
    href = context.of(target.collection) + segment(target.name)
    done = Answer(204 if replaced else 201, b"", {"ETag": entry.etag, "Location": href})
    return represented(request, done, entry.text, content_type(entry.kind), href, entry.etag)


def _destination(context: Context, request: Request) -> tuple[str, ...]:
    destination = request.header("destination")
    if not destination:
        raise Refusal(400, "the Destination header is missing")
    segments = from_href(context, destination) if _is_here(request, destination) else None
    if segments is None:
        raise Refusal(502, "the Destination is not below this endpoint", hint="name a path of this server")
    if not segments or segments[0] != context.user:
        raise foreign()
    return segments


def _target(context: Context, segments: tuple[str, ...]) -> Member:
    try:
        place = find(context, segments)
    except NotFound as error:
        raise Refusal(409, "the Destination's collection does not exist") from error
    if not isinstance(place, Member):
        raise Refusal(403, "the Destination must be an entry's name inside a collection")
    return place


def _is_here(request: Request, destination: str) -> bool:
    """Whether the Destination names this server: by a path alone, or by the host that the client speaks to.

    A proxy in front may have put its own name into `Host`; then `X-Forwarded-Host` has the client's. The port is left
    out, since proxies change it as well.
    """
    try:
        host = urlsplit(destination.strip()).hostname
    except ValueError:
        return False
    hosts = f"{request.header('host')},{request.header('x-forwarded-host')}".split(",")
    mine = {urlsplit(f"//{each.strip()}").hostname for each in hosts if each.strip() and _HOST.fullmatch(each.strip())}
    return host is None or not mine or host in mine
