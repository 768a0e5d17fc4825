"""Our text of an entry → the writes that bring Google to it: the least of them, each about one resource.

The ground is the projection last agreed, never what Google may have now: who else changed the event meanwhile is found
by the version that each write names. First the series or the event itself, then single instances. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from plugins.google import attributes, recurrence, times
from plugins.google.events import Event, Setting, closed, inserted, parameters, patch
from storage.errors import InvalidData, Rejected
from storage.ical.instance import instance_of
from storage.ical.lines import Component, line
from storage.ical.read import read
from storage.ical.span import span, zones_only
from storage.ical.values import moment
from storage.ical.write import calendar_of
from storage.model import Kind

_CANCELLED = "CANCELLED"


class Verb(StrEnum):
    """What a write does."""

    INSERT = "insert"
    IMPORT = "import"
    PATCH = "patch"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Write:
    """One request. `instance` is a canonical RECURRENCE-ID, "" for the series or the event itself.

    An instance is named by `event_id` where that is known, else by `original_start`, under which `events.instances`
    of the series finds it. `parameters` belong into the query.
    """

    verb: Verb
    body: Mapping[str, Any] = field(default_factory=dict)
    instance: str = ""
    event_id: str = ""
    original_start: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The query parameters that this body needs; who is told (`sendUpdates`) is for the provider to add."""
        return parameters(self.body)


def creation(text: str, setting: Setting) -> list[Write]:
    """The writes that make an entry. Raises InvalidData, and Rejected for what no Google calendar can hold."""
    told = _Told.of(text)
    if told.master is None:
        raise Rejected("Google holds no instances of a series without the series", hint="save the whole series")
    body, foreign = inserted(told.master, told.uid, setting)
    first = Write(Verb.IMPORT if foreign else Verb.INSERT, body)
    return [first, *_instances(_Told(told.uid, told.master, {}), told, setting, "")]


def changes(base: str, text: str, setting: Setting, event_id: str) -> list[Write]:
    """The writes that an edit needs, none where Google holds nothing of it. `event_id`: the series, or the event.

    Raises InvalidData, and Rejected for what Google lets nobody write, with the reason.
    """
    before, after = _Told.of(base), _Told.of(text)
    if (before.master is None) is not (after.master is None):
        raise Rejected("a series and single instances of it are two things to Google", hint="make it a new event")
    writes: list[Write] = []
    again = moved = False
    if before.master is not None and after.master is not None:
        body = patch(before.master, after.master, setting)
        moved = "start" in body or before.master.rules != after.master.rules
        again = _tells_recurrence(before, after, body)
        if again:
            body["recurrence"] = list(after.master.record.recurrence)
        if after.master.rules and not before.master.rules:
            body |= {name: value for name, value in after.master.said(setting).items() if name in ("start", "end")}
        writes += _allowed(before.master, Write(Verb.PATCH, body, event_id=event_id)) if body else []
    writes += _instances(before, after, setting, event_id)
    writes += _leaving(before, after, setting, _Course(event_id, again=again, moved=moved))
    return writes


@dataclass(frozen=True, slots=True)
class _Course:
    """What has been written of a series: `again` its recurrence with all exclusions, `moved` when it is."""

    event_id: str
    again: bool
    moved: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What a text says: the series or event, None where it has exceptions alone, and these by RECURRENCE-ID."""

    uid: str
    master: Event | None
    instances: Mapping[str, Event]

    @classmethod
    def of(cls, text: str) -> "_Told":
        content = read(text)
        if content.kind is not Kind.EVENT:
            raise Rejected(f"a Google calendar holds events, no {content.kind}")
        calendar = calendar_of(content.tree)
        zones = zones_only(calendar)
        found: dict[str, Event] = {}
        events = (each for each in calendar.components() if each.name == "VEVENT")
        for component, record in zip(events, content.components, strict=True):
            if record.this_and_future:
                raise Rejected(
                    "Google knows no change of an instance and all that follow",
                    hint="end the series before it, and make a new one of the rest",
                )
            known = found.get(record.recurrence_id)
            if known is None or known.record.sequence <= record.sequence:
                found[record.recurrence_id] = Event(component, record, zones)
        master = found.pop("", None)
        return cls(content.uid, master, dict(sorted(found.items())))

    @property
    def excluded(self) -> frozenset[str]:
        """The instances that do not take place."""
        return frozenset(self.master.record.excluded) if self.master is not None else frozenset()

    @property
    def excluded_by_rule(self) -> frozenset[str]:
        """Those of them that Google's `recurrence` excludes; the others are cancelled instances there."""
        if self.master is None:
            return frozenset()
        said = self.master.own.get(recurrence.EXCLUDED)
        lines = [each for each in said if isinstance(each, str)] if isinstance(said, list) else []
        start = span(self.master.component, self.master.zones)[0]
        try:
            return recurrence.excluded([recurrence.parsed(each) for each in lines], start, self.master.zones)
        except InvalidData:
            return frozenset()

    def instance(self, key: str) -> Event | None:
        """An instance as the series tells it."""
        made = instance_of(self.master.component, key, self.master.zones) if self.master is not None else None
        return Event.of(made, self.master.zones) if made is not None and self.master is not None else None

    def id_of(self, key: str, event_id: str) -> str:
        """Google's id of an instance, "" where it is not known: clients copy what they do not know off the series."""
        known = self.instances.get(key)
        found = known.own.get(attributes.ID) if known is not None else None
        return found if isinstance(found, str) and found != event_id else ""


def _tells_recurrence(before: _Told, after: _Told, body: Mapping[str, Any]) -> bool:
    """Whether `recurrence` is to be written: it has other rules, another start, or excludes what now takes place."""
    assert before.master is not None
    assert after.master is not None
    if before.master.rules != after.master.rules:
        return True
    by_rule = before.excluded_by_rule
    return bool(by_rule - after.excluded) or ("start" in body and bool(after.excluded | by_rule))


def _instances(before: _Told, after: _Told, setting: Setting, event_id: str) -> Iterator[Write]:
    """The exceptions that there are: what is other than it was, or than the series tells it."""
    cancelled = before.excluded - before.excluded_by_rule
    for key, event in after.instances.items():
        was = before.instances.get(key) or after.instance(key)
        named = _named(before, key, setting, event_id)
        if event.record.status == _CANCELLED:
            if was is not None and was.record.status != _CANCELLED and key not in cancelled:
                yield Write(Verb.CANCEL, {}, *named)
            continue
        if was is None:
            raise Rejected(f"the series has no instance {key}", hint="Google holds instances that the series has")
        body = patch(was, event, setting)
        if key in cancelled and key not in after.excluded:
            body = {**body, "status": event.said(setting).get("status", "confirmed")}
        if body:
            yield from _allowed(was, Write(Verb.PATCH, body, *named))


def _leaving(before: _Told, after: _Told, setting: Setting, course: _Course) -> Iterator[Write]:
    """What is gone: instances that are called off, exceptions that are as the series again, and such as return."""
    gone = {key for key in before.instances if key not in after.instances}
    off = {key for key in gone if key in after.excluded or after.master is None}
    if not course.again:
        off |= after.excluded - before.excluded
    for key in sorted(off):
        yield Write(Verb.CANCEL, {}, *_named(before, key, setting, course.event_id))
    if course.moved:
        return
    for key in sorted(gone - off):
        was, now = before.instances[key], after.instance(key)
        body = patch(was, now, setting) if now is not None else {}
        if body:
            yield from _allowed(was, Write(Verb.PATCH, body, *_named(before, key, setting, course.event_id)))
    back = before.excluded - before.excluded_by_rule - after.excluded - after.instances.keys()
    for key in sorted(back):
        yield Write(Verb.PATCH, {"status": "confirmed"}, *_named(before, key, setting, course.event_id))


def _named(before: _Told, key: str, setting: Setting, event_id: str) -> tuple[str, str, str]:
    """Instance, its id, and where that is not known its original start."""
    known = before.id_of(key, event_id)
    if known:
        return key, known, ""
    at = moment(line("DTSTART", key), Component("", []))
    told = times.told(at, setting.zone)
    return key, "", told.get("date") or told["dateTime"]


def _allowed(event: Event, write: Write) -> list[Write]:
    reason = closed(event.own, write.body.keys())
    if reason:
        raise Rejected(reason, hint="the event stays as Google has it; what was wanted is kept in the inbox")
    return [write]
