"""A client of the mirror in the simulated world: writes, deletes, moves, makes and removes collections."""

from collections import Counter

from storage.content import canonical
from storage.model import Collection, CollectionKind, Entry, Origin
from tests.simulation.answers import WORDS, Answer, Answers, answer_in, answered
from tests.simulation.mirror import Mirror
from tests.simulation.texts import Texts, uid_of
from tests.simulation.words import Words, sayings

_BOOK = CollectionKind.CONTACTS


class Client:
    """Whoever works over DAV, and the books of what the mirror promised them."""

    def __init__(self, mirror: Mirror, texts: Texts, answers: Answers) -> None:
        self.mirror = mirror
        self.answers = answers
        self.texts = texts
        self.random = texts.random
        self.words = Words()
        self.accepted: dict[str, int] = {}
        """Canonical texts that the mirror accepted, and the newest conflict that stood in the inbox by then."""
        self.loud: Counter[str] = Counter()
        """For each UID how often it was asked, with a write, that those concerned be told."""
        self.unanswered: tuple[str, str, Answer | None] | None = None
        """A write that has not been answered: the text before, the new one, and the answer to an invitation that it
        is. It may have been done."""

    def client_writes(self) -> None:
        """Creates or edits; whether the mirror crashes or not, only an answer that came back is a promise."""
        if (collection := self._some()) is None:
            return
        mine = {e.uid: e for e in self.mirror.store.iter_entries(collection.id)}
        card = collection.kind is _BOOK
        uid = self.random.choice([*sorted(mine), f"u{self.random.randrange(12)}"])
        there = mine.get(uid)
        text = self.texts.edited(there.text) if there else self.texts.new(uid, card=card)
        name = f"{uid}-{self.texts.stamp()}.{'vcf' if card else 'ics'}"
        self._put(collection, there, name, text, notify=self._loud(uid))

    def client_answers(self) -> None:
        """Answers an invitation."""
        invited = [(c, e) for c in self.mirror.writable for e in self._entries(c) if answer_in(e.text)]
        if invited:
            collection, entry = self.random.choice(invited)
            word = self.random.choice([each for each in WORDS if each != answer_in(entry.text)])
            account = next(each.name for each in self.mirror.accounts if each.id == collection.account_id)
            self.loud[entry.uid] += 1
            answer = self.answers.asked(account, entry, word)
            self._put(collection, entry, entry.href, answered(entry.text, word), notify=True, answer=answer)

    def client_deletes(self) -> None:
        """Deletes."""
        if (collection := self._some()) and (mine := self._entries(collection)):
            entry = self.random.choice(mine)
            self.words.became(sayings(entry.text), ())
            notify = self._loud(entry.uid)
            self.mirror.store.delete_entry(collection.id, entry.href, origin=Origin.DAV, notify=notify)

    def client_moves(self) -> None:
        """Moves an entry to another collection, sometimes under the name of another entry there."""
        source, target = self._some(), self._some()
        if source is None or target is None or source.kind is not target.kind or not (mine := self._entries(source)):
            return
        entry = self.random.choice(mine)
        there = {e.href: e.text for e in self._entries(target) if e.id != entry.id}
        name = self.random.choice([*sorted(there), entry.href, entry.href])
        if name in there:
            self.words.became(sayings(there[name]), ())
            self.loud[uid_of(there[name])] += 1  # who overwrites by moving deletes, as a client of DAV does
        self.mirror.store.move_entry(source.id, entry.href, target.id, name, origin=Origin.DAV, overwrite=True)

    def client_makes_a_collection(self) -> None:
        """Makes a collection."""
        if len(self.mirror.collections) < 4:
            made, kind = f"made-{self.texts.stamp()}", self.random.choice([CollectionKind.CALENDAR] * 3 + [_BOOK])
            self.mirror.store.create_collection(
                self.random.choice(self.mirror.accounts).id,
                made,
                name=made,
                kind=kind,
                components=("VCARD",) if kind is _BOOK else ("VEVENT",),
                origin=Origin.DAV,
            )

    def client_deletes_a_collection(self) -> None:
        """Deletes a collection, which it rarely does, or renames it."""
        if (collection := self._some()) is None:
            return
        if self.random.random() < 0.3:
            self.mirror.removed = True
            self.words.became(sayings(*(e.text for e in self._entries(collection))), ())
            self.mirror.store.delete_collection(collection.id, origin=Origin.DAV)
        else:
            name = f"name {self.texts.stamp()}"
            self.mirror.store.update_collection(collection.id, name=name, origin=Origin.DAV)

    def after_a_crash(self) -> None:
        """The mirror is there again: what was not answered may have been done."""
        if self.unanswered:
            before, text, answer = self.unanswered
            if canonical(text) in map(canonical, self.mirror.texts()):
                self._promised(text, before, answer)
        self.unanswered = None

    def _put(
        self,
        collection: Collection,
        there: Entry | None,
        name: str,
        text: str,
        *,
        notify: bool,
        answer: Answer | None = None,
    ) -> None:
        """Write over what is there, or what is new under this name."""
        before, href = (there.text, there.href) if there else ("", name)
        self.unanswered = before, text, answer
        self.mirror.store.put_entry(collection.id, href, text, origin=Origin.DAV, notify=notify)
        self._promised(text, before, answer)
        self.unanswered = None

    def _promised(self, text: str, before: str, answer: Answer | None) -> None:
        """The mirror has accepted `text` from this client, who saw `before`."""
        self.accepted.setdefault(canonical(text), self.mirror.newest_conflict())
        self.words.became(sayings(before), sayings(text))
        if answer:
            self.answers.give(answer)

    def _loud(self, uid: str) -> bool:
        """Whether it asks that people be told of its next write; every second time it does."""
        loud = self.texts.stamps % 2 == 0
        self.loud[uid] += loud
        return loud

    def _some(self) -> Collection | None:
        """A collection that can be written."""
        return self.random.choice(self.mirror.writable or [None])

    def _entries(self, collection: Collection) -> list[Entry]:
        return list(self.mirror.store.iter_entries(collection.id))
