"""A series before its overrides: DTSTART, RRULE, RDATE, EXRULE and EXDATE of the master (RFC 5545 §3.8.5).

Choices where the RFC leaves one, or real calendars break it:
- DTSTART is always an instance and the first of COUNT, whether a rule matches it or not (§3.8.5.3 calls the case
  undefined, §3.3.10 counts it). Only a series whose every rule ended before DTSTART has no instance at all: that is how
  clients leave a series of which everything was deleted.
- A rule that is invalid is left out: the rest of the series, at least DTSTART, stays visible.
- EXDATE and RDATE in another zone or in UTC mean the same instant. A DATE excludes every instance on that local day of
  a timed series, and as RDATE adds one on that day at the time of DTSTART. EXDATE wins over RDATE (§3.8.5.1).
- With DTEND or DUE every instance lasts exactly as long as the first; with DURATION its days are nominal, so that an
  instance over a change of the clocks ends at the same wall-clock time (§3.8.5.3).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from storage.errors import InvalidData
from storage.ical import quirks
from storage.ical.lines import Component, Line
from storage.ical.span import value_of
from storage.ical.values import Moment, period_of, wall_seconds
from storage.records import ComponentRecord
from storage.recurrence.clockwork import earliest_wall, latest_wall, to_utc, to_wall
from storage.recurrence.days import first_of_year
from storage.recurrence.instances import DAY, END_OF_TIME, Yield, within
from storage.recurrence.rules import Freq, Rule, parse_rule

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — wall-clock time
_END = {"VEVENT": "DTEND", "VTODO": "DUE", "VJOURNAL": "DTEND"}
_FIRST = first_of_year(2) * DAY


@dataclass(frozen=True, slots=True)
class Length:
    """How long an instance lasts: nominal days, then exact seconds."""

    days: int = 0
    seconds: int = 0

    @property
    def longest(self) -> int:
        """An upper bound in seconds, whatever the clocks do."""
        return max(0, self.days * DAY + self.seconds) + (DAY if self.days else 0)


@dataclass(frozen=True, slots=True)
class Instances:
    """Instances in order: `epochs` and `walls` side by side (the same where time is floating).

    `lengths` holds, by epoch, the seconds that a PERIOD gives. `reached` is the UTC second from which on nothing is
    known, None if the whole span was searched; `ended` says that nothing follows after the span, `begun` that nothing
    stands before it.
    """

    epochs: list[int]
    walls: list[int]
    lengths: dict[int, int]
    reached: int | None
    begun: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class Series:
    """What the master says about when; `start` is DTSTART (of a task without one: DUE)."""

    start: Moment
    length: Length
    rules: tuple[Rule, ...] = ()
    exclusions: tuple[Rule, ...] = ()
    additions: tuple[tuple[Moment, int | None], ...] = ()
    excluded: frozenset[int] = frozenset()
    excluded_days: frozenset[int] = frozenset()
    dead: bool = False

    @property
    def zone(self) -> tzinfo | None:
        """The zone of the series, None for a floating or all-day one."""
        return self.start.zone

    def between(self, first: int | None, last: int | None, most: int) -> Instances:
        """The instances that start in [first, last] (seconds as in `Moment.epoch`), about `most` of them.

        The span may come out an hour wider at either end; the caller compares again.
        """
        start = wall_seconds(self.start.local)
        low = start if first is None else max(start, earliest_wall(max(first, _FIRST), self.zone))
        high = None if last is None else latest_wall(max(_FIRST, min(last, END_OF_TIME)), self.zone)
        found = [self._walls(rule, low, high, most) for rule in self.rules]
        walls = {wall for each in found for wall in each.walls}
        if not self.dead and low <= start and (high is None or start <= high):
            walls.add(start)
        reached = min((each.reached for each in found if each.reached is not None), default=None)
        for rule in self.exclusions if walls else ():
            excluded = self._walls(rule, low, max(walls), most * 2, with_start=True)
            walls.difference_update(excluded.walls)
            if excluded.reached is not None and excluded.reached <= max(walls, default=0):
                reached = min(excluded.reached, excluded.reached if reached is None else reached)
        if reached is not None:
            walls = {wall for wall in walls if wall < reached}
        ended = all(each.ended for each in found)
        return self._with_dates(sorted(walls), first, last, reached, begun=low <= start, ended=ended)

    def excludes(self, epoch: int) -> bool:
        """Whether EXDATE names the instance at this instant."""
        if epoch in self.excluded:
            return True
        return bool(self.excluded_days) and to_wall(epoch, self.zone) // DAY in self.excluded_days

    def _walls(self, rule: Rule, low: int, high: int | None, most: int, *, with_start: bool = False) -> Yield:
        start = wall_seconds(self.start.local)
        until = rule.last(self.zone, all_day=self.start.all_day)
        return within(rule, start, low, high, until=until, most=most, with_start=with_start)

    def _with_dates(
        self, walls: list[int], first: int | None, last: int | None, reached: int | None, *, begun: bool, ended: bool
    ) -> Instances:
        """The rules' instances as instants, with RDATEs added and EXDATEs taken away."""
        epochs = to_utc(walls, self.zone)
        limit = None if reached is None else to_utc([reached], self.zone)[0]
        lengths: dict[int, int] = {}
        if self.additions:
            low = _FIRST if first is None else first
            high = END_OF_TIME if last is None else last
            pairs = dict(zip(epochs, walls, strict=True))
            for moment, length in self.additions:
                begun = begun and moment.epoch >= low
                ended = ended and moment.epoch <= high
                if low <= moment.epoch <= high and (limit is None or moment.epoch < limit):
                    pairs.setdefault(moment.epoch, wall_seconds(moment.local))
                    if length is not None:
                        lengths[moment.epoch] = length
            epochs = sorted(pairs)
            walls = [pairs[epoch] for epoch in epochs]
        elif self.zone is not None:
            epochs, walls = _ascending(epochs, walls)
        if self.excluded or self.excluded_days:
            kept = [
                (epoch, wall)
                for epoch, wall in zip(epochs, walls, strict=True)
                if epoch not in self.excluded and wall // DAY not in self.excluded_days
            ]
            epochs, walls = [epoch for epoch, _ in kept], [wall for _, wall in kept]
        return Instances(epochs, walls, lengths, limit, begun, ended)


def read_series(component: Component, record: ComponentRecord, root: Component) -> Series | None:
    """The series of a master component; None if it has no date to start from."""
    start = value_of(component.first("DTSTART"), root) or value_of(component.first("DUE"), root)
    if start is None:
        return None
    rules = _rules(component.lines("RRULE"), start)
    days, moments = _exclusions(component.lines("EXDATE"), start, root)
    first = wall_seconds(start.local)
    ends = [rule.last(start.zone, all_day=start.all_day) for rule in rules]
    return Series(
        start,
        length_of(component, record, start),
        rules,
        _rules(component.lines("EXRULE"), start),
        tuple(_additions(component.lines("RDATE"), start, root)),
        moments,
        days,
        dead=bool(ends) and all(end is not None and end < first for end in ends),
    )


def length_of(component: Component, record: ComponentRecord, start: Moment) -> Length:
    """How long the component's instances last; the record knows its end whatever the properties are."""
    if record.start is None or record.end is None:
        return Length(days=1) if start.all_day and record.name != "VTODO" else Length()
    exact = max(0, record.end - record.start)
    line = component.first("DURATION")
    if start.zone is not None and exact and line is not None and not component.first(_END[record.name]):
        try:
            days, seconds = quirks.nominal(line.value)
            return Length(days, seconds)
        except InvalidData:
            pass
    return Length(seconds=exact)


def _rules(lines: list[Line], start: Moment) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for line in lines:
        text = quirks.recurrence_rule(line.value)
        try:
            rule = parse_rule(text) if text else None
        except InvalidData:
            continue
        if rule is not None and not (start.all_day and rule.freq > Freq.DAILY):
            found.append(rule.without_times() if start.all_day else rule)
    return tuple(found)


def _exclusions(lines: list[Line], start: Moment, root: Component) -> tuple[frozenset[int], frozenset[int]]:
    """The local days and the instants that EXDATE takes away."""
    days: set[int] = set()
    moments: set[int] = set()
    for value, _ in _values(lines, root):
        if value.all_day or start.all_day:
            days.add(wall_seconds(value.local) // DAY)
        else:
            moments.add(quirks.recurrence_id_in_the_manner_of(start, value).epoch)
    return frozenset(days), frozenset(moments)


def _additions(lines: list[Line], start: Moment, root: Component) -> Iterator[tuple[Moment, int | None]]:
    for value, length in _values(lines, root):
        yield _in_zone(quirks.recurrence_id_in_the_manner_of(start, value), start.zone), length


def _values(lines: list[Line], root: Component) -> Iterator[tuple[Moment, int | None]]:
    """The values of a list property; one that cannot be read does not take the others with it."""
    for line in lines:
        for value in line.value.split(","):
            try:
                yield period_of(value, line, root)
            except InvalidData:
                continue


def _in_zone(moment: Moment, zone: tzinfo | None) -> Moment:
    """The same instant with its wall-clock time in the zone of the series."""
    if moment.zone is zone or zone is None:
        return moment
    return replace(moment, local=_EPOCH + timedelta(seconds=to_wall(moment.epoch, zone)), zone=zone)


def _ascending(epochs: list[int], walls: list[int]) -> tuple[list[int], list[int]]:
    """In order and without repeats: times that the clocks skip can name the instant of a later one."""
    if epochs == sorted(set(epochs)):
        return epochs, walls
    pairs = dict(zip(reversed(epochs), reversed(walls), strict=True))
    ordered = sorted(pairs)
    return ordered, [pairs[epoch] for epoch in ordered]
