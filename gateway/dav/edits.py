"""What a client's property instructions mean: checked one by one, applied all or none (RFC 4918 §9.2)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from gateway.dav import body, names
from gateway.dav.errors import Refusal
from gateway.dav.mailbox import DEFAULT_CALENDAR
from gateway.dav.names import apple, caldav, carddav, cs, dav, push
from gateway.dav.properties import SETTABLE, SETTABLE_OF_BOOK
from storage.errors import InvalidData
from storage.ical.kinds import ENTRIES
from storage.ical.lines import parse
from storage.ical.zones import iana_name, zone_name
from storage.scheduling.busy import TRANSPARENCY

COMPONENT_SET = caldav("supported-calendar-component-set")
RESOURCE_TYPE = dav("resourcetype")
COMPONENTS = tuple(ENTRIES)

MAX_TEXT = 4096
MAX_DEAD = 100_000
"""Characters of one live property, and of all dead ones of a collection together."""

_PROTECTED = frozenset(
    {
        COMPONENT_SET,
        *map(caldav, ("supported-calendar-data", "supported-collation-set", "max-resource-size", "max-instances")),
        *map(caldav, ("min-date-time", "max-date-time", "max-attendees-per-instance")),
        *map(caldav, ("calendar-home-set", "calendar-user-address-set", "calendar-user-type", "schedule-tag")),
        *map(caldav, ("schedule-inbox-URL", "schedule-outbox-URL")),
        DEFAULT_CALENDAR,
        *map(carddav, ("supported-address-data", "supported-collation-set", "max-resource-size")),
        *map(carddav, ("addressbook-home-set", "principal-address")),
        *map(cs, ("getctag", "invite", "allowed-sharing-modes")),
        *map(push, ("transports", "topic", "supported-triggers")),
        names.ours("via"),
    }
)
_ONE_LINE = (dav("displayname"), apple("calendar-color"), apple("calendar-order"))
_NOTHING: Mapping[str, Callable[[Element], str]] = {}
_CANNOT = "<cannot-modify-protected-property/>"


@dataclass(frozen=True, slots=True)
class Instruction:
    """Set a property to an element's content, or remove it; `language` is the `xml:lang` inherited."""

    name: str
    element: Element
    remove: bool
    language: str


@dataclass(slots=True)
class Edits:
    """The outcome: fields of the collection, its dead properties as they shall be, and what was refused.

    `refused`: Clark name to status and precondition (XML). `components` is set only where a collection is made.
    """

    asked: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    components: tuple[str, ...] = COMPONENTS
    settable: Mapping[str, str] = field(default_factory=lambda: SETTABLE)


def instructions(root: Element) -> Iterator[Instruction]:
    """The instructions of a propertyupdate, mkcalendar or mkcol element, in document order."""
    for step in root:
        if step.tag not in (dav("set"), dav("remove")):
            continue
        for prop in step.findall(dav("prop")):
            for element in prop:
                language = body.language_of(root, step, prop)
                yield Instruction(element.tag, element, step.tag == dav("remove"), language)


def work_out(
    steps: Iterable[Instruction],
    dead: Mapping[str, str],
    *,
    live: Mapping[str, str] = SETTABLE,
    creating: bool = False,
    settable: Mapping[str, Callable[[Element], str]] = _NOTHING,
) -> Edits:
    """Check every instruction. `dead`: the resource's dead properties so far; `live`: its live properties that can be
    set, and their fields; `creating`: more may be set then.

    `settable`: properties that may be set on this very resource, and what makes a value of each; it stands in `fields`
    under the property's own name, empty where the property is removed.
    """
    edits = Edits(dead=dict(dead), settable=live)
    if live is SETTABLE_OF_BOOK:
        edits.components = ("VCARD",)
    for step in steps:
        if step.name not in edits.asked:
            edits.asked.append(step.name)
        try:
            if step.name in settable:
                edits.fields[step.name] = "" if step.remove else settable[step.name](step.element)
            else:
                _apply(edits, step, creating=creating)
        except Refusal as refusal:
            edits.refused[step.name] = (refusal.status, refusal.precondition)
    if sum(map(len, edits.dead.values())) > MAX_DEAD:
        edits.refused.update({name: (507, "") for name in edits.asked if name in edits.dead})
    return edits


def refused(steps: Iterable[Instruction]) -> Edits:
    """The outcome where no property can be set at all."""
    asked = list(dict.fromkeys(step.name for step in steps))
    return Edits(asked=asked, refused=dict.fromkeys(asked, (403, _CANNOT)))


def outcome(edits: Edits) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Properties grouped by status, for an answer, and the precondition of each status.

    Where anything was refused, everything else has failed with it (424).
    """
    groups: dict[int, list[str]] = {}
    errors: dict[int, str] = {}
    for name in edits.asked:
        status, precondition = edits.refused.get(name, (424 if edits.refused else 200, ""))
        groups.setdefault(status, []).append(name)
        if precondition:
            errors[status] = precondition
    return groups, errors


def _apply(edits: Edits, step: Instruction, *, creating: bool) -> None:
    calendar = edits.settable is SETTABLE
    if creating and calendar and step.name == COMPONENT_SET and not step.remove:
        edits.components = _components(step.element)
    elif creating and step.name == RESOURCE_TYPE:
        return
    elif step.name in edits.settable:
        edits.fields[edits.settable[step.name]] = "" if step.remove else _value(step)
    elif step.name in _PROTECTED or names.split(step.name)[0] == names.DAV:
        raise Refusal(403, f"{step.name} is protected", precondition=_CANNOT)
    elif step.remove:
        edits.dead.pop(step.name, None)
    else:
        if step.name == TRANSPARENCY and step.element.find("*") is None:
            raise Refusal(409, "schedule-calendar-transp is opaque or transparent")
        edits.dead[step.name] = body.fragment(step.element, step.language)


def _value(step: Instruction) -> str:
    text = "".join(step.element.itertext())
    if step.name == caldav("calendar-timezone"):
        return _timezone(text)
    if step.name == caldav("calendar-timezone-id"):
        zone = iana_name(text.strip())
        if not zone:
            raise Refusal(403, f"{text[:60]!r} is no time zone", precondition="<C:valid-timezone/>")
        return zone
    if step.name in _ONE_LINE:
        text = " ".join(text.split())
    if len(text) > MAX_TEXT:
        raise Refusal(409, f"{step.name} is longer than {MAX_TEXT} characters")
    return text


def _timezone(text: str) -> str:
    """The IANA name of the one VTIMEZONE in an iCalendar text (RFC 4791 §5.2.2)."""
    try:
        tree = parse(text)
    except InvalidData as error:
        raise Refusal(403, error.message, precondition="<C:valid-calendar-data/>") from error
    blocks = [zone for calendar in tree.components("VCALENDAR") for zone in calendar.components("VTIMEZONE")]
    tzid = blocks[0].first("TZID") if len(blocks) == 1 else None
    name = iana_name(zone_name(tzid.value, tree)) if tzid else ""
    if not name:
        raise Refusal(403, "no VTIMEZONE of a known zone", precondition="<C:valid-calendar-data/>")
    return name


def _components(element: Element) -> tuple[str, ...]:
    wanted = [comp.get("name", "").upper() for comp in element.findall(caldav("comp"))]
    kept = tuple(name for name in COMPONENTS if name in wanted)
    if not kept:
        raise Refusal(
            403,
            "a calendar holds VEVENT, VTODO, VJOURNAL or VFREEBUSY",
            precondition="<C:supported-calendar-component/>",
        )
    return kept
