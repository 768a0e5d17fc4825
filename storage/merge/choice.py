"""The decision about one thing that stands in the texts of a merge: whose stays, and whether both sides wanted another.

A merge has four texts. The upstream went from `base` to `theirs`, we went from `agreed` to `ours`; where the upstream
holds everything, `base` and `agreed` are the same. What an upstream cannot hold is missing in `base` and in `theirs`
alike, so it counts as unchanged there and stays as we have it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Thing_co = TypeVar("Thing_co", covariant=True)
Other = TypeVar("Other")


class Policy(StrEnum):
    """Who stays where both sides changed the same thing in two ways."""

    LIVE = "live"  # the upstream, but an edit wins over a deletion
    OURS = "ours"
    THEIRS = "theirs"


class Lossy(StrEnum):
    """What of a difference between `base` and `theirs` is only the upstream's way to show what it was just given."""

    NOTHING = "nothing"
    REWORDS = "rewords"  # what is other in properties that it shows in its own words
    REWRITES = "rewrites"  # what is missing or other, it cannot hold; what is new, it has added


class Side(StrEnum):
    """Whose version of a thing."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Four(Generic[Thing_co]):
    """One thing as the four texts of a merge have it."""

    agreed: Thing_co
    ours: Thing_co
    base: Thing_co
    theirs: Thing_co

    def __iter__(self) -> Iterator[Thing_co]:
        return iter((self.agreed, self.ours, self.base, self.theirs))

    def map(self, function: Callable[[Thing_co], Other]) -> "Four[Other]":
        """The same of what a function makes of each."""
        return Four(*map(function, self))

    def of(self, side: Side) -> Thing_co:
        """As this side has it now."""
        return self.ours if side is Side.OURS else self.theirs


def changed(said: Four[str | None]) -> tuple[bool, bool]:
    """Whether we, and whether the upstream changed a thing: None is one that is not there, "" one that says nothing."""
    return (said.ours or None) != (said.agreed or None), (said.theirs or None) != (said.base or None)


def choose(said: Four[str | None], policy: Policy = Policy.LIVE) -> tuple[Side, bool]:
    """Whose version of a thing stays, and whether that lets go of the other side's wish."""
    we, they = changed(said)
    if not they or (said.ours or None) == (said.theirs or None):
        return Side.OURS, False
    if not we:
        return Side.THEIRS, False
    if policy is Policy.LIVE:
        return (Side.OURS if said.theirs is None else Side.THEIRS), True
    return (Side.OURS if policy is Policy.OURS else Side.THEIRS), True
