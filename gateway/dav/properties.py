"""The properties of the root, the principal and the collections: how each is rendered, and which a client may set.

RFC 4918 §15, RFC 3744 §4, RFC 4331, RFC 5397, RFC 5842 §3.1, RFC 4791 §5.2 and §6.2, RFC 6352 §6.2 and §7.1,
RFC 6578 §4, RFC 7809 §5, calendarserver-ctag, Apple's colour and order. A property without a renderer for a resource
does not exist there (404).
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from gateway.dav import limits, mailbox, names, past, privileges, push, sharing
from gateway.dav.names import apple, caldav, carddav, cs, dav, element
from gateway.dav.places import Context
from gateway.dav.privileges import FREE_BUSY, READ, WRITE
from gateway.dav.render import Renderer, segment
from storage import ids
from storage.home import HomePosition
from storage.ical.zones import vtimezone
from storage.model import Collection, CollectionKind
from storage.scheduling.busy import TRANSPARENCY
from storage.vcard.read import VERSIONS

ENTRY_REPORTS = tuple(map(dav, ("expand-property", "acl-principal-prop-set")))
CALENDAR_ENTRY_REPORTS = (*ENTRY_REPORTS, caldav("calendar-query"), caldav("calendar-multiget"))
CARD_REPORTS = (*ENTRY_REPORTS, carddav("addressbook-query"), carddav("addressbook-multiget"))
PRINCIPAL_REPORTS = (
    *ENTRY_REPORTS,
    *map(dav, ("principal-match", "principal-property-search", "principal-search-property-set")),
)
HOME_REPORTS = (*PRINCIPAL_REPORTS, dav("sync-collection"))
CALENDAR_REPORTS = (
    *PRINCIPAL_REPORTS,
    caldav("calendar-query"),
    caldav("calendar-multiget"),
    caldav("free-busy-query"),
    dav("sync-collection"),
)
BOOK_REPORTS = (
    *PRINCIPAL_REPORTS,
    carddav("addressbook-query"),
    carddav("addressbook-multiget"),
    dav("sync-collection"),
)
COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")

ALLPROP = frozenset(
    map(
        dav,
        (
            "creationdate",
            "displayname",
            "getcontentlanguage",
            "getcontentlength",
            "getcontenttype",
            "getetag",
            "getlastmodified",
            "resourcetype",
        ),
    )
)
"""What `allprop` gives besides the dead properties: those that RFC 4918 §15 defines (§9.1 there)."""

SETTABLE: Mapping[str, str] = {
    dav("displayname"): "name",
    caldav("calendar-description"): "description",
    apple("calendar-color"): "color",
    apple("calendar-order"): "order",
    caldav("calendar-timezone"): "timezone",
    caldav("calendar-timezone-id"): "timezone",
}
"""The live properties of a calendar that a client may set, and the field of the collection that holds each."""

SETTABLE_OF_BOOK: Mapping[str, str] = {dav("displayname"): "name", carddav("addressbook-description"): "description"}
"""The same for an address book; a colour or an order of one is kept as a dead property."""

ADD_MEMBER = ";add-member"
"""The name inside a collection to which new members are POSTed (RFC 5995); no client names an entry so."""


def href(path: str) -> str:
    """A `DAV:href` element; the path is quoted already."""
    return f"<href>{path}</href>"


def of_root(context: Context) -> dict[str, Renderer[None]]:
    """The properties of the endpoint's root."""
    return {
        **_common(context, READ),
        dav("resourcetype"): lambda _: "<collection/>",
        dav("displayname"): lambda _: "CalHarbor",
    }


def of_home(context: Context) -> dict[str, Renderer[None]]:
    """The properties of the principal, who is the home of their own calendars as well."""
    principal = context.principal
    return {
        **_common(context, (*READ, FREE_BUSY, "bind", "unbind")),
        dav("resourcetype"): lambda _: "<collection/><principal/>",
        dav("displayname"): lambda _: names.text(context.user),
        dav("owner"): lambda _: href(principal),
        dav("principal-URL"): lambda _: href(principal),
        dav("sync-token"): lambda _: names.text(home_token(context)),
        dav("supported-report-set"): lambda _: reports(HOME_REPORTS),
        dav("alternate-URI-set"): lambda _: "",
        dav("group-member-set"): lambda _: "",
        dav("group-membership"): lambda _: "",
        caldav("calendar-home-set"): lambda _: href(principal),
        carddav("addressbook-home-set"): lambda _: href(principal),
        carddav("principal-address"): lambda _: _own_card(context),
        **mailbox.of_principal(context),
        **push.of_home(context),
    }


def _own_card(context: Context) -> str | None:
    card = context.store.own_card(context.user)
    return href(context.of(card[0]) + segment(card[1])) if card else None


def of_past_home(context: Context) -> dict[str, Renderer[None]]:
    """The properties of what holds the collections of a moment: no home, so that no client takes them for its own."""
    return {
        **_common(context, READ),
        dav("resourcetype"): lambda _: "<collection/>",
        dav("displayname"): lambda _: names.text(context.moment),
        dav("owner"): lambda _: href(context.principal),
        dav("supported-report-set"): lambda _: reports(sorted(past.REPORTS)),
    }


def of_collection(context: Context, collection: Collection) -> dict[str, Renderer[None]]:
    """The live properties of a collection; the dead ones are in `collection.dead`, as whole elements."""
    held: dict[str, Renderer[None]] = {
        **_common(context, READ if context.moment else _granted(collection)),
        dav("resource-id"): lambda _: resource_id(collection.id),
        dav("add-member"): lambda _: (
            None if collection.read_only else href(context.of(collection) + segment(ADD_MEMBER))
        ),
        dav("displayname"): lambda _: names.text(collection.name),
        dav("owner"): lambda _: href(sharing.owner(context, collection)),
        dav("resourcetype"): lambda _: resource_type(collection) + sharing.resource_types(context, collection),
        dav("sync-token"): lambda _: names.text(sync_token(context, collection, collection.seq)),
        dav("getetag"): lambda _: f"&quot;{collection.id}-{collection.seq}&quot;",
        dav("supported-report-set"): lambda _: reports(reports_of(collection)),
        cs("getctag"): lambda _: f"&quot;{collection.id}-{collection.seq}&quot;",
        names.ours("via"): lambda _: names.text(" ".join([context.store.id, *collection.via])),
    }
    if collection.mailbox:
        return {**held, **mailbox.of_mailbox(context, collection)}
    of_kind = _of_book if collection.kind is CollectionKind.CONTACTS else _of_calendar
    held.update(of_kind(context, collection))
    held.update({**sharing.of_collection(context, collection), **push.of_collection(context, collection)})
    if context.moment:
        answered = [name for name in reports_of(collection) if name in past.REPORTS]
        held = {name: give for name, give in held.items() if name not in past.ABSENT}
        held[dav("supported-report-set")] = lambda _: reports(answered)
    return held


def reports_of(collection: Collection) -> tuple[str, ...]:
    """The reports that a collection answers, as Clark names."""
    return BOOK_REPORTS if collection.kind is CollectionKind.CONTACTS else CALENDAR_REPORTS


def _of_book(context: Context, collection: Collection) -> dict[str, Renderer[None]]:
    return {
        dav("getcontenttype"): lambda _: "text/vcard; charset=utf-8",
        carddav("addressbook-description"): lambda _: names.text(collection.description) or None,
        carddav("supported-address-data"): lambda _: "".join(
            f'<CR:address-data-type content-type="text/vcard" version="{version}"/>' for version in VERSIONS
        ),
        carddav("supported-collation-set"): lambda _: "".join(
            element(carddav("supported-collation"), each) for each in COLLATIONS
        ),
        carddav("max-resource-size"): lambda _: str(context.max_resource),
    }


def _of_calendar(context: Context, collection: Collection) -> dict[str, Renderer[None]]:
    return {
        caldav("calendar-description"): lambda _: names.text(collection.description) or None,
        apple("calendar-color"): lambda _: names.text(collection.color) or None,
        apple("calendar-order"): lambda _: names.text(collection.order) or None,
        caldav("max-resource-size"): lambda _: str(context.max_resource),
        dav("getcontenttype"): lambda _: "text/calendar; charset=utf-8",
        caldav("supported-calendar-component-set"): lambda _: "".join(
            f'<C:comp name="{name}"/>' for name in collection.components
        ),
        caldav("supported-calendar-data"): lambda _: '<C:calendar-data content-type="text/calendar" version="2.0"/>',
        caldav("supported-collation-set"): lambda _: "".join(
            element(caldav("supported-collation"), each) for each in COLLATIONS
        ),
        caldav("min-date-time"): lambda _: limits.MIN_DATE_TIME,
        caldav("max-date-time"): lambda _: limits.MAX_DATE_TIME,
        caldav("max-instances"): lambda _: str(limits.MAX_INSTANCES),
        caldav("max-attendees-per-instance"): lambda _: str(limits.MAX_ATTENDEES),
        caldav("calendar-timezone"): lambda _: names.text(timezone_text(collection.timezone)) or None,
        caldav("calendar-timezone-id"): lambda _: names.text(collection.timezone) or None,
        TRANSPARENCY: lambda _: "<C:opaque/>",
    }


def resource_type(collection: Collection) -> str:
    """What a collection's `DAV:resourcetype` says that it holds."""
    if collection.kind is CollectionKind.CONTACTS:
        return "<collection/><CR:addressbook/>"
    if collection.mailbox:
        return mailbox.RESOURCE_TYPES[collection.kind]
    return "<collection/><C:calendar/>"


def timezone_text(zone: str) -> str:
    """A zone as `calendar-timezone` wants it (RFC 4791 §5.2.2): a VCALENDAR with its VTIMEZONE, "" for no zone."""
    if not zone:
        return ""
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CalHarbor//EN\r\n{vtimezone(zone)}END:VCALENDAR\r\n"


def sync_token(context: Context, collection: Collection, seq: int) -> str:
    """The sync token (RFC 6578 §4) for a collection as it was at a change."""
    return ids.sync_token(context.store.id, collection.id, seq)


def resource_id(public_id: str) -> str | None:
    """The content of `DAV:resource-id` (RFC 5842 §3.1): our id never changes and is never given again."""
    try:
        return href(UUID(public_id).urn)
    except ValueError:
        return None


def reports(names_: Sequence[str]) -> str:
    """The content of `DAV:supported-report-set` (RFC 3253 §3.1.5)."""
    return "".join(f"<supported-report><report>{element(name)}</report></supported-report>" for name in names_)


def home_token(context: Context, position: HomePosition | None = None) -> str:
    """The sync token of the asking user's home at a position, else as it is now."""
    at = position or context.store.home_delta(context.user, None).position
    return f"{names.OURS}sync/{context.store.id}/home/{segment(context.user)}/{at.change}/{at.turn}"


def _common(context: Context, granted: Sequence[str]) -> dict[str, Renderer[None]]:
    """What every collection has, the root and the principal included; its quota is the disk (RFC 4331)."""
    return {
        **privileges.properties(context, granted),
        dav("current-user-principal"): lambda _: href(context.principal),
        dav("supported-report-set"): lambda _: reports(PRINCIPAL_REPORTS),
        dav("supportedlock"): lambda _: "",
        dav("quota-available-bytes"): lambda _: str(context.store.space().free),
        dav("quota-used-bytes"): lambda _: str(context.store.space().used),
    }


def _granted(collection: Collection) -> tuple[str, ...]:
    """Whoever reads a calendar may ask for its busy times (RFC 4791 §6.1.1)."""
    if collection.mailbox:
        return (*READ, *mailbox.PRIVILEGES[collection.kind])
    busy = () if collection.kind is CollectionKind.CONTACTS else (FREE_BUSY,)
    return (*READ, *busy) if collection.read_only else (*READ, *busy, *WRITE)
