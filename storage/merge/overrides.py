"""Merging the single instances of a series: what one side said of an instance against what the other said of all.

- Both have an override: it is merged as any component; where nobody had one before, the base is the instance as the
  master described it.
- One side made an override, the other changed the series: the override has said only what it says otherwise than its
  master did then; in everything else it follows its master.
- One side took an instance away (EXDATE), the other edited it: the edit wins.
- One side edited an instance, and the series that the other side made has it no longer: it stays as it was put, by
  itself, and the inbox says so.
"""

from dataclasses import dataclass, field

from storage.ical.instance import instance_of
from storage.ical.lines import Component
from storage.ical.span import value_of
from storage.merge.choice import Four, Policy, Side
from storage.merge.component import Parts, component
from storage.merge.series import MASTER, Target, dated, excluded, included, key_of_part, series_of
from storage.merge.state import Merge


@dataclass(slots=True)
class Overrides:
    """The instances of one merge. `calendars` and `masters` are told in the instances of `target`, if there is one."""

    merge: Merge
    calendars: Four[Component]
    masters: Four[Component | None]
    parts: Parts
    target: Target | None
    _struck: dict[Side, set[str]] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        gone = Four(*(excluded(m, c) for m, c in zip(self.masters, self.calendars, strict=True)))
        self._struck = {Side.OURS: gone.ours - gone.agreed, Side.THEIRS: gone.theirs - gone.base}

    def merged(self, key: str, row: Four[Component | None]) -> Component | None:
        """The override of an instance as it is after the merge; None for none."""
        instance = key.split(" ", 1)[0]
        there = row.ours or row.theirs or row.base
        named = there.first("RECURRENCE-ID") if there is not None else None
        merge = self.merge.inside(named.value if named is not None else key)
        # An override that its own side has just struck out is one that it has deleted.
        ours = None if instance in self._struck[Side.OURS] else row.ours
        theirs = None if instance in self._struck[Side.THEIRS] else row.theirs
        row = Four(row.agreed, ours, row.base, theirs)
        if row.agreed is None and row.base is None:
            after = self._new(merge, instance, row)
        else:
            after = component(merge, row, self.calendars, self.parts)
        if after is not None:
            after = self._left_alone(merge, instance, row, after)
        if after is not None:
            self._kept.add(instance)
        return after

    def restored(self, calendar: Component) -> Component:
        """The merged text without the EXDATEs of those instances that an edit has kept."""
        master = next((each for each in dated(calendar) if key_of_part(each, calendar) == MASTER), None)
        back = self._kept & (self._struck[Side.OURS] | self._struck[Side.THEIRS])
        if master is None or not back:
            return calendar
        children = [included(master, calendar, back) if each is master else each for each in calendar.children]
        return Component(calendar.name, children, calendar.begin, calendar.end)

    def _new(self, merge: Merge, instance: str, row: Four[Component | None]) -> Component | None:
        """An override that neither side had before."""
        told = Four(
            *(
                None if m is None else instance_of(m, instance, c)
                for m, c in zip(self.masters, self.calendars, strict=True)
            )
        )
        ours, theirs = row.ours, row.theirs
        if ours is None and instance not in self._struck[Side.OURS]:
            ours, merge = told.ours, merge.silently(Policy.THEIRS)
        elif theirs is None and instance not in self._struck[Side.THEIRS]:
            theirs, merge = told.theirs, merge.silently(Policy.OURS)
        if told.agreed is None or told.base is None or (ours is None and theirs is None):
            return row.ours or row.theirs
        return component(merge, Four(told.agreed, ours, told.base, theirs), self.calendars, self.parts)

    def _left_alone(
        self, merge: Merge, instance_key: str, row: Four[Component | None], after: Component
    ) -> Component | None:
        """An override whose instance the other side's series has no longer."""
        named = after.first("RECURRENCE-ID")
        instance = value_of(named, self.calendars.ours) or value_of(named, self.calendars.theirs)
        if self.target is None or named is None or instance is None or self.target.has(instance.epoch):
            return after
        we, they = (self._changed(row, side) for side in Side)
        if we == they:
            return after
        mine, other = (Side.OURS, Side.THEIRS) if we else (Side.THEIRS, Side.OURS)
        if row.of(other) is not None or instance_key in self._struck[other]:
            return after
        master, calendar = self.masters.of(mine), self.calendars.of(mine)
        own = series_of(master, calendar) if master is not None else None
        if own is None or instance.epoch not in own.between(instance.epoch, instance.epoch, 1).epochs:
            return after
        lines = Four(*(None if each is None else each.first("RECURRENCE-ID") for each in row))
        lines = Four(lines.agreed, named if we else None, lines.base, named if they else None)
        merge.clash("RECURRENCE-ID", lines)
        return None if merge.policy == other.value else after

    def _changed(self, row: Four[Component | None], side: Side) -> bool:
        before, after = (row.agreed, row.ours) if side is Side.OURS else (row.base, row.theirs)
        tongue = self.merge.tongues.of(side)
        return (before and tongue.component(before)) != (after and tongue.component(after))
