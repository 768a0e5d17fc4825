"""Members of Google's JSON read by type: what is missing or null is empty, what has another type is InvalidData.

And the other way round, what a text of the mirror says to a member that is a string.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from storage.errors import InvalidData
from storage.ical.lines import Line, unescape

Resource = Mapping[str, Any]
"""A JSON object of the API: an event, or a part of one."""


def text(of: Resource, name: str) -> str:
    """A string, "" where there is none."""
    value = of.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(name, "a string")
    return value


def flag(of: Resource, name: str) -> bool:
    """A boolean, false where there is none."""
    value = of.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _wrong(name, "a boolean")
    return value


def number(of: Resource, name: str) -> int | None:
    """A whole number, None where there is none."""
    value = of.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "a whole number")
    return value


def child(of: Resource, name: str) -> Resource:
    """An object, empty where there is none."""
    value = of.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(name, "an object")
    return value


def children(of: Resource, name: str) -> Sequence[Resource]:
    """A list of objects, empty where there is none."""
    found = _list(of, name)
    if not all(isinstance(each, Mapping) for each in found):
        raise _wrong(name, "a list of objects")
    return found


def texts(of: Resource, name: str) -> Sequence[str]:
    """A list of strings, empty where there is none."""
    found = _list(of, name)
    if not all(isinstance(each, str) for each in found):
        raise _wrong(name, "a list of strings")
    return found


def pairs(of: Resource, name: str) -> Mapping[str, str]:
    """An object of strings, empty where there is none."""
    found = child(of, name)
    if not all(isinstance(each, str) for each in found.values()):
        raise _wrong(name, "an object of strings")
    return found


def plain(line: Line) -> str:
    """The text that a property of the mirror says, with line ends as Google and iCalendar write them."""
    said = unescape(line.value)
    return said.replace("\r\n", "\n").replace("\r", "\n") if "\r" in said else said


def _list(of: Resource, name: str) -> Sequence[Any]:
    value = of.get(name)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise _wrong(name, "a list")
    return value


def _wrong(name: str, kind: str) -> InvalidData:
    return InvalidData(f"the member {name} of a Google event is not {kind}")
