"""What Google's calendar service keeps of an entry, as data: what is not here stays in the mirror alone.

By the members that an event of the API has (discovery document calendar v3). How much it keeps is bounded besides, and
kept within bounds where each part is written: 5 reminders of whole minutes, 0 to 40,320 before the start
(`plugins.google.reminders`); 25 attachments, which are links, and extended properties with keys of 44 and values of
1,024 characters, 300 of them in 32 kB (`plugins.google.attributes`). No table tells these, nor that of a ROLE nothing
is kept but whether one must come: Google shows less then, and the mirror keeps its own.
"""

from typing import Final

from plugins.google import description, reminders
from storage.ical import conference, custom
from storage.provider import Holds

GOOGLE: Final = Holds(
    drops=frozenset(
        {"CATEGORIES", "COLOR", "COMMENT", "CONCEPT", "CONTACT", "GEO", "IMAGE", "LINK", "PRIORITY", "REFID"}
        | {"RELATED-TO", "REQUEST-STATUS", "RESOURCES", "STRUCTURED-DATA", "STYLED-DESCRIPTION", "URL"}
        | {"ACKNOWLEDGED", "PROXIMITY", "REPEAT", "PARTICIPANT", "VLOCATION", "VRESOURCE"}
        | {"X-*"}
    ),
    keeps=frozenset({conference.MEETING, custom.CREATOR, custom.DEFAULT_REMINDERS, custom.PROPERTY, custom.RAW})
    | {description.HTML, "X-LIC-LOCATION"},
    parameters=frozenset(
        {"ALTREP", "DELEGATED-FROM", "DELEGATED-TO", "DIR", "LANGUAGE", "MEMBER", "RSVP", "SENT-BY"}
        | {"SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND", "SCHEDULE-STATUS"}
    ),
    alarms=reminders.MOST,
)
"""What a VEVENT loses. `X-LIC-LOCATION` says which zone a VTIMEZONE is, where its TZID does not."""
