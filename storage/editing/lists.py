"""A list of things in a vCard, each of which is some lines, replaced by another list.

What the new list still contains keeps its lines, in their bytes and in their place; what became of something else is
written into that one's lines; what is gone takes its lines along; what is new stands in the order asked for.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from storage.ical.lines import Component, Line

Item = TypeVar("Item", bound=Hashable)
Child = Line | Component


@dataclass(frozen=True, slots=True)
class Bundle(Generic[Item]):
    """One of the things: what it says, and its lines, of which the first says where it stands."""

    item: Item
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Placed(Generic[Item]):
    """A thing as it shall be: its lines, and what it was before."""

    lines: tuple[Line, ...]
    was: Bundle[Item] | None = None


def paired(
    old: Sequence[Bundle[Item]], wanted: Sequence[Item], keys: Sequence[Callable[[Item], Hashable]]
) -> list[Bundle[Item] | None]:
    """For each thing wanted what it was: the same one, else the first that is alike by the first of these keys, ….

    A key of None is like nothing.
    """
    found: list[Bundle[Item] | None] = [None] * len(wanted)
    free = list(old)
    ways: list[Callable[[Item], Hashable]] = [_itself, *keys]
    for key in ways:
        known: dict[Hashable, list[Bundle[Item]]] = {}
        for bundle in reversed(free):
            known.setdefault(key(bundle.item), []).append(bundle)
        for at, item in enumerate(wanted):
            if found[at] is None and (mark := key(item)) is not None and known.get(mark):
                found[at] = known[mark].pop()
        taken = {id(bundle) for bundle in found}
        free = [bundle for bundle in free if id(bundle) not in taken]
    return found


def replaced(children: Sequence[Child], old: Sequence[Bundle[Item]], wanted: Sequence[Placed[Item]]) -> list[Child]:
    """What stands in a card once these things stand in the place of the old ones."""
    at = {id(child): number for number, child in enumerate(children)}
    staying = _staying(wanted, at)
    going = {id(line) for bundle in old for line in bundle.lines}
    here = _first_place(children, old, staying, at)
    places: dict[int, list[Line]] = {}
    for number, placed in enumerate(wanted):
        here = staying.get(number, here)
        head, *details = placed.lines
        kept = {id(line) for line in details if id(line) in at}
        going -= kept
        places.setdefault(here, []).extend([head, *(line for line in details if id(line) not in kept)])
        while number in staying and here + 1 < len(children) and id(children[here + 1]) in kept:
            here += 1
        here += number in staying
    found: list[Child] = []
    for number, child in enumerate([*children, None]):
        found += places.get(number, [])
        if child is not None and id(child) not in going:
            found.append(child)
    return found


def _itself(item: Item) -> Hashable:
    return item


def _staying(wanted: Sequence[Placed[Item]], at: Mapping[int, int]) -> dict[int, int]:
    """Those that need not move to come in the order asked for, with their places."""
    staying: dict[int, int] = {}
    last = -1
    for number, placed in enumerate(wanted):
        place = at[id(placed.was.lines[0])] if placed.was is not None else -1
        if place > last:
            staying[number] = last = place
    return staying


def _first_place(
    children: Sequence[Child], old: Sequence[Bundle[Item]], staying: Mapping[int, int], at: Mapping[int, int]
) -> int:
    """Where something stands that comes before all that stay."""
    known = staying.values() or [at[id(bundle.lines[0])] for bundle in old]
    inner = next((number for number, child in enumerate(children) if isinstance(child, Component)), len(children))
    return min(known, default=inner)
