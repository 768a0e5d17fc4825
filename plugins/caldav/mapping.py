"""WebDAV properties ⇄ `RemoteCollection`, and the request bodies that ask for them or set them."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from plugins.caldav.client import BOOKS, Flavour, document, markup, prop
from plugins.caldav.multistatus import APPLE, CALDAV, CALENDARSERVER, OURS, Response
from storage.ical.zones import iana_name
from storage.model import CollectionKind
from storage.provider import CollectionEdit, RemoteCollection

RESOURCE_TYPE: Final = "DAV: resourcetype"
ETAG: Final = "DAV: getetag"
STATE: Final = "DAV: sync-token"
CTAG: Final = f"{CALENDARSERVER}getctag"
REPORTS: Final = "DAV: supported-report-set"
PRIVILEGES: Final = "DAV: current-user-privilege-set"
COMPONENTS: Final = f"{CALDAV}supported-calendar-component-set"
NAME: Final = "DAV: displayname"
COLOR: Final = f"{APPLE}calendar-color"
ORDER: Final = f"{APPLE}calendar-order"
VIA: Final = f"{OURS}via"
TIMEZONE: Final = f"{CALDAV}calendar-timezone"
TIMEZONE_ID: Final = f"{CALDAV}calendar-timezone-id"

SYNC: Final = "sync:"
"""Prefix of a version or cursor that is a sync token (RFC 6578)."""
STAMP: Final = "ctag:"
"""Prefix of a version or cursor that is a ctag: it tells that something changed, not what."""

COMMON_PROPS: Final = (RESOURCE_TYPE, NAME, PRIVILEGES, VIA)
CALENDAR_PROPS: Final = (COMPONENTS, COLOR, ORDER, TIMEZONE, TIMEZONE_ID)
"""Neither sync token nor ctag among them: Radicale reads the whole collection for each, and a round asks it anyway."""

_NO_CALENDARS: Final = frozenset(
    {
        f"{CALDAV}schedule-inbox",
        f"{CALDAV}schedule-outbox",
        f"{CALENDARSERVER}subscribed",
        f"{CALENDARSERVER}notification",
        f"{CALENDARSERVER}dropbox-home",
    }
)
_KINDS: Final = {("VTODO",): CollectionKind.TASKS, BOOKS.kinds: CollectionKind.CONTACTS}
_LONGEST_VIA: Final = 4096
_WRITING: Final = frozenset({"DAV: all", "DAV: write", "DAV: write-content", "DAV: bind"})
_TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)


def listing_body() -> bytes:
    """PROPFIND for the members of a collection with their versions."""
    return document("DAV: propfind", prop((ETAG, RESOURCE_TYPE)))


def collections_body(flavours: Sequence[Flavour]) -> bytes:
    """PROPFIND for everything a `RemoteCollection` of these flavours shows."""
    own = () if BOOKS in flavours and len(flavours) == 1 else CALENDAR_PROPS
    return document("DAV: propfind", prop((*COMMON_PROPS, *(each.description for each in flavours), *own)))


def version_body() -> bytes:
    """PROPFIND for a sync token, and whether the collection has the report that takes it."""
    return document("DAV: propfind", prop((STATE, REPORTS)))


def stamp_body() -> bytes:
    """PROPFIND for a ctag. Asked only where there is no token: on Radicale it costs as much."""
    return document("DAV: propfind", prop((CTAG,)))


def existence_body() -> bytes:
    """PROPFIND for next to nothing: whether a resource answers."""
    return document("DAV: propfind", prop((RESOURCE_TYPE,)))


def sync_body(token: str) -> bytes:
    """sync-collection (RFC 6578 §3.2). Never with a `DAV:limit`.

    Xandikos truncates under a limit without saying so and loses the rest; Nextcloud answers 507 to one in a first sync.
    """
    inner = markup("DAV: sync-token", _escaped(token)) + markup("DAV: sync-level", "1") + prop((ETAG,))
    return document("DAV: sync-collection", inner)


def multiget_body(flavour: Flavour, hrefs: Sequence[str]) -> bytes:
    """calendar-multiget (RFC 4791 §7.9) or addressbook-multiget for hrefs as the server spells them."""
    wanted = "".join(markup("DAV: href", _escaped(href)) for href in hrefs)
    return document(flavour.multiget, prop((ETAG, flavour.data)) + wanted)


def is_mirrored(response: Response, flavour: Flavour) -> bool:
    """Whether a response shows a collection that we mirror: of our type, and neither mailbox nor subscription."""
    types = {child.tag for child in response.children(RESOURCE_TYPE)}
    return flavour.resource_type in types and not types & _NO_CALENDARS and bool(components(response, flavour))


def components(response: Response, flavour: Flavour) -> tuple[str, ...]:
    """The component names that the collection takes, of those that we mirror; all where it does not say (§5.2.3)."""
    if COMPONENTS not in response.props or flavour is BOOKS:
        return flavour.kinds
    named = {child.attributes.get("name", "").upper() for child in response.children(COMPONENTS)}
    return tuple(kind for kind in flavour.kinds if kind in named) if named else flavour.kinds


def collection(response: Response, href: str, flavour: Flavour) -> RemoteCollection:
    """The collection that `response` shows, under the canonical `href`."""
    kinds = components(response, flavour)
    return RemoteCollection(
        href=href,
        name=response.text(NAME) or href.rstrip("/").rpartition("/")[2],
        kind=_KINDS.get(kinds, CollectionKind.CALENDAR),
        components=kinds,
        description=response.text(flavour.description),
        color=response.text(COLOR),
        timezone=_timezone(response),
        order=response.text(ORDER),
        read_only=_read_only(response),
        via=tuple(response.text(VIA)[:_LONGEST_VIA].split()),
    )


def version(response: Response) -> str:
    """`sync:TOKEN` where the collection has sync-collection, else `ctag:VALUE`, else empty."""
    token = response.text(STATE)
    if token and (REPORTS not in response.props or _reports(response, "DAV: sync-collection")):
        return SYNC + token
    stamp = response.text(CTAG)
    return STAMP + stamp if stamp else ""


def _reports(response: Response, name: str) -> bool:
    for supported in response.children(REPORTS):
        report = supported.first("DAV: report")
        if report is not None and report.first(name) is not None:
            return True
    return False


def _read_only(response: Response) -> bool:
    """Whether the privileges are known and none of them lets us write (RFC 3744 §5.5)."""
    if PRIVILEGES not in response.props:
        return False
    granted = {tag for privilege in response.children(PRIVILEGES) for tag in privilege.tags()}
    return not granted & _WRITING


def _timezone(response: Response) -> str:
    """The IANA name of the collection's zone (RFC 7809 §5.2, RFC 4791 §5.2.2), or empty."""
    named = response.text(TIMEZONE_ID)
    if not named:
        found = _TZID.search(response.text(TIMEZONE))
        named = found.group(1).strip() if found else ""
    return iana_name(named) if named else ""


def property_values(edit: CollectionEdit, zone_text: Callable[[str], str], flavour: Flavour) -> dict[str, str]:
    """Property name → XML inside it for what `edit` sets; `zone_text` makes a VCALENDAR holding a zone's VTIMEZONE.

    An address book has neither colour nor order nor zone: there is no property for them.
    """
    values: dict[str, str] = {}
    plain = [(NAME, edit.name), (flavour.description, edit.description)]
    if flavour is not BOOKS:
        plain += [(COLOR, edit.color), (ORDER, edit.order)]
    for tag, value in plain:
        if value is not None:
            values[tag] = _escaped(value)
    if edit.timezone is not None and flavour is not BOOKS:
        values[TIMEZONE] = _escaped(zone_text(edit.timezone)) if edit.timezone else ""
    return values


def update_body(values: dict[str, str]) -> bytes:
    """PROPPATCH (RFC 4918 §9.2) that sets each value.

    What is to be cleared is set to nothing rather than removed, because Xandikos fails (500) over a removal; only a
    zone is removed, because nothing is not a zone.
    """
    removed = [tag for tag, inner in values.items() if not inner and tag == TIMEZONE]
    parts = "".join(markup(tag, inner) for tag, inner in values.items() if tag not in removed)
    body = markup("DAV: set", markup("DAV: prop", parts)) if parts else ""
    body += markup("DAV: remove", prop(removed)) if removed else ""
    return document("DAV: propertyupdate", body)


def creation(flavour: Flavour, kinds: Sequence[str], values: dict[str, str]) -> tuple[str, bytes]:
    """The method and body that make a collection with these properties.

    MKCALENDAR (RFC 4791 §5.3.1) for a calendar of these components, extended MKCOL (RFC 5689) for an address book.
    """
    inner = "".join(markup(tag, text) for tag, text in values.items() if text)
    if flavour is BOOKS:
        inner = markup(RESOURCE_TYPE, markup("DAV: collection") + markup(BOOKS.resource_type)) + inner
        return "MKCOL", document("DAV: mkcol", markup("DAV: set", markup("DAV: prop", inner)))
    if kinds:
        names = "".join(markup(f"{CALDAV}comp", attributes=f' name="{kind}"') for kind in kinds)
        inner += markup(COMPONENTS, names)
    return "MKCALENDAR", document(f"{CALDAV}mkcalendar", markup("DAV: set", markup("DAV: prop", inner)))


def _escaped(text: str) -> str:
    """XML text for `text`; characters that XML 1.0 §2.2 cannot hold are left out."""
    allowed = "".join(char for char in text if char >= " " or char in "\t\n\r")
    return allowed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
