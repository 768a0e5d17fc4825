"""What few components have, rendered for their records: recurrence as lines, attachments, meetings, HTML, and so on."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from storage.errors import InvalidData
from storage.ical import conference, custom, quirks, zones
from storage.ical.lines import Component, Line, dump, unescape, unfold
from storage.ical.timetext import format_date, format_datetime, parse_date, parse_datetime
from storage.ical.values import Moment, period_of, recurrence_key

RULES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_WHEN = ("DTSTART", "DTEND", "DUE", "DURATION", *RULES)
_HTML = ("X-ALT-DESC", "STYLED-DESCRIPTION")
_BUSY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"
NAMES = frozenset(
    {*RULES, *_HTML, *conference.NAMES, "ATTACH", "RECURRENCE-ID", _BUSY_STATUS}
    | {custom.PROPERTY, custom.DEFAULT_REMINDERS, custom.CREATOR, custom.RAW}
)
"""A component without any of these properties has nothing of all this."""

_FILE_NAMES = ("FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-ORACLE-FILENAME", "LABEL")
_ATTACH = re.compile(r"^ATTACH(?=[;:])[^\n]*+(?:\n[ \t][^\n]*+)*+", re.MULTILINE | re.IGNORECASE)

Index = Mapping[str, list[Line]]


def of(index: Index, start: Moment | None, root: Component) -> dict[str, Any]:
    """The fields of `ComponentRecord` that come from the properties in `NAMES`, but for those that stay empty.

    `start` is DTSTART; zones come from the VTIMEZONEs of `root`.
    """
    found: dict[str, Any] = {}
    if not index.keys().isdisjoint(RULES) or "RANGE" in _head(index, "RECURRENCE-ID"):
        found["series"] = tuple(unfold(each.raw) for name in _WHEN for each in index.get(name, ()))
        found["zones"] = tuple(_zones(index, root))
        if "RECURRENCE-ID" not in index:
            found["recurrence"] = tuple(
                line for name in RULES for each in index.get(name, ()) for line in _rule(each, start, root)
            )
            if "EXDATE" in index and start is not None:
                found["excluded"] = tuple(sorted(_excluded(index["EXDATE"], start, root)))
    if "RECURRENCE-ID" in index and (tzid := index["RECURRENCE-ID"][0].param("TZID")):
        found["instance_zone"] = zones.zone_name(tzid, root)
    if "ATTACH" in index:
        found["attachments"] = tuple(_attachment(each) for each in index["ATTACH"] if each.value.strip())
    if html := next((text for name in _HTML for each in index.get(name, ()) if (text := _html(each))), ""):
        found["html"] = html
    if custom.PROPERTY in index:
        found["custom"] = tuple(each._asdict() for each in custom.custom_properties(index[custom.PROPERTY]))
    if custom.DEFAULT_REMINDERS in index:
        found["default_reminders"] = custom.default_reminders(index[custom.DEFAULT_REMINDERS])
    if custom.RAW in index and (raw := custom.raw_attributes(index[custom.RAW])):
        found["raw"] = raw
    if custom.CREATOR in index:
        made_by = index[custom.CREATOR][0]
        found["creator"] = {"email": quirks.calendar_address(made_by.value, ""), "name": made_by.param("CN")}
    if not conference.NAMES.isdisjoint(index) and (meeting := conference.meeting(index)):
        found["meeting"] = asdict(meeting)
    if _BUSY_STATUS in index:
        found["busy_status"] = index[_BUSY_STATUS][0].value.strip().upper()
    return found


def inline(text: str, attachment_id: str) -> bytes | None:
    """The bytes of an attachment that stands inside an entry's text; None where none has this id, or it is no base64.

    Looks for the one property alone: nothing else of the text is read.
    """
    for found in _ATTACH.finditer(text):
        line = Line(found[0], "ATTACH")
        if _is_inline(line) and _id(line) == attachment_id:
            try:
                return b64decode("".join(line.value.split()), validate=True)
            except (Error, ValueError):
                return None
    return None


def _head(index: Index, name: str) -> Mapping[str, Sequence[str]]:
    return index[name][0].params if name in index else {}


def _zones(index: Index, root: Component) -> Iterator[str]:
    """The VTIMEZONEs of the zones that these dates are in, where their names alone do not say which they are."""
    names = {each.param("TZID") for name in _WHEN for each in index.get(name, ())} - {""}
    unknown = {name.strip().strip("\"'") for name in names if zones.resolve(name, None) is None}
    for block in root.components("VTIMEZONE") if unknown else ():
        line = block.first("TZID")
        if line is not None and line.value.strip().strip("\"'") in unknown:
            yield dump(block)


def _rule(line: Line, start: Moment | None, root: Component) -> Iterator[str]:
    """A line of the recurrence as it is shown: without what says nothing, its zone by the name that everybody knows."""
    if line.name in ("RRULE", "EXRULE"):
        if rule := quirks.recurrence_rule(line.value):
            yield f"{line.name}:{';'.join(_part(each, start) for each in rule.split(';'))}"
        return
    value, tzid, kind = "".join(line.value.split()).upper(), line.param("TZID").strip(), line.param("VALUE").upper()
    if not value:
        return
    head = f"{line.name};VALUE={kind}" if kind in ("DATE", "PERIOD") else line.name
    if tzid and kind != "DATE" and not value.endswith("Z"):
        name = zones.zone_name(tzid, root)
        head += f';TZID="{name}"' if any(each in name for each in ",:;") else f";TZID={name}"
    yield f"{head}:{value}"


def _excluded(lines: Sequence[Line], start: Moment, root: Component) -> set[str]:
    """The keys of what EXDATE names, in the manner of the series; what cannot be read does not take others along."""
    found: set[str] = set()
    for line in lines:
        for value in line.value.split(","):
            with suppress(InvalidData):
                instance = period_of(value, line, root)[0]
                found.add(recurrence_key(quirks.recurrence_id_in_the_manner_of(start, instance)))
    return found


def _part(part: str, start: Moment | None) -> str:
    """One part of a rule; UNTIL as RFC 5545 §3.3.10 wants it: a date of all-day events, else UTC where there is a zone.

    A date behind a start with a time includes its whole day.
    """
    name, _, value = part.partition("=")
    if name != "UNTIL" or start is None:
        return part
    try:
        if start.all_day:
            return f"UNTIL={format_date(parse_date(value))}"
        if start.zone is None:
            return part
        local = parse_datetime(value)
        if "T" not in value:
            local = local.replace(hour=23, minute=59, second=59)
        moment = local if local.tzinfo else local.replace(tzinfo=start.zone)
        return f"UNTIL={format_datetime(moment.astimezone(UTC))}"
    except (InvalidData, ValueError, OverflowError):
        return part


def _attachment(line: Line) -> dict[str, str]:
    inside = _is_inline(line)
    uri = "" if inside else line.value.strip()
    name = next((found for each in _FILE_NAMES if (found := line.param(each).strip())), "") or _last_segment(uri)
    return {"id": _id(line), "name": name, "mime": line.param("FMTTYPE").strip(), "uri": uri}


def _is_inline(line: Line) -> bool:
    return line.param("VALUE").strip().upper() == "BINARY" or line.param("ENCODING").strip().upper() == "BASE64"


def _id(line: Line) -> str:
    """The name that stays while the attachment does: that of RFC 8607 §4.3, else made from the value."""
    given = line.param("MANAGED-ID").strip()
    return given or sha256("".join(line.value.split()).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _last_segment(uri: str) -> str:
    try:
        path = urlsplit(uri).path if uri.lower().startswith(("http:", "https:", "file:", "ftp:")) else ""
    except ValueError:
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2])


def _html(line: Line) -> str:
    return unescape(line.value).strip() if line.param("FMTTYPE").strip().lower() == "text/html" else ""
