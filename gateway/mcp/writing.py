"""The tools that write. What deletes, or is told to others, is a plan until it is confirmed (`plans.py`).

A write is tried first, and kept only if it needs no consent or has it (`storage/consent.py`): so a plan says just what
would happen, and nothing else can happen when it is confirmed.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC

from gateway.mcp.arguments import Arguments, CreateEvent, DeleteEvent, RespondToEvent, UpdateEvent
from gateway.mcp.call import Call
from gateway.mcp.faults import Fault
from gateway.mcp.moments import read_time, written
from gateway.mcp.plans import Deed
from gateway.mcp.results import Concerned, Outcome, Plan, of_event
from gateway.mcp.untrusted import cleaned
from storage.consent import Effect, with_consent
from storage.editing.change import KEEP
from storage.model import Origin
from storage.permits.asked import Question, SeenPage
from storage.permits.drafts import Draft
from storage.permits.seen import SeenEvent

MOST_TOLD, MOST_MEANWHILE = 100, 5


@dataclass(frozen=True)
class Tried:
    """What a write found and made: the event before and after, and what else is on at that time."""

    before: SeenEvent | None = None
    after: SeenEvent | None = None
    meanwhile: SeenPage | None = None


def create_event(call: Call, arguments: CreateEvent) -> Outcome:
    """Make an event."""
    start, end = read_time("start", arguments.start), read_time("end", arguments.end)
    zone = call.zone(arguments.calendar_id)
    span = start.epoch(zone), end.epoch(zone)
    if not span[0] < span[1]:
        raise Fault("end: must be after start", hint="a whole day ends on the next one")
    draft = Draft(
        title=arguments.title,
        description=arguments.description or KEEP,
        location=arguments.location or KEEP,
        start=start,
        end=end,
        all_day=arguments.all_day,
        invite=tuple(arguments.attendees),
        recurrence=tuple(arguments.recurrence) or KEEP,
    )

    def act() -> Tried:
        there = call.desk.events(Question(*span, calendar=arguments.calendar_id, limit=50))
        made = call.desk.create(arguments.calendar_id, draft, origin=Origin.MCP, notify=arguments.notify)
        return Tried(after=made, meanwhile=there)

    return _settled(call, "create_event", arguments, act, "Make a new event")


def update_event(call: Call, arguments: UpdateEvent) -> Outcome:
    """Change an event."""
    start, end = (
        KEEP if text is None else read_time(name, text)
        for name, text in (("start", arguments.start), ("end", arguments.end))
    )
    draft = Draft(
        title=KEEP if arguments.title is None else arguments.title,
        description=KEEP if arguments.description is None else arguments.description or None,
        location=KEEP if arguments.location is None else arguments.location or None,
        start=start,
        end=end,
        all_day=KEEP if arguments.all_day is None else arguments.all_day,
        invite=tuple(arguments.add_attendees),
        uninvite=tuple(arguments.remove_attendees),
    )
    if not draft.operations:
        raise Fault("event_id: nothing is given that shall be otherwise", hint="give a title, times, …")

    def act() -> Tried:
        before = call.desk.event(arguments.event_id)
        after = call.desk.update(arguments.event_id, draft, origin=Origin.MCP, notify=arguments.notify)
        return Tried(before, after)

    members = [name for name in arguments.model_fields_set if name not in ("event_id", "notify", "confirm")]
    return _settled(call, "update_event", arguments, act, f"Change {', '.join(sorted(members))} of an event")


def delete_event(call: Call, arguments: DeleteEvent) -> Outcome:
    """Delete an event, which always has to be confirmed."""

    def act() -> Tried:
        before = call.desk.event(arguments.event_id)
        call.desk.delete(arguments.event_id, origin=Origin.MCP, notify=arguments.notify)
        return Tried(before)

    return _settled(call, "delete_event", arguments, act, "Delete an event", always=True)


def respond_to_event(call: Call, arguments: RespondToEvent) -> Outcome:
    """Answer an invitation."""

    def act() -> Tried:
        before = call.desk.event(arguments.event_id)
        answer, said = arguments.answer, arguments.comment
        after = call.desk.respond(arguments.event_id, answer, said, origin=Origin.MCP, notify=arguments.notify)
        return Tried(before, after)

    return _settled(call, "respond_to_event", arguments, act, f"Answer an invitation: {arguments.answer}")


def _settled(
    call: Call,
    tool: str,
    arguments: CreateEvent | UpdateEvent | DeleteEvent | RespondToEvent,
    act: Callable[[], Tried],
    words: str,
    *,
    always: bool = False,
) -> Outcome:
    """Do it, or say what it would be; `always`: it needs consent whatever it comes to."""
    confirm = arguments.confirm

    def agreed(tried: Tried, effect: Effect) -> bool:
        if not (always or effect.deletes or effect.told or _whole_series(call, tried)):
            return True
        return confirm is not None and call.plans.confirmed(_deed(call, tool, arguments, tried, effect), confirm)

    tried, effect, done = with_consent(call.store, act, agreed, call.desk.viewer.seen)
    told = effect.told if arguments.notify else ()
    plan = None
    if not done:
        given_out, until = call.plans.hash(_deed(call, tool, arguments, tried, effect))
        says = _says(call, words, tried, told)
        plan = Plan(says=says, would_tell=len(told), hash=given_out, valid_until=written(until, UTC))
    return Outcome(
        state="done" if done else "planned",
        plan=plan,
        before=of_event(tried.before, call.calendars) if tried.before else None,
        event=of_event(tried.after, call.calendars) if tried.after and done else None,
        meanwhile=[of_event(each, call.calendars) for each in _first(tried.meanwhile)],
        untrusted=Concerned(told=[cleaned(each) for each in told[:MOST_TOLD]]),
    )


def _whole_series(call: Call, tried: Tried) -> bool:
    """Whether a series changes in which there may be instances with people whom the token does not see.

    They would be told, and the plan does not name them: so it is one whether they are there or not.
    """
    before = tried.before
    return before is not None and bool(before.recurring) and before.series is None and call.desk.restrictions.rules


def _deed(call: Call, tool: str, arguments: Arguments, tried: Tried, effect: Effect) -> Deed:
    """What is confirmed: the arguments, and all that the write found; what it makes has new ids each time."""
    there = tried.meanwhile
    on = [there.total, *((each.id, each.start, each.end) for each in there.events)] if there else []
    state = json.dumps([effect.found, effect.told, on])
    return Deed(call.token.id, tool, arguments.model_dump(mode="json", exclude={"confirm"}), state)


def _says(call: Call, words: str, tried: Tried, told: Sequence[str]) -> str:
    """A plan in words, none of which was read from a calendar."""
    seen = tried.before or tried.after
    if seen is not None:
        shown = of_event(seen, call.calendars)
        words += f" at {shown.start}" if shown.start else ""
        if seen.recurring and seen.series is None:
            words += ", a whole series with all of its instances"
    listeners = {0: "Nobody is told.", 1: "One person is told."}.get(len(told), f"{len(told)} people are told.")
    return f"{words}. {listeners}"


def _first(page: SeenPage | None) -> Sequence[SeenEvent]:
    return page.events[:MOST_MEANWHILE] if page else ()
