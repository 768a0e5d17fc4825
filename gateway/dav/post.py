"""POST, which WebDAV gives no meaning of its own: what it does depends on what is sent and where to."""

from gateway.dav import add_member, body, invitations, push
from gateway.dav.errors import Refusal
from gateway.dav.names import cs
from gateway.dav.outbox import free_busy
from gateway.dav.places import Context, Member, find
from gateway.dav.properties import ADD_MEMBER
from gateway.dav.request import Answer, Request
from storage.errors import NotFound
from storage.model import Collection, CollectionKind


def post(context: Context, request: Request) -> Answer:
    """Answer a POST. Raises `Refusal` (405) for all but these four.

    A `push-register` document registers for push messages, a `share` document shows a collection to others,
    `add-member` takes new entries, the scheduling outbox takes free-busy requests.
    """
    place = find(context, request.segments) if request.segments[2:] == (ADD_MEMBER,) else None
    if isinstance(place, Member):
        return add_member.add_member(context, request, place)
    if request.header("content-type").partition(";")[0].strip().lower() in push.TYPES:
        root = body.parse(request.body)
        if root is not None and root.tag == cs("share"):
            return invitations.share(context, request, root)
        return push.register(context, request)
    found = _collection(context, request)
    if found is not None and found.kind is CollectionKind.OUTBOX:
        return free_busy(context, request)
    raise Refusal(405, "nothing here takes such a POST", hint="OPTIONS lists what is answered")


def takes_post(context: Context, request: Request) -> bool:
    """Whether there is one of the asking user's own collections, the scheduling outbox among them."""
    found = _collection(context, request)
    return found is not None and found.share is None


def _collection(context: Context, request: Request) -> Collection | None:
    try:
        place = find(context, request.segments)
    except (NotFound, Refusal):
        return None
    return place if isinstance(place, Collection) else None
