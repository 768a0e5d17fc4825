"""What an upstream makes of a text of ours, as far as its table of capabilities tells, and what of it does not survive.

Pure. The engine compares by it what it would send with what the upstream already shows, and knows by it what it meets.
"""

from collections.abc import Collection, Iterator

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.write import set_param
from storage.provider import EVERYTHING, Holds

ALARM = "VALARM"


def project(text: str, holds: Holds) -> str:
    """The text as such an upstream holds it, but for what it rewords; `text` itself where it holds everything."""
    if holds == EVERYTHING:
        return text
    try:
        return dump(_projected(parse(text), holds))
    except InvalidData:
        return text


def lost(text: str, holds: Holds) -> list[str]:
    """The names of what does not survive there as it is, sorted: properties, `;` and a parameter, `VALARM`."""
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
            if not _named(child.name, holds.drops):
                children.append(_without(child, holds))
            continue
        alarms += child.name == ALARM
        if child.name != ALARM or holds.alarms is None or alarms <= holds.alarms:
            children.append(_projected(child, holds))
    return Component(part.name, children, part.begin, part.end)


def _without(line: Line, holds: Holds) -> Line:
    for name in [name for name in line.params if _named(name, holds.parameters)] if holds.parameters else ():
        line = set_param(line, name, ())
    return line


def _lost(part: Component, holds: Holds) -> Iterator[str]:
    if holds.alarms is not None and len(part.components(ALARM)) > holds.alarms:
        yield ALARM
    for child in part.children:
        if isinstance(child, Component):
            yield from _lost(child, holds)
        elif _named(child.name, holds.drops) or child.name in holds.rewords:
            yield child.name
        elif holds.parameters:
            yield from (f";{name}" for name in child.params if _named(name, holds.parameters))


def _named(name: str, names: Collection[str]) -> bool:
    return name in names or any(each.endswith("*") and name.startswith(each[:-1]) for each in names)
