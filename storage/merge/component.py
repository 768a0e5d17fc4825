"""Merging one component of an entry: its properties by name, its alarms and whatever else stands inside."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from storage.ical import custom
from storage.ical.kinds import DATED
from storage.ical.lines import Component, Line, line
from storage.ical.quirks import calendar_address
from storage.ical.write import add_component, eol_of, remove, replace, set_lines
from storage.merge import lines as properties
from storage.merge.choice import Four, changed
from storage.merge.pairs import Marks, paired
from storage.merge.state import Merge, Tongue
from storage.merge.when import NAMES, when

LATEST = frozenset({"ACKNOWLEDGED", "DTSTAMP", "LAST-MODIFIED", "REV", "SEQUENCE", "X-MOZ-GENERATION", "X-MOZ-LASTACK"})
"""Stamps and counters (RFC 5545 §3.8.7, RFC 9074 §6.1): of two the later counts."""

QUIET = frozenset(
    {"CALSCALE", "COMPLETED", "CREATED", "METHOD", "PRODID", "REFRESH-INTERVAL", "SOURCE", "UID", "VERSION"}
    | {"X-LIC-ERROR", "X-MICROSOFT-CDO-APPT-SEQUENCE", "X-MICROSOFT-CDO-ATTENDEE-CRITICAL-CHANGE", "X-RADICALE-NAME"}
    | {"X-MICROSOFT-CDO-OWNER-CRITICAL-CHANGE", "X-MICROSOFT-CDO-OWNERAPPTID", "X-MICROSOFT-CDO-REPLYTIME"}
    | {"X-MOZ-SNOOZE-TIME", "X-PUBLISHED-TTL", "X-WR-CALDESC", "X-WR-CALNAME", "X-WR-RELCALID", "X-WR-TIMEZONE"}
    | {"X-WR-ALARMUID", "REQUEST-STATUS"}
)
"""What programs write by themselves: the upstream's counts where both changed it, and nobody has to decide."""

LISTS = frozenset({"CATEGORIES", "EXDATE", "FREEBUSY", "RDATE", "RESOURCES"})
MANY = frozenset(
    {"ATTACH", "ATTENDEE", "COMMENT", "CONCEPT", "CONFERENCE", "CONTACT", "IMAGE", "LINK", "REFID", "RELATED-TO"}
    | {custom.PROPERTY}
    | {"STRUCTURED-DATA", "STYLED-DESCRIPTION"}
)
"""Properties of which a component may have several (RFC 5545 §3.6, RFC 7986, RFC 9073, RFC 9253)."""

_SIGNIFICANT = ("DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "STATUS")
"""What an organizer may not change without a higher SEQUENCE (RFC 5546 §2.1.4)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """How the properties of one kind of text are told apart: `lists` have members, of `many` there may be several."""

    lists: frozenset[str]
    many: frozenset[str]
    marks: Callable[[Line], Marks]
    kind: Callable[[Line], str]


def component(merge: Merge, versions: Four[Component | None], zones: Four[Component], parts: Parts) -> Component | None:
    """The merged component; None where it is gone. `zones` are the VTIMEZONEs of the four texts."""
    told = zip(merge.tongues, versions, strict=True)
    said = Four(*(None if each is None else tongue.component(each) for tongue, each in told))
    if (side := merge.settled(said, versions)) is not None:
        return versions.of(side)
    assert versions.ours is not None
    full = Four(*(Component(versions.ours.name, []) if each is None else each for each in versions))
    merged = contents(merge, full, zones, parts)
    return _announced(merge, full, merged) if changed(said)[0] else merged


def contents(merge: Merge, versions: Four[Component], zones: Four[Component], parts: Parts) -> Component:
    """Everything inside a component that all have, written into ours."""
    merged = versions.ours
    handled: set[str] = {"", "RECURRENCE-ID"}
    if merged.name in DATED:
        for name, found in when(merge, versions, zones).items():
            merged = _with(merged, name, found)
        handled.update(NAMES)
    for name in _names(versions.ours, versions.theirs):
        if name not in handled:
            merged = _with(merged, name, _property(merge, name, versions, parts))
    return _children(merge, versions, zones, parts, merged)


def _property(merge: Merge, name: str, versions: Four[Component], parts: Parts) -> list[Line]:
    found = versions.map(lambda each: each.lines(name))
    if merge.rewords(name):
        return found.ours
    single = all(len(each) <= 1 for each in found)
    first = found.map(lambda each: each[0] if each else None)
    if name in LATEST and single:
        return [each for each in [properties.latest(first)] if each is not None]
    if name in QUIET:
        merge = merge.silently()
    if name in parts.lists:
        return properties.members(merge, found)
    if single and name not in parts.many:
        return [each for each in [properties.one(merge, first)] if each is not None]
    return properties.several(merge, found, parts.marks, parts.kind)


def _with(target: Component, name: str, lines: Sequence[Line]) -> Component:
    if target.lines(name) == list(lines):
        return target
    return set_lines(target, name, lines) if lines else remove(target, name)


def _names(*versions: Component) -> Iterable[str]:
    found = dict.fromkeys(child.name for each in versions for child in each.children if isinstance(child, Line))
    return list(found)


def _children(
    merge: Merge, versions: Four[Component], zones: Four[Component], parts: Parts, merged: Component
) -> Component:
    """The components inside, alarms above all."""
    tongue = merge.tongues.ours

    def marks(each: Component) -> Marks:
        return _uid_of(each), _alarm_of(each, tongue.whole), tongue.component(each)

    names = dict.fromkeys(inner.name for each in (versions.ours, versions.theirs) for inner in each.components())
    for name in names:
        inside = Four(*(each.components(name) for each in versions))
        for row in paired(inside, marks, _kind_of):
            after = component(merge, row, zones, parts)
            if after is row.ours:
                continue
            if row.ours is not None:
                merged = replace(merged, row.ours, after)
            elif after is not None:
                merged = add_component(merged, after)
    return merged


def _uid_of(part: Component) -> str:
    """What names an alarm or participant (RFC 9074 §4, RFC 9073 §6; Apple's and Evolution's own names before that)."""
    for name in ("UID", "X-WR-ALARMUID", "X-EVOLUTION-ALARM-UID"):
        if found := part.first(name):
            return found.value.strip()
    return ""


def _alarm_of(part: Component, said: Callable[[Line], str]) -> str:
    """An alarm without a name is told by what it does when."""
    trigger = part.first("TRIGGER")
    return f"{_kind_of(part)} {said(trigger)}" if trigger is not None else ""


def _kind_of(part: Component) -> str:
    action = part.first("ACTION")
    return f"{part.name} {action.value.strip().upper() if action else ''}"


def _announced(merge: Merge, versions: Four[Component], merged: Component) -> Component:
    """With the SEQUENCE that a time has which neither side has announced, where we are who announces it.

    RFC 5546 §2.1.4: the organizer alone counts on; with nobody invited nobody counts. Else the higher of the two stays.
    """
    organizer = merged.first("ORGANIZER")
    if organizer is None or f"mailto:{_address(organizer)}" not in merge.me:
        return merged
    now, ours, theirs = (_when(merge, each) for each in (merged, versions.ours, versions.theirs))
    if now in (ours, theirs):
        return merged
    highest = max(_sequence(each) for each in (versions.ours, versions.theirs))
    return set_lines(merged, "SEQUENCE", [line("SEQUENCE", str(highest + 1), eol=eol_of(merged))])


def _when(merge: Merge, part: Component) -> list[str]:
    said = (merge.tongues.ours.whole(each) for name in _SIGNIFICANT for each in part.lines(name))
    return sorted(each for each in said if each)


def _sequence(part: Component) -> int:
    found = part.first("SEQUENCE")
    value = found.value.strip() if found else ""
    return int(value[:9]) if value.isascii() and value.isdecimal() else 0


def _address(source: Line) -> str:
    return calendar_address(source.value, source.param("EMAIL")).lower()


def calendar_parts(tongue: Tongue) -> Parts:
    """How the properties of a calendar are told apart: people by address, files by id, custom ones by key."""

    def marks(source: Line) -> Marks:
        if source.name == "ATTENDEE":
            return (_address(source) or source.value.strip(),)
        if source.name == custom.PROPERTY:
            return (f"{source.param('X-SCOPE').upper()} {source.param('X-KEY')}",)
        return source.param("MANAGED-ID"), tongue.whole(source), tongue.value(source)

    def kind(source: Line) -> str:
        """A person or a key is no other, however few there are."""
        return "" if source.name in ("ATTENDEE", custom.PROPERTY) else source.name

    return Parts(LISTS, MANY, marks, kind)
