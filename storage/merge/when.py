"""Merging the time of a component: start, end and rule, which mean something only together.

Each is a property of its own as long as the result is one that somebody could have wished for:
- one side changed the start, the other the end: both stay, if the end is still behind the start;
- one side moved the component (its length is as it was), the other made it longer or shorter from its end: it is moved
  and has the new length;
- one side changed when, the other how often: both stay.

Where both changed the same of them in two ways, all that the losing side changed in the same breath goes with it: a
start without its end, or a Monday's start with a Tuesday's rule, is nobody's wish.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, line
from storage.ical.span import value_of
from storage.ical.timetext import format_date, format_datetime
from storage.ical.values import Moment
from storage.merge.choice import Four, Policy, Side, changed, choose
from storage.merge.state import Merge, Tongue

Group = tuple[str, ...]
"""Properties that are decided about together."""

START: Group = ("DTSTART",)
ENDS: Group = ("DTEND", "DUE", "DURATION")
RULES: Group = ("RRULE",)
NAMES = (*START, *ENDS, *RULES)

Lines = dict[str, list[Line]]


@dataclass(frozen=True, slots=True)
class _Time:
    """The time of one version. `start` and `end` are None where there is none, or none that can be read."""

    lines: Lines
    start: Moment | None
    end: Moment | None

    @property
    def length(self) -> timedelta | None:
        """By the wall clock; None where it is a DURATION or unknown."""
        if self.start is None or self.end is None or self.start.all_day != self.end.all_day:
            return None
        if self.start.zone_name != self.end.zone_name:
            return timedelta(seconds=self.end.epoch - self.start.epoch)
        return self.end.local - self.start.local

    @property
    def form(self) -> tuple[str, ...]:
        """By which properties it ends."""
        return tuple(name for name in ENDS if self.lines[name])


def when(merge: Merge, versions: Four[Component], zones: Four[Component]) -> Lines:
    """The lines of `NAMES` that the merged component has."""
    times = Four(*(_time(part, root) for part, root in zip(versions, zones, strict=True)))
    said = {group: merge.seen(_said(merge.tongues, times, group)) for group in (START, ENDS, RULES)}
    picked = {group: choose(each, merge.policy) for group, each in said.items()}
    we = {group: changed(each)[0] for group, each in said.items()}
    they = {group: changed(each)[1] for group, each in said.items()}
    if not any(we.values()) and times.ours.form != times.base.form and any(they[each] for each in (START, ENDS)):
        picked[START] = picked[ENDS] = (Side.THEIRS, False)
    sides = {group: side for group, (side, _clash) in picked.items()}
    if resized := _moved_and_resized(times, we, they):
        return _lines(times, sides | {START: resized.mover}, ends=resized.ends)
    lost = {group for group, (_side, clash) in picked.items() if clash}
    if not lost and not _sound(times, sides):
        lost = {START, ENDS}
    if not lost:
        return _lines(times, sides)
    side = Side.OURS if merge.policy is Policy.OURS else Side.THEIRS
    if merge.policy is Policy.LIVE and all(said[group].theirs is None for group in lost):
        side = Side.OURS
    losers = we if side is Side.THEIRS else they
    if START in lost or (losers[START] and lost & {ENDS, RULES}):
        lost |= {group for group in (START, ENDS, RULES) if losers[group]} | ({START, ENDS} if START in lost else set())
    _tell(merge, times, lost)
    return _lines(times, sides | dict.fromkeys(lost, side))


def _time(part: Component, zones: Component) -> _Time:
    lines = {name: part.lines(name) for name in NAMES}
    ends = lines["DTEND"] or lines["DUE"]
    start = value_of(lines["DTSTART"][0], zones) if lines["DTSTART"] else None
    return _Time(lines, start, value_of(ends[0], zones) if ends else None)


def _said(tongues: Four[Tongue], times: Four[_Time], group: Sequence[str]) -> Four[str | None]:
    return Four(*(_group(tongue, time, group) for tongue, time in zip(tongues, times, strict=True)))


def _group(tongue: Tongue, time: _Time, group: Sequence[str]) -> str | None:
    said = sorted(tongue.whole(each) for name in group for each in time.lines[name])
    return "\n".join(said) if said else None


@dataclass(frozen=True, slots=True)
class _Resized:
    """Who moved it, and the lines by which it ends then."""

    mover: Side
    ends: Lines


def _moved_and_resized(times: Four[_Time], we: dict[Group, bool], they: dict[Group, bool]) -> _Resized | None:
    """One side moved it, the other changed its end alone."""
    sides = ((Side.OURS, times.agreed, we, times.base, they), (Side.THEIRS, times.base, they, times.agreed, we))
    for mover, before, moved, before_other, resized in sides:
        other = times.theirs if mover is Side.OURS else times.ours
        after = times.of(mover)
        if not (moved[START] and moved[ENDS] and resized[ENDS] and not resized[START]):
            continue
        if before.length is None or before.length != after.length or after.form != other.form:
            continue
        if other.length is None or before_other.length is None or after.end is None:
            continue
        name = "DTEND" if after.lines["DTEND"] else "DUE"
        ending = _later(after.lines[name][0], after.end, other.length - before.length)
        if ending is not None:
            return _Resized(mover, {**{each: after.lines[each] for each in ENDS}, name: [ending]})
    return None


def _later(source: Line, end: Moment, more: timedelta) -> Line | None:
    """The line of an end, moved by the wall clock."""
    local: datetime = end.local + more
    utc = "Z" if source.value.strip().upper().endswith("Z") else ""
    value = format_date(local) if end.all_day else format_datetime(local) + utc
    eol = "\n" if source.raw.endswith("\n") and not source.raw.endswith("\r\n") else "\r\n"
    try:
        return line(source.name, value, source.params, eol=eol)
    except InvalidData:
        return None


def _sound(times: Four[_Time], sides: dict[Group, Side]) -> bool:
    """Whether start and end of two sides go together; where one side's own do not, nothing is worse than that."""
    if sides[START] is sides[ENDS]:
        return True
    return _fits(times.of(sides[START]).start, times.of(sides[ENDS]).end) or not all(
        _fits(each.start, each.end) for each in (times.ours, times.theirs)
    )


def _fits(start: Moment | None, end: Moment | None) -> bool:
    if start is None or end is None:
        return True
    return start.all_day == end.all_day and start.floating == end.floating and start.epoch <= end.epoch


def _lines(times: Four[_Time], sides: dict[Group, Side], *, ends: Lines | None = None) -> Lines:
    found = {name: times.of(side).lines[name] for group, side in sides.items() for name in group}
    return found if ends is None else {**found, **ends}


def _tell(merge: Merge, times: Four[_Time], lost: set[Group]) -> None:
    for name in _names(lost):
        lines = Four(*(time.lines[name][0] if time.lines[name] else None for time in times))
        said = merge.whole(lines)
        if said.ours != said.theirs:
            merge.clash(name, lines)


def _names(groups: set[Group]) -> Iterator[str]:
    return (name for group in (START, ENDS, RULES) if group in groups for name in group)
