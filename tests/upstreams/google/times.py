"""When an event is: Google's EventDateTime, checked as it is written and shown in the calendar's offset."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from tests.upstreams.google.refusal import invalid, required

Json = dict[str, Any]

ZONES = frozenset(available_timezones())


def checked(value: Json, which: str, fallback: str, *, recurring: bool) -> Json:
    """`start` or `end` as it is kept: a date, or a time in its zone (`fallback` where the event names none).

    A timed recurring event has to name its zone; a time without an offset, too.
    """
    day, time, zone = value.get("date"), value.get("dateTime"), value.get("timeZone")
    if (day is None) == (time is None):
        raise required(f"Missing {which} time.", which)
    if zone is not None and zone not in ZONES:
        raise invalid(f"Invalid time zone definition for {which} time.", f"{which}.timeZone")
    try:
        if day is not None:
            return {"date": date.fromisoformat(day).isoformat()}
        moment = datetime.fromisoformat(str(time))
    except ValueError:
        raise invalid(f"Invalid value for: {which}", which) from None
    if zone is None and (recurring or moment.tzinfo is None):
        raise required(f"Missing time zone definition for {which} time.", f"{which}.timeZone")
    local = ZoneInfo(zone or fallback)
    aware = moment.replace(tzinfo=local) if moment.tzinfo is None else moment.astimezone(local)
    return {"dateTime": aware.replace(microsecond=0).isoformat(), "timeZone": zone or fallback}


def moment_of(value: Json) -> datetime | date:
    """A kept start or end as a date, or as a time in its own zone."""
    if "date" in value:
        return date.fromisoformat(value["date"])
    return datetime.fromisoformat(value["dateTime"]).astimezone(ZoneInfo(value["timeZone"]))


def kept(moment: datetime | date, zone: str) -> Json:
    """The reverse of `moment_of`."""
    if isinstance(moment, datetime):
        return {"dateTime": moment.astimezone(ZoneInfo(zone)).isoformat(), "timeZone": zone}
    return {"date": moment.isoformat()}


def instant(value: Json, zone: str) -> datetime:
    """A kept start or end in UTC; a date begins at midnight in `zone`."""
    moment = moment_of(value)
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime(moment.year, moment.month, moment.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(value: Json, zone: str) -> Json:
    """A kept start or end as Google shows it: with the offset of `zone`, and the zone of the event."""
    if "date" in value:
        return dict(value)
    local = datetime.fromisoformat(value["dateTime"]).astimezone(ZoneInfo(zone)).isoformat()
    return {"dateTime": local.replace("+00:00", "Z"), "timeZone": value["timeZone"]}


def parameter(text: str, name: str) -> datetime:
    """A bound of a question: a time with an offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Bad Request", name) from None
    if found.tzinfo is None:
        raise invalid("Bad Request", name)
    return found.replace(microsecond=0)


def rfc3339(seconds: float) -> str:
    """A moment as `created` and `updated` show it: UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
