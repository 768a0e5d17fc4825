"""What clients send of an event (contract A.6, A.7, A.9, A.10), read for a service into a change; errors name members.

What a service does not have is ignored, whatever it holds (S0); `ACCEPTED` says what each has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.api.body import Body
from gateway.api.kloudless.events_parts import Parts
from gateway.api.kloudless.events_render import recurrence_of
from gateway.api.kloudless.support import CALDAV, EVERY, EXCHANGE, GOOGLE, ICLOUD, OUTLOOK
from gateway.api.service import PATTERNED, Service
from storage.editing.change import KEEP, Change, Description, Given, Set, Times
from storage.editing.editor import Editor
from storage.editing.rules import patterned
from storage.editing.times import Stamp, read_stamp, read_zone
from storage.errors import InvalidChange, InvalidData
from storage.ical.htmltext import is_html, text_of
from storage.records import ComponentRecord

_EXTENDED = frozenset({GOOGLE, OUTLOOK, CALDAV, ICLOUD})
_NOT_MICROSOFT = frozenset({GOOGLE, CALDAV, ICLOUD})
ACCEPTED: Mapping[str, frozenset[Service]] = {
    **dict.fromkeys(("name", "description", "location", "start", "end", "start_time_zone", "end_time_zone"), EVERY),
    **dict.fromkeys(("all_day", "attendees", "reminders", "recurrence", "transparent", "raw"), EVERY),
    "organizer": frozenset({OUTLOOK, EXCHANGE, CALDAV, ICLOUD}),
    "reminder": frozenset({OUTLOOK, EXCHANGE}),
    "use_default_reminder": frozenset({GOOGLE}),
    "custom_properties": _EXTENDED,
    "online_meeting": _EXTENDED,
    "visibility": _NOT_MICROSOFT,
}
"""Which service takes which member of an event that clients write; `organizer` counts on creation alone (D44)."""

NEVER_NULL = (
    *("name", "start", "end", "all_day", "attendees", "reminders", "recurrence", "transparent"),
    "raw",
)
MEMBERS = {
    "custom": "custom_properties",
    "default_reminders": "use_default_reminder",
    "meeting": "online_meeting",
    "raw": "raw.object",
}
"""What the members of a change are called here, where that is another name."""

LONGEST_NAME, LONGEST_TEXT = 10_000, 500_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A body to be read by the rules of a service. `before` is the event that it changes, None for a new one."""

    service: Service
    body: Body
    editor: Editor
    before: ComponentRecord | None = None

    def change(self, *, instance: bool = False) -> Change:
        """What the body asks for. Raises `ApiError`."""
        for name in NEVER_NULL:
            if name in self.body and self.takes(name) and self.body.value(name) is None:
                raise self.body.wrong(name, "must not be null")
        if instance and "recurrence" in self.body:
            raise self.body.wrong("recurrence", "one instance of a series has none; change the series")
        parts = Parts(self.service, self.body, self.editor, self.before)
        guests, reply = parts.attendees() if self.has("attendees") else (KEEP, KEEP)
        reminders, default = parts.reminders()
        return Change(
            name=self._text("name", LONGEST_NAME),
            description=self._description(),
            location=self._text("location", LONGEST_NAME),
            times=self._times(),
            recurrence=self._recurrence(),
            organizer=parts.organizer() if self.before is None and self.has("organizer") else KEEP,
            attendees=guests,
            reply=reply,
            reminders=reminders,
            default_reminders=default,
            visibility=parts.visibility() if self.has("visibility") else KEEP,
            transparent=self._flag("transparent"),
            custom=parts.custom() if self.has("custom_properties") else KEEP,
            meeting=parts.meeting() if self.has("online_meeting") else KEEP,
            raw=parts.raw() if self.has("raw") else {},
            attributes=parts.attributes() if self.has("raw") else {},
        )

    def takes(self, name: str) -> bool:
        """Whether the service has this member at all."""
        return self.service in ACCEPTED.get(name, ())

    def has(self, name: str) -> bool:
        """Whether the body has this member, and the service, too."""
        return name in self.body and self.takes(name)

    def _text(self, name: str, most: int) -> Given[str]:
        return self.body.printable(name, most=most) if name in self.body else KEEP

    def _flag(self, name: str) -> Set[bool]:
        given = self.body.flag(name)
        return KEEP if given is None else given

    def _description(self) -> Given[Description]:
        if "description" not in self.body:
            return KEEP
        given = self.body.printable("description", most=LONGEST_TEXT)
        if given is None:
            return None
        marked = self.service in (OUTLOOK, EXCHANGE) and is_html(given)
        return Description(text_of(given), given) if marked else Description(given)

    def _times(self) -> Times:
        return Times(
            self._stamp("start"),
            self._stamp("end"),
            self._zone("start_time_zone"),
            self._zone("end_time_zone"),
            self._flag("all_day"),
        )

    def _stamp(self, name: str) -> Set[Stamp]:
        given = self.body.text(name)
        try:
            return KEEP if given is None else read_stamp(given)
        except InvalidData as error:
            raise self.body.wrong(name, error.message) from error

    def _zone(self, name: str) -> Given[str]:
        if name not in self.body:
            return KEEP
        given = self.body.text(name)
        try:
            return None if given is None else read_zone(given)
        except InvalidData as error:
            raise self.body.wrong(name, error.message) from error

    def _recurrence(self) -> Set[tuple[str, ...]]:
        given = self.body.children("recurrence", most=1_000)
        if given is None:
            return KEEP
        for each in given:
            each.need("rrule")
        lines = tuple(each.text("rrule") or "" for each in given)
        has: tuple[str, ...] = ()
        if self.before is not None and self.before.recurrence:
            has = self.before.recurrence
            if lines == tuple(each["rrule"] for each in recurrence_of(self.before, self.service)):
                return KEEP  # as it is shown, whatever another program made of it
        lines = tuple(each for each in lines if not each.startswith("EXRULE") or each not in has)  # never written (E.1)
        if self.service not in PATTERNED:
            return lines
        dates = (each for each in has if lines and each.startswith(("EXDATE", "RDATE")))
        try:
            return (*patterned(lines), *dates)
        except InvalidChange as error:
            raise self.body.wrong(error.member, error.message) from error
