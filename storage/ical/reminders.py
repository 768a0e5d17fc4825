"""What reminds one person of an entry, taken out of its text and put into it: entries are shared, reminders are not.

A reminder is a VALARM, or a line with which Thunderbird notes that one was dismissed or put off. Pure functions over
texts; a text that cannot be read has no reminders.
"""

import re
from collections.abc import Callable, Mapping

from storage.errors import InvalidData
from storage.ical.kinds import ARRANGED
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.values import instance_key
from storage.ical.write import calendar_of, eol_of, replace

Reminders = Mapping[str, str]
"""The text of all reminders of each instance, by `instance_key`; "" where an instance has none."""

MASTER = ""
MARK = "X-MOZ-"
"""What Thunderbird's notes begin with, as it writes them: an index finds them by this."""

_NOTES = ("X-MOZ-LASTACK", "X-MOZ-SNOOZE-TIME")
_MAY_RING = re.compile(r"V\s*A\s*L\s*A\s*R\s*M", re.IGNORECASE)


def reminders(text: str) -> Reminders:
    """The reminders of every instance that has a component of its own."""
    found: dict[str, str] = {}
    try:
        calendar = calendar_of(parse(text))
    except InvalidData:
        return found
    for each in calendar.components():
        if each.name in ARRANGED:
            found.setdefault(instance_key(each, calendar), "".join(map(_text, filter(_reminds, each.children))))
    return found


def with_reminders(text: str, given: Reminders) -> str:
    """The text with these reminders in the place of its own.

    A component of which `given` knows nothing was added by somebody else; it gets those of the master, as its instance
    had them before.
    """
    if not any(given.values()) and not _may_have_any(text):
        return text
    try:
        tree = parse(text)
        calendar = calendar_of(tree)
    except InvalidData:
        return text
    default = given.get(MASTER, "")
    after = _mapped(calendar, lambda each: _with(each, given.get(instance_key(each, calendar), default)))
    return dump(replace(tree, calendar, after))


def without(component: Component) -> Component:
    """The component without any reminder."""
    kept = [each for each in component.children if not _reminds(each)]
    return Component(component.name, kept, component.begin, component.end)


def _may_have_any(text: str) -> bool:
    return MARK in text or _MAY_RING.search(text) is not None


def _reminds(child: Line | Component) -> bool:
    return child.name == "VALARM" if isinstance(child, Component) else child.name.startswith(_NOTES)


def _text(child: Line | Component) -> str:
    return child.raw if isinstance(child, Line) else dump(child)


def _mapped(calendar: Component, change: Callable[[Component], Component]) -> Component:
    children = [
        change(each) if isinstance(each, Component) and each.name in ARRANGED else each for each in calendar.children
    ]
    return Component(calendar.name, children, calendar.begin, calendar.end)


def _with(component: Component, text: str) -> Component:
    """The component with these reminders; with those that it has, it keeps its bytes."""
    if text == "".join(map(_text, filter(_reminds, component.children))):
        return component
    bare = without(component)
    eol = eol_of(component)
    given = parse(text.replace("\r\n", "\n").replace("\n", eol)).children
    notes = [each for each in given if isinstance(each, Line)]
    alarms = [each for each in given if isinstance(each, Component)]
    inner = next((at for at, each in enumerate(bare.children) if isinstance(each, Component)), len(bare.children))
    children = [*bare.children[:inner], *notes, *bare.children[inner:], *alarms]
    return Component(bare.name, children, bare.begin, bare.end)
