"""One call of a tool: by which token, of which mirror. What every tool function is given first."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property

from gateway.mcp.plans import Plans
from storage.model import Token
from storage.permits.asked import SeenCalendar
from storage.permits.desk import Desk
from storage.scheduling.busy import zone_of
from storage.store import Store


@dataclass
class Call:
    """A call that is being answered."""

    store: Store
    token: Token
    plans: Plans

    @cached_property
    def desk(self) -> Desk:
        """The only way to the mirror."""
        return Desk(self.store, self.token)

    @cached_property
    def calendars(self) -> dict[int, SeenCalendar]:
        """The calendars that the token opens, by number; raises `PermitDenied`."""
        return {each.number: each for each in self.desk.calendars()}

    def zone(self, *numbers: int) -> tzinfo:
        """The zone of the calendars that are asked about (all, for none), if they share one; else UTC.

        Raises `PermitDenied`.
        """
        asked = [self.desk.calendar(each) for each in numbers] or list(self.calendars.values())
        zones = {str(zone): zone for zone in (zone_of(each.place) for each in asked)}
        return next(iter(zones.values())) if len(zones) == 1 else UTC
