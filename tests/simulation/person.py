"""The person whose mirror it is: decides what waits in the inbox of the simulated world, and takes things back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from storage.errors import AlreadyExists, NotFound, StoreError
from storage.model import Entry
from storage.store import Store
from storage.sync import inbox, resolve, restore, undo
from storage.sync.resolve import Choice
from storage.tables import conflicts, held
from storage.tables.conflicts import Conflict
from tests.simulation.mirror import Mirror
from tests.simulation.texts import Texts
from tests.simulation.words import Words, sayings


@dataclass(frozen=True, slots=True)
class _Editor:
    """A conflict that the person writes about: what of it was seen, and the text, which is not saved yet."""

    number: int
    seen: str
    text: str


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is wanted of a conflict; `words`: what a text of its own says that was not there."""

    conflict: Conflict
    how: Choice
    words: set[str]

    def taken(self, store: Store) -> bool:
        """Whether the mirror has it."""
        found = conflicts.get(store.db.reader(), self.conflict.n)
        return found is not None and found.state == "resolved"

    def missing(self, before: dict[str, Entry], entries: dict[str, Entry]) -> list[str]:
        """What is not at once as it was decided."""
        lost = self.conflict
        entry = entries.get(lost.entry_id)
        live = lost.ours if lost.theirs is None and lost.cause == "delete" else lost.theirs
        if lost.entry_id not in before:
            live = None  # it comes back as a whole
        now = sayings(*map(_text, entries.values())) if self.how is Choice.BOTH else sayings(entry and entry.text)
        wanted, unwanted = self.words, set[str]()
        if self.how is Choice.BOTH:
            wanted = sayings(lost.ours)
        elif self.how is Choice.MINE and lost.fields is None:
            wanted, unwanted = sayings(lost.ours) - sayings(live), sayings(live) - sayings(lost.ours)
        elif self.how is Choice.MINE:
            wanted = sayings(*(_line(each.name, each.ours) for each in lost.fields or ()))
            unwanted = sayings(*(_line(each.name, each.theirs) for each in lost.fields or ()))
        wrong = [f"{said} is missing" for said in sorted(wanted - now)]
        wrong += [f"{said} is still there" for said in sorted(unwanted & now)]
        if self.how in (Choice.MINE, Choice.THEIRS) and entry is not None and lost.entry_id in before:
            names = {said.partition(":")[0] for said in sayings(lost.ours, lost.theirs)}
            since = sayings(before[lost.entry_id].text) - now - sayings(lost.ours, lost.theirs)
            wrong += [f"{said} went with it" for said in sorted(since) if said.partition(":")[0] not in names]
        return [f"conflict {lost.n} about {lost.uid}, {self.how}: {each}" for each in wrong]


def _line(name: str, said: str | None) -> str:
    """The property of which a conflict shows the parameters and the value."""
    return f"{name}:{said.rpartition(':')[2]}" if said else ""


class Person:
    """Whoever types `calharbor conflicts`, `held` and `undo`."""

    def __init__(self, mirror: Mirror, texts: Texts) -> None:
        self.mirror = mirror
        self.texts = texts
        self.random = texts.random
        self.words = Words()
        self.disobeyed: list[str] = []
        """Decisions that were not carried out as they were made."""
        self._begun: tuple[dict[str, Entry], _Decision | None] | None = None
        """What is being done, and what the mirror held before."""
        self._editor: _Editor | None = None

    def person_looks_at_deletions(self) -> None:
        """Approves or rejects held deletions."""
        for stopped in held.every(self.mirror.store.db.reader()):
            choice = self.random.choice([inbox.approve, inbox.reject])
            with suppress(NotFound):  # the decision before may have settled this one, too
                self._do(partial(choice, self.mirror.store, stopped.n))

    def person_resolves(self) -> None:
        """Decides about one conflict; to write a text takes a while."""
        waiting = conflicts.every(self.mirror.store.db.reader())
        if editor := self._editor:
            self._editor = None
            if found := next((each for each in waiting if each.n == editor.number), None):
                self._resolve(found, Choice.EDIT, editor.text, editor.seen)
        elif waiting:
            found, how = self.random.choice(waiting), self.random.choice(list(Choice))
            if how is not Choice.EDIT:
                self._resolve(found, how)
            else:
                offer = resolve.offered(self.mirror.store, found.n, how)
                text = offer.text or ""
                if text and self.random.random() < 0.7:
                    text = self.texts.retouched(text)
                self._editor = _Editor(found.n, offer.seen, text)

    def person_undoes(self) -> None:
        """Takes back what happened last, whoever did it: one change, an act, or everything since a while."""
        store, random = self.mirror.store, self.random
        head = store.head()
        known = [change.run for change in store.changes(max(0, head - 20)) if change.run]
        choices = [undo.Choice(change=head), undo.Choice(since=max(0, head - random.randrange(1, 9)))]
        choices += [undo.Choice(run=random.choice(known))] if known else []
        plan = undo.plan(store, random.choice(choices), force=random.random() < 0.3)
        self.mirror.removed |= any(gone.then is None and not gone.problem for gone in plan.collections)
        self._do(lambda: restore.carry_out(store, plan))

    def after_a_crash(self) -> None:
        """The mirror is there again: what the person had begun may have been done."""
        self._note()

    def _resolve(self, found: Conflict, how: Choice, text: str = "", seen: str | None = None) -> None:
        with suppress(AlreadyExists):  # there are no two versions to keep
            self._do(
                lambda: resolve.resolve(self.mirror.store, found.n, how, text=text, seen=seen),
                _Decision(found, how, sayings(text) - sayings(seen)),
            )

    def _do(self, act: Callable[[], object], decision: _Decision | None = None) -> None:
        self._begun = self.mirror.entries(), decision
        try:
            act()
        except StoreError:
            self._note()
            raise
        self._note()

    def _note(self) -> None:
        """Note what came of what the person did, which is known by what there was before and is now."""
        if self._begun is None:
            return
        (before, decision), self._begun = self._begun, None
        after = self.mirror.entries()
        for entry in {*before, *after}:
            was, now = before.get(entry), after.get(entry)
            self.words.became(sayings(was and was.text), sayings(now and now.text))
        if decision and decision.taken(self.mirror.store):
            lost = decision.conflict
            self.words.became(sayings(lost.ours, lost.theirs) - sayings(*map(_text, after.values())), ())
            self.disobeyed += decision.missing(before, after)


def _text(entry: Entry) -> str:
    return entry.text
