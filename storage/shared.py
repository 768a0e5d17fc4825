"""Another user's collection as somebody sees it whom it is shared with: the one place that decides what others see.

`storage/reading.py` passes everything that it gives of entries through here; what is one's own comes back untouched.
What a text shows of itself is decided in `storage/ical/privacy.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from storage import ids
from storage.cursor import Delta
from storage.db import Connection
from storage.errors import NotFound
from storage.ical.privacy import BUSY, hides, redacted
from storage.ical.reminders import MARK, Reminders, with_reminders
from storage.model import (
    Collection,
    CollectionKind,
    Entry,
    Grant,
    Kind,
    Level,
    Listed,
    RedactedEntry,
    RedactedListed,
    Share,
)
from storage.records import ComponentRecord, EventRow, OccurrenceRow
from storage.tables import collections, components, entries, grants, reminders

PAGE = 500
"""So many texts are read at a time to list a collection that is shown in part; of fewer, all are."""


def by_id(conn: Connection, public_id: str) -> Collection | None:
    """The shared collection of this public id."""
    return _seen(conn, grants.by_id(conn, public_id))


def by_n(conn: Connection, n: int) -> Collection:
    """The shared collection with this number, which is below 0; raises `NotFound`."""
    found = _seen(conn, grants.by_n(conn, -n))
    if found is None:
        raise NotFound("this collection is not shared any more", hint="list the collections again")
    return found


def by_slug(conn: Connection, user: str, slug: str) -> Collection | None:
    """What a user sees of somebody else's under this path segment."""
    return _seen(conn, grants.by_slug(conn, user, slug))


def with_user(conn: Connection, user: str) -> list[Collection]:
    """All that others share with a user, in the order in which they did."""
    return [found for grant in grants.every(conn, user=user) if (found := _seen(conn, grant))]


def _seen(conn: Connection, grant: Grant | None) -> Collection | None:
    source = collections.by_n(conn, grant.collection_n) if grant else None
    return as_seen(grant, source) if grant and source else None


def as_seen(grant: Grant, source: Collection) -> Collection:
    """A collection as it is seen by whom it is shared with."""
    return replace(
        source,
        n=-grant.n,
        id=grant.id,
        user=grant.user,
        slug=grant.slug,
        name=grant.name or source.name,
        description=grant.description or source.description,
        color=grant.color or source.color,
        timezone=grant.timezone or source.timezone,
        order=grant.order,
        read_only=source.read_only or grant.level is not Level.WRITE,
        remote_href=None,
        remote_cursor=None,
        dead=grant.dead,
        share=Share(source.user, grant.level, source.n),
    )


OWN = ("name", "description", "color", "timezone", "order")
"""What whoever sees a shared collection sets for themselves alone."""


def edit(conn: Connection, place: Collection, edits: Mapping[str, Any], dead: Mapping[str, str] | None) -> Collection:
    """Set how a user sees somebody else's collection: its fields from name to order, and all dead properties.

    An empty field is the owner's again. Nobody else sees anything of it.
    """
    grant = grants.by_n(conn, -place.n)
    if grant is not None:
        grant = replace(grant, **edits)
        grants.set_shown(conn, grant if dead is None else replace(grant, dead=dead))
    return by_n(conn, place.n)


def behind(conn: Connection, place: Collection) -> Collection:
    """The collection itself that is seen; one's own is that already."""
    found = collections.by_n(conn, place.source) if place.share else place
    if found is None:
        raise NotFound("this collection is not shared any more", hint="list the collections again")
    return found


def entry(conn: Connection, place: Collection, found: Entry) -> Entry:
    """An entry of the collection as it is seen there."""
    return each(conn, place, [found])[0]


def each(conn: Connection, place: Collection, found: list[Entry]) -> list[Entry]:
    """Entries as they are seen there: nothing that is their owner's alone, and one's own alarms for the owner's."""
    if place.share is None:
        return found
    mine = reminders.of_entries(conn, place.user, [one.n for one in found])
    return [_shown(one, mine.get(one.n, {}), busy=place.share.level is Level.BUSY) for one in found]


def _shown(found: Entry, mine: Reminders, *, busy: bool) -> Entry:
    text = redacted(found.text, busy=busy)
    if text is None:
        text = with_reminders(found.text, mine)
        return found if text == found.text else found._replace(text=text, **_version(text))
    row = found._replace(n=0, text=text, **_version(text))
    return RedactedEntry(*row)


def _version(text: str) -> dict[str, Any]:
    return {"hash": ids.content_hash(text), "size": len(text.encode())}


def named(conn: Connection, place: Collection, found: dict[str, Entry]) -> dict[str, Entry]:
    """Entries by href as they are seen there."""
    return found if place.share is None else dict(zip(found, each(conn, place, list(found.values())), strict=True))


def listed(conn: Connection, place: Collection, found: list[Listed]) -> list[Listed]:
    """A listing as it is seen there: hashes and sizes are those of the texts that are shown."""
    if place.share is None:
        return found
    names = [each.href for each in found]
    if len(found) > PAGE and place.share.level is not Level.BUSY and place.kind is not CollectionKind.CONTACTS:
        otherwise = _seen_otherwise(conn, place)
        names = [href for href in names if href in otherwise]
    shown: dict[str, Listed] = {}
    for at in range(0, len(names), PAGE):
        for each in named(conn, place, entries.many(conn, place.source, names[at : at + PAGE])).values():
            form = RedactedListed if isinstance(each, RedactedEntry) else Listed
            shown[each.href] = form(each.href, each.hash, each.kind, each.size, each.modified, each.id)
    return [shown.get(each.href, each) for each in found]


def _seen_otherwise(conn: Connection, place: Collection) -> set[str]:
    """The hrefs of all entries that may be shown otherwise than their owner has them."""
    personal = components.personal(conn, place.source) | entries.holding(conn, place.source, MARK)
    return personal | reminders.hrefs(conn, place.user, place.source)


def delta(conn: Connection, place: Collection, found: Delta) -> Delta:
    """What became of the collection as it is seen there."""
    return found if place.share is None else replace(found, changed=listed(conn, place, found.changed))


def in_window(conn: Connection, place: Collection, numbers: set[int], kinds: set[Kind] | None) -> list[Entry]:
    """The entries of the collection, by href, of which the index counts these numbers into a window.

    A task without dates is in a window by when it was made and completed (RFC 4791 §9.9). That is hidden where the
    task is, and then it is in every window, as the text that is shown says.
    """
    undated = components.undated(conn, place.source)
    found = entries.numbered(conn, entries.in_order(conn, numbers.union(undated)), kinds=kinds)
    seen = zip(found, each(conn, place, found), strict=True)
    return [shown for one, shown in seen if one.n in numbers or isinstance(shown, RedactedEntry)]


def occurrences(conn: Connection, place: Collection, rows: Iterable[OccurrenceRow]) -> list[OccurrenceRow]:
    """Instances as they are seen there: when they are, and whether they take time, is never hidden; alarms are."""
    busy = place.share is not None and place.share.level is Level.BUSY
    private = components.private_series(conn, place.source)
    return [
        replace(row, entry_n=0, collection_n=place.n, component=_times(row.component))
        if busy or hides(row.component.classification or ("PRIVATE" if row.entry_n in private else ""))
        else replace(row, collection_n=place.n, component=row.component._replace(alarms=()))
        for row in rows
    ]


def events(conn: Connection, place: Collection, rows: list[EventRow], *, text: bool) -> list[EventRow]:
    """Events as they are seen there, as `occurrences`; with `text` also the texts of their entries."""
    if place.share is None:
        return rows
    busy = place.share.level is Level.BUSY
    private = {row.entry.n for row in rows if row.master and hides(row.master.classification)}
    seen = {n: entry(conn, place, one) for n, one in {row.entry.n: row.entry for row in rows}.items()} if text else {}
    shown = []
    for row in rows:
        own = row.component.classification
        hidden = busy or hides(own or ("PRIVATE" if row.entry.n in private else ""))
        component = _times(row.component) if hidden else row.component._replace(alarms=())
        one = seen.get(row.entry.n, row.entry)
        if hidden:
            one = _without_versions(one, component, known=text)
        shown.append(replace(row, entry=one, component=component))
    return shown


def _without_versions(found: Entry, component: ComponentRecord, *, known: bool) -> Entry:
    """An entry that does not tell when, or that at all, something was changed which is hidden.

    Its hash is that of its text as it is seen, where that is `known`, else one of what is shown.
    """
    digest = found.hash if known else ids.content_hash(repr((found.uid, component)))
    return found._replace(hash=digest, size=0, seq=0, modified=found.created)


def _times(component: ComponentRecord) -> ComponentRecord:
    c = component
    return ComponentRecord(
        name=c.name,
        recurrence_id=c.recurrence_id,
        this_and_future=c.this_and_future,
        summary=BUSY,
        start=c.start,
        end=c.end,
        start_local=c.start_local,
        end_local=c.end_local,
        start_zone=c.start_zone,
        end_zone=c.end_zone,
        all_day=c.all_day,
        floating=c.floating,
        by_duration=c.by_duration,
        rrule=c.rrule,
        recurrence=c.recurrence,
        recurring=c.recurring,
        status=c.status,
        transparency=c.transparency,
        classification=c.classification,
    )
