"""Google's conferenceData and hangoutLink ⇄ the meeting of an event (`storage.ical.conference`).

What a meeting has no words for (icons, features, the parameters of add-ons) stays in the attribute `conferenceData`,
which is Google's own object as it came, and counts while the meeting is the one that it tells.
"""

from collections.abc import Mapping
from typing import Any, Final

from plugins.google.members import Resource, child, children, text
from storage.ical import conference
from storage.ical.conference import EntryPoint, Meeting
from storage.ical.lines import Component
from storage.ical.write import component

DATA: Final = "conferenceData"
LINK: Final = "hangoutLink"
MEET: Final = "hangoutsMeet"

_OWN: Final = frozenset({MEET, "eventHangout", "eventNamedHangout"})
_ADD_ON: Final = "addOn"
_TYPES: Final = ("video", "phone", "sip", "more")
_CODES: Final = {
    "meeting_code": "meetingCode",
    "access_code": "accessCode",
    "passcode": "passcode",
    "password": "password",
    "pin": "pin",
}
_NAMES: Final = {
    MEET: "Google Meet",
    "teamsForBusiness": "Microsoft Teams",
    "skypeForBusiness": "Skype for Business",
    "skypeForConsumer": "Skype",
}


def meeting(event: Resource) -> Meeting | None:
    """The meeting of an event; one without entry points is being made. Raises InvalidData."""
    data, link = child(event, DATA), text(event, LINK).strip()
    if not data:
        return Meeting(entry_points=(EntryPoint(link),)) if link else None
    solution = child(child(data, "conferenceSolution"), "key")
    asked = child(child(data, "createRequest"), "conferenceSolutionKey")
    kind = text(solution, "type") or text(asked, "type")
    return Meeting(
        provider="" if kind == _ADD_ON else kind,
        entry_points=tuple(_point(each) for each in children(data, "entryPoints") if text(each, "uri").strip()),
        conference_id=text(data, "conferenceId"),
        notes=text(data, "notes"),
        signature=text(data, "signature"),
    )


def of(event: Component) -> Meeting | None:
    """The meeting that an event of the mirror has."""
    return conference.meeting({name: event.lines(name) for name in conference.NAMES})


def told(event: Component, known: Any, request: str) -> dict[str, Any] | None:
    """The conferenceData of an event; None where it has no meeting, or one that only somebody else can make.

    `known`: what the attribute `conferenceData` says. `request` names this wish for a new meeting, for all retries.
    """
    wanted = of(event)
    if wanted is None:
        return None
    if isinstance(known, Mapping) and _shown(known) == wanted:
        return dict(known)
    if wanted.entry_points:
        return _written(wanted)
    if wanted.provider not in (*_OWN, ""):
        return None
    return {"createRequest": {"requestId": request, "conferenceSolutionKey": {"type": wanted.provider or MEET}}}


def _shown(known: Mapping[str, Any]) -> Meeting | None:
    """What a conferenceData looks like once it has been in a text."""
    return of(conference.with_meeting(component("VEVENT", []), meeting({DATA: known})))


def _point(point: Resource) -> EntryPoint:
    kind = text(point, "entryPointType")
    codes = {code: said for code, member in _CODES.items() if (said := text(point, member))}
    return EntryPoint(
        uri=text(point, "uri").strip(),
        type=kind if kind in _TYPES else "more",
        label=text(point, "label"),
        codes=codes or None,
    )


def _written(wanted: Meeting) -> dict[str, Any]:
    kind = wanted.provider if wanted.provider in _OWN else _ADD_ON
    name = _NAMES.get(wanted.provider, "")
    solution = {"key": {"type": kind}, **({"name": name} if name else {})}
    said = {"conferenceId": wanted.conference_id, "notes": wanted.notes, "signature": wanted.signature}
    points = [
        {
            "entryPointType": each.type,
            "uri": each.uri,
            **({"label": each.label} if each.label else {}),
            **{_CODES[code]: value for code, value in (each.codes or {}).items()},
        }
        for each in wanted.entry_points
    ]
    return {
        "conferenceSolution": solution,
        "entryPoints": points,
        **{member: value for member, value in said.items() if value},
    }
