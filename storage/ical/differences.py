"""What differs between three versions of an entry, property by property: for people who have to decide.

Pure reading, over the text as it stands; the order of properties and the way they are folded are no difference.
"""

from dataclasses import dataclass

from storage.errors import InvalidData
from storage.ical.kinds import DATED
from storage.ical.lines import Component, Line, parse

MASTER = "master"

_NOISE = frozenset({"DTSTAMP", "LAST-MODIFIED", "CREATED", "REV", "PRODID"})
"""Properties that every writer sets by itself (RFC 5545 §3.8.7, RFC 6350 §6.7); nobody has to decide about them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One property of one component, or a whole component, an alarm say, under its own name.

    `component` is `master` (also for a vCard) or the RECURRENCE-ID as written.

    The values are content lines' values as written, with their parameters where there are any, several lines joined by
    line ends; None where that version has no such property, or does not exist at all.
    """

    component: str
    name: str
    base: str | None
    ours: str | None
    theirs: str | None


def differences(base: str | None, ours: str | None, theirs: str | None) -> list[Difference]:
    """The properties in which `ours` and `theirs` are not the same, masters first, by name.

    A text that cannot be read counts as one without properties.
    """
    versions = [_properties(text) for text in (base, ours, theirs)]
    keys = sorted({*versions[1], *versions[2]}, key=lambda key: (key[0] != MASTER, key))
    found = []
    for key in keys:
        was, mine, other = (version.get(key) for version in versions)
        if mine != other:
            found.append(Difference(*key, was, mine, other))
    return found


def _properties(text: str | None) -> dict[tuple[str, str], str]:
    """(component, property) → what it says."""
    if text is None:
        return {}
    try:
        tree = parse(text)
    except InvalidData:
        return {}
    found: dict[tuple[str, str], list[str]] = {}
    for calendar in tree.components("VCALENDAR"):
        for component in calendar.components():
            if component.name in DATED:
                for name, said in _said(component):
                    found.setdefault((_which(component), name), []).append(said)
    for card in tree.components("VCARD"):
        for name, said in _said(card):
            found.setdefault((MASTER, name), []).append(said)
    return {key: "\n".join(sorted(values)) for key, values in found.items()}


def _which(component: Component) -> str:
    line = component.first("RECURRENCE-ID")
    return line.value if line else MASTER


def _said(component: Component) -> list[tuple[str, str]]:
    """Each property with its parameters and value; each alarm as one thing called VALARM."""
    said = []
    for child in component.children:
        if isinstance(child, Component):
            said.append((child.name, told(child)))
        elif child.name and child.name not in _NOISE:
            said.append((child.name, spoken(child)))
    return said


def told(component: Component) -> str:
    """What a component says, in one line."""
    return "; ".join(sorted(f"{name}:{text}" for name, text in _said(component)))


def spoken(line: Line) -> str:
    """What a property says: its value as written, behind its parameters where it has any."""
    params = "".join(f";{name}={','.join(values)}" for name, values in sorted(line.params.items()))
    return f"{params[1:]}:{line.value}" if params else line.value
