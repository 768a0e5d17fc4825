"""The one place that writes an entry with all that is rendered from it: components, instances, contact, journal.

All functions work inside the caller's transaction and decide nothing: preconditions, UIDs, privileges and what the
upstream has to hear are the business of the callers (`storage/local.py`, the sync engine).
"""

from storage import ids
from storage.content import Content
from storage.db import Connection
from storage.model import Action, Collection, Entry, Kind, Origin
from storage.records import ComponentRecord, Occurrence
from storage.recurrence.expand import expand, single
from storage.scheduling import tags
from storage.tables import (
    collections,
    components,
    contacts,
    entries,
    journal,
    meta,
    occurrences,
    revisions,
    schedule_tags,
)

BUDGET = 4_000
"""At most so many instances of one entry are materialised; beyond, windows are expanded when somebody asks.

Eleven years of every day; a rule that fires every second would fill any number of rows.
"""

Rendering = tuple[list[tuple[Occurrence, int]], tuple[int | None, int | None, int | None]]
"""Instances with their rules, and from when and until when they are complete for which horizon (NULL: for ever)."""


def put(
    conn: Connection,
    collection: Collection,
    href: str,
    text: str,
    content: Content,
    *,
    existing: Entry | None,
    origin: Origin,
    actor: str,
    at: str,
    entry_id: str | None = None,
) -> tuple[Entry, int]:
    """Write an entry, new or in the place of `existing`; the entry as it now is and the number of the change.

    `content` is what `text` says. `existing` keeps its id, href and creation; a new entry gets `entry_id` or a fresh
    id.
    """
    digest = ids.content_hash(text)
    size = len(text) if text.isascii() else len(text.encode())
    if existing is None:
        public_id, before, action, created = entry_id or ids.new_id(), "", Action.ADD, at
    else:
        public_id, before, action, created = existing.id, existing.hash, Action.UPDATE, existing.created
        href = existing.href
    uid = content.uid or ids.no_uid(public_id)
    seq = journal.append(
        conn,
        collection,
        action,
        origin=origin,
        actor=actor,
        at=at,
        entry=(public_id, uid, href),
        before=before,
        after=digest,
    )
    row = (public_id, collection.n, href, uid, content.kind, text, digest, size, seq, created, at)
    instances, expanded = _render(conn, content)
    if existing is None:
        entry = Entry(entries.insert(conn, Entry(0, *row), expanded), *row)
    else:
        entry = Entry(existing.n, *row)
        tag = tags.kept(conn, collection, existing, text, content)
        _keep(conn, seq, existing)
        _unrender(conn, existing)
        schedule_tags.put(conn, existing.n, tag)
        entries.update(conn, entry, expanded)
    _insert(conn, entry, content, (instances, expanded))
    collections.set_seq(conn, collection.n, seq)
    return entry, seq


def delete(conn: Connection, collection: Collection, entry: Entry, *, origin: Origin, actor: str, at: str) -> int:
    """Remove an entry, keeping its bytes as a revision; the number of the change."""
    seq = _note(conn, collection, Action.DELETE, entry, origin=origin, actor=actor, at=at)
    _keep(conn, seq, entry)
    _unrender(conn, entry)
    entries.delete(conn, entry.n)
    return seq


def move(
    conn: Connection,
    source: Collection,
    target: Collection,
    entry: Entry,
    href: str,
    *,
    origin: Origin,
    actor: str,
    at: str,
) -> tuple[Entry, int]:
    """Give an entry another place; it keeps its id. Two changes: gone there, added here; the number of the second."""
    _note(conn, source, Action.DELETE, entry, origin=origin, actor=actor, at=at)
    moved = entry._replace(collection_n=target.n, href=href, modified=at)
    seq = _note(conn, target, Action.ADD, moved, origin=origin, actor=actor, at=at)
    moved = moved._replace(seq=seq)
    entries.set_place(conn, moved)
    return moved, seq


def touch(conn: Connection, collection: Collection, entry: Entry, *, origin: Origin, actor: str, at: str) -> Entry:
    """Note a change that somebody sees of an entry whose text stays what it is; the entry with its new number."""
    seq = _note(conn, collection, Action.UPDATE, entry, origin=origin, actor=actor, at=at)
    touched = entry._replace(seq=seq)
    entries.set_place(conn, touched)
    return touched


def _note(
    conn: Connection, collection: Collection, action: Action, entry: Entry, *, origin: Origin, actor: str, at: str
) -> int:
    """Journal what becomes of an entry whose text stays what it is; the number of the change, now the collection's."""
    seq = journal.append(
        conn,
        collection,
        action,
        origin=origin,
        actor=actor,
        at=at,
        entry=(entry.id, entry.uid, entry.href),
        before="" if action is Action.ADD else entry.hash,
        after="" if action is Action.DELETE else entry.hash,
    )
    collections.set_seq(conn, collection.n, seq)
    return seq


def horizon(conn: Connection) -> tuple[int, int]:
    """The span (seconds since 1970) for which instances are materialised."""
    return meta.number(conn, "horizon_from"), meta.number(conn, "horizon_until")


def render(content: Content, span: tuple[int, int]) -> Rendering:
    """The instances of an entry inside a horizon; a VFREEBUSY has none, it is asked about by itself."""
    if content.kind is Kind.FREEBUSY:
        return [], (None, None, None)
    components_ = content.components
    if content.plain:
        first = components_[0]
        return [(only, rule(first)) for only in single(first)], (None, None, None)
    result = expand(content, *span, limit=BUDGET)
    open_ended = result.complete_from is not None or result.complete_until is not None
    rows = [(o, rule(components_[o.position])) for o in result.occurrences]
    return rows, (result.complete_from, result.complete_until, span[1] if open_ended else None)


def replace_instances(conn: Connection, entry: Entry, rendering: Rendering) -> None:
    """Write an entry's instances anew, for a horizon that has moved: no change that anybody sees."""
    rows, expanded = rendering
    occurrences.delete(conn, entry.n)
    occurrences.insert(conn, entry.n, entry.collection_n, rows)
    entries.set_expanded(conn, entry.n, expanded)


def render_anew(conn: Connection, entry: Entry, content: Content) -> None:
    """Write an entry's row, and all that is rendered from its text, anew: no change that anybody sees."""
    for table in (contacts, components, occurrences):
        table.delete(conn, entry.n)
    rendering = _render(conn, content)
    entries.update(conn, entry, rendering[1])
    _insert(conn, entry, content, rendering)


def rule(component: ComponentRecord) -> int:
    """How RFC 4791 §9.9 compares this component's instances with a window: see `storage/tables/occurrences.py`."""
    if component.name != "VTODO":
        return occurrences.EVENT_RULE
    if component.start is None:
        return occurrences.DUE_RULE
    if component.end is None:
        return occurrences.EVENT_RULE
    return occurrences.DURATION_RULE if component.by_duration else occurrences.SPAN_RULE


def _insert(conn: Connection, entry: Entry, content: Content, rendering: Rendering) -> None:
    """Write what was rendered from an entry's text."""
    if content.contact is not None:
        contacts.insert(conn, entry.n, entry.collection_n, content.contact)
    components.insert(conn, entry.n, entry.collection_n, content.components)
    occurrences.insert(conn, entry.n, entry.collection_n, rendering[0])


def _keep(conn: Connection, seq: int, entry: Entry) -> None:
    """Keep an entry as it was until the change `seq`, with what was rendered of it: nobody parses it to tell of it."""
    revisions.add(conn, seq, entry, components.packed(conn, entry.n) if entry.kind is not Kind.CONTACT else None)


def _unrender(conn: Connection, entry: Entry) -> None:
    """Remove all that was rendered from an entry's text."""
    if entry.kind is Kind.CONTACT:
        contacts.delete(conn, entry.n)
    else:
        components.delete(conn, entry.n)
        occurrences.delete(conn, entry.n)


def _render(conn: Connection, content: Content) -> Rendering:
    """As `render`, reading the horizon only for what recurs."""
    if not content.components:
        return [], (None, None, None)
    return render(content, (0, 0) if content.plain else horizon(conn))
