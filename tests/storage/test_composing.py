"""Events made, changed, answered and deleted by what is said of them, whatever door says it."""

import pytest

from storage.editing.change import Change, Guest, Times
from storage.editing.editor import Editor
from storage.editing.times import read_stamp
from storage.errors import AccessDenied, InvalidChange, NotFound, PreconditionFailed
from storage.model import Collection, Entry, Level, Origin
from storage.records import ComponentRecord
from storage.store import Store
from tests.storage.texts import event

NOON = Times(read_stamp("2025-03-04T12:00:00Z"), read_stamp("2025-03-04T13:00:00Z"))
DAILY = Change(name="Run", times=NOON, recurrence=("RRULE:FREQ=DAILY;COUNT=3",))
ME, ANN, BOB = "me@example.org", "ann@example.org", "bob@example.org"


@pytest.fixture
def mine(store: Store, home: Collection) -> Collection:
    """`home`, under an address of its own."""
    return store.update_collection(home.id, email=ME, origin=Origin.CLI)


def make(store: Store, place: Collection, change: Change) -> Entry:
    """One event."""
    return store.create_event(place.id, change, origin=Origin.API)


def statuses(store: Store, place: Collection, event_id: str) -> dict[str, str]:
    """What attendees answered."""
    record = store.event(place.id, event_id).component
    return {str(each["email"]): str(each["partstat"]) for each in record.attendees}


def meeting(organizer: str) -> Change:
    """One of three people."""
    return Change(name="Talk", times=NOON, organizer=Guest(organizer), attendees=(Guest(ME), Guest(ANN), Guest(BOB)))


def test_an_event_is_made_with_a_uid_of_its_own(store: Store, home: Collection) -> None:
    entry = make(store, home, Change(name="Lunch", times=NOON))
    row = store.event(home.id, entry.id)
    assert row.component.summary == "Lunch"
    assert row.entry.uid
    assert make(store, home, Change(name="Lunch", times=NOON)).uid != row.entry.uid
    assert store.changes(0)[-1].origin is Origin.API


def test_nothing_is_made_of_a_change_that_cannot_be(store: Store, home: Collection) -> None:
    head = store.head()
    with pytest.raises(InvalidChange) as refused:
        make(store, home, Change(name="Lunch"))
    assert refused.value.member == "start"
    assert store.head() == head


def test_a_change_is_made_of_the_event_as_it_is(store: Store, home: Collection) -> None:
    entry = make(store, home, Change(name="Lunch", times=NOON))
    seen: list[str] = []

    def louder(_editor: Editor, before: ComponentRecord | None) -> Change:
        assert before is not None
        seen.append(before.summary)
        if len(seen) == 1:
            store.change_event(home.id, entry.id, Change(name="Dinner"), origin=Origin.DAV)
        return Change(name=before.summary.upper())

    store.change_event(home.id, entry.id, louder, origin=Origin.API)
    assert seen == ["Lunch", "Dinner"]
    assert store.event(home.id, entry.id).component.summary == "DINNER"


def test_one_instance_is_changed_and_one_is_taken_out(store: Store, home: Collection) -> None:
    entry = make(store, home, DAILY)
    store.change_event(home.id, f"{entry.id}_20250305T120000Z", Change(name="Walk"), origin=Origin.API)
    store.delete_event(home.id, f"{entry.id}_20250306T120000Z", origin=Origin.API)
    assert store.event(home.id, entry.id).component.summary == "Run"
    assert store.event(home.id, f"{entry.id}_20250305T120000Z").component.summary == "Walk"
    with pytest.raises(NotFound):
        store.delete_event(home.id, f"{entry.id}_20250306T120000Z", origin=Origin.API)
    store.delete_event(home.id, entry.id, origin=Origin.API)
    with pytest.raises(NotFound):
        store.event(home.id, entry.id)


@pytest.mark.parametrize("wrong", ["{}_", "{}_20250310T120000Z", "{}_x", "nobody", "_", ""])
def test_what_is_no_event_is_not_found(store: Store, home: Collection, wrong: str) -> None:
    entry = make(store, home, DAILY)
    head = store.head()
    with pytest.raises(NotFound):
        store.change_event(home.id, wrong.format(entry.id), Change(name="x"), origin=Origin.API)
    with pytest.raises(NotFound):
        store.answer_event(home.id, wrong.format(entry.id), {"": "ACCEPTED"}, origin=Origin.API)
    with pytest.raises(NotFound):
        store.delete_event(home.id, wrong.format(entry.id), origin=Origin.API)
    assert store.head() == head


def test_a_task_is_no_event(store: Store, home: Collection) -> None:
    text = event().replace("VEVENT", "VTODO").replace("DTEND", "DUE")
    task = store.put_entry(home.id, "task.ics", text, origin=Origin.DAV).entry
    with pytest.raises(NotFound):
        store.delete_event(home.id, task.id, origin=Origin.API)


def test_only_the_version_that_is_named_is_written(store: Store, home: Collection) -> None:
    first = make(store, home, Change(name="Lunch", times=NOON))
    second = store.change_event(home.id, first.id, Change(name="A"), origin=Origin.API, if_match={first.hash})
    for late in (
        lambda: store.change_event(home.id, first.id, Change(name="B"), origin=Origin.API, if_match={first.hash}),
        lambda: store.delete_event(home.id, first.id, origin=Origin.API, if_match={first.hash}),
    ):
        with pytest.raises(PreconditionFailed):
            late()
    assert store.entry(first.id) == second
    store.delete_event(home.id, first.id, origin=Origin.API, if_match={second.hash})


def test_the_organizer_answers_for_anybody(store: Store, mine: Collection) -> None:
    entry = make(store, mine, meeting(ME))
    store.answer_event(mine.id, entry.id, {ANN.upper(): "DECLINED", "": "TENTATIVE"}, origin=Origin.API)
    assert statuses(store, mine, entry.id) == {ME: "TENTATIVE", ANN: "DECLINED", BOB: "NEEDS-ACTION"}


def test_somebody_who_is_invited_answers_for_themselves_alone(store: Store, mine: Collection) -> None:
    entry = make(store, mine, meeting("boss@example.org"))
    before = store.entry(entry.id)
    with pytest.raises(AccessDenied):
        store.answer_event(mine.id, entry.id, {"": "ACCEPTED", ANN: "ACCEPTED"}, origin=Origin.API)
    with pytest.raises(NotFound):
        store.answer_event(mine.id, entry.id, {"nobody@example.org": "ACCEPTED"}, origin=Origin.API)
    assert store.entry(entry.id) == before
    store.answer_event(mine.id, entry.id, {ME: "ACCEPTED"}, origin=Origin.API)
    assert statuses(store, mine, entry.id) == {ME: "ACCEPTED", ANN: "NEEDS-ACTION", BOB: "NEEDS-ACTION"}


def test_an_answer_to_one_instance_is_about_no_other(store: Store, mine: Collection) -> None:
    entry = make(store, mine, Change(name="Run", times=NOON, recurrence=DAILY.recurrence, attendees=(Guest(ME),)))
    store.answer_event(mine.id, f"{entry.id}_20250305T120000Z", {"": "DECLINED"}, origin=Origin.API)
    assert statuses(store, mine, entry.id) == {ME: "NEEDS-ACTION"}
    assert statuses(store, mine, f"{entry.id}_20250305T120000Z") == {ME: "DECLINED"}


def test_in_a_shared_calendar_one_writes_for_its_owner(store: Store, mine: Collection) -> None:
    store.save_user("bob", None)
    store.share(mine.id, "bob", Level.WRITE)
    seen = next(each for each in store.home("bob") if each.share is not None)
    editor = store.editor(seen)
    assert editor.owns(ME)
    assert not editor.owns("bob@example.org")
    made = make(store, seen, Change(times=NOON))
    assert store.event(mine.id, made.id).id == made.id
