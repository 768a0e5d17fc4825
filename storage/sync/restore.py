"""Carries out what `storage/sync/undo.py` planned: entries and collections as they were, here and, soon, upstream.

Each item is carried out only if its entry is still what the plan saw. Some items make one transaction; all of them are
one act in the journal, which can be undone like any other. Nobody is mailed: what is restored is told to no attendee.
"""

from dataclasses import dataclass, field, replace

from storage import clock, content, ids, local, shelf, versions
from storage.admission import Wish
from storage.db import Connection
from storage.errors import CalHarborError, NotFound, StoreBusy, StoreFull
from storage.model import Collection, Origin, State
from storage.store import Store
from storage.sync.ties import properties
from storage.sync.undo import CollectionItem, EntryItem, Item, Plan
from storage.tables import accounts, collections, entries, journal, links, outbox, remotes
from storage.versions import Version

BATCH = 100
"""So many items make one transaction: clients that write meanwhile wait no longer than that."""

_ORDER = {"delete": 0, "move": 1, "update": 2, "create": 3}
"""Deletions first, so that names and UIDs are free for what comes."""


@dataclass(slots=True)
class Done:
    """What came of a plan: how much was done, what was not and why, and the number of the act in the journal."""

    count: int = 0
    skipped: list[tuple[Item, str]] = field(default_factory=list)
    run: int | None = None


def carry_out(store: Store, plan: Plan) -> Done:
    """Do what was planned. What has changed since, or is refused, is left as it is and said.

    Raises `StoreBusy`, `StoreFull`: what was done until then stays done, and the same plan made anew holds the rest.
    """
    places = [item for item in plan.collections if not item.problem]
    found = sorted((item for item in plan.entries if not item.problem), key=lambda item: _ORDER[item.action])
    ordered: list[Item] = [
        *(item for item in places if item.then is not None),
        *found,
        *(item for item in places if item.then is None),
    ]
    work = _Work({item.entry: item for item in found})
    for start in range(0, len(ordered), BATCH):
        with store.db.atomic() as conn:
            begun = journal.head(conn)
            for item in ordered[start : start + BATCH]:
                work.do(store, item)
            work.done.run = journal.mark(conn, begun, work.done.run) or work.done.run
    return work.done


class _Work:
    """Carries out items one by one; `pending` are the entries that are still to be done, by id."""

    def __init__(self, pending: dict[str, EntryItem]) -> None:
        self.done = Done()
        self._pending = pending
        self._begun: list[Item] = []
        """The item, and those of other entries that had to make room for it: all of them are done, or none."""

    def do(self, store: Store, item: Item) -> None:
        """Do an item, unless it was done because another one needed its place."""
        if isinstance(item, EntryItem) and item.entry not in self._pending:
            return
        self._begun = []
        try:
            with store.db.atomic() as conn:
                if isinstance(item, CollectionItem):
                    self._begun.append(item)
                    _collection(conn, item)
                else:
                    self._entry(conn, item)
            self.done.count += len(self._begun)
        except (StoreBusy, StoreFull):
            raise
        except CalHarborError as error:
            self.done.skipped += [(each, error.message) for each in self._begun]

    def _entry(self, conn: Connection, item: EntryItem) -> None:
        self._begun.append(self._pending.pop(item.entry))
        if versions.at(conn, item.entry, journal.head(conn)) != item.now:
            raise NotFound("it was changed meanwhile")
        then = item.then
        if then is None:
            assert item.now is not None
            local.delete(conn, _wish(conn, item.now))
            return
        holder = entries.by_uid(conn, then.collection_n, then.uid)
        other = self._pending.get(holder.id) if holder else None
        if other is not None and other.entry != item.entry:
            # Entries that change places: this one steps aside, so that the other can leave the place that it takes.
            if item.now is not None:
                local.delete(conn, _wish(conn, item.now))
                item = replace(item, now=None)
            self._entry(conn, other)
        _written(conn, item, then)


# -- collections ------------------------------------------------------------------------------------------------------


def _collection(conn: Connection, item: CollectionItem) -> None:
    standing = collections.by_n(conn, item.any.n)
    if (standing is None) != (item.now is None):
        raise NotFound("it was removed or made meanwhile")
    if item.then is None:
        assert standing is not None
        local.tell_collection(conn, standing, "delete")
        shelf.remove(conn, standing, origin=Origin.UNDO, actor="", at=clock.iso())
    elif standing is None:
        _made_again(conn, item.then)
    else:
        edited = shelf.edit(conn, _free(conn, item.then, standing), origin=Origin.UNDO, actor="", at=clock.iso())
        if not standing.read_only:
            local.tell_collection(conn, edited, "edit")


def _made_again(conn: Connection, wanted: Collection) -> None:
    """A removed collection, with its number and its id; whoever synchronised it goes on where they were.

    While the upstream has not heard of the removal, it is the upstream's collection again; else it is made there anew.
    """
    account = accounts.by_id(conn, wanted.account_id)
    state = State.WAITING if account and account.mirrored else State.FRESH
    wanted = replace(_free(conn, wanted, None), state=state, read_only=False)
    made = shelf.create(conn, wanted, origin=Origin.UNDO, actor="", at=clock.iso())
    leaving = outbox.get(conn, made.n, None)
    href = leaving.detail.get("href") if leaving and leaving.action == "delete" else None
    if leaving and href:
        outbox.drop(conn, leaving.n)
        remotes.set_remote(
            conn, made.n, href=str(href), props=properties(made), read_only=False, schedules=made.schedules
        )
        remotes.due_now(conn, made.n)
    else:
        local.tell_collection(conn, made, "create")


def _free(conn: Connection, wanted: Collection, standing: Collection | None) -> Collection:
    """The collection under its path segment, or, where another one has that by now, under its own or its id."""
    taken = collections.by_slug(conn, wanted.user, wanted.slug)
    if taken is None or taken.n == wanted.n:
        return wanted
    return replace(wanted, slug=standing.slug if standing else wanted.id)


# -- entries ----------------------------------------------------------------------------------------------------------


def _written(conn: Connection, item: EntryItem, then: Version) -> None:
    href = _free_name(conn, then, item.entry)
    goal = _wish(conn, then, href)
    if item.now is not None and (item.now.collection_n, item.now.href) != (then.collection_n, href):
        local.move(conn, _wish(conn, item.now), goal.collection_id, href, overwrite=False)
    if item.now is None or item.now.text != then.text:
        place = collections.by_n(conn, then.collection_n)
        assert place is not None, "a wish was made for it"
        local.put_back(conn, goal, item.entry, then.text, content.read(then.text, place.kind))
        _leave_unsaid(conn, place, item.entry, then.text)


def _leave_unsaid(conn: Connection, place: Collection, entry_id: str, text: str) -> None:
    """Where the upstream never heard of what is taken back, it has this text: nothing is sent, nobody is told."""
    waiting, link = outbox.get(conn, place.n, entry_id), links.of_entry(conn, entry_id)
    if waiting and link and link.base == text and not waiting.sent:
        outbox.drop(conn, waiting.n)
        links.put(conn, replace(link, base=None))


def _wish(conn: Connection, version: Version, href: str = "") -> Wish:
    place = collections.by_n(conn, version.collection_n)
    if place is None:
        raise NotFound("its collection has been removed meanwhile")
    return Wish(place.id, href or version.href, Origin.UNDO)


def _free_name(conn: Connection, then: Version, entry_id: str) -> str:
    """The name that the entry had, or a new one where another entry has that by now."""
    taken = entries.by_href(conn, then.collection_n, then.href)
    if taken is None or taken.id == entry_id:
        return then.href
    return f"{ids.new_id()}{then.href[then.href.rfind('.') :] if '.' in then.href else ''}"
