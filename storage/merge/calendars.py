"""Merging whole calendar texts: the master first, then its instances, told in the instances of the merged series."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.errors import InvalidData
from storage.ical.canonical import Form, parameters
from storage.ical.kinds import DATED, ENTRIES
from storage.ical.lines import Component, Line, dump, line, parse, unescape
from storage.ical.span import zones_only
from storage.ical.write import add_component, calendar_of, remove, replace, set_lines
from storage.merge.choice import Four, choose
from storage.merge.component import calendar_parts, component, contents
from storage.merge.overrides import Overrides
from storage.merge.series import MASTER, Target, dated, excluded, key_of_part, series_of
from storage.merge.state import Begin, Merge, Tongue
from storage.merge.when import when

BOUND = frozenset(
    {"ALTREP", "DERIVED", "ENCODING", "FBTYPE", "FILENAME", "FMTTYPE", "LANGUAGE", "MANAGED-ID", "RANGE", "RELATED"}
    | {"RELTYPE", "SCHEMA", "SIZE", "TZID", "VALUE"}
)
"""Parameters that say what the value means: they come and go with it. So do all of an X- property."""


class CalendarTongue:
    """How one calendar text says things (`storage.ical.canonical`); its zones count."""

    def __init__(self, calendar: Component) -> None:
        self._form = Form(zones_only(calendar))

    def whole(self, line: Line) -> str:
        """See `Tongue`."""
        return "\n".join(sorted(self._form.line(line)))

    def value(self, source: Line) -> str:
        """See `Tongue`."""
        bound = {key: values for key, values in source.params.items() if _bound(source, key)}
        if len(bound) == len(source.params):
            return self.whole(source)
        try:
            return self.whole(line(source.name, source.value, bound))
        except InvalidData:
            return self.whole(source)

    def params(self, source: Line) -> Mapping[str, str]:
        """See `Tongue`."""
        if not source.params:
            return {}
        return {key: said for key, said in parameters(source).items() if not _bound(source, key)}

    def component(self, component: Component) -> str:
        """See `Tongue`."""
        return self._form.of(component)


def _bound(source: Line, key: str) -> bool:
    return key in BOUND or source.name.startswith("X-")


def calendars(texts: Four[str | None], begin: Begin) -> tuple[str, Merge]:
    """The merged text, written into ours, and what clashed; None is a text that never was.

    Raises InvalidData for texts that cannot be merged: broken ones, and entries of different kinds.
    """
    parsed = {text: parse(text) for text in texts if text is not None}
    trees = texts.map(lambda text: None if text is None else parsed[text])
    found = trees.map(lambda tree: _EMPTY if tree is None else calendar_of(tree))
    if len({part.name for each in found for part in each.components() if part.name in ENTRIES}) > 1:
        raise InvalidData("an event, a task and a journal entry cannot be merged with each other")
    for each in found:
        _refuse_junk(each)
    tongues = {id(each): CalendarTongue(each) for each in found}
    merge = begin(found.map(lambda each: tongues[id(each)]))
    merged = _Calendars(merge, found).merged()
    return dump(merged if trees.ours is None else replace(trees.ours, found.ours, merged)), merge


_EMPTY = Component("VCALENDAR", [])


def _refuse_junk(part: Component) -> None:
    for child in part.children:
        if isinstance(child, Component):
            _refuse_junk(child)
        elif not child.name and child.value.strip():
            raise InvalidData(f"{child.value[:40]!r} is no property, so nobody knows what it belongs to")


@dataclass(slots=True)
class _Calendars:
    """One merge of four VCALENDARs."""

    merge: Merge
    found: Four[Component]

    def merged(self) -> Component:
        """The merged VCALENDAR."""
        heads = Four(*(_head(each) for each in self.found))
        head = contents(self.merge, heads, self.found, calendar_parts(self.merge.tongues.ours))
        target = self._series()
        if target is not None:
            self.found = self.found.map(target.told)
        ours = self.found.ours
        merged = Component(ours.name, [*head.children, *ours.components()], ours.begin, ours.end)
        merged = self._zones(self._entry(merged, target))
        for other in (self.found.theirs, self.found.ours, self.found.base, self.found.agreed):
            merged = _with_zones(merged, other)
        return merged

    def _series(self) -> Target | None:
        """The merged series where any text has another one; None where all agree, or there is none."""
        masters = Four(*(_master_of(_by_key(each)) for each in self.found))
        if masters.ours is None or masters.theirs is None:
            return None
        name = masters.ours.name
        full = Four(*(Component(name, []) if each is None else each for each in masters))
        said = Four(*(_rhythm(tongue, each) for tongue, each in zip(self.merge.tongues, full, strict=True)))
        if said.agreed == said.ours and said.base == said.theirs:
            return None
        merged = masters.ours
        for name, lines in when(self.merge.silently(), full, self.found).items():
            merged = set_lines(merged, name, lines) if lines else remove(merged, name)
        zones = Component("VCALENDAR", [*self.found.ours.components("VTIMEZONE"), *self.found.theirs.components()])
        start, series = merged.first("DTSTART"), series_of(merged, zones)
        recurs = any(merged.lines(name) for name in ("RRULE", "RDATE"))
        if start is None or series is None or not recurs:
            return None
        return Target(series, start, self._settled(masters, start))

    def _settled(self, masters: Four[Component | None], start: Line) -> frozenset[str]:
        """The instances of which the texts speak that have this start."""
        wanted = self.merge.tongues.ours.whole(start)
        found: set[str] = set()
        for master, calendar, tongue in zip(masters, self.found, self.merge.tongues, strict=True):
            begins = master.first("DTSTART") if master is not None else None
            if begins is not None and tongue.whole(begins) == wanted:
                found |= excluded(master, calendar)
                found |= {key_of_part(each, calendar).partition(" ")[0] for each in dated(calendar)}
        return frozenset(found)

    def _entry(self, merged: Component, target: Target | None) -> Component:
        """Every component of the entry; masters first, as overrides lean on them."""
        parts = calendar_parts(self.merge.tongues.ours)
        known = Four(*(_by_key(each) for each in self.found))
        keys = list(dict.fromkeys(key for each in (known.ours, known.theirs) for key in each))
        overrides = Overrides(self.merge, self.found, known.map(_master_of), parts, target)
        for key in sorted(keys, key=lambda key: key.instance != MASTER):
            row = Four(*(each.get(key) for each in known))
            if key.instance == MASTER:
                after = component(self.merge, row, self.found, parts)
            else:
                after = overrides.merged(key.instance, row)
            merged = _put(merged, row.ours, after)
        return overrides.restored(merged)

    def _zones(self, merged: Component) -> Component:
        """VTIMEZONEs by name; one that something uses stays, whoever removed it."""
        known = Four(*(_zones_of(each) for each in self.found))
        for name, here in known.ours.items():
            row = Four(*(each.get(name) for each in known))
            said = Four(*(None if each is None else dump(each) for each in row))
            after = row.of(choose(self.merge.seen(said), self.merge.policy)[0])
            if after is not None or not _uses(merged, name):
                merged = _put(merged, here, after)
        return merged


@dataclass(frozen=True, slots=True)
class _Key:
    """Which component of an entry: its name, its instance, and its number among those that have the same."""

    name: str
    instance: str
    number: int


def _by_key(calendar: Component) -> dict[_Key, Component]:
    found: dict[_Key, Component] = {}
    for part in calendar.components():
        if part.name != "VTIMEZONE":
            instance = key_of_part(part, calendar) if part.name in ENTRIES else MASTER
            number = sum(key.name == part.name and key.instance == instance for key in found)
            found[_Key(part.name, instance, number)] = part
    return found


def _master_of(known: Mapping[_Key, Component]) -> Component | None:
    return next((part for key, part in known.items() if key.name in DATED and key.instance == MASTER), None)


def _rhythm(tongue: Tongue, master: Component) -> list[str]:
    """What names the instances of a series."""
    return sorted(tongue.whole(each) for name in ("DTSTART", "RRULE", "EXRULE") for each in master.lines(name))


def _head(calendar: Component) -> Component:
    lines = [child for child in calendar.children if isinstance(child, Line)]
    return Component(calendar.name, [*lines], calendar.begin, calendar.end)


def _put(parent: Component, old: Component | None, new: Component | None) -> Component:
    if old is new:
        return parent
    if old is not None:
        return replace(parent, old, new)
    return parent if new is None else add_component(parent, new)


def _zones_of(calendar: Component) -> dict[str, Component]:
    return {_tzid(each): each for each in calendar.components("VTIMEZONE")}


def _tzid(zone: Component) -> str:
    found = zone.first("TZID")
    return unescape(found.value).strip() if found is not None else ""


def _used(part: Component) -> set[str]:
    """The zones that are named anywhere inside."""
    found: set[str] = set()
    for child in part.children:
        if isinstance(child, Component):
            found |= _used(child)
        elif zone := child.param("TZID"):
            found.add(zone.strip())
    return found


def _uses(calendar: Component, zone: str) -> bool:
    return any(zone in _used(each) for each in calendar.components() if each.name != "VTIMEZONE")


def _with_zones(calendar: Component, other: Component) -> Component:
    """With the VTIMEZONEs of another text that this one needs and does not have."""
    missing = _used(calendar) - _zones_of(calendar).keys()
    for name, zone in _zones_of(other).items():
        if name in missing:
            calendar = add_component(calendar, zone)
    return calendar
