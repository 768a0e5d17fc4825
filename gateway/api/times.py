"""Times as JSON has them: by the clock of their zone, with its true offset (contract D04, D73).

Pure, and never raises: whatever a client or an upstream wrote into a calendar has a form here.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from storage.errors import InvalidData
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT, parse_datetime, wall_seconds
from storage.ical.zones import iana_name

_START = datetime(1970, 1, 1)  # noqa: DTZ001  # without a zone, because it is written twice as fast
EPOCH = _START.replace(tzinfo=UTC)
DAY_LENGTH, DATE_LENGTH = len("YYYYMMDD"), len("YYYY-MM-DD")
LOCAL_LENGTH, TIME_LENGTH = len("YYYY-MM-DDTHH:MM:SS"), len("YYYY-MM-DDTHH:MM:SS+HH:MM")


def time_text(epoch: int, zone: str, *, all_day: bool, floating: bool) -> str:
    """A date, or a time by the clock of a zone with its true offset; in `Z` where nobody knows the zone.

    `epoch`: seconds since 1970; of floating times, by the clock of the zone.
    """
    try:
        if all_day:
            return (_START + timedelta(seconds=epoch)).isoformat()[:DATE_LENGTH]
        known = zone_of(zone) or UTC
        if known is UTC:
            return f"{(_START + timedelta(seconds=epoch)).isoformat()}Z"
        moment = _by_its_clock(epoch, known) if floating else datetime.fromtimestamp(epoch, known)
        text = moment.isoformat()
        if len(text) > TIME_LENGTH:  # RFC 3339 has no offsets of seconds, as they once were
            return f"{moment.astimezone(UTC).isoformat()[:LOCAL_LENGTH]}Z"
        return text  # noqa: TRY300
    except (OverflowError, ValueError, OSError):  # outside the years 1 to 9999 by some clock
        text = (EPOCH + timedelta(seconds=min(max(epoch, FIRST_MOMENT), LAST_MOMENT))).isoformat()
        return text[:DATE_LENGTH] if all_day else f"{text[:LOCAL_LENGTH]}Z"


def _by_its_clock(wall: int, zone: tzinfo) -> datetime:
    """When the clocks of a zone show this; where they skip it, as late as they would have."""
    moment = (EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone)
    true = moment.astimezone(UTC).astimezone(zone)
    return moment if moment.utcoffset() == true.utcoffset() else true


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo | None:
    """The zone of this IANA name; None for a name that not everybody knows."""
    if name == "UTC":
        return UTC
    return ZoneInfo(name) if name and iana_name(name) == name else None


@lru_cache(maxsize=4096)
def key_epoch(key: str) -> int | None:
    """What a canonical RECURRENCE-ID was made of: seconds since 1970, floating ones by the clock; None for none."""
    try:
        return wall_seconds(parse_datetime(key))
    except InvalidData:
        return None
