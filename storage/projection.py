"""What an upstream makes of a text of ours, as far as its table of capabilities tells, and what of it does not survive.

Pure. The engine compares by it what it would send with what the upstream already shows, and knows by it what it meets.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.write import set_param
from storage.provider import EVERYTHING, Holds

ALARM = "VALARM"

_BARE = re.compile(r"(?<!\\)(?:\\\\)*[,;]")
"""A comma or semicolon that no backslash takes for a part of the text."""


def project(text: str, holds: Holds) -> str:
    """The text as such an upstream holds it, but for what it rewords; `text` itself where it holds everything."""
    if holds == EVERYTHING:
        return text
    try:
        return dump(_projected(parse(text), holds))
    except InvalidData:
        return text


def lost(text: str, holds: Holds) -> list[str]:
    """The names of what does not survive there as it is, sorted: properties, components, `;` and a parameter."""
    if holds == EVERYTHING:
        return []
    try:
        return sorted(set(_lost(parse(text), holds)))
    except InvalidData:
        return []


def reworded(text: str, holds: Holds) -> frozenset[str]:
    """The names of the properties in this text that come back in other words."""
    if not holds.rewords and not holds.splits:
        return frozenset()
    try:
        return frozenset(_reworded(parse(text), holds))
    except InvalidData:
        return holds.rewords


def _projected(part: Component, holds: Holds) -> Component:
    children: list[Line | Component] = []
    alarms = 0
    for child in part.children:
        if isinstance(child, Line):
            if not _named(child.name, holds.drops):
                children.append(_without(child, holds))
            continue
        if _named(child.name, holds.drops):
            continue
        alarms += child.name == ALARM
        if child.name != ALARM or holds.alarms is None or alarms <= holds.alarms:
            children.append(_projected(child, holds))
    return Component(part.name, children, part.begin, part.end)


def _without(line: Line, holds: Holds) -> Line:
    for name in [name for name in line.params if _named(name, holds.parameters)] if holds.parameters else ():
        line = set_param(line, name, ())
    for name in [name for name in line.params if _named(name, holds.single)] if holds.single else ():
        line = set_param(line, name, line.params[name][:1])
    return line


def _lost(part: Component, holds: Holds) -> Iterator[str]:
    if holds.alarms is not None and len(part.components(ALARM)) > holds.alarms:
        yield ALARM
    for child in part.children:
        if _named(child.name, holds.drops) or (isinstance(child, Line) and _rewords(child, holds)):
            yield child.name
        elif isinstance(child, Component):
            yield from _lost(child, holds)
        elif holds.parameters or holds.single:
            yield from (f";{name}" for name, values in child.params.items() if _shortened(name, values, holds))


def _shortened(name: str, values: Sequence[str], holds: Holds) -> bool:
    return _named(name, holds.parameters) or (len(values) > 1 and _named(name, holds.single))


def _reworded(part: Component, holds: Holds) -> Iterator[str]:
    for child in part.children:
        if isinstance(child, Component):
            yield from _reworded(child, holds)
        elif _rewords(child, holds):
            yield child.name


def _rewords(line: Line, holds: Holds) -> bool:
    if _named(line.name, holds.rewords):
        return True
    return _named(line.name, holds.splits) and _BARE.search(line.value) is not None


def _named(name: str, names: Collection[str]) -> bool:
    return name in names or any(each.endswith("*") and name.startswith(each[:-1]) for each in names)
