"""POST, which WebDAV gives no meaning of its own: what it does depends on what is sent and where to."""

from gateway.dav import push
from gateway.dav.errors import Refusal
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request


def post(context: Context, request: Request) -> Answer:
    """Answer a POST: a `push-register` document registers for push messages. Raises `Refusal` (405) for all else."""
    if request.header("content-type").partition(";")[0].strip().lower() in push.TYPES:
        return push.register(context, request)
    raise Refusal(405, "nothing here takes such a POST", hint="OPTIONS lists what is answered")
