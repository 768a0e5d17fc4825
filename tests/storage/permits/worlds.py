"""Random calendars, and other calendars that the holder of a permit must not be able to tell from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from storage.model import Origin, Token, TokenKind
from storage.permits.permit import Field, MasterLevel, Permit, RuleLevel
from storage.store import Store
from tests.storage.permits.desks import NOW, grant, naive_level, place
from tests.storage.texts import calendar

OWN = ("alice@example.com",)
PEOPLE = (*OWN, "ann@x.example", "bob@blocked.example", "cyd@sub.blocked.example", "dee@quiet.example")
WORDS = ("lunch", "budget", "secret plan", "Raum 5")
RULES = (
    ("block", "domain", "blocked.example", 0),
    ("block", "email", "ann@x.example", 1),
    ("free_busy_only", "domain", "quiet.example", 0),
    ("free_busy_only", "all", "", -1),
    ("block", "all", "", -2),
    ("full", "email", "bob@blocked.example", 5),
    ("read", "domain", "x.example", 0),
)
KEYS = ("primary", "team")
EVERYWHERE = "nowhere else"
"""Stands in what only the altered world holds."""


@dataclass(frozen=True, slots=True)
class Component:
    """What one VEVENT says, besides when."""

    title: str
    description: str
    location: str
    people: tuple[str, ...]
    organizer: str
    status: str
    transparent: bool
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: solo, or a series of which one instance may have a component of its own, or be gone."""

    name: str
    key: str
    start: datetime
    minutes: int
    all_day: bool
    rule: str
    master: Component | None
    override: Component | None = None
    excluded: bool = False


def permit_of(given: Mapping[str, Any]) -> Permit:
    """The permit of a grant."""
    return Permit.of(Token("t", "t", TokenKind.ACCESS, None, "", given))


def random_grant(random: Random) -> Mapping[str, Any]:
    """A grant of any kind."""
    return grant(
        calendars=random.choice([["101/*"], ["101/primary"]]),
        level=random.choice(list(MasterLevel)),
        fields=random.sample([str(each) for each in Field], random.randrange(len(Field))),
        past_days=random.choice([None, 30, 2]),
        future_days=random.choice([None, 30, 2]),
        rules=[list(each) for each in random.sample(RULES, random.randrange(4))],
    )


def random_entry(random: Random, name: str) -> Entry:
    """An event within some weeks of now, in one of the two calendars of account 101."""
    days = random.choice([random.randrange(-3, 8), random.randrange(-45, 45)])
    start = datetime.fromtimestamp(NOW, UTC) + timedelta(days=days, minutes=random.randrange(-600, 600, 30))
    rule = random.choice(["", "", "", "FREQ=DAILY;COUNT=4", "FREQ=WEEKLY"])
    override = _component(random, name) if rule and random.random() < 0.6 else None
    minutes = random.choice([30, 60, 600, 3000])
    return Entry(
        name,
        random.choice(KEYS),
        start,
        minutes,
        random.random() < 0.2,
        rule,
        _component(random, name),
        override,
    )


def _component(random: Random, name: str) -> Component:
    return Component(
        f"{name} {random.choice(WORDS)}",
        random.choice(["", *WORDS]),
        random.choice(["", *WORDS]),
        tuple(random.sample(PEOPLE, random.choice([0, 0, 1, 2]))),
        random.choice(["", "", *PEOPLE]),
        random.choice(["", "", "", "TENTATIVE", "CANCELLED"]),
        random.random() < 0.2,
        random.choice([(), ("red",)]),
    )


def sight(each: Component, permit: Permit) -> str:
    """Hidden, busy or shown: D.3 in few words."""
    people = [*each.people, *filter(None, [each.organizer])]
    level = min((naive_level(permit.rules, one, OWN) for one in people), default=RuleLevel.FULL)
    if level is RuleLevel.BLOCK:
        return "hidden"
    if permit.level is MasterLevel.BUSY or level is RuleLevel.BUSY:
        return "hidden" if each.transparent or each.status == "CANCELLED" else "busy"
    return "hidden" if each.status == "CANCELLED" and Field.STATUS not in permit.visible else "shown"


def altered(entry: Entry, permit: Permit, random: Random) -> Entry | None:
    """Another event, or none, that looks the same to whoever holds the permit."""
    assert entry.master is not None
    first = sight(entry.master, permit)
    second = sight(entry.override, permit) if entry.override else ""
    if first == "hidden" and second in ("", "hidden"):
        if random.random() < 0.5:
            return None
        moved = entry.start + timedelta(days=random.randrange(-5, 5), minutes=random.randrange(0, 600))
        master = replace(entry.master, title=EVERYWHERE, description=EVERYWHERE, location=EVERYWHERE)
        return replace(entry, start=moved, minutes=45, master=master)
    if first == "hidden":
        return replace(entry, master=None)
    if second == "hidden":
        return replace(entry, master=_alike(entry.master, permit), override=None, excluded=True)
    override = _alike(entry.override, permit) if entry.override else None
    return replace(entry, master=_alike(entry.master, permit), override=override)


def _alike(each: Component, permit: Permit) -> Component:
    """Another component that looks the same."""
    if sight(each, permit) == "busy":
        return replace(each, title=EVERYWHERE, description=EVERYWHERE, location=EVERYWHERE, labels=(EVERYWHERE,))
    names: dict[Field, tuple[str, Any]] = {
        Field.TITLE: ("title", EVERYWHERE),
        Field.DESCRIPTION: ("description", EVERYWHERE),
        Field.LOCATION: ("location", EVERYWHERE),
        Field.LABELS: ("labels", (EVERYWHERE,)),
    }
    hidden_ones: dict[str, Any] = dict(pair for field, pair in names.items() if field not in permit.visible)
    other = replace(each, **hidden_ones)
    extended = replace(other, people=(*each.people, "zed@x.example"))
    hidden = Field.ATTENDEES not in permit.visible
    return extended if hidden and sight(extended, permit) == sight(each, permit) else other


def text_of(entry: Entry) -> str:
    """The event as iCalendar."""
    until = entry.start + timedelta(minutes=entry.minutes)
    start, end = _value(entry.start, entry), _value(max(until, entry.start + timedelta(days=entry.all_day)), entry)
    parts = []
    if entry.master is not None:
        times = [f"DTSTART{start}", f"DTEND{end}"]
        times += [f"RRULE:{entry.rule}"] if entry.rule else []
        times += [f"EXDATE{_value(_second(entry), entry)}"] if entry.excluded else []
        parts.append(_lines(entry, entry.master, times))
    if entry.override is not None:
        moved = _second(entry) + timedelta(hours=1)
        times = [f"RECURRENCE-ID{_value(_second(entry), entry)}"]
        times += [f"DTSTART{_value(moved, entry)}", f"DTEND{_value(moved + timedelta(days=1), entry)}"]
        parts.append(_lines(entry, entry.override, times))
    return calendar("".join(parts))


def _second(entry: Entry) -> datetime:
    return entry.start + timedelta(days=7 if "WEEKLY" in entry.rule else 1)


def _value(at: datetime, entry: Entry) -> str:
    return f";VALUE=DATE:{at:%Y%m%d}" if entry.all_day else f":{at:%Y%m%dT%H%M%SZ}"


def _lines(entry: Entry, each: Component, times: Sequence[str]) -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{entry.name}",
        "DTSTAMP:20260101T000000Z",
        *times,
        f"SUMMARY:{each.title}",
        *([f"DESCRIPTION:{each.description}"] if each.description else []),
        *([f"LOCATION:{each.location}"] if each.location else []),
        *([f"STATUS:{each.status}"] if each.status else []),
        *(["TRANSP:TRANSPARENT"] if each.transparent else []),
        *([f"CATEGORIES:{','.join(each.labels)}"] if each.labels else []),
        *([f"ORGANIZER:mailto:{each.organizer}"] if each.organizer else []),
        *(f"ATTENDEE;CN={one.partition('@')[0].title()}:mailto:{one}" for one in each.people),
        "END:VEVENT",
    ]
    return "\r\n".join(lines) + "\r\n"


def write(store: Store, entries: Sequence[Entry | None], names: Sequence[Entry]) -> dict[str, str]:
    """Let the mirror hold these events, and of `names` no others; their ids by name."""
    for old, new in zip(names, entries, strict=True):
        collection, href = place(store, old.key).id, f"{old.name}.ics"
        if new is not None:
            store.put_entry(collection, href, text_of(new), origin=Origin.CLI)
        elif store.entries(collection, [href]):
            store.delete_entry(collection, href, origin=Origin.CLI)
    found = {each.name: store.entries(place(store, each.key).id, [f"{each.name}.ics"]) for each in names}
    return {name: entry.id for name, some in found.items() for entry in some.values()}
