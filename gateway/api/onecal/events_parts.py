"""The sub-objects of an event that clients send (contract C.2): people, reminders, extended properties, meetings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.api.body import Body
from gateway.api.onecal.errors import forbidden
from gateway.api.onecal.events_render import CONFERENCE, CONFERENCES, RESPONSES, conference
from gateway.api.reminders import with_default
from gateway.api.service import PATTERNED, Service
from storage.editing.change import KEEP, Custom, Given, Guest, Reminder, Set
from storage.editing.editor import Editor
from storage.ical.alarms import minutes_before
from storage.ical.conference import CODES, EntryPoint, Meeting, scheme_of
from storage.records import ComponentRecord

ANSWERS: Mapping[str, str] = {"needsAction": "NEEDS-ACTION"} | {shown: status for status, shown in RESPONSES.items()}
"""The answers of attendees as PARTSTAT (contract E.1a)."""

WORDS: Mapping[str, str] = {name.lower(): word for word, name in CONFERENCES.items()}
"""By which word the mirror keeps a service that has meetings, from what people call it."""

GENERATED = frozenset({Service.GOOGLE, Service.OUTLOOK})
"""Services that make a meeting where only its provider is named (contract A.9)."""

MOST_REMINDERS: Mapping[Service, int] = {Service.GOOGLE: 5, Service.OUTLOOK: 1, Service.EXCHANGE: 1}
MOST_ATTENDEES, MOST_PROPERTIES, MOST_POINTS, SOME_REMINDERS = 1_000, 500, 100, 1_000
LONGEST_NAME, LONGEST_TEXT, LONGEST_KEY = 1_000, 50_000, 1_000
LONGEST_BEFORE = 100 * 366 * 24 * 60
"""Minutes before an event beyond which nobody wants to be reminded of it."""

_MAIL = "Reminder"
_CODES = {"".join(word.title() if at else word for at, word in enumerate(code.split("_"))): code for code in CODES}


@dataclass(frozen=True, slots=True)
class Parts:
    """Reads the sub-objects of one body by the rules of a service. `before` is the event that it changes."""

    service: Service
    body: Body
    editor: Editor
    before: ComponentRecord | None

    def people(self) -> tuple[Set[tuple[Guest, ...]], Set[str]]:
        """Who shall attend, and what the owner answers.

        Who does not organize an event can change nothing of the list but their own answer: 403.
        """
        given = self.body.children("attendees", most=MOST_ATTENDEES)
        guests = tuple(self._guest(each) for each in given or ())
        if len({each.email.lower() for each in guests}) < len(guests):
            raise self.body.wrong("attendees", "one address is there twice")
        mine = next((each for each in guests if self.editor.owns(each.email)), None)
        if "attendees" not in self.body:
            return KEEP, self._reply(None, invited=self._answered() is not None)
        reply = self._reply(mine.status if mine else None, invited=mine is not None)
        organizer = self.before.organizer if self.before is not None else None
        if organizer is None or self.editor.owns(str(organizer["email"])):
            return guests, reply
        self._check_others(guests)
        return KEEP, reply

    def _guest(self, given: Body) -> Guest:
        status = given.choice("responseStatus", tuple(ANSWERS))
        name = given.printable("name", most=LONGEST_NAME)
        return Guest(given.address("email"), name, ANSWERS[status] if status is not None else None)

    def _answered(self) -> str | None:
        """What the owner has answered, a PARTSTAT; None where they are not invited."""
        invited = self.before.attendees if self.before is not None else ()
        found = next((each for each in invited if self.editor.owns(str(each["email"]))), None)
        return None if found is None else ANSWERS[_shown(found)]

    def _reply(self, listed: str | None, *, invited: bool) -> Set[str]:
        """The owner's answer: `myResponseStatus`, or the one in the list, whichever is not what it has been."""
        given = self.body.choice("myResponseStatus", tuple(ANSWERS))
        said = ANSWERS[given] if given is not None else None
        if said is not None and not invited:
            raise self.body.wrong("myResponseStatus", "the account's user is not invited to this event")
        wanted = {each for each in (listed, said) if each is not None}
        if len(wanted) > 1:
            wanted -= {self._answered()}
        if len(wanted) > 1:
            raise self.body.wrong("myResponseStatus", "is not what the list of attendees says")
        return next(iter(wanted), KEEP)

    def _check_others(self, guests: tuple[Guest, ...]) -> None:
        """Raises 403 unless the list says of all others what they are."""
        invited = self.before.attendees if self.before is not None else ()
        known = {str(each["email"]).lower(): each for each in invited if each["email"]}
        wanted = {each.email.lower(): each for each in guests}
        same = known.keys() == wanted.keys() and all(
            self.editor.owns(address)
            or (
                each.status in (None, ANSWERS[_shown(known[address])])
                and each.name in (None, str(known[address]["name"]))
            )
            for address, each in wanted.items()
        )
        if not same:
            raise forbidden("attendees: the organizer alone changes the list; you can change your own answer")

    def reminders(self) -> tuple[Set[tuple[Reminder, ...]], Set[bool]]:
        """The reminders, and whether they are the calendar's own, which is Google's alone."""
        given = self.body.child("reminders")
        if given is None:
            return ((), KEEP) if "reminders" in self.body else (KEEP, KEEP)
        default, on = given.flag("useDefault"), given.flag("isReminderOn")
        google = self.service is Service.GOOGLE
        listed = given.children("overrides", most=MOST_REMINDERS.get(self.service, SOME_REMINDERS))
        wanted: Set[tuple[Reminder, ...]] = KEEP
        if listed is not None or "overrides" in given:
            left = list(self.before.alarms) if self.before is not None else []
            wanted = tuple(self._reminder(each, left) for each in listed or ())
        if on is False:
            if wanted is not KEEP and wanted:
                raise given.wrong("isReminderOn", "is false, but there are overrides")
            if default and google:
                raise given.wrong("isReminderOn", "is false, but useDefault is true")
            wanted, default = (), False
        elif on and not wanted and not (default and google):
            raise given.wrong("overrides", "must have a reminder where isReminderOn is true")
        elif on and wanted is KEEP and not default and not (self.before is not None and self.before.alarms):
            if not google or default is False:
                raise given.wrong("overrides", "is required where isReminderOn is true")
            default = True
        return with_default(wanted, default, self.before) if google else (wanted, KEEP)

    def _reminder(self, given: Body, left: list[Mapping[str, Any]]) -> Reminder:
        """A reminder; one by mail that the event has already keeps its words. `left`: alarms that none stands for."""
        given.need("minutes")
        minutes = given.number("minutes", 0, LONGEST_BEFORE) or 0
        methods = ("popup",) if self.service in PATTERNED else ("popup", "email")
        if (given.choice("method", methods) or "popup") == "popup":
            return Reminder(minutes)
        for each in left:
            if self.before is not None and each["action"] == "EMAIL" and minutes_before(each, self.before) == minutes:
                left.remove(each)
                return Reminder(minutes, each["description"], tuple(each.get("to", ())), each["summary"])
        return Reminder(minutes, _MAIL, self.editor.addresses[:1] or ("",), _MAIL)

    def custom(self) -> Given[tuple[Custom, ...]]:
        """The extended properties that change: merged by key, null deletes one, or all of a scope (D75)."""
        found = [
            *self._scope("publicExtendedProperties", private=False),
            *self._scope("privateExtendedProperties", private=True),
        ]
        return tuple(found) if found else KEEP

    def _scope(self, name: str, *, private: bool) -> Iterator[Custom]:
        given = self.body.child(name)
        if given is None:
            known = self.before.custom if self.before is not None and name in self.body else ()
            yield from (Custom(each["key"], None, private) for each in known if each["private"] is private)
            return
        if sum(1 for _ in given) > MOST_PROPERTIES:
            raise self.body.wrong(name, f"must have at most {MOST_PROPERTIES} properties")
        for key in given:
            if not key.strip() or not key.isprintable() or len(key) > LONGEST_KEY:
                raise given.wrong(key[:40], "is no name of a property")
            # Graph has one scope (contract E.1).
            scope = True if self.service is Service.OUTLOOK else private
            yield Custom(key, given.printable(key, most=LONGEST_TEXT), scope)

    def meeting(self) -> tuple[Given[Meeting], dict[str, Any]]:
        """The online meeting, and what its service says of it in words of its own, which is kept as it came."""
        generated = self.body.printable("generateMeetingUrlProvider", most=LONGEST_NAME)
        given = self.body.child(CONFERENCE)
        if generated and given is not None:
            raise self.body.wrong("generateMeetingUrlProvider", f"cannot be combined with {CONFERENCE}")
        if given is None:
            if CONFERENCE in self.body:
                return None, {CONFERENCE: None}
            wanted = generated and self.before is None and self.service in GENERATED
            return (Meeting(_word(generated or "")), {}) if wanted else (KEEP, {})
        if self.before is not None and self.body.value(CONFERENCE) == conference(self.before):
            return KEEP, {}
        details = given.child("conferenceDetails")
        known = given.document("conferenceDetails", most=LONGEST_TEXT)
        name = given.printable("conferenceType", most=LONGEST_NAME)
        said = given.printable("conferenceId", most=LONGEST_NAME)
        points = list(self._points(given, details))
        word = _word(name) if name else _key_of(known)
        wanted_meeting = Meeting(word, tuple(points[:MOST_POINTS]), said or "")
        if wanted_meeting == Meeting():
            raise self.body.wrong(
                CONFERENCE, "says nothing: give joinUrl, conferenceType, conferenceId or their details"
            )
        return wanted_meeting, {CONFERENCE: known or None}

    def _points(self, given: Body, details: Body | None) -> Iterator[EntryPoint]:
        """The ways into a meeting: `joinUrl`, and those of its service's own words that have a form here."""
        join = (given.text("joinUrl", most=LONGEST_NAME * 2) or "").strip()
        if join and (scheme_of(join) not in ("http", "https") or any(each <= " " for each in join)):
            raise given.wrong("joinUrl", "must begin with http: or https:")
        listed = details.value("entryPoints") if details is not None else None
        found = [each for each in map(_point, listed if isinstance(listed, list) else ()) if each is not None]
        if join and not any(each.uri == join for each in found):
            yield EntryPoint(join)
        yield from found


def _shown(attendee: Mapping[str, Any]) -> str:
    return RESPONSES.get(attendee["partstat"], "needsAction")


def _word(name: str) -> str:
    return WORDS.get(name.strip().lower(), name.strip())


def _key_of(details: Any) -> str:
    """Whose meeting it is by Google's words (`conferenceSolution.key.type`)."""
    solution = details.get("conferenceSolution") if isinstance(details, dict) else None
    key = solution.get("key") if isinstance(solution, dict) else None
    word = key.get("type") if isinstance(key, dict) else None
    return word if isinstance(word, str) and word.isprintable() and len(word) <= LONGEST_NAME else ""


def _point(given: object) -> EntryPoint | None:
    """A way in by Google's words; None for what is none, which stays among those words alone."""
    if not isinstance(given, dict):
        return None
    texts = {name: value for name, value in given.items() if isinstance(value, str) and value.isprintable()}
    uri, kind = texts.get("uri", ""), texts.get("entryPointType", "video")
    if scheme_of(uri) not in ("http", "https", "tel", "sip") or " " in uri or len(uri) > LONGEST_NAME * 2:
        return None
    codes = {_CODES[name]: value for name, value in texts.items() if name in _CODES and value}
    kind = kind if kind in ("video", "phone", "sip", "more") else "more"
    return EntryPoint(uri, kind, texts.get("label", ""), codes or None)
