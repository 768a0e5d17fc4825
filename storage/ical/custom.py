"""What the calendar services know and RFC 5545 has no property for: the X- properties in which the mirror keeps it.

Every adapter and every dialect reads and writes these forms through this module alone:

    X-GATEWAY-PROP;X-KEY=color;X-SCOPE=PRIVATE:green       one custom (extended) property each
    X-GATEWAY-DEFAULT-REMINDERS:TRUE                       reminders are those of the calendar (FALSE: those here)
    X-GATEWAY-RAW;X-KEY=colorId:"7"                        an attribute of a service's own, as JSON (contacts too)
    X-GATEWAY-CREATOR;CN=Alice:mailto:alice@example.com    who made the event, where that is not its organizer

X-SCOPE is PRIVATE (one person's copy: Google's `extendedProperties.private`, all of Microsoft Graph's) or SHARED
(Google's `extendedProperties.shared`); without it a property is private. The value is a TEXT, keys are told apart by
case. Of two lines with the same key and scope the last counts.
"""

from collections.abc import Iterable, Mapping
from json import dumps, loads
from typing import Any, NamedTuple

from storage.ical.lines import Component, Line, escape, line, unescape
from storage.ical.write import eol_of, set_lines

PROPERTY = "X-GATEWAY-PROP"
DEFAULT_REMINDERS = "X-GATEWAY-DEFAULT-REMINDERS"
CREATOR = "X-GATEWAY-CREATOR"
RAW = "X-GATEWAY-RAW"

_SHARED, _PRIVATE = "SHARED", "PRIVATE"


class CustomProperty(NamedTuple):
    """One custom property; `key` is unique among those of its scope."""

    key: str
    value: str
    private: bool = True


def custom_properties(lines: Iterable[Line]) -> tuple[CustomProperty, ...]:
    """What these lines of `PROPERTY` say, in their order; one without a key is none."""
    found: dict[tuple[str, bool], CustomProperty] = {}
    for each in lines:
        key, private = each.param("X-KEY"), each.param("X-SCOPE").strip().upper() != _SHARED
        if key:
            found[key, private] = CustomProperty(key, unescape(each.value), private)
    return tuple(found.values())


def with_custom_properties(component: Component, wanted: Iterable[CustomProperty]) -> Component:
    """The component with exactly these custom properties; lines that say so already keep their bytes.

    Raises InvalidData for NUL in a key or value.
    """
    eol = eol_of(component)
    return set_lines(component, PROPERTY, [_line(each, eol) for each in wanted])


def _line(given: CustomProperty, eol: str) -> Line:
    params = {"X-KEY": [given.key], "X-SCOPE": [_PRIVATE if given.private else _SHARED]}
    return line(PROPERTY, escape(given.value), params, eol=eol)


def raw_attributes(lines: Iterable[Line]) -> dict[str, Any]:
    """What these lines of `RAW` say: a service's own attributes by name, as JSON values; no JSON is none."""
    found = {}
    for each in lines:
        try:
            value = loads(unescape(each.value))
        except (ValueError, RecursionError):
            continue
        if key := each.param("X-KEY"):
            found[key] = value
    return found


def with_raw_attributes(component: Component, wanted: Mapping[str, Any]) -> Component:
    """The component with exactly these attributes of its service; lines that say so already keep their bytes."""
    eol = eol_of(component)
    made = [
        line(RAW, escape(dumps(value, ensure_ascii=False)), {"X-KEY": [key]}, eol=eol) for key, value in wanted.items()
    ]
    return set_lines(component, RAW, made)


def with_raw_changed(component: Component, given: Mapping[str, Any]) -> Component:
    """The component with these attributes of its service beside those that it has; None takes one away."""
    if not given:
        return component
    known = raw_attributes(component.lines(RAW))
    return with_raw_attributes(
        component, {name: value for name, value in {**known, **given}.items() if value is not None}
    )


def default_reminders(lines: Iterable[Line]) -> bool | None:
    """What `DEFAULT_REMINDERS` says; None where it is missing or says neither."""
    for each in lines:
        return {"TRUE": True, "FALSE": False}.get(each.value.strip().upper())
    return None


def with_default_reminders(component: Component, wanted: bool | None) -> Component:
    """The component saying so; None: saying nothing of it."""
    said = [] if wanted is None else [line(DEFAULT_REMINDERS, "TRUE" if wanted else "FALSE", eol=eol_of(component))]
    return set_lines(component, DEFAULT_REMINDERS, said)
