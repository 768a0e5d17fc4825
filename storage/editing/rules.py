"""Recurrence as a change gives it: content lines RRULE, RDATE and EXDATE, checked and put in the manner of DTSTART.

Contract A.7, D30 (a rule may come without its name), D32 and E.1b. A time zone or an offset inside a rule is ignored:
the event's own zone rules.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time

from storage.editing.times import local_in
from storage.editing.when import UTC_NAME, Bound
from storage.errors import InvalidChange, InvalidData
from storage.ical import zones
from storage.ical.lines import Component, Line, line
from storage.ical.quirks import recurrence_id_in_the_manner_of
from storage.ical.timetext import format_date, format_datetime, parse_datetime
from storage.ical.values import Moment, period_of, to_epoch
from storage.recurrence.rules import Freq, parse_rule

MOST_LINES, LONGEST_LINE, MOST_DATES = 1_000, 20_000, 5_000

PATTERNS: Mapping[str, tuple[frozenset[str], ...]] = {
    "DAILY": (frozenset(),),
    "WEEKLY": (frozenset({"BYDAY", "WKST"}),),
    "MONTHLY": (frozenset({"BYMONTHDAY"}), frozenset({"BYDAY", "BYSETPOS"})),
    "YEARLY": (frozenset({"BYMONTHDAY", "BYMONTH"}), frozenset({"BYDAY", "BYMONTH", "BYSETPOS"})),
}
"""What a rule that must fit a patterned recurrence (Graph, EWS) may have besides INTERVAL, COUNT and UNTIL."""

_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL"})
_LISTS = frozenset(
    {"BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS"}
)
_PARTS = _ALWAYS | _LISTS | {"WKST", "RSCALE", "SKIP"}
_IGNORED = frozenset({"TZID"})
_NAMED = re.compile(r"(RRULE|RDATE|EXDATE)(?=[;:])", re.IGNORECASE | re.ASCII)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_NTH = re.compile(r"([+-]?\d)(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)


def read_lines(texts: Iterable[str]) -> list[Line]:
    """The content lines that were given; a rule may lack its name.

    Raises InvalidChange for other properties, several rules, dates without anything that recurs, and too many of them.
    """
    found = [_read(each) for each in texts]
    if len(found) > MOST_LINES:
        raise _invalid(f"{len(found)} lines are more than the {MOST_LINES} that a series may have")
    names = [each.name for each in found]
    if names.count("RRULE") > 1:
        raise _invalid("there is more than one RRULE")
    if names and "RRULE" not in names and "RDATE" not in names:
        raise _invalid("EXDATE excludes nothing where there is neither RRULE nor RDATE")
    if sum(each.value.count(",") + 1 for each in found if each.name != "RRULE") > MOST_DATES:
        raise _invalid(f"there are more than {MOST_DATES} dates")
    return found


def in_the_manner_of(lines: Iterable[Line], start: Bound, root: Component, eol: str) -> list[Line]:
    """The lines as a series with this start has them. Raises InvalidChange for rules and dates that mean nothing."""
    return [_rule(each, start, eol) if each.name == "RRULE" else _dates(each, start, root, eol) for each in lines]


def patterned(texts: Iterable[str]) -> tuple[str, ...]:
    """The lines of a series that must fit a patterned recurrence (`PATTERNS`); `2TU` becomes BYDAY and BYSETPOS (D32).

    Raises InvalidChange for what does not fit, also for EXDATE and RDATE.
    """
    made: list[str] = []
    for each in read_lines(texts):
        if each.name != "RRULE":
            raise _invalid(f"this calendar takes no {each.name}")
        parts = _parts(each.value)
        nth = _NTH.fullmatch(parts.get("BYDAY", ""))
        if nth and "BYSETPOS" not in parts and parts["FREQ"] in ("MONTHLY", "YEARLY"):
            parts = {**parts, "BYDAY": nth[2], "BYSETPOS": nth[1].removeprefix("+")}
        beside = parts.keys() - _ALWAYS
        if not any(beside <= allowed for allowed in PATTERNS.get(parts["FREQ"], ())):
            raise _invalid(f"this calendar takes no {';'.join(sorted(beside)) or 'rule'} with FREQ={parts['FREQ']}")
        if any(character.isdigit() for character in parts.get("BYDAY", "")):
            raise _invalid("this calendar takes one weekday of the month, such as BYDAY=TU;BYSETPOS=2")
        made.append(f"RRULE:{_joined(parts)}")
    return tuple(made)


def _read(text: str) -> Line:
    plain = text.strip()
    if len(plain) > LONGEST_LINE or any(ord(character) < ord(" ") for character in plain):
        raise _invalid(f"{plain[:60]!r} is no line of a recurrence")
    named = _NAMED.match(plain)
    if named:
        return Line(plain, named[1].upper())
    if plain.upper().startswith("FREQ=") or ";FREQ=" in plain.upper():
        return Line(f"RRULE:{plain}", "RRULE")
    raise _invalid(f"{plain[:60]!r} is neither RRULE, RDATE nor EXDATE")


def _parts(value: str) -> dict[str, str]:
    """The parts of a rule in their order, upper-case. Raises InvalidChange."""
    parts: dict[str, str] = {}
    for part in filter(None, (each.strip().upper() for each in value.split(";"))):
        name, _, given = (each.strip() for each in part.partition("="))
        if name in _IGNORED:
            continue
        if name not in _PARTS or not given or name in parts:
            raise _invalid(f"{part[:40]!r} cannot stand in the recurrence rule {value[:80]!r}")
        parts[name] = given
    if "COUNT" in parts and "UNTIL" in parts:
        raise _invalid("a recurrence rule has COUNT or UNTIL, not both")
    if "UNTIL" in parts and not _UNTIL.fullmatch(parts["UNTIL"]):
        raise _invalid(f"UNTIL={parts['UNTIL'][:40]} is no date")
    try:
        parse_rule(_joined({**parts, **({"UNTIL": _digits(parts["UNTIL"])} if "UNTIL" in parts else {})}))
    except InvalidData as error:
        raise _invalid(error.message) from error
    return parts


def _rule(source: Line, start: Bound, eol: str) -> Line:
    parts = _parts(source.value)
    if start.moment.all_day and Freq[parts["FREQ"]] > Freq.DAILY:
        raise _invalid(f"an all-day event cannot recur FREQ={parts['FREQ']}")
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], start)
    return line("RRULE", _joined(parts), eol=eol)


def _until(text: str, start: Bound) -> str:
    """UNTIL as RFC 5545 §3.3.10 wants it: a date for an all-day series, UTC for one that has a zone."""
    found = _UNTIL.fullmatch(text)
    assert found is not None
    if start.moment.all_day:
        return found[1]
    if found[3] == "Z":
        return text
    day = parse_datetime(found[1])
    local = parse_datetime(f"{found[1]}T{found[2]}") if found[2] else datetime.combine(day, time(23, 59, 59))
    if start.moment.floating:
        return format_datetime(local)
    return f"{format_datetime(local_in(to_epoch(local, start.moment.zone), None))}Z"


def _digits(until: str) -> str:
    """UNTIL without an offset, which is ignored."""
    found = _UNTIL.fullmatch(until)
    return until if found is None or found[3] in (None, "Z") else f"{found[1]}T{found[2]}"


def _dates(source: Line, start: Bound, root: Component, eol: str) -> Line:
    tzid = source.param("TZID")
    if tzid and zones.resolve(tzid, root) is None:
        raise _invalid(f"{tzid[:60]!r} names no time zone")
    values: list[str] = []
    periods = 0
    for text in source.value.split(","):
        try:
            given, length = period_of(text.strip(), source, root)
        except InvalidData as error:
            raise _invalid(f"{source.name}: {error.message}") from error
        value = _value(_shown(recurrence_id_in_the_manner_of(start.moment, given), start), start)
        periods += length is not None
        values.append(value if length is None else f"{value}/PT{length}S")
    if periods not in (0, len(values)) or (periods and source.name == "EXDATE"):
        raise _invalid(f"{source.name} mixes times and periods")
    params = {"VALUE": ["DATE"]} if start.moment.all_day else {"VALUE": ["PERIOD"]} if periods else {}
    if start.tzid and start.tzid != UTC_NAME:
        params["TZID"] = [start.tzid]
    return line(source.name, ",".join(values), params, eol=eol)


def _shown(at: Moment, start: Bound) -> datetime:
    """The wall clock of an instance by the clock of its series."""
    return at.local if start.moment.floating else local_in(at.epoch, start.moment.zone)


def _value(local: datetime, start: Bound) -> str:
    if start.moment.all_day:
        return format_date(local)
    return format_datetime(local) + ("Z" if start.tzid == UTC_NAME else "")


def _joined(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _invalid(why: str) -> InvalidChange:
    return InvalidChange("recurrence", why, hint="One content line each, such as RRULE:FREQ=WEEKLY;COUNT=10.")
