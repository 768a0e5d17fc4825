"""What a client asks of a calendar server, request by request; each answer is looked at, so that a wrong one fails."""

import re
from collections.abc import Sequence

from benchmarks.corpus import edited, events
from benchmarks.doors import Door
from benchmarks.measure import Failed
from benchmarks.wire import Client

BATCH = 50
MONTH = ("20271201T000000Z", "20280101T000000Z")
"""The last whole month of the corpus, in which nearly every weekly series has begun."""
WEEK = ("20271206T000000Z", "20271213T000000Z")

_NS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
_POLL = f"<propfind {_NS}><prop><CS:getctag/><sync-token/></prop></propfind>"
_ETAGS = f"<propfind {_NS}><prop><getetag/></prop></propfind>"
_SYNC = (
    f"<sync-collection {_NS}><sync-token>%s</sync-token><sync-level>1</sync-level>"
    "<prop><getetag/></prop></sync-collection>"
)
_MULTIGET = f"<C:calendar-multiget {_NS}><prop><getetag/><C:calendar-data/></prop>%s</C:calendar-multiget>"
_QUERY = (
    f"<C:calendar-query {_NS}><prop><getetag/>%s</prop><C:filter><C:comp-filter name='VCALENDAR'>"
    "<C:comp-filter name='VEVENT'>%s</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)
_HREF = re.compile(rb"<(?:\w+:)?href>([^<]+)</")
_TOKEN = re.compile(rb"<(?:\w+:)?sync-token>([^<]+)</")
_XML = {"Content_Type": "application/xml; charset=utf-8"}
_CALENDAR = {"Content_Type": "text/calendar; charset=utf-8"}


class Visit:
    """One client at one server's calendar. Every method is one piece of the work; wrong answers raise `Failed`."""

    def __init__(self, client: Client, door: Door) -> None:
        self.client = client
        self.calendar = door.address.calendar
        self.size = door.size
        self.pairs = list(events(2))[1:]  # the first is a weekly series, and most events are none
        self._listed = b""
        self._hrefs: list[str] = []
        self.token = ""
        self.newcomers = 0

    def poll(self) -> None:
        """Has anything changed: ctag and sync token."""
        self._propfind("0", _POLL)

    def get(self) -> None:
        """One entry."""
        self._expect(self.client.ask("GET", self._path(self.pairs[0][0])), b"BEGIN:VEVENT", 1)

    def list_etags(self) -> None:
        """Every entry's ETag by PROPFIND."""
        self._listed = self._propfind("1", _ETAGS)
        if self._listed.count(b"getetag") < self.size:
            raise Failed("too few entries were listed")

    @property
    def hrefs(self) -> list[str]:
        """The entries that were listed last. Taken apart here: what that costs is the client's own affair."""
        if self._listed:
            own = self.calendar.encode()
            self._hrefs = [href.decode() for href in _HREF.findall(self._listed) if href != own]
            self._listed = b""
            if len(self._hrefs) != self.size:
                raise Failed(f"{len(self._hrefs)} entries of {self.size} were listed")
        return self._hrefs

    def get_all(self) -> None:
        """Every entry's text, fifty at a time."""
        for begin in range(0, self.size, BATCH):
            self.get_some(self.hrefs[begin : begin + BATCH])

    def get_some(self, hrefs: Sequence[str]) -> None:
        """The texts of these."""
        wanted = "".join(f"<href>{href}</href>" for href in hrefs)
        self._expect(self._report(_MULTIGET % wanted), b"BEGIN:VCALENDAR", len(hrefs))

    def sync_all(self) -> None:
        """Every entry's ETag by sync-collection, from nothing."""
        answer = self._sync("")
        if answer.count(b"getetag") < self.size:
            raise Failed("a first synchronisation lists too little")

    def sync_one(self) -> None:
        """What has changed since the last synchronisation: one entry."""
        self._expect(self._sync(self.token), b"<", 10)

    def sync_none(self) -> None:
        """What has changed since the last synchronisation: nothing."""
        self._sync(self.token)

    def month(self) -> int:
        """The events of a month with their texts; how many."""
        return self._query("<C:calendar-data/>", MONTH, b"BEGIN:VCALENDAR")

    def week(self) -> int:
        """The events of a week with their texts; how many."""
        return self._query("<C:calendar-data/>", WEEK, b"BEGIN:VCALENDAR")

    def month_expanded(self) -> int:
        """The occurrences of a month, each in full; how many."""
        wanted = "<C:calendar-data><C:expand start='{}' end='{}'/></C:calendar-data>".format(*MONTH)
        return self._query(wanted, MONTH, b"BEGIN:VEVENT")

    def put_new(self) -> None:
        """Write one new entry."""
        self.newcomers += 1
        self.put(f"newcomer-{self.newcomers}", *self.pairs[0])

    def put_changed(self) -> None:
        """Write the last new entry anew."""
        uid, text = self.pairs[0]
        self.put(f"newcomer-{self.newcomers}", uid, edited(text))

    def delete(self) -> None:
        """Delete the last new entry."""
        self.client.ask("DELETE", self._path(f"newcomer-{self.newcomers}"))

    def put(self, name: str, uid: str, text: str) -> None:
        """Write a text under a name, which becomes its UID as well."""
        self.client.ask("PUT", self._path(name), text.replace(uid, name).encode(), **_CALENDAR)

    def _path(self, name: str) -> str:
        return f"{self.calendar}{name}.ics"

    def _propfind(self, depth: str, body: str) -> bytes:
        return self.client.ask("PROPFIND", self.calendar, body.encode(), Depth=depth, **_XML)

    def _report(self, body: str, depth: str = "1") -> bytes:
        return self.client.ask("REPORT", self.calendar, body.encode(), Depth=depth, **_XML)

    def _sync(self, token: str) -> bytes:
        answer = self._report(_SYNC % token, "0")
        found = _TOKEN.findall(answer)
        if not found:
            raise Failed(f"no sync token in {answer[-300:]!r}")
        self.token = found[-1].decode()
        return answer

    def _query(self, data: str, span: tuple[str, str], mark: bytes) -> int:
        answer = self._report(_QUERY % (data, "<C:time-range start='{}' end='{}'/>".format(*span)))
        return answer.count(mark)

    def _expect(self, answer: bytes, mark: bytes, count: int) -> None:
        if answer.count(mark) < count:
            raise Failed(f"{answer.count(mark)} times {mark!r} where {count} are wanted: {answer[:300]!r}")
