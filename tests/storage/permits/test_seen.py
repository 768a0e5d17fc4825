"""What is shown of an event: every field by itself, and nothing that depends on a hidden one."""

from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from storage.model import Entry, Kind
from storage.permits.permit import ALL_FIELDS, Field, MasterLevel, Permit
from storage.permits.policy import Sight
from storage.permits.seen import SeenEvent, shown
from storage.records import ComponentRecord, EventRow

OWN = frozenset({"alice@example.com"})
ENTRY = Entry(1, "e" * 32, 1, "a.ics", "uid", Kind.EVENT, "", "hash", 1, 1, "", "")

NAMES = {
    Field.TITLE: {"title"},
    Field.DESCRIPTION: {"description"},
    Field.LOCATION: {"location"},
    Field.TIMES: {"start", "end", "all_day"},
    Field.STATUS: {"status"},
    Field.ORGANIZER: {"organizer"},
    Field.ATTENDEES: {"attendees"},
    Field.LABELS: {"labels"},
    Field.JOIN_URL: {"joins"},
}
ALWAYS = {"id", "calendar", "sight", "recurring", "series"}

words = st.text("ab <&é", max_size=4)
people = st.builds(
    lambda email, answer: {"email": email, "name": "N", "uri": f"mailto:{email}", "partstat": answer},
    st.sampled_from(["alice@example.com", "Alice@Example.com", "jane@x.example", ""]),
    st.sampled_from(["", "ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION", "DELEGATED"]),
)
meetings = st.builds(
    lambda kinds: {"entry_points": [{"type": kind, "uri": f"https://{kind}.example/"} for kind in kinds]},
    st.lists(st.sampled_from(["phone", "video", "more"]), max_size=2),
)


def _record(values: dict[str, Any]) -> ComponentRecord:
    return ComponentRecord(**values)


records = st.fixed_dictionaries(
    {
        "name": st.just("VEVENT"),
        "summary": words,
        "description": words,
        "html": st.sampled_from(["", "<b>bold</b>"]),
        "location": words,
        "start": st.integers(0, 10),
        "end": st.integers(10, 20),
        "all_day": st.booleans(),
        "status": st.sampled_from(["", "CONFIRMED", "TENTATIVE", "CANCELLED"]),
        "organizer": st.none() | people,
        "attendees": st.lists(people, max_size=3).map(tuple),
        "categories": st.lists(words, max_size=2).map(tuple),
        "meeting": st.none() | meetings,
    }
).map(_record)
permits = st.frozensets(st.sampled_from(Field)).map(lambda fields: Permit(level=MasterLevel.FILTERED, fields=fields))


def _seen(record: ComponentRecord, permit: Permit, how: Sight = Sight.FILTERED) -> SeenEvent:
    return shown(EventRow(ENTRY, record), 7, UTC, how, permit, OWN)


def _values(event: SeenEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in SeenEvent.__slots__}


@given(records, permits)
def test_a_hidden_field_is_blank_and_the_others_are_whole(record: ComponentRecord, permit: Permit) -> None:
    whole, filtered = _values(_seen(record, Permit())), _values(_seen(record, permit))
    assert set(whole) == ALWAYS.union(*NAMES.values())
    told = ALWAYS.union(*(NAMES[field] for field in permit.fields))
    assert filtered == {name: value if name in told else None for name, value in whole.items()}


@given(records, records, permits)
def test_nothing_shown_depends_on_what_is_hidden(one: ComponentRecord, other: ComponentRecord, permit: Permit) -> None:
    mixed = {
        Field.TITLE: ("summary",),
        Field.DESCRIPTION: ("description", "html"),
        Field.LOCATION: ("location",),
        Field.TIMES: ("start", "end", "all_day"),
        Field.ORGANIZER: ("organizer",),
        Field.LABELS: ("categories",),
        Field.JOIN_URL: ("meeting",),
    }
    if Field.STATUS not in permit.fields:  # it tells the owner's own answer
        mixed |= {Field.STATUS: ("status",), Field.ATTENDEES: ("attendees",)}
    hidden = {
        name: getattr(other, name) for field, names in mixed.items() if field not in permit.fields for name in names
    }
    assert _seen(one._replace(**hidden), permit) == _seen(one, permit)


@given(records, records)
def test_what_is_busy_shows_its_times_alone(one: ComponentRecord, other: ComponentRecord) -> None:
    timed = other._replace(start=one.start, end=one.end, all_day=one.all_day)
    permit = Permit(level=MasterLevel.BUSY)
    assert _seen(one, permit, Sight.BUSY) == _seen(timed, permit, Sight.BUSY)
    told = {name: value for name, value in _values(_seen(one, permit, Sight.BUSY)).items() if value is not None}
    assert set(told) == {"id", "calendar", "sight", "title", "start", "end", "all_day"}
    assert told["title"] == "Busy"


@given(records)
def test_the_status_is_the_event_s_or_the_owner_s_answer(record: ComponentRecord) -> None:
    status = _seen(record, Permit(fields=ALL_FIELDS)).status
    mine = [each["partstat"] for each in record.attendees if each["email"].lower() in OWN]
    if record.status == "CANCELLED":
        assert status == "cancelled"
    elif mine:
        answers = {"ACCEPTED": "confirmed", "DECLINED": "declined", "TENTATIVE": "tentative"}
        assert status == answers.get(mine[0], "needsAction")
    else:
        assert status == "confirmed"
