"""What iCalendar has no property for: Google's own members, its extended properties, and its attachments.

Own members stay in X-GATEWAY-RAW under Google's names (`storage.ical.custom`), so that they come back to Google, and
to applications that know them, as they are; a member that says what is the default is left out.
"""

from collections.abc import Iterator, Mapping
from json import dumps
from typing import Any, Final

from plugins.google import conferences, recurrence
from plugins.google.members import Resource, child, children, pairs, text, texts
from storage.errors import InvalidData
from storage.ical import custom
from storage.ical.custom import CustomProperty
from storage.ical.lines import Component, Line, escape, line

ID: Final = "id"
EVENT_TYPE: Final = "eventType"
DEFAULT_TYPE: Final = "default"
LOCKED: Final = "locked"
OMITTED: Final = "attendeesOmitted"
LABEL: Final = "eventLabelId"

ATTACHMENTS: Final = 25
LONGEST_KEY, LONGEST_VALUE, MOST_PROPERTIES, LARGEST = 44, 1024, 300, 32_768
"""Of an extended property the characters of its key and value; how many, and how many bytes in all, an event has."""

_DEFAULTS: Final[Mapping[str, Any]] = {
    "anyoneCanAddSelf": False,
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
    "privateCopy": False,
    "endTimeUnspecified": False,
    EVENT_TYPE: DEFAULT_TYPE,
    LOCKED: False,
    OMITTED: False,
}
_TYPED: Final = (
    "birthdayProperties",
    "focusTimeProperties",
    "outOfOfficeProperties",
    "workingLocationProperties",
)
"""What an event says as one of its type."""

_KEPT: Final = (ID, "htmlLink", conferences.LINK, conferences.DATA, "colorId", LABEL, "source", "gadget", *_TYPED)

WRITABLE: Final = frozenset(
    {"anyoneCanAddSelf", "colorId", "guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests"}
    | {"source", LABEL, "focusTimeProperties", "outOfOfficeProperties", "workingLocationProperties"}
)
"""The own members that Google lets clients set on an event that there is."""

_FILE_ID, _ICON = "X-FILE-ID", "X-ICON"


def raw(event: Resource) -> Iterator[Line]:
    """The lines that keep Google's own members of an event. Raises InvalidData."""
    found = {name: event[name] for name in _KEPT if event.get(name) not in (None, "", {})}
    found |= {name: event[name] for name, usual in _DEFAULTS.items() if event.get(name) not in (None, usual)}
    if any(each.strip().upper().startswith("EXDATE") for each in texts(event, recurrence.EXCLUDED)):
        found[recurrence.EXCLUDED] = event[recurrence.EXCLUDED]
    for name, value in found.items():
        try:
            said = dumps(value, ensure_ascii=False, sort_keys=True)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidData(f"the member {name} of a Google event cannot be kept") from error
        yield line(custom.RAW, escape(said), {"X-KEY": [name]})


def own_members(event: Component) -> dict[str, Any]:
    """Google's own members of an event of the mirror; those of other services may be among them."""
    return custom.raw_attributes(event.lines(custom.RAW))


def default_of(name: str) -> Any:
    """What an own member that is missing means; None: nothing."""
    return _DEFAULTS.get(name)


def properties(event: Resource) -> list[CustomProperty]:
    """The extended properties of an event. Raises InvalidData."""
    given = child(event, "extendedProperties")
    return [
        CustomProperty(key, value, private)
        for scope, private in (("private", True), ("shared", False))
        for key, value in pairs(given, scope).items()
        if key
    ]


def extended(event: Component) -> dict[str, dict[str, str]]:
    """The custom properties that Google can hold, by scope and key; it would cut the others, without a word."""
    found: dict[str, dict[str, str]] = {"private": {}, "shared": {}}
    count = size = 0
    for each in custom.custom_properties(event.lines(custom.PROPERTY)):
        used = len(each.key.encode()) + len(each.value.encode())
        fits = len(each.key) <= LONGEST_KEY and len(each.value) <= LONGEST_VALUE
        if fits and count < MOST_PROPERTIES and size + used <= LARGEST:
            found["private" if each.private else "shared"][each.key] = each.value
            count, size = count + 1, size + used
    return found


def files(event: Resource) -> Iterator[Line]:
    """The attachments of an event, which are links. Raises InvalidData."""
    for each in children(event, "attachments"):
        url = text(each, "fileUrl").strip()
        params = {
            "FMTTYPE": text(each, "mimeType"),
            "FILENAME": text(each, "title"),
            _FILE_ID: text(each, "fileId"),
            _ICON: text(each, "iconLink"),
        }
        if url:
            yield line("ATTACH", url, {name: [value] for name, value in params.items() if value})


def attachments(event: Component) -> list[dict[str, str]]:
    """The attachments that Google can hold: the first 25 that are links."""
    found = []
    for each in event.lines("ATTACH"):
        url = each.value.strip()
        if not url.lower().startswith(("http:", "https:")):
            continue
        said = {
            "fileUrl": url,
            "title": each.param("FILENAME"),
            "mimeType": each.param("FMTTYPE"),
            "iconLink": each.param(_ICON),
        }
        found.append({name: value for name, value in said.items() if value})
    return found[:ATTACHMENTS]
