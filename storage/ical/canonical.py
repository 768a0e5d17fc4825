"""The canonical form of an entry: two texts with the same calendar data have the same form, however they are written.

It decides what an echo is and what a change is. In doubt a difference counts: a change too many costs a journal row, a
change too few is an edit lost.

Not content, so two texts may differ in it and are the same:
- the text: line ends, folding, blank lines, whatever stands outside VCALENDAR, case of names and enumerated values,
  order of properties, parameters and components, quoting and RFC 6868 or TEXT escaping variants, lists on one line or
  several (CATEGORIES, RESOURCES, EXDATE, RDATE), order inside lists and rules, a property repeated word by word;
- defaults written out: VALUE as the property has it anyway, CUTYPE=INDIVIDUAL, ROLE=REQ-PARTICIPANT,
  PARTSTAT=NEEDS-ACTION, RSVP=FALSE, RELATED=START, RELTYPE=PARENT, SCHEDULE-AGENT=SERVER, TRANSP:OPAQUE, CLASS:PUBLIC,
  PRIORITY:0, SEQUENCE:0, REPEAT:0, INTERVAL=1, WKST=MO; an empty text property is an absent one;
- bookkeeping of whoever wrote last: DTSTAMP, LAST-MODIFIED, CREATED, PRODID, VERSION, CALSCALE, METHOD, counters and
  stamps of single products (`_BOOKKEEPING`), and what describes the collection rather than the entry (X-WR-CALNAME,
  REFRESH-INTERVAL, …) on the VCALENDAR itself;
- VTIMEZONEs that nothing uses, or whose TZID names an IANA or Windows zone: the name is the zone;
- the spelling of a zone (Windows or IANA, TZID=UTC or `Z`), of an exclusion or RECURRENCE-ID (any zone that gives the
  same instant), of a duration (`PT60M`, `P0DT1H0M0S`), of a place (GEO), of an e-mail address (case);
- what `quirks` repairs for reading.

Content, though it may look like noise: SEQUENCE (servers raise it, invitations depend on it, and taking it over costs
one row, never a ping-pong), SCHEDULE-STATUS (it tells that an invitation failed), X-MICROSOFT-CDO-BUSYSTATUS (out of
office), X-MOZ-LASTACK and ACKNOWLEDGED (snooze), alarm UIDs, DURATION where there was DTEND.
"""

from collections.abc import Callable, Iterable, Mapping

from storage.errors import InvalidData
from storage.ical import quirks
from storage.ical.lines import Component, Line, escape, parse, unescape
from storage.ical.span import zones_only
from storage.ical.values import Moment, moment, periods
from storage.ical.zones import iana_name
from storage.memo import remembered

_BOOKKEEPING = frozenset(
    {
        "CREATED",
        "DTSTAMP",
        "LAST-MODIFIED",
        "X-LIC-ERROR",
        "X-MICROSOFT-CDO-APPT-SEQUENCE",
        "X-MICROSOFT-CDO-ATTENDEE-CRITICAL-CHANGE",
        "X-MICROSOFT-CDO-OWNER-CRITICAL-CHANGE",
        "X-MICROSOFT-CDO-OWNERAPPTID",
        "X-MICROSOFT-CDO-REPLYTIME",
        "X-MOZ-GENERATION",
        "X-RADICALE-NAME",
    }
)
_OF_THE_CALENDAR = _BOOKKEEPING | {
    "CALSCALE",
    "METHOD",
    "PRODID",
    "REFRESH-INTERVAL",
    "SOURCE",
    "VERSION",
    "X-PUBLISHED-TTL",
    "X-WR-CALDESC",
    "X-WR-CALNAME",
    "X-WR-RELCALID",
    "X-WR-TIMEZONE",
}
_UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "GMT", "Etc/GMT"})
_OF_A_ZONE = _BOOKKEEPING | {"COMMENT", "TZNAME", "TZURL", "X-LIC-LOCATION", "X-MICROSOFT-CDO-TZID"}
_PARAMETER_DEFAULTS = frozenset(
    {
        ("CUTYPE", "INDIVIDUAL"),
        ("ENCODING", "8BIT"),
        ("FBTYPE", "BUSY"),
        ("PARTSTAT", "NEEDS-ACTION"),
        ("RELATED", "START"),
        ("RELTYPE", "PARENT"),
        ("ROLE", "REQ-PARTICIPANT"),
        ("RSVP", "FALSE"),
        ("SCHEDULE-AGENT", "SERVER"),
    }
)
_ENUMERATED = frozenset(
    {"CUTYPE", "ENCODING", "FBTYPE", "FMTTYPE", "LANGUAGE", "PARTSTAT", "RANGE", "RELATED", "RELTYPE", "ROLE", "RSVP"}
    | {"SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND", "VALUE"}
)
_ADDRESSES = frozenset({"DELEGATED-FROM", "DELEGATED-TO", "MEMBER", "SENT-BY"})
_VALUE_TYPES = {
    "ATTACH": "URI",
    "ATTENDEE": "CAL-ADDRESS",
    "DURATION": "DURATION",
    "FREEBUSY": "PERIOD",
    "GEO": "FLOAT",
    "ORGANIZER": "CAL-ADDRESS",
    "PERCENT-COMPLETE": "INTEGER",
    "PRIORITY": "INTEGER",
    "REFRESH-INTERVAL": "DURATION",
    "REPEAT": "INTEGER",
    "RRULE": "RECUR",
    "SEQUENCE": "INTEGER",
    "TZURL": "URI",
    "URL": "URI",
}
_DEFAULT_WORDS = {"CLASS": "PUBLIC", "PRIORITY": "0", "REPEAT": "0", "SEQUENCE": "0", "TRANSP": "OPAQUE"}
_RULE_DEFAULTS = frozenset({"INTERVAL=1", "WKST=MO"})


@remembered(texts=128, longest=8_000)
def canonical(text: str) -> str:
    """The canonical form of an iCalendar text, to compare and to hash, never to send or to store.

    Raises InvalidData (or TooLarge) for text whose structure is broken, or that has no component at all.
    """
    found = parse(text).components()
    if not found:
        raise InvalidData("a text without any BEGIN has no calendar data", hint="Is this an iCalendar text at all?")
    return "\n".join(sorted(Form(zones_only(each)).of(each) for each in found))


class Form:
    """Writes the components of one VCALENDAR; remembers which TZIDs only a VTIMEZONE of that text explains.

    `zones` holds the VTIMEZONEs of the text (`storage.ical.span.zones_only`).
    """

    def __init__(self, zones: Component) -> None:
        self._zones = zones
        self._own_zones: set[str] = set()
        self._said: dict[str, Iterable[str]] = {}

    def of(self, component: Component) -> str:
        """The canonical form of a component with all inside it; recursion goes as deep as `parse` lets nesting be."""
        ignored = _IGNORED.get(component.name, _BOOKKEEPING)
        lines: list[str] = []
        inner: list[str] = []
        zones: list[Component] = []
        for child in component.children:
            if isinstance(child, Component):
                if child.name == "VTIMEZONE":
                    zones.append(child)
                else:
                    inner.append(self.of(child))
            elif child.name not in ignored:
                lines.extend(self.line(child))
        inner.extend(self.of(zone) for zone in zones if self._is_needed(zone))
        return "\n".join([f"BEGIN:{component.name}", *sorted(set(lines)), *sorted(inner), f"END:{component.name}"])

    def line(self, line: Line) -> Iterable[str]:
        """The canonical form of one property: nothing if it says nothing, one text for each member of a list."""
        said = self._said.get(line.raw)
        if said is None:
            zoned = _WITH_ZONES.get(line.name)
            said = self._said[line.raw] = zoned(self, line) if zoned else _PLAIN.get(line.name, _other)(line)
        return said

    def _is_needed(self, zone: Component) -> bool:
        identifier = zone.first("TZID")
        return identifier is not None and unescape(identifier.value).strip() in self._own_zones

    def moment(self, line: Line) -> Iterable[str]:
        """A wall-clock time in its zone: moving an event to another zone is a change even where the instant stays."""
        try:
            found = moment(line, self._zones)
        except InvalidData:
            return _verbatim(line)
        return (f"{line.name}{_params(line, 'TZID', 'VALUE')}:{self._written(found, line)}",)

    def instants(self, line: Line) -> Iterable[str]:
        """Each instant of a list, whatever zone names it; a PERIOD with its length."""
        try:
            found = periods(line, self._zones)
        except InvalidData:
            return _verbatim(line)
        params = _params(line, "TZID", "VALUE")
        return [f"{line.name}{params}:{_instant(at)}{'' if long is None else f'+{long}'}" for at, long in found]

    def trigger(self, line: Line) -> Iterable[str]:
        """A duration or a moment; the form says which, and RELATED means nothing beside a moment."""
        if "P" in line.value.upper():
            return (f"TRIGGER{_params(line, 'VALUE')}:{_length(line.value)}",)
        try:
            return (f"TRIGGER{_params(line, 'TZID', 'VALUE', 'RELATED')}:{_instant(moment(line, self._zones))}",)
        except InvalidData:
            return _verbatim(line)

    def _written(self, found: Moment, line: Line) -> str:
        if found.all_day:
            return found.local.date().isoformat()
        zone = "UTC" if found.zone_name in _UTC_NAMES else found.zone_name
        tzid = line.param("TZID")
        if zone == tzid and not iana_name(tzid):
            self._own_zones.add(tzid.strip())
        return f"{zone} {found.local.isoformat()}"


def _instant(found: Moment) -> str:
    kind = "date" if found.all_day else "local" if found.floating else "utc"
    return f"{kind} {found.epoch}"


def _length(value: str) -> str:
    try:
        days, seconds = quirks.nominal(value)
    except InvalidData:
        return value
    return f"{days}d{seconds}s"


def _rule(line: Line) -> Iterable[str]:
    parts = quirks.recurrence_rule(line.value).split(";")
    kept = sorted(_sorted_list(part) for part in parts if part and part not in _RULE_DEFAULTS)
    return (f"{line.name}:{';'.join(kept)}",) if kept else ()


def _sorted_list(part: str) -> str:
    name, _, values = part.partition("=")
    return f"{name}={','.join(sorted(values.split(',')))}" if "," in values else part


def _duration(line: Line) -> Iterable[str]:
    return (f"{line.name}{_params(line)}:{_length(line.value)}",) if line.value.strip() else ()


def _word(line: Line) -> Iterable[str]:
    word = quirks.status(unescape(line.value))
    return () if word in ("", _DEFAULT_WORDS.get(line.name)) else (f"{line.name}{_params(line)}:{escape(word)}",)


def _text(line: Line) -> Iterable[str]:
    return (f"{line.name}{_params(line)}:{escape(unescape(line.value))}",) if line.value else ()


def _list(line: Line) -> Iterable[str]:
    params = _params(line)
    return [f"{line.name}{params}:{escape(each)}" for each in quirks.split_list(line.value)]


def _person(line: Line) -> Iterable[str]:
    value = line.value.strip()
    address = quirks.calendar_address(value, "").lower()
    repeated = address and line.param("EMAIL").strip().lower() == address
    params = _params(line, "EMAIL") if repeated else _params(line)
    return (f"{line.name}{params}:{address or value}",) if value else ()


def _geo(line: Line) -> Iterable[str]:
    """Two floats, of which six decimals count (RFC 5545 §3.8.1.6)."""
    try:
        said = ";".join(f"{float(each):.6f}" for each in line.value.split(";"))
    except ValueError:
        return _verbatim(line)
    return (f"GEO{_params(line)}:{said}",)


def _verbatim(line: Line) -> Iterable[str]:
    return (f"{line.name}{_params(line)}:{line.value}",) if line.value.strip() else ()


def _other(line: Line) -> Iterable[str]:
    if not line.name:
        junk = line.value.strip()
        return (f":{junk}",) if junk else ()
    value = line.value
    if ("\\" in value or "," in value or ";" in value) and line.param("VALUE").upper() in ("", "TEXT"):
        value = escape(unescape(value))
    return (f"{line.name}{_params(line)}:{value}",)


def parameters(line: Line) -> dict[str, str]:
    """The canonical form of each parameter of a property by name, without those that say what is the default."""
    pieces: dict[str, str] = {}
    for key, values in line.params.items():
        if key in _ENUMERATED:
            values = tuple(each.strip().upper() for each in values)
            first = values[0]
            if (key, first) in _PARAMETER_DEFAULTS or (key == "VALUE" and first == _VALUE_TYPES.get(line.name, "TEXT")):
                continue
        elif key in _ADDRESSES:
            values = tuple(quirks.calendar_address(each, "").lower() or each for each in values)
        pieces[key] = repr(values)
    return pieces


def _params(line: Line, *dropped: str) -> str:
    if not line.params:
        return ""
    return "".join(sorted(f";{key}={said}" for key, said in parameters(line).items() if key not in dropped))


_IGNORED: Mapping[str, frozenset[str]] = {
    "VCALENDAR": _OF_THE_CALENDAR,
    "VTIMEZONE": _OF_A_ZONE,
    "STANDARD": _OF_A_ZONE,
    "DAYLIGHT": _OF_A_ZONE,
}
_WITH_ZONES: Mapping[str, Callable[[Form, Line], Iterable[str]]] = {
    **dict.fromkeys(("DTSTART", "DTEND", "DUE"), Form.moment),
    **dict.fromkeys(("EXDATE", "RDATE", "RECURRENCE-ID", "COMPLETED", "ACKNOWLEDGED"), Form.instants),
    "TRIGGER": Form.trigger,
}
_PLAIN: Mapping[str, Callable[[Line], Iterable[str]]] = {
    **dict.fromkeys(("RRULE", "EXRULE"), _rule),
    "GEO": _geo,
    "DURATION": _duration,
    **dict.fromkeys(("STATUS", "CLASS", "TRANSP", "ACTION", "PRIORITY", "REPEAT", "SEQUENCE"), _word),
    **dict.fromkeys(("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "UID", "RELATED-TO"), _text),
    **dict.fromkeys(("CATEGORIES", "RESOURCES"), _list),
    **dict.fromkeys(("ATTENDEE", "ORGANIZER"), _person),
    **dict.fromkeys(("URL", "ATTACH", "REQUEST-STATUS", "FREEBUSY", "CONFERENCE", "IMAGE"), _verbatim),
}
