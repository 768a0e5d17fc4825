"""A meeting with everything that is modelled, and single edits of it: the material of the merge laws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storage.ical.lines import Component, dump, line, parse
from storage.ical.write import add_component, component, component_of, remove, replace, set_lines

MEETING = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//merge//EN
BEGIN:VEVENT
UID:meeting
DTSTAMP:20260101T000000Z
CREATED:20260101T000000Z
LAST-MODIFIED:20260101T000000Z
SEQUENCE:2
DTSTART;TZID=Europe/Berlin:20260105T100000
DTEND;TZID=Europe/Berlin:20260105T110000
RRULE:FREQ=WEEKLY;COUNT=10
EXDATE;TZID=Europe/Berlin:20260112T100000
RDATE;TZID=Europe/Berlin:20260107T100000
SUMMARY:Planning
DESCRIPTION:What next\\, and why
LOCATION:Room 1
STATUS:CONFIRMED
TRANSP:OPAQUE
CLASS:PRIVATE
PRIORITY:5
URL:https://example.org/1
GEO:52.5;13.4
COLOR:teal
CATEGORIES:work,team
RESOURCES:beamer
COMMENT:first
CONTACT:Ann
RELATED-TO:other
ATTACH:https://example.org/agenda
CONFERENCE;VALUE=URI:https://meet.example.org/1
ORGANIZER;CN=Alice:mailto:alice@example.org
ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED:mailto:alice@example.org
ATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org
ATTENDEE;CN=Carol;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:carol@example.org
X-MINE:one
X-TWO;X-PARAM=a:two
BEGIN:VALARM
UID:alarm-1
ACTION:DISPLAY
DESCRIPTION:soon
TRIGGER:-PT15M
END:VALARM
BEGIN:VALARM
ACTION:AUDIO
TRIGGER:-PT1H
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:meeting
DTSTAMP:20260101T000000Z
RECURRENCE-ID;TZID=Europe/Berlin:20260119T100000
DTSTART;TZID=Europe/Berlin:20260119T140000
DTEND;TZID=Europe/Berlin:20260119T150000
SUMMARY:Planning in the afternoon
DESCRIPTION:What next\\, and why
LOCATION:Room 2
STATUS:CONFIRMED
CLASS:PRIVATE
PRIORITY:5
CATEGORIES:work,team
COMMENT:first
ORGANIZER;CN=Alice:mailto:alice@example.org
ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED:mailto:alice@example.org
ATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org
X-MINE:one
BEGIN:VALARM
UID:alarm-2
ACTION:DISPLAY
DESCRIPTION:soon
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")

Change = Callable[[Component], Component]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of one thing: `thing` names it, so that two edits of other things must both survive."""

    name: str
    thing: str
    change: Change
    override: bool = False

    def __call__(self, text: str) -> str:
        tree = parse(text)
        (calendar,) = tree.components("VCALENDAR")
        for part in calendar.components("VEVENT"):
            if (part.first("RECURRENCE-ID") is not None) is self.override:
                return dump(replace(tree, part, self.change(part)))
        return text


def put(name: str, value: str, params: Mapping[str, list[str]] | None = None) -> Change:
    """Set a property that stands once."""
    return lambda part: set_lines(part, name, [line(name, value, params)])


def also(name: str, value: str, params: Mapping[str, list[str]] | None = None) -> Change:
    """One more line of a name."""
    return lambda part: set_lines(part, name, [*part.lines(name), line(name, value, params)])


def swap(old: str, new: str) -> Change:
    """Replace a piece of text inside the component."""

    def change(part: Component) -> Component:
        text = dump(part)
        assert old in text, old
        return component_of(text.replace(old, new, 1))

    return change


def drop(*names: str) -> Change:
    """Remove properties."""
    return lambda part: remove(part, *names)


def alarm(trigger: str, uid: str = "") -> Change:
    """One more alarm."""
    lines = [line("UID", uid)] * bool(uid) + [line("ACTION", "EMAIL"), line("TRIGGER", trigger)]
    return lambda part: add_component(part, component("VALARM", lines))


BERLIN = {"TZID": ["Europe/Berlin"]}

_BOTH = [
    ("SUMMARY", put("SUMMARY", "Planning, again")),
    ("DESCRIPTION", put("DESCRIPTION", "Something else")),
    ("LOCATION", put("LOCATION", "Room 9")),
    ("STATUS", put("STATUS", "TENTATIVE")),
    ("TRANSP", put("TRANSP", "TRANSPARENT")),
    ("CLASS", put("CLASS", "CONFIDENTIAL")),
    ("PRIORITY", put("PRIORITY", "1")),
    ("URL", put("URL", "https://example.org/2")),
    ("GEO", put("GEO", "1.0;2.0")),
    ("COLOR", put("COLOR", "red")),
    ("CATEGORIES:new", also("CATEGORIES", "new")),
    ("CATEGORIES:work", swap("CATEGORIES:work,team", "CATEGORIES:team")),
    ("RESOURCES:car", also("RESOURCES", "car")),
    ("COMMENT:second", also("COMMENT", "second")),
    ("CONTACT:Ben", also("CONTACT", "Ben")),
    ("RELATED-TO:another", also("RELATED-TO", "another")),
    ("ATTACH:minutes", also("ATTACH", "https://example.org/minutes")),
    ("CONFERENCE:2", also("CONFERENCE", "https://meet.example.org/2", {"VALUE": ["URI"]})),
    ("ORGANIZER;CN", swap("ORGANIZER;CN=Alice", "ORGANIZER;CN=Alice A.")),
    ("bob;PARTSTAT", swap("PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob", "PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:bob")),
    ("bob;CN", swap("CN=Bob", "CN=Robert")),
    ("dave", also("ATTENDEE", "mailto:dave@example.org", {"CN": ["Dave"]})),
    ("X-MINE", put("X-MINE", "changed")),
    ("X-NEW", put("X-NEW", "new")),
    ("VALARM:new", alarm("-PT5M")),
    ("VALARM:first;TRIGGER", swap("TRIGGER:-PT15M", "TRIGGER:-PT20M")),
    ("VALARM:first;DESCRIPTION", swap("DESCRIPTION:soon", "DESCRIPTION:very soon")),
]
_MASTER = [
    ("DTSTART", put("DTSTART", "20260105T093000", BERLIN)),
    ("DTEND", put("DTEND", "20260105T120000", BERLIN)),
    ("RRULE", put("RRULE", "FREQ=WEEKLY;COUNT=12")),
    ("EXDATE:26", also("EXDATE", "20260126T100000", BERLIN)),
    ("RDATE:29", also("RDATE", "20260129T100000", BERLIN)),
    ("carol", swap("ATTENDEE;CN=Carol;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:carol@example.org\r\n", "")),
    ("X-TWO;X-PARAM", put("X-TWO", "2", {"X-PARAM": ["b"]})),
    ("VALARM:second", swap("TRIGGER:-PT1H", "TRIGGER:-PT2H")),
    ("-URL", drop("URL")),
    ("-COMMENT", swap("COMMENT:first\r\n", "")),
]
_OVERRIDE = [
    ("DTSTART", put("DTSTART", "20260119T133000", BERLIN)),
    ("DTEND", put("DTEND", "20260119T163000", BERLIN)),
]

EDITS = [
    *(Edit(f"master {name}", name, change) for name, change in [*_BOTH, *_MASTER]),
    *(Edit(f"override {name}", name, change, override=True) for name, change in [*_BOTH, *_OVERRIDE]),
]
"""Edits of different things, but for a property and its removal."""

RIVALS = {
    ("master URL", "master -URL"),
    ("master X-TWO;X-PARAM", "override X-TWO;X-PARAM"),
}
"""Pairs that concern the same property after all."""
