"""POST, which WebDAV gives no meaning of its own: what it does depends on what is sent and where to."""

from gateway.dav import add_member, push
from gateway.dav.errors import Refusal
from gateway.dav.places import Context, Member, find
from gateway.dav.properties import ADD_MEMBER
from gateway.dav.request import Answer, Request


def post(context: Context, request: Request) -> Answer:
    """Answer a POST: a `push-register` document registers for push messages, `add-member` takes new entries.

    Raises `Refusal` (405) for all else.
    """
    place = find(context, request.segments) if request.segments[2:] == (ADD_MEMBER,) else None
    if isinstance(place, Member):
        return add_member.add_member(context, request, place)
    if request.header("content-type").partition(";")[0].strip().lower() in push.TYPES:
        return push.register(context, request)
    raise Refusal(405, "nothing here takes such a POST", hint="OPTIONS lists what is answered")
