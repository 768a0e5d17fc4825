"""ACL (RFC 3744 §8.1): understood, and refused, since privileges come from the upstream and from sharing alone."""

from gateway.dav import body, errors
from gateway.dav.errors import Refusal
from gateway.dav.names import dav
from gateway.dav.places import Context, find
from gateway.dav.request import Answer, Request
from gateway.dav.resources import resource


def acl(context: Context, request: Request) -> Answer:
    """Refuse an ACL: nobody has the privilege `write-acl` on anything."""
    target = resource(context, find(context, request.segments))
    body.required(request.body, dav("acl"))
    raise Refusal(
        403,
        "access is not changed over WebDAV",
        precondition=errors.need_privilege(target.href, "write-acl"),
        hint="share a collection on the command line",
    )
