"""A change applied to one VEVENT: only the properties that a member stands for are written, everything else stays."""

import re
from collections.abc import Mapping

from storage.editing import alarms, people, rules
from storage.editing.change import KEEP, Change, Custom, Description, Given, RawProperty
from storage.editing.editor import Editor
from storage.editing.when import Span, settled, span_of, with_span
from storage.errors import InvalidChange, InvalidData
from storage.ical import comments, conference, custom
from storage.ical.custom import CustomProperty
from storage.ical.htmltext import text_of
from storage.ical.lines import Component, Line, escape, line, unescape
from storage.ical.quirks import number
from storage.ical.write import eol_of, remove, set_lines, set_property

RECURRING = ("RRULE", "RDATE", "EXDATE", "EXRULE")
"""What makes a series of an event."""

HTML, STYLED = "X-ALT-DESC", "STYLED-DESCRIPTION"
BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"

UNIFIED = frozenset(
    {"UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "STATUS", "BEGIN", "END", "RECURRENCE-ID", "ATTACH"}
    | {"DTSTART", "DTEND", "DURATION", "SUMMARY", "DESCRIPTION", "LOCATION", "CLASS", "TRANSP", "ORGANIZER", "ATTENDEE"}
    | {
        HTML,
        STYLED,
        custom.PROPERTY,
        custom.DEFAULT_REMINDERS,
        custom.CREATOR,
        custom.RAW,
        *RECURRING,
        *conference.NAMES,
    }
)
"""Properties that are written through a member of their own, never as raw ones (contract D09)."""

_WHEN = ("DTSTART", "DTEND", "DURATION", *RECURRING)
_PROPERTY_NAME = re.compile(r"[A-Z0-9-]{1,64}", re.ASCII)
_MAX_SEQUENCE = 2**31 - 1


def changed(event: Component, change: Change, editor: Editor, root: Component) -> Component:
    """The event with the change, without its stamps: itself where nothing changes.

    `root` is the VCALENDAR that it stands in. Raises InvalidChange.
    """
    made = _described(event, change)
    made = _timed(made, change, editor, root)
    made = _with_people(made, change, editor)
    made = _reminding(made, change, root)
    made = _with_extensions(made, change)
    return event if made.children == event.children else made


def stamped(before: Component, after: Component, change: Change, editor: Editor) -> Component:
    """A changed event with DTSTAMP and LAST-MODIFIED of now; SEQUENCE says that its time or its guests are others.

    The organizer alone counts SEQUENCE (RFC 5545 §3.8.7.4). An event that did not change is left as it is.
    """
    if after is before:
        return before
    names = _WHEN if change.attendees is KEEP else (*_WHEN, "ATTENDEE")
    if editor.organizes(before.first("ORGANIZER")) and _said(before, names) != _said(after, names):
        known = before.first("SEQUENCE")
        count = number(known.value, 0, _MAX_SEQUENCE - 1) if known else None
        after = set_property(after, "SEQUENCE", str((count or 0) + 1))
    for name in ("LAST-MODIFIED", "DTSTAMP"):
        after = set_property(after, name, editor.stamp)
    return after


def _said(event: Component, names: tuple[str, ...]) -> list[str]:
    return [each.raw for name in names for each in event.lines(name)]


def _described(event: Component, change: Change) -> Component:
    event = _with_text(event, "SUMMARY", change.name)
    event = _with_text(event, "LOCATION", change.location)
    if change.description is not KEEP:
        event = _with_description(event, change.description or Description(""))
    if change.visibility is not KEEP:
        event = _with_class(event, change.visibility)
    return event if change.transparent is KEEP else _with_transparency(event, transparent=change.transparent)


def _with_text(event: Component, name: str, given: Given[str]) -> Component:
    if given is KEEP:
        return event
    known = event.first(name)
    if not given:
        return remove(event, name) if known is not None and known.value else event
    if known is not None and unescape(known.value) == given:
        return event
    # An ALTREP points to another form of the text that has gone.
    params = {key: values for key, values in known.params.items() if key != "ALTREP"} if known else {}
    return set_property(event, name, escape(given), params)


def _with_description(event: Component, given: Description) -> Component:
    known = event.first(HTML)
    if given.html and known is not None and unescape(known.value) == given.html:
        return event
    if not given.html and given.text and given.text == _description(event):
        return event  # what is marked up beside it says the same as before
    event = _with_text(event, "DESCRIPTION", given.text)
    event = remove(event, STYLED) if event.first(STYLED) else event
    if given.html:
        return set_property(event, HTML, escape(given.html), {"FMTTYPE": ["text/html"]})
    return remove(event, HTML) if known is not None else event


def _description(event: Component) -> str:
    """What a person reads of the description: its text, else that of what is marked up."""
    lines = [each for name in ("DESCRIPTION", HTML, STYLED) for each in event.lines(name) if each.value]
    said = unescape(lines[0].value) if lines else ""
    return said if not lines or lines[0].name == "DESCRIPTION" else text_of(said)


def _with_class(event: Component, wanted: str | None) -> Component:
    known = event.first("CLASS")
    said = known.value.strip().upper() if known else ""
    # A CLASS that nobody knows is to be treated as PRIVATE (RFC 5545 §3.8.1.3).
    meant = said if said in ("", "PUBLIC", "CONFIDENTIAL") else "PRIVATE"
    if (wanted or "") == meant:
        return event
    return set_property(event, "CLASS", wanted) if wanted else remove(event, "CLASS")


def _with_transparency(event: Component, *, transparent: bool) -> Component:
    known, busy = event.first("TRANSP"), event.first(BUSY)
    if transparent is not (known is not None and known.value.strip().upper() == "TRANSPARENT"):
        event = set_property(event, "TRANSP", "TRANSPARENT" if transparent else "OPAQUE")
    if busy is not None and transparent is not (busy.value.strip().upper() == "FREE"):
        event = set_property(event, BUSY, "FREE" if transparent else "BUSY")
    return event


def _timed(event: Component, change: Change, editor: Editor, root: Component) -> Component:
    before = span_of(event, root)
    after = before
    if not change.times.nothing:
        after = settled(change.times, before, root, editor.zone)
        event = with_span(event, before, after, editor.zone)
    if change.recurrence is not KEEP and after is not None:
        return _recurring(event, change.recurrence, after, root)
    if before is not None and after is not None and before.start.moment.all_day != after.start.moment.all_day:
        return _in_kind(event, after, root)
    return event


def _recurring(event: Component, texts: tuple[str, ...], at: Span, root: Component) -> Component:
    eol = eol_of(event)
    lines = rules.in_the_manner_of(rules.read_lines(texts), at.start, root, eol)
    for name in ("RRULE", "RDATE", "EXDATE"):
        wanted = [each for each in lines if each.name == name]
        if _meant(event.lines(name), at, root, eol) != [each.raw for each in wanted]:
            event = set_lines(event, name, wanted)
    return event if lines else remove(event, *RECURRING)


def _meant(lines: list[Line], at: Span, root: Component, eol: str) -> list[str] | None:
    """What lines that are there already say, in the form in which they would be written; None where that is nothing."""
    try:
        return [each.raw for each in rules.in_the_manner_of(lines, at.start, root, eol)]
    except InvalidChange:
        return None


def _in_kind(event: Component, at: Span, root: Component) -> Component:
    """A series that has become all-day, or is no longer, with its rule and its dates in that kind of time."""
    for name in ("RRULE", "RDATE", "EXDATE"):
        if lines := event.lines(name):
            event = set_lines(event, name, rules.in_the_manner_of(lines, at.start, root, eol_of(event)))
    return event


def _with_people(event: Component, change: Change, editor: Editor) -> Component:
    if change.organizer is not KEEP:
        given = change.organizer
        event = remove(event, "ORGANIZER") if given is None else people.with_organizer(event, given)
    if change.attendees is not KEEP:
        event = people.with_attendees(event, change.attendees, editor)
    if change.answers:
        event = comments.with_answer(people.with_answers(event, change.answers), change.comment)
    return event if change.reply is KEEP else people.with_reply(event, change.reply, editor)


def _reminding(event: Component, change: Change, root: Component) -> Component:
    if change.reminders is not KEEP:
        event = alarms.with_reminders(event, change.reminders, root)
    if change.default_reminders is not KEEP:
        event = custom.with_default_reminders(event, change.default_reminders)
    return event


def _with_extensions(event: Component, change: Change) -> Component:
    if change.custom is not KEEP:
        event = _with_custom(event, change.custom)
    try:
        if change.meeting is not KEEP:
            event = conference.with_meeting(event, change.meeting)
    except InvalidData as error:
        raise InvalidChange("meeting", error.message) from error
    return _with_raw(custom.with_raw_changed(event, change.attributes), change.raw)


def _with_custom(event: Component, given: tuple[Custom, ...] | None) -> Component:
    """Merged by key and scope (contract A.10); custom properties that nobody names stay."""
    known = {(each.key, each.private): each for each in custom.custom_properties(event.lines(custom.PROPERTY))}
    kept = known if given is not None else {}
    for each in given or ():
        private = each.private
        if private is None:
            private = (each.key, True) in kept or (each.key, False) not in kept
        if each.value is None:
            kept.pop((each.key, private), None)
        else:
            kept[each.key, private] = CustomProperty(each.key, each.value, private)
    return custom.with_custom_properties(event, kept.values())


def _with_raw(event: Component, given: Mapping[str, RawProperty | None]) -> Component:
    for name, wanted in given.items():
        if name in UNIFIED:
            continue
        if not _PROPERTY_NAME.fullmatch(name):
            raise InvalidChange("raw", f"{name[:40]!r} is no name of a property", hint="Letters, digits and hyphens.")
        if wanted is None:
            event = remove(event, name)
            continue
        try:
            made = line(name, wanted.value, wanted.params, eol=eol_of(event))
        except InvalidData as error:
            raise InvalidChange("raw", error.message) from error
        event = set_lines(event, name, [made])
    return event
