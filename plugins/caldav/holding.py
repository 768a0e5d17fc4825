"""What CalDAV servers cannot hold, as data: measured where it can be run here, else as documented.

A server that is not named here is believed to hold everything. That is also so where one refuses what it does not want
(then the write waits in the inbox): Yahoo any RELATED-TO, iCloud an event without an end, OX a task that recurs, Google
all tasks. Nextcloud, Baïkal and others on sabre/dav, DAViCal, and iCloud, as far as is known, keep what they take.

Sources: [measured] by `tests/plugins/caldav/test_holding.py`; [hints] `compatibility_hints.py` of PyPI caldav 3.6.0,
measured by its authors with caldav-server-tester; [guide] Google's CalDAV API developer's guide; [DavMail] its source
of 2026-08, `EwsExchangeSession.buildFieldUpdates` and `GraphExchangeSession.GraphEvent`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from plugins.caldav.discovery import Home
from plugins.caldav.greeting import Greeting
from storage.provider import EVERYTHING, Holds

RADICALE: Final = Holds(
    splits=frozenset(
        {"X-*", "COLOR", "COMMENT", "CONCEPT", "CONFERENCE", "CONTACT", "DESCRIPTION", "IMAGE", "LINK", "LOCATION"}
        | {"REFID", "RELATED-TO", "SOURCE", "STRUCTURED-DATA", "STYLED-DESCRIPTION", "SUMMARY", "TZURL"}
    )
)
"""Radicale 3.9 with vobject takes each of these for a TEXT list, and keeps what stands before the first comma: of
Apple's `geo:52.5,13.4` the half [measured]."""

XANDIKOS: Final = Holds(rewords=frozenset({"REQUEST-STATUS", "RESOURCES"}))
"""Xandikos 0.4 escapes the separators inside these [measured]."""

CYRUS: Final = Holds(
    drops=frozenset(
        {
            "CALENDAR-ADDRESS",
            "CONCEPT",
            "LINK",
            "LOCATION-TYPE",
            "PARTICIPANT",
            "PARTICIPANT-TYPE",
            "PROXIMITY",
            "REFID",
        }
        | {"RESOURCE-TYPE", "STRUCTURED-DATA", "STYLED-DESCRIPTION", "VLOCATION", "VRESOURCE"}
    ),
    single=frozenset({"DELEGATED-FROM", "DELEGATED-TO", "MEMBER"}),
    rewords=frozenset({"CONFERENCE", "REQUEST-STATUS"}),
)
"""Cyrus 3.6 with libical 3.0, which knows nothing of RFC 9073 and RFC 9253, nor more than one address in a parameter;
FEATURE it puts into one pair of quotation marks [measured]."""

DAVMAIL: Final = Holds(
    drops=frozenset(
        {"ATTACH", "COLOR", "COMMENT", "CONFERENCE", "CONTACT", "EXRULE", "GEO", "IMAGE", "PRIORITY", "RDATE"}
        | {"RELATED-TO", "REQUEST-STATUS", "RESOURCES", "URL", "X-APPLE-*"}
    ),
    alarms=1,
    rewords=frozenset({"DESCRIPTION", "STATUS"}),
)
"""DavMail in front of Exchange: of an event it writes what Exchange has a field for, and one reminder [DavMail]."""

GOOGLE: Final = Holds(drops=frozenset({"URL"}))
"""Google: "does not support the Apple iCal extension to allow user-settable URL properties" [guide]."""

MAIL_RU: Final = Holds(drops=frozenset({"RELATED-TO", "X-*"}))
"""mail.ru makes the entry anew of what it knows [hints]."""

ZIMBRA: Final = Holds(drops=frozenset({"RELATED-TO"}))
"""Zimbra [hints]."""

ONE_RELATION: Final = Holds(rewords=frozenset({"RELATED-TO"}))
"""OX App Suite (mailbox.org and others) and Bedework keep at most the first of several [hints]."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """By what software is recognised: where its home is, whose principal that is, and what it says of itself."""

    host: str
    path: str
    principal: str
    greeting: Greeting


_RADICALE_WORDS: Final = frozenset({"1", "2", "3", "calendar-access", "addressbook", "extended-mkcol"})

_KNOWN: Final[tuple[tuple[Callable[[_Seen], bool], Holds], ...]] = (
    (lambda seen: seen.host == "apidata.googleusercontent.com", GOOGLE),
    (lambda seen: seen.host == "calendar.mail.ru", MAIL_RU),
    (lambda seen: seen.greeting.server.startswith("DavMail "), DAVMAIL),
    (lambda seen: seen.greeting.server.startswith("Openexchange "), ONE_RELATION),
    (lambda seen: seen.path.startswith("/ucaldav/"), ONE_RELATION),
    (lambda seen: re.search(r"^Cyrus\b.*\bLibiCal/3\.", seen.greeting.server) is not None, CYRUS),
    (lambda seen: seen.greeting.words >= {"add-member", "sync-collection"}, XANDIKOS),
    (lambda seen: seen.greeting.words == _RADICALE_WORDS, RADICALE),
    (lambda seen: seen.path.startswith("/dav/") and seen.principal.startswith("/principals/users/"), ZIMBRA),
)


def holds_of(home: Home, greeting: Greeting) -> Holds:
    """What the server of these calendars keeps of an entry."""
    place = urlsplit(home.collection or home.homes[0])
    seen = _Seen((place.hostname or "").lower(), place.path, urlsplit(home.principal).path, greeting)
    return next((holds for known, holds in _KNOWN if known(seen)), EVERYTHING)
