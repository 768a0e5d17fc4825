"""What a client's write adds to a record: privileges, preconditions, UIDs, the merge base, and a row in the outbox.

Everything happens in the caller's transaction. Contents come from RFC 4791 §5.3.2 and RFC 9110 §13; the rules of the
outbox from DESIGN §4: one row for an entry, however often it changes.
"""

from collections.abc import Collection as Group
from dataclasses import dataclass, replace

from storage import clock, ids, record, shared
from storage.content import Content
from storage.db import Connection
from storage.errors import (
    AlreadyExists,
    InvalidData,
    NotFound,
    PreconditionFailed,
    ReadOnly,
    SchedulingRefused,
    UidConflict,
    UnsupportedKind,
)
from storage.ical.kinds import ENTRIES
from storage.ical.read import read
from storage.ical.reminders import reminders, with_reminders
from storage.model import Collection, Entry, Kind, Level, Origin, RedactedEntry
from storage.scheduling import delivery
from storage.tables import accounts, collections, entries, links, outbox
from storage.tables import reminders as personal

LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks of one resource.

    `if_match`: content hashes any of which the entry must have, `*` for any; `if_none_match`: it must not exist.
    `notify`: the client's protocol says that attendees shall be told.
    """

    collection_id: str
    href: str
    origin: Origin
    actor: str = ""
    if_match: Group[str] | None = None
    if_none_match: bool = False
    notify: bool = False


def opened(conn: Connection, collection_id: str) -> Collection:
    """The collection, or how somebody sees whom it is shared with; raises `NotFound`."""
    place = collections.by_id(conn, collection_id) or shared.by_id(conn, collection_id)
    if place is None:
        raise NotFound(f"there is no collection {collection_id}", hint="list the collections again")
    return place


def writable(conn: Connection, collection_id: str) -> Collection:
    """The same; raises `ReadOnly` before anything else is looked at."""
    place = opened(conn, collection_id)
    if place.read_only:
        shown = place.share is not None and place.share.level is not Level.WRITE
        why = "it is shared for reading only" if shown else "its upstream grants no write privilege"
        raise ReadOnly(
            f"the collection {place.name!r} cannot be written: {why}", hint="ask its owner for the right to write"
        )
    return place


def admit(conn: Connection, wish: Wish) -> tuple[Collection, Entry | None]:
    """The collection and what stands under the href now. Raises `NotFound`, `ReadOnly`, `PreconditionFailed`.

    Somebody who sees only the times of an entry cannot write it: `ReadOnly`.
    """
    collection = writable(conn, wish.collection_id)
    existing = standing(conn, collection, wish.href)
    if wish.if_none_match and existing is not None:
        raise PreconditionFailed(f"{wish.href} already exists", hint="read it, then write conditionally on its ETag")
    _check_version(wish, shared.entry(conn, collection, existing) if existing is not None else None)
    return collection, existing


def standing(conn: Connection, place: Collection, href: str) -> Entry | None:
    """What stands under the href now, to be written; raises `ReadOnly` where that is its owner's alone."""
    existing = entries.by_href(conn, place.source, href)
    if existing is not None and isinstance(shared.entry(conn, place, existing), RedactedEntry):
        raise ReadOnly(f"{href} is private to the owner of {place.name!r}", hint="only the owner can change it")
    return existing


def _check_version(wish: Wish, existing: Entry | None) -> None:
    if wish.if_match is None:
        return
    if existing is None:
        raise PreconditionFailed(f"there is no {wish.href} to match", hint="it may have been deleted meanwhile")
    if existing.hash not in wish.if_match and "*" not in wish.if_match:
        raise PreconditionFailed(
            f"{wish.href} is not in the version named (it has {existing.etag})", hint="read it again and merge"
        )


def put(conn: Connection, wish: Wish, text: str, content: Content) -> tuple[Entry, bool, bool]:
    """Write an entry; it, whether it is new, whether anything changed. Raises what `admit` does, `UidConflict`, …

    The alarms in what a guest writes are the guest's; those of the owner stay.
    """
    place, existing = admit(conn, wish)
    shown = shared.entry(conn, place, existing) if existing is not None else None
    if shown is not None and shown.text == text:
        return shown, False, False
    collection = shared.behind(conn, place)
    _check(conn, collection, wish.href, existing, content)
    mine = reminders(text) if place.share and content.contact is None else None
    stored = text if mine is None else with_reminders(text, reminders(existing.text) if existing else {})
    if stored != text:
        content = read(stored)
    if wish.notify and content.contact is None:
        delivered = _delivered(conn, place, existing, stored, content)
        stored, content = delivered, content if delivered == stored else read(delivered)
    if existing is None or existing.text != stored:
        entry = _write(conn, wish, collection, existing, stored, content)
    elif mine is not None and mine != reminders(shown.text if shown else ""):
        entry = record.touch(conn, collection, existing, origin=wish.origin, actor=wish.actor, at=clock.iso())
    else:
        return shown or existing, False, False
    if mine is not None:
        personal.put(conn, entry.n, place.user, mine)
    return shared.entry(conn, place, entry), existing is None, True


def put_back(conn: Connection, wish: Wish, entry_id: str, text: str, content: Content) -> Entry:
    """Write an entry as it was, under its id, over what it is or anew. Raises `NotFound`, `ReadOnly`, `UidConflict`."""
    collection = writable(conn, wish.collection_id)
    existing = entries.by_id(conn, entry_id)
    _check(conn, collection, wish.href, existing, content)
    if existing is None:
        link = links.of_entry(conn, entry_id)
        if link is not None and link.collection_n != collection.n:
            _stand_in(conn, link.collection_n, entry_id)
        _arrive(conn, collection, content.uid, entry_id)
    return _write(conn, wish, collection, existing, text, content, entry_id)


def _write(
    conn: Connection,
    wish: Wish,
    collection: Collection,
    existing: Entry | None,
    text: str,
    content: Content,
    entry_id: str | None = None,
) -> Entry:
    """The entry with its new text, noted for its upstream; a new one gets `entry_id`."""
    if existing is not None:
        links.keep_base(conn, existing.id, existing.text)
    # A UID that comes back before its deletion went upstream is the same entry: the deletion becomes an edit.
    leaving = outbox.deletion(conn, collection.n, content.uid) if existing is None and entry_id is None else None
    entry, _seq = record.put(
        conn,
        collection,
        wish.href,
        text,
        content,
        existing=existing,
        origin=wish.origin,
        actor=wish.actor,
        at=clock.iso(),
        entry_id=leaving.entry_id if leaving else entry_id,
    )
    _tell(conn, collection, entry, "write", notify=wish.notify)
    return entry


def _delivered(conn: Connection, place: Collection, existing: Entry | None, text: str, content: Content) -> str:
    """The text to store once others have heard of it; a guest does not learn where else its owner has the meeting."""
    try:
        return delivery.written(conn, shared.behind(conn, place), existing, text, content)
    except SchedulingRefused as error:
        if place.share is None:
            raise
        message = f"{place.share.owner} cannot have this meeting here"
        raise SchedulingRefused(message, condition=error.condition, hint="ask its owner") from error


def delete(conn: Connection, wish: Wish) -> int:
    """Delete an entry; the number of the change. Raises `NotFound` and what `admit` does."""
    place, existing = admit(conn, wish)
    if existing is None:
        raise NotFound(f"there is no {wish.href} in {place.name!r}", hint="list the collection again")
    return _delete(conn, shared.behind(conn, place), existing, wish)


def move(conn: Connection, wish: Wish, target_id: str, target_href: str, *, overwrite: bool) -> Entry:
    """Give an entry another name or collection; it keeps its id.

    Upstream a move between collections is a deletion and a creation. The id goes with the entry; the link and the
    deletion that waits get an id of their own. A new name alone concerns nobody but our clients. Raises
    `AlreadyExists` where the target exists and `overwrite` is false, `UidConflict` where another entry of the target
    has the UID.
    """
    place, entry = admit(conn, wish)
    if entry is None:
        raise NotFound(f"there is no {wish.href} in {place.name!r}", hint="list the collection again")
    goal = writable(conn, target_id)
    source, target = shared.behind(conn, place), shared.behind(conn, goal)
    refuse_mailbox(source)
    if target.n == source.n and target_href == entry.href:
        return entry
    _check_name(target_href)
    _check_kind(target, {_NAMES[entry.kind]})
    taken = standing(conn, goal, target_href)
    if taken is not None and not overwrite:
        raise AlreadyExists(f"{target_href} already exists in {target.name!r}", hint="choose another name")
    if taken is not None:
        _delete(conn, target, taken, replace(wish, notify=wish.origin is Origin.DAV))
    if target.n != source.n:
        _check_uid(conn, target, entry.uid, target_href)
        links.keep_base(conn, entry.id, entry.text)
        _leave(conn, source, entry)
        _arrive(conn, target, entry.uid, entry.id)
    seen = shared.entry(conn, place, entry).text
    moved, _seq = record.move(
        conn, source, target, entry, target_href, origin=wish.origin, actor=wish.actor, at=clock.iso()
    )
    if target.user != source.user and moved.kind is not Kind.CONTACT:
        moved = _handed_over(conn, wish, goal, moved, seen)
    if target.n != source.n:
        _tell(conn, target, moved, "write", notify=wish.notify)
    return shared.entry(conn, goal, moved)


def _handed_over(conn: Connection, wish: Wish, goal: Collection, moved: Entry, seen: str) -> Entry:
    """An entry that has come to another owner with the alarms of that owner; `seen`: as whoever moved it had it."""
    target = shared.behind(conn, goal)
    text = seen
    if goal.share:
        text = with_reminders(seen, personal.of_entries(conn, target.user, [moved.n]).get(moved.n, {}))
        personal.put(conn, moved.n, goal.user, reminders(seen))
    personal.put(conn, moved.n, target.user, {})
    if text == moved.text:
        return moved
    origin, actor, at = wish.origin, wish.actor, clock.iso()
    entry, _seq = record.put(
        conn, target, moved.href, text, read(text), existing=moved, origin=origin, actor=actor, at=at
    )
    return entry


def copy(conn: Connection, wish: Wish, target_id: str, target_href: str, content: Content, *, overwrite: bool) -> Entry:
    """Write an entry's text to another name or collection as well; `content` is what it says.

    Raises what `move` does, but the source need not be writable.
    """
    source = opened(conn, wish.collection_id)
    found = entries.by_href(conn, source.source, wish.href)
    entry = shared.entry(conn, source, found) if found is not None else None
    _check_version(wish, entry)
    if entry is None:
        raise NotFound(f"there is no {wish.href} any more", hint="list the collection again")
    goal = writable(conn, target_id)
    target = shared.behind(conn, goal)
    taken = standing(conn, goal, target_href)
    if taken is not None and not overwrite:
        raise AlreadyExists(f"{target_href} already exists in {target.name!r}", hint="choose another name")
    delivery.check_copy(conn, target, content)
    there = replace(wish, collection_id=goal.id, href=target_href, if_match=None)
    if taken is not None and taken.uid != entry.uid:
        _check_uid(conn, target, entry.uid, target_href)
        _delete(conn, target, taken, replace(wish, notify=wish.origin is Origin.DAV))
    written, _created, _changed = put(conn, there, entry.text, content)
    return written


def tell_collection(conn: Connection, collection: Collection, action: str) -> None:
    """Note a change of the collection itself (`create`, `edit`, `delete`) for its upstream, if it has one."""
    if not _mirrored(conn, collection):
        return
    detail = {"href": collection.remote_href, "slug": collection.slug, "name": collection.name, "id": collection.id}
    if action == "delete":
        for waiting in outbox.entries(conn, collection.n, float("inf")):
            outbox.drop(conn, waiting.n)
    outbox.enqueue(
        conn,
        account_id=collection.account_id,
        collection_n=collection.n,
        entry_id=None,
        action=action,
        detail=detail if action == "delete" else None,
    )


def _delete(conn: Connection, collection: Collection, entry: Entry, wish: Wish) -> int:
    if wish.notify:
        delivery.deleted(conn, collection, entry)
    links.keep_base(conn, entry.id, entry.text)
    seq = record.delete(conn, collection, entry, origin=wish.origin, actor=wish.actor, at=clock.iso())
    _tell(conn, collection, entry, "delete", notify=wish.notify)
    return seq


def _leave(conn: Connection, source: Collection, entry: Entry) -> None:
    """Let an entry's upstream copy be deleted under an id of its own, so that the entry can be linked elsewhere.

    What may have been sent of it, and whether it arrived, goes with the copy.
    """
    stand_in = _stand_in(conn, source.n, entry.id)
    _tell(conn, source, entry._replace(id=stand_in), "delete", notify=False)


def _stand_in(conn: Connection, collection_n: int, entry_id: str) -> str:
    """A new id, to which what the upstream has of an entry in this collection belongs from now on."""
    stand_in = ids.new_id()
    links.hand_over(conn, entry_id, stand_in)
    outbox.hand_over(conn, collection_n, entry_id, stand_in)
    return stand_in


def _arrive(conn: Connection, target: Collection, uid: str, entry_id: str) -> None:
    """A UID that comes back before its deletion went upstream is the same entry: the deletion becomes an edit."""
    leaving = outbox.deletion(conn, target.n, uid)
    if leaving is not None and leaving.entry_id not in (None, entry_id):
        links.hand_over(conn, leaving.entry_id, entry_id)
        outbox.hand_over(conn, target.n, leaving.entry_id, entry_id)


def _tell(conn: Connection, collection: Collection, entry: Entry, what: str, *, notify: bool) -> None:
    """Upkeep of the entry's row in the outbox after a write or a deletion."""
    if not _mirrored(conn, collection):
        return
    linked = links.of_entry(conn, entry.id) is not None
    if what == "delete" and not linked and outbox.get(conn, collection.n, entry.id) is None:
        return
    outbox.enqueue(
        conn,
        account_id=collection.account_id,
        collection_n=collection.n,
        entry_id=entry.id,
        action="delete" if what == "delete" else "update" if linked else "create",
        detail={"uid": entry.uid, "href": entry.href} if what == "delete" else None,
        notify=notify,
    )


def _mirrored(conn: Connection, collection: Collection) -> bool:
    account = accounts.by_id(conn, collection.account_id)
    return account is not None and account.mirrored


def _check(conn: Connection, collection: Collection, href: str, existing: Entry | None, content: Content) -> None:
    _check_name(href)
    _check_kind(collection, {component.name for component in content.components} or {_NAMES[content.kind]})
    had = ids.real_uid(existing.uid) if existing is not None else ""
    if not content.uid and (existing is None or had):
        raise InvalidData("a vCard without UID", hint="RFC 6352 §5.1 requires one.")
    if had and had != content.uid:
        raise UidConflict(
            f"{href} has the UID {had!r}, which cannot change to {content.uid!r}",
            href=href,
            hint="write the new entry under a new name",
        )
    if content.uid and not had:
        _check_uid(conn, collection, content.uid, href)


def _check_uid(conn: Connection, collection: Collection, uid: str, href: str) -> None:
    other = entries.href_of_uid(conn, collection.n, uid)
    if other is not None:
        raise UidConflict(f"{other} in {collection.name!r} already has the UID {uid!r}", href=other, hint=f"not {href}")


def _check_kind(collection: Collection, names: set[str]) -> None:
    refuse_mailbox(collection)
    refused = sorted(names - set(collection.components))
    if refused:
        raise UnsupportedKind(
            f"the collection {collection.name!r} holds {', '.join(collection.components)}, not {', '.join(refused)}",
            hint="write it to another collection",
        )


def refuse_mailbox(collection: Collection) -> None:
    """Raises `ReadOnly` where the collection is a scheduling inbox or outbox."""
    if collection.mailbox:
        raise ReadOnly(
            f"{collection.name!r} is a mailbox: messages come into it by themselves, and can only be deleted",
            hint="write to a calendar",
        )


def _check_name(href: str) -> None:
    if not href or "/" in href or "\x00" in href or href in (".", "..") or len(href) > LONGEST_NAME:
        raise InvalidData(f"{href[:80]!r} cannot be a resource name", hint="use a short name without a slash")


_NAMES = {**{kind: name for name, kind in ENTRIES.items()}, Kind.CONTACT: "VCARD"}
