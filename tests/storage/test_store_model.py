"""The store against a dictionary: after random writes, moves and removals every way of reading agrees with it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from storage.errors import AlreadyExists, NotFound, PreconditionFailed, UidConflict
from storage.ids import content_hash
from storage.model import Account, Action, CollectionKind, Origin
from storage.store import Store
from tests.storage.texts import event

HREFS = st.sampled_from(["a.ics", "b.ics", "ü *.ics", "d:e.ics"])
UIDS = st.sampled_from(["one", "two", "three"])
SUMMARIES = st.sampled_from(["x", "y"])
RULES = st.sampled_from(["", "RRULE:FREQ=DAILY;COUNT=3\r\n"])

Texts = dict[str, tuple[str, str]]
"""What a collection holds: UID and text by href."""


class Copy:
    """What a client that follows a collection by deltas believes."""

    def __init__(self) -> None:
        self.since: int | None = None
        self.hashes: dict[str, str] = {}

    def follow(self, store: Store, collection: str, limit: int | None) -> None:
        while True:
            delta = store.delta(collection, self.since, limit=limit)
            self.hashes.update({listed.href: listed.hash for listed in delta.changed})
            for href in delta.gone:
                self.hashes.pop(href, None)
            self.since = delta.seq
            if not delta.truncated:
                return


class StoreMachine(RuleBasedStateMachine):
    """Random verbs on the store and on the model."""

    collections = Bundle("collections")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = Store.open(Path(self.folder.name))
        self.store.save_user("alice", None)
        self.account = self.store.save_account(Account(0, "work", "alice", "caldav"))
        self.model: dict[str, Texts] = {}
        self.copies: dict[str, Copy] = {}
        self.made = 0
        self.expected = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(target=collections)
    def create(self) -> str:
        self.made += 1
        collection = self.store.create_collection(
            self.account.id,
            f"c{self.made}",
            name="Calendar",
            kind=CollectionKind.CALENDAR,
            components=["VEVENT"],
            origin=Origin.API,
        )
        self.model[collection.id] = {}
        self.copies[collection.id] = Copy()
        self.expected += 1
        return collection.id

    @rule(collection=consumes(collections))
    def remove(self, collection: str) -> None:
        self.store.delete_collection(collection, origin=Origin.API)
        self.expected += 1 + len(self.model.pop(collection))
        del self.copies[collection]

    @rule(collection=collections, name=SUMMARIES)
    def rename(self, collection: str, name: str) -> None:
        before = self.store.collection(collection)
        self.store.update_collection(collection, name=name, origin=Origin.API)
        self.expected += before.name != name

    @rule(collection=collections, href=HREFS, uid=UIDS, summary=SUMMARIES, more=RULES)
    def put(self, collection: str, href: str, uid: str, summary: str, more: str) -> None:
        held, text = self.model[collection], event(uid, summary=summary, more=more)
        before = held.get(href)
        others = {name for name, (other, _text) in held.items() if other == uid and name != href}
        if others or (before is not None and before[0] != uid):
            with pytest.raises(UidConflict) as refused:
                self.store.put_entry(collection, href, text, origin=Origin.DAV)
            assert refused.value.href in {href, *others}
            return
        result = self.store.put_entry(collection, href, text, origin=Origin.DAV)
        assert (result.created, result.changed) == (before is None, before is None or before[1] != text)
        self.expected += result.changed
        held[href] = (uid, text)

    @rule(collection=collections, href=HREFS, right=st.booleans())
    def delete(self, collection: str, href: str, right: bool) -> None:
        before = self.model[collection].get(href)
        match = content_hash(before[1]) if before and right else "other"
        try:
            self.store.delete_entry(collection, href, origin=Origin.DAV, if_match=[match])
        except PreconditionFailed:
            assert before is None or not right
            return
        assert before is not None
        assert right
        del self.model[collection][href]
        self.expected += 1

    @rule(source=collections, href=HREFS, place=collections, to=HREFS, overwrite=st.booleans())
    def move(self, source: str, href: str, place: str, to: str, overwrite: bool) -> None:
        moving, there = self.model[source].get(href), self.model[place].get(to)
        try:
            self.store.move_entry(source, href, place, to, origin=Origin.DAV, overwrite=overwrite)
        except NotFound:
            assert moving is None
            return
        except AlreadyExists:
            assert there is not None
            assert not overwrite
            return
        except UidConflict:
            assert source != place
            assert moving is not None
            assert any(uid == moving[0] and name != to for name, (uid, _text) in self.model[place].items())
            return
        assert moving is not None
        if (source, href) == (place, to):
            return
        assert overwrite or there is None
        self.expected += 2 + (there is not None)
        del self.model[source][href]
        self.model[place][to] = moving

    @rule(collection=collections, limit=st.sampled_from([None, 1, 2]))
    def follow(self, collection: str, limit: int | None) -> None:
        copy = self.copies[collection]
        copy.follow(self.store, collection, limit)
        assert copy.hashes == {href: content_hash(text) for href, (_uid, text) in self.model[collection].items()}

    @invariant()
    def the_collections_are_those_of_the_model(self) -> None:
        assert {collection.id for collection in self.store.collections(user="alice")} == set(self.model)

    @invariant()
    def every_reading_agrees(self) -> None:
        for collection, held in self.model.items():
            texts = {href: text for href, (_uid, text) in held.items()}
            assert {entry.href: entry.text for entry in self.store.iter_entries(collection)} == texts
            listing = self.store.listing(collection)
            assert {listed.href: listed.hash for listed in listing} == {h: content_hash(t) for h, t in texts.items()}
            n = self.store.collection(collection).n
            assert {entry.href for entry in self.store.in_range(n, None, None)} == set(texts)
            days = sum(3 if "RRULE" in text else 1 for text in texts.values())
            assert len(self.store.occurrences([n], 0, 2**40)) == days
            for href, (uid, _text) in held.items():
                assert self.store.entry_by_uid(collection, uid).href == href

    @invariant()
    def the_journal_has_one_row_for_each_change_and_leads_here(self) -> None:
        changes = self.store.changes()
        assert [change.seq for change in changes] == list(range(1, self.expected + 1))
        state: dict[tuple[str, str], str] = {}
        newest: dict[str, int] = {}
        for change in changes:
            newest[change.collection] = change.seq
            if change.href and change.action is Action.DELETE:
                assert state.pop((change.collection, change.href)) == change.before
            elif change.href:
                state[change.collection, change.href] = change.after
        assert state == {
            (collection, href): content_hash(text)
            for collection, held in self.model.items()
            for href, (_uid, text) in held.items()
        }
        for collection in self.model:
            assert self.store.collection(collection).seq == newest[collection]

    @invariant()
    def the_outbox_holds_what_the_upstream_lacks(self) -> None:
        """Nothing was ever pushed: every entry waits once as a creation, and nothing else waits."""
        rows = self.store.db.reader().execute("SELECT entry_id, action FROM outbox").fetchall()
        entries = {entry.id for collection in self.model for entry in self.store.iter_entries(collection)}
        assert sorted(rows, key=str) == sorted(
            [*((None, "create") for _ in self.model), *((entry, "create") for entry in entries)], key=str
        )


StoreMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=25)
TestStore = StoreMachine.TestCase
