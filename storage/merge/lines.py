"""Merging the properties of one name: a single one, several that are told apart, or lists of members."""

import re
from collections.abc import Callable, Mapping, Sequence

from storage.errors import InvalidData
from storage.ical.lines import Line, line, unfold
from storage.ical.write import set_value
from storage.merge.choice import Four, Lossy, Policy, Side, changed, choose
from storage.merge.pairs import Marks, paired
from storage.merge.state import Merge, Tongue

SERVER_SAYS = frozenset({"SCHEDULE-STATUS"})
"""Parameters that only servers write (RFC 6638 §7.3): theirs counts, and nobody has to decide."""

_MEMBER = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)


def one(merge: Merge, lines: Four[Line | None]) -> Line | None:
    """A property that stands once: its value and each of its parameters, or whether it is there at all."""
    if (side := merge.settled(merge.whole(lines), lines)) is not None:
        return lines.of(side)
    assert lines.ours is not None
    assert lines.theirs is not None
    return _in_parts(merge, lines, lines.ours, lines.theirs)


def _in_parts(merge: Merge, lines: Four[Line | None], ours: Line, theirs: Line) -> Line:
    """A property that both texts have: value and parameters are decided one by one."""
    values = Four(*(None if each is None else tongue.value(each) for tongue, each in merge.each(lines)))
    side, clash = choose(merge.seen(values), merge.policy)
    said: list[Mapping[str, str]] = [{} if each is None else tongue.params(each) for tongue, each in merge.each(lines)]
    params = Four(*said)
    sides: dict[str, Side] = {}
    for name in {**params.ours, **params.theirs}:
        versions = Four(*(each.get(name) for each in params))
        if name == "SCHEDULE-AGENT" and not merge.believes:
            sides[name] = Side.OURS  # an upstream may be told to keep silent about one write; the next may be told
            continue
        if name in SERVER_SAYS:
            sides[name], _clashes = choose(versions, Policy.THEIRS)
            continue
        sides[name], clashes = choose(merge.seen(versions), merge.policy)
        clash = clash or clashes
    if clash:
        merge.clash(ours.name, lines)
    return _written(merge.tongues, side, sides, ours, theirs)


def _written(tongues: Four[Tongue], side: Side, sides: Mapping[str, Side], ours: Line, theirs: Line) -> Line:
    """The line that has the value of this side and its parameters from those; one of the two where that says it."""
    source = ours if side is Side.OURS else theirs
    other = theirs if side is Side.OURS else ours
    free = {name for name in source.params if name in sides}
    wanted = {name: (ours if each is Side.OURS else theirs).params.get(name) for name, each in sides.items()}
    params = {name: values for name, values in source.params.items() if name not in free}
    params |= {name: values for name, values in wanted.items() if values is not None}
    if params == dict(source.params):
        return source
    if params == dict(other.params) and tongues.of(Side.OURS).value(ours) == tongues.of(Side.THEIRS).value(theirs):
        return other
    eol = "\n" if source.raw.endswith("\n") and not source.raw.endswith("\r\n") else "\r\n"
    named = unfold(source.raw).removeprefix(f"{source.group}.")
    try:
        return line(named[: len(source.name)], source.value, params, eol=eol, group=source.group)
    except InvalidData:
        return source


def several(
    merge: Merge,
    lines: Four[Sequence[Line]],
    marks: Callable[[Line], Marks],
    kind: Callable[[Line], str],
) -> list[Line]:
    """Properties that are told apart by their `marks` (see `paired`), each merged as a single one."""
    rows = paired(lines, marks, kind)
    if merge.lossy is Lossy.REWRITES and any(row.base and not row.theirs and kind(row.base) for row in rows):
        return list(lines.ours)  # what is new there may be what is missing, in other words
    merged = []
    for row in rows:
        there = row.ours or row.theirs
        # What is told by its value alone is another one when that changes: nobody has changed what somebody removed.
        removed = there is not None and kind(there) != "" and (row.ours is None or row.theirs is None)
        merged.append((row, one(merge.silently() if removed else merge, row)))
    place = {id(each): at for at, each in enumerate(lines.ours)}
    merged.sort(key=lambda pair: place.get(id(pair[0].ours), len(place)))
    return [found for _row, found in merged if found is not None]


def members(merge: Merge, lines: Four[Sequence[Line]]) -> list[Line]:
    """Lists (CATEGORIES, EXDATE, …) member by member: what one side added is in, what one side removed is out."""
    told = Four(*(_members(tongue, each) for tongue, each in zip(merge.tongues, lines, strict=True)))
    kept: set[str] = set()
    for said in set().union(*told):
        there = Four(*(said if said in each else None for each in told))
        if there.of(choose(merge.seen(there), merge.policy)[0]):
            kept.add(said)
    found = [left for each in lines.ours if (left := _only(merge.tongues.ours, each, kept)) is not None]
    for each in lines.theirs:
        more = _only(merge.tongues.theirs, each, kept - told.ours)
        if more is not None:
            alike = next((at for at, old in enumerate(found) if old.value and old.params == more.params), None)
            if alike is None:
                found.append(more)
            else:
                found[alike] = set_value(found[alike], f"{found[alike].value},{more.value}")
    return found


def _members(tongue: Tongue, lines: Sequence[Line]) -> set[str]:
    return {tongue.whole(single) for each in lines for single in _singles(each)} - {""}


def _singles(source: Line) -> list[Line]:
    """A line for each member of a list, to be compared."""
    pieces = _MEMBER.findall(source.value)
    if len(pieces) < 2:
        return [source]
    try:
        return [line(source.name, piece, source.params, group=source.group) for piece in pieces]
    except InvalidData:
        return [source]


def _only(tongue: Tongue, source: Line, wanted: set[str]) -> Line | None:
    """The line with these of its members; None if none of them is left."""
    singles = _singles(source)
    kept = [single.value for single in singles if tongue.whole(single) in wanted]
    if len(kept) == len(singles):
        return source
    return set_value(source, ",".join(kept)) if kept else None


def latest(lines: Four[Line | None]) -> Line | None:
    """A stamp or counter that everybody writes anew: theirs or ours if only one changed it, else the higher."""
    said = Four(*(None if each is None else each.value for each in lines))
    we, they = changed(said)
    if we and they and lines.ours is not None and lines.theirs is not None:
        return max(lines.ours, lines.theirs, key=_height)
    return lines.theirs if they else lines.ours


def _height(source: Line) -> tuple[int, str]:
    """Numbers by size, moments by time."""
    value = source.value.strip()
    return (int(value[:12]), "") if value.isascii() and value.isdecimal() else (0, re.sub(r"[-:]", "", value))
