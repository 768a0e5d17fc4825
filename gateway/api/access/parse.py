"""What clients send of an event (contract D.2), read into a draft; errors name members.

The names that events have on reading are taken on writing as well (D90); where both are given, those for writing count.
"""

from collections.abc import Mapping

from gateway.api.access import params
from gateway.api.body import Body
from storage.editing.change import KEEP, Given, Set
from storage.editing.times import Stamp, read_stamp
from storage.errors import InvalidData
from storage.permits.drafts import Draft

LONGEST_LINE, LONGEST_TEXT = 255, 2000
"""Characters of a title or a location, and of a description."""

MOST_PEOPLE, MOST_LINES = 1000, 1000
"""Addresses, and lines of a recurrence, in one body."""

ALIASES: Mapping[str, str] = {"summary": "title", "from": "startUtc", "to": "endUtc", "isAllDay": "allDay"}
"""What members of a body are called in events that are shown."""

MEMBERS: Mapping[str, str] = {"name": "summary", "start": "from", "end": "to", "all_day": "isAllDay"}
"""What the members of a change are called in a body."""


class Reading:
    """A body to be read. A member that is null is one that is not there."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def called(self, name: str) -> str:
        """The name under which the body has a member."""
        alias = ALIASES.get(name, name)
        return alias if self._body.value(name) is None and self._body.value(alias) is not None else name

    def calendar(self) -> int:
        """The number of the calendar in which an event is made; raises `AccessError`."""
        self._body.need("calendarId")
        return self._body.number("calendarId", -params.LARGEST_ID, params.LARGEST_ID) or 0

    def notify(self) -> bool:
        """Whether others are told; raises `AccessError`."""
        return self._body.flag("sendNotifications") is not False

    def new(self) -> Draft:
        """A new event; raises `AccessError`."""
        for name in ("summary", "from", "to"):
            self._body.need(self.called(name))
        if not (self._text("summary", LONGEST_LINE) or "").strip():
            raise self._body.wrong(self.called("summary"), "must not be empty")
        self._body.text("eventType", most=LONGEST_LINE)
        return self._draft(self._addresses("attendees"), (), self._recurrence())

    def change(self) -> Draft:
        """What the body changes of an event; raises `AccessError`."""
        return self._draft(self._addresses("addAttendees"), self._addresses("removeAttendees"), KEEP)

    def _draft(self, invite: tuple[str, ...], uninvite: tuple[str, ...], recurrence: Set[tuple[str, ...]]) -> Draft:
        all_day = self._body.flag(self.called("isAllDay"))
        start, end = self._stamp("from", all_day=bool(all_day)), self._stamp("to", all_day=bool(all_day))
        if start is not KEEP and end is not KEEP and start.epoch(None) >= end.epoch(None):
            raise self._body.wrong(self.called("from"), f"must be before `{self.called('to')}`")
        return Draft(
            self._given("summary", LONGEST_LINE),
            self._given("description", LONGEST_TEXT),
            self._given("location", LONGEST_LINE),
            start,
            end,
            KEEP if all_day is None else all_day,
            invite,
            uninvite,
            recurrence,
        )

    def _text(self, name: str, most: int) -> str | None:
        return self._body.printable(self.called(name), most=most)

    def _given(self, name: str, most: int) -> Given[str]:
        given = self._text(name, most)
        return KEEP if given is None else given or None

    def _stamp(self, name: str, *, all_day: bool) -> Set[Stamp]:
        """A time; a date is its midnight in UTC, but where the event lasts all day."""
        name = self.called(name)
        given = self._body.text(name)
        if given is None:
            return KEEP
        try:
            stamp = read_stamp(given)
        except InvalidData as error:
            raise self._body.wrong(name, f"{error.message}; {error.hint}") from error
        return Stamp(stamp.local, params.UTC_OFFSET) if stamp.day and not all_day else stamp

    def _addresses(self, name: str) -> tuple[str, ...]:
        given = self._body.texts(name, most=MOST_PEOPLE) or []
        return tuple(self._body.checked_address(f"{name}[{at}]", each) for at, each in enumerate(given))

    def _recurrence(self) -> Set[tuple[str, ...]]:
        given = self._body.texts("recurrence", most=MOST_LINES)
        return KEEP if given is None else tuple(given)
