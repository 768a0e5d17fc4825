"""Reminders as the dialects show and write them: a method, and whole minutes before the start (contract E.1c)."""

from collections.abc import Mapping
from typing import Any

from storage.editing.change import KEEP, Reminder, Set
from storage.records import ComponentRecord

METHODS: Mapping[str, str] = {"DISPLAY": "popup", "AUDIO": "popup", "EMAIL": "email"}
"""What an ACTION (RFC 5545 §3.8.6.1) is called; others have no form."""

_MINUTE = 60


def minutes_before(alarm: Mapping[str, Any], record: ComponentRecord) -> int | None:
    """How many whole minutes before the start of its event; None for an alarm after it, or that says nothing."""
    if alarm["offset"] is not None:
        before = -alarm["offset"]
        if alarm["related"] == "END" and record.start is not None and record.end is not None:
            before -= record.end - record.start
    elif alarm["at"] is not None and record.start is not None:
        before = record.start - alarm["at"]
    else:
        return None
    return before // _MINUTE if before >= 0 else None


def with_default(
    given: Set[tuple[Reminder, ...]], default: bool | None, before: ComponentRecord | None
) -> tuple[Set[tuple[Reminder, ...]], Set[bool]]:
    """What becomes of an event's reminders, and of whether they are its calendar's own (D40).

    `default`: what is said of that, None for nothing: then reminders that are given are the event's own.
    """
    said, alarms = (None, ()) if before is None else (before.default_reminders, before.alarms)
    if default is not None:
        given = () if default else given
        implied = not (alarms if given is KEEP else given)
        return given, KEEP if said is None and default is implied else default
    had = bool(alarms) and not said
    return given, False if given is not KEEP and (given or had) else KEEP
