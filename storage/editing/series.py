"""The instances of a series: one made an exception or taken away, and what a change of the series means for them.

Contract A.10: of exceptions whose series has changed those are kept whose original start still occurs; the others go,
and so do exclusions of starts that occur no longer.
"""

from dataclasses import dataclass

from storage.editing.when import Bound, span_of
from storage.errors import InvalidData, NotFound
from storage.ical.instance import instance_of
from storage.ical.lines import Component, Line, line
from storage.ical.quirks import recurrence_id_in_the_manner_of
from storage.ical.render import render
from storage.ical.span import value_of, zones_only
from storage.ical.timetext import format_date, format_datetime
from storage.ical.values import Moment, key_of, moment, parse_datetime, recurrence_key, wall_seconds
from storage.ical.write import eol_of, remove, replace, set_lines, set_param, set_property
from storage.recurrence.clockwork import to_wall
from storage.recurrence.series import Series, read_series

_MOST = 50
_HERE = "RRULE"


@dataclass(frozen=True, slots=True)
class Told:
    """A series with its exceptions: the master, None where the text has none, and the others in file order.

    `whole` is the series as if nothing were excluded.
    """

    calendar: Component
    zones: Component
    master: Component | None
    exceptions: tuple[Component, ...]
    series: Series | None
    whole: Series | None

    @classmethod
    def of(cls, calendar: Component) -> "Told":
        """The series that a VCALENDAR tells."""
        zones = zones_only(calendar)
        events = calendar.components("VEVENT")
        master = next((each for each in events if each.first("RECURRENCE-ID") is None), None)
        others = tuple(each for each in events if each.first("RECURRENCE-ID") is not None)
        if master is None:
            return cls(calendar, zones, None, others, None, None)
        series, whole = _series(master, zones), _series(remove(master, "EXDATE"), zones)
        return cls(calendar, zones, master, others, series, whole)

    @property
    def recurs(self) -> bool:
        """Whether there is a master that has more than itself."""
        lines = [*self.master.lines("RRULE"), *self.master.lines("RDATE")] if self.master is not None else []
        return any(each.value.strip() for each in lines)

    def key(self, exception: Component) -> str:
        """The canonical RECURRENCE-ID of an exception, "" where it cannot be read."""
        at = self._at(exception)
        return recurrence_key(at) if at is not None else ""

    def exception(self, key: str) -> Component | None:
        """The exception that describes an instance: of several the one with the highest SEQUENCE, then the last."""
        found = [each for each in self.exceptions if self.key(each) == key]
        return max(found, key=lambda each: render(each, self.zones, None).sequence, default=None) if found else None

    def has(self, key: str) -> bool:
        """Whether the series has this instance, whether an exception describes it or not."""
        return self._in(self.series, key)

    def yields(self, key: str) -> bool:
        """The same, as if nothing were excluded."""
        return self._in(self.whole, key)

    def instance(self, key: str) -> Component:
        """One instance as a component of its own, as the exception before it or the master tells it. Raises NotFound.

        An exception that holds for this and all future instances describes those behind it (RFC 5545 §3.2.13).
        """
        if not self.has(key) or self.master is None or self.series is None:
            raise NotFound(f"there is no instance {key}", hint="list the instances of the series")
        made = instance_of(self.master, key, self.zones)
        if made is None:
            raise NotFound(f"the instance {key} cannot be told", hint="the series has no readable start")
        at = epoch_of(key)
        before = [(self._at(each), each) for each in self.exceptions if goes_on(each)]
        last = max(((when.epoch, each) for when, each in before if when and when.epoch < at), default=None, key=_first)
        if last is not None:
            return self._continued(*last, at, made)
        length = self.series.between(at, at, _MOST).lengths.get(at)
        return made if length is None else self._as_long(made, length)

    def split(self, exception: Component) -> tuple[Component, Component | None]:
        """An exception that holds for all future instances, too, as one of its own and one for the others.

        The second begins with the next instance that no other exception describes; None where there is none.
        """
        alone = set_lines(exception, "RECURRENCE-ID", [set_param(exception.lines("RECURRENCE-ID")[0], "RANGE", [])])
        at = self._at(exception)
        if self.series is None or self.master is None or at is None:
            return alone, None
        taken = {when.epoch for each in self.exceptions if (when := self._at(each)) is not None}
        following = self.series.between(at.epoch + 1, None, len(taken) + _MOST).epochs
        first = next((each for each in following if each > at.epoch and each not in taken), None)
        key = None if first is None else key_of(first, all_day=at.all_day, floating=at.floating)
        made = instance_of(self.master, key, self.zones) if key else None
        if made is None or first is None:
            return alone, None
        rest = self._continued(at.epoch, exception, first, made)
        named = set_param(rest.lines("RECURRENCE-ID")[0], "RANGE", ["THISANDFUTURE"])
        return alone, set_lines(rest, "RECURRENCE-ID", [named])

    def manner(self, epoch: int, name: str, eol: str) -> Line:
        """A property that names the instance at an instant, in the manner of the master's DTSTART."""
        assert self.series is not None
        assert self.master is not None
        source = self.master.first("DTSTART")
        params = {each: source.params[each] for each in ("TZID", "VALUE") if source and each in source.params}
        wall = to_wall(epoch, self.series.zone)
        local = parse_datetime(key_of(wall, floating=True))
        if self.series.start.all_day:
            return line(name, format_date(local), {**params, "VALUE": ["DATE"]}, eol=eol)
        utc = "Z" if source and source.value.strip().upper().endswith("Z") else ""
        return line(name, f"{format_datetime(local)}{utc}", params, eol=eol)

    def _at(self, exception: Component) -> Moment | None:
        at = value_of(exception.first("RECURRENCE-ID"), self.zones)
        return recurrence_id_in_the_manner_of(self.series.start, at) if at is not None and self.series else at

    def _in(self, series: Series | None, key: str) -> bool:
        at = epoch_of(key)
        if series is None or not self.recurs:
            return False
        named = key_of(at, all_day=series.start.all_day, floating=series.start.floating)
        return named == key and at in series.between(at, at, _MOST).epochs

    def _continued(self, since: int, exception: Component, at: int, made: Component) -> Component:
        """What an exception for all future instances says of the one at `at`; `made`: how the master names it."""
        span = span_of(exception, self.zones)
        recurrence = made.first("RECURRENCE-ID")
        if span is None or self.series is None or recurrence is None:
            return made
        start = span.start.moment
        zone = self.series.zone
        wall = to_wall(at, zone) + wall_seconds(start.local) - to_wall(since, zone)
        local = parse_datetime(key_of(wall, floating=True))
        here = Bound(start, span.start.tzid).moved(local)
        plain = set_property(remove(exception, "RECURRENCE-ID"), _HERE, "FREQ=DAILY")
        shown = instance_of(plain, recurrence_key(here.moment), self.zones)
        return made if shown is None else set_lines(shown, "RECURRENCE-ID", [recurrence])

    def _as_long(self, made: Component, seconds: int) -> Component:
        """An instance that lasts as long as the PERIOD that adds it."""
        span = span_of(made, self.zones)
        if span is None:
            return made
        start = span.start.moment
        wall = to_wall(start.epoch + seconds, start.zone)
        end = span.start.moved(parse_datetime(key_of(wall, floating=True)))
        return set_lines(remove(made, "DURATION"), "DTEND", [end.line("DTEND", eol_of(made))])


def settled(before: Told, after: Component, *, dates_given: bool) -> Component:
    """The VCALENDAR `after` a change of the master: exceptions and exclusions of starts that no longer occur are gone.

    `dates_given`: the exclusions are part of the change, and stay as they are. What is kept names its instance in the
    manner of the new DTSTART.
    """
    now = Told.of(after)
    if now.master is None or (before.master is not None and _when(before.master) == _when(now.master)):
        return after
    for each in now.exceptions:
        key = before.key(each)
        occurs = now.has(key)
        if not occurs and (before.yields(key) or not now.recurs):
            after = replace(after, each, None)
        elif occurs and _manner(now.master.first("DTSTART")) != _manner(each.first("RECURRENCE-ID")):
            after = replace(after, each, _renamed(each, now, key))
    return after if dates_given else _without_idle(before, now, after)


def _without_idle(before: Told, now: Told, after: Component) -> Component:
    """Without the exclusions of instances that were and are no more."""
    assert now.master is not None
    lines: list[Line] = []
    for each in now.master.lines("EXDATE"):
        values = each.value.split(",")
        kept = [value for value in values if not _idle(line("EXDATE", value, each.params), before, now)]
        if len(kept) == len(values):
            lines.append(each)
        elif kept:
            lines.append(line("EXDATE", ",".join(kept), each.params, eol=eol_of(now.master)))
    if [each.raw for each in lines] == [each.raw for each in now.master.lines("EXDATE")]:
        return after
    return replace(after, now.master, set_lines(now.master, "EXDATE", lines))


def _idle(exclusion: Line, before: Told, now: Told) -> bool:
    if before.series is None or now.series is None:
        return False
    try:
        value = moment(exclusion, now.zones)
    except InvalidData:
        return False
    was = recurrence_key(recurrence_id_in_the_manner_of(before.series.start, value))
    return before.yields(was) and not now.yields(
        recurrence_key(recurrence_id_in_the_manner_of(now.series.start, value))
    )


def _series(master: Component, zones: Component) -> Series | None:
    try:
        return read_series(master, render(master, zones, None), zones)
    except InvalidData:
        return None


def _when(master: Component) -> list[str]:
    return [each.raw for name in ("DTSTART", "RRULE", "RDATE", "EXDATE", "EXRULE") for each in master.lines(name)]


def _manner(source: Line | None) -> tuple[str, str, bool]:
    if source is None:
        return "", "", False
    return source.param("TZID"), source.param("VALUE").upper(), source.value.strip().upper().endswith("Z")


def _renamed(exception: Component, now: Told, key: str) -> Component:
    known = exception.first("RECURRENCE-ID")
    made = now.manner(epoch_of(key), "RECURRENCE-ID", eol_of(exception))
    if known is not None and "RANGE" in known.params:
        made = set_param(made, "RANGE", known.params["RANGE"])
    return set_lines(exception, "RECURRENCE-ID", [made])


def goes_on(exception: Component) -> bool:
    """Whether an exception holds for its instance and all future ones (RFC 5545 §3.2.13)."""
    named = exception.first("RECURRENCE-ID")
    return named is not None and named.param("RANGE").strip().upper() == "THISANDFUTURE"


def epoch_of(key: str) -> int:
    """The instant that a canonical RECURRENCE-ID names, as in `Moment.epoch`. Raises NotFound for what is none."""
    try:
        return wall_seconds(parse_datetime(key))
    except InvalidData as error:
        raise NotFound(f"{key[:40]!r} names no instance", hint="list the instances of the series") from error


def _first(pair: tuple[int, Component]) -> int:
    return pair[0]
