"""Reminders as the JSON dialects write them: whose they are, an event's own or its calendar's (contract D40)."""

from storage.editing.change import KEEP, Reminder, Set
from storage.records import ComponentRecord


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
