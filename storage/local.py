"""What a client's write adds to a record: what it may do (`admission`), the merge base, and a row in the outbox.

Everything happens in the caller's transaction. The rules of the outbox come from DESIGN §4: one row for an entry,
however often it changes.
"""

from dataclasses import replace

from storage import admission, clock, ids, record, shared
from storage.admission import NAMES, Wish
from storage.content import Content
from storage.db import Connection
from storage.errors import AlreadyExists, NotFound, SchedulingRefused
from storage.ical.read import read
from storage.ical.reminders import reminders, with_reminders
from storage.model import Collection, Entry, Kind, Origin
from storage.scheduling import delivery
from storage.scheduling.unheard import unheard
from storage.tables import accounts, entries, links, outbox
from storage.tables import reminders as personal


def put(conn: Connection, wish: Wish, text: str, content: Content) -> tuple[Entry, bool, bool]:
    """Write an entry; it, whether it is new, whether anything changed.

    Raises what `admission.admit` and `admission.check` do. The alarms in what a guest writes are the guest's; those of
    the owner stay.
    """
    place, existing = admission.admit(conn, wish)
    shown = shared.entry(conn, place, existing) if existing is not None else None
    if shown is not None and shown.text == text:
        return shown, False, False
    collection = shared.behind(conn, place)
    admission.check(conn, collection, wish.href, existing, content)
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
    collection = admission.writable(conn, wish.collection_id)
    existing = entries.by_id(conn, entry_id)
    admission.check(conn, collection, wish.href, existing, content)
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
    """Delete an entry; the number of the change. Raises `NotFound` and what `admission.admit` does."""
    place, existing = admission.admit(conn, wish)
    if existing is None:
        raise NotFound(f"there is no {wish.href} in {place.name!r}", hint="list the collection again")
    return _delete(conn, shared.behind(conn, place), existing, wish)


def move(conn: Connection, wish: Wish, target_id: str, target_href: str, *, overwrite: bool) -> Entry:
    """Give an entry another name or collection; it keeps its id.

    Upstream a move between collections is a deletion and a creation. The id goes with the entry; the link and the
    deletion that waits get an id of their own. A new name alone concerns nobody but our clients. Raises
    `AlreadyExists` where the target exists and `overwrite` is false, `UidConflict` where another entry of the target
    has the UID.

    It tells nobody, but who had still to hear of what waited to be sent hears of it from the new place.
    """
    place, entry = admission.admit(conn, wish)
    if entry is None:
        raise NotFound(f"there is no {wish.href} in {place.name!r}", hint="list the collection again")
    goal = admission.writable(conn, target_id)
    source, target = shared.behind(conn, place), shared.behind(conn, goal)
    admission.refuse_mailbox(source)
    if target.n == source.n and target_href == entry.href:
        return entry
    admission.check_name(target_href)
    admission.check_kind(target, {NAMES[entry.kind]})
    taken = admission.standing(conn, goal, target_href)
    if taken is not None and not overwrite:
        raise AlreadyExists(f"{target_href} already exists in {target.name!r}", hint="choose another name")
    if taken is not None:
        _delete(conn, target, taken, replace(wish, notify=wish.origin is Origin.DAV))
    if target.n != source.n:
        admission.check_uid(conn, target, entry.uid, target_href)
        links.keep_base(conn, entry.id, entry.text)
        untold = unheard(conn, source, entry)
        _leave(conn, source, entry)
        _arrive(conn, target, entry.uid, entry.id)
    seen = shared.entry(conn, place, entry).text
    moved, _seq = record.move(
        conn, source, target, entry, target_href, origin=wish.origin, actor=wish.actor, at=clock.iso()
    )
    if target.user != source.user and moved.kind is not Kind.CONTACT:
        moved = _handed_over(conn, wish, goal, moved, seen)
    if target.n != source.n:
        _tell(conn, target, moved, "write", notify=wish.notify or untold)
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
    source = admission.opened(conn, wish.collection_id)
    found = entries.by_href(conn, source.source, wish.href)
    entry = shared.entry(conn, source, found) if found is not None else None
    admission.check_version(wish, entry)
    if entry is None:
        raise NotFound(f"there is no {wish.href} any more", hint="list the collection again")
    goal = admission.writable(conn, target_id)
    target = shared.behind(conn, goal)
    taken = admission.standing(conn, goal, target_href)
    if taken is not None and not overwrite:
        raise AlreadyExists(f"{target_href} already exists in {target.name!r}", hint="choose another name")
    delivery.check_copy(conn, target, content)
    there = replace(wish, collection_id=goal.id, href=target_href, if_match=None)
    if taken is not None and taken.uid != entry.uid:
        admission.check_uid(conn, target, entry.uid, target_href)
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
    """A UID that comes back before its deletion went upstream is the same entry: the deletion becomes an edit.

    What was deleted under this id is itself what comes back; another deletion of the UID goes its own way.
    """
    if links.of_entry(conn, entry_id) or outbox.get(conn, target.n, entry_id):
        return
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
