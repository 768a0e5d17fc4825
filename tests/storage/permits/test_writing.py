"""What a token may change: each operation by itself, refusals that change nothing, and what others wrote meanwhile."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from storage.editing.times import read_stamp
from storage.errors import InvalidChange, PermitDenied
from storage.model import Origin
from storage.permits.desk import Desk
from storage.permits.drafts import Draft
from storage.permits.permit import Operation
from storage.permits.reading import Opened
from storage.store import Store
from tests.storage.permits.desks import desk, place, put

NEW = Draft(
    title="Lunch",
    start=read_stamp("2026-01-02T12:00:00Z"),
    end=read_stamp("2026-01-02T13:00:00Z"),
    invite=("a@x.example",),
)
GOOD, BAD = "friend@good.example", "Rival@Blocked.example"
BLOCKED = [["block", "domain", "blocked.example", 0]]

CHANGES = {
    Operation.TITLE: Draft(title="New"),
    Operation.LOCATION: Draft(location="There"),
    Operation.DESCRIPTION: Draft(description="Text"),
    Operation.TIMES: Draft(end=read_stamp("2026-01-01T14:00:00Z")),
    Operation.ATTENDEES: Draft(invite=(GOOD,)),
}


def denied(code: str, work: Callable[[], object]) -> None:
    """`work` is refused so."""
    with pytest.raises(PermitDenied) as refused:
        work()
    assert refused.value.code == code


def number(opened: Desk, key: str = "primary") -> int:
    """The number of a calendar."""
    return next(each.number for each in opened.calendars() if each.place.key == key)


def test_an_event_is_made_changed_answered_and_deleted(store: Store) -> None:
    full = desk(store)
    made = full.create(number(full), NEW, origin=Origin.API)
    assert (made.title, [each.email for each in made.attendees or ()]) == ("Lunch", ["a@x.example"])
    draft = Draft(title=None, invite=("alice@example.com", "B@x.example", "b@X.example"), uninvite=("A@X.EXAMPLE",))
    changed = full.update(made.id, draft, origin=Origin.API)
    assert (changed.title, [each.email for each in changed.attendees or ()]) == (
        None,
        ["alice@example.com", "B@x.example"],
    )
    assert (changed.start, changed.end) == (made.start, made.end)
    answered = full.respond(made.id, "tentative", origin=Origin.MCP)
    assert [each.response for each in answered.attendees or ()] == ["tentative", "needsAction"]
    full.delete(made.id, origin=Origin.API)
    denied("EVENT_NOT_FOUND", lambda: full.delete(made.id, origin=Origin.API))
    written = [(each.origin, each.actor) for each in store.changes() if each.entry == made.id]
    assert written == [(Origin.API, "alice/test")] * 2 + [(Origin.MCP, "alice/test"), (Origin.API, "alice/test")]


@pytest.mark.parametrize("allowed", [*Operation, None])
def test_each_operation_is_allowed_by_itself(store: Store, allowed: Operation | None) -> None:
    event = put(store, "e", people=["alice@example.com"])
    some = desk(store, operations=[allowed] if allowed else [])
    attempts: dict[Operation, Callable[[], object]] = {
        Operation.CREATE: lambda: some.create(number(some), NEW, origin=Origin.API),
        Operation.RESPOND: lambda: some.respond(event, "accepted", origin=Origin.API),
        **{operation: partial(some.update, event, draft, origin=Origin.API) for operation, draft in CHANGES.items()},
        Operation.DELETE: lambda: some.delete(event, origin=Origin.API),
    }
    assert attempts.keys() == set(Operation)
    for operation, attempt in attempts.items():
        head = store.head()
        if operation is allowed:
            attempt()
            assert store.head() > head, operation
        else:
            denied("ACCESS_DENIED", attempt)
            assert store.head() == head, operation


def test_a_change_of_two_things_needs_both(store: Store) -> None:
    event = put(store, "e")
    some = desk(store, operations=["edit_title", "edit_times"])
    head = store.head()
    denied("ACCESS_DENIED", lambda: some.update(event, Draft(title="x", location="y"), origin=Origin.API))
    assert store.head() == head
    some.update(event, Draft(title="x", end=read_stamp("2026-01-01T15:00:00Z")), origin=Origin.API)


@pytest.mark.parametrize("level", ["view_only", "view_filtered", "free_busy_only"])
def test_who_may_only_read_is_told_so_of_every_id(store: Store, level: str) -> None:
    there = put(store, "e")
    some = desk(store, level=level, fields=["all"])
    head = store.head()
    for event in (there, "nothing", f"{there}_20260101"):
        denied("ACCESS_DENIED", partial(some.update, event, Draft(title="x"), origin=Origin.API))
        denied("ACCESS_DENIED", partial(some.update, event, Draft(), origin=Origin.API))
        denied("ACCESS_DENIED", partial(some.delete, event, origin=Origin.API))
        denied("ACCESS_DENIED", partial(some.respond, event, "accepted", origin=Origin.API))
    denied("ACCESS_DENIED", lambda: some.create(10**6, NEW, origin=Origin.API))
    assert store.head() == head


def test_what_the_rules_hide_is_not_there_and_what_they_protect_stays(store: Store) -> None:
    hidden = put(store, "hidden", people=[BAD])
    shown = put(store, "shown", people=[GOOD])
    some = desk(store, rules=[*BLOCKED, ["read", "email", GOOD, 0]])
    head = store.head()
    for event, code in ((hidden, "EVENT_NOT_FOUND"), ("nothing", "EVENT_NOT_FOUND"), (shown, "ACCESS_DENIED")):
        denied(code, partial(some.update, event, Draft(title="x"), origin=Origin.API))
        denied(code, partial(some.delete, event, origin=Origin.API))
        denied(code, partial(some.respond, event, "accepted", origin=Origin.API))
    own = put(store, "own")
    head = store.head()
    for invite in (BAD, GOOD):
        draft = Draft(title="x", invite=(invite,))
        denied("ACCESS_DENIED", partial(some.update, own, draft, origin=Origin.API))
        denied("ACCESS_DENIED", partial(some.create, number(some), draft, origin=Origin.API))
    assert store.head() == head


def test_a_write_stays_inside_the_window_with_all_that_it_is(store: Store) -> None:
    near = put(store, "near", "20260102T120000Z", "20260102T130000Z")
    across = put(store, "across", "20260131T090000Z", "20260131T110000Z")
    far = put(store, "far", "20260501T090000Z", "20260501T110000Z")
    endless = put(store, "endless", "20260102T090000Z", "20260102T093000Z", more=["RRULE:FREQ=DAILY"])
    short = put(store, "short", "20260102T090000Z", "20260102T093000Z", more=["RRULE:FREQ=DAILY;COUNT=3"])
    some = desk(store, past_days=30, future_days=30)
    head = store.head()
    for event in (across, far, endless):
        denied("TIMEFRAME_DENIED", partial(some.update, event, Draft(title="x"), origin=Origin.API))
        denied("TIMEFRAME_DENIED", partial(some.delete, event, origin=Origin.API))
    moves = (
        Draft(end=read_stamp("2026-03-01T00:00:00Z")),
        Draft(start=read_stamp("2025-11-01T00:00:00Z")),
        Draft(recurrence=("RRULE:FREQ=DAILY",)),
    )
    for move in moves:
        denied("TIMEFRAME_DENIED", partial(some.update, near, move, origin=Origin.API))
    late = Draft(title="x", start=read_stamp("2026-04-02T12:00:00Z"), end=read_stamp("2026-04-02T13:00:00Z"))
    for draft in (late, Draft(title="x", start=NEW.start, end=NEW.end, recurrence=("RRULE:FREQ=DAILY;COUNT=40",))):
        denied("TIMEFRAME_DENIED", partial(some.create, number(some), draft, origin=Origin.API))
    assert store.head() == head
    instance = f"{endless}_20260103T090000Z"
    assert some.update(instance, Draft(title="x"), origin=Origin.API).title == "x"
    denied(
        "TIMEFRAME_DENIED",
        lambda: some.update(instance, Draft(end=read_stamp("2026-03-01T00:00:00Z")), origin=Origin.API),
    )
    some.update(short, Draft(title="x"), origin=Origin.API)
    some.delete(instance, origin=Origin.API)
    some.delete(near, origin=Origin.API)


def test_who_is_only_invited_answers_and_changes_no_guests(store: Store) -> None:
    event = put(store, "e", organizer=GOOD, people=["alice@example.com", "other@x.example"])
    full = desk(store)
    denied("ACCESS_DENIED", lambda: full.update(event, Draft(invite=("c@x.example",)), origin=Origin.API))
    answered = full.respond(event, "declined", origin=Origin.API)
    assert [each.response for each in answered.attendees or ()] == ["declined", "needsAction"]
    assert answered.status == "declined"
    alone = put(store, "alone")
    denied("ACCESS_DENIED", lambda: full.respond(alone, "accepted", origin=Origin.API))


def test_unlinked_calendars_and_their_events_are_not_there(store: Store) -> None:
    event = put(store, "e", key="team")
    other = place(store, "primary", 102)
    some = desk(store, calendars=["101/primary"])
    denied("EVENT_NOT_FOUND", lambda: some.delete(event, origin=Origin.API))
    for known in (place(store, "team").n, other.n, 10**6):
        denied("CALENDAR_NOT_FOUND", partial(some.create, known, NEW, origin=Origin.API))
    none = desk(store, calendars=["103/*"])
    denied("TOKEN_DENIED", lambda: none.create(place(store).n, NEW, origin=Origin.API))
    denied("TOKEN_DENIED", lambda: none.delete(event, origin=Origin.API))


def test_what_is_hidden_while_it_is_written_is_not_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    event = put(store, "e")
    some = desk(store, rules=BLOCKED)
    writable = some.writable

    def meanwhile(event_id: str, *given: Any) -> Opened:
        opened = writable(event_id, *given)
        put(store, "e", people=[BAD])
        return opened

    monkeypatch.setattr(some, "writable", meanwhile)
    denied("EVENT_NOT_FOUND", lambda: some.update(event, Draft(title="x"), origin=Origin.API))
    denied("EVENT_NOT_FOUND", lambda: some.delete(event, origin=Origin.API))


def test_a_change_that_cannot_be_made_says_which_member(store: Store) -> None:
    event = put(store, "e")
    full = desk(store)
    with pytest.raises(InvalidChange) as refused:
        full.update(event, Draft(end=read_stamp("2020-01-01T00:00:00Z")), origin=Origin.API)
    assert refused.value.member in ("start", "end")
