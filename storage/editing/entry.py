"""An entry's text with one change in it: a new event, a master or solo event, one instance; text in, text out.

What the change does not speak of keeps its bytes, in the event and around it. A change that says what is so already
gives the very text that came in. Contract A.9, A.10, D17, D43.
"""

from collections.abc import Iterator

from storage.editing import event, series
from storage.editing.change import KEEP, Change
from storage.editing.editor import Editor, address_of
from storage.editing.series import Told
from storage.errors import InvalidChange, NotFound
from storage.ical.lines import Component, Line, dump, escape, line, parse
from storage.ical.read import Content
from storage.ical.write import add_component, calendar_of, component, component_of, eol_of, replace, set_lines
from storage.ical.zones import iana_name, vtimezone
from storage.records import ComponentRecord

PRODUCT = "-//CalHarbor//EN"


def created(change: Change, uid: str, editor: Editor) -> str:
    """The text of a new event. Raises InvalidChange, also where it has no start and no end."""
    if change.times.start is KEEP or change.times.end is KEEP:
        missing = "start" if change.times.start is KEEP else "end"
        raise InvalidChange(missing, f"{missing} is missing", hint="An event has a start and an end.")
    stamps = [line(name, editor.stamp) for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED")]
    empty = component("VEVENT", [line("UID", escape(uid)), *stamps])
    calendar = component("VCALENDAR", [line("VERSION", "2.0"), line("PRODID", PRODUCT), empty])
    made = event.changed(empty, change, editor, calendar)
    return dump(_with_zones(replace(calendar, empty, made), empty, made))


def edited(text: str, change: Change, editor: Editor) -> str:
    """The text with a change of its event: of a series the master. Raises InvalidChange, NotFound."""
    tree = parse(text)
    calendar = calendar_of(tree)
    before = Told.of(calendar)
    master = before.master
    if master is None:
        raise NotFound("this entry has no event but exceptions of a series", hint="change one of them")
    made = event.changed(master, change, editor, calendar)
    if made is master:
        return text
    after = _with_zones(replace(calendar, master, made), master, made)
    after = series.settled(before, after, dates_given=change.recurrence is not KEEP)
    after = _with_organizer(after, master, made)
    left = next(each for each in after.components("VEVENT") if each.first("RECURRENCE-ID") is None)
    after = replace(after, left, event.stamped(master, left, change, editor))
    return dump(replace(tree, calendar, after))


def edited_instance(text: str, key: str, change: Change, editor: Editor) -> str:
    """The text with a change of one instance (a canonical RECURRENCE-ID), as an exception of the series.

    The master and the other exceptions keep their bytes, but for an organizer whom the change brings. Raises
    InvalidChange, NotFound for what is no instance.
    """
    if change.recurrence is not KEEP:
        raise InvalidChange("recurrence", "one instance of a series does not recur", hint="change the series itself")
    tree = parse(text)
    calendar = calendar_of(tree)
    told = Told.of(calendar)
    if told.series is not None and told.series.excludes(series.epoch_of(key)):
        raise NotFound(f"there is no instance {key} any more", hint="list the instances of the series")
    known = told.exception(key)
    before, rest = known or told.instance(key), None
    if known is not None and series.goes_on(known):
        before, rest = told.split(known)
    made = event.changed(before, change, editor, calendar)
    if made is before:
        return text
    made = event.stamped(before, made, change, editor)
    after = add_component(calendar, made) if known is None else replace(calendar, known, made)
    if rest is not None:
        after = add_component(after, rest)
    return dump(replace(tree, calendar, _with_organizer(_with_zones(after, before, made), before, made)))


def without_instance(text: str, key: str, editor: Editor) -> str | None:
    """The text without one instance of its series, which is excluded from now on; None if nothing else was there.

    Raises NotFound for what is no instance.
    """
    tree = parse(text)
    calendar = calendar_of(tree)
    told = Told.of(calendar)
    gone = [each for each in told.exceptions if told.key(each) == key]
    excluded = told.series is not None and told.series.excludes(series.epoch_of(key))
    if excluded or not (gone or told.has(key)):
        raise NotFound(f"there is no instance {key}", hint="list the instances of the series")
    after = calendar
    for each in gone:
        if not series.goes_on(each):
            after = replace(after, each, None)
    master = told.master
    if master is not None and told.series is not None:
        exclusion = told.manner(series.epoch_of(key), "EXDATE", eol_of(master))
        made = set_lines(master, "EXDATE", [*master.lines("EXDATE"), exclusion])
        after = replace(after, master, event.stamped(master, made, Change(), editor))
    return dump(replace(tree, calendar, after)) if after.components("VEVENT") else None


def described(content: Content, key: str = "") -> ComponentRecord | None:
    """What an entry says of its event, or of one instance: as its own exception, else as the master; None: nothing."""
    records = [each for each in content.components if each.name == "VEVENT"]
    own = [each for each in records if each.recurrence_id == key]
    return (
        max(own, key=lambda each: each.sequence)
        if own
        else next((each for each in records if not each.recurrence_id), None)
    )


def _with_zones(calendar: Component, before: Component, after: Component) -> Component:
    """With a VTIMEZONE for each zone that a change brings into the text."""
    known = {found.value.strip() for each in calendar.components("VTIMEZONE") if (found := each.first("TZID"))}
    for tzid in dict.fromkeys(_zones(after)):
        if tzid not in known and tzid not in set(_zones(before)) and iana_name(tzid):
            calendar = add_component(calendar, component_of(vtimezone(tzid), eol=eol_of(calendar)))
    return calendar


def _with_organizer(calendar: Component, before: Component, after: Component) -> Component:
    """With the organizer whom a change gives to one event in all the others, for a meeting has one (RFC 6638 §3.2.4.2).

    Who attends the others stays as it is.
    """
    organizer = after.first("ORGANIZER")
    known = before.first("ORGANIZER")
    if organizer is None or (known is not None and known.raw == organizer.raw):
        return calendar
    for each in calendar.components("VEVENT"):
        said = each.first("ORGANIZER")
        if said is None or address_of(said).lower() != address_of(organizer).lower():
            calendar = replace(calendar, each, set_lines(each, "ORGANIZER", [organizer]))
    return calendar


def _zones(of: Component) -> Iterator[str]:
    return (tzid for child in of.children if isinstance(child, Line) and (tzid := child.param("TZID")))
