"""The people of an event: attendees replaced or added, one's own answer, the organizer. Contract A.10, E.1a."""

from collections.abc import Iterable, Mapping

from storage.editing.change import Guest
from storage.editing.editor import Editor, address_of
from storage.errors import InvalidChange
from storage.ical.lines import Component, Line, line
from storage.ical.quirks import status
from storage.ical.write import eol_of, remove, set_lines, set_param

OPEN = "NEEDS-ACTION"
_OPTIONAL = ("OPT-PARTICIPANT", "NON-PARTICIPANT")


def with_attendees(event: Component, guests: Iterable[Guest], editor: Editor) -> Component:
    """The event with exactly these attendees; who was there keeps what is not given (contract A.10).

    Attendees whose address is no e-mail address cannot be named by anybody, and stay. An event that has attendees has
    an organizer (RFC 5545 §3.8.4.3): the editor, where there is none yet. Raises InvalidChange for an address twice.
    """
    known: dict[str, Line] = {}
    for each in event.lines("ATTENDEE"):
        known.setdefault(address_of(each).lower(), each)
    kept = [each for each in event.lines("ATTENDEE") if not address_of(each)]
    wanted: dict[str, Line] = {}
    for guest in guests:
        key = guest.email.lower()
        if key in wanted:
            raise InvalidChange("attendees", f"{guest.email} is among the attendees twice")
        wanted[key] = _changed(known[key], guest) if key in known else _new(guest, eol_of(event))
    made = [*kept, *wanted.values()]
    if [each.raw for each in made] == [each.raw for each in event.lines("ATTENDEE")]:
        return event
    if wanted and event.first("ORGANIZER") is None and editor.addresses:
        event = with_organizer(event, Guest(editor.addresses[0], editor.name or None))
    # Their order is the one that was given, so that whoever reads the list finds it as it was written.
    place = event.children.index(event.lines("ATTENDEE")[0]) if event.lines("ATTENDEE") else None
    if place is None:
        return set_lines(event, "ATTENDEE", made)
    rest = remove(event, "ATTENDEE")
    return Component(event.name, [*rest.children[:place], *made, *rest.children[place:]], event.begin, event.end)


def with_reply(event: Component, partstat: str, editor: Editor) -> Component:
    """The event with the editor's own answer, and nothing else changed (D42). Raises InvalidChange if not invited."""
    mine = [address for each in event.lines("ATTENDEE") if editor.owns(address := address_of(each))]
    if not mine:
        raise InvalidChange("attendees", "this calendar's owner is not invited")
    return with_answers(event, dict.fromkeys(mine, partstat))


def with_answers(event: Component, answers: Mapping[str, str]) -> Component:
    """The event with these answers of attendees (a PARTSTAT by address), and nothing else changed."""
    wanted = {address.lower(): partstat for address, partstat in answers.items()}
    answered = {
        id(each): _with_status(each, wanted[address])
        for each in event.lines("ATTENDEE")
        if (address := address_of(each).lower()) in wanted
    }
    children = [answered.get(id(each), each) for each in event.children]
    return Component(event.name, children, event.begin, event.end)


def with_organizer(event: Component, organizer: Guest) -> Component:
    """The event with this organizer; a line that says so already keeps its bytes."""
    known = event.first("ORGANIZER")
    if known is not None and address_of(known).lower() == organizer.email.lower():
        return set_lines(event, "ORGANIZER", [_named(known, organizer.name)])
    params = {"CN": [organizer.name]} if organizer.name else {}
    return set_lines(event, "ORGANIZER", [line("ORGANIZER", f"mailto:{organizer.email}", params, eol=eol_of(event))])


def _new(guest: Guest, eol: str) -> Line:
    partstat = guest.status or OPEN
    params = {
        "CN": [guest.name or ""],
        "ROLE": ["OPT-PARTICIPANT" if guest.required is False else "REQ-PARTICIPANT"],
        "PARTSTAT": [partstat],
        "RSVP": ["TRUE" if partstat == OPEN else ""],
    }
    given = {name: values for name, values in params.items() if values != [""]}
    return line("ATTENDEE", f"mailto:{guest.email}", given, eol=eol)


def _changed(known: Line, guest: Guest) -> Line:
    made = _named(known, guest.name)
    if guest.status is not None:
        made = _with_status(made, guest.status)
    if guest.required is not None and guest.required is (made.param("ROLE").strip().upper() in _OPTIONAL):
        made = set_param(made, "ROLE", ["REQ-PARTICIPANT" if guest.required else "OPT-PARTICIPANT"])
    return made


def _named(known: Line, name: str | None) -> Line:
    return known if name is None or name == known.param("CN") else set_param(known, "CN", [name] if name else [])


def _with_status(known: Line, partstat: str) -> Line:
    said = status(known.param("PARTSTAT")) or OPEN
    # Whom somebody stands in for reads as open (contract E.1a).
    shown = OPEN if said == "DELEGATED" else said
    return known if shown == partstat else set_param(known, "PARTSTAT", [partstat])
