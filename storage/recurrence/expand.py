"""The occurrences of a stored entry inside a span of time: its series, with overrides in the place of their instances.

Choices where RFC 5545 leaves one:
- An override of an instance that the rules never yield still appears: its RECURRENCE-ID may refer to an instance
  outside this text (§3.8.4.4; an invitation to one occurrence), and what somebody wrote must not vanish. Not so if
  EXDATE names it: exclusions come last (§3.8.5.1).
- Of two overrides of one instance the one with the higher SEQUENCE counts, then the later in the text (§3.8.7.4).
- RANGE=THISANDFUTURE moves the instances from its own on by the same difference of wall-clock time, and describes and
  times them; an instance with an override of its own keeps that (§3.8.4.4, §3.2.13). An EXDATE of its own instance
  takes away that one alone.
- A cancelled override is an occurrence as any other; whoever lists decides by its STATUS.
- Floating and all-day time is compared with the span as if its wall clock were UTC; the caller widens the span.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import zip_longest
from operator import attrgetter

from storage.ical.kinds import DATED
from storage.ical.lines import Component
from storage.ical.read import Content
from storage.ical.span import value_of
from storage.ical.values import key_of, parse_datetime, wall_seconds
from storage.records import ComponentRecord, Occurrence
from storage.recurrence.clockwork import to_utc, to_wall
from storage.recurrence.instances import DAY
from storage.recurrence.series import Instances, Length, Series, length_of, read_series

_ORDER = attrgetter("start", "recurrence_id", "position")
_NOTHING = Instances([], [], {}, None, begun=True, ended=True)


@dataclass(frozen=True, slots=True)
class Expansion:
    """The occurrences in order of start, and the span in which nothing is missing.

    `complete_from` is None if nothing lies before, `complete_until` None if nothing lies after; every occurrence that
    intersects a window between them is there.
    """

    occurrences: tuple[Occurrence, ...]
    complete_from: int | None
    complete_until: int | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Which component describes the instances from `since` (as in `Moment.epoch`) on, and how it moves them.

    `zone` is None where the stretch keeps the instants of the series as they are.
    """

    since: int | None
    position: int
    all_day: bool
    floating: bool
    length: Length
    shift: int = 0
    moved: bool = False
    zone: tzinfo | None = None


def expand(content: Content, start: int | None, end: int | None, *, limit: int = 20_000) -> Expansion:
    """Every occurrence that intersects [start, end), seconds as in `Moment.epoch`; None is unbounded.

    At most `limit` occurrences, the earliest; `complete_until` then says how far they reach. An occurrence without
    length intersects from its start on (RFC 4791 §9.9). A task without DTSTART counts at its DUE; what has neither has
    no occurrence.
    """
    records = content.components
    if content.plain:
        return _clipped(single(records[0]), _NOTHING, start, end, limit)
    [calendar] = content.tree.components("VCALENDAR")
    components = [child for child in calendar.components() if child.name in DATED]
    overrides = _overrides(records)
    masters = [position for position, record in enumerate(records) if not record.recurrence_id]
    found: list[Occurrence] = []
    searched = _NOTHING
    series = None
    for master in masters[:1]:
        series = read_series(components[master], records[master], content.tree)
        if series is None:
            continue
        stretches = _stretches(content, components, series, master, overrides)
        searched = series.between(*_reach(stretches, series, start, end), limit + len(overrides) + 1)
        found = _described(stretches, searched, series, overrides)
    for at, position in overrides.items():
        found += _override(records[position], position, at, series)
    for master in masters[1:]:  # RFC 5545 §3.8.4.4 allows one; a second is shown as it stands
        found += single(records[master], master)
    return _clipped(found, searched, start, end, limit)


def single(record: ComponentRecord, position: int = 0) -> list[Occurrence]:
    """The one instance of a component that does not recur; none without any date (tasks, journals)."""
    start = record.end if record.start is None else record.start
    if start is None:
        return []
    end = record.end
    if end is None:
        end = start + DAY if record.all_day and record.name != "VTODO" else start
    return [Occurrence(start, max(start, end), "", position, record.all_day, record.floating)]


def _overrides(records: Sequence[ComponentRecord]) -> dict[int, int]:
    """The position of the override for each overridden instance."""
    found: dict[int, int] = {}
    for position, record in enumerate(records):
        if record.recurrence_id:
            at = wall_seconds(parse_datetime(record.recurrence_id))
            if at not in found or record.sequence >= records[found[at]].sequence:
                found[at] = position
    return found


def _override(record: ComponentRecord, position: int, at: int, series: Series | None) -> list[Occurrence]:
    """The occurrence that an override describes; without dates of its own it keeps the time of its instance."""
    if series is not None and series.excludes(at):
        return []
    key = record.recurrence_id
    if series is not None:
        key = key_of(at, all_day=series.start.all_day, floating=series.start.floating)
    if record.start is not None or record.end is not None:
        return [each._replace(recurrence_id=key) for each in single(record, position)]
    all_day, floating = len(key) == len("YYYYMMDD"), not key.endswith("Z")
    length = series.length.longest if series is not None else DAY * all_day
    return [Occurrence(at, at + length, key, position, all_day, floating)]


def _stretches(
    content: Content, components: list[Component], series: Series, master: int, overrides: dict[int, int]
) -> list[_Stretch]:
    """The master's stretch, then one for each THISANDFUTURE override, in order."""
    start = series.start
    found = [_Stretch(None, master, start.all_day, start.floating, series.length)]
    for at in sorted(overrides):
        position = overrides[at]
        record = content.components[position]
        own = value_of(components[position].first("DTSTART"), content.tree) if record.this_and_future else None
        if own is None:
            continue
        shift = wall_seconds(own.local) - to_wall(at, series.zone)
        length = length_of(components[position], record, own)
        found.append(_Stretch(at, position, own.all_day, own.floating, length, shift, moved=True, zone=own.zone))
    return found


def _reach(
    stretches: list[_Stretch], series: Series, start: int | None, end: int | None
) -> tuple[int | None, int | None]:
    """Between which instants of the series an instance can lie that appears in [start, end)."""
    period = max((length for _, length in series.additions if length), default=0)
    back = max(max(each.length.longest, period) + each.shift + DAY * each.moved for each in stretches)
    ahead = min(each.shift - DAY * each.moved for each in stretches)
    return None if start is None else start - max(0, back), None if end is None else end - min(0, ahead)


def _described(
    stretches: list[_Stretch], searched: Instances, series: Series, overrides: dict[int, int]
) -> list[Occurrence]:
    """The instances without an override of their own, as the stretch that they lie in describes them."""
    found: list[Occurrence] = []
    epochs, walls = searched.epochs, searched.walls
    begin = 0
    for stretch, following in zip_longest(stretches, stretches[1:]):
        last = len(epochs) if following is None or following.since is None else bisect_left(epochs, following.since)
        ids, starts, ends = _times(stretch, epochs[begin:last], walls[begin:last], series.zone)
        found += _occurrences(stretch, series, ids, starts, ends, searched.lengths, overrides)
        begin = last
    return found


def _times(
    stretch: _Stretch, epochs: list[int], walls: list[int], zone: tzinfo | None
) -> tuple[list[int], list[int], list[int]]:
    """For each instance of a stretch: the instant that names it, its start and its end."""
    starts = epochs
    if stretch.moved:
        zone = stretch.zone
        walls = [wall + stretch.shift for wall in walls]
        if stretch.all_day:
            walls = [wall - wall % DAY for wall in walls]
        starts = to_utc(walls, zone)
    if stretch.length.days and zone is not None:
        ends = to_utc([wall + stretch.length.days * DAY for wall in walls], zone)
        return epochs, starts, [end + stretch.length.seconds for end in ends]
    seconds = stretch.length.days * DAY + stretch.length.seconds
    return epochs, starts, [each + seconds for each in starts]


def _occurrences(
    stretch: _Stretch,
    series: Series,
    ids: list[int],
    starts: list[int],
    ends: list[int],
    lengths: dict[int, int],
    overrides: dict[int, int],
) -> Iterator[Occurrence]:
    position, all_day, floating = stretch.position, stretch.all_day, stretch.floating
    by_day, by_clock = series.start.all_day, series.start.floating
    for at, start, end in zip(ids, starts, ends, strict=True):
        if at not in overrides:
            if lengths and at in lengths:
                end = start + lengths[at]
            key = key_of(at, all_day=by_day, floating=by_clock)
            yield Occurrence(start, max(start, end), key, position, all_day, floating)


def _clipped(found: list[Occurrence], searched: Instances, start: int | None, end: int | None, limit: int) -> Expansion:
    """What intersects the window, in order, and how far it is complete."""
    before, after = not searched.begun, not searched.ended
    kept: list[Occurrence] = []
    for each in found:
        if end is not None and each.start >= end:
            after = True
        elif start is None or each.end > start or each.start >= start:
            kept.append(each)
        else:
            before = True
    kept.sort(key=_ORDER)
    until = end if after else None
    if searched.reached is not None:
        until = searched.reached if until is None else min(until, searched.reached)
    if len(kept) > limit:
        until = kept[limit].start if until is None else min(until, kept[limit].start)
    if until is not None and until != end:
        kept = [each for each in kept if each.start < until]
        until = until if start is None else max(start, until)
    return Expansion(tuple(kept), start if before else None, until)
