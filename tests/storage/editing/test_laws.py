"""Laws of editing, for every text of the corpus and any change: nothing unmeant changes, and once is enough."""

from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.editing import event
from storage.editing.change import KEEP, Change, Custom, Description, Guest, RawProperty, Reminder, Times
from storage.editing.entry import edited, edited_instance, without_instance
from storage.editing.times import Stamp
from storage.errors import InvalidChange, InvalidData, NotFound
from storage.ical.lines import Line, dump, parse
from storage.ical.read import decode, read
from storage.ical.write import calendar_of
from storage.recurrence.expand import expand
from tests.storage.editing.texts import BERLIN

CORPUS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))


def _texts() -> Iterator[str]:
    for path in CORPUS:
        try:
            text = decode(path.read_bytes())
            content = read(text)
        except InvalidData:
            continue
        if content.kind == "event" and any(each.start for each in content.components):
            yield text


TEXTS = tuple(_texts())
MAILED = Reminder(5, "x", ("a@example.com",), "s")
words = st.sampled_from(["", "Plain", "Hé, you; there\nand \\ here", "x" * 200])
stamps = st.builds(
    Stamp,
    st.datetimes(
        min_value=__import__("datetime").datetime(2025, 1, 1), max_value=__import__("datetime").datetime(2027, 1, 1)
    ),
    st.none(),
    st.just(value=False),
)
sometimes = st.just(KEEP) | stamps
zones = st.sampled_from([KEEP, None, "Europe/Berlin", "America/New_York", "UTC"])
people = st.lists(
    st.builds(
        Guest,
        st.sampled_from(["p@example.com", "alice@example.com", "jane@example.com"]),
        st.none() | words,
        st.sampled_from([None, "ACCEPTED", "NEEDS-ACTION"]),
        st.sampled_from([None, True, False]),
    ),
    max_size=3,
    unique_by=lambda each: each.email,
).map(tuple)
changes = st.builds(
    Change,
    name=st.just(KEEP) | words,
    description=st.just(KEEP) | st.none() | st.builds(Description, words, words),
    location=st.just(KEEP) | st.none() | words,
    times=st.builds(
        Times, st.just(KEEP) | stamps, st.just(KEEP) | stamps, zones, zones, st.sampled_from([KEEP, True, False])
    ),
    recurrence=st.sampled_from([KEEP, KEEP, (), ("FREQ=DAILY;COUNT=4",), ("RRULE:FREQ=WEEKLY;UNTIL=20270101",)]),
    attendees=st.just(KEEP) | people,
    reminders=st.sampled_from(
        [KEEP, (), (Reminder(10), Reminder(0, "Now"), Reminder(5, "x", ("a@example.com",), "s"))]
    ),
    visibility=st.sampled_from([KEEP, None, "PRIVATE"]),
    transparent=st.sampled_from([KEEP, True, False]),
    custom=st.sampled_from([KEEP, None, (Custom("a", "1"), Custom("b", None))]),
    raw=st.sampled_from([{}, {"X-RAW": RawProperty("1", {"X-P": ("a:b",)}), "COLOR": None}]),
)
laws = settings(max_examples=150)


def _unmapped(text: str) -> list[str]:
    """What stands in a text that no member of a change means, without new time zones."""
    kept: list[str] = []
    for child in calendar_of(parse(text)).children:
        if isinstance(child, Line):
            kept.append(child.raw)
        elif child.name == "VEVENT":
            lines = [each for each in child.children if isinstance(each, Line)]
            kept += [each.raw for each in lines if each.name not in MAPPED]
            kept += [dump(each) for each in child.components() if each.name != "VALARM"]
        elif child.name != "VTIMEZONE":
            kept.append(dump(child))
    return kept


MAPPED = event.UNIFIED | {"X-RAW", "COLOR", event.BUSY}


@laws
@given(st.sampled_from(TEXTS), changes)
def test_any_change_is_made_once_and_touches_nothing_else(text: str, change: Change) -> None:
    try:
        after = edited(text, change, BERLIN)
    except (InvalidChange, NotFound):
        return
    assert read(after).uid == read(text).uid
    assert edited(after, change, BERLIN) == after
    if len(calendar_of(parse(after)).components("VEVENT")) == len(calendar_of(parse(text)).components("VEVENT")):
        assert _unmapped(after) == _unmapped(text)


@laws
@given(st.sampled_from(TEXTS), changes, st.integers(0, 20))
def test_one_instance_alone_is_changed(text: str, change: Change, which: int) -> None:
    series = expand(read(text), None, None, limit=30).occurrences
    keys = [each.recurrence_id for each in series if each.recurrence_id]
    if not keys:
        return
    key = keys[which % len(keys)]
    try:
        after = edited_instance(text, key, change, BERLIN)
    except InvalidChange:
        return
    assert edited_instance(after, key, change, BERLIN) == after
    assert _others(after, key) == _others(text, key)


@laws
@given(st.sampled_from(TEXTS), st.integers(0, 20))
def test_one_instance_alone_is_taken_away(text: str, which: int) -> None:
    series = expand(read(text), None, None, limit=30).occurrences
    keys = [each.recurrence_id for each in series if each.recurrence_id]
    if not keys:
        return
    key = keys[which % len(keys)]
    after = without_instance(text, key, BERLIN)
    if after is not None:
        assert key not in {each.recurrence_id for each in expand(read(after), None, None, limit=30).occurrences}
        assert _others(after, key) == _others(text, key)


def _others(text: str, key: str) -> dict[str, object]:
    """What every other instance is, of the first that there are."""
    content = read(text)
    found = {}
    for each in expand(content, None, None, limit=28).occurrences:
        record = content.components[each.position]
        found[each.recurrence_id] = (each.start, each.end, record.summary, record.description, record.attendees)
    found.pop(key, None)
    return dict(sorted(found.items())[:25])
