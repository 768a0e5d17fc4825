"""DELETE of an entry, a collection or a push registration (RFC 4918 §9.6): 204, or a refusal that changed nothing."""

from gateway.dav import errors, push
from gateway.dav.errors import Refusal
from gateway.dav.places import Context, Member, find
from gateway.dav.request import Answer, Request
from storage.errors import PreconditionFailed, ReadOnly
from storage.model import Collection, Origin


def delete(context: Context, request: Request) -> Answer:
    """Answer a DELETE; a collection also hears of it upstream, as entries do.

    Who leaves a meeting declines it, and who called it together calls it off, unless `Schedule-Reply: F` says not to
    (RFC 6638 §8.1).
    """
    registration = push.registration_of(context, request.segments)
    if registration is not None:
        return push.withdraw(context, registration)
    place = find(context, request.segments)
    try:
        if isinstance(place, Member):
            context.store.delete_entry(
                place.collection.id,
                place.name,
                origin=Origin.DAV,
                actor=context.actor,
                if_match=request.if_match,
                notify=_tells(request),
            )
            return Answer(204)
        if isinstance(place, Collection):
            _delete_collection(context, request, place)
            return Answer(204)
    except ReadOnly as error:
        href = context.href(*request.segments, folder=isinstance(place, Collection))
        return errors.answer(error, precondition=errors.need_privilege(href, "unbind"))
    raise Refusal(403, "a principal cannot be deleted over WebDAV", precondition="<need-privileges/>")


def _delete_collection(context: Context, request: Request, collection: Collection) -> None:
    if request.header("depth").strip().lower() not in ("", "infinity"):
        raise Refusal(400, "a collection is deleted with everything in it", hint="send Depth: infinity, or none")
    wanted = request.if_match
    if wanted is not None and "*" not in wanted and f"{collection.id}-{collection.seq}" not in wanted:
        raise PreconditionFailed(f"the collection {collection.name!r} is not in the version named")
    context.store.delete_collection(collection.id, origin=Origin.DAV, actor=context.actor, notify=_tells(request))


def _tells(request: Request) -> bool:
    """Whether others shall hear of it."""
    return request.header("schedule-reply").strip().upper() != "F"
