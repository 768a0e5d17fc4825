"""POST of calendarserver.org's `share` (caldav-sharing §5.3.1): an owner shows a collection to others, or no more.

Nobody is asked whether they accept: what is shared stands in their home at once, and they may delete it from there.
"""

from xml.etree.ElementTree import Element

from gateway.dav.errors import Refusal
from gateway.dav.names import cs, dav
from gateway.dav.places import Context, find
from gateway.dav.request import Answer, Request
from storage.errors import InvalidData
from storage.model import Collection, Level


def share(context: Context, request: Request, root: Element) -> Answer:
    """Answer a POST of a `share` element: all of its steps are done (200) or, where one cannot be, none (403)."""
    place = find(context, request.segments)
    if not isinstance(place, Collection) or place.share is not None:
        raise Refusal(403, "a collection is shared by its owner", precondition="<need-privileges/>")
    wanted: dict[str, Level | None] = {}
    for step in root:
        if step.tag == cs("set"):
            wanted[_user(context, step)] = Level.READ if step.find(cs("read-write")) is None else Level.WRITE
        elif step.tag == cs("remove"):
            wanted[_user(context, step)] = None
    try:
        context.store.set_shares(place.id, wanted)
    except InvalidData as error:
        raise Refusal(403, error.message, hint=error.hint) from error
    return Answer(200)


def _user(context: Context, step: Element) -> str:
    """Whom a step means by a calendar user address; raises `Refusal` (403) for somebody who is not here."""
    address = step.findtext(dav("href")) or ""
    user = context.store.user_of(address)
    if user is None:
        raise Refusal(403, f"nobody here has the address {address[:100]!r}", hint="share it by a link instead")
    return user
