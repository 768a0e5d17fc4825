"""What an upstream makes of a text of ours, as far as its table of capabilities tells, and what of it does not survive.

Pure. The engine compares by it what it would send with what the upstream already shows, and knows by it what it meets.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.write import set_param, set_value
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


def _projected(part: Component, holds: Holds) -> Component:
    children: list[Line | Component] = []
    alarms = 0
    for child in part.children:
        if isinstance(child, Line):
            if not _dropped(child.name, holds):
                children.append(_without(child, holds))
            continue
        if _dropped(child.name, holds):
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
    return set_value(line, _cut(line.value)) if _split(line, holds) else line


def _lost(part: Component, holds: Holds) -> Iterator[str]:
    if holds.alarms is not None and len(part.components(ALARM)) > holds.alarms:
        yield ALARM
    for child in part.children:
        if _dropped(child.name, holds):
            yield child.name
        elif isinstance(child, Component):
            yield from _lost(child, holds)
        elif child.name in holds.rewords or _split(child, holds):
            yield child.name
        elif holds.parameters or holds.single:
            yield from (f";{name}" for name, values in child.params.items() if _shortened(name, values, holds))


def _shortened(name: str, values: Sequence[str], holds: Holds) -> bool:
    return _named(name, holds.parameters) or (len(values) > 1 and _named(name, holds.single))


def _split(line: Line, holds: Holds) -> bool:
    return _named(line.name, holds.splits) and _BARE.search(line.value) is not None


def _cut(value: str) -> str:
    """What stands before the first bare comma, with every bare semicolon as a part of the text."""
    kept, start = "", 0
    for mark in _BARE.finditer(value):
        kept += value[start : mark.end() - 1]
        if value[mark.end() - 1] == ",":
            return kept
        kept, start = kept + r"\;", mark.end()
    return kept + value[start:]


def _dropped(name: str, holds: Holds) -> bool:
    return _named(name, holds.drops) and not _named(name, holds.keeps)


def _named(name: str, names: Collection[str]) -> bool:
    return name in names or any(each.endswith("*") and name.startswith(each[:-1]) for each in names)
