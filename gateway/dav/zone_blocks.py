"""Time zones by reference (RFC 7809): a text without the VTIMEZONEs that everybody knows, or with all that it needs.

A client says which it wants with the header `CalDAV-Timezones`; without it a text is given as it is stored.
"""

from collections.abc import Iterator

from gateway.dav.request import Request
from storage.errors import InvalidData
from storage.ical.lines import Component, dump, parse
from storage.ical.write import add_component, component_of, eol_of, replace, set_property
from storage.ical.zones import iana_name, vtimezone


def wanted(request: Request) -> bool | None:
    """Whether the zones shall be there; None where the client does not say."""
    return {"t": True, "f": False}.get(request.header("caldav-timezones").strip().lower())


def adjusted(text: str, there: bool | None) -> str:
    """The text with every zone that it names, or without those that are in the IANA database."""
    if there is None:
        return text
    try:
        tree = parse(text)
        [calendar] = tree.components("VCALENDAR")
    except (InvalidData, ValueError):
        return text
    blocks = {_tzid(block): block for block in calendar.components("VTIMEZONE")}
    if not there:
        for tzid, block in blocks.items():
            tree = replace(tree, block, None) if iana_name(tzid) else tree
        return dump(tree)
    changed = calendar
    for tzid in dict.fromkeys(_named(calendar)):
        if tzid not in blocks and iana_name(tzid):
            block = component_of(vtimezone(tzid), eol=eol_of(tree))
            changed = add_component(changed, set_property(block, "TZID", tzid))
    return text if changed is calendar else dump(replace(tree, calendar, changed))


def _tzid(block: Component) -> str:
    line = block.first("TZID")
    return line.value.strip() if line else ""


def _named(component: Component) -> Iterator[str]:
    """The TZIDs that the lines of a component and of those in it name."""
    for child in component.children:
        if isinstance(child, Component):
            yield from _named(child)
        elif tzid := child.param("TZID"):
            yield tzid
