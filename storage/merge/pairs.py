"""Which of the things that occur several times (attendees, alarms, telephone numbers) are the same in four texts."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from storage.merge.choice import Four

Thing = TypeVar("Thing")

Marks = tuple[str, ...]
"""What tells a thing from others, the surest mark first; "" where it has no such mark."""

_BEFORE = {"agreed": "base", "theirs": "base", "ours": "agreed"}

_Row = dict[str, Thing]


def paired(
    things: Four[Sequence[Thing]], marks: Callable[[Thing], Marks], kind: Callable[[Thing], str]
) -> list[Four[Thing | None]]:
    """The things of four texts, each once, with its version in every text that has it.

    Two things are the same if they share a mark, the surest first. Of what is left over after that, one thing that is
    gone and one that is new are the same, changed, if they are the only ones of their `kind` ("" pairs with nothing).
    """
    rows: list[_Row[Thing]] = [{"base": each} for each in things.base]
    for side, here in (("agreed", things.agreed), ("theirs", things.theirs), ("ours", things.ours)):
        left = _by_mark(rows, side, here, marks)
        left = _left_over(rows, side, left, kind)
        rows += [{side: each} for each in left]
    return [Four(row.get("agreed"), row.get("ours"), row.get("base"), row.get("theirs")) for row in rows]


def _by_mark(rows: list[_Row[Thing]], side: str, here: Sequence[Thing], marks: Callable[[Thing], Marks]) -> list[Thing]:
    """Put each thing into the row that shares a mark with it; those without one are given back."""
    left = list(here)
    levels = max((len(marks(each)) for each in left), default=0)
    for level in range(levels):
        free: dict[str, list[_Row[Thing]]] = {}
        for row in rows:
            if side not in row:
                for mark in {marks(each)[level] for each in row.values()} - {""}:
                    free.setdefault(mark, []).append(row)
        still = []
        for each in left:
            found = next((row for row in free.get(marks(each)[level], ()) if side not in row), None)
            if found is None:
                still.append(each)
            else:
                found[side] = each
        left = still
    return left


def _left_over(rows: list[_Row[Thing]], side: str, left: list[Thing], kind: Callable[[Thing], str]) -> list[Thing]:
    """Pair the only one of its kind that is new with the only one that is gone; the others are given back."""
    before = _BEFORE[side]
    gone: dict[str, list[_Row[Thing]]] = {}
    for row in rows:
        if side not in row and before in row:
            gone.setdefault(kind(row[before]), []).append(row)
    new: dict[str, list[Thing]] = {}
    for each in left:
        new.setdefault(kind(each), []).append(each)
    still = []
    for each in left:
        found = gone.get(kind(each), [])
        if kind(each) and len(found) == 1 and len(new[kind(each)]) == 1:
            found[0][side] = each
        else:
            still.append(each)
    return still
