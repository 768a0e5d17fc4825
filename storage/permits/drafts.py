"""What the holder of a token wants an event to be or to become: the members that a permit can allow one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from storage.editing.change import KEEP, Change, Description, Given, Guest, Set, Times
from storage.editing.times import Stamp
from storage.permits.permit import Operation
from storage.records import ComponentRecord


@dataclass(frozen=True, slots=True)
class Draft:
    """A new event, or a change of one: `KEEP` leaves a member as it is, `None` clears it.

    `start`, `end`: naive stamps are read in the calendar's zone; of a whole day the date counts, and `end` is the first
    day after it. `invite`, `uninvite`: addresses that join the attendees and leave them; who is in both joins.
    `recurrence`: content lines RRULE, RDATE, EXDATE, of a new event.
    """

    title: Given[str] = KEEP
    description: Given[str] = KEEP
    location: Given[str] = KEEP
    start: Set[Stamp] = KEEP
    end: Set[Stamp] = KEEP
    all_day: Set[bool] = KEEP
    invite: tuple[str, ...] = ()
    uninvite: tuple[str, ...] = ()
    recurrence: Set[tuple[str, ...]] = KEEP

    @property
    def operations(self) -> frozenset[Operation]:
        """What a permit has to allow for this change of an event; nothing for one of nothing."""
        touched = {
            Operation.TITLE: self.title is not KEEP,
            Operation.DESCRIPTION: self.description is not KEEP,
            Operation.LOCATION: self.location is not KEEP,
            Operation.TIMES: not self.times.nothing or self.recurrence is not KEEP,
            Operation.ATTENDEES: bool(self.invite or self.uninvite),
        }
        return frozenset(operation for operation, is_touched in touched.items() if is_touched)

    @property
    def times(self) -> Times:
        """When the event shall be."""
        return Times(self.start, self.end, all_day=self.all_day)

    def change(self, before: ComponentRecord | None) -> Change:
        """The change of an event that is like this (None: of a new one)."""
        described = self.description
        return Change(
            name=self.title,
            description=described if described is KEEP or described is None else Description(described),
            location=self.location,
            times=self.times,
            recurrence=self.recurrence,
            attendees=self._guests(before) if self.invite or self.uninvite else KEEP,
        )

    def _guests(self, before: ComponentRecord | None) -> tuple[Guest, ...]:
        there = [str(each["email"]) for each in before.attendees if each["email"]] if before else []
        gone = {each.lower() for each in self.uninvite}
        return tuple(map(Guest, _once([*(each for each in there if each.lower() not in gone), *self.invite])))


def _once(addresses: Iterable[str]) -> list[str]:
    """Each address once, as it was written first."""
    found: dict[str, str] = {}
    for each in addresses:
        found.setdefault(each.lower(), each)
    return list(found.values())
