"""WebDAV-Push (draft of bitfireAT, 2026): what is offered, registration and its end, and who need not be told.

Collections tell of content updates to depth 1 and of property updates to depth 0, homes of both to depth 1. DAVx5 sends
neither a trigger nor a content encoding: a registration without a trigger gets everything the resource has to tell,
and the one encoding there is needs not be named. A trigger that names nothing supported is refused, as the draft says.

A registration is `/dav/{user}/.push/{id}`, which answers DELETE alone.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from secrets import token_urlsafe
from xml.etree.ElementTree import Element

from gateway.dav import body, names
from gateway.dav.errors import Refusal
from gateway.dav.names import dav, push
from gateway.dav.places import REGISTRATIONS, Context, Home, Member, Root, find, from_href
from gateway.dav.render import Renderer
from gateway.dav.request import Answer, Request
from gateway.http.webpush import Keys, Offer
from storage import clock
from storage import push as registrations
from storage.errors import AccessDenied, InvalidData
from storage.model import Collection
from storage.tables.push import Registration

TYPES = ("application/xml", "text/xml")
"""The media types of a `push-register` document."""

LONGEST = 7 * 86_400.0
"""No registration is good for more seconds than this, however long a time was asked for."""

_MOST_NAMED = 100
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


def of_home(context: Context) -> dict[str, Renderer[None]]:
    """The push properties of the home; none where push is not offered."""
    return _properties(context, "", property_depth=1)


def of_collection(context: Context, collection: Collection) -> dict[str, Renderer[None]]:
    """The push properties of a collection; none where push is not offered."""
    return _properties(context, collection.id, property_depth=0)


def _properties(context: Context, collection_id: str, *, property_depth: int) -> dict[str, Renderer[None]]:
    offer = context.push
    if offer is None:
        return {}
    key = f'<P:vapid-public-key type="p256ecdsa">{offer.vapid}</P:vapid-public-key>'
    return {
        push("transports"): lambda _: f"<P:web-push>{key}</P:web-push>",
        push("topic"): lambda _: registrations.topic(context.store, context.user, collection_id),
        push("supported-triggers"): lambda _: (
            "<P:content-update><depth>1</depth></P:content-update>"
            f"<P:property-update><depth>{property_depth}</depth></P:property-update>"
        ),
    }


def register(context: Context, request: Request) -> Answer:
    """Answer a POST of a `push-register`: 201 for a new registration, 204 for a renewed one.

    Raises `Refusal` with the draft's preconditions: `push-not-available`, `invalid-subscription`,
    `no-supported-trigger`; 405 for any other document.
    """
    root = body.parse(request.body)
    if root is None or root.tag != push("push-register"):
        raise Refusal(405, "nothing here takes such a POST", hint="OPTIONS lists what is answered")
    place = find(context, request.segments)
    if context.push is None or isinstance(place, Root | Member):
        raise _refusal("push-not-available", "there are no push messages about this", hint="register for a collection")
    endpoint, keys = _subscription(context.push, root)
    content, properties = _triggers(root, home=isinstance(place, Home))
    wanted = Registration(
        id=token_urlsafe(24),
        user=context.user,
        device_id=request.device,
        collection_n=0 if isinstance(place, Home) else place.share.source if place.share else place.n,
        collection_id="" if isinstance(place, Home) else place.id,
        endpoint=endpoint,
        public_key=keys.public,
        auth=keys.auth,
        content=content,
        properties=properties,
        expires=_expires(root),
        told=0,
    )
    try:
        kept, new = registrations.register(context.store, wanted)
    except AccessDenied as error:
        raise _refusal("push-not-available", error.message, hint=error.hint) from error
    location = f"{request.base}{context.href(context.user, REGISTRATIONS, kept.id)}"
    headers = {
        "Location": location,
        "Expires": format_datetime(datetime.fromtimestamp(kept.expires, UTC), usegmt=True),
        "Cache-Control": "no-cache",
    }
    return Answer(201 if new else 204, b"", headers)


def registration_of(context: Context, segments: tuple[str, ...]) -> str | None:
    """The id of the asking user's registration that a path leads to, if it does; it need not exist."""
    if len(segments) == 3 and segments[:2] == (context.user, REGISTRATIONS):
        return segments[2]
    return None


def withdraw(context: Context, registration_id: str) -> Answer:
    """Answer the DELETE of a registration. Raises `NotFound`."""
    registrations.withdraw(context.store, context.user, registration_id)
    return Answer(204)


def _subscription(offer: Offer, root: Element) -> tuple[str, Keys]:
    """The push resource and its keys; raises `Refusal` (403 invalid-subscription)."""
    subscription = root.find(f"{push('subscription')}/{push('web-push-subscription')}")
    if subscription is None or len(root.findall(f"{push('subscription')}/*")) != 1:
        raise _refusal("invalid-subscription", "there is no subscription, or more than one, or not of Web Push")
    encoding = subscription.findtext(push("content-encoding"))
    if encoding is not None and encoding.strip() != "aes128gcm":
        raise _refusal("invalid-subscription", "the only content encoding is aes128gcm", hint="see RFC 8291")
    key = subscription.find(push("subscription-public-key"))
    if key is None or key.get("type", "p256dh") != "p256dh":
        raise _refusal("invalid-subscription", "there is no public key of the type p256dh", hint="see RFC 8291")
    endpoint = _text(subscription, "push-resource")
    try:
        offer.check(endpoint)
        return endpoint, Keys.parse((key.text or "").strip(), _text(subscription, "auth-secret"))
    except InvalidData as error:
        raise _refusal("invalid-subscription", error.message, hint=error.hint) from error


def _triggers(root: Element, *, home: bool) -> tuple[int | None, int | None]:
    """To what depth content and property updates are told of, None for not at all. Raises `Refusal` (403).

    More depth than there is counts as the most there is.
    """
    triggers = root.findall(push("trigger"))
    if not triggers:
        return 1, int(home)
    content, properties = (triggers[0].find(push(name)) for name in ("content-update", "property-update"))
    if content is None and properties is None:
        raise _refusal("no-supported-trigger", "no supported trigger is named", hint="see supported-triggers")
    return _depth(content, 1), _depth(properties, int(home))


def _depth(trigger: Element | None, most: int) -> int | None:
    if trigger is None:
        return None
    return 0 if _text(trigger, dav("depth")) == "0" else most


def _expires(root: Element) -> float:
    """When the registration ends, in seconds since 1970. Raises `Refusal` (400) for what is no moment to come."""
    now = clock.timestamp()
    text = root.findtext(push("expires"))
    if text is None:
        return now + LONGEST
    try:
        asked = parsedate_to_datetime(text.strip()).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise Refusal(
            400, "the expiry is not a date of HTTP", hint="write it like Wed, 20 Dec 2023 10:03:31 GMT"
        ) from error
    if asked <= now:
        raise Refusal(400, "the expiry has passed already", hint="check the clock, or leave it out")
    return min(asked, now + LONGEST)


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(name if name.startswith("{") else push(name)) or "").strip()


def _refusal(precondition: str, message: str, *, hint: str = "") -> Refusal:
    return Refusal(403, message, precondition=names.element(push(precondition)), hint=hint)


def heeding(context: Context, request: Request, handler: Callable[[Context, Request], Answer]) -> Answer:
    """Let a handler answer, and note who need not be told of what it changed (`Push-Dont-Notify`).

    The value is `*` for everybody, or registration URLs as they were given out; others are ignored, as the draft says,
    and so are those of other users.
    """
    value = request.header("push-dont-notify").strip()
    if not value or context.push is None:
        return handler(context, request)
    before = context.store.head()
    answer = handler(context, request)
    everybody = value == "*"
    named = [] if everybody else _named(context, value)
    if everybody or named:
        wanted = None if everybody else named
        registrations.silence(context.store, context.user, wanted, after=before, actor=context.actor)
    return answer


def _named(context: Context, value: str) -> list[str]:
    found = []
    for url in _QUOTED.findall(value)[:_MOST_NAMED]:
        segments = from_href(context, url.replace("\\", ""))
        registration = registration_of(context, segments) if segments else None
        if registration is not None:
            found.append(registration)
    return found
