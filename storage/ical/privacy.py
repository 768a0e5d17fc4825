"""What others may see of an entry: its CLASS honoured (RFC 5545 §3.8.1.3), or nothing of it but the time it takes.

Pure functions from text to text. A component that is hidden is written anew from its times, its rules, STATUS, TRANSP
and CLASS; whatever else stands in it leaves no trace, so two entries that differ only in what is hidden look the same,
to the byte. PRIVATE and CONFIDENTIAL are treated alike, and so is a CLASS that nobody knows, as the RFC demands.
"""

import re
from collections.abc import Collection as Group
from collections.abc import Iterable, Iterator

from storage.errors import InvalidData
from storage.ical import quirks
from storage.ical.kinds import ENTRIES
from storage.ical.lines import Component, Line, closed, dump, line, parse, unescape
from storage.ical.reminders import without
from storage.ical.zones import iana_name

BUSY = "Busy"
"""The SUMMARY of everything whose own is hidden."""

HIDDEN = "Private"
"""The name of a contact whose own is hidden."""

_HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CalHarbor//EN\r\n"
_FOOT = "END:VCALENDAR\r\n"
_STAMP = line("DTSTAMP", "19700101T000000Z")
"""RFC 5545 demands one; the true one tells when something hidden was changed."""

_MAY_CLASSIFY = re.compile(r"C\s*L\s*A\s*S\s*S", re.IGNORECASE)
_ONCE = ("RECURRENCE-ID", "DTSTART", "DTEND", "DUE", "DURATION")
_OFTEN = ("RRULE", "EXRULE", "RDATE", "EXDATE", "FREEBUSY")
_RULES = frozenset({"RRULE", "EXRULE"})
_DATE_TEXT = re.compile(r"[0-9TZPWDHMS/,:+.-]+")
_RULE_PART = re.compile(
    r"(?:FREQ|UNTIL|COUNT|INTERVAL|WKST|RSCALE|SKIP|BY(?:SECOND|MINUTE|HOUR|DAY|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS))"
    r"=[A-Z0-9,+-]+"
)
_PARAMS = ("TZID", "VALUE", "RANGE", "FBTYPE")
_WORDS = {
    "VALUE": frozenset({"DATE", "DATE-TIME", "PERIOD", "DURATION"}),
    "RANGE": frozenset({"THISANDFUTURE"}),
    "FBTYPE": frozenset({"FREE", "BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE"}),
    "TRANSP": frozenset({"OPAQUE", "TRANSPARENT"}),
    "STATUS": frozenset({"TENTATIVE", "CONFIRMED", "CANCELLED", "NEEDS-ACTION", "COMPLETED", "IN-PROCESS", "DRAFT",
                         "FINAL"}),
}  # fmt: skip
_OFFSET = re.compile(r"[+-][0-9:]+")


def hides(classification: str) -> bool:
    """Whether a component of this CLASS (upper case, "" for none) is its owner's alone."""
    return classification not in ("", "PUBLIC")


def redacted(text: str, *, busy: bool) -> str | None:
    """An entry as everybody but its owner sees it: `busy` hides every component, else those that their CLASS hides.

    None where nothing of it is hidden. An override without a CLASS has that of its master. What is shown of something
    hidden in part has no alarms. A text that cannot be read any more shows nothing at all.
    """
    if not busy and not _MAY_CLASSIFY.search(text):
        return None
    try:
        tree = parse(text)
        if cards := tree.components("VCARD"):
            return _card(cards[0], busy=busy)
        [calendar] = tree.components("VCALENDAR")
        entries = [each for each in calendar.components() if each.name in ENTRIES]
        default = next((_class_of(each) for each in entries if _is_master(each)), "")
        classes = [_class_of(each) or default for each in entries]
        hidden = [busy or hides(each) for each in classes]
        if not busy and not any(hidden):
            return None
        uid = _uid(entries)
        shown = [
            _veil(each, uid, _class_line(word)) if veiled else without(each)
            for each, word, veiled in zip(entries, classes, hidden, strict=True)
        ]
        return _calendar(calendar, shown)
    except (InvalidData, ValueError):
        return _HEAD + _FOOT


def busy_time(text: str, uid: str, me: Group[str] = ()) -> str:
    """The events of an entry that take time, under another UID; "" where none does.

    What is free (RFC 5545 §3.8.2.7), cancelled, or declined by `me` (addresses as `mailto:` and lower case) is left
    out: from a busy series by an EXDATE. Every CLASS counts, and none is told.
    """
    try:
        [calendar] = parse(text).components("VCALENDAR")
        entries = [each for each in calendar.components("VEVENT") if each.first("DTSTART")]
        masters = [each for each in entries if _is_master(each) and not _is_free(each, me)]
        overrides = [each for each in entries if not _is_master(each)]
        exceptions = [gone for each in overrides if masters and _is_free(each, me) for gone in _exdate(each)]
        shown = [_veil(each, uid, exceptions) for each in masters]
        shown += [_veil(each, uid, []) for each in overrides if not _is_free(each, me)]
        return _calendar(calendar, shown) if shown else ""
    except (InvalidData, ValueError):
        return ""


def _card(card: Component, *, busy: bool) -> str | None:
    """A contact that is its owner's alone (RFC 2426 §3.7.1): that there is one, and nothing of it."""
    if not busy and not hides(_class_of(card)):
        return None
    version = "4.0" if _word(card, "VERSION") == "4.0" else "3.0"
    uid = _uid([card])
    lines = [line("VERSION", version), *([line("UID", uid)] if uid else []), line("FN", HIDDEN)]
    lines += [line("N", f"{HIDDEN};;;;"), *_class_line(_class_of(card))]
    return dump(Component("VCARD", [*lines], "BEGIN:VCARD\r\n", "END:VCARD\r\n"))


def _is_master(component: Component) -> bool:
    return component.first("RECURRENCE-ID") is None


def _is_free(component: Component, me: Group[str]) -> bool:
    if _word(component, "TRANSP") == "TRANSPARENT" or _word(component, "STATUS") == "CANCELLED":
        return True
    declined = (each for each in component.lines("ATTENDEE") if quirks.status(each.param("PARTSTAT")) == "DECLINED")
    return any(f"mailto:{quirks.calendar_address(each.value, each.param('EMAIL')).lower()}" in me for each in declined)


def _word(component: Component, name: str) -> str:
    """The upper-case word of a property that knows only some, as listings show it too; "" for none."""
    found = component.first(name)
    return quirks.status(unescape(found.value)) if found else ""


def _class_of(component: Component) -> str:
    return _word(component, "CLASS")


def _class_line(word: str) -> list[Line]:
    """The CLASS as others may see it: a word that somebody made up is a text like any other."""
    return [line("CLASS", word if word in ("PUBLIC", "CONFIDENTIAL") else "PRIVATE")] if word else []


def _uid(entries: Iterable[Component]) -> str:
    return next((found.value for each in entries if (found := each.first("UID")) and found.value.strip()), "")


def _veil(component: Component, uid: str, more: Iterable[Line]) -> Component:
    """The component with nothing in it but its times, and `more` lines."""
    lines = [line("UID", uid), _STAMP]
    for name in _ONCE:
        lines.extend(made for each in component.lines(name)[:1] for made in _time_line(each))
    for name in _OFTEN:
        lines.extend(made for each in component.lines(name) for made in _time_line(each))
    words = [(name, _word(component, name)) for name in ("TRANSP", "STATUS")]
    lines.extend(line(name, word) for name, word in words if word in _WORDS[name])
    children: list[Line | Component] = [*lines, *more, line("SUMMARY", BUSY)]
    return Component(component.name, children, f"BEGIN:{component.name}\r\n", f"END:{component.name}\r\n")


def _time_line(source: Line, name: str = "") -> list[Line]:
    """A date or rule written anew, without what else may hide in its value and parameters; none if nothing is left."""
    if source.name in _RULES:
        parts = [part for part in quirks.recurrence_rule(source.value).split(";") if _RULE_PART.fullmatch(part)]
        value = ";".join(parts)
    else:
        value = "".join(source.value.split()).upper()
        value = value if _DATE_TEXT.fullmatch(value) else ""
    params: dict[str, list[str]] = {}
    for key in _PARAMS:
        found = source.param(key).strip()
        if found and key == "TZID":
            params[key] = [found]
        elif found.upper() in _WORDS.get(key, ()):
            params[key] = [found.upper()]
    return [line(name or source.name, value, params)] if value else []


def _exdate(override: Component) -> list[Line]:
    """What takes the instance of an override out of its series; none for one that changes all that follow."""
    instance = override.lines("RECURRENCE-ID")[0]
    return [] if instance.param("RANGE") else _time_line(instance, "EXDATE")


def _calendar(source: Component, shown: Iterable[Component]) -> str:
    """A VCALENDAR with these components and those VTIMEZONEs of its source that they need."""
    shown = list(shown)
    needed = {each for component in shown for each in _tzids(component)}
    pieces = [_HEAD]
    for zone in source.components("VTIMEZONE"):
        tzid = zone.first("TZID")
        name = tzid.value.strip() if tzid else ""
        if name in needed:
            needed.remove(name)
            pieces.extend(_zone(zone, name))
    pieces.extend(closed(dump(each)) for each in shown)
    return "".join((*pieces, _FOOT))


def _zone(zone: Component, tzid: str) -> Iterator[str]:
    """A VTIMEZONE with its rules and nothing else."""
    yield f"BEGIN:VTIMEZONE\r\n{line('TZID', tzid).raw}"
    place = zone.first("X-LIC-LOCATION")
    if place and (known := iana_name(place.value)):
        yield line("X-LIC-LOCATION", known).raw
    for rule in zone.components():
        if rule.name in ("STANDARD", "DAYLIGHT"):
            kept = "".join(made.raw for child in rule.children if isinstance(child, Line) for made in _zone_line(child))
            yield f"BEGIN:{rule.name}\r\n{kept}END:{rule.name}\r\n"
    yield "END:VTIMEZONE\r\n"


def _zone_line(source: Line) -> list[Line]:
    if source.name in ("DTSTART", "RRULE", "RDATE"):
        return _time_line(source)
    value = source.value.strip()
    fits = source.name in ("TZOFFSETFROM", "TZOFFSETTO") and _OFFSET.fullmatch(value)
    return [line(source.name, value)] if fits else []


def _tzids(component: Component) -> Iterator[str]:
    """Every zone that a component or what stands in it names."""
    pending = [component]
    while pending:
        for child in pending.pop().children:
            if isinstance(child, Component):
                pending.append(child)
            elif "TZID" in child.raw.upper() and (found := child.param("TZID").strip()):
                yield found
