"""What iTIP messages say (RFC 5546) and what they do to a copy of a meeting: pure functions over content-line trees.

An organizer's text is cut down to what one attendee is invited to (`invitation`); the attendee's copy takes it over and
keeps what is the attendee's own (`invited`). Back goes only who answers what (`answers`, `answered`). Lines that mean
the same keep their bytes on both sides. Within one server no message overtakes another, so SEQUENCE decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from storage.errors import InvalidData
from storage.ical import comments
from storage.ical.canonical import canonical
from storage.ical.instance import instance_of
from storage.ical.kinds import ARRANGED
from storage.ical.lines import Component, Line, dump, line
from storage.ical.quirks import status
from storage.ical.values import instance_key, moment, recurrence_key
from storage.ical.write import component, eol_of, remove, set_lines, set_param, set_property
from storage.scheduling.people import normal

MASTER = ""
OPEN = "NEEDS-ACTION"

Answers = Mapping[str, str]
"""PARTSTAT by instance: `MASTER`, or the canonical RECURRENCE-ID."""

_PEOPLE = ("ORGANIZER", "ATTENDEE")
_SERVER_PARAMS = ("SCHEDULE-AGENT", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND")
_ANSWERING = ("PARTSTAT", "RSVP")
_NOISE = ("DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE")
_OWN = frozenset({"TRANSP", "PERCENT-COMPLETE", "COMPLETED", "CREATED", "COMMENT", "REQUEST-STATUS"})
"""What an attendee may have otherwise than the organizer (RFC 6638 §3.2.2.1), besides alarms and X- properties.

How far somebody has come with a task is theirs as well: its STATUS, unless the organizer calls it off.
"""

_TIMES = ("DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_FIXED = ("DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "SUMMARY", "LOCATION")


def parts(calendar: Component) -> dict[str, Component]:
    """The events or tasks of a VCALENDAR by instance."""
    return {instance_key(each, calendar): each for each in _entries(calendar)}


def organizer(calendar: Component) -> str:
    """The one organizer of all components in normal form, "" where there is none. Raises `InvalidData` for several."""
    found = {normal(each.value) if (each := part.first("ORGANIZER")) else "" for part in _entries(calendar)}
    if len(found) > 1:
        raise InvalidData("all components of a meeting have the same ORGANIZER (RFC 6638 §3.2.4.2)")
    return next(iter(found), "")


def attendees(calendar: Component) -> dict[str, list[Line]]:
    """The ATTENDEE lines of all components by address in normal form."""
    found: dict[str, list[Line]] = {}
    for part in _entries(calendar):
        for each in part.lines("ATTENDEE"):
            found.setdefault(normal(each.value), []).append(each)
    return found


def agent(lines: Iterable[Line]) -> str:
    """Who delivers to somebody: `SERVER`, `CLIENT` or `NONE` (RFC 6638 §7.1); what nobody knows counts as `NONE`."""
    said = {each.param("SCHEDULE-AGENT").strip().upper() or "SERVER" for each in lines}
    return "SERVER" if said <= {"SERVER"} else next(iter(sorted(said - {"SERVER"})))


def forced(lines: Iterable[Line]) -> bool:
    """Whether a message shall go out although nothing has changed (RFC 6638 §7.2)."""
    return any(each.param("SCHEDULE-FORCE-SEND") for each in lines)


def invitation(calendar: Component, address: str) -> Component | None:
    """The part of an organizer's text that one attendee is invited to; None where that is nothing.

    Instances of a series to which the attendee is not invited are left out of it (RFC 6638 §3.2.6).
    """
    others = [part for key, part in parts(calendar).items() if key and _line_of(part, address) is None]

    def cut(key: str, part: Component) -> Component | None:
        if _line_of(part, address) is None:
            return None
        return _except(_without_alarms(_bare(part)), [] if key else others)

    made = _changed(remove(calendar, "METHOD"), cut)
    return made if _entries(made) else None


def message(calendar: Component, method: str) -> str:
    """A part of a meeting as the text of an iTIP message."""
    return dump(set_property(calendar, "METHOD", method))


def cancelled(calendar: Component) -> Component:
    """The meeting, called off."""
    return _changed(calendar, lambda _key, part: set_property(part, "STATUS", "CANCELLED"))


def is_off(calendar: Component) -> bool:
    """Whether all of the meeting is called off."""
    return all(map(_off, _entries(calendar)))


def attendance(calendar: Component, address: str) -> frozenset[str]:
    """To which instances somebody is invited: who is invited to the same gets the same invitation."""
    return frozenset(key for key, part in parts(calendar).items() if _line_of(part, address) is not None)


def same_meeting(one: Component | None, other: Component | None, *, participation: bool) -> bool:
    """Whether two invitations say the same; with `participation` also who has answered what."""
    if one is None or other is None:
        return one is other
    return _identity(one, participation=participation) == _identity(other, participation=participation)


def invited(copy: Component | None, new: Component, me: str) -> Component:
    """The attendee's copy after an invitation: the organizer's properties as they now are, the attendee's own kept.

    What the attendee has answered stays, as long as the time of the instance does (RFC 6638 §3.2.8); else it is open.
    """
    if copy is None:
        return new
    known = parts(copy)

    def merge(key: str, part: Component) -> Component:
        before = known.get(key)
        return part if before is None or before.name != part.name else _taken_over(before, part, me)

    merged = _changed(new, merge)
    head = [each for each in copy.children if isinstance(each, Line) and each.name != "METHOD"]
    return Component(copy.name, [*head, *merged.components()], copy.begin, copy.end)


def answers(calendar: Component | None, me: str) -> Answers:
    """What somebody answers to each instance that they are invited to."""
    found = parts(calendar) if calendar is not None else {}
    own = {key: _line_of(part, me) for key, part in found.items()}
    return {key: _answer(each) for key, each in own.items() if each is not None}


def news(before: Component | None, after: Component, me: str) -> Answers:
    """The answers that are new in an attendee's copy; an instance that the attendee struck out is declined."""
    was, now = answers(before, me), answers(after, me)
    inherited = was.get(MASTER, OPEN)
    found = {key: word for key, word in now.items() if word != was.get(key, inherited)}
    struck = _exceptions(after) - (_exceptions(before) if before is not None else set())
    return {**found, **dict.fromkeys(struck, "DECLINED")}


def reply(calendar: Component, said: Answers, me: str) -> Component:
    """The REPLY with these answers (RFC 5546 §3.2.3)."""
    every = parts(calendar)
    pieces = [_reply_part(every.get(key), every.get(MASTER), key, word, me) for key, word in said.items()]
    head = [each for each in calendar.children if isinstance(each, Line) and each.name != "METHOD"]
    zones = calendar.components("VTIMEZONE")
    return Component(calendar.name, [*head, *zones, *filter(None, pieces)], calendar.begin, calendar.end)


def answered(calendar: Component, said: Answers, attendee: str, *, delivered: str = "2.0") -> Component:
    """The organizer's text with an attendee's answers in it; `delivered` is the SCHEDULE-STATUS that they get.

    An instance of which the organizer has no component of its own gets one (RFC 5546 §3.2.3). Who is not invited
    changes nothing.
    """
    every = parts(calendar)

    def heard(key: str, part: Component) -> Component:
        return _with_answer(part, attendee, said[key], delivered) if key in said else part

    calendar = _changed(calendar, heard)
    master = every.get(MASTER)
    missing = [key for key in said if key not in every] if master is not None else []
    made = {key: instance_of(master, key, calendar) for key in missing if master is not None}
    added = [heard(key, part) for key, part in made.items() if part is not None]
    return Component(calendar.name, [*calendar.children, *added], calendar.begin, calendar.end) if added else calendar


def marked(calendar: Component, name: str, codes: Mapping[str, str]) -> Component:
    """The text with a SCHEDULE-STATUS (RFC 6638 §7.3) on the lines of `name` with these addresses, and no order to send
    any more.
    """

    return _changed(calendar, lambda _key, part: _marked(part, name, codes))


def forbidden(before: Component, after: Component) -> str:
    """The property that an attendee changed although it is the organizer's (RFC 6638 §3.2.2.1); "" for none."""
    known, struck = parts(before), _exceptions(after)
    for key, part in parts(after).items():
        old = known.pop(key, None)
        if old is None:
            continue
        for name in _FIXED:
            if _says(old, name, before) != _says(part, name, after):
                return name
        if {*map(_address, old.lines("ATTENDEE"))} != {*map(_address, part.lines("ATTENDEE"))}:
            return "ATTENDEE"
    missing = [key for key in known if key not in struck]
    return "RECURRENCE-ID" if missing else ""


def _entries(calendar: Component) -> list[Component]:
    return [each for each in calendar.components() if each.name in ARRANGED]


def _changed(calendar: Component, change: Callable[[str, Component], Component | None]) -> Component:
    """The calendar with each of its events or tasks changed, given its instance; those that become None are left out.

    The same calendar where nothing changes. In one go: a meeting may have thousands of them.
    """
    children: list[Line | Component] = []
    same = True
    for child in calendar.children:
        made: Line | Component | None = child
        if isinstance(child, Component) and child.name in ARRANGED:
            made = change(instance_key(child, calendar), child)
            same = same and made is child
        if made is not None:
            children.append(made)
    return calendar if same else Component(calendar.name, children, calendar.begin, calendar.end)


def _address(each: Line) -> str:
    return normal(each.value)


def _line_of(part: Component, address: str) -> Line | None:
    return next((each for each in part.lines("ATTENDEE") if _address(each) == address), None)


def _answer(each: Line) -> str:
    return status(each.param("PARTSTAT")) or OPEN


def _without_alarms(part: Component) -> Component:
    return Component(part.name, [each for each in part.children if each.name != "VALARM"], part.begin, part.end)


def _bare(part: Component) -> Component:
    """Without what only the organizer's own server needs to know (RFC 6638 §7)."""
    for name in _PEOPLE:
        lines = part.lines(name)
        bare = [_stripped(each) for each in lines]
        if bare != lines:
            part = _in_place(part, name, bare)
    return remove(part, "REQUEST-STATUS")


def _stripped(each: Line) -> Line:
    for name in _SERVER_PARAMS:
        if name in each.params:
            each = set_param(each, name, ())
    return each


def _except(part: Component, left_out: Sequence[Component]) -> Component:
    lines = part.lines("EXDATE")
    for each in left_out:
        found = each.first("RECURRENCE-ID")
        if found is not None:
            params = {name: values for name, values in found.params.items() if name != "RANGE"}
            lines = [*lines, line("EXDATE", found.value, params, eol=eol_of(part))]
    return set_lines(part, "EXDATE", lines) if left_out else part


def _in_place(part: Component, name: str, lines: Sequence[Line]) -> Component:
    """The component with its lines of `name` replaced one by one, each where it stands."""
    pending = iter(lines)
    children = [next(pending) if each.name == name and isinstance(each, Line) else each for each in part.children]
    return Component(part.name, children, part.begin, part.end)


def _identity(calendar: Component, *, participation: bool) -> str:
    def plain(_key: str, part: Component) -> Component:
        part = remove(_bare(part), *_NOISE)
        if participation:
            return part
        return _in_place(part, "ATTENDEE", [_unanswered(each) for each in part.lines("ATTENDEE")])

    return canonical(dump(_changed(calendar, plain)))


def _unanswered(each: Line) -> Line:
    """A guest, without what is written when they answer; servers note there when it was, in parameters of their own."""
    for name in list(each.params):
        if name in _ANSWERING or name.startswith("X-"):
            each = set_param(each, name, ())
    return each


def _taken_over(before: Component, new: Component, me: str) -> Component:
    """One component of a copy, after the organizer changed it."""
    names = dict.fromkeys(each.name for each in (*before.children, *new.children) if isinstance(each, Line))
    own = _OWN | {"STATUS"} if before.name == "VTODO" and not (_off(before) or _off(new)) else _OWN
    merged = before
    for name in names:
        if name and name not in own and not name.startswith("X-"):
            merged = set_lines(merged, name, new.lines(name)) if new.lines(name) else remove(merged, name)
    mine, theirs = _line_of(before, me), _line_of(new, me)
    if mine is None or theirs is None:
        return merged
    kept = _answer(mine) if _times(before) == _times(new) else OPEN
    answer = theirs if kept == _answer(theirs) else set_param(theirs, "PARTSTAT", [kept])
    lines = [answer if each is theirs else each for each in new.lines("ATTENDEE")]
    return set_lines(merged, "ATTENDEE", lines)


def _off(part: Component) -> bool:
    return (found := part.first("STATUS")) is not None and found.value.strip().upper() == "CANCELLED"


def _times(part: Component) -> list[tuple[str, str]]:
    return sorted((each.name, each.value) for name in _TIMES for each in part.lines(name))


def _exceptions(calendar: Component) -> set[str]:
    master = parts(calendar).get(MASTER)
    found: set[str] = set()
    for each in master.lines("EXDATE") if master is not None else ():
        for value in each.value.split(","):
            try:
                single = line("EXDATE", value, each.params)
                found.add(recurrence_key(moment(single, calendar)))
            except (InvalidData, ValueError, OverflowError):
                continue
    return found


def _says(part: Component, name: str, calendar: Component) -> list[str]:
    found = []
    for each in part.lines(name):
        try:
            found.append(recurrence_key(moment(each, calendar)))
        except (InvalidData, ValueError, OverflowError):
            found.append(each.value.strip())
    return sorted(found)


def _reply_part(part: Component | None, master: Component | None, key: str, word: str, me: str) -> Component | None:
    source = part or master
    own = _line_of(source, me) if source is not None else None
    if source is None or own is None:
        return None
    eol = eol_of(source)
    lines = [each for name in ("UID", "DTSTAMP", "SEQUENCE", "ORGANIZER") for each in source.lines(name)[:1]]
    if key != MASTER:
        found = source.first("RECURRENCE-ID")
        date = {} if "T" in key else {"VALUE": ["DATE"]}
        lines.append(found if found is not None else line("RECURRENCE-ID", key, date, eol=eol))
    lines += [each for name in ("DTSTART", "SUMMARY") for each in source.lines(name)[:1] if part is not None]
    lines += comments.of_answer(part) if part is not None else []
    answer = set_param(_stripped(own), "PARTSTAT", [word])
    return component(source.name, [*map(_stripped, lines), answer], eol=eol)


def _with_answer(part: Component, attendee: str, word: str, delivered: str) -> Component:
    lines = []
    for each in part.lines("ATTENDEE"):
        if _address(each) == attendee and (_answer(each) != word or _needs(each, delivered)):
            each = _with_status(each if _answer(each) == word else set_param(each, "PARTSTAT", [word]), delivered)
        lines.append(each)
    return _in_place(part, "ATTENDEE", lines) if lines != part.lines("ATTENDEE") else part


def _marked(part: Component, name: str, codes: Mapping[str, str]) -> Component:
    lines = part.lines(name)
    wanted = [codes.get(_address(each), "") for each in lines]
    noted = [
        _with_status(each, code) if code and _needs(each, code) else each
        for each, code in zip(lines, wanted, strict=True)
    ]
    return _in_place(part, name, noted) if noted != lines else part


def _with_status(each: Line, code: str) -> Line:
    return set_param(set_param(each, "SCHEDULE-FORCE-SEND", ()), "SCHEDULE-STATUS", [code])


def _needs(each: Line, code: str) -> bool:
    return each.param("SCHEDULE-STATUS") != code or "SCHEDULE-FORCE-SEND" in each.params
