"""Times as JSON has them: by the clock of their zone, with its true offset (contract D04, D73).

Pure, and never raises: whatever a client or an upstream wrote into a calendar has a form here.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from storage.errors import InvalidData
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT, parse_datetime, wall_seconds
from storage.ical.zones import iana_name

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_LENGTH, DATE_LENGTH = len("YYYYMMDD"), len("YYYY-MM-DD")
LOCAL_LENGTH, TIME_LENGTH = len("YYYY-MM-DDTHH:MM:SS"), len("YYYY-MM-DDTHH:MM:SS+HH:MM")


def time_text(epoch: int, zone: str, *, all_day: bool, floating: bool) -> str:
    """A date, or a time by the clock of a zone with its true offset; in `Z` where nobody knows the zone.

    `epoch`: seconds since 1970; of floating times, by the clock of the zone.
    """
    try:
        if all_day:
            return datetime.fromtimestamp(epoch, UTC).isoformat()[:DATE_LENGTH]
        known = zone_of(zone)
        if floating and known is not None:
            moment = (EPOCH + timedelta(seconds=epoch)).replace(tzinfo=known)
            if moment.utcoffset() != moment.astimezone(UTC).astimezone(known).utcoffset():  # the clocks skip it
                moment = moment.astimezone(UTC).astimezone(known)
        else:
            moment = datetime.fromtimestamp(epoch, known or UTC)
        text = moment.isoformat()
        if known is None or known is UTC:
            return f"{text[:LOCAL_LENGTH]}Z"
        if len(text) > TIME_LENGTH:  # RFC 3339 has no offsets of seconds, as they once were
            return f"{moment.astimezone(UTC).isoformat()[:LOCAL_LENGTH]}Z"
        return text  # noqa: TRY300
    except (OverflowError, ValueError, OSError):  # outside the years 1 to 9999 by some clock
        text = (EPOCH + timedelta(seconds=min(max(epoch, FIRST_MOMENT), LAST_MOMENT))).isoformat()
        return text[:DATE_LENGTH] if all_day else f"{text[:LOCAL_LENGTH]}Z"


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo | None:
    """The zone of this IANA name; None for a name that not everybody knows."""
    if name == "UTC":
        return UTC
    return ZoneInfo(name) if name and iana_name(name) == name else None


def key_epoch(key: str) -> int | None:
    """What a canonical RECURRENCE-ID was made of: seconds since 1970, floating ones by the clock; None for none."""
    try:
        return wall_seconds(parse_datetime(key))
    except InvalidData:
        return None
