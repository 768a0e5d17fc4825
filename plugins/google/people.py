"""Google's attendees, organizer and creator ⇄ ATTENDEE, ORGANIZER and X-GATEWAY-CREATOR (contract E.1a).

How many people somebody brings along, and what they say to their answer, stand in X-NUM-GUESTS and X-RESPONSE-COMMENT,
as Google's own CalDAV service writes them. Somebody without an address is `invalid:nomail` there, and here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from plugins.google.members import Resource, child, children, flag, number, text
from storage.ical import custom
from storage.ical.lines import Component, Line, line
from storage.ical.quirks import calendar_address, status
from storage.ical.quirks import number as number_in

NOBODY: Final = "invalid:nomail"
GUESTS: Final = "X-NUM-GUESTS"
COMMENT: Final = "X-RESPONSE-COMMENT"
PROFILE: Final = "X-PROFILE"
"""Who somebody without an address is: Google's id of their profile."""

_ANSWERS: Final = {
    "needsAction": "NEEDS-ACTION",
    "declined": "DECLINED",
    "tentative": "TENTATIVE",
    "accepted": "ACCEPTED",
}
_STATUS: Final = {partstat: answer for answer, partstat in _ANSWERS.items()}
_OPTIONAL: Final = ("OPT-PARTICIPANT", "NON-PARTICIPANT")
_RESOURCES: Final = ("RESOURCE", "ROOM")
ANSWER: Final[Mapping[str, Any]] = {"responseStatus": "needsAction", "comment": "", "additionalGuests": 0}
"""The members of an attendee that are their answer, and what each is where nothing is said."""

_MOST_GUESTS: Final = 2**31 - 1


def lines(event: Resource) -> Iterator[Line]:
    """Everybody who has to do with an event.

    Google names an organizer for every event; where that is the calendar itself and nobody is invited, there is
    nothing to organize, and clients would take a note to oneself for a meeting. Raises InvalidData.
    """
    organizer, guests = child(event, "organizer"), children(event, "attendees")
    if organizer and (guests or not flag(organizer, "self")):
        yield _person("ORGANIZER", organizer, {})
    for each in guests:
        yield _person("ATTENDEE", each, _attending(each))
    creator = child(event, "creator")
    if text(creator, "email") and text(creator, "email").lower() != text(organizer, "email").lower():
        yield _person(custom.CREATOR, creator, {})


def attendees(event: Component) -> list[dict[str, Any]]:
    """The attendees of an event whom Google can know: those with an address, or with a profile of its own."""
    found = (_attendee(each) for each in event.lines("ATTENDEE"))
    return [each for each in found if "email" in each or "id" in each]


def organizer(event: Component) -> dict[str, Any]:
    """The organizer of an event; {} where it names none by an address."""
    found = event.first("ORGANIZER")
    said = _named(found) if found is not None else {}
    return said if "email" in said else {}


def answer_alone(before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The one attendee who differs, where nothing but the answer does; None where more does, or nothing."""
    was, now = list(before), list(after)
    if len(was) != len(now):
        return None
    differing = [(old, new) for old, new in zip(was, now, strict=True) if old != new]
    if len(differing) != 1:
        return None
    old, new = differing[0]
    return new if _besides(old) == _besides(new) else None


def _besides(person: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name not in ANSWER}


def _person(name: str, person: Resource, params: dict[str, list[str]]) -> Line:
    email, shown = text(person, "email").strip(), text(person, "displayName")
    if shown:
        params = {"CN": [shown], **params}
    if not email and text(person, "id"):
        params = {**params, PROFILE: [text(person, "id")]}
    return line(name, f"mailto:{email}" if email else NOBODY, params)


def _attending(person: Resource) -> dict[str, list[str]]:
    partstat = _ANSWERS.get(text(person, "responseStatus"), "NEEDS-ACTION")
    guests = number(person, "additionalGuests")
    params = {
        "CUTYPE": "RESOURCE" if flag(person, "resource") else "",
        "ROLE": "OPT-PARTICIPANT" if flag(person, "optional") else "REQ-PARTICIPANT",
        "PARTSTAT": partstat,
        GUESTS: str(guests) if guests else "",
        COMMENT: text(person, "comment"),
    }
    return {name: [value] for name, value in params.items() if value}


def _named(source: Line) -> dict[str, Any]:
    email, name, profile = (
        calendar_address(source.value, source.param("EMAIL")),
        source.param("CN"),
        source.param(PROFILE),
    )
    said = {"email": email, "displayName": name, "id": "" if email else profile}
    return {member: value for member, value in said.items() if value}


def _attendee(source: Line) -> dict[str, Any]:
    person = _named(source)
    person["responseStatus"] = _STATUS.get(status(source.param("PARTSTAT")), "needsAction")
    if source.param("ROLE").strip().upper() in _OPTIONAL:
        person["optional"] = True
    if source.param("CUTYPE").strip().upper() in _RESOURCES:
        person["resource"] = True
    if comment := source.param(COMMENT):
        person["comment"] = comment
    if guests := number_in(source.param(GUESTS), 0, _MOST_GUESTS):
        person["additionalGuests"] = guests
    return person
