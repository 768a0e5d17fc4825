"""What a change of a whole series means for its single instances: which of the new instances an old one has become.

Somebody moves the weekly meeting from ten to eleven while somebody else moves, edits or cancels the meeting of the
12th. The 12th is still the 12th: what was said about it at ten now concerns the instance at eleven. So before instances
are compared, every text is told in the instances of the merged series (`Target.told`):

- an instance that whoever moved the series speaks of in the text with the new start is that one;
- one that the merged series has, too, is that one;
- else it is the only instance of the merged series on the same day;
- else the one that lies as far from it as the new start from the old;
- else it is left as it is: an instance of a series that has it no longer.

An override that did not move its instance moves along with it; one that did stays where it was put.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from storage.errors import InvalidData
from storage.ical import quirks
from storage.ical.kinds import DATED
from storage.ical.lines import Component, Line, line
from storage.ical.render import render
from storage.ical.span import value_of, zones_only
from storage.ical.timetext import format_date, format_datetime
from storage.ical.values import Moment, moment, recurrence_key, wall_seconds
from storage.ical.write import eol_of, remove, set_lines
from storage.ical.write import replace as replaced
from storage.recurrence.clockwork import to_utc, to_wall
from storage.recurrence.series import Series, read_series

MASTER = ""
DAY = 86_400
_MOST = 50
"""So many instances on one day are looked at; whoever has more is found by the other ways."""


def key_of_part(part: Component, calendar: Component) -> str:
    """The instance that a component is: `MASTER`, or its canonical RECURRENCE-ID, with its RANGE where it has one."""
    found = part.first("RECURRENCE-ID")
    if found is None:
        return MASTER
    try:
        key = recurrence_key(moment(found, calendar))
    except (InvalidData, ValueError, OverflowError):
        key = found.value
    return f"{key} {found.param('RANGE').upper()}".strip()


def dated(calendar: Component) -> Iterator[Component]:
    """The events, tasks and journal entries of a VCALENDAR."""
    return (each for each in calendar.components() if each.name in DATED)


def series_of(master: Component, calendar: Component) -> Series | None:
    """The series of a master without its exclusions; None for one that has no date to start from."""
    zones = zones_only(calendar)
    plain = remove(master, "EXDATE")
    try:
        return read_series(plain, render(plain, zones, None), zones)
    except (InvalidData, ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """The merged series; `start` is the DTSTART line that it has.

    `settled` are the instances (canonical RECURRENCE-IDs) that the texts with this start speak of.
    """

    series: Series
    start: Line
    settled: frozenset[str]

    def has(self, epoch: int) -> bool:
        """Whether the series has an instance at this instant (as in `Moment.epoch`)."""
        return epoch in self.series.between(epoch, epoch, _MOST).epochs

    def told(self, calendar: Component) -> Component:
        """A text of the entry with its RECURRENCE-IDs and EXDATEs told in the instances of the merged series."""
        master = next((each for each in dated(calendar) if key_of_part(each, calendar) == MASTER), None)
        before = series_of(master, calendar) if master is not None else None
        if master is None or before is None:
            return calendar
        taken = {key_of_part(each, calendar) for each in dated(calendar)}
        for part in list(dated(calendar)):
            after = self._override(part, calendar, before)
            if after is not part and (part is master or key_of_part(after, calendar) not in taken):
                calendar = replaced(calendar, part, after)
        return replaced(calendar, master, self._exclusions(master, calendar, before))

    def becomes(self, instance: Moment, before: Series) -> Moment | None:
        """Which instance of the merged series an instance of the earlier one has become; None if it is itself."""
        here = quirks.recurrence_id_in_the_manner_of(before.start, instance)
        start = self.series.start
        wall = to_wall(here.epoch, before.zone) if before.zone is not None else here.epoch
        same_kind = here.all_day == start.all_day and here.floating == start.floating
        if recurrence_key(here) in self.settled or (same_kind and self.has(here.epoch)):
            return None
        low = wall - wall % DAY
        span = to_utc([low, low + DAY - 1], start.zone) if start.zone is not None else [low, low + DAY - 1]
        day = self.series.between(span[0], span[1], _MOST)
        found = [at for at, there in zip(day.epochs, day.walls, strict=True) if low <= there < low + DAY]
        if len(found) != 1:
            shift = wall_seconds(start.local) - wall_seconds(before.start.local)
            at = to_utc([wall + shift], start.zone)[0] if start.zone is not None else wall + shift
            found = [at] if self.has(at) else []
        if not found:
            return None
        at = found[0]
        local = to_wall(at, start.zone) if start.zone is not None else at
        return replace(start, local=start.local + timedelta(seconds=local - wall_seconds(start.local)), epoch=at)

    def _override(self, part: Component, calendar: Component, before: Series) -> Component:
        found = part.first("RECURRENCE-ID")
        instance = value_of(found, calendar)
        if found is None or instance is None or (after := self.becomes(instance, before)) is None:
            return part
        params = {"RANGE": found.params["RANGE"]} if "RANGE" in found.params else {}
        named = self._named("RECURRENCE-ID", [after], eol_of(part), params)
        return set_lines(self._along(part, calendar, instance, after), "RECURRENCE-ID", [named])

    def _along(self, part: Component, calendar: Component, instance: Moment, after: Moment) -> Component:
        """An override that begins when its instance does begins when the new one does, and lasts as long."""
        own = value_of(part.first("DTSTART"), calendar)
        if own is None or own.epoch != instance.epoch or own.all_day != instance.all_day:
            return part
        for name in ("DTEND", "DUE"):
            ending = part.first(name)
            end = value_of(ending, calendar)
            if ending is not None and end is not None:
                at = replace(after, local=after.local + (end.local - own.local), all_day=after.all_day)
                part = set_lines(part, name, [self._named(name, [at], eol_of(part), {})])
        return set_lines(part, "DTSTART", [self._named("DTSTART", [after], eol_of(part), {})])

    def _exclusions(self, master: Component, calendar: Component, before: Series) -> Component:
        lines = []
        for each in master.lines("EXDATE"):
            try:
                values = [moment(line("EXDATE", value, each.params), calendar) for value in each.value.split(",")]
            except InvalidData:
                lines.append(each)
                continue
            moved = [(value, self.becomes(value, before)) for value in values]
            if all(after is None for _value, after in moved):
                lines.append(each)
                continue
            kept = [text for text, (_v, after) in zip(each.value.split(","), moved, strict=True) if after is None]
            if kept:
                lines.append(line("EXDATE", ",".join(kept), each.params, eol=eol_of(master)))
            lines.append(self._named("EXDATE", [after for _v, after in moved if after is not None], eol_of(master), {}))
        return set_lines(master, "EXDATE", lines) if lines else master

    def _named(self, name: str, at: Iterable[Moment], eol: str, params: dict[str, tuple[str, ...]]) -> Line:
        """A line for instances of the merged series, in the manner of its DTSTART."""
        utc = "Z" if self.start.value.strip().upper().endswith("Z") else ""
        values = [format_date(each.local) if each.all_day else format_datetime(each.local) + utc for each in at]
        kept = {key: values_ for key, values_ in self.start.params.items() if key in ("TZID", "VALUE")}
        return line(name, ",".join(values), {**kept, **params}, eol=eol)


def excluded(master: Component | None, calendar: Component) -> set[str]:
    """The instances that EXDATEs of a master take away, by canonical RECURRENCE-ID."""
    found: set[str] = set()
    if master is None or not (struck := master.lines("EXDATE")):
        return found
    start = value_of(master.first("DTSTART"), calendar) or value_of(master.first("DUE"), calendar)
    for each in struck:
        for value in each.value.split(","):
            try:
                at = moment(line("EXDATE", value, each.params), calendar)
            except InvalidData:
                continue
            if start is not None:
                at = quirks.recurrence_id_in_the_manner_of(start, at)
            found.add(recurrence_key(at))
    return found


def included(master: Component, calendar: Component, keys: set[str]) -> Component:
    """The master without the EXDATEs of these instances."""
    lines: list[Line] = []
    for each in master.lines("EXDATE"):
        kept = [value for value in each.value.split(",") if not _names_one(value, each, master, calendar, keys)]
        if len(kept) == len(each.value.split(",")):
            lines.append(each)
        elif kept:
            lines.append(line("EXDATE", ",".join(kept), each.params, eol=eol_of(master)))
    return set_lines(master, "EXDATE", lines) if lines else remove(master, "EXDATE")


def _names_one(value: str, source: Line, master: Component, calendar: Component, keys: set[str]) -> bool:
    single = remove(master, "EXDATE")
    single = set_lines(single, "EXDATE", [line("EXDATE", value, source.params)])
    return bool(excluded(single, calendar) & keys)
