"""The properties of entries, rendered from a listing alone wherever that is enough, and their text."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol

from gateway.dav import names, past, privileges, sharing
from gateway.dav.names import caldav, dav
from gateway.dav.places import Context
from gateway.dav.privileges import ENTRY_WRITE, READ
from gateway.dav.properties import CALENDAR_ENTRY_REPORTS, CARD_REPORTS, href, reports, resource_id
from gateway.dav.render import Renderer, Wanted
from storage.model import Collection, CollectionKind, Entry, Kind, RedactedEntry, RedactedListed

CALENDAR_DATA = caldav("calendar-data")
CREATION_DATE = dav("creationdate")
SCHEDULE_TAG = caldav("schedule-tag")

_CONTENT_TYPES: Mapping[Kind, str] = {
    Kind.EVENT: "text/calendar; charset=utf-8; component=VEVENT",
    Kind.TODO: "text/calendar; charset=utf-8; component=VTODO",
    Kind.JOURNAL: "text/calendar; charset=utf-8; component=VJOURNAL",
    Kind.FREEBUSY: "text/calendar; charset=utf-8; component=VFREEBUSY",
    Kind.CONTACT: "text/vcard; charset=utf-8",
}


class Tagged(Protocol):
    """Name and version of an entry."""

    @property
    def href(self) -> str: ...  # noqa: D102
    @property
    def hash(self) -> str: ...  # noqa: D102


class Item(Tagged, Protocol):
    """What a listing knows of an entry; entries with their text know it too."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> Kind: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def modified(self) -> str: ...  # noqa: D102


OF_ENTRY: Mapping[str, Renderer[Entry]] = {CREATION_DATE: lambda entry: entry.created}
"""What is told of an entry that no listing knows."""


def tags_suffice(wanted: Wanted) -> bool:
    """Whether ETags are all that is wanted, for which names and hashes are enough."""
    return wanted.names == (dav("getetag"),) and not wanted.names_only


def content_type(kind: Kind) -> str:
    """The media type of an entry's text."""
    return _CONTENT_TYPES[kind]


def of_listed(context: Context, collection: Collection) -> dict[str, Renderer[Item]]:
    """The properties of a collection's entries that a listing suffices for."""
    answered = reports(CARD_REPORTS if collection.kind is CollectionKind.CONTACTS else CALENDAR_ENTRY_REPORTS)
    principal, owner = href(context.principal), href(sharing.owner(context, collection))
    held: dict[str, Renderer[Item]] = {
        **_of_access(context, collection),
        dav("getetag"): lambda item: f"&quot;{item.hash}&quot;",
        dav("getcontenttype"): lambda item: _CONTENT_TYPES[item.kind],
        dav("getcontentlength"): lambda item: str(item.size),
        dav("getlastmodified"): lambda item: http_date(item.modified),
        dav("resourcetype"): lambda _: "",
        dav("current-user-principal"): lambda _: principal,
        dav("resource-id"): lambda item: resource_id(item.id),
        dav("supported-report-set"): lambda _: answered,
        dav("owner"): lambda _: owner,
        dav("supportedlock"): lambda _: "",
        SCHEDULE_TAG: lambda item: f"&quot;{tag}&quot;" if (tag := schedule_tag(context, collection, item)) else None,
    }
    return {name: give for name, give in held.items() if name not in past.ABSENT} if context.moment else held


def schedule_tag_header(context: Context, collection: Collection, entry: Entry) -> dict[str, str]:
    """The `Schedule-Tag` header (RFC 6638 §8.2) of a meeting; nothing for any other entry."""
    tag = schedule_tag(context, collection, entry)
    return {"Schedule-Tag": f'"{tag}"'} if tag else {}


def schedule_tag(context: Context, collection: Collection, item: Item) -> str | None:
    """The Schedule-Tag of a meeting; none where it is hidden that it is one, or nobody delivers it."""
    if isinstance(item, RedactedListed | RedactedEntry) or item.kind not in (Kind.EVENT, Kind.TODO):
        return None
    tag = context.store.schedule_tag(item.id)
    return tag if tag is not None and context.store.delivers(collection) else None


def _of_access(context: Context, collection: Collection) -> Mapping[str, Renderer[Item]]:
    """The access control properties: what is shown in part of somebody else's can be read alone."""
    reading = privileges.properties(context, READ)
    if collection.read_only or collection.mailbox:
        return reading
    writing = privileges.properties(context, (*READ, *ENTRY_WRITE))
    return {name: _by_item(reading[name], render) for name, render in writing.items()} if collection.share else writing


def _by_item(hidden: Renderer[Item], shown: Renderer[Item]) -> Renderer[Item]:
    return lambda item: (hidden if isinstance(item, RedactedListed | RedactedEntry) else shown)(item)


def of_entry(context: Context, collection: Collection) -> dict[str, Renderer[Entry]]:
    """The properties of an entry whose text is at hand."""
    return {**of_listed(context, collection), **OF_ENTRY}


def calendar_data(entry: Entry) -> str:
    """The whole text of an entry as the content of `calendar-data`."""
    return names.text(entry.text)


def http_date(moment: str) -> str:
    """A moment of the store as HTTP writes dates (RFC 9110 §5.6.7)."""
    return _http_date(moment[:19])


@lru_cache(maxsize=4096)
def _http_date(second: str) -> str:
    return format_datetime(datetime.fromisoformat(second + "+00:00"), usegmt=True)
