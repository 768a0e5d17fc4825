"""The scheduling inbox and outbox as resources: their properties and privileges (RFC 6638 §2.1, §2.2, §6, §9.2)."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from gateway.dav import names
from gateway.dav.errors import Refusal
from gateway.dav.names import caldav, dav
from gateway.dav.places import Context, Member, find, from_href
from gateway.dav.privileges import ASK, DELIVER, SEND
from gateway.dav.render import Renderer
from gateway.dav.request import Request
from storage.errors import NotFound
from storage.model import Collection, CollectionKind
from storage.scheduling.people import takes_invitations

DEFAULT_CALENDAR = caldav("schedule-default-calendar-URL")

RESOURCE_TYPES: Mapping[CollectionKind, str] = {
    CollectionKind.INBOX: "<collection/><C:schedule-inbox/>",
    CollectionKind.OUTBOX: "<collection/><C:schedule-outbox/>",
}

PRIVILEGES: Mapping[CollectionKind, tuple[str, ...]] = {
    CollectionKind.INBOX: (
        "write-properties",
        "unbind",
        DELIVER,
        f"{DELIVER}-invite",
        f"{DELIVER}-reply",
        ASK,
    ),
    CollectionKind.OUTBOX: (
        "write-properties",
        SEND,
        f"{SEND}-invite",
        f"{SEND}-reply",
        f"{SEND}-freebusy",
    ),
}
"""What the owner may do beyond reading: nobody writes a message, and nobody but the owner comes here."""

_PREFERRED = ' preferred="1"'


def of_principal(context: Context) -> dict[str, Renderer[None]]:
    """The scheduling properties of the principal (RFC 6638 §2.1.1, §2.2.1, §2.4)."""
    return {
        caldav("calendar-user-address-set"): lambda _: addresses(context),
        caldav("calendar-user-type"): lambda _: "INDIVIDUAL",
        caldav("schedule-inbox-URL"): lambda _: _mailbox(context, CollectionKind.INBOX),
        caldav("schedule-outbox-URL"): lambda _: _mailbox(context, CollectionKind.OUTBOX),
        DEFAULT_CALENDAR: lambda _: _default_calendar(context),
    }


def of_mailbox(context: Context, mailbox: Collection) -> dict[str, Renderer[None]]:
    """What a mailbox has beyond the properties of every collection."""
    held: dict[str, Renderer[None]] = {
        caldav("supported-calendar-component-set"): lambda _: "".join(
            f'<C:comp name="{name}"/>' for name in mailbox.components
        ),
        caldav("max-resource-size"): lambda _: str(context.max_resource),
        caldav("supported-calendar-data"): lambda _: '<C:calendar-data content-type="text/calendar" version="2.0"/>',
    }
    if mailbox.kind is CollectionKind.INBOX:
        held[DEFAULT_CALENDAR] = lambda _: _default_calendar(context)
    return held


def schedules(context: Context, request: Request) -> bool:
    """Whether what is written there is delivered to others without the client's doing (RFC 6638 §2).

    Calendars without an upstream deliver between the users of this server, others where their upstream does; for the
    principal and the mailboxes one such calendar is enough.
    """
    try:
        place = find(context, request.segments)
    except (NotFound, Refusal):
        return False
    if isinstance(place, Member):
        place = place.collection
    if isinstance(place, Collection) and not place.mailbox:
        return context.store.delivers(place)
    if any(not account.mirrored for account in context.store.accounts(context.user)):
        return True
    return any(each.schedules for each in context.store.collections(user=context.user))


def addresses(context: Context) -> str:
    """The content of `calendar-user-address-set`, the preferred address first and marked as Apple's server does."""
    *mail, _principal = context.store.addresses(context.user)
    marks = [_PREFERRED, *[""] * len(mail)]
    listed = "".join(f"<href{mark}>{names.text(each)}</href>" for mark, each in zip(marks, mail, strict=False))
    return f"{listed}<href>{context.principal}</href>"


def chosen_calendar(context: Context, element: Element) -> str:
    """The id of the calendar that a client sets as `schedule-default-calendar-URL`.

    Raises `Refusal` (RFC 6638 §9.2) where that is no calendar that could take invitations.
    """
    segments = from_href(context, (element.findtext(dav("href")) or "").strip()) or ()
    for collection in context.store.collections(user=context.user):
        if segments == (context.user, collection.slug) and takes_invitations(collection):
            return collection.id
    raise Refusal(
        403, "that is no calendar of yours", precondition="<C:valid-schedule-default-calendar-URL/>", hint="name one"
    )


def _mailbox(context: Context, kind: CollectionKind) -> str | None:
    box = context.store.mailbox(context.user, kind)
    return f"<href>{context.of(box)}</href>" if box else None


def _default_calendar(context: Context) -> str | None:
    calendar = context.store.default_calendar(context.user)
    return f"<href>{context.of(calendar)}</href>" if calendar else None
