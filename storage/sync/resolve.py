"""What a person decides about a conflict: whose version of what both sides changed is live from now on.

A decision is an edit like any other: it goes into the entry as it is now, beside whatever was edited since, and up to
the upstream. It closes the conflict.
"""

from enum import StrEnum
from functools import partial
from typing import NamedTuple

from storage import content, ids, local
from storage.admission import Wish
from storage.db import Connection
from storage.errors import AlreadyExists, InvalidData, NotFound
from storage.ical.lines import Component, dump, parse
from storage.ical.write import remove, set_property
from storage.ical.write import replace as replaced
from storage.model import Collection, CollectionKind, Entry, Origin
from storage.store import Store
from storage.sync.merge import Policy, merge
from storage.tables import collections, conflicts, entries
from storage.tables.conflicts import Conflict


class Choice(StrEnum):
    """How a conflict is resolved."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"
    EDIT = "edit"


class Offer(NamedTuple):
    """The `text` that an entry would have, None where it would be deleted; `seen`: the one it has, "" if there is none.

    Whoever writes another text over what is offered names with it what was `seen`.
    """

    text: str | None
    seen: str


def offered(store: Store, n: int, how: Choice) -> Offer:
    """What a decision would make of the entry. Raises `NotFound`."""
    with store.db.snapshot() as conn:
        lost = _open(store, n)
        entry = entries.by_id(conn, lost.entry_id)
        return Offer(_wanted(lost, how, entry), entry.text if entry else "")


def resolve(store: Store, n: int, how: Choice, *, text: str = "", seen: str | None = None) -> None:
    """Carry out the decision about conflict number `n`, and close it.

    `mine` and `theirs` settle what both changed; all else stays as it is. `both` leaves the live entry alone and keeps
    ours as an entry of its own, under a new UID and without the people of a meeting, who are invited already. `edit`
    takes `text`, written over what was `seen` (`Offer`; None: as the entry is now). Raises `NotFound` where it is not
    open or its collection is gone, `ReadOnly`, `InvalidData`, `UidConflict`, and `AlreadyExists` where there are no two
    versions to keep.
    """
    lost = _open(store, n)
    with store.db.atomic() as conn:
        collection = collections.by_id(conn, lost.collection_id)
        entry = entries.by_id(conn, lost.entry_id)
        if collection is None:
            if how is not Choice.THEIRS:
                raise NotFound("the collection of this conflict has been removed", hint="`theirs` closes the conflict")
        elif how is Choice.BOTH:
            _keep_copy(conn, collection, lost)
        elif how is Choice.EDIT:
            _edited(conn, collection, lost, entry, text, seen)
        else:
            _write(conn, collection, lost, entry, _wanted(lost, how, entry))
        conflicts.resolve(conn, n, how)


def _open(store: Store, n: int) -> Conflict:
    lost = conflicts.get(store.db.reader(), n)
    if lost is None or lost.state != "open":
        raise NotFound(f"no conflict is open under number {n}", hint="`calharbor conflicts` lists them")
    return lost


def _sides(lost: Conflict) -> tuple[str | None, str | None, str | None]:
    """What was made of it then, and what it would have been by our wish and by the upstream's."""
    if lost.fields is not None and lost.ours is not None and lost.theirs is not None:
        merged = partial(merge, lost.base, lost.ours, lost.theirs, agreed=lost.agreed)
        return merged().text, merged(policy=Policy.OURS).text, merged(policy=Policy.THEIRS).text
    live = lost.ours if lost.theirs is None and lost.cause == "delete" else lost.theirs
    return live, lost.ours, lost.theirs


def _wanted(lost: Conflict, how: Choice, entry: Entry | None) -> str | None:
    """The entry's text with this side's wish in it; what was edited since stays."""
    live, mine, theirs = _sides(lost)
    wish = theirs if how is Choice.THEIRS else mine
    if how in (Choice.BOTH, Choice.EDIT) and wish is None:
        wish = theirs
    if entry is None or wish is None:
        return wish
    # Where nothing was left of it, somebody has brought it back since.
    return merge(lost.base if live is None else live, entry.text, wish, policy=Policy.THEIRS).text


def _write(conn: Connection, collection: Collection, lost: Conflict, entry: Entry | None, text: str | None) -> None:
    """Let the entry be this text; None deletes it."""
    if entry is not None:
        # It may have moved to another collection since.
        place = collections.by_n(conn, entry.collection_n) or collection
        wish = Wish(place.id, entry.href, Origin.CLI)
        if text is None:
            local.delete(conn, wish)
        elif text != entry.text:
            local.put(conn, wish, text, content.read(text, place.kind))
    elif text is not None:
        name = f"{lost.entry_id}{_suffix(collection)}"
        if entries.by_href(conn, collection.n, name) is not None:  # another one has its name by now
            name = f"{ids.new_id()}{_suffix(collection)}"
        wish = Wish(collection.id, name, Origin.CLI)
        local.put_back(conn, wish, lost.entry_id, text, content.read(text, collection.kind))


def _edited(
    conn: Connection, collection: Collection, lost: Conflict, entry: Entry | None, text: str, seen: str | None
) -> None:
    said = content.read(text, collection.kind)
    if entry is not None and said.uid != ids.real_uid(entry.uid):
        raise InvalidData(f"the UID has become {said.uid[:60]!r}", hint="An edited entry keeps its UID.")
    if entry is not None and seen is not None and entry.text != seen:
        text = merge(seen or None, entry.text, text, policy=Policy.THEIRS).text
    _write(conn, collection, lost, entry, text)


def _keep_copy(conn: Connection, collection: Collection, lost: Conflict) -> None:
    if lost.ours is None or lost.theirs is None:
        raise AlreadyExists("one side deleted it, so there are no two versions to keep", hint="choose mine or theirs")
    uid = ids.new_id()
    copy = _copied(lost.ours, uid)
    wish = Wish(collection.id, f"{uid}{_suffix(collection)}", Origin.CLI, if_none_match=True)
    local.put(conn, wish, copy, content.read(copy, collection.kind))


def _suffix(collection: Collection) -> str:
    return ".vcf" if collection.kind is CollectionKind.CONTACTS else ".ics"


def _copied(text: str, uid: str) -> str:
    """The same under another UID, with nobody invited."""
    tree = parse(text)
    for outer in tree.components():
        made: Component = outer
        for part in [outer, *outer.components()] if outer.name == "VCARD" else outer.components():
            if part.first("UID") is not None:
                fresh = remove(set_property(part, "UID", uid), "ATTENDEE", "ORGANIZER")
                made = fresh if part is outer else replaced(made, part, fresh)
        tree = replaced(tree, outer, made)
    return dump(tree)
