"""What undoing would do: which changes are meant, and what each entry and collection they touched would be again.

Reads only. Changes that somebody else made since are kept: what can be merged is, property by property, and what cannot
is left as it is and said, unless it is forced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from storage import ids, versions
from storage.db import Connection
from storage.errors import BeyondHistory, NotFound
from storage.model import Action, Change, Collection, Origin
from storage.store import Store
from storage.sync.merge import Policy, merge
from storage.sync.planned import Field, Planned, changed
from storage.tables import accounts, collection_revisions, collections, entries, journal
from storage.tables.collection_revisions import SHOWN
from storage.versions import Step, Version


@dataclass(frozen=True, slots=True)
class Choice:
    """Which changes shall be undone.

    One of `change` (its number), `run` (that of an act) and `since` (all after this position); with none of them what
    the last pass over the upstream of `account` changed. `account` and `collection` (its id) leave out all others.

    `token` leaves out all that was not done through the JSON APIs or MCP with a token of this name; alone it means all
    that was. With it each change is taken back by itself, so that what others did in between stays.
    """

    change: int | None = None
    run: int | None = None
    since: int | None = None
    account: int | None = None
    collection: str | None = None
    token: str | None = None

    @property
    def position(self) -> int | None:
        """Where the journal stood when all was as it shall be again; None where single changes are taken back."""
        return self.since if self.token is None else None


@dataclass(frozen=True, slots=True)
class EntryItem:
    """One entry: from what it is (`now`) to what it shall be (`then`), None for not at all.

    `account` and `collection` (its id) are where its last change was. `problem` says why it is left alone; "" where it
    is not.
    """

    entry: str
    uid: str
    account: int
    collection: str
    now: Version | None
    then: Version | None
    problem: str = ""

    @property
    def action(self) -> str:
        """`create`, `update`, `delete` or `move`: what happens to the entry."""
        if self.now is None or self.then is None:
            return "create" if self.now is None else "delete"
        return "move" if _place(self.now) != _place(self.then) else "update"


@dataclass(frozen=True, slots=True)
class CollectionItem:
    """One collection itself (`entry` is always empty): from what it is to what it shall be."""

    now: Collection | None
    then: Collection | None
    problem: str = ""
    entry: str = ""

    @property
    def any(self) -> Collection:
        """The collection as it shall be, or as it is."""
        found = self.then or self.now
        assert found is not None
        return found

    @property
    def action(self) -> str:
        """`create`, `update` or `delete`."""
        if self.now is None or self.then is None:
            return "create" if self.now is None else "delete"
        return "update"


Item = EntryItem | CollectionItem


@dataclass(frozen=True, slots=True)
class Plan:
    """All that would happen; `chosen` is how many changes it takes back."""

    chosen: int
    entries: list[EntryItem] = field(default_factory=list)
    collections: list[CollectionItem] = field(default_factory=list)

    @property
    def items(self) -> "list[Item]":
        """Everything that the plan says something about."""
        return [*self.collections, *self.entries]


def plan(store: Store, choice: Choice, *, force: bool = False) -> Plan:
    """What undoing these changes would do; `force`: later edits that cannot be kept are overwritten.

    Raises `NotFound` where nothing was chosen, `BeyondHistory` for what the history has forgotten.
    """
    with store.db.snapshot() as conn:
        chosen = _chosen(conn, choice)
        shelf = [item for n in _collections_in(chosen) if (item := _collection_item(conn, n, chosen, choice))]
        return _Entries(conn, chosen, shelf, force=force).plan(choice)


def plan_version(store: Store, entry_id: str, at: str | None) -> Plan:
    """What bringing an entry back would do: as it stood at a moment, or, deleted, as it was last.

    Raises `NotFound` where it did not exist then, or does exist and no moment is named; `BeyondHistory`.
    """
    with store.db.snapshot() as conn:
        now = versions.at(conn, entry_id, journal.head(conn))
        if at is not None:
            then = versions.at(conn, entry_id, versions.position(conn, at))
        elif now is None:
            then = versions.steps(conn, entry_id)[-1].before
        else:
            raise NotFound(f"entry {entry_id} has not been deleted", hint="name a time: --at 2026-11-01")
        if then is None:
            raise NotFound(f"entry {entry_id} did not exist then", hint="`calharbor history` tells when it did")
        if now is not None:
            then = replace(then, collection_n=now.collection_n, href=now.href)
        return _Entries(conn, [], [], force=True).single(entry_id, now, then)


def planned(item: Item, titles: Mapping[str, str]) -> Planned:
    """An item in the words of a plan; `titles`: the names of collections by id."""
    if isinstance(item, EntryItem):
        before, after = (version.text if version else None for version in (item.now, item.then))
        place, uid, fields = item.collection, item.uid, changed(before, after)
        title, account = titles.get(place, place), item.account
    else:
        place, uid, title, account, fields = item.any.id, "", item.any.name, item.any.account_id, _differing(item)
    return Planned(account, place, title, item.entry, uid, "mirror", item.action, fields, note=item.problem)


def _differing(item: CollectionItem) -> tuple[Field, ...]:
    was, will = (_shown(each) if each else {} for each in (item.now, item.then))
    names = [name for name in SHOWN if was.get(name) != will.get(name)]
    said = ((name, was.get(name) or None, will.get(name) or None) for name in names)
    return tuple(Field("collection", name, one and str(one), other and str(other)) for name, one, other in said)


# -- which changes ----------------------------------------------------------------------------------------------------


def _chosen(conn: Connection, choice: Choice) -> list[Change]:
    found = list(_meant(conn, choice))
    if choice.account is not None:
        found = [change for change in found if change.account_id == choice.account]
    if choice.collection is not None:
        found = [change for change in found if change.collection == choice.collection]
    if choice.token is not None:
        found = [change for change in found if _by_token(change, choice.token)]
    if not found and choice.token is not None and choice.change is choice.run is choice.since is None:
        said = f"nothing is known that was done with a token {choice.token!r}"
        raise NotFound(said, hint="`calharbor token list` shows their names, `calharbor changes --json` who did what")
    if not found:
        raise NotFound("no such change is known, so there is nothing to undo", hint="`calharbor changes` lists them")
    return found


def _meant(conn: Connection, choice: Choice) -> Iterable[Change]:
    through, oldest = versions.reach(conn)
    if choice.since is not None:
        if choice.since < through:
            raise BeyondHistory(f"the history reaches back to {oldest}", hint="undo less")
        return journal.since(conn, choice.since)
    if choice.token is not None and choice.change is choice.run is None:
        return journal.since(conn, through)
    if choice.change is not None:
        change = journal.one(conn, choice.change)
        if change is None and 0 < choice.change <= through:
            raise BeyondHistory(f"the history reaches back to {oldest}, which is after change {choice.change}")
        return _whole(conn, change) if change else ()
    run = choice.run
    if run is None and choice.account is not None:
        run = journal.last_run(conn, choice.account)
    return journal.of_run(conn, run) if run is not None else ()


def _by_token(change: Change, name: str) -> bool:
    """Whether a program did it with a token of this name: its actor is `user/name`, as a device's may be too."""
    return change.origin in (Origin.API, Origin.MCP) and change.actor.partition("/")[2] == name


def _whole(conn: Connection, change: Change) -> list[Change]:
    """One change with what it cannot be parted from: a collection's removal from that of its entries."""
    if change.entry or change.action is not Action.DELETE or change.run is None:
        return [change]
    same = journal.of_run(conn, change.run)
    return [each for each in same if each.collection_n == change.collection_n and each.seq <= change.seq]


# -- collections ------------------------------------------------------------------------------------------------------


def _collections_in(chosen: Iterable[Change]) -> list[int]:
    """The numbers of the collections that were made, edited or removed themselves."""
    return list(dict.fromkeys(change.collection_n for change in chosen if not change.entry))


def _collection_item(conn: Connection, n: int, chosen: Iterable[Change], choice: Choice) -> CollectionItem | None:
    now = collections.by_n(conn, n)
    then = now
    if choice.position is not None:
        then = versions.place_at(conn, n, choice.position)
    else:
        own = [change.seq for change in chosen if change.collection_n == n and not change.entry]
        for seq in reversed(own):
            kept = collection_revisions.next_after(conn, n, seq - 1)
            if kept is None or kept[0] != seq:
                return CollectionItem(now, now, "what it was before has not been kept") if now else None
            then = _taken_back(then, before=kept[1], after=versions.place_at(conn, n, seq))
    if (now or then) is None or (now and then and _shown(now) == _shown(then)):
        return None
    if now and then:
        then = replace(now, **_shown(then))
    item = CollectionItem(now, then)
    if now is None and accounts.by_id(conn, item.any.account_id) is None:
        return replace(item, problem="its account has been removed")
    return item


def _taken_back(now: Collection | None, *, before: Collection | None, after: Collection | None) -> Collection | None:
    """A collection without one change of itself; a property that was set again since stays as it is."""
    if now is None or before is None or after is None:
        return before
    mine, base, was = _shown(now), _shown(after), _shown(before)
    return replace(now, **{name: was[name] if mine[name] == base[name] else mine[name] for name in SHOWN})


def _shown(collection: Collection) -> Mapping[str, Any]:
    return {name: getattr(collection, name) for name in SHOWN}


# -- entries ----------------------------------------------------------------------------------------------------------


class _Conflict(Exception):
    """Why a step cannot be taken back without losing something that came later."""


class _Entries:
    """Works out what becomes of the entries that the chosen changes touched."""

    def __init__(self, conn: Connection, chosen: list[Change], shelf: list[CollectionItem], *, force: bool) -> None:
        self.conn = conn
        self.chosen = chosen
        self.shelf = {item.any.n: item for item in shelf}
        self.force = force

    def plan(self, choice: Choice) -> Plan:
        """The whole plan."""
        numbers = {change.seq for change in self.chosen}
        found = []
        for entry_id in dict.fromkeys(change.entry for change in self.chosen if change.entry):
            now = versions.at(self.conn, entry_id, journal.head(self.conn))
            problem = ""
            if choice.position is not None:
                then = versions.at(self.conn, entry_id, choice.position)
            else:
                steps = [s for s in versions.steps(self.conn, entry_id) if {s.first, s.change.seq} & numbers]
                then, problem = self._taken_back(now, steps)
            if problem or not _same(now, then):
                found.append(self._item(entry_id, now, then, problem))
        going = {
            (item.entry, item.now.collection_n)
            for item in found
            if item.now and not item.problem and not (item.then and item.then.collection_n == item.now.collection_n)
        }
        items = [self._checked(item, going) for item in found]
        if self.force:
            items += [item for place in self.shelf.values() for item in self._swept(place, items)]
        return Plan(len(self.chosen), items, [self._checked_place(item, items) for item in self.shelf.values()])

    def single(self, entry_id: str, now: Version | None, then: Version) -> Plan:
        """The plan for one entry that shall be as it was."""
        if _same(now, then):
            return Plan(0)
        return Plan(1, [self._checked(self._item(entry_id, now, then), set())])

    def _taken_back(self, now: Version | None, steps: list[Step]) -> tuple[Version | None, str]:
        """An entry without these steps of its history, the last one first; what stands in the way of that."""
        state = now
        for step in reversed(steps):
            try:
                state = self._without(step, state)
            except _Conflict as conflict:
                if not self.force:
                    return now, str(conflict)
                state = step.before
        return state, ""

    def _without(self, step: Step, state: Version | None) -> Version | None:
        if _same(state, step.after):
            return step.before
        if _same(state, step.before):
            return state
        number = step.change.seq
        if state is None:
            raise _Conflict(f"it was deleted after change {number}; undo that first")
        if step.before is None:
            raise _Conflict(f"it was edited or moved after change {number}, which made it")
        if step.after is None:
            raise _Conflict(f"it has been made anew after change {number}")
        place = step.before if _place(state) == _place(step.after) else state
        text = self._merged(step.after.text, state.text, step.before.text, number)
        return Version(place.collection_n, place.href, state.uid, ids.content_hash(text), text)

    def _merged(self, base: str, mine: str, was: str, number: int) -> str:
        """The text with what was changed since, and without what is taken back; what is both, only by force."""
        if mine == base or was == base:
            return was if mine == base else mine
        merged = merge(base, was, mine, policy=Policy.OURS if self.force else Policy.LIVE)
        if merged.clashes and not self.force:
            names = ", ".join(dict.fromkeys(clash.name for clash in merged.clashes))
            raise _Conflict(f"{names} was edited again after change {number}")
        return merged.text

    def _item(self, entry_id: str, now: Version | None, then: Version | None, problem: str = "") -> EntryItem:
        last = journal.last_of_entry(self.conn, entry_id, journal.head(self.conn))
        assert last is not None, "what the journal never named has not changed"
        return EntryItem(entry_id, last.uid, last.account_id, last.collection, now, then, problem)

    def _place_of(self, n: int) -> Collection | None:
        """The collection of this number as it will be; None where there is none."""
        item = self.shelf.get(n)
        if item is not None and item.now is None and not item.problem:
            return item.then
        return collections.by_n(self.conn, n)

    def _checked(self, item: EntryItem, going: set[tuple[str, int]]) -> EntryItem:
        """The item with what stands in its way: its collection, or another entry that has its UID by now.

        `going`: the entries that leave their collections, with these.
        """
        if item.problem:
            return item
        for version in (item.now, item.then):
            place = self._place_of(version.collection_n) if version else None
            if version and place is None:
                return replace(item, problem="its collection has been removed; undo that first")
            if place and place.read_only:
                return replace(item, problem=f"{place.name!r} cannot be written")
        if item.then is not None:
            other = entries.by_uid(self.conn, item.then.collection_n, item.then.uid)
            if other and other.id != item.entry and (other.id, other.collection_n) not in going:
                return replace(item, problem=f"another entry, {other.id}, has its UID by now")
        return item

    def _checked_place(self, item: CollectionItem, items: list[EntryItem]) -> CollectionItem:
        """A collection goes only when nothing would be left in it."""
        left = len(self._left(item, items))
        return replace(item, problem=f"{left} entries came into it later") if left else item

    def _left(self, item: CollectionItem, items: list[EntryItem]) -> list[str]:
        """The ids of the entries that would be left in a collection that goes."""
        if item.problem or item.then is not None or item.now is None:
            return []
        going = {each.entry for each in items if each.now and each.now.collection_n == item.now.n and not each.problem}
        return [each.id for each in entries.listing(self.conn, item.now.n) if each.id not in going]

    def _swept(self, place: CollectionItem, items: list[EntryItem]) -> Iterable[EntryItem]:
        """What goes with a collection that is made to go."""
        for entry_id in self._left(place, items):
            now = versions.at(self.conn, entry_id, journal.head(self.conn))
            if now is not None:
                yield EntryItem(entry_id, now.uid, place.any.account_id, place.any.id, now, None)


def _place(version: Version) -> tuple[int, str]:
    return version.collection_n, version.href


def _same(one: Version | None, other: Version | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.hash, _place(one)) == (other.hash, _place(other))
