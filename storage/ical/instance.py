"""One instance of a series as a component of its own, told by its master: what an override begins as."""

from datetime import UTC, datetime, timedelta

from storage.errors import InvalidData
from storage.ical.lines import Component, line
from storage.ical.values import Moment, moment
from storage.ical.write import eol_of, remove, set_lines, set_property

SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
"""What a master says about its instances, and an override does not."""


def instance_of(master: Component, key: str, zones: Component) -> Component | None:
    """The instance that `key` (a canonical RECURRENCE-ID) names, written in the manner of the master's DTSTART.

    It lasts exactly as long as the first, however the clocks change meanwhile (RFC 5545 §3.8.5.3).
    None for a master that does not recur, or whose dates cannot be read. `zones` has the VTIMEZONEs of its text.
    """
    start = master.first("DTSTART")
    if start is None or not any(master.lines(name) for name in SERIES):
        return None
    eol = eol_of(master)
    try:
        first = moment(start, zones)
        here = moment(line("DTSTART", key, {"VALUE": ["DATE"]} if first.all_day else {}), zones)
        local = here.local if first.zone is None else here.local.replace(tzinfo=here.zone).astimezone(first.zone)
        words = {"DTSTART": local.replace(tzinfo=None)}
        for name in ("DTEND", "DUE"):
            if end := master.first(name):
                words[name] = _end(words["DTSTART"], here, first, moment(end, zones))
    except (InvalidData, ValueError, OverflowError):
        return None
    made = remove(master, *SERIES)
    form = "%Y%m%d" if first.all_day else "%Y%m%dT%H%M%SZ" if start.value.endswith("Z") else "%Y%m%dT%H%M%S"
    for name, when in words.items():
        source = master.first(name) or start
        made = set_property(made, name, when.strftime(form), source.params)
    recurrence = line("RECURRENCE-ID", words["DTSTART"].strftime(form), start.params, eol=eol)
    return set_lines(made, "RECURRENCE-ID", [recurrence])


def _end(start: datetime, here: Moment, first: Moment, last: Moment) -> datetime:
    """When an instance ends, by the clock of its DTEND; `first` and `last`: the ends of the first."""
    if last.zone is None or first.zone is None:
        return start + (last.local - first.local)
    at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=here.epoch + last.epoch - first.epoch)
    return at.astimezone(last.zone).replace(tzinfo=None)
