"""What one merge carries along: how its four texts say things, who stays where both changed one, and what clashed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from storage.ical.differences import MASTER, Difference, spoken, told
from storage.ical.lines import Component, Line
from storage.merge.choice import Four, Lossy, Policy, Side, changed, choose


class Tongue(Protocol):
    """How one text says things: the canonical forms by which they are compared."""

    def whole(self, line: Line) -> str:
        """A property; "" for one that says nothing, or no more than its default."""

    def value(self, line: Line) -> str:
        """Its value, with the parameters that belong to it: a time with its zone, a text with its language."""

    def params(self, line: Line) -> Mapping[str, str]:
        """The other parameters, each of which is a thing of its own."""

    def component(self, component: Component) -> str:
        """A whole component."""


@dataclass(frozen=True, slots=True)
class Merge:
    """`me` are our own addresses (`mailto:…`, lower case); `where` the component that is being merged.

    `clashes` collects what both sides changed in two ways; `quiet` collects nothing.
    """

    tongues: Four[Tongue]
    policy: Policy = Policy.LIVE
    me: frozenset[str] = frozenset()
    lossy: Lossy = Lossy.NOTHING
    reworded: frozenset[str] = frozenset()
    where: str = MASTER
    quiet: bool = False
    clashes: list[Difference] = field(default_factory=list)

    def inside(self, where: str) -> "Merge":
        """The same merge, in another component."""
        return replace(self, where=where)

    def silently(self, policy: Policy | None = None) -> "Merge":
        """The same merge, of what nobody has to decide about."""
        return replace(self, quiet=True, policy=policy or self.policy)

    def clash(self, name: str, things: Four[Line | None] | Four[Component | None]) -> None:
        """Both sides changed this in two ways."""
        if self.quiet:
            return
        _agreed, ours, base, theirs = (_shown(each) for each in things)
        self.clashes.append(Difference(self.where, name, _shown(things.agreed) if base is None else base, ours, theirs))

    def settled(self, said: Four[str | None], things: Four[Line | None] | Four[Component | None]) -> Side | None:
        """Whose version of a thing that has parts stands as a whole; None where both edited it, so its parts decide.

        `said`: what the four texts say in it. Where one side removed what the other edited, the edit wins
        (`Policy.LIVE`), and somebody has to decide.
        """
        seen = self.seen(said, inside=True)
        we, they = changed(seen)
        if not they or (seen.ours or None) == (seen.theirs or None):
            return Side.OURS
        if not we and seen.agreed == seen.base and self.believes:
            return Side.THEIRS
        left = [each.name for each in (things.ours, things.theirs) if each is not None]
        if len(left) == 2:
            return None
        side, clash = choose(seen, self.policy)
        if clash:
            self.clash(left[0], things)
        return side

    @property
    def believes(self) -> bool:
        """Whether everything that is other upstream has been changed there."""
        return self.lossy is Lossy.NOTHING

    def rewords(self, name: str) -> bool:
        """Whether the upstream shows properties of this name in its own words."""
        return name in self.reworded and not self.believes

    def seen(self, said: Four[str | None], *, inside: bool = False) -> Four[str | None]:
        """What the four texts say of a thing, as far as the upstream is to be believed.

        `inside`: the thing has parts, which are looked at one by one.
        """
        if self.lossy is not Lossy.REWRITES or said.base is None or (said.theirs is not None and inside):
            return said
        return replace(said, theirs=said.base)

    def whole(self, lines: Four[Line | None]) -> Four[str | None]:
        """What each text says in a property."""
        return Four(*(None if line is None else tongue.whole(line) for tongue, line in self.each(lines)))

    def each(self, things: "Four[Line | None]") -> Iterator[tuple[Tongue, Line | None]]:
        """Each version with the tongue of its text."""
        return zip(self.tongues, things, strict=True)


Begin = Callable[[Four[Tongue]], Merge]
"""Begins a merge with the tongues of its texts."""


def _shown(thing: Line | Component | None) -> str | None:
    if thing is None:
        return None
    return spoken(thing) if isinstance(thing, Line) else told(thing)
