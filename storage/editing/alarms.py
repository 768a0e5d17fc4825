"""Reminders as alarms: VALARMs that have a unified form are replaced, all others are kept. Contract E.1c."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from storage.editing.change import Reminder
from storage.errors import InvalidData
from storage.ical.lines import Component, Line, escape, line, unescape
from storage.ical.quirks import calendar_address, nominal
from storage.ical.span import span, value_of
from storage.ical.values import Moment
from storage.ical.write import add_component, component, eol_of, replace

_SHOWING, _MAILING = ("DISPLAY", "AUDIO"), ("EMAIL",)
_MINUTE, _DAY = 60, 86_400


@dataclass(frozen=True, slots=True)
class _Alarm:
    """A VALARM that can be told as a reminder, and which."""

    component: Component
    reminder: Reminder

    def says(self, wanted: Reminder) -> bool:
        """Whether it is the wanted one; a reminder without a text of its own is any that shows something then."""
        mine = self.reminder
        if wanted.mail_to or mine.mail_to:
            return mine == wanted
        return mine.minutes == wanted.minutes and wanted.text in (None, mine.text)


def with_reminders(event: Component, wanted: Iterable[Reminder], root: Component) -> Component:
    """The event with exactly these reminders, besides alarms that no reminder can tell, which stay as they are."""
    known = list(_alarms(event, root))
    left, made = list(known), list[Component]()
    for each in wanted:
        standing = next((alarm for alarm in left if alarm.says(each)), None)
        if standing is not None:
            left.remove(standing)
        made.append(_written(each, event) if standing is None else standing.component)
    if made == [each.component for each in known]:
        return event
    for alarm in known:
        event = replace(event, alarm.component, None)
    for alarm_component in made:
        event = add_component(event, alarm_component)
    return event


def has_reminders(event: Component, root: Component) -> bool:
    """Whether any of the event's alarms can be told as a reminder."""
    return next(_alarms(event, root), None) is not None


def _alarms(event: Component, root: Component) -> Iterator[_Alarm]:
    start, end = span(event, root)
    for each in event.components("VALARM"):
        action = each.first("ACTION")
        kind = action.value.strip().upper() if action else ""
        minutes = _minutes(each.first("TRIGGER"), start, end, root)
        if minutes is not None and kind in (*_SHOWING, *_MAILING):
            yield _Alarm(each, _told(each, kind, minutes))


def _minutes(trigger: Line | None, start: Moment | None, end: Moment | None, root: Component) -> int | None:
    """How long before the start, rounded down; None for one that rings after the start, or never."""
    if trigger is None or start is None or end is None:
        return None
    try:
        if "P" in trigger.value.upper():
            days, seconds = nominal(trigger.value)
            before = -(days * _DAY + seconds)
            if trigger.param("RELATED").strip().upper() == "END":
                before -= end.epoch - start.epoch
        else:
            at = value_of(trigger, root)
            before = start.epoch - at.epoch if at is not None else -1
    except InvalidData:
        return None
    return before // _MINUTE if before >= 0 else None


def _told(alarm: Component, kind: str, minutes: int) -> Reminder:
    text = alarm.first("DESCRIPTION")
    said = unescape(text.value) if text is not None and kind != "AUDIO" else None
    if kind not in _MAILING:
        return Reminder(minutes, said)
    to = tuple(calendar_address(each.value, each.param("EMAIL")) for each in alarm.lines("ATTENDEE"))
    summary = alarm.first("SUMMARY")
    return Reminder(minutes, said or "", to, unescape(summary.value) if summary else "")


def _written(wanted: Reminder, event: Component) -> Component:
    """The alarm with the properties that RFC 5545 §3.6.6 demands of it."""
    eol = eol_of(event)
    name = event.first("SUMMARY")
    text = wanted.text if wanted.text is not None else unescape(name.value) if name else ""
    lines = [
        line("ACTION", "EMAIL" if wanted.mail_to else "DISPLAY", eol=eol),
        line("TRIGGER", f"-PT{wanted.minutes}M", eol=eol),
        line("DESCRIPTION", escape(text or "Reminder"), eol=eol),
    ]
    if wanted.mail_to:
        lines.append(line("SUMMARY", escape(wanted.summary), eol=eol))
        lines += [line("ATTENDEE", f"mailto:{each}", eol=eol) for each in wanted.mail_to]
    return component("VALARM", lines, eol=eol)
