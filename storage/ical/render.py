"""One component of iCalendar text rendered as a ComponentRecord: what listings and JSON need, read once at write time.

An optional property that is missing, empty or nonsense gives an empty field; of a property that may occur once, but
occurs twice, the first counts.
"""

from collections.abc import Mapping
from typing import Any

from storage.errors import InvalidData
from storage.ical import details, quirks
from storage.ical.lines import Component, Line, unescape
from storage.ical.span import span, value_of
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT, Moment, moment, recurrence_key
from storage.records import ComponentRecord

_MAX_SEQUENCE = 2**31 - 1
_PERSON_LISTS = (("DELEGATED-FROM", "delegated_from"), ("DELEGATED-TO", "delegated_to"), ("MEMBER", "member"))
_PERSON_WORDS = (("SCHEDULE-AGENT", "schedule_agent"), ("SCHEDULE-STATUS", "schedule_status"))

Index = Mapping[str, list[Line]]


def render(component: Component, root: Component, series_start: Moment | None) -> ComponentRecord:
    """The record of a VEVENT, VTODO or VJOURNAL; zones come from the VTIMEZONEs of `root`.

    `series_start` is the DTSTART of the master: an override's RECURRENCE-ID is read in its kind of time. Raises
    InvalidData for a RECURRENCE-ID that is no date, since the override could then pass for the master.
    """
    index = _index(component)
    start, end = span(component, root)
    anchor = start or end
    override = index.get("RECURRENCE-ID")
    return ComponentRecord(
        name=component.name,
        recurrence_id=_recurrence_id(override[0], root, series_start) if override else "",
        this_and_future=override is not None and override[0].param("RANGE").strip().upper() == "THISANDFUTURE",
        summary=_text(index, "SUMMARY"),
        description=_text(index, "DESCRIPTION"),
        location=_text(index, "LOCATION"),
        start=start.epoch if start else None,
        end=end.epoch if end else None,
        start_local=_local(start),
        end_local=_local(end),
        start_zone=start.zone_name if start else "",
        end_zone=end.zone_name if end else "",
        all_day=anchor.all_day if anchor else False,
        floating=anchor.floating if anchor else False,
        by_duration=component.name == "VTODO" and None not in (start, end) and _epoch(index, "DUE", root) is None,
        rrule=_rule(index),
        recurring=not override and bool(_rule(index) or any(each.value.strip() for each in index.get("RDATE", ()))),
        status=_word(index, "STATUS"),
        transparency=_word(index, "TRANSP"),
        classification=_word(index, "CLASS"),
        priority=_number(index, "PRIORITY", 9),
        percent=_number(index, "PERCENT-COMPLETE", 100),
        completed=_epoch(index, "COMPLETED", root),
        sequence=_number(index, "SEQUENCE", _MAX_SEQUENCE) or 0,
        created=_epoch(index, "CREATED", root),
        last_modified=_epoch(index, "LAST-MODIFIED", root),
        url=_first(index, "URL").strip(),
        color=_text(index, "COLOR").strip(),
        organizer=next((person for each in index.get("ORGANIZER", ()) if (person := _organizer(each))), None),
        attendees=tuple(_attendee(each) for each in index.get("ATTENDEE", ()) if each.value.strip()),
        categories=_categories(index),
        alarms=tuple(_alarm(each, root) for each in component.components("VALARM")),
        stamped=None if "LAST-MODIFIED" in index else _epoch(index, "DTSTAMP", root),
        **({} if details.NAMES.isdisjoint(index) else details.of(index, start, root)),
    )


def _index(component: Component) -> Index:
    index: dict[str, list[Line]] = {}
    for child in component.children:
        if isinstance(child, Line):
            if child.name in index:
                index[child.name].append(child)
            else:
                index[child.name] = [child]
    return index


def _first(index: Index, name: str) -> str:
    lines = index.get(name)
    return lines[0].value if lines else ""


def _text(index: Index, name: str) -> str:
    lines = index.get(name)
    return unescape(lines[0].value) if lines else ""


def _word(index: Index, name: str) -> str:
    lines = index.get(name)
    return quirks.status(unescape(lines[0].value)) if lines else ""


def _number(index: Index, name: str, high: int) -> int | None:
    lines = index.get(name)
    return quirks.number(lines[0].value, 0, high) if lines else None


def _epoch(index: Index, name: str, root: Component) -> int | None:
    lines = index.get(name)
    found = value_of(lines[0], root) if lines else None
    return found.epoch if found else None


def _local(of: Moment | None) -> str:
    if of is None:
        return ""
    return of.local.date().isoformat() if of.all_day else of.local.isoformat(timespec="seconds")


def _rule(index: Index) -> str:
    lines = index.get("RRULE")
    return next((rule for each in lines if (rule := quirks.recurrence_rule(each.value))), "") if lines else ""


def _categories(index: Index) -> tuple[str, ...]:
    lines = index.get("CATEGORIES")
    if not lines:
        return ()
    return tuple(dict.fromkeys(text for each in lines for text in quirks.split_list(each.value)))


def _recurrence_id(line: Line, root: Component, series_start: Moment | None) -> str:
    instance = moment(line, root)
    if series_start is not None:
        instance = quirks.recurrence_id_in_the_manner_of(series_start, instance)
    if not FIRST_MOMENT <= instance.epoch <= LAST_MOMENT:
        raise InvalidData(f"RECURRENCE-ID {line.value[:40]!r} is no moment of the years 1 to 9999 in UTC")
    return recurrence_key(instance)


def _organizer(line: Line) -> dict[str, Any] | None:
    return _person(line) if line.value.strip() else None


def _attendee(line: Line) -> dict[str, Any]:
    params = line.params
    person = _person(line)
    person["partstat"] = quirks.status(_param(params, "PARTSTAT"))
    person["role"] = _param(params, "ROLE").strip().upper()
    person["rsvp"] = _param(params, "RSVP").strip().upper() == "TRUE"
    person["cutype"] = _param(params, "CUTYPE").strip().upper()
    for parameter, key in _PERSON_LISTS:
        if parameter in params:
            person[key] = [quirks.calendar_address(each, "") or each for each in params[parameter]]
    return person


def _person(line: Line) -> dict[str, Any]:
    """Keys always there: `email`, `name`, `uri` (the value as written), `sent_by`; others only where written."""
    params, uri = line.params, line.value.strip()
    sent_by = _param(params, "SENT-BY")
    person: dict[str, Any] = {
        "email": quirks.calendar_address(uri, _param(params, "EMAIL")),
        "name": _param(params, "CN"),
        "uri": uri,
        "sent_by": quirks.calendar_address(sent_by, "") if sent_by else "",
    }
    for parameter, key in _PERSON_WORDS:
        if word := _param(params, parameter):
            person[key] = word
    return person


def _param(params: Mapping[str, tuple[str, ...]], name: str) -> str:
    values = params.get(name)
    return values[0] if values else ""


def _alarm(alarm: Component, root: Component) -> dict[str, Any]:
    """`trigger` as written, and what it means: `offset` in seconds from `related`, or `at`, a moment (UTC seconds).

    `to`, only where there are any: the addresses that an e-mail goes to.
    """
    index = _index(alarm)
    trigger = index["TRIGGER"][0] if "TRIGGER" in index else None
    offset, at = _trigger(trigger, root)
    acknowledged = index.get("ACKNOWLEDGED") or index.get("X-MOZ-LASTACK")
    seen = value_of(acknowledged[0], root) if acknowledged else None
    relative = trigger.param("RELATED").strip().upper() or "START" if trigger and offset is not None else ""
    to = [address for each in index.get("ATTENDEE", ()) if (address := quirks.calendar_address(each.value, ""))]
    return {
        **({"to": to} if to else {}),
        "action": _word(index, "ACTION"),
        "trigger": trigger.value if trigger else "",
        "offset": offset,
        "at": at,
        "related": relative,
        "description": _text(index, "DESCRIPTION"),
        "summary": _text(index, "SUMMARY"),
        "uid": _text(index, "UID"),
        "acknowledged": seen.epoch if seen else None,
        "repeat": _number(index, "REPEAT", _MAX_SEQUENCE) or 0,
        "duration": _first(index, "DURATION"),
    }


def _trigger(line: Line | None, root: Component) -> tuple[int | None, int | None]:
    """The form decides, whatever VALUE and RELATED say: there are date-times behind `VALUE=DURATION`."""
    if line is None:
        return None, None
    try:
        if "P" in line.value.upper():
            days, seconds = quirks.nominal(line.value)
            return days * 86400 + seconds, None
        return None, moment(line, root).epoch
    except InvalidData:
        return None, None
