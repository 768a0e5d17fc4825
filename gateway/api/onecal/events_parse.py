"""What clients send of an event (contract C.2), read into a change; errors name the member that is wrong.

What a client may only read (`id`, `etag`, `organizer`, `isRecurring` …) is ignored, whatever it holds, and so is what
nobody knows.
"""

from dataclasses import dataclass
from typing import Any

from gateway.api.body import Body
from gateway.api.onecal.colors import HEX_COLOR, name_of
from gateway.api.onecal.events_parts import Parts
from gateway.api.onecal.events_render import COLOR_ID, CONFERENCE, CUSTOM_COLOR, EVENT_TYPE, EVENT_TYPES, OUT_OF_OFFICE
from gateway.api.onecal.events_times import times
from gateway.api.service import PATTERNED, Service
from storage.editing.change import KEEP, Change, Description, Given, RawProperty, Set
from storage.editing.editor import Editor
from storage.editing.rules import patterned
from storage.errors import InvalidChange
from storage.ical.htmltext import is_html, text_of
from storage.records import ComponentRecord

MEMBERS = {
    "name": "title",
    "custom": "privateExtendedProperties",
    "meeting": CONFERENCE,
    "raw": EVENT_TYPE,
}
"""What the members of a change are called here, where that is another name."""

CLASSES = {"default": None, "public": "PUBLIC", "private": "PRIVATE", "confidential": "CONFIDENTIAL"}
NEVER_NULL = ("title", "start", "end", "isAllDay")
LONGEST_TITLE, LONGEST_TEXT = 10_000, 500_000
MOST_COLORS = 11
_BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"
_COLOR = "COLOR"
_LONGEST_WORD = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """A body to be read by the rules of a service. `before` is the event that it changes, None for a new one."""

    service: Service
    body: Body
    editor: Editor
    before: ComponentRecord | None = None

    def change(self, *, instance: bool = False) -> Change:
        """What the body asks for. Raises `OneCalError`."""
        for name in NEVER_NULL:
            if name in self.body and self.body.value(name) is None:
                raise self.body.wrong(name, "must not be null")
        parts = Parts(self.service, self.body, self.editor, self.before)
        guests, reply = parts.people()
        reminders, default = parts.reminders()
        meeting, details = parts.meeting()
        kind, busy = self._kind()
        palette, named = self._colors()
        return Change(
            name=self._text("title", LONGEST_TITLE),
            description=self._description(),
            location=self._text("location", LONGEST_TITLE),
            times=times(self.body, self.editor, self.before),
            recurrence=self._recurrence(instance=instance),
            attendees=guests,
            reply=reply,
            reminders=reminders,
            default_reminders=default,
            visibility=self._visibility(),
            transparent=self._transparent(),
            custom=parts.custom(),
            meeting=meeting,
            raw={**busy, **named},
            attributes={**palette, **kind, **details},
        )

    def _text(self, name: str, most: int) -> Given[str]:
        return self.body.printable(name, most=most) if name in self.body else KEEP

    def _description(self) -> Given[Description]:
        given = self._text("description", LONGEST_TEXT)
        if not isinstance(given, str):
            return given
        marked = self.service in PATTERNED and is_html(given)  # Microsoft's descriptions are marked up (contract A.11)
        return Description(text_of(given), given) if marked else Description(given)

    def _recurrence(self, *, instance: bool) -> Set[tuple[str, ...]]:
        if "recurrence" not in self.body:
            return KEEP
        lines = tuple(self.body.texts("recurrence", most=1_000) or ())
        if instance:
            if lines:
                raise self.body.wrong("recurrence", "one occurrence of a series has none; change the series")
            return KEEP
        has = self.before.recurrence if self.before is not None else ()
        if lines == has:
            return KEEP  # as it is shown, whatever another program made of it
        known = [each for each in lines if each in has]
        lines = tuple(each for each in lines if not each.startswith("EXRULE") or each not in known)  # never written
        if self.service not in PATTERNED:
            return lines
        dates = [each for each in known if each.startswith(("EXDATE", "RDATE"))]
        try:
            return (*patterned(each for each in lines if each not in dates), *dates)
        except InvalidChange as error:
            raise self.body.wrong(error.member, error.message) from error

    def _visibility(self) -> Given[str]:
        given = self.body.choice("visibility", tuple(CLASSES))
        return KEEP if "visibility" not in self.body else CLASSES[given or "default"]

    def _transparent(self) -> Set[bool]:
        given = self.body.choice("transparency", ("transparent", "opaque"))
        return given == "transparent" if "transparency" in self.body else KEEP

    def _colors(self) -> tuple[dict[str, Any], dict[str, RawProperty | None]]:
        """A colour of the palette by its number, or by the word that older clients have; or one of one's own.

        The latter has a name in iCalendar too.
        """
        found: dict[str, Any] = {}
        named: dict[str, RawProperty | None] = {}
        if COLOR_ID in self.body:
            given = self.body.printable(COLOR_ID, most=_LONGEST_WORD) or None
            number = given is not None and given.isascii() and given.isdecimal()
            if given is not None and not (number and 1 <= int(given) <= MOST_COLORS) and not _is_word(given):
                raise self.body.wrong(COLOR_ID, f"must be from 1 to {MOST_COLORS}, or the name of a colour")
            found[COLOR_ID] = given
        if CUSTOM_COLOR in self.body:
            color = found[CUSTOM_COLOR] = hex_color(self.body, CUSTOM_COLOR)
            named[_COLOR] = None if color is None else RawProperty(name_of(color))
        return found, named

    def _kind(self) -> tuple[dict[str, Any], dict[str, RawProperty | None]]:
        """The type of the event: out of office is a way of being busy (contract E.1), to focus is kept by name."""
        if EVENT_TYPE not in self.body:
            return {}, {}
        given = self.body.choice(EVENT_TYPE, EVENT_TYPES) or EVENT_TYPES[0]
        away = self.before is not None and self.before.busy_status == "OOF"
        busy: dict[str, RawProperty | None] = {}
        if given == OUT_OF_OFFICE and not away:
            busy = {_BUSY: RawProperty("OOF")}
        elif given != OUT_OF_OFFICE and away:
            busy = {_BUSY: RawProperty("BUSY")}
        return {EVENT_TYPE: None if given in (OUT_OF_OFFICE, EVENT_TYPES[0]) else given}, busy


def hex_color(body: Body, name: str) -> str | None:
    """A colour as `#rrggbb`, in the case it was given; None for none."""
    given = body.text(name, most=_LONGEST_WORD)
    if not given:
        return None
    if not HEX_COLOR.fullmatch(given):
        raise body.wrong(name, "must be a colour such as #7bd148")
    return given


def _is_word(text: str) -> bool:
    return text.isascii() and text.replace("_", "").replace(" ", "").isalpha()
