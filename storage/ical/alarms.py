"""Alarms as services tell them: by a method, and by whole minutes before the start (contract E.1c)."""

from collections.abc import Mapping
from typing import Any

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
