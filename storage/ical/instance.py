"""One instance of a series as a component of its own, told by its master: what an override begins as."""

from datetime import timedelta

from storage.errors import InvalidData
from storage.ical.lines import Component, line
from storage.ical.values import moment
from storage.ical.write import eol_of, remove, set_lines, set_property

SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
"""What a master says about its instances, and an override does not."""


def instance_of(master: Component, key: str, zones: Component) -> Component | None:
    """The instance that `key` (a canonical RECURRENCE-ID) names, written in the manner of the master's DTSTART.

    None for a master that does not recur, or whose dates cannot be read. `zones` has the VTIMEZONEs of its text.
    """
    start = master.first("DTSTART")
    if start is None or not any(master.lines(name) for name in SERIES):
        return None
    eol, length = eol_of(master), timedelta(0)
    try:
        first = moment(start, zones)
        here = moment(line("DTSTART", key, {"VALUE": ["DATE"]} if first.all_day else {}), zones)
        local = here.local if first.zone is None else here.local.replace(tzinfo=here.zone).astimezone(first.zone)
        words = {"DTSTART": local.replace(tzinfo=None)}
        for name in ("DTEND", "DUE"):
            if end := master.first(name):
                length = moment(end, zones).local - first.local
                words[name] = words["DTSTART"] + length
    except (InvalidData, ValueError, OverflowError):
        return None
    made = remove(master, *SERIES)
    form = "%Y%m%d" if first.all_day else "%Y%m%dT%H%M%SZ" if start.value.endswith("Z") else "%Y%m%dT%H%M%S"
    for name, when in words.items():
        source = master.first(name) or start
        made = set_property(made, name, when.strftime(form), source.params)
    recurrence = line("RECURRENCE-ID", words["DTSTART"].strftime(form), start.params, eol=eol)
    return set_lines(made, "RECURRENCE-ID", [recurrence])
