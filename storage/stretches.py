"""Which changes of the journal are told together: those that one act made of one thing, with nobody else's in between.

An act is what the journal marks as one: a pass of the engine over an account, an undo, a move that edits as well. Where
it changes a thing several times, only what came of it is told, in the place of the last of these changes.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from storage.db import Connection
from storage.model import Action, Change
from storage.tables import journal


class Stretch(NamedTuple):
    """The first and the last of the changes of one thing that are told together: mostly the same one.

    `entry_n`: the number that the entry has now; `following`: the next change of its text; None: there is none.
    """

    first: Change
    last: Change
    entry_n: int | None
    following: int | None

    @property
    def action(self) -> Action | None:
        """What became of the thing; None for nothing: it came and went, or is again what it was."""
        came, went = self.first.action is Action.ADD, self.last.action is Action.DELETE
        if came and went:
            return None
        if came or went:
            return Action.ADD if came else Action.DELETE
        again = self.several and self.last.entry and self.first.before == self.last.after
        return None if again else Action.UPDATE

    @property
    def several(self) -> bool:
        """Whether they are more than one."""
        return self.first.seq != self.last.seq


def stretches(conn: Connection, rows: Sequence[journal.Told], begun: int, until: int) -> Iterator[Stretch | int]:
    """What is told of these changes, oldest first, seen as of the change `until` by one who knew all until `begun`.

    A change that is told with a later one gives the number of that one instead.
    """
    together = dict(_together(journal.repeated(conn, _in_acts(rows), begun + 1, until)))
    for change, entry_n, following in rows:
        first, last = together.get(change.seq, (change, change.seq))
        yield Stretch(first, change, entry_n, following) if last == change.seq else last


def _in_acts(rows: Iterable[journal.Told]) -> set[str]:
    return {change.entry for change, _entry_n, _following in rows if change.run is not None}


def _together(changes: Iterable[Change]) -> Iterator[tuple[int, tuple[Change, int]]]:
    """By the number of each change the first one of its stretch, and the number of the last."""
    things: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        things.setdefault((change.collection_n, change.entry), []).append(change)
    for of_thing in things.values():
        for run, group in groupby(of_thing, key=lambda change: change.run):
            made = list(group)
            if run is not None:
                yield from ((change.seq, (made[0], made[-1].seq)) for change in made)
