"""The parameter `timeZone`: in which zone timed events are shown, instead of each in its own (contract C.3)."""

from typing import Annotated

from fastapi import Depends, Query

from gateway.api.onecal.errors import bad
from storage.ical.zones import iana_name


def shown_zone(
    zone: Annotated[
        str | None, Query(alias="timeZone", description="Show timed events in this zone, instead of each in its own.")
    ] = None,
) -> str:
    """The IANA name of the zone that is asked for, "" for none; raises `OneCalError` for a name that nobody knows."""
    if zone is None or not zone.strip():
        return ""
    name = iana_name(zone)
    if not name:
        raise bad("timeZone", f"{zone[:80]!r} is no IANA time zone")
    return name


ShownZone = Annotated[str, Depends(shown_zone)]
"""A parameter of a route that shows events."""
