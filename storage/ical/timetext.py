"""The text forms of dates, date-times, durations and periods (RFC 5545 §3.3.4–3.3.9, §3.3.14), read and written.

Reading is lenient where the meaning is beyond doubt, because calendars of many hands hold such values: lower case,
ISO 8601 dashes and colons, missing seconds, `T240000` (the next midnight), second 60 (§3.3.12: read as 59), a numeric
UTC offset in place of `Z`. Anything else raises InvalidData. Writing is always the form of the RFC.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from storage.errors import InvalidData

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:Z|T.*)?", re.ASCII | re.IGNORECASE)
_DATETIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)
_DURATION = re.compile(
    r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)", re.ASCII | re.IGNORECASE
)
_MAX_DIGITS = 12
_DATE_LENGTH = len("YYYYMMDD")
_LOCAL_LENGTH = len("YYYYMMDDTHHMMSS")
_LEAP_SECOND = 60
_MIDNIGHT_AFTER = 24


def parse_date(value: str) -> date:
    """The date of a DATE value; of a DATE-TIME its date part. Raises InvalidData."""
    found = _DATE.fullmatch(value.strip())
    if found is None:
        raise _invalid("date", value)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise _invalid("date", value) from error


def parse_datetime(value: str) -> datetime:
    """A DATE-TIME value: naive, or aware in UTC where it ends in `Z`; a DATE is its midnight. Raises InvalidData."""
    plain = len(value) == _LOCAL_LENGTH or (len(value) == _LOCAL_LENGTH + 1 and value[-1] == "Z")
    if plain and value[_DATE_LENGTH] == "T" and value.isalnum():
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return _parse_odd_datetime(value.strip())


def parse_nominal(value: str) -> tuple[int, int]:
    """A DURATION as (days, seconds): days and weeks are nominal, hours to seconds exact (RFC 5545 §3.3.6).

    `P1D` is (1, 0) and `PT24H` (0, 86400): they differ on the day the clocks change. Raises InvalidData.
    """
    found = _DURATION.fullmatch(value.strip())
    if found is None or not any(found.groups()[1:]) or len(value) > _MAX_DIGITS * 2:
        raise _invalid("duration", value)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    return sign * (weeks * 7 + days), sign * (hours * 3600 + minutes * 60 + seconds)


def parse_duration(value: str) -> timedelta:
    """A DURATION as one length, a day taken as 24 hours. Raises InvalidData."""
    days, seconds = parse_nominal(value)
    try:
        return timedelta(days=days, seconds=seconds)
    except OverflowError as error:
        raise _invalid("duration", value) from error


def parse_period(value: str) -> tuple[datetime, datetime | timedelta]:
    """A PERIOD as its start and its end or duration, as written (RFC 5545 §3.3.9). Raises InvalidData."""
    first, slash, second = value.partition("/")
    if not slash:
        raise _invalid("period", value)
    is_duration = "P" in second.upper()
    return parse_datetime(first), parse_duration(second) if is_duration else parse_datetime(second)


def format_date(value: date) -> str:
    """`YYYYMMDD`."""
    return f"{value.year:04}{value.month:02}{value.day:02}"


def format_datetime(value: datetime) -> str:
    """`YYYYMMDDTHHMMSS` of a naive value; an aware one is written in UTC with `Z`."""
    suffix = ""
    if value.tzinfo is not None:
        value, suffix = value.astimezone(UTC), "Z"
    return f"{format_date(value)}T{value.hour:02}{value.minute:02}{value.second:02}{suffix}"


def format_duration(value: timedelta) -> str:
    """The shortest DURATION of whole seconds: `PT1H30M`, `P2D`, `-PT15M`, `PT0S`; weeks are written as days."""
    total = value.days * 86400 + value.seconds
    sign, total = ("-", -total) if total < 0 else ("", total)
    days, rest = divmod(total, 86400)
    units = ((rest // 3600, "H"), (rest // 60 % 60, "M"), (rest % 60, "S"))
    time = "".join(f"{count}{unit}" for count, unit in units if count)
    day = f"{days}D" if days else ""
    return f"{sign}P{day}T{time}" if time else f"{sign}P{day or 'T0S'}"


def format_period(start: datetime, end: datetime | timedelta) -> str:
    """`start/end` or `start/duration` (RFC 5545 §3.3.9)."""
    return f"{format_datetime(start)}/{format_duration(end) if isinstance(end, timedelta) else format_datetime(end)}"


def _parse_odd_datetime(value: str) -> datetime:
    found = _DATETIME.fullmatch(value)
    if found is None:
        if "T" not in value.upper() and _DATE.fullmatch(value):
            day = parse_date(value)
            return datetime(day.year, day.month, day.day)  # noqa: DTZ001 — naive is what a value without zone means
        raise _invalid("date-time", value)
    year, month, day_of_month, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    second = 59 if second == _LEAP_SECOND else second
    midnight_after = hour == _MIDNIGHT_AFTER and not minute and not second
    try:
        moment = datetime(year, month, day_of_month, 0 if midnight_after else hour, minute, second)  # noqa: DTZ001
        moment += timedelta(days=midnight_after)
        return moment if not found[7] else moment.replace(tzinfo=_offset(found[7])).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _invalid("date-time", value) from error


def _offset(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    length = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-length if text[0] == "-" else length)


def _invalid(what: str, value: str) -> InvalidData:
    return InvalidData(f"{value[:40]!r} is not a {what}", hint="RFC 5545 §3.3 has the forms of values.")
