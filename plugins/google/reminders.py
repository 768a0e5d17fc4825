"""Google's reminders ⇄ VALARMs, and whether they are the calendar's own (contract E.1c, D40)."""

from collections.abc import Sequence
from typing import Any, Final

from plugins.google.members import Resource, child, children, flag, number, text
from storage.errors import InvalidData
from storage.ical import custom
from storage.ical.alarms import METHODS, minutes_before
from storage.ical.lines import Component, line
from storage.ical.write import component
from storage.records import ComponentRecord

MOST: Final = 5
LONGEST: Final = 40_320
"""So many minutes before the start, four weeks, Google can remind at most."""

EMAIL: Final = "email"
_WORDS: Final = "Reminder"


def default(event: Resource) -> bool | None:
    """Whether an event has the reminders of its calendar; None where nothing is said. Raises InvalidData."""
    reminders = child(event, "reminders")
    return flag(reminders, "useDefault") if reminders else None


def alarms(event: Resource, of_calendar: Sequence[Resource], owner: str) -> list[Component]:
    """The alarms of an event; those of its calendar where it has these. `owner`: whom Google mails. InvalidData."""
    reminders = child(event, "reminders")
    own = children(reminders, "overrides")
    return [_alarm(each, owner) for each in (of_calendar if flag(reminders, "useDefault") else own)]


def overrides(record: ComponentRecord) -> list[dict[str, Any]]:
    """The alarms of a component that Google can hold: the first five, in whole minutes before the start."""
    found: list[dict[str, Any]] = []
    for alarm in record.alarms:
        method, minutes = METHODS.get(alarm["action"]), minutes_before(alarm, record)
        if method is not None and minutes is not None and minutes <= LONGEST:
            reminder = {"method": method, "minutes": minutes}
            if reminder not in found:
                found.append(reminder)
    return found[:MOST]


def told(record: ComponentRecord) -> dict[str, Any]:
    """The reminders of a component, as Google is told them: without a word on it, none means the calendar's own."""
    listed = overrides(record)
    if record.default_reminders if record.default_reminders is not None else not listed:
        return {"useDefault": True}
    return {"useDefault": False, "overrides": listed}


def change(before: ComponentRecord, after: ComponentRecord) -> dict[str, Any] | None:
    """What Google is to be told of an edit; None where the reminders are the same.

    The calendar's own stand among the alarms: who edits one of them means this event alone. A client that does not say
    whose they are has not been asked.
    """
    was, now = overrides(before), overrides(after)
    same = sorted(was, key=_order) == sorted(now, key=_order)
    own = {"useDefault": False, "overrides": now}
    usual = told(before)["useDefault"]
    if after.default_reminders and not before.default_reminders:
        return None if usual else {"useDefault": True}
    if after.default_reminders is False:
        return own if usual or not same else None
    return None if same else own


def said(wanted: bool | None) -> list[Any]:
    """The line that tells whose the reminders are."""
    return [] if wanted is None else [line(custom.DEFAULT_REMINDERS, "TRUE" if wanted else "FALSE")]


def _order(reminder: dict[str, Any]) -> tuple[str, int]:
    return reminder["method"], reminder["minutes"]


def _alarm(reminder: Resource, owner: str) -> Component:
    minutes = number(reminder, "minutes")
    if minutes is None or minutes < 0:
        raise InvalidData("a reminder of a Google event does not say how many minutes before")
    mailed = text(reminder, "method") == EMAIL
    lines = [
        line("ACTION", "EMAIL" if mailed else "DISPLAY"),
        line("TRIGGER", f"-PT{minutes}M"),
        line("DESCRIPTION", _WORDS),
    ]
    if mailed:
        lines += [line("SUMMARY", _WORDS), *([line("ATTENDEE", f"mailto:{owner}")] if owner else [])]
    return component("VALARM", lines)
