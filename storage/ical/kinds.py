"""Which components are entries (RFC 5545 §3.6), and what each makes of its entry."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from storage.model import Kind

ENTRIES: Final[Mapping[str, Kind]] = MappingProxyType(
    {"VEVENT": Kind.EVENT, "VTODO": Kind.TODO, "VJOURNAL": Kind.JOURNAL, "VFREEBUSY": Kind.FREEBUSY}
)
"""Every component that an entry consists of, by name."""

DATED: Final = frozenset(ENTRIES) - {"VFREEBUSY"}
"""Those that have instances: a VFREEBUSY has periods instead, and does not recur."""

ARRANGED: Final = ("VEVENT", "VTODO")
"""Those that people plan for: they alone have alarms (RFC 5545 §3.6.6), and are agreed on with others (RFC 5546 §3)."""
